#!/usr/bin/env bash
# Runs every fuzz target of a build folder for FUZZ_SECONDS each, from its checked-in corpus.
#   tools/fuzz.sh build/asan
set -euo pipefail
folder=$1
seconds=${FUZZ_SECONDS:-10}
passed=0 failed=0
for target in "$folder"/*_fuzz; do
  [[ -x $target ]] || continue
  name=$(basename "$target")
  corpus=tests/corpus/$name
  scratch=$(mktemp -d)
  seeds=()
  [[ -d $corpus ]] && seeds=("$corpus")
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$folder/$name-" "$scratch" "${seeds[@]}" >"$folder/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "$name: $(grep -oE 'number_of_executed_units: [0-9]+' "$folder/$name.log" | grep -oE '[0-9]+') inputs, no finding"
  else
    failed=$((failed + 1))
    echo "$name: FAILED; see $folder/$name.log"
    tail -n 15 "$folder/$name.log"
  fi
  rm -rf "$scratch"
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
