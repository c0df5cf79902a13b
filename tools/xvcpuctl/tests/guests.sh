#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Collects images of Debian's packages for tests: guests.sh DIRECTORY
#
#   cloud, stock, 6.12      Debian's kernels, as the test machine has them (selftests/vm/kernels.sh)
#   cloud.vmlinux           what is packed in the first: ELF with a PVH note
#   gnumach                 /boot/gnumach-1.8-486.gz, unpacked: Multiboot in ELF64
#
# What cannot be had is left out, with the reason on standard error: its tests are skipped then.

set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kernels=$here/../../../selftests/vm/kernels.sh
guests=$1
mkdir -p "$guests" || exit

for name in cloud stock 6.12; do
	[ ! -r "$guests/$name" ] || continue
	image=$("$kernels" info "$name" | sed -n 's/^image=//p')
	[ -z "$image" ] || ln -sf "$image" "$guests/$name"
done

if [ -r "$guests/cloud" ] && [ ! -r "$guests/cloud.vmlinux" ]; then
	vmlinux=$("$kernels" unpack "$guests/cloud")
	[ -z "$vmlinux" ] || ln -sf "$vmlinux" "$guests/cloud.vmlinux"
fi

if [ ! -r "$guests/gnumach" ]; then
	gunzip -c /boot/gnumach-1.8-486.gz >"$guests/gnumach.new" &&
		mv "$guests/gnumach.new" "$guests/gnumach"
	rm -f "$guests/gnumach.new"
fi
exit 0
