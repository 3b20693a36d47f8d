#!/usr/bin/env bash
# Prints the folder of upstream's golden objects (one per kind, in JSON, YAML and protobuf), which the
# round trip tests read. They come with a Go module; without Go, or without its proxy, this prints
# nothing and those tests say that they were skipped.
set -uo pipefail
module=k8s.io/api version=v0.37.2

PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || exit 0
folder=$(go env GOMODCACHE)/$module@$version/testdata/HEAD
if [[ ! -d $folder ]]; then
  cd /  # Outside of any module, so that no go.mod changes.
  timeout 120 go mod download "$module@$version" >/dev/null 2>&1
fi
[[ -d $folder ]] && echo "$folder"
exit 0
