#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs TAP programs one after the other: run.sh PROGRAM...
# Shows their output, then one line of totals. A skipped test is a failure unless TESTS_MAY_SKIP=1.

total=0
failed=0
skipped=0
broken=0
output=$(mktemp) || exit 2
trap 'rm -f "$output"' EXIT

for program in "$@"; do
	echo "# $(basename "$program")"
	"$program" >"$output" 2>&1
	status=$?
	cat "$output"
	plan=$(sed -n 's/^1\.\.//p' "$output")
	results=$(grep -c -E '^(not )?ok ' "$output")
	bad=$(grep -c '^not ok ' "$output")
	total=$((total + results))
	failed=$((failed + bad))
	skipped=$((skipped + $(grep -c ' # SKIP ' "$output")))
	if [ "$results" != "$plan" ] || { [ $status -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "# $(basename "$program"): status $status after $results of ${plan:-?} tests"
		broken=$((broken + 1))
	fi
done

echo "# tools: $total tests, $failed failed, $skipped skipped, $broken programs broken"
[ $failed -eq 0 ] && [ $broken -eq 0 ] || exit 1
if [ $skipped -ne 0 ] && [ "$TESTS_MAY_SKIP" != 1 ]; then
	echo "# skipped tests count as failures: install what they need, or set TESTS_MAY_SKIP=1"
	exit 1
fi
