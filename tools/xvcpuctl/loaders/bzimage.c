// SPDX-License-Identifier: GPL-2.0-only
/*
 * bzImage: what follows the Linux/x86 boot protocol, version 2.02 and up, through its 64-bit or
 * 32-bit entry point. Linux is one, memtest86+ another. The real-mode entry point needs firmware
 * and is not supported. The image is hostile; no state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../refuse.h"
#include "boot_params.h"
#include "boot_state.h"
#include "bzimage_header.h"
#include "format.h"
#include "layout.h"

#define MIB		((u64)1 << 20)
#define FOUR_GIB	(1ull << 32)

/* What the header says, and what is made of it. */
struct kernel {
	struct bzimage header;
	enum load_mode mode;
	u64 load;		/* where it goes */
	u64 end;		/* it uses memory up to here before it looks at the map */
	u64 initrd;		/* where the initrd goes */
};

static u64 to_mib(u64 bytes)
{
	return (bytes + MIB - 1) / MIB;
}

static int choose_mode(const struct load_job *job, struct kernel *kernel)
{
	const struct image *image = job->image;

	kernel->mode = job->request->mode;
	if (kernel->mode == LOAD_AUTO)
		kernel->mode = kernel->header.has_64 ? LOAD_LONG : LOAD_PROTECTED;
	if (kernel->mode == LOAD_LONG && !kernel->header.has_64)
		return refuse(job->err, EINVAL,
			      "%s: setup header field xloadflags is %#x in version %u.%02u: %s",
			      image->name, image_u16(image, HDR_XLOADFLAGS),
			      kernel->header.version >> 8, kernel->header.version & 0xff,
			      "there is no 64-bit entry, leave --mode away");
	if (kernel->mode == LOAD_LONG && kernel->header.size <= BZIMAGE_ENTRY_64)
		return bzimage_refuse(image, job->err, "syssize",
				      "leaves %" PRIu64 " bytes of kernel: the 64-bit entry point "
				      "is at %#x", kernel->header.size, BZIMAGE_ENTRY_64);
	return 0;
}

/* Whether the kernel may be above 4 GiB: it must say so and be entered where it can tell. */
static bool may_be_high(const struct kernel *kernel)
{
	return kernel->header.above_4g && kernel->mode == LOAD_LONG;
}

static u64 align_up(u64 gpa, u64 align)
{
	return (gpa + align - 1) & ~(align - 1);
}

/*
 * The first place for a relocatable kernel: its preferred one if that is a place for it. Put below,
 * it would move up to pref_address before it begins.
 */
static u64 first_place(const struct bzimage *header)
{
	u64 gpa = header->pref_address ? header->pref_address : header->code32_start;

	return align_up(gpa > LAYOUT_HIGH_LOAD ? gpa : LAYOUT_HIGH_LOAD, header->align);
}

/* Bytes of guest memory with which the range would be RAM; 0: no size will do. */
static u64 memory_needed(const struct kernel *kernel, u64 gpa, u64 len)
{
	if (gpa + len <= GUEST_HOLE_START)
		return gpa + len;
	if (!may_be_high(kernel) || !kernel->header.relocatable)
		return 0;
	gpa = align_up(gpa > GUEST_HOLE_END ? gpa : GUEST_HOLE_END, kernel->header.align);
	return GUEST_HOLE_START + (gpa + len - GUEST_HOLE_END);
}

static int refuse_memory(const struct load_job *job, const struct kernel *kernel, u64 gpa, u64 len)
{
	u64 needed = memory_needed(kernel, gpa, len);

	if (!needed)
		return bzimage_refuse(job->image, job->err, "init_size",
				      "is %#" PRIx32 ": from %#" PRIx64 " on (pref_address %#"
				      PRIx64 ") it passes 3 GiB, where guests have no memory",
				      image_u32(job->image, HDR_INIT_SIZE), gpa,
				      kernel->header.pref_address);
	return refuse(job->err, ENOSPC,
		      "%s: the kernel needs %" PRIu64 " MiB of guest memory and there are %" PRIu64
		      ": it takes %#" PRIx64 " bytes (setup header field init_size) at %#" PRIx64
		      " (code32_start, pref_address): give --mem %" PRIu64 " or more",
		      job->image->name, to_mib(needed), job->memory->size / MIB, len, gpa,
		      to_mib(needed));
}

