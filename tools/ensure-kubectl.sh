#!/usr/bin/env bash
# Finds a kubectl of v1.34 or later for the end-to-end tests, or builds v1.37 once with Go, outside
# the tree. Prints its path; leaves it in build/kubectl for the tests.
set -euo pipefail

version=v1.37.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/thole-peers

new_enough() {
  [[ -x $1 ]] || return 1
  local minor
  minor=$("$1" version --client -o json 2>/dev/null | sed -n 's/.*"minor": "\([0-9]*\).*/\1/p')
  [[ -n $minor && $minor -ge 34 ]]
}

for candidate in "$(command -v kubectl || true)" "$cache/bin/kubectl"; do
  if [[ -n $candidate ]] && new_enough "$candidate"; then
    ln -sfn "$candidate" build/kubectl
    exit 0
  fi
done

if ! command -v go >/dev/null; then
  echo "The end-to-end tests need kubectl v1.34 or later, or Go 1.26 to build it. Install either." >&2
  exit 1
fi
echo "Building kubectl $version once, into $cache (about two minutes)"
PEERS=$cache "$(dirname "$0")/peers/build.sh" kubectl
new_enough "$cache/bin/kubectl" || { echo "kubectl could not be built; see $cache/logs" >&2; exit 1; }
ln -sfn "$cache/bin/kubectl" build/kubectl
