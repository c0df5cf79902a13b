#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernels of the test machine: where each one's image, modules and build directory are, fetched
# or built when they are not in the cache yet.
#
#   kernels.sh info NAME        image=, release=, modules=, kdir=, one per line
#   kernels.sh kdir NAME        the directory to give to `make KDIR=`
#   kernels.sh unpack BZIMAGE   path of the vmlinux that is packed in it, its bytes unchanged
#   kernels.sh tool checkpatch  path of checkpatch.pl, its word lists beside it
#   kernels.sh tool kselftest   directory with kselftest_harness.h, kselftest.h and lib.mk
#   kernels.sh update [NAME]    forget which package version NAME (or every name) stands for
#   kernels.sh list             every NAME
#
# NAME is
#   cloud, stock, 6.12   Debian's linux-image-{cloud-amd64,amd64,6.12-amd64}, unmodified
#   fast, debug          Debian's linux-source-6.1 with kernels/{fast,debug}.config
#   clang                linux-source-6.1 prepared for building modules with clang (kdir only)
#   PATH                 a kernel's build directory, or a vmlinuz whose modules are in /lib/modules
#
# The cache, ${XDG_CACHE_HOME:-~/.cache}/xvcpu, is shared by every checkout and by parallel runs:
#   pin/NAME                  the package version that NAME stands for, from the first use on
#   deb/PACKAGE_VERSION/      a package, unpacked; headers together with the two they need
#   src/linux-source-6.1_V/   the kernel's source
#   vmlinux/HASH              what `unpack` made of the image with this hash
#   kernel/NAME-HASH/         a built kernel; HASH covers fragments, source version and recipe
# A directory appears there by rename only, so what exists is whole.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/xvcpu
source_package=linux-source-6.1
# Part of the content hash: raise it when build_kernel changes what it makes.
recipe=1

say() { echo "vm: $*" >&2; }
die() { say "$*"; exit 125; }

need() { # COMMAND PACKAGE
	command -v "$1" >/dev/null || die "$1 is missing: apt-get install $2 (or selftests/deps.sh)"
}

# Runs COMMAND while holding the cache's lock NAME; a second caller waits, then finds the work done.
locked() { # NAME COMMAND...
	local name=$1 fd
	shift
	mkdir -p "$cache/lock"
	exec {fd}>"$cache/lock/$name"
	if ! flock -n "$fd"; then
		say "waiting for another run that prepares $name"
		flock "$fd"
	fi
	"$@"
	exec {fd}>&-
}

# ---- packages ------------------------------------------------------------------------------

# The field FIELD of the newest version of PACKAGE that apt knows.
package_field() { # PACKAGE FIELD
	need apt-cache apt
	apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n "s/^$2: //p" | head -n 1
}

package_version() { # PACKAGE
	local version
	version=$(package_field "$1" Version)
	[ -n "$version" ] ||
		die "apt knows no package $1: run apt-get update (Debian 12 with its security archive)"
	echo "$version"
}

# The first dependency of PACKAGE whose name begins with PREFIX.
package_dependency() { # PACKAGE PREFIX
	package_field "$1" Depends | tr ',' '\n' | sed -n "s/^ *\($2[^ ]*\).*/\1/p" | head -n 1
}

# Prints the directory where PACKAGEs of VERSION are unpacked together; fetches them when not there.
unpacked() { # VERSION PACKAGE...
	local dir=$cache/deb/$2_$1
	[ -d "$dir" ] || locked "deb-$2_$1" fetch_packages "$dir" "$@" >&2
	echo "$dir"
}

fetch_packages() { # DIR VERSION PACKAGE...
	local dir=$1 version=$2 tmp package sandbox=()
	[ ! -d "$dir" ] || return 0
	shift 2
	need apt-get apt
	need dpkg dpkg
	tmp=$(mktemp -d "$cache/deb.XXXXXX")
	# apt's own user cannot write below a root-owned cache, and says so on every download.
	[ "$(id -u)" != 0 ] || sandbox=(-o APT::Sandbox::User=root)
	for package in "$@"; do
		say "fetching $package $version"
		(cd "$tmp" && apt-get -q=2 "${sandbox[@]}" download "$package=$version" >&2) || {
			rm -rf "$tmp"
			die "cannot download $package $version: run apt-get update, then $0 update"
		}
	done
	for package in "$tmp"/*.deb; do
		dpkg -x "$package" "$tmp/root"
	done
	# The build directory's Makefile names its other half by absolute path.
	sed -i "s:^include /usr/src/:include $dir/usr/src/:" "$tmp"/root/usr/src/*/Makefile \
		2>/dev/null || true
	mkdir -p "$cache/deb"
	mv "$tmp/root" "$dir"
	rm -rf "$tmp"
}

