#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Installs what building and testing need, through apt, on Debian 12. The one list of packages.
#
#   selftests/deps.sh [--list] [GROUP]...      default: every group but `kernel`
#
#   build    the module, the library, the tool
#   vm       the test machine
#   check    lint, other compilers, host-only tests, guests from Debian's packages
#   kernel   building the fast and debug kernels
#
# Does nothing, and needs neither root nor a network, when all is there already. Uses sudo when it
# is not root. The kernels themselves are not installed: selftests/vm/kernels.sh fetches them.
set -euo pipefail

declare -A packages=(
	[build]="linux-headers-amd64 gcc make libc6-dev libelf-dev libcjson-dev rsync pahole binutils"
	[vm]="bochs bochsbios vgabios qemu-system-x86 busybox-static cpio kmod xz-utils zstd lz4 bc rsync
		util-linux gcc libc6-dev make"
	[check]="gcc-multilib clang libclang-rt-dev lld llvm sparse shellcheck perl python3 libzydis-dev
		grub-invaders memtest86+ ipxe gnumach-image-1.8-486 seabios mandoc flex bison"
	[kernel]="gcc make flex bison bc libelf-dev libssl-dev xz-utils lz4 binutils libc6-dev"
)

list=no
groups=()
for group in "$@"; do
	if [ "$group" = --list ]; then
		list=yes
	elif [ -n "${packages[$group]-}" ]; then
		groups+=("$group")
	else
		echo "deps: no group '$group': ${!packages[*]}" >&2
		exit 125
	fi
done
[ ${#groups[@]} -gt 0 ] || groups=(build vm check)

wanted=()
for group in "${groups[@]}"; do
	read -r -d '' -a names <<<"${packages[$group]}" || true
	wanted+=("${names[@]}")
done
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)
if [ "$list" = yes ]; then
	printf '%s\n' "${wanted[@]}"
	exit
fi

installed() { # PACKAGE, or whatever provides it
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${wanted[@]}"; do
	installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
	echo "deps: no apt-get here; install these by other means: ${missing[*]}" >&2
	exit 125
}
as_root=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: not root and no sudo; run as root: apt-get install ${missing[*]}" >&2
		exit 125
	}
	as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
echo "deps: installing ${missing[*]}" >&2
# An image without package lists, or with lists so old that the archive has moved on.
if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then
	"${as_root[@]}" apt-get -q=2 update >&2
fi
install=("${as_root[@]}" apt-get -q=2 -y --no-install-recommends install "${missing[@]}")
if ! "${install[@]}" >&2; then
	echo "deps: trying again with fresh package lists" >&2
	"${as_root[@]}" apt-get -q=2 update >&2
	"${install[@]}" >&2
fi
