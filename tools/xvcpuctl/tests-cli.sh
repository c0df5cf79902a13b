#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# tests-cli.sh PATH/TO/xvcpuctl: the command line itself, on a host that has neither VMX nor the module.
# TAP. Every refusal must say what to do and have its own exit status (xvcpuctl(1)).

ctl=${1:?usage: tests-cli.sh PATH/TO/xvcpuctl}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
count=0
failed=0

result() # RESULT NAME
{
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failed=$((failed + 1))
	fi
}

# run STATUS NAME ARG...: the status, and nothing on standard output but in the success case
run()
{
	want=$1
	name=$2
	shift 2
	"$ctl" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	status=$?
	if [ $status -ne "$want" ]; then
		echo "# $name: status $status, not $want"
		sed 's/^/# /' "$dir/out" "$dir/err"
		result 1 "$name"
	elif [ "$want" -ne 0 ] && [ -s "$dir/out" ] && [ "$name" = "${name#doctor}" ]; then
		echo "# $name: refused, but printed on standard output"
		result 1 "$name"
	else
		result 0 "$name"
	fi
}

# says NAME REGEX: what the last run printed on either channel
says()
{
	if cat "$dir/out" "$dir/err" | grep -q -E -- "$2"; then
		result 0 "$1"
	else
		echo "# $1: '$2' is not in:"
		sed 's/^/# /' "$dir/out" "$dir/err"
		result 1 "$1"
	fi
}

echo "TAP version 13"

# --- the command line
run 2 'no command' && says 'lists the commands' 'Usage: xvcpuctl COMMAND'
run 0 'help' --help && says 'help names run' 'run .*run a guest'
run 0 'version' --version && says 'version is a number' '^xvcpuctl [0-9]'
run 2 'unknown command' frobnicate && says 'unknown command is named' "no command 'frobnicate'"
for command in doctor info run; do
	run 0 "$command --help" $command --help && says "$command --help has options" '--device=PATH'
	run 2 "$command: unknown option" $command --frobnicate
done
run 2 'info: superfluous argument' info x && says 'it is named' "'x' is one argument too many"

# --- stat and trace: arguments
for command in stat trace; do
	run 0 "$command --help" $command --help && says "$command --help has options" '--pid=PID'
	run 2 "$command: unknown option" $command --frobnicate
	run 2 "$command: superfluous argument" $command x && says 'it is named' "'x' is one argument too many"
	for bad in '' 0 -1 x 1x ' 1' 99999999999999999999; do
		run 2 "$command --pid '$bad'" $command --pid "$bad"
		run 2 "$command --count '$bad'" $command --count "$bad"
	done
done
for bad in '' 0 -1 soon nan inf; do
	run 2 "stat --interval '$bad'" stat --interval "$bad"
	run 2 "trace --timeout '$bad'" trace --timeout "$bad"
done
run 2 'trace: unknown event' trace --events exit,fault && says 'it is named' "no event 'fault'"
says 'events are listed' 'entry, exit, inject, ept_fault, kick, state'
run 2 'trace: empty list of events' trace --events ''
run 2 'trace: list of events with a hole' trace --events exit,,kick

# --- stat: tables, from files as the module would show them
fake=$dir/debug
mkdir -p "$fake/xvcpu/77-3" "$fake/xvcpu/88-4"
printf 'state running\ncpu 1\nentries 30\nkicks 0\nexit_cpuid 7\nexit_hlt 20\n' \
	>"$fake/xvcpu/77-3/vcpu0"
printf 'state free\ncpu -1\nentries 5\n' >"$fake/xvcpu/77-3/vcpu10"
printf 'state ready\ncpu 0\nentries 1\n' >"$fake/xvcpu/88-4/vcpu0"
run 0 'stat' stat --debugfs "$fake"
says 'stat counts VMs and vCPUs' '^2 VMs, 3 vCPUs$'
says 'stat names state and CPU' '^VM 77-3 vCPU 0: running, CPU 1$'
says 'stat: a vCPU that is on no CPU' '^VM 77-3 vCPU 10: free$'
says 'stat has the counters' '^ +entries +30$'
grep -A 1 'VM exits' "$dir/out" | grep -q -E '^ +hlt +20$'
result $? 'stat: the largest comes first'
grep -q kicks "$dir/out"
[ $? -eq 1 ]
result $? 'stat leaves out what is 0'
run 0 'stat --pid' stat --debugfs "$fake" --pid 88 && says 'and no other' '^1 VM, 1 vCPU$'
run 22 'stat: no such VM' stat --debugfs "$fake" --pid 99 && says 'says so' 'process 99 has no VM'
run 0 'stat --count' stat --debugfs "$fake" --count 2 --interval 0.01
says 'stat: the second table has rates' '^ +entries +30 +0\.0$'
run 0 'stat --json' stat --debugfs "$fake" --json --count 2 --interval 0.01
python3 - "$dir/out" <<'PY'
import json, sys
text, at, samples = open(sys.argv[1]).read(), 0, []
while text[at:].strip():
    sample, end = json.JSONDecoder().raw_decode(text[at:].lstrip())
    at += end + len(text[at:]) - len(text[at:].lstrip())
    samples.append(sample)
