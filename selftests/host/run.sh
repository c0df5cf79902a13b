#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Usage: DIR PROGRAM... Runs host tests and fuzzers from DIR and reports TAP: one line per program,
# with its own output before it as diagnostics, and a summary at the end. Status 0: all passed.
#
# A test passes if its status is 0 and it reported as many results as it planned, all ok; one that
# skipped some of them counts as skipped. A fuzzer that was not built, because clang or its runtime
# library is missing, is skipped by name.

dir=$1
shift

total=0
failed=""
skipped=""

echo "TAP version 13"
echo "1..$#"

report()
{
	total=$((total + 1))
	case $2 in
	ok)
		echo "ok $total $1" ;;
	skip)
		echo "ok $total $1 # SKIP $3"
		skipped="$skipped $1" ;;
	*)
		echo "not ok $total $1 # $3"
		failed="$failed $1" ;;
	esac
}

run_fuzzer()
{
	if [ ! -x "$dir/$1" ]; then
		report "$1" skip "not built: needs clang and libclang-rt-dev"
		return
	fi
	"$dir/$1" -runs="$FUZZ_RUNS" -seed="$FUZZ_SEED" -max_len=32 \
		-artifact_prefix="$dir/$1." >"$dir/$1.log" 2>&1
	status=$?
	grep -E '^(==|Done|INFO: Seed|disagree|Test unit)' "$dir/$1.log" | sed 's/^/# /'
	if [ $status -eq 0 ]; then
		report "$1" ok
	else
		tail -n 40 "$dir/$1.log" | sed 's/^/# /'
		report "$1" fail "status $status, see $dir/$1.log"
	fi
}

run_test()
{
	"$dir/$1" >"$dir/$1.tap" 2>&1
	status=$?
	sed 's/^/# /' "$dir/$1.tap"

	planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$dir/$1.tap")
	passed=$(grep -c '^ok ' "$dir/$1.tap")
	skips=$(sed -n 's/^ok [0-9]* \(.*\) # SKIP .*/\1/p' "$dir/$1.tap")
	if [ $status -ne 0 ]; then
		report "$1" fail "status $status"
	elif [ -z "$planned" ] || [ "$planned" -eq 0 ] || [ "$passed" -ne "$planned" ]; then
		report "$1" fail "$passed ok of ${planned:-no} planned"
	elif [ -n "$skips" ]; then
		report "$1" skip "in part: $(echo "$skips" | tr '\n' ',' | sed 's/,$//')"
	else
		report "$1" ok
	fi
}

for program; do
	case $program in
	fuzz_*)
		run_fuzzer "$program" ;;
	*)
		run_test "$program" ;;
	esac
done

echo "# host tests: $total programs, failed:${failed:- none}, skipped:${skipped:- none}"
[ -z "$failed" ]
