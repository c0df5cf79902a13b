#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of selftests/vm/run itself, in TAP: does what COMMAND prints and returns arrive, and does
# every fault of the kernel or the machine show? The module is faulty/faulty.c, never xvcpu.ko.
#
#   test-run.sh [--kernel NAME] [--engine ENGINE]...      default: cloud; tcg and bochs
#
# QEMU's TCG boots in seconds, so everything is tried there; Bochs gets one run of its own path.
# shellcheck disable=SC2016 # scripts in single quotes are for the machine's shell
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kernel=cloud
engines=()
while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=${2:?NAME}; shift ;;
	--engine) engines+=("${2:?ENGINE}"); shift ;;
	*) echo "unknown option '$1'" >&2; exit 125 ;;
	esac
	shift
done
[ ${#engines[@]} -gt 0 ] || engines=(tcg bochs)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 failed=0

result() { # DESCRIPTION, after a command whose status says whether it passed
	local status=$?
	count=$((count + 1))
	if [ $status = 0 ]; then
		echo "ok $count - $1"
	else
		failed=$((failed + 1))
		echo "not ok $count - $1"
		sed 's/^/# /' "$work/err" | tail -n 30
	fi
}

# Runs COMMAND in a machine; its status, output and errors are in $status, $work/out, $work/err.
machine() { # OPTION... -- COMMAND...
	status=0
	"$here/run" --engine "$engine" --kernel "$kernel" --module "$work/faulty.ko" "$@" \
		>"$work/out" 2>"$work/err" || status=$?
}

in_shell() { # SCRIPT
	machine -- sh -c "$1"
}

fault() { # NAME
	in_shell "echo $1 > /sys/module/faulty/parameters/fault"
}

build_faulty() {
	local kdir
	kdir=$("$here/kernels.sh" kdir "$kernel") || return
	cp -r "$here/faulty" "$work/build"
	make -C "$kdir" M="$work/build" modules >"$work/err" 2>&1 || return
	cp "$work/build/faulty.ko" "$work/"
}

# ---- what COMMAND prints and returns ---------------------------------------------------------

# Every byte value, the frames' own magic, and a megabyte, through a pipe that fills.
test_output() {
	local i
	for ((i = 0; i < 256; i++)); do
		printf '%b' "\\x$(printf %02x $i)"
	done >"$work/part"
	printf '\x16XV\x02z\x01\x00\x00\x00\x00\x16XV\x02f\x01\x08\x00\x00\x00status 0' >>"$work/part"
	while [ "$(stat -c %s "$work/part")" -lt 1048576 ]; do
		cat "$work/part" "$work/part" >"$work/twice"
		mv "$work/twice" "$work/part"
	done
	machine --add "$work/part:/tmp.part" -- sh -c 'cat /tmp.part; echo to stderr >&2; exit 3'
	cmp -s "$work/out" "$work/part"
	result "$engine: $(stat -c %s "$work/part") bytes of binary output arrive whole"
	[ "$status" = 3 ]
	result "$engine: COMMAND's status 3 is the run's"
	grep -qx 'to stderr' "$work/err"
	result "$engine: stderr arrives as stderr"
}

# The first line is seen while COMMAND still waits for the file that only its being seen allows.
test_streaming() {
	local line
	coproc MACHINE { exec "$here/run" --engine "$engine" --kernel "$kernel" --no-module \
		--timeout 120 -- sh -c 'echo first; sleep 100000' 2>"$work/err"; }
	# shellcheck disable=SC2153 # set by coproc
	local pid=$MACHINE_PID
	read -r -u "${MACHINE[0]}" -t 110 line
	[ "${line-}" = first ] && kill -0 "$pid"
	result "$engine: output arrives while COMMAND runs"
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null
	! pgrep -f "$work_of_runs" >/dev/null
	result "$engine: an interrupted run leaves no emulator behind"
}

test_status() {
	in_shell 'kill -KILL $$'
	[ "$status" = 137 ]
	result "$engine: a COMMAND killed by signal 9 gives 137"
	machine -- /no/such/program
	[ "$status" = 127 ]
	result "$engine: a COMMAND that does not exist gives 127"
	in_shell 'sleep 100000 & exec sleep 0'
	[ "$status" = 0 ]
	result "$engine: a process left behind does not hold the run up"
}

# ---- what the machine sees to ----------------------------------------------------------------

test_inside() {
	machine --append xvcpu.test=1 --cpus 2 -- sh -c '
		set -e
		grep -q "^faulty " /proc/modules
		grep -q xvcpu.test=1 /proc/cmdline
		[ "$(grep -c ^processor /proc/cpuinfo)" = 2 ]
		[ "$(id -u)" = 0 ]
		[ "$PWD" = /selftests ]
		[ "$XVCPU_KERNEL" ]
		modprobe msr || [ -e /dev/cpu/0/msr ]
		mount | grep -q "debugfs on /sys/kernel/debug"
		echo > /tmp/file > /dev/shm/file'
	[ "$status" = 0 ]
	result "$engine: module, kernel command line, CPUs, modprobe and mounts are as promised"
	machine --no-module -- sh -c '! grep -q "^faulty " /proc/modules && modprobe faulty'
	[ "$status" = 0 ]
	result "$engine: --no-module leaves the module to modprobe"
	machine --module-args fault=load -- true
	[ "$status" = 98 ] && grep -q 'module did not load' "$work/err"
	result "$engine: a module that cannot be loaded is told"
}

# ---- faults ----------------------------------------------------------------------------------

test_complaints() {
	fault warn
	[ "$status" = 99 ] && grep -q 'dmesg: WARNING: ' "$work/err" &&
		grep -q 'taint: .*bit 9' "$work/err"
	result "$engine: a WARN fails the run"
	fault oops
	[ "$status" = 137 ] && grep -q 'dmesg: BUG: ' "$work/err" && grep -q 'taint: .*bit 7' "$work/err"
	result "$engine: an oops is told and COMMAND's own status kept"
	fault reference
	[ "$status" = 99 ] && grep -q 'module: cannot be unloaded' "$work/err"
	result "$engine: a lost module reference fails the run"
	in_shell 'echo "WARNING: CPU: 0 PID: 1 at nowhere" > /dev/kmsg'
	[ "$status" = 99 ]
	result "$engine: a warning in the log alone fails the run"
	in_shell 'echo 512 > /proc/sys/kernel/tainted'
	[ "$status" = 99 ]
	result "$engine: a taint bit alone fails the run"
	in_shell 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done > /dev/kmsg
		echo "BUG: far from the start" > /dev/kmsg'
	[ "$status" = 99 ] && grep -q 'BUG: far from the start' "$work/err"
	result "$engine: a complaint after a flood of log lines is found"
}

test_end_of_machine() {
	fault panic
	[ "$status" = 98 ] && grep -q 'machine panicked' "$work/err" && grep -q 'on purpose' "$work/err"
	result "$engine: a panic ends the run and shows the console"
	in_shell 'echo b > /proc/sysrq-trigger; sleep 100000'
	[ "$status" = 98 ]
	result "$engine: a reset machine is not a success"
	machine --timeout 30 -- sh -c 'echo began; sleep 100000'
	[ "$status" = 124 ] && grep -q 'timeout: .* 30 s' "$work/err" && grep -qx began "$work/out"
	result "$engine: a hang ends at the timeout, with what came before it"
}

# Only the debug kernel has the eyes for these.
test_debug_kernel() {
	fault use-after-free
	[ "$status" = 99 ] && grep -q 'KASAN: ' "$work/err"
	result "$engine: KASAN's report fails the run"
	machine --leaks -- sh -c 'echo leak > /sys/module/faulty/parameters/fault'
	[ "$status" = 99 ] && grep -q '^kmemleak: ' "$work/err"
	result "$engine: a leak fails the run"
	fault lock
	[ "$status" = 99 ]
	result "$engine: lockdep's report fails the run"
}

# ---- without a machine -----------------------------------------------------------------------

refused() { # EXPECTED OPTION...
	local expected=$1 status=0
	shift
	"$here/run" "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = 125 ] && grep -q -e "$expected" "$work/err"
}

test_usage() {
	refused 'unknown option' --nonsense -- true
	result "an unknown option is refused"
	refused 'no COMMAND' --kernel cloud
	result "a missing COMMAND is refused"
	refused 'no kernel' --kernel none -- true
	result "an unknown kernel is refused"
	refused 'takes auto' --engine vax -- true
	result "an unknown engine is refused"
	refused 'above 0' --cpus 0 -- true
	result "a number that is none is refused"
	refused 'does not exist' --no-module --add /no/such/file -- true
	result "a file to add that is not there is refused"
}

if ! build_faulty; then
	cat "$work/err" >&2
	echo "Bail out! cannot build faulty.ko for $kernel"
	exit 1
fi
# Only our own runs: parallel ones have their directories elsewhere.
export TMPDIR=$work
work_of_runs=$work/xvcpu-vm
echo "TAP version 13"
test_usage
for engine in "${engines[@]}"; do
	test_output
	[ "$engine" = tcg ] || continue
	test_streaming
	test_status
	test_inside
	test_complaints
	test_end_of_machine
	[ "$kernel" != debug ] || test_debug_kernel
done
echo "1..$count"
echo "# $((count - failed)) passed, $failed failed, 0 skipped"
[ $failed = 0 ]
