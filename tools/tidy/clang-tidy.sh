#!/usr/bin/env bash
# Runs clang-tidy over the sources, each file alone, with the checks of .clang-tidy.
set -euo pipefail
command -v clang-tidy-19 >/dev/null || {
  echo "clang-tidy is not installed: apt-get install clang-tidy-19" >&2
  exit 1
}
cmake --preset dev >/dev/null
git ls-files 'src/*.cpp' 'apps/*.cpp' | xargs -P "$(nproc)" -n 1 clang-tidy-19 -p build/dev --quiet
