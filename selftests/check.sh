#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs every test there is and adds up their TAP.
#
#   check.sh [STEP|GROUP]...    groups: host, vm, debug, guests, models; default: host and vm
#   check.sh --list             the steps
#   check.sh --demo             `make demo`
#
# A step is a function step_NAME here: it prints TAP, or runs programs whose TAP stands between
# "# begin PROGRAM" and "# end PROGRAM STATUS". Its output is kept in build/check/STEP.log. Steps run
# side by side; results are printed in the order of the list. A step that reports nothing, or ends with
# a failure that it has not reported, counts as a failed test; so does a skipped one that skips.allow
# does not name. The last line is "N passed, N failed, N skipped".
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/.." && pwd)
out=$tree/build/check
jobs=${CHECK_JOBS:-$(nproc)}
[ "$jobs" -le 4 ] || jobs=4

# The long ones first.
vm_steps=(vm-2cpu vm-6.12 vm-1cpu diff programs linux vm-without vm-ivybridge fuzz mitigations endings
	taken doctor observe ends refusals no-vmx runner)
host_steps=(lint host tools)
# With a kernel of our own, that looks for mistakes; for long.
debug_steps=(debug-1cpu debug-2cpu debug-inject)
# More of Debian's kernels, and more asked of them; for long.
guest_steps=(linux-cloud linux-stock linux-6.12)
# The suite on other processors, and with each feature turned off by itself; for long.
model_steps=(model-skylake model-cnl model-haswell model-sandybridge model-arrandale
	off-vpid off-ept_ad off-xsaves off-preemption_timer)

say() { echo "check: $*" >&2; }

# ---- steps that need no machine --------------------------------------------------------------

step_lint() { "$here/lint.sh"; }

step_host() { make -s -C "$here/host" O="$tree/build/host" check; }

step_tools() {
	local status=0
	echo "# begin tools"
	make -s -C "$tree/tools" O="$tree/build" check || status=$?
	echo "# end tools $status"
	status=0
	echo "# begin devices"
	make -s -C "$tree/tools/xvcpuctl/tests" O="$tree/build/tools-tests" check || status=$?
	echo "# end devices $status"
}

# ---- steps in the machine --------------------------------------------------------------------

machine() { # OPTION... -- COMMAND
	"$here/vm/run" --add "$tree/build/xvcpuctl:/usr/bin/xvcpuctl" "$@"
}

step_vm-1cpu() { machine --cpus 1 --timeout 1500 -- ./run-tests.sh; }

step_vm-2cpu() { machine --cpus 2 --timeout 2000 -- ./run-tests.sh; }

# The one that has what power_suspend needs.
step_vm-6.12() {
	machine --kernel 6.12 --cpus 1 --timeout 2000 -- \
		sh -c './run-tests.sh && test -e /sys/power/pm_test'
}

# The same with features turned off that this model has, and on a model that lacks others: EPT A/D
# bits, 1-GiB pages, INVPCID.
step_vm-without() {
	machine --timeout 1500 --module-args "vpid=0 ept_ad=0 xsaves=0 preemption_timer=0" -- ./run-tests.sh
}

step_vm-ivybridge() {
	machine --timeout 1500 --cpu-model corei7_ivy_bridge_3770k -- ./run-tests.sh
}

# CHECK_KERNEL: another than Debian's; "fast" is.
model() { # OPTION...
	machine --timeout 1500 --kernel "${CHECK_KERNEL:-cloud}" "$@" -- ./run-tests.sh
}

# What the default model has, and PML and TSC scaling; Linux finds fault with its XSAVE.
step_model-skylake() { model --cpu-model corei7_skylake_x; }

# TSC scaling, no APIC-register virtualisation; Linux does not boot with its XSAVE.
step_model-cnl() { model --cpu-model corei3_cnl --append noxsave; }

step_model-haswell() { model --cpu-model corei7_haswell_4770; }

