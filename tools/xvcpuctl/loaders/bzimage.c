// SPDX-License-Identifier: GPL-2.0-only
/*
 * bzImage: what follows the Linux/x86 boot protocol, version 2.02 and up, through its 64-bit or
 * 32-bit entry point. memtest86+ is one. The real-mode entry point needs firmware and is not
 * supported. The image is hostile; no state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "format.h"
#include "layout.h"
#include "memory_map.h"

/* Offsets of the setup header, the same in the file and in boot_params. */
#define HDR_SETUP_SECTS		0x1f1
#define HDR_SYSSIZE		0x1f4
#define HDR_BOOT_FLAG		0x1fe
#define HDR_JUMP_LENGTH		0x201
#define HDR_MAGIC		0x202
#define HDR_VERSION		0x206
#define HDR_TYPE_OF_LOADER	0x210
#define HDR_LOADFLAGS		0x211
#define HDR_CODE32_START	0x214
#define HDR_RAMDISK_IMAGE	0x218
#define HDR_RAMDISK_SIZE	0x21c
#define HDR_CMD_LINE_PTR	0x228
#define HDR_INITRD_ADDR_MAX	0x22c
#define HDR_XLOADFLAGS		0x236
#define HDR_CMDLINE_SIZE	0x238
#define HDR_PREF_ADDRESS	0x258
#define HDR_INIT_SIZE		0x260
#define HDR_END_MAX		0x290

#define BOOT_FLAG		0xaa55
#define LOADED_HIGH		0x01
#define XLF_KERNEL_64		0x0001
#define ENTRY_64		0x200		/* the 64-bit entry point is here in the kernel */
#define LOADER_UNDEFINED	0xff

/* Offsets in boot_params. */
#define BP_VIDEO_MODE		0x06
#define BP_VIDEO_COLS		0x07
#define BP_VIDEO_EGA_BX		0x0a
#define BP_VIDEO_LINES		0x0e
#define BP_VIDEO_IS_VGA		0x0f
#define BP_VIDEO_POINTS		0x10
#define BP_ALT_MEM_K		0x1e0
#define BP_E820_ENTRIES		0x1e8
#define BP_E820_TABLE		0x2d0
#define E820_ENTRY_SIZE		20
#define BP_SIZE			0x1000

/* What the header says, and what follows from it. */
struct kernel {
	u16 version;
	u64 setup_size;			/* bytes in front of the protected-mode kernel */
	u64 size;			/* of the protected-mode kernel in the file */
	u64 load;			/* where it goes */
	u64 init_end;			/* it uses memory up to here before it looks at the map */
	u32 cmdline_max;
	u64 initrd_end_max;
	bool has_64;
	enum load_mode mode;
};

static bool bzimage_matches(const struct image *image)
{
	return image_holds(image, HDR_MAGIC, 4) && !memcmp(image->data + HDR_MAGIC, "HdrS", 4);
}

/* Refuses a job because of a field of the setup header. */
#define refuse_field(job, field, ...) \
	image_refuse((job)->image, (job)->err, "setup header field " field, __VA_ARGS__)

static int check_setup(const struct load_job *job, struct kernel *kernel)
{
	const struct image *image = job->image;
	u16 boot_flag = image_u16(image, HDR_BOOT_FLAG);
	u8 setup_sects = image_u8(image, HDR_SETUP_SECTS);
	u64 header_end;

	if (boot_flag != BOOT_FLAG)
		return refuse_field(job, "boot_flag", "is %#x instead of 0xaa55", boot_flag);
	kernel->version = image_u16(image, HDR_VERSION);
	if (kernel->version < 0x0202)
		return refuse_field(job, "version", "is %u.%02u: 2.02 or later is needed",
				    kernel->version >> 8, kernel->version & 0xff);

	/* 0 means 4, for kernels older than the field. */
	kernel->setup_size = ((setup_sects ? setup_sects : 4) + 1) * 512ull;
	if (kernel->setup_size >= image->size)
		return refuse_field(job, "setup_sects",
				    "is %u, but the file ends before the kernel begins",
				    setup_sects);

	header_end = HDR_MAGIC + image_u8(image, HDR_JUMP_LENGTH);
	if (header_end > HDR_END_MAX || header_end <= HDR_CMD_LINE_PTR + 4)
		return refuse_field(job, "jump",
				    "ends the header at %#" PRIx64 ", not between %#x and %#x",
				    header_end, HDR_CMD_LINE_PTR + 4, HDR_END_MAX);
	return 0;
}

