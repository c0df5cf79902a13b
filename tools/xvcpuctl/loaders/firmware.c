// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware, as a board has it: a ROM that ends at 4 GiB, where the processor begins after reset,
 * and a copy of its end below 1 MiB for code in real mode. The copy is RAM, as if the chipset's
 * shadow RAM had been turned on: SeaBIOS keeps variables there. SeaBIOS and qboot are such files.
 * No state.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "format.h"
#include "layout.h"

#define KIB		1024
#define FIRMWARE_ALIGN	(64ull * KIB)	/* what chips come in, and what a real-mode segment has */
#define RESET_VECTOR	16		/* the processor's first instruction, before the end */

/* Chosen by --firmware, never by the file's content. */
static bool firmware_matches(const struct image *image)
{
	(void)image;
	return false;
}

/* Erased flash reads as ones; zeros are padding. */
static bool is_blank(const u8 *bytes, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++)
		if (bytes[i] != bytes[0])
			return false;
	return bytes[0] == 0 || bytes[0] == 0xff;
}

static int check_file(const struct image *image, struct message *err)
{
	if (image_u16(image, 0) == 0xaa55)
		return refuse(err, ENOEXEC,
			      "%s is an option ROM (it begins with 55 aa): nothing that starts a machine",
			      image->name);
	if (image->size % FIRMWARE_ALIGN || image->size > LAYOUT_FIRMWARE_MAX)
		return refuse(err, ENOEXEC,
			      "%s is no firmware: it has %" PRIu64
			      " bytes, not a multiple of 64 KiB up to 16 MiB", image->name,
			      image->size);
	if (is_blank(image->data + image->size - RESET_VECTOR, RESET_VECTOR))
		return refuse(err, ENOEXEC,
			      "%s is no firmware: its reset vector, the last %d bytes, is empty",
			      image->name, RESET_VECTOR);
	return 0;
}

static int firmware_load(const struct load_job *job)
{
	const struct image *image = job->image;
	u64 shadow = image->size < LAYOUT_SHADOW_MAX ? image->size : LAYOUT_SHADOW_MAX;
	struct placement plan;
	u8 *rom;
	int ret;

	ret = check_file(image, job->err);
	if (ret)
		return ret;
	placement_init(&plan, job->memory, image->name);
	ret = placement_claim(&plan, LAYOUT_SHADOW_END - shadow, shadow, job->err,
			      "the copy below 1 MiB");
	if (ret)
		return ret;
	rom = guest_memory_rom(job->memory, LAYOUT_FIRMWARE_END - image->size, image->size,
			       job->err);
	if (!rom)
		return -ENOSPC;

	memcpy(rom, image->data, image->size);
	memcpy(guest_memory_at(job->memory, LAYOUT_SHADOW_END - shadow, shadow),
	       image->data + image->size - shadow, shadow);
	boot_state_reset(job->state);
	return 0;
}

const struct load_format format_firmware = {
	.name = "firmware",
	.accepts = LOAD_ACCEPTS_REAL,
	.matches = firmware_matches,
	.load = firmware_load,
};
