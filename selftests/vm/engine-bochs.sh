# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Bochs: an emulator that has VMX, for hosts that have not. Sourced by run; sets `emulator`.
#
# One tick of the TSC is one executed instruction (clock: sync=none, one CPU). At this ips and
# tsc_early_khz the kernel and Bochs' timers agree on time, and a timer tick is millions of
# instructions; the price is a slow serial port (some 87,000 instructions a character), which is why
# everything that matters leaves by port 0xe9.

bochs_ips=1000000000

bochs_needs() {
	need bochs-bin bochs
	need_file /usr/share/bochs/BIOS-bochs-latest bochsbios
	need_file /usr/share/bochs/VGABIOS-lgpl-latest vgabios
	[ "$mem" -le 2048 ] || die "--mem: Bochs has at most 2048 MB"
}

# Self-tests of the kernel's ciphers alone are 740 million instructions of Debian's boot; probing
# the ACPI timer is as many with two CPUs.
bochs_append() {
	# The keyboard controller's reset is not one here, and the next that the kernel tries is a triple fault.
	[ "$boots" -eq 1 ] || echo "reboot=pci"
	echo "nokaslr cryptomgr.notests pmtmr=0 tsc=reliable tsc_early_khz=$((bochs_ips / 1000))"
}

# Loading from a CD through the BIOS and unpacking a kernel take half the time of a boot, so the
# kernel is unpacked here, its bytes unchanged, and a boot disk of our own brings it in
# (boot/disk.h).
bochs_disk() { # APPEND
	local vmlinux
	vmlinux=$("$here/kernels.sh" unpack "$kernel_image") || exit 125
	"$build/make-disk" "$build/sector.bin" "$build/stage.bin" "$kernel_image" "$vmlinux" \
		"$work/initrd" "$mem" "$1" >"$work/disk"
}

# Debian's Bochs is its debugger build: it waits at a prompt unless told to continue. The rfb
# display needs no terminal; the sound drivers are dummies because Bochs aborts on a host without a
# sound card.
bochs_prepare() { # APPEND
	local errors=ignore
	[ "$bochs_errors" = no ] || errors=report
	bochs_disk "$1"
	echo c >"$work/bochs.commands"
	cat >"$work/bochsrc" <<-EOF
	megs: $mem
	cpu: count=$cpus, model=${cpu_model:-broadwell_ult}, ips=$bochs_ips, reset_on_triple_fault=0
	romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
	vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
	ata0-master: type=disk, path=$work/disk, mode=flat
	boot: disk
	com1: enabled=1, mode=file, dev=$work/serial
	port_e9_hack: enabled=1
	clock: sync=none, time0=utc
	display_library: rfb, options="timeout=0"
	sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
	log: $work/bochs.log
	panic: action=fatal
	error: action=$errors
	info: action=ignore
	EOF
	emulator=(bochs-bin -q -f "$work/bochsrc" -rc "$work/bochs.commands")
}

# With --bochs-errors: why VM entries were refused.
bochs_after() {
	[ "$bochs_errors" = yes ] || return 0
	say "VM entries that Bochs refused, with the rule that was broken:"
	grep -a 'VMENTER FAIL' "$work/bochs.log" | sort | uniq -c | sort -rn >&2 || say "  none"
}

# What Bochs itself says about a machine that died.
bochs_last_words() {
	cat "$work/emulator.err" "$work/bochs.log" 2>/dev/null |
		grep -a -A 1 'exiting with the following message' | tail -n 1
}