# EPT without A/D bits and 1-GiB pages: one with AVX, one without XSAVE.
step_model-sandybridge() { model --cpu-model corei7_sandy_bridge_2600k; }
step_model-arrandale() { model --cpu-model corei5_arrandale_m520; }

step_off-vpid() { model --module-args vpid=0; }
step_off-ept_ad() { model --module-args ept_ad=0; }
step_off-xsaves() { model --module-args xsaves=0; }
step_off-preemption_timer() { model --module-args preemption_timer=0; }

# Models that lack what is required.
step_refusals() {
	local failed=0
	echo "# begin no_unrestricted_guest"
	machine --timeout 300 --cpu-model corei5_lynnfield_750 -- ./tool_refusal.sh unrestricted || failed=1
	echo "# end no_unrestricted_guest $failed"
	echo "# begin no_ept"
	machine --timeout 300 --cpu-model core2_penryn_t9600 -- ./tool_refusal.sh ept || failed=1
	echo "# end no_ept $failed"
}

# Generated programs on KVM and on xvcpu. CHECK_DIFF: "SEED COUNT" for others, or more.
step_diff() {
	# shellcheck disable=SC2086
	machine --cpus 1 --timeout 1500 -- ./diff_kvm.sh ${CHECK_DIFF:-}
}

step_programs() {
	machine --timeout 2000 --add /boot/invaders.exec --add /boot/memtest86+x64.bin \
		--add /usr/share/seabios/bios-256k.bin \
		--add "$here/fixtures/grub-invaders-title.txt" \
		--add "$here/fixtures/grub-invaders-paused.txt" -- ./tool_guests.sh
}

# One of Debian's kernels, untouched, as a guest.
linux() { # KERNEL TEST...
	local kernel=$1 image
	shift
	image=$("$here/vm/kernels.sh" info "$kernel" | sed -n 's/^image=//p')
	"$here/linux/initrd.sh" "$tree/build/linux/initrd" || return
	machine --timeout 3000 --add "$image:/selftests/linux-$kernel" \
		--add "$tree/build/linux/initrd:/selftests/linux-initrd" \
		-- ./tool_linux.sh "linux-$kernel" "$@"
}

step_linux() { linux cloud boot look ask sleep crash; }

step_linux-cloud() { linux cloud idle large; }
step_linux-stock() { linux stock boot look sleep; }
step_linux-6.12() { linux 6.12 boot look sleep; }

# FUZZ_SEED and FUZZ_CALLS: other calls, or more. Its output names both.
step_fuzz() {
	local status=0 calls=${FUZZ_CALLS:-100000}
	echo "# begin fuzz_ioctl"
	machine --timeout $((300 + calls / 200)) -- \
		./fuzz_ioctl --seed "${FUZZ_SEED:-1}" --calls "$calls" || status=$?
	echo "# end fuzz_ioctl $status"
}

step_debug-1cpu() { machine --kernel debug --timeout 6000 -- ./run-tests.sh; }

step_debug-2cpu() {
	machine --kernel debug --cpus 2 --timeout 6000 -- sh -c './run-tests.sh *_smp'
}

# Allocations that fail, one after the other, and random calls; then nothing may have been leaked.
step_debug-inject() {
	machine --kernel debug --leaks --timeout 6000 -- \
		sh -c './run-tests.sh inject_failures && ./fuzz_ioctl --calls 20000'
}

# Each way in which a guest of xvcpuctl can end.
step_ends() {
	make -s -C "$tree/tools" O="$tree/build" tests-vm || return
	# shellcheck disable=SC2016 # for the shell in the machine
	machine --timeout 600 --add "$tree/build/tests-vm:/tests-vm" -- \
		sh -c '/tests-vm/run.sh; status=$?; /tests-vm/test_device && exit $status'
}

step_doctor() { machine --timeout 600 -- ./tool_doctor.sh; }

step_observe() { machine --timeout 900 -- ./tool_observe.sh; }

