/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's memory: RAM, one anonymous mapping cut into guest-physical regions, and ROM.
 *
 * The VMM owns it from guest_memory_init() to guest_memory_free(); the vCPUs must be gone by then.
 * The layout never changes in between, so lookups need no lock. The bytes themselves are shared
 * with the running guest: what is read from them may change at any moment.
 */
#ifndef XVCPUCTL_GUEST_MEMORY_H
#define XVCPUCTL_GUEST_MEMORY_H

#include "message.h"
#include "types.h"

/** define GUEST_MEMORY_REGIONS - regions there can be: RAM below and above the hole, a ROM in it */
#define GUEST_MEMORY_REGIONS	3

/** define GUEST_HOLE_START - RAM stops here: the rest below 4 GiB is for APICs, firmware and PCI */
#define GUEST_HOLE_START	0xc0000000ull
/** define GUEST_HOLE_END - RAM beyond %GUEST_HOLE_START goes on here */
#define GUEST_HOLE_END		0x100000000ull

/**
 * enum guest_region_kind - what a guest can do with a region
 * @GUEST_RAM: everything
 * @GUEST_ROM: read and execute; what it writes there is lost. Wants a read-only slot
 */
enum guest_region_kind {
	GUEST_RAM,
	GUEST_ROM,
};

/**
 * struct guest_region - consecutive guest-physical addresses
 * @gpa:  first address, page aligned
 * @size: bytes, a multiple of the page size
 * @host: where it is in this process
 * @kind: RAM or ROM
 */
struct guest_region {
	u64 gpa;
	u64 size;
	u8 *host;
	enum guest_region_kind kind;
};

/**
 * struct guest_memory - all memory of a guest
 * @host:       the mapping of all RAM
 * @size:       its bytes, the sum over @regions that are RAM
 * @nr_regions: entries in @regions; each wants a memory slot of its own
 * @regions:    ascending, the first is RAM at address 0
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

/**
 * guest_memory_rom() - the ROM of a guest, made by the first call
 * @memory: from guest_memory_init()
 * @gpa:    first address, a multiple of 4 KiB
 * @size:   bytes, a multiple of 4 KiB, not 0
 * @err:    the reason of a failure
 *
 * The ROM lives as long as the memory. Asked for again it is the same, with what is in it.
 *
 * Return: where it is in this process, to be filled in; NULL: memory is there already or is out.
 */
u8 *guest_memory_rom(struct guest_memory *memory, u64 gpa, u64 size, struct message *err);

/**
 * guest_memory_zero() - make RAM zero again; whole pages are given back to the host
 * @memory: from guest_memory_init()
 * @gpa:    first address
 * @len:    bytes: all of them are RAM of one region
 */
void guest_memory_zero(struct guest_memory *memory, u64 gpa, u64 len);

/** guest_memory_clear() - make all RAM as guest_memory_init() left it; a ROM stays as it is */
void guest_memory_clear(struct guest_memory *memory);

/** guest_memory_free() - unmap; also right for zeroed or already freed memory */
void guest_memory_free(struct guest_memory *memory);

/**
 * guest_memory_at() - host address of guest RAM
 *
 * Return: the address of @gpa, or NULL unless all @len bytes from there are RAM of one region (with
 * @len 0: unless @gpa itself is RAM). A ROM is no RAM.
 */
void *guest_memory_at(const struct guest_memory *memory, u64 gpa, u64 len);

#endif /* XVCPUCTL_GUEST_MEMORY_H */