# ---- Debian's kernels ----------------------------------------------------------------------

meta_suffix() { # NAME
	case $1 in
	cloud) echo cloud-amd64 ;;
	stock) echo amd64 ;;
	6.12) echo 6.12-amd64 ;;
	esac
}

# A name keeps the version it had when first used: image, headers and modules fit each other even
# after apt has learned of a newer kernel.
pin() { # NAME
	[ -s "$cache/pin/$1" ] || locked "pin-$1" write_pin "$1" >&2
	cat "$cache/pin/$1"
}

write_pin() { # NAME
	local meta image version headers common kbuild
	[ ! -s "$cache/pin/$1" ] || return 0
	mkdir -p "$cache/pin"
	if [ "$1" = source ]; then
		version=$(package_version "$source_package")
		unpacked "$version" "$source_package" >/dev/null
		echo "$version" >"$cache/pin/.$1"
	else
		meta=$(meta_suffix "$1")
		version=$(package_version "linux-image-$meta")
		image=$(package_dependency "linux-image-$meta" linux-image-)
		headers=$(package_dependency "linux-headers-$meta" linux-headers-)
		[ "${image#linux-image-}" = "${headers#linux-headers-}" ] ||
			die "apt offers $image but $headers: run apt-get update"
		common=$(package_dependency "$headers" 'linux-headers-[^ ]*common')
		kbuild=$(package_dependency "$headers" linux-kbuild-)
		echo "$version $image $headers $common $kbuild" >"$cache/pin/.$1"
	fi
	mv "$cache/pin/.$1" "$cache/pin/$1"
}

# Three packages make a build directory; nothing needs to be installed, and the version is the
# image's own.
debian_info() { # NAME
	local version image headers common kbuild image_dir headers_dir release
	read -r version image headers common kbuild <<<"$(pin "$1")"
	image_dir=$(unpacked "$version" "$image")
	headers_dir=$(unpacked "$version" "$headers" "$common" "$kbuild")
	release=${image#linux-image-}
	echo "image=$image_dir/boot/vmlinuz-$release"
	echo "release=$release"
	echo "modules=$image_dir/lib/modules/$release"
	echo "kdir=$headers_dir/usr/src/$headers"
}

# ---- our own kernels -----------------------------------------------------------------------

fragments() { # NAME
	case $1 in
	fast) echo "$here/kernels/fast.config" ;;
	debug) echo "$here/kernels/fast.config $here/kernels/debug.config" ;;
	esac
}

source_tree() {
	local version dir
	version=$(pin source)
	dir=$cache/src/${source_package}_$version
	[ -d "$dir" ] || locked "src-$version" extract_source "$version" "$dir" >&2
	echo "$dir"
}

extract_source() { # VERSION DIR
	local tmp tarball
	[ ! -d "$2" ] || return 0
	need xz xz-utils
	tarball=$(source_tarball)
	say "unpacking $source_package $1"
	mkdir -p "$cache/src"
	tmp=$(mktemp -d "$cache/src/.XXXXXX")
	tar -C "$tmp" --strip-components=1 -xf "$tarball"
	chmod 755 "$tmp"
	mv "$tmp" "$2"
}

source_tarball() {
	local version dir
	version=$(pin source)
	dir=$(unpacked "$version" "$source_package")
	echo "$dir/usr/src/$source_package.tar.xz"
}

kernel_hash() { # NAME
	local files version
	read -ra files <<<"$(fragments "$1")"
	version=$(pin source)
	{ echo "$recipe $version"; cat "${files[@]}"; } | sha256sum | cut -c 1-12
}

built_info() { # NAME
	local hash dir
	hash=$(kernel_hash "$1")
	dir=$cache/kernel/$1-$hash
	[ -f "$dir/done" ] || locked "kernel-$1-$hash" build_kernel "$1" "$hash" "$dir" >&2
	cat "$dir/done"
}

