# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Did the kernel complain? Judged from what init sent: the log after the marker (a WARN is only
# KERN_WARNING, so the console would not show it), the taint bits, lockdep's debug_locks, kmemleak,
# and whether the module could be loaded and taken out again. Sourced by run.
#
# A line of dmesg.allow, whole and exact, is not a complaint.

complaints=(
	'WARNING: '			# WARN(), lockdep, RCU
	'BUG: '				# KASAN, page faults, sleeping in atomic context, soft lockups
	'kernel BUG at '
	'[Oo]ops'
	': [0-9a-f]{4} \[#[0-9]+\]'	# the end of every oops's first line
	'UBSAN: '
	'KCSAN: '
	'INFO: task .* blocked for more than'
	'INFO: trying to register non-static key'
	'self-detected stall|detected stalls on CPUs|detected expedited stalls'
	'refcount_t: '
	'list_(add|del) corruption'
	'DEBUG_LOCKS_WARN_ON'
	'unchecked MSR access error'
	'Bad page state'
	'Bad rss-counter state'
	'kmemleak: [0-9]+ new suspected'
	'sysfs: cannot create duplicate filename'
	'NMI watchdog: '
	'[Ss]cheduling while atomic'
	'Objects remaining in '
	'Kernel panic'
)

fact() { # NAME: its value, empty when init did not send it
	sed -n "s/^$1 //p" "$work/facts" | tail -n 1
}

# Prints every complaint; nothing when there is none.
complaints_found() {
	local pattern before after new bit unload

	pattern=$(IFS='|'; echo "${complaints[*]}")
	sed 's/^\[ *[0-9.]*\] //' "$work/dmesg" | grep -a -E -- "$pattern" |
		grep -a -v -x -F -f <(grep -v '^#' "$here/dmesg.allow" | grep .) |
		sed 's/^/dmesg: /' || true

	before=$(fact taint-before)
	after=$(fact taint-after)
	new=$((${after:-0} & ~${before:-0}))
	for bit in 5:'a bad page or a report of KASAN' 7:'an oops' 9:'a warning' 14:'a soft lockup'; do
		((new & 1 << ${bit%%:*})) && echo "taint: the kernel recorded ${bit#*:} (bit ${bit%%:*})"
	done

	[ "$(fact debug-locks)" != 0 ] || echo 'debug_locks is 0: lockdep has reported something'
	[ -z "$(fact kmsg-lost)" ] || echo 'dmesg: lines were lost, so they could not be judged'
	[ ! -s "$work/leaks" ] || sed 's/^/kmemleak: /' "$work/leaks"
	unload=$(fact module-unload)
	case $unload in
	'' | '0 '*) ;;
	*) echo "module: cannot be unloaded after COMMAND has gone: ${unload#* } (error ${unload%% *})" ;;
	esac
}
