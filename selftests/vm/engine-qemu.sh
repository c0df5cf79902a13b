# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# QEMU: `qemu` gives the machine the host's VMX (nested virtualisation), `tcg` emulates a CPU that
# has none, to see the module refuse. Sourced by run; sets `emulator`.

qemu_needs() {
	need qemu-system-x86_64 qemu-system-x86
	[ "$engine" != qemu ] || "$build/nested-vmx" ||
		die "--engine qemu: /dev/kvm gives a guest no VMX here (kvm_intel nested=1? permission?)"
}

qemu_append() {
	echo "nokaslr"
}

qemu_prepare() { # APPEND
	local accel=(-accel kvm -cpu "${cpu_model:-host}")
	[ "$engine" = qemu ] || accel=(-accel tcg -cpu "${cpu_model:-max}")
	emulator=(qemu-system-x86_64 -nodefaults -no-user-config -machine pc "${accel[@]}"
		-smp "$cpus" -m "$mem" -display none -no-reboot
		-kernel "$kernel_image" -initrd "$work/initrd" -append "$1"
		-chardev "file,id=serial,path=$work/serial" -serial chardev:serial
		-chardev stdio,id=frames,signal=off
		-device isa-debugcon,iobase=0xe9,chardev=frames)
}

qemu_after() {
	[ "$bochs_errors" = no ] || say "--bochs-errors has no meaning under $engine"
}

qemu_last_words() {
	tail -n 5 "$work/emulator.err"
}