# The module's code as the kernel patches it, either way.
step_mitigations() {
	local failed=0
	echo "# begin mitigations_on"
	machine --timeout 600 --append mitigations=auto -- ./tool_mitigations.sh on || failed=1
	echo "# end mitigations_on $failed"
	failed=0
	echo "# begin mitigations_off"
	machine --timeout 600 --append mitigations=off -- ./tool_mitigations.sh off || failed=1
	echo "# end mitigations_off $failed"
}

# Another hypervisor has one CPU of two.
step_taken() { machine --cpus 2 --timeout 900 -- ./tool_taken.sh; }

# The machine restarts, panics, or goes over to another kernel, while guests run. Crash kernels have
# memory of their own.
step_endings() {
	local failed=0 how kernel
	kernel=$("$here/vm/kernels.sh" info cloud | sed -n 's/^image=//p')
	for how in reboot panic kexec kdump; do
		echo "# begin ends_by_$how"
		failed=0
		machine --boots 2 --timeout 900 --append crashkernel=256M --add "$kernel:/boot/vmlinuz" \
			-- ./tool_ends.sh $how 1 || failed=1
		echo "# end ends_by_$how $failed"
	done
}

step_no-vmx() { machine --engine tcg --timeout 300 -- ./tool_no_vmx.sh; }

step_runner() { "$here/vm/test-run.sh"; }

# ---- running them ----------------------------------------------------------------------------

run_step() { # NAME
	local started=$SECONDS status=0
	"step_$1" >"$out/$1.log" 2>&1 </dev/null || status=$?
	echo "$status $((SECONDS - started))" >"$out/$1.status"
	say "$1: ended after $((SECONDS - started)) s"
}

run_steps() { # NAME...
	local running=0 step
	for step in "$@"; do
		if [ $running -ge "$jobs" ]; then
			wait -n
			running=$((running - 1))
		fi
		say "$step: running"
		run_step "$step" &
		running=$((running + 1))
	done
	wait
}

build() {
	say "installing what is missing"
	"$here/deps.sh" || exit 1
	say "building"
	if ! make -C "$tree" all >"$out/build.log" 2>&1; then
		cat "$out/build.log" >&2
		echo "not ok 1 - build"
		echo "0 passed, 1 failed, 0 skipped"
		exit 1
	fi
	grep -E 'warning:|WARNING:' "$out/build.log" >&2
}

# ---- adding up -------------------------------------------------------------------------------

