/* SPDX-License-Identifier: GPL-2.0-only */
/* The information structure that a Multiboot kernel finds at EBX. */
#ifndef XVCPUCTL_LOADERS_MULTIBOOT_INFO_H
#define XVCPUCTL_LOADERS_MULTIBOOT_INFO_H

#include "../guest_memory.h"
#include "../message.h"
#include "../types.h"
#include "layout.h"

/** define MULTIBOOT_MODULES - modules that fit into the information structure's page */
#define MULTIBOOT_MODULES	64

/**
 * struct multiboot_info - an information structure being built
 * @page:          what goes to %LAYOUT_INFO: the structure, memory map, module list, loader's name
 * @strings:       what goes to %LAYOUT_STRINGS: the modules' command lines
 * @cmdline:       what goes to %LAYOUT_CMDLINE
 * @nr_modules:    entries in the module list
 * @strings_used:  bytes of @strings in use
 */
struct multiboot_info {
	u8 page[LAYOUT_INFO_SIZE];
	char strings[LAYOUT_STRINGS_SIZE];
	char cmdline[LAYOUT_CMDLINE_SIZE];
	unsigned int nr_modules;
	unsigned int strings_used;
};

/** multiboot_info_init() - memory sizes, memory map, text screen, loader's name; nothing else */
void multiboot_info_init(struct multiboot_info *info, const struct guest_memory *memory);

/**
 * multiboot_info_cmdline() - set the kernel's command line
 * @info:  the structure
 * @image: path of the kernel; its last component is the command line's first word
 * @args:  the rest; NULL: none
 * @err:   on failure: why
 *
 * Return: 0, or -EINVAL if it is too long.
 */
int multiboot_info_cmdline(struct multiboot_info *info, const char *image, const char *args,
			   struct message *err);

/**
 * multiboot_info_module() - add a module
 * @info:    the structure
 * @start:   where the module is
 * @size:    its bytes
 * @cmdline: its command line
 * @err:     on failure: why
 *
 * Return: 0, or -EINVAL if there are too many or their command lines are too long.
 */
int multiboot_info_module(struct multiboot_info *info, u32 start, u32 size, const char *cmdline,
			  struct message *err);

/** multiboot_info_write() - write all of it into guest memory, where it has been claimed */
void multiboot_info_write(const struct multiboot_info *info, struct guest_memory *memory);

#endif /* XVCPUCTL_LOADERS_MULTIBOOT_INFO_H */
