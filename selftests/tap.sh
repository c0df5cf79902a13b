# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# TAP for test scripts; sourced. POSIX sh, because the test machine has only busybox.
#
#	check NAME COMMAND...	a test: passes if COMMAND succeeds; its output is shown if it fails
#	skip NAME REASON	a test that cannot run here
#	tap_end			prints the plan; its status says whether all passed

tap_count=0
tap_failed=0
tap_log=$(mktemp)
trap 'rm -f "$tap_log"' EXIT
echo "TAP version 13"

check() {
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" >"$tap_log" 2>&1; then
		echo "ok $tap_count $tap_name"
	else
		tap_failed=$((tap_failed + 1))
		tail -n 60 "$tap_log" | sed 's/^/# /'
		echo "not ok $tap_count $tap_name"
	fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

tap_end() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
}
