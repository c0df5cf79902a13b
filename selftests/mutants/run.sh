#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Do the tests find faults? Plants one fault at a time and sees whether the test named for it fails.
#
#   run.sh [--machine host|1cpu|2cpu] [--list] [NAME]...      default: every NAME.patch beside this
#
# A mutant is NAME.patch, a diff for `git apply` that plants one fault, below these lines:
#
#   Fault: what is planted
#   Test: PROGRAM[: TEST]    what must fail: a host-only test, or a test program in the machine; TEST
#                            as its TAP names it, all that PROGRAM tests when left out
#   Test: verdict: PROGRAM   while PROGRAM runs, the runner must hear the kernel complain, or die
#   Machine: host|1cpu|2cpu  where the test runs
#   Kernel: NAME             optional; default ${MUTANTS_KERNEL}, else fast if there is one, else cloud
#
# A mutant passes if TEST fails with its fault in and passes without. It fails if TEST passes (the
# fault survived), does not run, fails without the fault too, or if the patch does not apply any more
# (stale) or does not build. Output is TAP; the last line is "N passed, N failed, N skipped".
#
# How: build/mutants/source is the tree as it was at the start, build/mutants/tree the one that is
# changed and built, over and over, in which only what a fault touches is compiled again. Faults in the
# module become files of their own; one boot of the machine loads them one after the other, first the
# module without a fault (machine.sh). A fault that would end the machine needs `Test: verdict`, which
# has a boot to itself. Logs: build/mutants/log/NAME.log, and .full.log of what they were cut from.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
top=$(cd "$here/../.." && pwd -P)
work=$top/build/mutants
source=$work/source
tree=$work/tree
logs=$work/log
# A mutant's name has no capitals, so this is none.
none=UNMUTATED

say() { echo "mutants: $*" >&2; }
die() { say "$*"; exit 125; }

# ---- the patches -----------------------------------------------------------------------------

names=()
declare -A fault program test_name on_machine on_kernel
declare -A verdict reason	# by NAME: ok or not ok, and what to say

header() { # NAME KEY
	sed -n -e '/^\(diff \|--- \)/q' -e "s/^$2: *//p" "$here/$1.patch" | head -n 1
}

default_kernel() {
	if compgen -G "${XDG_CACHE_HOME:-$HOME/.cache}/xvcpu/kernel/fast-*/done" >/dev/null; then
		echo fast
	else
		echo cloud
	fi
}

read_headers() { # NAME
	local name=$1 test
	[ -f "$here/$name.patch" ] || die "no mutant '$name': $0 --list"
	fault[$name]=$(header "$name" Fault)
	on_machine[$name]=$(header "$name" Machine)
	on_kernel[$name]=$(header "$name" Kernel)
	on_kernel[$name]=${on_kernel[$name]:-${MUTANTS_KERNEL:-$(default_kernel)}}
	test=$(header "$name" Test)
	program[$name]=${test%%:*}
	test_name[$name]=
	[[ $test =~ ^[^:]*:\ *(.*)$ ]] && test_name[$name]=${BASH_REMATCH[1]}
	[ -n "${fault[$name]}" ] || fails "$name" "its patch has no line 'Fault:'"
	[ -n "${program[$name]}" ] || fails "$name" "its patch has no line 'Test:'"
	case ${on_machine[$name]} in
	host | 1cpu | 2cpu) ;;
	*) fails "$name" "'Machine:' takes host, 1cpu or 2cpu, not '${on_machine[$name]}'" ;;
	esac
}

is_verdict() { [ "${program[$1]}" = verdict ]; }

# The program that NAME's test is in.
runs() { # NAME
	if is_verdict "$1"; then echo "${test_name[$1]}"; else echo "${program[$1]}"; fi
}

test_of() { # NAME: for messages
	echo "${program[$1]}${test_name[$1]:+: ${test_name[$1]}}"
}

# ---- results ---------------------------------------------------------------------------------

fails() { verdict[$1]="not ok" reason[$1]=$2; }
caught() { verdict[$1]=ok reason[$1]="caught by $(test_of "$1")"; }
judged() { [ -n "${verdict[$1]-}" ]; }

