#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# QEMU's TCG as judge of the loaders: run.sh BUILD-DIRECTORY
#
# stage puts an image into memory with our loaders; QEMU starts a machine with that memory, and
# rom.S puts its processor into the state that the loader asked for. If the guest runs, the loader
# was right. No VMX, no module. TAP. Ends with 0 if all passed; a guest that is not installed is a
# skipped test, and a failure unless TESTS_MAY_SKIP=1.

set -u
export LC_ALL=C

build=$1
work=$(mktemp -d)
qemu=
trap 'finish; rm -rf "$work"' EXIT

finish() {
	[ -z "$qemu" ] || kill "$qemu" 2>/dev/null
	[ -z "$qemu" ] || wait "$qemu" 2>/dev/null
	qemu=
}

# stage MIB MODE IMAGE [CMDLINE]
stage() { "$build/qemu/stage" "$build/qemu/rom" "$work" "$@" >"$work/staged" 2>&1; }

# The machine that stage prepared, our ROM for firmware; it takes the place of the shell that calls
# it, so that whoever ends that ends the machine. An ISA machine without VGA has RAM at
# 0xa0000.
machine() {
	local mib=$1
	shift
	exec qemu-system-x86_64 -machine isapc,accel=tcg -cpu qemu64 -vga none -display none -nic none \
		-m "$mib" -bios "$work/rom" \
		-device loader,file="$work/low",addr=0,force-raw=on \
		-device loader,file="$work/high",addr=0x100000,force-raw=on \
		-device isa-debug-exit,iobase=0xf4,iosize=4 "$@" 2>"$work/qemu.log"
}

number=0
failed=0
skipped=0
result() {
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number $2"
	else
		failed=$((failed + 1))
		sed 's/^/# /' "$work/staged" "$work/qemu.log" 2>/dev/null
		echo "not ok $number $2"
	fi
}
skip() {
	number=$((number + 1))
	skipped=$((skipped + 1))
	echo "ok $number $1 # SKIP $2"
}

# exits NAME STATUS MODE IMAGE: the payload must end with this status
exits() {
	local status
	stage 8 "$3" "$4" || { result 1 "$1"; return; }
	timeout 60 bash -c "$(declare -f machine); work=$work; machine 8 -serial none -monitor none"
	status=$?
	[ $status = "$2" ] || echo "# status $status instead of $2"
	result $((status != $2)) "$1"
}

# memtest NAME MODE IMAGE: it must begin to test without errors, on the console
memtest() {
	local tries
	[ -r "$3" ] || { skip "$1" "$3 is not there: install memtest86+"; return; }
	stage 8 "$2" "$3" 'console=ttyS0,115200 nosmp' || { result 1 "$1"; return; }
	: >"$work/serial"
	machine 8 -serial file:"$work/serial" -monitor none &
	qemu=$!
	for ((tries = 0; tries < 240; tries++)); do
		grep -aq 'Address test, walking ones' "$work/serial" &&
			grep -aq 'Errors: 0 ' "$work/serial" && break
		sleep 0.5
	done
	grep -aq 'of 7.62MB' "$work/serial"
	result $? "$1"
	finish
}

# on_screen MIB COMMAND: reads the text screen into $text until COMMAND is content with it
on_screen() {
	local tries cells=$work/cells mib=$1
	shift
	: >"$text"
	mkfifo "$work/monitor"
	machine "$mib" -serial none -monitor stdio <"$work/monitor" >/dev/null &
	qemu=$!
	exec 7>"$work/monitor"
	for ((tries = 0; tries < 120; tries++)); do
		echo "pmemsave 0xb8000 4000 \"$cells\"" >&7
		sleep 0.5
		[ -s "$cells" ] || continue
		od -An -v -t u1 -w160 "$cells" >"$work/numbers"
		awk '{ for (i = 1; i < 160; i += 2) printf "%c", $i ? $i : 32; print "" }' \
			"$work/numbers" >"$text"
		"$@" && break
	done
	exec 7>&-
	finish
	rm "$work/monitor" "$cells"
	[ $tries -lt 120 ]
}
text=$work/text

fleet_and_gun() {
	[ "$(grep -o -e '-\*-' "$text" | wc -l)" = 40 ] && tail -n 1 "$text" | grep -q '/ [\]'
}

