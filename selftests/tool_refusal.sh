#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
#   tool_refusal.sh FEATURE
#
# A processor that has VMX but lacks a feature that is required: the module loads, names the feature,
# and refuses every way to a VM without having turned VMX on.

cd "$(dirname "$0")" || exit 1
. ./tap.sh
feature=$1

doctor() {
	xvcpuctl doctor --json >/tmp/doctor.json
	got=$?
	cat /tmp/doctor.json
	[ $got -eq 16 ] && tr -d ' \n\t' </tmp/doctor.json |
		grep -q '"ready":false,"status":16,"cause":"no_cpu","message":"[^"]*:'"$feature("
}

check "without $feature: the module is loaded all the same" grep -q '^xvcpu ' /proc/modules
check "without $feature: doctor names it" doctor
check "without $feature: info names it" sh -c "xvcpuctl info | grep -q '^ *$feature *no_cpu *(required)'"
check "without $feature: run is refused" sh -c '
	printf "\364" >/tmp/hlt.bin; xvcpuctl run --mode real /tmp/hlt.bin; [ $? -eq 16 ]'
check "without $feature: KVM still gets VMX" modprobe kvm_intel
check "without $feature: the module unloads" rmmod xvcpu
tap_end