# What LOG says of TEST, or of all of PROGRAM: ok, not ok, skipped, missing. A program that ends, or
# is ended, in the middle fails the test that it was in: the one that its harness has announced, or
# else, by the log of a whole run, the next.
result_of() { # LOG PROGRAM TEST [WHOLE_LOG]
	awk -v program="$2" -v test="$3" -v whole="${4:-}" '
	function tap_name(line) {
		sub(/^(not )?ok [0-9]+ *(- )?/, "", line)
		sub(/ *# .*/, "", line)
		return line
	}
	BEGIN {
		while (whole != "" && (getline line < whole) > 0) {
			if (line ~ /^# begin /) { split(line, word, " "); inside = word[3] == program }
			else if (line ~ /^# end /) inside = 0
			else if (inside && line ~ /^(not )?ok [0-9]+/) order[++nr] = tap_name(line)
		}
		inside = 0
	}
	{ sub(/\r$/, "") }
	/^# begin / { inside = $3 == program; began = began || inside; next }
	!inside { next }
	/^# end / { inside = 0; ended = 1; status = $4; next }
	/^#  RUN  / { running = $3; next }
	/^(not )?ok [0-9]+/ {
		name = tap_name($0); seen++; running = ""
		result[name] = $1 != "ok" ? "not ok" : /# SKIP/ ? "skipped" : "ok"
		failed = failed || $1 != "ok"
	}
	END {
		if (!began || !ended) print "missing"
		else if (test == "") print status || failed ? "not ok" : seen ? "ok" : "missing"
		else if (test in result) print result[test]
		else if (status && running == test) print "not ok"
		else if (status && running == "" && order[seen + 1] == test) print "not ok"
		else print "missing"
	}' "$1"
}

# LOG is what the program of NAME said with the fault in, WHOLE_LOG without.
judge() { # NAME LOG WHOLE_LOG
	case $(result_of "$2" "${program[$1]}" "${test_name[$1]}" "$3") in
	"not ok") caught "$1" ;;
	ok) fails "$1" "survived: $(test_of "$1") passes" ;;
	skipped) fails "$1" "survived: $(test_of "$1") is skipped" ;;
	*) fails "$1" "survived: $(test_of "$1") gave no result" ;;
	esac
}

# Without a fault everything that is named must pass.
judge_whole() { # LOG NAME...
	local log=$1 name result
	shift
	for name in "$@"; do
		judged "$name" && continue
		if is_verdict "$name"; then
			result=$(result_of "$log" "${test_name[$name]}" "")
		else
			result=$(result_of "$log" "${program[$name]}" "${test_name[$name]}")
		fi
		[ "$result" = ok ] || fails "$name" "without the fault the result of $(test_of "$name") is: $result"
	done
}

# ---- the tree --------------------------------------------------------------------------------

# Times are not kept: a file that changes, or changes back, is newer than what was built from it.
mirror() { # FROM... TO
	rsync -rlpc --delete --exclude=/build --exclude=/.git --exclude=/tools/xvcpuctl/xvcpuctl \
		--exclude='*.o' --exclude='*.ko' \
		--exclude='*.mod' --exclude='*.mod.c' --exclude='.*.cmd' --exclude=Module.symvers \
		--exclude=modules.order "$@" || die "cannot copy to ${*: -1}"
}

restore() { mirror "$source/" "$tree/"; }

plant() { # NAME
	restore
	# Without a limit git would find the repository around build/ and apply nothing there.
	if ! (cd "$tree" && GIT_CEILING_DIRECTORIES=$work git apply -p1 "$here/$1.patch") \
		>"$logs/$1.log" 2>&1; then
		fails "$1" "stale: the patch does not apply"
		return 1
	fi
}

# ---- on the host -----------------------------------------------------------------------------

build_host() { # PROGRAM: its path in $host_program
	if [ -f "$source/selftests/host/$1.c" ]; then
		host_program=$tree/build/host/$1
		make -s -C "$tree/selftests/host" O=../../build/host "../../build/host/$1"
	elif [ -f "$source/tools/xvcpuctl/tests/$1.c" ]; then
		host_program=$tree/build/tools-tests/$1
		make -s -C "$tree/tools/xvcpuctl/tests" O="$tree/build/tools-tests" "$host_program"
	else
		echo "no program '$1': neither in selftests/host nor in tools/xvcpuctl/tests"
		return 1
	fi
}

run_host() { # PROGRAM
	local status=0
	echo "# begin $1"
	# The "|| exit" keeps a shell there to say on our output, not on the terminal, that it was aborted.
	(timeout 300 "$host_program" || exit) 2>&1 || status=$?
	echo "# end $1 $status"
}

