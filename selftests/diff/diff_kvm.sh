#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Generated programs on KVM, then on xvcpu, in a machine that has both: only one can hold VMX.
#
#   diff_kvm.sh [SEED [COUNT [FIRST]]]
#
# What KVM made of them is kept for another module of xvcpu in the same boot.

cd "$(dirname "$0")" || exit 1
files=/tmp/diff_kvm.$*

if [ ! -e "$files.kvm" ]; then
	modprobe kvm_intel || exit 1
	./diff_kvm run kvm "$files.part" "$@" || exit 1
	rmmod kvm_intel kvm || exit 1
	mv "$files.part" "$files.kvm"
fi
./diff_kvm run xvcpu "$files.xvcpu" "$@" || exit 1
./diff_kvm compare "$files.kvm" "$files.xvcpu"