# Built where it stays: a kernel's build directory holds absolute paths. The file `done`, written
# last, is what says that it is whole.
build_kernel() { # NAME HASH DIR
	local name=$1 dir=$3 tool files release
	[ ! -f "$dir/done" ] || return 0
	for tool in flex bison bc make gcc lz4; do
		need "$tool" "$tool"
	done
	read -ra files <<<"$(fragments "$name")"
	source_tree >/dev/null
	say "building kernel $name (once; some minutes), log: $dir/log"
	rm -rf "$dir"
	mkdir -p "$dir/build"
	{ cat "${files[@]}"; echo "CONFIG_LOCALVERSION=\"-$name-$2\""; } >"$dir/fragment"
	kernel_make "$dir" KCONFIG_ALLCONFIG="$dir/fragment" allnoconfig
	check_fragment "$dir"
	kernel_make "$dir" -j "$(nproc)" bzImage modules
	kernel_make "$dir" INSTALL_MOD_PATH="$dir" modules_install
	release=$(cat "$dir/build/include/config/kernel.release")
	cat >"$dir/done.new" <<-EOF
	image=$dir/build/arch/x86/boot/bzImage
	release=$release
	modules=$dir/lib/modules/$release
	kdir=$dir/build
	EOF
	mv "$dir/done.new" "$dir/done"
}

kernel_make() { # DIR ARG...
	local dir=$1 src
	shift
	src=$(source_tree)
	nice make -C "$src" O="$dir/build" "$@" >>"$dir/log" 2>&1 ||
		die "the kernel's build failed: $(tail -n 5 "$dir/log")
vm: whole log: $dir/log"
}

# Kconfig drops what it cannot satisfy without a word, and a test would then skip without a reason.
check_fragment() { # DIR
	local line missing=
	while read -r line; do
		grep -qxF -- "$line" "$1/build/.config" || missing+=" $line"
	done < <(grep '^CONFIG_' "$1/fragment")
	[ -z "$missing" ] || die "the kernel's configuration did not take:$missing"
}

# Debian's header packages are configured for gcc, so clang needs a tree of its own.
clang_info() {
	local version dir
	version=$(pin source)
	dir=$cache/kernel/clang-2-$version
	[ -f "$dir/done" ] || locked "kernel-clang" prepare_clang "$dir" >&2
	cat "$dir/done"
}

prepare_clang() { # DIR
	local dir=$1 src kdir
	[ ! -f "$dir/done" ] || return 0
	src=$(source_tree)
	need clang clang
	need ld.lld lld
	say "preparing the kernel's source for clang, log: $dir/log"
	rm -rf "$dir"
	mkdir -p "$dir/build"
	kernel_make "$dir" LLVM=1 x86_64_defconfig
	"$src/scripts/config" --file "$dir/build/.config" -m KVM -m KVM_INTEL
	kernel_make "$dir" LLVM=1 olddefconfig
	kernel_make "$dir" LLVM=1 -j "$(nproc)" modules_prepare
	# Which symbols exist, only a built kernel knows; Debian's of this version has them all.
	kdir=$(kernel_info stock | sed -n 's/^kdir=//p')
	cp "$kdir/Module.symvers" "$dir/build/"
	echo "kdir=$dir/build" >"$dir/done"
}

# ---- any other kernel ----------------------------------------------------------------------

path_info() { # PATH
	local path release
	path=$(realpath "$1")
	if [ -d "$path" ]; then
		[ -f "$path/arch/x86/boot/bzImage" ] || die "$path: no arch/x86/boot/bzImage in it"
		release=$(cat "$path/include/config/kernel.release")
		echo "image=$path/arch/x86/boot/bzImage"
		echo "modules=$path"
		echo "kdir=$path"
	else
		release=$(image_release "$path")
		[ -d "/lib/modules/$release" ] || die "$path is Linux $release: no /lib/modules/$release"
		echo "image=$path"
		echo "modules=/lib/modules/$release"
		echo "kdir=/lib/modules/$release/build"
	fi
	echo "release=$release"
}

# Boot protocol: "HdrS" at 0x202, and at 0x20e the offset, less 0x200, of the version string.
image_release() { # VMLINUZ
	local offset
	[ "$(dd if="$1" bs=1 skip=$((0x202)) count=4 status=none)" = HdrS ] ||
		die "$1 is not a Linux kernel (bzImage)"
	offset=$(od -A n -t u2 -j $((0x20e)) -N 2 "$1")
	dd if="$1" bs=1 skip=$((offset + 0x200)) count=200 status=none | tr '\0' '\n' |
		sed -n '1s/ .*//p'
}