# invaders NAME IMAGE: fleet and gun must be on the screen
invaders() {
	[ -r "$2" ] || { skip "$1" "$2 is not there: install grub-invaders"; return; }
	stage 8 auto "$2" || { result 1 "$1"; return; }
	on_screen 8 fleet_and_gun
	result $? "$1"
}

mach_banner() { grep -q 'GNU Mach 1[.]8' "$text"; }

# mach NAME IMAGE: its banner must be on the screen
mach() {
	[ -r "$2" ] || { skip "$1" "$2 is not there: install gnumach-image-1.8-486"; return; }
	stage 64 auto "$2" || { result 1 "$1"; return; }
	on_screen 64 mach_banner
	result $? "$1"
	mach_banner || sed 's/^/# /' "$text"
}

# An initramfs with a busybox whose init shows another file of it.
make_initrd() {
	mkdir -p "$work/root/bin"
	cp "$(command -v busybox)" "$work/root/bin/busybox" || return
	printf '#!/bin/busybox sh\nexec /bin/busybox cat /who\n' >"$work/root/init"
	echo "init is what the loader put there" >"$work/root/who"
	chmod +x "$work/root/init"
	(cd "$work/root" && find . | cpio -o -H newc --quiet) | gzip >"$work/initrd"
}

# linux NAME MODE IMAGE: it must find its command line, its memory and its initrd
linux() {
	local tries
	[ -r "$3" ] || { skip "$1" "$3 is not there: see guests.sh"; return; }
	stage 256 "$2" "$3" 'console=ttyS0 earlyprintk=serial told=yes' "$work/initrd" ||
		{ result 1 "$1"; return; }
	: >"$work/serial"
	machine 256 -no-reboot -serial file:"$work/serial" -monitor none &
	qemu=$!
	for ((tries = 0; tries < 240; tries++)); do
		grep -aq '^init is ' "$work/serial" && break
		sleep 0.5
	done
	finish
	grep -aq 'Command line: .* told=yes' "$work/serial" &&
		grep -aq '0x0000000000100000-0x000000000fffffff\] usable' "$work/serial" &&
		grep -aq '^init is what the loader put there' "$work/serial"
	result $? "$1"
	[ $tries -lt 240 ] || tail -n 5 "$work/serial" | sed 's/^/# /'
}

if ! command -v qemu-system-x86_64 >/dev/null; then
	echo "TAP version 13"
	echo "1..0 # SKIP qemu-system-x86_64 is not there: install qemu-system-x86"
	[ "${TESTS_MAY_SKIP-}" = 1 ]
	exit
fi

echo "TAP version 13"
echo "1..14"
payload=$build/qemu/payload
exits "a flat binary starts in real mode" 1 real "$payload.flat"
exits "a flat binary starts in protected mode" 3 protected "$payload.flat"
exits "a flat binary starts in long mode" 5 long "$payload.flat"
exits "ELF32 starts in protected mode" 3 auto "$payload.elf32"
exits "ELF64 starts in long mode" 5 auto "$payload.elf64"
memtest "memtest86+ x64 tests memory from its 64-bit entry point" auto /boot/memtest86+x64.bin
memtest "memtest86+ x64 tests memory from its 32-bit entry point" protected /boot/memtest86+x64.bin
memtest "memtest86+ ia32 tests memory from its 32-bit entry point" auto /boot/memtest86+ia32.bin
invaders "grub-invaders draws its fleet" /boot/invaders.exec
make_initrd || echo "# no initrd: install busybox-static and cpio"
linux "Linux runs init from its 64-bit entry point" auto "$build/guests/cloud"
linux "Linux runs init from its 32-bit entry point" protected "$build/guests/cloud"
linux "Linux runs init from its PVH entry point" auto "$build/guests/cloud.vmlinux"
mach "GNU Mach says who it is" "$build/guests/gnumach"
# They did once: what was killed was the shell around them.
! pgrep -f -- "-bios $work/rom" >/dev/null
result $? "no machine is left running"

echo "# judge: $number tests, $failed failed, $skipped skipped"
[ $failed = 0 ] && { [ $skipped = 0 ] || [ "${TESTS_MAY_SKIP-}" = 1 ]; }