/* The lowest aligned place in RAM at or above pref_address. */
static int place_relocatable(const struct load_job *job, struct kernel *kernel)
{
	const struct bzimage *header = &kernel->header;
	u64 first, len = header->init_size;
	unsigned int i;

	if (header->pref_address >= LAYOUT_MAP_MAX)
		return bzimage_refuse(job->image, job->err, "pref_address",
				      "is %#" PRIx64 ": it must be below %#llx",
				      header->pref_address, LAYOUT_MAP_MAX);
	first = first_place(header);
	for (i = 0; i < job->memory->nr_regions; i++) {
		const struct guest_region *region = &job->memory->regions[i];
		u64 gpa = align_up(first > region->gpa ? first : region->gpa, header->align);

		if (region->gpa >= FOUR_GIB && !may_be_high(kernel))
			break;
		if (!guest_memory_at(job->memory, gpa, len))
			continue;
		kernel->load = gpa;
		kernel->end = gpa + len;
		return 0;
	}
	return refuse_memory(job, kernel, first, len);
}

/* A kernel that was built for one address moves there first, from wherever it is entered. */
static int place_fixed(const struct load_job *job, struct kernel *kernel)
{
	const struct bzimage *header = &kernel->header;
	u64 start = header->code32_start;

	if (header->pref_address >= FOUR_GIB)
		return bzimage_refuse(job->image, job->err, "pref_address",
				      "is %#" PRIx64 ", but relocatable_kernel is 0: it must be "
				      "below 4 GiB", header->pref_address);
	if (header->pref_address > start)
		start = header->pref_address;
	kernel->load = header->code32_start;
	kernel->end = start + header->init_size;
	if (!guest_memory_at(job->memory, kernel->load, kernel->end - kernel->load))
		return refuse_memory(job, kernel, start, header->init_size);
	return 0;
}

static int plan_kernel(const struct load_job *job, struct kernel *kernel, struct placement *plan)
{
	int ret;

	ret = kernel->header.relocatable ? place_relocatable(job, kernel) :
					   place_fixed(job, kernel);
	if (ret)
		return ret;
	ret = boot_tables_claim(plan, kernel->mode, job->err);
	if (ret)
		return ret;
	if (kernel->mode == LOAD_LONG) {
		ret = boot_map_claim(plan, kernel->load, kernel->end - kernel->load, job->err);
		if (ret)
			return ret;
	}
	return placement_claim(plan, kernel->load, kernel->end - kernel->load, job->err,
			       "the kernel (pref_address, init_size)");
}

static int check_cmdline(const struct load_job *job, const struct kernel *kernel)
{
	size_t length = job->request->cmdline ? strlen(job->request->cmdline) : 0;

	if (length > kernel->header.cmdline_max)
		return refuse(job->err, EINVAL,
			      "%s: setup header field cmdline_size is %" PRIu32
			      ", the command line has %zu bytes: shorten it", job->image->name,
			      kernel->header.cmdline_max, length);
	if (length >= LAYOUT_CMDLINE_SIZE)
		return refuse(job->err, EINVAL,
			      "%s: the command line has %zu bytes, cmdline_size allows %" PRIu32
			      ", but the loader has room for %llu: shorten it", job->image->name,
			      length, kernel->header.cmdline_max, LAYOUT_CMDLINE_SIZE - 1);
	return 0;
}

