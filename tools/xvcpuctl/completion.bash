# SPDX-License-Identifier: GPL-2.0-only
# bash completion for xvcpuctl

_xvcpuctl()
{
	local cur prev words cword
	_init_completion -s 2>/dev/null || {
		cur=${COMP_WORDS[COMP_CWORD]}
		prev=${COMP_WORDS[COMP_CWORD - 1]}
		words=("${COMP_WORDS[@]}")
		cword=$COMP_CWORD
	}

	if ((cword == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'doctor info run stat trace --help --version' -- "$cur")
		return
	fi
	case $prev in
	--mode)
		mapfile -t COMPREPLY < <(compgen -W 'real protected long' -- "$cur")
		return
		;;
	--backend)
		mapfile -t COMPREPLY < <(compgen -W 'xvcpu kvm' -- "$cur")
		return
		;;
	--module | --initrd | --firmware | --console | --debug-port | --device | --json | --debugfs | --tracefs | -d)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--reboot)
		mapfile -t COMPREPLY < <(compgen -W 'exit reset' -- "$cur")
		return
		;;
	--load | --entry | --append | --mem | --debug-exit | --until | --until-screen | --timeout | --type | -a | -m | -t)
		return
		;;
	--pid | --interval | --count | -p | -i | -n)
		return
		;;
	--events | -e)
		mapfile -t COMPREPLY < <(compgen -W 'entry exit inject ept_fault kick state' -- "$cur")
		return
		;;
	esac
	case ${words[1]}:$cur in
	run:-*)
		mapfile -t COMPREPLY < <(compgen -W '--append --backend --console --debug-exit --debug-port --device
			--entry --firmware --help --initrd --json --keys --load --mem --mode --module
			--no-serial --panic-exit --reboot --screen --stats --timeout --type --until --until-screen' -- "$cur")
		;;
	stat:*)
		mapfile -t COMPREPLY < <(compgen -W '--count --debugfs --help --interval --json --pid' \
			-- "$cur")
		;;
	trace:*)
		mapfile -t COMPREPLY < <(compgen -W '--count --debugfs --events --help --pid --timeout
			--tracefs' -- "$cur")
		;;
	run:*)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	*)
		mapfile -t COMPREPLY < <(compgen -W '--device --help --json' -- "$cur")
		;;
	esac
}

complete -o filenames -F _xvcpuctl xvcpuctl
