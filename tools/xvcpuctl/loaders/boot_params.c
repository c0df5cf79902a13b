// SPDX-License-Identifier: GPL-2.0-only
/* struct boot_params and setup_data: see boot_params.h. No state. */
#include <string.h>
#include <sys/random.h>

#include "boot_params.h"
#include "layout.h"
#include "memory_map.h"

/* Offsets in boot_params, beside the setup header. */
#define BP_VIDEO_MODE		0x06
#define BP_VIDEO_COLS		0x07
#define BP_VIDEO_EGA_BX		0x0a
#define BP_VIDEO_LINES		0x0e
#define BP_VIDEO_IS_VGA		0x0f
#define BP_VIDEO_POINTS		0x10
#define BP_EXT_RAMDISK_IMAGE	0x0c0
#define BP_EXT_RAMDISK_SIZE	0x0c4
#define BP_EXT_CMD_LINE_PTR	0x0c8
#define BP_ALT_MEM_K		0x1e0
#define BP_E820_ENTRIES		0x1e8
#define BP_E820_TABLE		0x2d0
#define E820_ENTRY_SIZE		20
#define BP_SIZE			0x1000

#define LOADER_UNDEFINED	0xff		/* type_of_loader of those without a number */

/* struct setup_data */
#define DATA_NEXT		0
#define DATA_TYPE		8
#define DATA_LEN		12
#define DATA_BYTES		16
#define SETUP_RNG_SEED		9
#define SEED_SIZE		32

static void put(u8 *page, unsigned int offset, u64 value, unsigned int bytes)
{
	memcpy(page + offset, &value, bytes);
}

static void put_screen_info(u8 *params)
{
	put(params, BP_VIDEO_MODE, 3, 1);
	put(params, BP_VIDEO_COLS, 80, 1);
	put(params, BP_VIDEO_EGA_BX, 3, 2);
	put(params, BP_VIDEO_LINES, 25, 1);
	put(params, BP_VIDEO_IS_VGA, 1, 1);
	put(params, BP_VIDEO_POINTS, 16, 2);
}

static void put_memory_map(u8 *params, const struct guest_memory *memory)
{
	struct memory_map_entry map[MEMORY_MAP_ENTRIES];
	unsigned int i, nr = memory_map_fill(memory, map);

	for (i = 0; i < nr; i++) {
		unsigned int at = BP_E820_TABLE + i * E820_ENTRY_SIZE;

		put(params, at, map[i].gpa, 8);
		put(params, at + 8, map[i].size, 8);
		put(params, at + 16, map[i].type, 4);
	}
	put(params, BP_E820_ENTRIES, nr, 1);
	put(params, BP_ALT_MEM_K, memory_map_upper_kib(memory), 4);
}

/*
 * Returns where the list begins, 0 for an empty one. A host that has only just started may not have
 * random bytes yet: the guest then does without, as it would on hardware.
 */
static u64 write_setup_data(const struct bzimage *bzimage, struct guest_memory *memory)
{
	u8 *data = guest_memory_at(memory, LAYOUT_STRINGS, LAYOUT_STRINGS_SIZE);
	u8 seed[SEED_SIZE];

	memset(data, 0, LAYOUT_STRINGS_SIZE);
	if (!bzimage->takes_seed || getrandom(seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		return 0;
	put(data, DATA_NEXT, 0, 8);
	put(data, DATA_TYPE, SETUP_RNG_SEED, 4);
	put(data, DATA_LEN, sizeof(seed), 4);
	memcpy(data + DATA_BYTES, seed, sizeof(seed));
	explicit_bzero(seed, sizeof(seed));
	return LAYOUT_STRINGS;
}

static void put_fields(u8 *params, const struct boot_params_plan *plan, u64 setup_data)
{
	u16 version = plan->bzimage->version;

	put(params, HDR_TYPE_OF_LOADER, LOADER_UNDEFINED, 1);
	/* The address to be entered; nobody reads it in a kernel above 4 GiB. */
	put(params, HDR_CODE32_START, plan->load, 4);
	put(params, HDR_CMD_LINE_PTR, LAYOUT_CMDLINE, 4);
	put(params, BP_EXT_CMD_LINE_PTR, LAYOUT_CMDLINE >> 32, 4);
	put(params, HDR_RAMDISK_IMAGE, plan->initrd, 4);
	put(params, HDR_RAMDISK_SIZE, plan->initrd_size, 4);
	put(params, BP_EXT_RAMDISK_IMAGE, plan->initrd >> 32, 4);
	put(params, BP_EXT_RAMDISK_SIZE, plan->initrd_size >> 32, 4);
	/* What the file has here is for loaders to fill in: a PC, and our list. */
	if (version >= 0x0207)
		put(params, HDR_HARDWARE_SUBARCH, 0, 4);
	if (version >= 0x0209)
		put(params, HDR_SETUP_DATA, setup_data, 8);
}

void boot_params_write(const struct boot_params_plan *plan, const struct image *image,
		       struct guest_memory *memory)
{
	u8 *params = guest_memory_at(memory, LAYOUT_INFO, BP_SIZE);

	memset(params, 0, BP_SIZE);
	memcpy(params + HDR_SETUP_SECTS, image->data + HDR_SETUP_SECTS,
	       plan->bzimage->header_end - HDR_SETUP_SECTS);
	put_screen_info(params);
	put_memory_map(params, memory);
	put_fields(params, plan, write_setup_data(plan->bzimage, memory));
	strcpy(guest_memory_at(memory, LAYOUT_CMDLINE, LAYOUT_CMDLINE_SIZE), plan->cmdline);
}
