// SPDX-License-Identifier: GPL-2.0-only
/*
 * The information structure that a Multiboot kernel finds at EBX (Multiboot Specification 0.6.96,
 * "Boot information format"). It belongs to the loader that builds it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../refuse.h"
#include "memory_map.h"
#include "multiboot_info.h"

/* Offsets in the structure. */
#define INFO_FLAGS		0
#define INFO_MEM_LOWER		4
#define INFO_MEM_UPPER		8
#define INFO_CMDLINE		16
#define INFO_MODS_COUNT		20
#define INFO_MODS_ADDR		24
#define INFO_MMAP_LENGTH	44
#define INFO_MMAP_ADDR		48
#define INFO_LOADER_NAME	64
#define INFO_FB_ADDR		88
#define INFO_FB_PITCH		96
#define INFO_FB_WIDTH		100
#define INFO_FB_HEIGHT		104
#define INFO_FB_BPP		108
#define INFO_FB_TYPE		109

#define FLAG_MEMORY		(1u << 0)
#define FLAG_CMDLINE		(1u << 2)
#define FLAG_MODS		(1u << 3)
#define FLAG_MMAP		(1u << 6)
#define FLAG_LOADER_NAME	(1u << 9)
#define FLAG_FRAMEBUFFER	(1u << 12)

#define FB_TYPE_TEXT		2

/* Where the parts are in the page. */
#define PAGE_MMAP		0x100
#define PAGE_MODS		0x400
#define PAGE_LOADER_NAME	0x900

#define MMAP_ENTRY_SIZE		24
#define MOD_ENTRY_SIZE		16

static void put_u32(struct multiboot_info *info, unsigned int offset, u32 value)
{
	memcpy(info->page + offset, &value, sizeof(value));
}

static void put_u64(struct multiboot_info *info, unsigned int offset, u64 value)
{
	memcpy(info->page + offset, &value, sizeof(value));
}

static void add_flags(struct multiboot_info *info, u32 flags)
{
	u32 old;

	memcpy(&old, info->page + INFO_FLAGS, sizeof(old));
	put_u32(info, INFO_FLAGS, old | flags);
}

static void fill_memory(struct multiboot_info *info, const struct guest_memory *memory)
{
	struct memory_map_entry map[MEMORY_MAP_ENTRIES];
	unsigned int i, nr = memory_map_fill(memory, map);

	put_u32(info, INFO_MEM_LOWER, memory_map_lower_kib(memory));
	put_u32(info, INFO_MEM_UPPER, memory_map_upper_kib(memory));
	for (i = 0; i < nr; i++) {
		unsigned int at = PAGE_MMAP + i * MMAP_ENTRY_SIZE;

		/* The size member does not count itself. */
		put_u32(info, at, MMAP_ENTRY_SIZE - 4);
		put_u64(info, at + 4, map[i].gpa);
		put_u64(info, at + 12, map[i].size);
		put_u32(info, at + 20, map[i].type);
	}
	put_u32(info, INFO_MMAP_LENGTH, nr * MMAP_ENTRY_SIZE);
	put_u32(info, INFO_MMAP_ADDR, LAYOUT_INFO + PAGE_MMAP);
}

static void fill_screen(struct multiboot_info *info)
{
	put_u64(info, INFO_FB_ADDR, 0xb8000);
	put_u32(info, INFO_FB_PITCH, 160);
	put_u32(info, INFO_FB_WIDTH, 80);
	put_u32(info, INFO_FB_HEIGHT, 25);
	info->page[INFO_FB_BPP] = 16;
	info->page[INFO_FB_TYPE] = FB_TYPE_TEXT;
}

void multiboot_info_init(struct multiboot_info *info, const struct guest_memory *memory)
{
	memset(info, 0, sizeof(*info));
	fill_memory(info, memory);
	fill_screen(info);
	strcpy((char *)info->page + PAGE_LOADER_NAME, "xvcpuctl");
	put_u32(info, INFO_LOADER_NAME, LAYOUT_INFO + PAGE_LOADER_NAME);
	add_flags(info, FLAG_MEMORY | FLAG_MMAP | FLAG_LOADER_NAME | FLAG_FRAMEBUFFER);
}

int multiboot_info_cmdline(struct multiboot_info *info, const char *image, const char *args,
			   struct message *err)
{
	const char *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;
	bool has_args = args && *args;
	int length;

	length = snprintf(info->cmdline, sizeof(info->cmdline), "%s%s%s", name, has_args ? " " : "",
			  has_args ? args : "");
	if (length < 0 || (size_t)length >= sizeof(info->cmdline))
		return refuse(err, EINVAL,
			      "the command line is too long: %d bytes with the image's name, %zu fit",
			      length, sizeof(info->cmdline) - 1);
	put_u32(info, INFO_CMDLINE, LAYOUT_CMDLINE);
	add_flags(info, FLAG_CMDLINE);
	return 0;
}

int multiboot_info_module(struct multiboot_info *info, u32 start, u32 size, const char *cmdline,
			  struct message *err)
{
	unsigned int at = PAGE_MODS + info->nr_modules * MOD_ENTRY_SIZE;
	size_t length = strlen(cmdline) + 1;

	if (info->nr_modules == MULTIBOOT_MODULES)
		return refuse(err, EINVAL, "too many modules: %d fit", MULTIBOOT_MODULES);
	if (length > sizeof(info->strings) - info->strings_used)
		return refuse(err, EINVAL,
			      "the modules' command lines are too long: %zu bytes fit",
			      sizeof(info->strings));

	memcpy(info->strings + info->strings_used, cmdline, length);
	put_u32(info, at, start);
	put_u32(info, at + 4, start + size);
	put_u32(info, at + 8, LAYOUT_STRINGS + info->strings_used);
	info->strings_used += length;
	info->nr_modules++;
	put_u32(info, INFO_MODS_COUNT, info->nr_modules);
	put_u32(info, INFO_MODS_ADDR, LAYOUT_INFO + PAGE_MODS);
	add_flags(info, FLAG_MODS);
	return 0;
}

void multiboot_info_write(const struct multiboot_info *info, struct guest_memory *memory)
{
	memcpy(guest_memory_at(memory, LAYOUT_INFO, sizeof(info->page)), info->page,
	       sizeof(info->page));
	memcpy(guest_memory_at(memory, LAYOUT_STRINGS, sizeof(info->strings)), info->strings,
	       sizeof(info->strings));
	memcpy(guest_memory_at(memory, LAYOUT_CMDLINE, sizeof(info->cmdline)), info->cmdline,
	       sizeof(info->cmdline));
}
