#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# In the test machine: for each line "NAME PROGRAM..." of /mutants/list loads /mutants/NAME.ko, runs
# the programs, and unloads it again. What belongs to NAME stands between "# mutant NAME" and
# "# end-mutant NAME". A module that cannot be unloaded ends the work: run.sh boots again for the rest.

# Seconds of the machine's time for a program: a fault may make it hang.
LIMIT=5

# Taint bits that verdict.sh counts.
complaints() {
	echo $(($(cat /proc/sys/kernel/tainted) & (1 << 5 | 1 << 7 | 1 << 9 | 1 << 14)))
}

run_program() {
	echo "# begin $1"
	timeout -s KILL "$LIMIT" "./$1" 2>&1
	echo "# end $1 $?"
	# Its harness has a child for each test.
	killall -q -9 "$1"
}

# What a file held goes a little later than the file.
unload() {
	tries=0
	until rmmod xvcpu 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || return 1
		usleep 10000
	done
}

while read -r name programs; do
	echo "# mutant $name"
	if insmod "/mutants/$name.ko"; then
		for program in $programs; do
			run_program "$program"
		done
		unload || {
			echo "# $name cannot be unloaded"
			echo "# end-mutant $name stays"
			exit 1
		}
	fi
	echo "# complaints $(complaints)"
	echo "# end-mutant $name "
done </mutants/list
