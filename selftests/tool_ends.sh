#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
#   tool_ends.sh reboot|kexec|kdump|panic CPUS
#
# end_host, with what kexec needs: the kernel is at /boot/vmlinuz already (vm/run --add), the initramfs
# is made of what this machine's holds.

cd "$(dirname "$0")" || exit 1
case $1 in
kexec | kdump)
	# Its bytes are hashed twice, in the emulator: only what the second boot needs.
	(cd / && find . -xdev ! -path ./boot/vmlinuz \( ! -path './selftests/*' -o -name end_host \
		-o -name tool_ends.sh \) | cpio -o -H newc >/tmp/initrd 2>/dev/null) || exit 1
	;;
esac
exec ./end_host "$1" "$2"
