/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct boot_params, the page that a Linux kernel finds at RSI (Linux/x86 boot protocol, "32-bit
 * Boot Protocol", and "Zero Page"), and the list of setup_data behind it.
 */
#ifndef XVCPUCTL_LOADERS_BOOT_PARAMS_H
#define XVCPUCTL_LOADERS_BOOT_PARAMS_H

#include "../guest_memory.h"
#include "bzimage_header.h"

/**
 * struct boot_params_plan - what goes where
 * @bzimage:     the kernel's header
 * @load:        where the protected-mode kernel is
 * @initrd:      where the initrd is
 * @initrd_size: its bytes; 0: there is none
 * @cmdline:     the command line; it fits into %LAYOUT_CMDLINE_SIZE
 */
struct boot_params_plan {
	const struct bzimage *bzimage;
	u64 load;
	u64 initrd;
	u64 initrd_size;
	const char *cmdline;
};

/**
 * boot_params_write() - write boot_params, command line and setup_data
 * @plan:   what to say
 * @image:  the kernel; only its setup header is copied
 * @memory: the pages at %LAYOUT_INFO, %LAYOUT_STRINGS and %LAYOUT_CMDLINE are claimed
 *
 * The list of setup_data is empty, or it is one entry with a seed for the kernel's random numbers:
 * if kernel_info says that the kernel knows such entries, and the host has random bytes by now.
 */
void boot_params_write(const struct boot_params_plan *plan, const struct image *image,
		       struct guest_memory *memory);

#endif /* XVCPUCTL_LOADERS_BOOT_PARAMS_H */