host_mutants() { # NAME...
	local name each
	restore
	for each in $(for name in "$@"; do runs "$name"; done | sort -u); do
		say "host: $each"
		if build_host "$each" >"$logs/$none.host.$each.log" 2>&1; then
			run_host "$each" >"$logs/$none.host.$each.log"
		fi
	done
	for name in "$@"; do
		judge_whole "$logs/$none.host.$(runs "$name").log" "$name"
	done
	for name in "$@"; do
		judged "$name" && continue
		say "host: $name"
		plant "$name" || continue
		if build_host "${program[$name]}" >"$logs/$name.log" 2>&1; then
			run_host "${program[$name]}" >"$logs/$name.log"
			judge "$name" "$logs/$name.log" "$logs/$none.host.${program[$name]}.log"
		else
			fails "$name" "does not build"
		fi
	done
}

# ---- in the machine --------------------------------------------------------------------------

# One directory for all, because the kernel's build compiles everything again in another.
build_module() { # KERNEL NAME
	local kdir dir=$work/module-$1 out=$work/modules-$1
	kdir=$("$source/selftests/vm/kernels.sh" kdir "$1") || return
	mkdir -p "$dir" "$out"
	mirror "$tree/Kbuild" "$tree/kmod" "$tree/uapi" "$dir/"
	make -C "$kdir" M="$dir" modules >"$logs/$2.log" 2>&1 && cp "$dir/xvcpu.ko" "$out/$2.ko"
}

run_machine() { # CPUS KERNEL SECONDS OPTION... -- COMMAND
	local cpus=$1 kernel=$2 seconds=$3
	shift 3
	"$tree/selftests/vm/run" --cpus "$cpus" --kernel "$kernel" --timeout "$seconds" "$@" </dev/null
}

