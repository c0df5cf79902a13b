/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's RAM: one anonymous mapping, cut into guest-physical regions.
 *
 * The VMM owns it from guest_memory_init() to guest_memory_free(); the vCPUs must be gone by then.
 * The layout never changes in between, so lookups need no lock. The bytes themselves are shared
 * with the running guest: what is read from them may change at any moment.
 */
#ifndef XVCPUCTL_GUEST_MEMORY_H
#define XVCPUCTL_GUEST_MEMORY_H

#include "message.h"
#include "types.h"

/** define GUEST_MEMORY_REGIONS - regions there can be: below and above the hole */
#define GUEST_MEMORY_REGIONS	2

/** define GUEST_HOLE_START - RAM stops here: the rest below 4 GiB is for APICs, firmware and PCI */
#define GUEST_HOLE_START	0xc0000000ull
/** define GUEST_HOLE_END - RAM beyond %GUEST_HOLE_START goes on here */
#define GUEST_HOLE_END		0x100000000ull

/**
 * struct guest_region - RAM at consecutive guest-physical addresses
 * @gpa:  first address, page aligned
 * @size: bytes, a multiple of the page size
 * @host: where it is in this process
 */
struct guest_region {
	u64 gpa;
	u64 size;
	u8 *host;
};

/**
 * struct guest_memory - all RAM of a guest
 * @host:       the whole mapping
 * @size:       its bytes, the sum over @regions
 * @nr_regions: entries in @regions; each wants a memory slot of its own
 * @regions:    ascending, the first at address 0
 */
struct guest_memory {
	u8 *host;
	u64 size;
	unsigned int nr_regions;
	struct guest_region regions[GUEST_MEMORY_REGIONS];
};

/**
 * guest_memory_init() - map RAM that costs host memory only when touched; all zero
 * @memory: to be filled
 * @size:   bytes, a multiple of 4 KiB
 * @err:    the reason of a failure
 *
 * Return: 0; -EINVAL: @size is 0 or not a multiple of 4 KiB; -ENOMEM: the host refuses.
 */
int guest_memory_init(struct guest_memory *memory, u64 size, struct message *err);

/** guest_memory_free() - unmap; also right for zeroed or already freed memory */
void guest_memory_free(struct guest_memory *memory);

/**
 * guest_memory_at() - host address of guest RAM
 *
 * Return: the address of @gpa, or NULL unless all @len bytes from there are RAM of one region (with
 * @len 0: unless @gpa itself is RAM).
 */
void *guest_memory_at(const struct guest_memory *memory, u64 gpa, u64 len);

#endif /* XVCPUCTL_GUEST_MEMORY_H */