/* syssize counts paragraphs, rounded up; the file may go on (a signature), or miss the padding. */
static int check_size(const struct load_job *job, struct kernel *kernel)
{
	const struct image *image = job->image;
	u64 rest = image->size - kernel->setup_size;
	u64 size = image_u32(image, HDR_SYSSIZE) * 16ull;

	if (kernel->version < 0x0204) {
		kernel->size = rest;		/* the field had only 16 bits */
		return 0;
	}
	if (!size)
		return refuse_field(job, "syssize", "is 0: no kernel");
	if (size - 15 > rest)
		return refuse_field(job, "syssize",
				    "asks for %#" PRIx64 " bytes of %#" PRIx64 ": is it cut off?",
				    size, rest);
	kernel->size = size < rest ? size : rest;
	return 0;
}

static int check_entry(const struct load_job *job, struct kernel *kernel)
{
	const struct image *image = job->image;
	u32 code32_start = image_u32(image, HDR_CODE32_START);
	u64 pref_address = image_u64(image, HDR_PREF_ADDRESS);
	u64 start;

	if (!(image_u8(image, HDR_LOADFLAGS) & LOADED_HIGH))
		return refuse_field(job, "loadflags",
				    "has LOADED_HIGH clear: zImage is not supported");
	if (code32_start < LAYOUT_HIGH_LOAD)
		return refuse_field(job, "code32_start",
				    "is %#" PRIx32 ": it can only be started by firmware",
				    code32_start);
	kernel->load = code32_start;
	kernel->init_end = kernel->load + kernel->size;
	if (kernel->version < 0x020a)
		return 0;

	/* A kernel that was built for another address moves there first. */
	start = pref_address > kernel->load ? pref_address : kernel->load;
	if (start > UINT32_MAX)
		return refuse_field(job, "pref_address", "is %#" PRIx64 ": beyond 4 GiB",
				    pref_address);
	if (start + image_u32(image, HDR_INIT_SIZE) > kernel->init_end)
		kernel->init_end = start + image_u32(image, HDR_INIT_SIZE);
	return 0;
}

static void read_limits(const struct image *image, struct kernel *kernel)
{
	kernel->cmdline_max = 255;
	if (kernel->version >= 0x0206)
		kernel->cmdline_max = image_u32(image, HDR_CMDLINE_SIZE);
	if (kernel->cmdline_max > LAYOUT_CMDLINE_SIZE - 1)
		kernel->cmdline_max = LAYOUT_CMDLINE_SIZE - 1;
	kernel->initrd_end_max = 0x38000000;
	if (kernel->version >= 0x0203)
		kernel->initrd_end_max = (u64)image_u32(image, HDR_INITRD_ADDR_MAX) + 1;
	kernel->has_64 = kernel->version >= 0x020c &&
			 (image_u16(image, HDR_XLOADFLAGS) & XLF_KERNEL_64);
}

static int choose_mode(const struct load_job *job, struct kernel *kernel)
{
	kernel->mode = job->request->mode;
	if (kernel->mode == LOAD_AUTO)
		kernel->mode = kernel->has_64 ? LOAD_LONG : LOAD_PROTECTED;
	if (kernel->mode == LOAD_LONG && !kernel->has_64)
		return refuse(job->err, EINVAL,
			      "%s: setup header field xloadflags has no 64-bit entry: drop --mode",
			      job->image->name);
	if (kernel->mode == LOAD_LONG && kernel->size <= ENTRY_64)
		return refuse_field(job, "syssize", "is too small for a 64-bit entry point");
	if (kernel->mode == LOAD_LONG && kernel->init_end > LAYOUT_MAPPED)
		return refuse_field(job, "init_size",
				    "plus pref_address passes 1 GiB: long mode starts with less");
	return 0;
}

static int parse_header(const struct load_job *job, struct kernel *kernel)
{
	int ret;

	memset(kernel, 0, sizeof(*kernel));
	ret = check_setup(job, kernel);
	if (ret)
		return ret;
	ret = check_size(job, kernel);
	if (ret)
		return ret;
	ret = check_entry(job, kernel);
	if (ret)
		return ret;
	read_limits(job->image, kernel);
	return choose_mode(job, kernel);
}

static int check_cmdline(const struct load_job *job, const struct kernel *kernel)
{
	const char *cmdline = job->request->cmdline;

	if (cmdline && strlen(cmdline) > kernel->cmdline_max)
		return refuse(job->err, EINVAL,
			      "%s: command line of %zu bytes, cmdline_size allows %" PRIu32,
			      job->image->name, strlen(cmdline), kernel->cmdline_max);
	return 0;
}