# Prints the results of one step as TAP, numbered from $2 + 1, and last a line "=passed failed skipped".
tap_of() { # STEP COUNT
	local status seconds
	# A step that died has left none.
	read -r status seconds 2>/dev/null <"$out/$1.status" || { status=125; seconds=0; }
	touch "$out/$1.log"
	echo "# $1: $seconds s, $out/$1.log"
	awk -v step="$1" -v n="$2" -v status="$status" -v allow="$here/skips.allow" '
	function result(ok, name, note) {
		n++
		if (ok) passed++; else { failed++; program_failed++ }
		print (ok ? "ok " : "not ok ") n " - " step ": " (program ? program ": " : "") name note
	}
	function diagnostics(  i) {
		for (i = notes > 40 ? notes - 40 : 0; i < notes; i++) print "#   " note[i]
		notes = 0
	}
	function program_ends(code) {
		if (planned != "" && planned != results) {
			diagnostics(); result(0, "reported " results " of " planned " results", "")
		} else if (code != 0 && !program_failed) {
			diagnostics(); result(0, "ended with status " code, "")
		} else if (!results && !program_failed) {
			diagnostics(); result(0, "reported nothing", "")
		}
		program = ""; planned = ""; results = 0; program_failed = 0; running = ""
	}
	BEGIN {
		while ((getline line < allow) > 0)
			if (line !~ /^#/ && line != "") allowed[line] = 1
	}
	{ sub(/\r$/, "") }
	/^# begin / { program = $3; notes = 0; planned = ""; results = 0; program_failed = 0; next }
	/^# end / { program_ends($4); next }
	/^#  RUN  / { running = $3; next }
	# The next program of several: the plan before it must be kept, its own may come last.
	/^TAP version/ {
		if (planned != "" && planned != results)
			result(0, "reported " results " of " planned " results", "")
		planned = ""; results = 0; next
	}
	/^1\.\.[0-9]+/ {
		# A plan may follow another: several programs, one after the other.
		if (planned != "" && results == planned) results = 0
		if (planned == "" && seen_first) late = 1
		planned = substr($1, 4) + 0; next
	}
	/^Bail out!/ { diagnostics(); result(0, $0, ""); next }
	/^(ok|not ok) [0-9]+/ {
		ok = $1 == "ok"; results++
		text = $0; sub(/^(not )?ok [0-9]+ *(- )?/, "", text)
		if (match(text, /# SKIP/)) {
			reason = substr(text, RSTART + 7); name = substr(text, 1, RSTART - 1)
			sub(/ +$/, "", name)
			if (name == "") name = running
			full = (program ? program ": " : "") name
			if (allowed[step ": " full] || allowed[full]) {
				n++; skipped++; notes = 0
				print "ok " n " - " step ": " full " # SKIP " reason
			} else {
				result(0, name, " # skipped, and skips.allow does not name it: " reason)
			}
			next
		}
		if (!ok) diagnostics(); else notes = 0
		result(ok, text, ""); next
	}
	{ note[notes++] = $0 }
	END {
		if (program) { program = program " (cut short)"; program_ends(1) }
		if (!passed && !failed && !skipped) { diagnostics(); result(0, "reported nothing", "") }
		else if (status != 0 && !failed) { diagnostics(); result(0, "ended with status " status, "") }
		print "=" passed + 0, failed + 0, skipped + 0
	}' "$out/$1.log"
}

report() { # STEP...
	local step count=0 passed=0 failed=0 skipped=0 tap p f s
	echo "TAP version 13"
	for step in "$@"; do
		tap=$(tap_of "$step" "$count")
		read -r p f s <<<"${tap##*$'\n='}"
		echo "${tap%$'\n='*}"
		count=$((count + p + f + s))
		passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	done
	echo "1..$count"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ]
}

demo() {
	local image
	"$here/deps.sh" || exit 1
	say "building; $out/build.log"
	make -C "$tree" all >"$out/build.log" 2>&1 || {
		tail -n 40 "$out/build.log" >&2
		exit 1
	}
	say "booting a machine that has VMX, in an emulator; this takes a minute or two"
	image=$("$here/vm/kernels.sh" info cloud | sed -n 's/^image=//p')
	"$here/linux/initrd.sh" "$tree/build/linux/initrd" || exit 1
	machine --timeout 1500 --add /boot/invaders.exec --add /boot/memtest86+x64.bin \
		--add "$image:/selftests/linux-cloud" \
		--add "$tree/build/linux/initrd:/selftests/linux-initrd" -- ./demo.sh
}

main() {
	local steps=() name
	mkdir -p "$out"
	cd "$tree" || exit 1
	[ $# -gt 0 ] || set -- host vm
	for name in "$@"; do
		case $name in
		--demo) demo; exit ;;
		--list) printf '%s\n' "${vm_steps[@]}" "${host_steps[@]}" "${debug_steps[@]}" \
			"${guest_steps[@]}" "${model_steps[@]}"; exit ;;
		vm) steps+=("${vm_steps[@]}") ;;
		host) steps+=("${host_steps[@]}") ;;
		debug) steps+=("${debug_steps[@]}") ;;
		guests) steps+=("${guest_steps[@]}") ;;
		models) steps+=("${model_steps[@]}") ;;
		*)
			declare -F "step_$name" >/dev/null || {
				say "no step '$name': check.sh --list"
				exit 2
			}
			steps+=("$name")
			;;
		esac
	done
	build
	for name in "${steps[@]}"; do
		rm -f "$out/$name.log" "$out/$name.status"
	done
	run_steps "${steps[@]}"
	report "${steps[@]}"
}

main "$@"