first, second = samples
assert first["vms"] == 2 and first["seconds"] is None and second["seconds"] > 0
v = first["vcpus"]
assert [(x["owner"], x["serial"], x["id"]) for x in v] == [(77, 3, 0), (77, 3, 10), (88, 4, 0)]
assert v[0]["state"] == "running" and v[0]["cpu"] == 1 and v[1]["cpu"] is None
assert v[0]["counters"] == {"entries": 30, "kicks": 0, "exit_cpuid": 7, "exit_hlt": 20}
assert "deltas" not in v[0] and second["vcpus"][0]["deltas"]["exit_hlt"] == 0
PY
result $? 'stat --json has what the manual says'
rm -r "$fake/xvcpu/"*
run 0 'stat without a VM' stat --debugfs "$fake" && says 'says so' '^0 VMs, 0 vCPUs$'

# --- run: arguments
printf '\364' >"$dir/hlt"
printf 'this is nothing that can be loaded, and long enough to have a header of some kind' >"$dir/junk"
: >"$dir/empty"
run 2 'no image' run && says 'says how' 'run IMAGE'
run 2 'two images' run --mode real "$dir/hlt" "$dir/hlt"
run 2 'bad mode' run --mode virtual "$dir/hlt" && says 'modes are listed' 'real, protected, long'
for bad in '' x 0x -1 +1 ' 1' 1k 99999999999999999999; do
	run 2 "--mem '$bad'" run --mem "$bad" --mode real "$dir/hlt"
done
run 2 '--mem 0' run --mem 0 --mode real "$dir/hlt" && says 'says how much' '1 MiB'
run 2 '--load nonsense' run --load here --mode real "$dir/hlt"
run 2 '--entry nonsense' run --entry there --mode real "$dir/hlt"
run 2 '--debug-exit outside port space' run --debug-exit 0x10000 --mode real "$dir/hlt"
run 2 '--debug-exit on a taken port' run --debug-exit 0x3f6 --mode real "$dir/hlt"
says 'its owner is named' '0x3f8 belongs to the 16550'
for bad in '' 0 -1 soon nan inf 1e300 5x; do
	run 2 "--timeout '$bad'" run --timeout "$bad" --mode real "$dir/hlt"
done
run 2 'bad --reboot' run --reboot twice --mode real "$dir/hlt" && says 'choices are listed' 'neither exit nor reset'
run 2 '--reboot reset with a pipe' run --reboot reset --mode real /dev/stdin </dev/null
says 'it must be a file' 'dev/stdin again, and so it must be a regular file'
run 2 '--console into nowhere' run --console "$dir/no/where" --mode real "$dir/hlt"
says 'the file is named' 'console: .*no/where: No such file'
run 2 '--debug-port into nowhere' run --debug-port "$dir/no/where" --mode real "$dir/hlt"
says 'the file is named' 'debug-port: .*no/where: No such file'
run 2 'bad --until' run --until 'a(b' --mode real "$dir/hlt" && says 'regex(7) is named' 'regex\(7\)'
run 2 'empty --until' run --until '' --mode real "$dir/hlt"
run 2 'bad --until-screen' run --until-screen '[' --mode real "$dir/hlt"
run 2 '--json into nowhere' run --json="$dir/no/where" --mode real "$dir/hlt"
says 'the file is named' 'no/where cannot be written'

# --- run: images. Found before the device is looked for.
run 4 'image does not exist' run --mode real "$dir/none" && says 'it is named' 'none.*No such file'
run 4 'image is a directory' run --mode real "$dir"
run 4 'image is empty' run --mode real "$dir/empty"
run 4 'image of no known kind' run "$dir/junk" && says '--mode is offered' '--mode real'
run 4 'image does not fit' run --mode long --load 0x100000000 "$dir/hlt"
if [ "$(id -u)" -ne 0 ]; then
	chmod 0 "$dir/hlt"
	run 4 'image may not be read' run --mode real "$dir/hlt"
	chmod 644 "$dir/hlt"
