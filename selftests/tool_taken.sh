#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# VMX is on all CPUs or on none: another hypervisor (faulty.ko plays it) has set CR4.VMXE on one of two
# CPUs. Its bit stays, the other CPU's is left clear, and once it has gone there are guests.

cd "$(dirname "$0")" || exit 1
. ./tap.sh
vmxe=/sys/module/faulty/parameters/vmxe

vmxe_is() { # MASK
	echo "CR4.VMXE: $(cat $vmxe)"
	[ "$(cat $vmxe)" = "$1" ]
}

doctor_says_taken() {
	xvcpuctl doctor
	[ $? -eq 14 ] && xvcpuctl info | grep -q '^ *available  *taken'
}

vm_is_refused() {
	printf '\364' >/tmp/hlt.bin
	xvcpuctl run --mode real /tmp/hlt.bin
	[ $? -eq 14 ]
}

guests_run_on_each_cpu() {
	for cpu in 1 2; do
		taskset $cpu ./guest_entry || return 1
	done
}

check "the other hypervisor is there" modprobe faulty
for mask in 0x1 0x2; do
	echo $mask >$vmxe
	check "mask $mask: doctor says that VMX is taken" doctor_says_taken
	check "mask $mask: a VM is refused" vm_is_refused
	check "mask $mask: the other's bit stays, and only that" vmxe_is $mask
	check "mask $mask: again, the same" vm_is_refused
	check "mask $mask: and nothing stays behind" vmxe_is $mask
done
echo 0 >$vmxe
check "when it has gone guests run on each CPU" guests_run_on_each_cpu
check "and the bit is clear again behind them" vmxe_is 0x0
check "the other hypervisor goes" rmmod faulty
tap_end
