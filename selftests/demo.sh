#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `make demo`, inside the test machine: three unmodified guests from Debian's packages.

cd "$(dirname "$0")" || exit 1
say() { printf '\n==> %s\n' "$*"; }

say "xvcpuctl doctor"
xvcpuctl doctor || exit 1

say "grub-invaders, paused by the key p, its text screen:"
printf p | xvcpuctl run --mem 16 --keys --no-serial --screen --stats --timeout 20 --until-screen PAUSE \
	invaders.exec || exit 1

say "memtest86+, its console on the serial port, until test #2:"
xvcpuctl run --mem 8 --append 'console=ttyS0,115200 nosmp' --stats --timeout 1000 \
	--until 'Test #[2-9]' memtest86+x64.bin || exit 1
echo

say "Debian's kernel, with busybox for userspace:"
xvcpuctl run --mem 128 --initrd linux-initrd --append 'console=ttyS0 -- demo' --stats --timeout 1000 \
	linux-cloud || exit 1
echo
