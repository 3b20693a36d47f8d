#!/usr/bin/env bash
# Installs the Debian packages that thole is built with, where they are missing. Does nothing, in a
# few milliseconds, where they are all there.
set -euo pipefail

packages=(
  clang-19 lld-19 llvm-19 libclang-rt-19-dev clang-format-19
  cmake ninja-build mold ccache git ca-certificates python3
  libboost1.81-dev libnghttp2-dev libssl-dev libyaml-dev zlib1g-dev libcli11-dev
  libgtest-dev libgmock-dev
)

mkdir -p build
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "thole is built on Debian 12. Please install: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "Please run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi

echo "Installing: ${missing[*]}"
log=build/setup.log
if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "The packages could not be installed; the whole output is in $log." >&2
  exit 1
fi
