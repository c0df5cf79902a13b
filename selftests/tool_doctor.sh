#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# xvcpuctl doctor in a machine with VMX: ready; taken, while KVM has a VM, with the probable holder's
# name; ready again.

cd "$(dirname "$0")" || exit 1
. ./tap.sh
report=/tmp/doctor.json

doctor() { # STATUS PATTERN...
	want=$1
	shift
	xvcpuctl doctor --json >$report
	got=$?
	cat $report
	[ $got -eq "$want" ] || return 1
	for pattern in "$@"; do
		tr -d ' \n\t' <$report | grep -q -e "$pattern" || {
			echo "no $pattern"
			return 1
		}
	done
}

unload_kvm() {
	rmmod kvm_intel
	rmmod kvm
	! grep -q '^kvm' /proc/modules
}

check "doctor: ready" doctor 0 '"ready":true'
check "kvm_intel can be loaded beside us" modprobe kvm_intel
check "doctor: with kvm_intel loaded but idle, ready" doctor 0 '"ready":true'

# mov $0x3f8, %dx; mov $'k', %al; out %al, %dx; mov $'v', %al; out %al, %dx; mov $0x10, %cx;
# in %dx, %al; loop; hlt
printf '\272\370\003\260k\356\260v\356\271\020\000\354\342\375\364' >/tmp/hello.bin
same_on_both() {
	for backend in kvm xvcpu; do
		xvcpuctl run --backend $backend --mode real /tmp/hello.bin >/tmp/$backend.out
		[ $? -eq 36 ] || return 1
	done
	[ "$(cat /tmp/kvm.out)" = kv ] && cmp /tmp/kvm.out /tmp/xvcpu.out
}
check "run: a guest prints and ends the same on KVM" same_on_both

mkfifo /tmp/hold.in /tmp/hold.out
./hold_kvm </tmp/hold.in >/tmp/hold.out &
exec 3>/tmp/hold.in 4</tmp/hold.out
read -r held <&4
check "a KVM VM is alive" test "$held" = held
check "doctor: taken, and kvm_intel is named" doctor 14 '"ready":false' '"cause":"taken"' \
	probableholderiskvm_intel
check "run: refused with the status for a taken VMX" sh -c '
	printf "\364" >/tmp/hlt.bin; xvcpuctl run --mode real /tmp/hlt.bin; [ $? -eq 14 ]'
exec 3>&-
wait
check "kvm_intel can be unloaded" unload_kvm
check "doctor: ready again" doctor 0 '"ready":true'
check "run: a guest runs again" sh -c 'xvcpuctl run --mode real /tmp/hlt.bin; [ $? -eq 36 ]'
tap_end
