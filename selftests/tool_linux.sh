#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's Linux as a guest, untouched, with the initramfs of linux/: what it says, and how it ends.
#
#   tool_linux.sh KERNEL [TEST]...      default: boot look ask sleep crash
#
#	boot	commands in its userspace, power off
#	look	its clock, its messages, input from a pipe
#	ask	a reboot boots again
#	sleep	ten seconds there are ten seconds here
#	crash	panic and triple fault have their statuses
#	idle	what an idle guest costs
#	large	guests larger than this machine

cd "$(dirname "$0")" || exit 1
. ./tap.sh
kernel=$1
shift
[ $# -gt 0 ] || set -- boot look ask sleep crash
dir=$(mktemp -d)
out=$dir/out
err=$dir/err
name=$(basename "$kernel")

linux() { # JOB OPTION...
	job=$1
	shift
	xvcpuctl run --initrd linux-initrd --mem 128 --timeout 300 \
		--append "console=ttyS0 ${append:+$append }-- $job" "$@" "$kernel" >"$out" 2>"$err"
	status=$?
	cat "$err"
	tail -n 20 "$out"
	echo "status $status"
}

ends() { # STATUS JOB OPTION...
	wanted=$1
	shift
	linux "$@"
	[ $status -eq "$wanted" ]
}

says() { grep -q -E "$1" "$out"; }
not_said() { ! grep -E "$1" "$out"; }

boot() {
	check "$name: boots and powers off" ends 0 demo --stats
	check "$name: says its version" says '^\[ +0\.0+\] Linux version [0-9]'
	check "$name: uname -a" says '^Linux \(none\) [0-9].* GNU/Linux'
	check "$name: cat /proc/cpuinfo" says '^model name[[:space:]]*: .*Intel'
	check "$name: a pipeline" sh -c "grep -A 1 -F '# ps | wc -l' '$out' | grep -E '^[0-9]+'"
	check "$name: a process that ends with 3" says '^\(status 3\)'
	check "$name: exits by reason are printed" grep -E '^ +io_instruction +[0-9]' "$err"
}

look() {
	echo hello >"$dir/in"
	check "$name: runs with input from a pipe" ends 0 look <"$dir/in"
	check "$name: reads it" says "^read 'hello'"
	check "$name: takes the TSC as its clock" says '^clocksource tsc'
	check "$name: knows the TSC's rate" says 'tsc: Detected [0-9.]+ MHz'
	check "$name: finds no fault with clocks and interrupts" not_said \
		'unstable|[Ll]ost|soft lockup|stall|nobody cared|spurious'
	check "$name: complains of nothing" not_said 'WARNING:|BUG:|Call Trace|ACPI (Error|Warning|BIOS)'
}

wait_for() { # COUNT PATTERN
	while [ "$(grep -c "$2" "$out")" -lt "$1" ]; do
		kill -0 "$guest" 2>/dev/null || return 1
		sleep 0.2
	done
}

converse() {
	mkfifo "$dir/fifo"
	: >"$out"
	xvcpuctl run --initrd linux-initrd --mem 128 --timeout 600 --reboot reset \
		--append 'console=ttyS0 -- ask' "$kernel" <"$dir/fifo" >"$out" 2>"$err" &
	guest=$!
	exec 3>"$dir/fifo"
	wait_for 1 'what next' && echo reboot >&3
	wait_for 2 'what next' && echo poweroff >&3
	exec 3>&-
	wait $guest
	status=$?
	cat "$err"
	[ $status -eq 0 ]
}

ask() {
	check "$name: reboots, and powers off when told to" converse
	check "$name: the reboot is told" grep 'boot 2' "$err"
	check "$name: it booted twice" sh -c "[ \$(grep -c 'Linux version' '$out') -eq 2 ]"
}

uptime() { cut -d' ' -f1 /proc/uptime; }

# A line has arrived when the guest has written its last byte to the serial port, and a moment for us.
measure() {
	mkfifo "$dir/console"
	(
		while read -r line; do
			case $line in
			mark*) echo "${line#mark } $(uptime)" ;;
			esac
		done <"$dir/console" >"$dir/times"
	) &
	ends 0 'sleep 10' --console "$dir/console" || return 1
	wait
	cat "$dir/times"
	awk '{ at[NR] = $2 } END { d = at[2] - at[1]; print d; exit !(NR == 2 && d > 9.9 && d < 10.1) }' \
		"$dir/times"
}

crash() {
	check "$name: a panic has its status" ends 46 crash --panic-exit
	append='panic=-1' check "$name: a panic that resets has it too" ends 46 crash --panic-exit
	append='panic=-1' check "$name: without --panic-exit it is a reset" ends 30 crash
	append='reboot=t' check "$name: a triple fault has its status" ends 32 reboot
}

exits() { sed -n 's/^ *VM exits *\([0-9]*\) in.*/\1/p' "$err"; }

# The difference of two runs is what the idle seconds between them cost.
cost() { # MOST
	ends 0 'idle 10' --stats || return 1
	few=$(exits)
	ends 0 'idle 40' --stats || return 1
	many=$(exits)
	[ -n "$few" ] && [ -n "$many" ] || return 1
	awk -v few="$few" -v many="$many" -v most="$1" \
		'BEGIN { rate = (many - few) / 30; print rate " exits per second"; exit !(rate > 0 && rate <= most) }'
}

idle() {
	check "$name: tickless, idle: 60 exits a second at most" cost 60
	append='nohz=off highres=off' check "$name: with 250 ticks a second: 6 exits each at most" cost 1500
}

# Peak memory of the tool with a guest that has more than this machine, and finds nearly all of it.
large_guest() { # MIB MOST_KIB
	echo >"$dir/in"
	(linux look --mem "$1" <"$dir/in"; exit $status) &
	most=0
	while kill -0 $! 2>/dev/null; do
		pid=$(pidof xvcpuctl) && now=$(sed -n 's/^VmHWM: *\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null)
		[ -z "$now" ] || [ "$now" -lt "$most" ] || most=$now
		sleep 0.2
	done
	wait $! || return 1
	echo "peak $most KiB"
	found=$(sed -n 's/^memory \([0-9]*\) kB.*/\1/p' "$out")
	echo "found $found kB"
	[ "$found" -gt $(($1 * 900)) ] && [ "$most" -gt 0 ] && [ "$most" -lt "$2" ]
}

large() {
	check "$name: 1 GiB" large_guest 1024 300000
	check "$name: 5 GiB, of which what it does not touch costs nothing" large_guest 5120 500000
}

for test in "$@"; do
	case $test in
	sleep) check "$name: sleep 10 takes 10 s" measure ;;
	*) $test ;;
	esac
done
rm -rf "$dir"
tap_end