fi

# --- doctor and the device. The finding depends on the host; this one has no /dev/xvcpu.
if [ -e /dev/xvcpu ]; then
	echo "Bail out! /dev/xvcpu exists: these tests are for a host without it"
	exit 1
fi
# What stands in the way first depends on the processor and the firmware.
if grep -q -w vmx /proc/cpuinfo; then
	"$ctl" doctor >/dev/null
	missing=$?
	case $missing in 6 | 12 | 16) ;; *) missing=6 ;; esac
else
	missing=10
fi
run $missing 'doctor without the module' doctor
says 'doctor says what to do' '^What to do: '
says 'doctor says no' '^Not ready: '
says 'doctor lists features' '^unrestricted +yes +(\?|no)'
run $missing 'doctor --json' doctor --json
python3 - "$dir/out" $missing <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
causes = {6: ["no_module"], 10: ["no_vmx"], 12: ["locked", "unlocked"], 16: ["no_cpu"]}
assert d["ready"] is False and d["status"] == int(sys.argv[2]), d
assert d["cause"] in causes[d["status"]], d
assert d["message"] and d["advice"] and d["device"]["usable"] is False
names = [f["name"] for f in d["features"]]
assert "vmx" in names and "ept" in names and len(set(names)) == len(names)
assert all(f["usable"] in (True, False, None) for f in d["features"])
assert isinstance(d["holders"], list) and d["module"]["abi_version"] is None
PY
result $? 'doctor --json has what the manual says'
for command in info "run --mode real $dir/hlt"; do
	# shellcheck disable=SC2086
	run $missing "${command%% *} without the module" $command
	says "${command%% *} says why" 'VMX|module xvcpu is not loaded'
done
run $missing 'run --json without the module' run --json --mode real "$dir/hlt"

for command in stat trace; do
	run 6 "$command without the module" $command &&
		says "$command says what to do" 'modprobe xvcpu'
done
run 6 'trace --pid without the module' trace --pid 1

# --- output that cannot be written
if [ -e /dev/full ]; then
	"$ctl" --help >/dev/full 2>"$dir/err"
	[ $? -eq 18 ] && grep -q 'cannot write' "$dir/err"
	result $? 'full disk is an error'
	"$ctl" stat --debugfs "$fake" --interval 0.01 >/dev/full 2>"$dir/err"
	[ $? -eq 18 ] && grep -q 'cannot write' "$dir/err"
	result $? 'full disk ends stat'
fi

# --- manual, completion, statuses
if command -v mandoc >/dev/null; then
	mandoc -Tlint "$here/xvcpuctl.1" 2>&1 | grep -v 'outdated mandoc.db' >"$dir/lint"
	sed 's/^/# /' "$dir/lint"
	[ ! -s "$dir/lint" ]
	result $? 'mandoc has nothing to say about the manual page'
else
	result 1 'mandoc is needed to check the manual page: apt-get install mandoc'
fi
sed -n 's/.*STATUS_[A-Z_]*[[:space:]]*= \([0-9]*\),.*/\1/p' "$here/status.h" | while read -r number; do
	grep -q "^\.It $number\$" "$here/xvcpuctl.1" || echo "# status $number"
	[ $((number % 2)) -eq 0 ] || echo "# status $number is odd"
done >"$dir/missing"
cat "$dir/missing"
[ ! -s "$dir/missing" ]
result $? 'the manual page has every exit status, and all are even'
for command in run stat trace; do
	"$ctl" $command --help
done | grep -o -e '--[a-z][a-z-]*' | sort -u | while read -r option; do
	case $option in
	--help | --usage) continue ;;
	esac
	escaped=$(echo "$option" | sed 's/^--/\\-/; s/^/Fl /')
	grep -q -F -- "$escaped" "$here/xvcpuctl.1" || echo "# $option is not in the manual page"
	grep -q -e "$option" "$here/completion.bash" || echo "# $option is not in the completion"
done >"$dir/missing"
cat "$dir/missing"
[ ! -s "$dir/missing" ]
result $? 'manual page and completion have every option of run, stat and trace'
bash -c '. "$1"; COMP_WORDS=(xvcpuctl run --sc); COMP_CWORD=2; _xvcpuctl; [ "${COMPREPLY[*]}" = --screen ]' \
	bash "$here/completion.bash" 2>/dev/null
result $? 'bash completes options'

echo "1..$count"
[ $failed -eq 0 ]