# ---- what is packed in an image --------------------------------------------------------------

unpacked_image() { # BZIMAGE
	local hash
	hash=$(sha256sum "$1" | cut -c 1-24)
	[ -f "$cache/vmlinux/$hash" ] || locked "vmlinux-$hash" unpack_image "$1" "$cache/vmlinux/$hash"
	echo "$cache/vmlinux/$hash"
}

image_field() { # BZIMAGE OFFSET TYPE
	od -A n -t "$3" -j $(($2)) -N "${3#u}" "$1" | tr -d ' '
}

# Boot protocol: the packed kernel is payload_length (0x24c) bytes at payload_offset (0x248) after
# the setup sectors (0x1f1); its last four bytes are the size of what it unpacks to.
unpack_image() { # BZIMAGE FILE
	local image=$1 start length magic unpack tmp
	[ ! -f "$2" ] || return 0
	start=$(((($(image_field "$image" 0x1f1 u1)) + 1) * 512 + $(image_field "$image" 0x248 u4)))
	length=$(image_field "$image" 0x24c u4)
	magic=$(od -A n -t x1 -j "$start" -N 4 "$image" | tr -d ' ')
	case $magic in
	1f8b*) unpack=gzip ;;
	fd377a58) unpack=xz ;;
	28b52ffd) unpack=zstd ;;
	02214c18) unpack=lz4 ;;
	*) die "$image is packed in a way that is not known here (gzip, xz, zstd and lz4 are)" ;;
	esac
	need "$unpack" "${unpack/#xz/xz-utils}"
	# Only gzip keeps those four bytes as part of its own format.
	[ "$unpack" = gzip ] || length=$((length - 4))
	mkdir -p "$cache/vmlinux"
	tmp=$(mktemp "$cache/vmlinux/.XXXXXX")
	dd if="$image" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$length" status=none |
		"$unpack" -dc >"$tmp" ||
		die "$image: cannot be unpacked with $unpack"
	mv "$tmp" "$2"
}

# ---- single files of the kernel's source -----------------------------------------------------

tool_dir() { # checkpatch|kselftest
	local version dir
	version=$(pin source)
	dir=$cache/src/tools-${source_package}_$version
	[ -d "$dir" ] || locked "tools-$version" extract_tools "$dir" >&2
	case $1 in
	checkpatch) echo "$dir/scripts/checkpatch.pl" ;;
	kselftest) echo "$dir/tools/testing/selftests" ;;
	*) die "no such tool: $1 (checkpatch, kselftest)" ;;
	esac
}

extract_tools() { # DIR
	local tmp tarball file files=()
	[ ! -d "$1" ] || return 0
	need xz xz-utils
	tarball=$(source_tarball)
	for file in scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch} \
		tools/testing/selftests/{kselftest_harness.h,kselftest.h,lib.mk}; do
		files+=("$source_package/$file")
	done
	mkdir -p "$cache/src"
	tmp=$(mktemp -d "$cache/src/.XXXXXX")
	tar -C "$tmp" --strip-components=1 -xf "$tarball" "${files[@]}"
	chmod 755 "$tmp"
	mv "$tmp" "$1"
}

# ------------------------------------------------------------------------------------------

kernel_info() { # NAME
	case $1 in
	cloud | stock | 6.12) debian_info "$1" ;;
	fast | debug) built_info "$1" ;;
	clang) clang_info ;;
	*)
		[ -e "$1" ] || die "no kernel '$1': cloud, stock, 6.12, fast, debug, or an existing path"
		path_info "$1"
		;;
	esac
}

case ${1-} in
info) kernel_info "${2:?NAME}" ;;
unpack) unpacked_image "${2:?BZIMAGE}" ;;
kdir) kernel_info "${2:?NAME}" | sed -n 's/^kdir=//p' ;;
tool) tool_dir "${2:?checkpatch or kselftest}" ;;
update) rm -f "$cache/pin/${2-}"* ;;
list) printf '%s\n' cloud stock 6.12 fast debug clang ;;
*)
	sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2
	exit 125
	;;
esac
