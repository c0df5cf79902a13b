#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What can be judged without running anything, as TAP: style, warnings of other compilers and kernels,
# the header by itself, shell scripts.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/.." && pwd)
work=$tree/build/lint
cd "$tree" || exit 1
mkdir -p "$work"
# shellcheck source=tap.sh
. "$here/tap.sh"

# In a checkout only what is tracked counts; an exported tree has nothing else.
files() { # GLOB...
	git ls-files -- "$@" 2>/dev/null | grep . || find . -path ./build -prune -o -type f -print |
		sed 's:^\./::' | grep -E "$(printf '%s\n' "$@" | sed 's/[.]/\\./g; s/\*/.*/g; s/$/$/' | paste -sd '|')"
}

spdx_lines() {
	local file bad=0
	for file in $(files '*.c' '*.h' '*.S' '*.sh' Makefile Kbuild); do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' || { echo "$file"; bad=1; }
	done
	return $bad
}

checkpatch() { # DIRECTORY
	local script
	script=$("$here/vm/kernels.sh" tool checkpatch) || return
	files "$1/*.c" "$1/*.h" "$1/*.S" | xargs -r perl "$script" --no-tree --strict --terse \
		--no-summary --show-types --max-line-length=100 --ignore "$2" -f
}

# What tests and userspace cannot do the kernel's way (a long message is in one piece or in several).
ignore_kernel=MACRO_ARG_REUSE
ignore_user=VOLATILE,SPLIT_STRING,LONG_LINE_STRING,USE_NEGATIVE_ERRNO,MACRO_ARG_REUSE,PREFER_DEFINED_ATTRIBUTE_MACRO,PREFER_KERNEL_TYPES,CONSIDER_KSTRTO,SSCANF_TO_KSTRTO,STRCPY,STRLCPY,BIT_MACRO,CAMELCASE,EMBEDDED_FUNCTION_NAME,STRING_FRAGMENTS

# A module built with every warning that the kernel knows, sparse too; what the kernel's own headers
# give is not ours.
module_build() { # KERNEL MAKE_ARGUMENT...
	local kdir dir=$work/$1
	kdir=$("$here/vm/kernels.sh" kdir "$1") || return
	shift
	rm -rf "$dir"
	mkdir -p "$dir"
	cp -r Kbuild kmod uapi "$dir/"
	make -C "$kdir" M="$dir" W=1 "$@" modules >"$dir/log" 2>&1 || { cat "$dir/log"; return 1; }
	# A kernel that was only prepared has no list of symbols.
	! grep -E 'warning:|WARNING:|error:' "$dir/log" | grep -v -E 'modpost: |Module.symvers is missing'
}

header_alone() { # COMPILER...
	echo '#include "xvcpu.h"' >"$work/header.$2"
	"$1" -Iuapi -x "$2" -fsyntax-only -Wall -Wextra -Wpadded -Werror "${@:3}" "$work/header.$2"
}

# The kernel's way to build selftests, with this directory in its place.
in_a_kernel_tree() {
	local place=$work/kernel/tools/testing/selftests
	rm -rf "$work/kernel"
	mkdir -p "$place/xvcpu"
	cp -r "$("$here/vm/kernels.sh" tool kselftest)/." "$place/"
	cp -r "$here"/*.c "$here"/*.sh "$here/lib" "$here/fuzz" "$here/Makefile" "$here/config" \
		"$here/settings" uapi/xvcpu.h "$place/xvcpu/"
	make -C "$place/xvcpu" OUTPUT="$place/xvcpu" || return
	make -C "$place/xvcpu" OUTPUT="$place/xvcpu" INSTALL_PATH="$work/kernel/installed" install || return
	[ -x "$work/kernel/installed/api_args" ] && [ -f "$work/kernel/installed/config" ]
}

# docs/coverage.md: `PROGRAM`, `PROGRAM: TEST` or `step NAME`; 32-bit programs are built from others.
coverage_names() {
	local name program test sources bad=0
	while IFS= read -r name; do
		program=${name%%: *}
		test=
		[ "$program" = "$name" ] || test=${name#*: }
		if [ "${name#step }" != "$name" ]; then
			grep -q "^step_${name#step }()" selftests/check.sh && continue
		else
			sources=$(files "*/${program%_32}.c" "*/$program.sh")
			# shellcheck disable=SC2086 # no file name here has a blank
			[ -n "$sources" ] && { [ -z "$test" ] || grep -qw "$test" $sources; } && continue
		fi
		echo "docs/coverage.md: no $name"
		bad=1
	done < <(grep '^|' docs/coverage.md | tr '\140' '\n' |
		grep -E '^(step [a-z0-9-]+|[a-z0-9]+_[a-z0-9_]+(: [a-z0-9_]+)?)$')
	return $bad
}

# Files that others source use and set variables of theirs (SC2154, SC2034); commas in arrays are QEMU options (SC2054).
shell_scripts() {
	# shellcheck disable=SC2046 # no file name here has a blank
	shellcheck -x -P SCRIPTDIR -e SC2154,SC2034,SC2054 $(files '*.sh' selftests/vm/run .ci/run)
}

check "every file has an SPDX line" spdx_lines
check "checkpatch --strict: kmod" checkpatch kmod "$ignore_kernel"
check "checkpatch --strict: uapi" checkpatch uapi BIT_MACRO,LINE_SPACING
check "checkpatch --strict: tools" checkpatch tools "$ignore_user"
check "checkpatch --strict: selftests" checkpatch selftests "$ignore_user"
check "module: cloud 6.1, gcc, W=1, sparse" module_build cloud C=2
check "module: 6.12, gcc, W=1, sparse" module_build 6.12 C=2
check "module: 6.1, clang, W=1" module_build clang CC=clang LLVM=1
check "xvcpu.h alone: gcc" header_alone gcc c
check "xvcpu.h alone: gcc -m32" header_alone gcc c -m32
check "xvcpu.h alone: gcc, C90" header_alone gcc c -std=gnu90
check "xvcpu.h alone: g++" header_alone gcc c++
check "xvcpu.h alone: clang" header_alone clang c
check "selftests build in a kernel tree" in_a_kernel_tree
check "shellcheck" shell_scripts
check "docs/coverage.md names what there is" coverage_names
tap_end
