#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs test programs one after the other, in the machine that has them beside this script.
#
#   run-tests.sh [PROGRAM]...      default: every program that begins with api_, guest_, memory_,
#                                  switch_ or power_; those that end with _smp need two CPUs and
#                                  are left to machines that have them; power_kvm, power_load,
#                                  power_lost and power_l1d are left to those with one: with two,
#                                  Debian's kernel takes the emulator half a minute and more to load
#                                  a module; power_suspend to kernels that have /sys/power/pm_test,
#                                  as 6.12 has
#
# Each program's TAP stands between a line "# begin PROGRAM" and a line "# end PROGRAM STATUS", for
# check.sh to add up. The status is 0 when every program's was.

cd "$(dirname "$0")" || exit 1
failed=0
if [ $# -eq 0 ]; then
	cpus=$(grep -c ^processor /proc/cpuinfo)
	for program in api_* guest_* memory_* switch_* power_*; do
		case $program in
		*_smp) [ "$cpus" -gt 1 ] || continue ;;
		power_suspend) [ -e /sys/power/pm_test ] || continue ;;
		power_kvm | power_load | power_lost | power_l1d) [ "$cpus" -eq 1 ] || continue ;;
		esac
		[ -x "$program" ] && set -- "$@" "$program"
	done
fi
for program in "$@"; do
	echo "# begin $program"
	"./$program" 2>&1
	status=$?
	[ $status -eq 0 ] || failed=1
	echo "# end $program $status"
done
exit $failed
