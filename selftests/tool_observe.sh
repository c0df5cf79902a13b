#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# xvcpuctl stat and trace beside a guest that runs; what they leave behind, however they end; and each
# reason why they cannot work.

cd "$(dirname "$0")" || exit 1
. ./tap.sh
dir=$(mktemp -d)
instances=/sys/kernel/tracing/instances

# Real mode: CPUID and OUT for ever, with interrupts on.
# sti; 1: mov $5,%cx; xor %ax,%ax; cpuid; out %al,$0x80; jmp 1b
printf '\373\271\005\000\061\300\017\242\346\200\353\365' >"$dir/guest"

start_guest() {
	xvcpuctl run --mode real --timeout 600 "$dir/guest" >/dev/null 2>&1 </dev/null &
	guest=$!
	until grep -q -s '^exit_cpuid' /sys/kernel/debug/xvcpu/$guest-*/vcpu0; do
		kill -0 "$guest" || return 1
	done
}

# run STATUS COMMAND...: its output is in $dir/out
run() {
	want=$1
	shift
	"$@" >"$dir/out" 2>&1
	got=$?
	cat "$dir/out"
	[ $got -eq "$want" ] || { echo "status $got, not $want"; return 1; }
}

says() { # REGEX...
	for regex in "$@"; do
		grep -q -E -e "$regex" "$dir/out" || { echo "no $regex"; return 1; }
	done
}

# No line of the last output holds what looks like an address of the kernel.
no_address() {
	! grep -E 'ffff[0-9a-f]{12}' "$dir/out"
}

stat_shows() {
	run 0 xvcpuctl stat --pid "$guest" &&
		says '^1 VM, 1 vCPU$' "^VM $guest-[0-9]* vCPU 0: (running|ready), CPU [0-9]+$" \
			'^ *cpuid +[1-9]' '^ *io_instruction +[1-9]' '^ *entries +[1-9]' && no_address
}

stat_grows() {
	run 0 xvcpuctl stat --interval 0.2 --count 2 &&
		says '^ *cpuid +[1-9][0-9]* +[1-9][0-9]*\.[0-9]$'
}

stat_json() {
	run 0 xvcpuctl stat --json && tr -d ' \n\t' <"$dir/out" |
		grep -q -e '"seconds":null,"vms":1,"vcpus":\[{"owner":'"$guest,"'.*"state":"r[a-z]*",.*"exit_cpuid":[1-9]'
}

nothing_is_left() {
	[ -z "$(ls $instances)" ] && [ "$(cat /sys/kernel/tracing/events/xvcpu/enable)" = 0 ]
}

trace_shows() {
	line="^[0-9]+\.[0-9]+ CPU [0-9]+ VM $guest-[0-9]+ vCPU 0 exit +reason=cpuid rip=0x[0-9a-f]+ "
	run 0 xvcpuctl trace --pid "$guest" --count 40 && [ "$(grep -c 'VM' "$dir/out")" -eq 40 ] &&
		says "$line.*detail=0x[0-9a-f]*000500000000$" 'exit +reason=io_instruction' 'entry +rip=' &&
		no_address && nothing_is_left
}

trace_chosen() {
	run 0 xvcpuctl trace --events exit,kick --count 10 &&
		[ "$(grep -c -E 'vCPU 0 (exit|kick) ' "$dir/out")" -eq 10 ] && nothing_is_left
}

trace_timeout() {
	run 0 xvcpuctl trace --events inject --timeout 0.2 && nothing_is_left
}

# Ended by a signal: it dies of it, and leaves nothing behind.
trace_ended_by() { # SIGNAL STATUS
	: >"$dir/out"
	xvcpuctl trace --events exit >"$dir/out" 2>&1 &
	tracer=$!
	until [ -s "$dir/out" ]; do
		kill -0 $tracer || return 1
	done
	was_there=$(ls $instances)
	kill -"$1" $tracer
	wait $tracer
	got=$?
	[ "$was_there" = xvcpuctl-$tracer ] && [ $got -eq "$2" ] && nothing_is_left
}

trace_into_a_closed_pipe() {
	xvcpuctl trace --events exit 2>"$dir/out" | head -n 1 >/dev/null
	says 'cannot write' && nothing_is_left
}

stat_follows_to_the_end() {
	: >"$dir/out"
	xvcpuctl stat --pid "$guest" --interval 0.1 >"$dir/out" 2>&1 &
	watcher=$!
	until [ -s "$dir/out" ]; do
		kill -0 $watcher || return 1
	done
	kill "$guest"
	wait "$guest"
	wait $watcher
}

check "a guest runs" start_guest
check "stat: the exits of a running guest" stat_shows
check "stat: what was counted in between" stat_grows
check "stat: JSON" stat_json
check "trace: the events of a running guest" trace_shows
check "trace: only the events asked for" trace_chosen
check "trace: ends after its time" trace_timeout
# A shell's background process ignores SIGINT and SIGQUIT unless it asks for them.
check "trace: SIGINT" trace_ended_by INT 130
check "trace: SIGTERM" trace_ended_by TERM 143
check "trace: SIGHUP" trace_ended_by HUP 129
check "trace: its reader has gone" trace_into_a_closed_pipe
check "stat: a process without a VM" run 22 xvcpuctl stat --pid 1
check "trace: a process without a VM" run 22 xvcpuctl trace --pid 1
check "stat: ends with the VM that it follows" stat_follows_to_the_end
check "stat: the VM has gone" sh -c "xvcpuctl stat | grep '^0 VMs, 0 vCPUs'"

echo 'nobody:x:65534:65534::/:/bin/sh' >/etc/passwd
check "stat: not for everyone" run 8 su nobody -c 'xvcpuctl stat'
check "stat: it says what to do" says 'as root'
check "trace: not for everyone" run 8 su nobody -c 'xvcpuctl trace --count 1'
umount /sys/kernel/tracing
check "trace: tracefs is not mounted" run 20 xvcpuctl trace --count 1
check "trace: it says what to do" says 'mount -t tracefs'
check "trace: tracefs elsewhere" run 0 xvcpuctl trace --timeout 0.1 --tracefs /sys/kernel/debug/tracing
umount /sys/kernel/debug/tracing 2>/dev/null
umount /sys/kernel/debug
check "stat: debugfs is not mounted" run 20 xvcpuctl stat
check "stat: it says what to do" says 'mount -t debugfs'
rmmod xvcpu
check "stat: the module is not loaded" run 6 xvcpuctl stat
check "trace: the module is not loaded" run 6 xvcpuctl trace
rm -r "$dir"
tap_end
