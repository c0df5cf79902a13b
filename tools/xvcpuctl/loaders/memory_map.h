/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest is told about its RAM: the same facts for Multiboot and for the Linux boot protocol.
 */
#ifndef XVCPUCTL_LOADERS_MEMORY_MAP_H
#define XVCPUCTL_LOADERS_MEMORY_MAP_H

#include "../guest_memory.h"
#include "../types.h"

/** define MEMORY_MAP_ENTRIES - entries that memory_map_fill() may produce */
#define MEMORY_MAP_ENTRIES	5

/** define MEMORY_MAP_LOW_END - conventional memory stops here, video memory begins */
#define MEMORY_MAP_LOW_END	0xa0000ull
/** define MEMORY_MAP_HIGH_START - memory above video and firmware space */
#define MEMORY_MAP_HIGH_START	0x100000ull

/** define MEMORY_MAP_RAM - &memory_map_entry.type: usable */
#define MEMORY_MAP_RAM		1
/** define MEMORY_MAP_RESERVED - not to be used as RAM, although the text screen is there */
#define MEMORY_MAP_RESERVED	2

/**
 * struct memory_map_entry - a range, with the types of INT 15h E820 and of Multiboot
 * @gpa:  first address
 * @size: bytes
 * @type: MEMORY_MAP_*
 */
struct memory_map_entry {
	u64 gpa;
	u64 size;
	u32 type;
};

/**
 * memory_map_fill() - describe the memory in ascending order
 *
 * Return: the number of entries.
 */
unsigned int memory_map_fill(const struct guest_memory *memory,
			     struct memory_map_entry map[MEMORY_MAP_ENTRIES]);

/** memory_map_lower_kib() - KiB of RAM from address 0, at most 640 */
u32 memory_map_lower_kib(const struct guest_memory *memory);

/** memory_map_upper_kib() - KiB of RAM from 1 MiB up to the first gap */
u32 memory_map_upper_kib(const struct guest_memory *memory);

#endif /* XVCPUCTL_LOADERS_MEMORY_MAP_H */