# One boot for all of NAMEs, and the next for those that it did not come to.
boot() { # CPUS KERNEL NAME...
	local cpus=$1 kernel=$2 list=$work/list name full left
	shift 2
	while [ $# -gt 0 ]; do
		full=$logs/$1.full.log
		left=$#
		: >"$list"
		for name in "$@"; do
			if [ "$name" = $none ]; then
				echo "$name ${whole_programs[*]}" >>"$list"
			else
				echo "$name ${program[$name]}" >>"$list"
			fi
		done
		say "machine with $cpus processors, kernel $kernel: $# modules"
		run_machine "$cpus" "$kernel" $((300 + 120 * $#)) --no-module \
			--module "$work/modules-$kernel/$none.ko" \
			--add "$work/modules-$kernel:/mutants" --add "$list:/mutants/list" \
			--add "$here/machine.sh:/mutants/machine.sh" -- /mutants/machine.sh >"$full" 2>&1
		for name in "$@"; do
			sed -n "/^# mutant $name\$/,/^# end-mutant $name /p" "$full" >"$logs/$name.log"
			grep -q "^# end-mutant " "$logs/$name.log" || break
			shift
		done
		[ $# -gt 0 ] || break
		if [ ! -s "$logs/$1.log" ]; then
			# One that could not be unloaded was the end for the others, who need another boot.
			[ $# -eq $left ] || continue
			# Nothing at all has run: neither will they.
			break
		fi
		[ "$1" != $none ] || break
		fails "$1" "it ended the machine, see $full: 'Test: verdict: PROGRAM' is for that"
		shift
	done
	[ $# -eq 0 ] || say "the machine did not run $*: see $full"
}

# The machine's own judgement, in a boot without anything else.
boot_for_verdict() { # NAME
	local name=$1 status=0
	mkdir -p "$work/alone"
	cp "$work/modules-${on_kernel[$name]}/$name.ko" "$work/alone/xvcpu.ko"
	say "machine for $name"
	run_machine "${on_machine[$name]%cpu}" "${on_kernel[$name]}" 420 --module "$work/alone/xvcpu.ko" \
		-- ./run-tests.sh "${test_name[$name]}" >"$logs/$name.log" 2>&1 || status=$?
	if [ $status -ne 0 ] &&
		grep -qE 'vm: the (kernel complained:|machine )' "$logs/$name.log"; then
		caught "$name"
	else
		fails "$name" "survived: the runner ended with $status and heard no complaint"
	fi
}

# NAMEs have the same machine and the same kernel.
machine_mutants() { # NAME...
	local name cpus=${on_machine[$1]%cpu} kernel=${on_kernel[$1]} whole together=() alone=() all=("$@")
	whole=$logs/$none.$cpus.$kernel.log
	mapfile -t whole_programs < <(for name in "$@"; do runs "$name"; done | sort -u)
	restore
	rm -rf "$work/modules-$kernel"
	say "building for kernel $kernel"
	if ! make -s -C "$tree" tools selftests >"$logs/$none.build.log" 2>&1 ||
		! build_module "$kernel" $none; then
		for name in "$@"; do
			judged "$name" || fails "$name" "the tree without a fault does not build"
		done
		return
	fi
	for name in "$@"; do
		judged "$name" && continue
		say "building $name"
		plant "$name" || continue
		if ! build_module "$kernel" "$name"; then
			fails "$name" "does not build"
		elif is_verdict "$name"; then
			alone+=("$name")
		else
			together+=("$name")
		fi
	done
	restore
	[ $((${#together[@]} + ${#alone[@]})) -gt 0 ] || return
	boot "$cpus" "$kernel" $none "${together[@]}"
	mv "$logs/$none.log" "$whole"
	mv "$logs/$none.full.log" "$logs/$none.$cpus.$kernel.full.log"
	judge_whole "$whole" "${all[@]}"
	if ! grep -q '^# complaints 0' "$whole"; then
		for name in "${alone[@]}"; do
			fails "$name" "without the fault the kernel complains too"
		done
	fi
	for name in "${together[@]}"; do
		judged "$name" || judge "$name" "$logs/$name.log" "$whole"
	done
	for name in "${alone[@]}"; do
		judged "$name" || boot_for_verdict "$name"
	done
}

# ---- all of it -------------------------------------------------------------------------------

parse() {
	local only='' list=no name
	while [ $# -gt 0 ]; do
		case $1 in
		--machine) only=${2-}; shift ;;
		--list) list=yes ;;
		-*) die "unknown option '$1'" ;;
		*) names+=("$1") ;;
		esac
		shift
	done
	if [ ${#names[@]} -eq 0 ]; then
		mapfile -t names < <(cd "$here" && printf '%s\n' *.patch | sed 's/\.patch$//')
	fi
	for name in "${names[@]}"; do
		read_headers "$name"
	done
	if [ -n "$only" ]; then
		for name in "${!names[@]}"; do
			[ "${on_machine[${names[name]}]}" = "$only" ] || unset "names[name]"
		done
		names=("${names[@]}")
	fi
	[ ${#names[@]} -gt 0 ] || die "no mutants"
	[ $list = no ] || list_them
}

list_them() {
	local name
	for name in "${names[@]}"; do
		echo "$name (${on_machine[$name]}): ${fault[$name]}; $(test_of "$name")"
	done
	exit 0
}

report() {
	local name count=0 passed=0 failed=0
	echo "TAP version 13"
	for name in "${names[@]}"; do
		count=$((count + 1))
		judged "$name" || fails "$name" "was not tried"
		if [ "${verdict[$name]}" = ok ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			echo "# fault: ${fault[$name]}"
			[ ! -s "$logs/$name.log" ] || tail -n 15 "$logs/$name.log" | sed 's/^/#   /'
		fi
		echo "${verdict[$name]} $count - $name: ${reason[$name]}"
	done
	echo "1..$count"
	echo "$passed passed, $failed failed, 0 skipped"
	[ $failed -eq 0 ]
}

main() {
	local name place places group
	parse "$@"
	"$top/selftests/deps.sh" || die "cannot install what is missing"
	mkdir -p "$source" "$tree" "$logs"
	exec {lock}>"$work/lock"
	flock -n "$lock" || die "another run is at work in $work"
	find "$logs" -type f -delete
	mirror "$top/" "$source/"
	mapfile -t places < <(for name in "${names[@]}"; do
		judged "$name" || echo "${on_machine[$name]} ${on_kernel[$name]}"
	done | sed 's/^host .*/host/' | sort -ur)
	for place in "${places[@]}"; do
		group=()
		for name in "${names[@]}"; do
			judged "$name" && continue
			case $place in
			host) [ "${on_machine[$name]}" = host ] && group+=("$name") ;;
			*) [ "${on_machine[$name]} ${on_kernel[$name]}" = "$place" ] && group+=("$name") ;;
			esac
		done
		case $place in
		host) host_mutants "${group[@]}" ;;
		*) machine_mutants "${group[@]}" ;;
		esac
	done
	report
}

main "$@"