static int refuse_initrd(const struct load_job *job, const struct kernel *kernel,
			 const struct image *initrd)
{
	u64 limit = kernel->header.initrd_end_max, needed = kernel->end + initrd->size;

	if (needed > limit)
		return refuse(job->err, ENOSPC,
			      "initrd %s (%" PRIu64 " KiB) does not fit between the kernel's end, %#"
			      PRIx64 ", and setup header field initrd_addr_max, %#" PRIx64
			      ": make it smaller", initrd->name, (initrd->size + 1023) >> 10,
			      kernel->end, limit - 1);
	return refuse(job->err, ENOSPC,
		      "initrd %s (%" PRIu64 " KiB) does not fit: the kernel takes %" PRIu64
		      " of %" PRIu64 " MiB: give --mem %" PRIu64 " or more", initrd->name,
		      (initrd->size + 1023) >> 10, to_mib(kernel->end), job->memory->size / MIB,
		      to_mib(needed + LAYOUT_PAGE));
}

/*
 * As high as initrd_addr_max allows, out of the way of what the kernel unpacks. Memory above 4 GiB
 * comes second: not all that a kernel does before it maps all of its memory reaches there.
 */
static int plan_initrd(const struct load_job *job, struct kernel *kernel,
		       const struct image *initrd, struct placement *plan)
{
	if (!initrd->size)
		return refuse(job->err, ENOEXEC, "initrd %s is empty", initrd->name);
	kernel->initrd = placement_find_below(plan, kernel->header.initrd_end_max, initrd->size);
	if (kernel->initrd < LAYOUT_HIGH_LOAD && may_be_high(kernel))
		kernel->initrd = placement_find_below(plan, UINT64_MAX, initrd->size);
	if (kernel->initrd < LAYOUT_HIGH_LOAD)
		return refuse_initrd(job, kernel, initrd);
	return placement_claim(plan, kernel->initrd, initrd->size, job->err, "the initrd");
}

static void commit(const struct load_job *job, const struct kernel *kernel,
		   const struct image *initrd)
{
	const struct bzimage *header = &kernel->header;
	struct boot_params_plan params = {
		.bzimage = header,
		.load = kernel->load,
		.initrd = kernel->initrd,
		.initrd_size = initrd->size,
		.cmdline = job->request->cmdline ? job->request->cmdline : "",
	};

	memcpy(guest_memory_at(job->memory, kernel->load, header->size),
	       job->image->data + header->setup_size, header->size);
	if (initrd->size)
		memcpy(guest_memory_at(job->memory, kernel->initrd, initrd->size), initrd->data,
		       initrd->size);
	boot_params_write(&params, job->image, job->memory);
	boot_tables_write(job->memory, kernel->mode);
	if (kernel->mode == LOAD_LONG) {
		boot_map_write(job->memory, kernel->load, kernel->end - kernel->load);
		boot_state_long(job->state, kernel->load + BZIMAGE_ENTRY_64);
	} else {
		boot_state_protected(job->state, kernel->load);
	}
	job->state->regs.rsi = LAYOUT_INFO;
}

static int bzimage_load(const struct load_job *job)
{
	struct image initrd = { .size = 0 };
	struct kernel kernel = { 0 };
	struct placement plan;
	int ret;

	ret = bzimage_parse(job->image, &kernel.header, job->err);
	if (ret)
		return ret;
	ret = choose_mode(job, &kernel);
	if (ret)
		return ret;
	ret = check_cmdline(job, &kernel);
	if (ret)
		return ret;
	placement_init(&plan, job->memory, job->image->name);
	ret = plan_kernel(job, &kernel, &plan);
	if (ret)
		return ret;
	if (job->request->initrd) {
		ret = image_read(&initrd, job->request->initrd, job->request->progress,
				 job->err);
		if (ret)
			return ret;
		ret = plan_initrd(job, &kernel, &initrd, &plan);
	}
	if (!ret)
		commit(job, &kernel, &initrd);
	image_free(&initrd);
	return ret;
}

const struct load_format format_bzimage = {
	.name = "bzImage",
	.accepts = LOAD_ACCEPTS_CMDLINE | LOAD_ACCEPTS_INITRD | LOAD_ACCEPTS_PROTECTED |
		   LOAD_ACCEPTS_LONG,
	.matches = bzimage_matches,
	.load = bzimage_load,
};
