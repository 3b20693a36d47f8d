#!/usr/bin/env bash
# Says whether the checked-in facts are what the pinned modules say: writes them anew and compares.
# With --write it renews them. Takes minutes the first time, seconds afterwards.
#
# It also keeps facts.sha256, sums of the facts and of all that they were made with: the test suite
# holds those without Go, so that neither side changes alone.
set -euo pipefail
cd "$(dirname "$0")"
command -v go >/dev/null || { echo "schema: Go is needed to hold builtin.txt against upstream" >&2; exit 77; }
export CGO_ENABLED=0 GOFLAGS="-mod=mod -trimpath -buildvcs=false"
facts=../../src/thole/schema/data/builtin.txt
fresh=$(mktemp); trap 'rm -f "$fresh"' EXIT
go run -tags selinux,notest,grpcnotrace . -out "$fresh"
if [[ ${1:-} == --write ]]; then
  cat "$fresh" >"$facts"
  sha256sum ./*.go go.mod go.sum "$facts" >facts.sha256
  echo "schema: wrote builtin.txt"
  exit 0
fi
if ! diff -u "$facts" "$fresh" | head -40 | grep . >&2; then echo "schema: builtin.txt is current"; exit 0; fi
echo "schema: builtin.txt is stale: run 'make schema' and commit what it writes" >&2; exit 1