static int plan_kernel(const struct load_job *job, const struct kernel *kernel,
		       struct placement *plan)
{
	int ret;

	ret = boot_tables_claim(plan, kernel->mode, job->err);
	if (ret)
		return ret;
	return placement_claim(plan, kernel->load, kernel->init_end - kernel->load, job->err,
			       "the kernel (pref_address, init_size)");
}

/* As high as the kernel allows, out of the way of what it unpacks. */
static int plan_initrd(const struct load_job *job, const struct kernel *kernel,
		       const struct image *initrd, struct placement *plan, u64 *gpa)
{
	*gpa = placement_find_below(plan, kernel->initrd_end_max, initrd->size);
	if (*gpa < LAYOUT_HIGH_LOAD)
		return refuse(job->err, ENOSPC,
			      "initrd %s (%" PRIu64 " KiB) does not fit: give more memory",
			      initrd->name, (initrd->size + 1023) >> 10);
	return placement_claim(plan, *gpa, initrd->size, job->err, "the initrd");
}

static void put(u8 *params, unsigned int offset, u64 value, unsigned int bytes)
{
	memcpy(params + offset, &value, bytes);
}

static void fill_screen_info(u8 *params)
{
	put(params, BP_VIDEO_MODE, 3, 1);
	put(params, BP_VIDEO_COLS, 80, 1);
	put(params, BP_VIDEO_EGA_BX, 3, 2);
	put(params, BP_VIDEO_LINES, 25, 1);
	put(params, BP_VIDEO_IS_VGA, 1, 1);
	put(params, BP_VIDEO_POINTS, 16, 2);
}

static void fill_memory_map(u8 *params, const struct guest_memory *memory)
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

static void write_params(const struct load_job *job, const struct kernel *kernel, u64 initrd_gpa,
			 u64 initrd_size)
{
	u8 *params = guest_memory_at(job->memory, LAYOUT_INFO, BP_SIZE);
	const struct image *image = job->image;
	u64 header_end = HDR_MAGIC + image_u8(image, HDR_JUMP_LENGTH);

	memset(params, 0, BP_SIZE);
	memcpy(params + HDR_SETUP_SECTS, image->data + HDR_SETUP_SECTS,
	       header_end - HDR_SETUP_SECTS);
	fill_screen_info(params);
	fill_memory_map(params, job->memory);
	put(params, HDR_TYPE_OF_LOADER, LOADER_UNDEFINED, 1);
	put(params, HDR_CODE32_START, kernel->load, 4);
	put(params, HDR_CMD_LINE_PTR, LAYOUT_CMDLINE, 4);
	put(params, HDR_RAMDISK_IMAGE, initrd_gpa, 4);
	put(params, HDR_RAMDISK_SIZE, initrd_size, 4);
}

static void commit(const struct load_job *job, const struct kernel *kernel,
		   const struct image *initrd, u64 initrd_gpa)
{
	const char *cmdline = job->request->cmdline ? job->request->cmdline : "";
	struct boot_state *state = job->state;

	memcpy(guest_memory_at(job->memory, kernel->load, kernel->size),
	       job->image->data + kernel->setup_size, kernel->size);
	if (initrd->size)
		memcpy(guest_memory_at(job->memory, initrd_gpa, initrd->size), initrd->data,
		       initrd->size);
	strcpy(guest_memory_at(job->memory, LAYOUT_CMDLINE, LAYOUT_CMDLINE_SIZE), cmdline);
	write_params(job, kernel, initrd->size ? initrd_gpa : 0, initrd->size);
	boot_tables_write(job->memory, kernel->mode);
	if (kernel->mode == LOAD_LONG)
		boot_state_long(state, kernel->load + ENTRY_64);
	else
		boot_state_protected(state, kernel->load);
	state->regs.rsi = LAYOUT_INFO;
}

static int bzimage_load(const struct load_job *job)
{
	struct image initrd = { .size = 0 };
	struct placement plan;
	struct kernel kernel;
	u64 initrd_gpa = 0;
	int ret;

	ret = parse_header(job, &kernel);
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
		ret = image_read(&initrd, job->request->initrd, job->err);
		if (ret)
			return ret;
		ret = plan_initrd(job, &kernel, &initrd, &plan, &initrd_gpa);
	}
	if (!ret)
		commit(job, &kernel, &initrd, initrd_gpa);
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
