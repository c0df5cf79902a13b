#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes the initramfs of Linux guests: initrd.sh OUT. Busybox, init, and nothing else.
set -e

here=$(cd "$(dirname "$0")" && pwd)
out=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$(dirname "$out")"
cp /bin/busybox "$root/bin/"
cp "$here/init" "$root/init"
chmod 755 "$root/init" "$root/bin/busybox"
(cd "$root" && find . -exec touch -h -d @0 {} + && find . | LC_ALL=C sort |
	cpio -o -H newc --quiet --reproducible) | gzip -n -1 >"$out.new"
mv "$out.new" "$out"
