// SPDX-License-Identifier: GPL-2.0-only
/* Flat binaries: bytes without a header; the request says where they go and how they start. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "format.h"
#include "layout.h"

#define REAL_MODE_END	0x100000ull	/* what segments reach without A20 games */
#define SEGMENT_SIZE	0x10000ull

/* Chosen by --mode, never by the file's content. */
static bool flat_matches(const struct image *image)
{
	(void)image;
	return false;
}

/*
 * Below 64 KiB segments are 0, so that addresses in the binary are simply addresses. Above, they
 * start at the binary, so that its first 64 KiB can be reached.
 */
static u32 real_segment(u64 load, u64 entry)
{
	u64 base = load & ~0xfull;

	if (entry < SEGMENT_SIZE)
		return 0;
	return entry - base < SEGMENT_SIZE ? base : entry & ~0xfull;
}

static int check_addresses(const struct load_job *job, enum load_mode mode, u64 load, u64 entry)
{
	const char *name = job->image->name;

	if (entry < load || entry - load >= job->image->size)
		return refuse(job->err, EINVAL,
			      "%s: entry %#" PRIx64 " is not in the image, %#" PRIx64 " bytes at %#"
			      PRIx64 ": correct --entry", name, entry, job->image->size, load);
	if (mode == LOAD_REAL && entry >= REAL_MODE_END)
		return refuse(job->err, EINVAL,
			      "%s: entry %#" PRIx64 " is not below 1 MiB, as real mode needs",
			      name, entry);
	if (mode == LOAD_PROTECTED && entry > UINT32_MAX)
		return refuse(job->err, EINVAL,
			      "%s: entry %#" PRIx64 " is not below 4 GiB, as protected mode needs",
			      name, entry);
	if (mode == LOAD_LONG && load + job->image->size > LAYOUT_MAPPED)
		return refuse(job->err, EINVAL,
			      "%s: %#" PRIx64 " bytes at %#" PRIx64
			      " pass the first GiB, all that long mode has: correct --load",
			      name, job->image->size, load);
	return 0;
}

static int flat_load(const struct load_job *job)
{
	const struct load_request *request = job->request;
	enum load_mode mode = request->mode;
	u64 load = mode == LOAD_REAL ? LAYOUT_REAL_LOAD : LAYOUT_HIGH_LOAD;
	struct placement plan;
	u64 entry;
	int ret;

	if (request->has_load)
		load = request->load;
	entry = request->has_entry ? request->entry : load;

	placement_init(&plan, job->memory, job->image->name);
	ret = boot_tables_claim(&plan, mode, job->err);
	if (ret)
		return ret;
	ret = placement_claim(&plan, load, job->image->size, job->err, "the image");
	if (ret)
		return ret;
	ret = check_addresses(job, mode, load, entry);
	if (ret)
		return ret;

	memcpy(guest_memory_at(job->memory, load, job->image->size), job->image->data,
	       job->image->size);
	boot_tables_write(job->memory, mode);
	if (mode == LOAD_REAL) {
		u32 segment = real_segment(load, entry);

		boot_state_real(job->state, segment, entry - segment);
	} else if (mode == LOAD_PROTECTED) {
		boot_state_protected(job->state, entry);
	} else {
		boot_state_long(job->state, entry);
	}
	return 0;
}

const struct load_format format_flat = {
	.name = "flat binary",
	.accepts = LOAD_ACCEPTS_ADDRESS | LOAD_ACCEPTS_ENTRY | LOAD_ACCEPTS_REAL |
		   LOAD_ACCEPTS_PROTECTED | LOAD_ACCEPTS_LONG,
	.matches = flat_matches,
	.load = flat_load,
};
