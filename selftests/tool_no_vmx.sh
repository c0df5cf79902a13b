#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A machine without VMX (vm/run --engine tcg): the module loads, says why it cannot work, and every
# way to a VM is refused with that reason.

cd "$(dirname "$0")" || exit 1
. ./tap.sh

doctor() {
	xvcpuctl doctor --json >/tmp/doctor.json
	got=$?
	cat /tmp/doctor.json
	[ $got -eq 10 ] && tr -d ' \n\t' </tmp/doctor.json | grep -q '"cause":"no_vmx"'
}

check "no VMX: the module is loaded all the same" grep -q '^xvcpu ' /proc/modules
check "no VMX: the device is there" test -c /dev/xvcpu
check "no VMX: doctor says so" doctor
check "no VMX: info says so" sh -c 'xvcpuctl info | grep -q "^ *vmx *no_vmx"'
check "no VMX: run is refused" sh -c '
	printf "\364" >/tmp/hlt.bin; xvcpuctl run --mode real /tmp/hlt.bin; [ $? -eq 10 ]'
check "no VMX: the module unloads" rmmod xvcpu
check "no VMX: doctor works without the module" sh -c 'xvcpuctl doctor; [ $? -eq 10 ]'
tap_end
