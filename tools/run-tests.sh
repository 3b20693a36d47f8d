#!/usr/bin/env bash
# Runs the tests of one build folder; a second argument picks them by name. The last line says how
# many passed: every test case of every GoogleTest program, and every other test as one.
#   tools/run-tests.sh build/release ['^(store|http)$']
set -uo pipefail
folder=$1
pick=${2:-.}

# The real clients and servers that tests start must not outlive them, nor reach a user's cluster.
export KUBECONFIG=/dev/null GTEST_COLOR=no GTEST_OUTPUT=
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

log=$folder/tests.log
ctest --test-dir "$folder" -R "$pick" -V --no-tests=error >"$log" 2>&1
rc=$?
grep -E '^ *[0-9]+/[0-9]+ Test +#' "$log"

passed=$(grep -oE '\[  PASSED  \] [0-9]+ test' "$log" | awk '{sum += $4} END {print sum + 0}')
failed=$(grep -oE '^([0-9]+: )? *[0-9]+ FAILED TEST' "$log" | grep -oE '[0-9]+ FAILED' | awk '{sum += $1} END {print sum + 0}')
skipped=$(grep -oE '\[  SKIPPED \] [0-9]+ test' "$log" | awk '{sum += $4} END {print sum + 0}')
plain=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$log" | awk '{p += $1; f += $3} END {print p + 0, f + 0}')
passed=$((passed + ${plain% *}))
failed=$((failed + ${plain#* }))
if [[ $rc -ne 0 ]]; then
  [[ $failed -eq 0 ]] && failed=1
  echo "--- what failed (the whole output is in $log)"
  grep -E 'FAILED|Failure|ERROR: |broken invariant|\*\*\*|Timeout|not ok' "$log" | head -n 60
fi
echo "$passed passed, $failed failed, $skipped skipped"
exit $rc
