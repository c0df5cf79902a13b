# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is inside the machine: an uncompressed cpio archive of busybox, init, the kernel's KVM
# modules, xvcpu.ko, xvcpuctl, the selftests, and whatever --add names. Sourced by run.
#
#   /init              init.c
#   /usr/bin/xvcpuctl  the tool
#   /selftests         test programs and payloads, flat; COMMAND's working directory, on its PATH
#   /lib/modules/REL   kvm, kvm_intel, msr, cpuid, notifier error injection, faulty, xvcpu: for
#                      modprobe
#   /etc/xvcpu-vm      what init is to do
#
# The part that no checkout changes (busybox and directories) is packed once, in build/vm/.

# Names as in the packages; one that a kernel has built in, or not at all, is left out.
kernel_modules=(irqbypass kvm kvm-intel msr cpuid
	notifier-error-inject pm-notifier-error-inject)

pack() { # DIR > ARCHIVE
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --null --create --format=newc --owner=0:0 --quiet)
}

# Prints the archive's path.
base_archive() {
	local out=$build/base.cpio busybox applet stage
	busybox=$(command -v busybox) || die "busybox is missing: apt-get install busybox-static"
	if [ ! -f "$out" ] || [ "$busybox" -nt "$out" ] || [ "$here/initramfs.sh" -nt "$out" ]; then
		ldd "$busybox" >/dev/null 2>&1 &&
			die "busybox is linked dynamically: apt-get install busybox-static"
		stage=$(mktemp -d "$work/base.XXXXXX")
		mkdir -p "$stage"/{bin,sbin,usr/bin,usr/sbin,etc,dev,proc,sys,tmp,run,root,selftests}
		mkdir -p "$stage/var"
		ln -s ../run "$stage/var/run"
		cp "$busybox" "$stage/bin/busybox"
		for applet in $("$busybox" --list); do
			[ "$applet" = busybox ] || ln -s busybox "$stage/bin/$applet"
		done
		printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'nobody:x:65534:65534::/:/bin/sh' \
			>"$stage/etc/passwd"
		printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' 'xvcpu:x:400:' >"$stage/etc/group"
		pack "$stage" >"$out.$$"
		mv "$out.$$" "$out"
		rm -rf "$stage"
	fi
	echo "$out"
}

# Copies the shared libraries that FILE needs, to where it looks for them.
add_libraries() { # STAGE FILE
	local lib
	[ "$(head -c 4 "$2" 2>/dev/null | tr -d '\0')" = $'\x7fELF' ] || return 0
	while read -r lib; do
		[ -e "$1$lib" ] || install -D "$lib" "$1$lib"
	done < <(ldd "$2" 2>/dev/null | grep -o '/[^ ]*' || true)
}

# Puts FILE, a file or a directory, at DEST in the machine; a directory's contents go into DEST.
add_file() { # STAGE FILE DEST
	local stage=$1 file=$2 dest=$3 each
	if [ -d "$file" ]; then
		mkdir -p "$stage$dest"
		cp -aL "$file/." "$stage$dest"
		while IFS= read -r -d '' each; do
			add_libraries "$stage" "$each"
		done < <(find -L "$file" -type f -perm -u+x -print0)
		return
	fi
	mkdir -p "$stage$(dirname "$dest")"
	cp -L --preserve=mode "$file" "$stage$dest"
	add_libraries "$stage" "$file"
}

add_modules() { # STAGE MODULES_DIR RELEASE
	local dest=$1/lib/modules/$3 name found
	mkdir -p "$dest"
	for name in "${kernel_modules[@]}"; do
		found=$(find "$2" -name "$name.ko*" -print -quit)
		case $found in
		'') ;;
		*.ko) cp "$found" "$dest" ;;
		*.xz) xz -dc "$found" >"$dest/$name.ko" ;;
		*.zst) zstd -qdc "$found" >"$dest/$name.ko" ;;
		*.gz) gzip -dc "$found" >"$dest/$name.ko" ;;
		esac
	done
	for name in modules.builtin modules.order; do
		[ ! -f "$2/$name" ] || cp "$2/$name" "$dest"
	done
}

# The test programs and payloads that make has left in build/selftests, without objects and what is
# for this host alone; or else every executable and payload beside its source.
add_selftests() { # STAGE
	local file
	mkdir -p "$1/selftests"
	if [ -d "$tree/build/selftests" ]; then
		(cd "$tree/build/selftests" && find . -path ./host -prune -o \
			\( -type f -o -type l \) ! -name '*.[oda]' -print0 |
			cpio --null -pdmL --quiet "$1/selftests")
		while IFS= read -r -d '' file; do
			add_libraries "$1" "$file"
		done < <(find "$1/selftests" -type f -perm -u+x -print0)
		return
	fi
	while IFS= read -r -d '' file; do
		add_file "$1" "$file" "/selftests/${file##*/}"
	done < <(find "$tree/selftests" -path "$here" -prune -o -type f \
		\( -perm -u+x -o -name '*.bin' -o -name '*.elf' -o -name '*.img' \) -print0)
}

# Builds $work/initrd from the settings that run has parsed.
build_initrd() {
	local stage=$work/stage base config file dest
	base=$(base_archive)
	config=$stage/etc/xvcpu-vm
	mkdir -p "$config"
	cp "$build/init" "$stage/init"
	printf '%s\0' "${command[@]}" >"$config/command"
	printf '%s\0' PATH=/selftests:/usr/bin:/usr/sbin:/bin:/sbin HOME=/root TERM=dumb \
		"XVCPU_ENGINE=$engine" "XVCPU_KERNEL=$kernel" >"$config/environment"

	add_modules "$stage" "$kernel_modules_dir" "$kernel_release"
	[ -z "${faulty-}" ] || cp "$faulty" "$stage/lib/modules/$kernel_release/"
	if [ -n "$module" ]; then
		dest=/lib/modules/$kernel_release/${module##*/}
		cp "$module" "$stage$dest"
		if [ "$load_module" = yes ]; then
			printf '%s' "$dest" >"$config/module"
			printf '%s' "$module_args" >"$config/module-args"
		fi
	fi
	depmod -b "$stage" "$kernel_release" 2>"$work/depmod.log"

	if [ -x "$tree/tools/xvcpuctl/xvcpuctl" ]; then
		add_file "$stage" "$tree/tools/xvcpuctl/xvcpuctl" /usr/bin/xvcpuctl
	fi
	add_selftests "$stage"
	for file in "${adds[@]}"; do
		dest=${file#*:}
		[ "$dest" != "$file" ] || dest=/selftests/$(basename "$file")
		file=${file%%:*}
		[ -e "$file" ] || die "--add: $file does not exist"
		case $dest in
		/*) add_file "$stage" "$file" "$dest" ;;
		*) die "--add: the destination '$dest' must begin with /" ;;
		esac
	done
	{ cat "$base"; pack "$stage"; } >"$work/initrd"
}
