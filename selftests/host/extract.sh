#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Prints functions, structs and enums of the module, for a test that compiles them over a model of
# the kernel.
#
#   extract.sh DIRECTORY FILE:NAME...
#
# Plain stores to what others read become WRITE_ONCE(), so that the model sees them.

dir=$1
shift
for each in "$@"; do
	awk -v name="${each#*:}" '
	!inside && /^[a-z]/ && $0 ~ "[ *]" name "([(]| [{])" && !/;$/ { inside = found = 1 }
	inside { print }
	/^}/ && inside { inside = 0; print "" }
	END { exit !found }' "$dir/${each%%:*}" || {
		echo "extract.sh: $dir/${each%%:*} has no ${each#*:}" >&2
		exit 1
	}
done | sed 's/^\(\t*\)\(vcpu->cpu\) = \(.*\);$/\1WRITE_ONCE(\2, \3);/'
