#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
#   tool_mitigations.sh on|off
#
# In a machine booted with mitigations=auto or mitigations=off: guests run, and the module does what
# the kernel was told. The processor has the flaws in question (vulnerabilities/ says so).

cd "$(dirname "$0")" || exit 1
. ./tap.sh
what=$1
flaws=/sys/devices/system/cpu/vulnerabilities

booted_so() {
	cat /proc/cmdline $flaws/*
	case $what in
	on) grep -q 'Clear CPU buffers' $flaws/mds && grep -q 'RSB filling' $flaws/spectre_v2 ;;
	off) grep -q '^Vulnerable' $flaws/mds && ! grep -q 'Clear CPU buffers' $flaws/mds &&
		grep -q '^Vulnerable' $flaws/spectre_v2 ;;
	esac
}

l1d_is() { # MODE REASON
	cat /sys/module/xvcpu/parameters/l1d_flush
	xvcpuctl info
	grep -qx "$1" /sys/module/xvcpu/parameters/l1d_flush &&
		xvcpuctl info | grep -q "^ *l1d_flush  *$2"
}

check "mitigations $what: the kernel has them so" booted_so
if [ "$what" = on ]; then
	check "mitigations on: L1D is flushed when there is reason" l1d_is cond ok
else
	check "mitigations off: L1D is not flushed, and info says why" l1d_is never param
fi
check "mitigations $what: the module's code is patched so" ./mitigations
modprobe msr
for program in guest_entry guest_regs switch_host guest_mode; do
	check "mitigations $what: $program" ./$program
done
tap_end
