// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multiboot 1 kernels (Multiboot Specification 0.6.96): 32-bit protected mode without paging, EAX a
 * magic number, EBX the information structure. The image is hostile; no state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "elf_file.h"
#include "format.h"
#include "layout.h"
#include "multiboot.h"
#include "multiboot_info.h"

#define HEADER_MAGIC		0x1badb002u
#define BOOT_MAGIC		0x2badb002u

/* The header is 4-byte aligned and ends within the first 8 KiB. */
#define HEADER_SEARCH		8192
#define HEADER_ALIGN		4
#define HEADER_SIZE		12
#define HEADER_ADDRESS_SIZE	32
#define HEADER_VIDEO_SIZE	48

#define HEADER_PAGE_ALIGN	(1u << 0)
#define HEADER_MEMORY_INFO	(1u << 1)
#define HEADER_VIDEO		(1u << 2)
#define HEADER_REQUIRED		0xffffu		/* unknown ones must be refused */
#define HEADER_ADDRESSES	(1u << 16)

#define VIDEO_GRAPHICS		0

/* Code, data and bss of the kernel, from whichever header describes them. */
struct kernel {
	u64 header;			/* offset of the Multiboot header in the file */
	struct elf_file elf;
	bool is_elf;
	u64 offset;			/* address fields: first byte in the file ... */
	u64 load;			/* ... where it goes ... */
	u64 filesz, memsz;		/* ... and how much */
	u64 entry;
};

static bool checksum_holds(const struct image *image, u64 offset)
{
	return image_holds(image, offset, HEADER_SIZE) &&
	       !(u32)(image_u32(image, offset) + image_u32(image, offset + 4) +
		      image_u32(image, offset + 8));
}

/* Finds the first magic number with (or without) a valid checksum behind it. */
static bool find_magic(const struct image *image, bool valid, u64 *offset)
{
	u64 at;

	for (at = 0; at + 4 <= HEADER_SEARCH && image_holds(image, at, 4); at += HEADER_ALIGN) {
		if (image_u32(image, at) != HEADER_MAGIC)
			continue;
		if (checksum_holds(image, at) != valid)
			continue;
		*offset = at;
		return true;
	}
	return false;
}

static bool multiboot_matches(const struct image *image)
{
	u64 offset;

	return find_magic(image, true, &offset);
}

bool multiboot_bad_header(const struct image *image, u64 *offset)
{
	return !multiboot_matches(image) && find_magic(image, false, offset);
}

void multiboot_note_bad_header(const struct image *image, struct boot_state *state)
{
	u64 offset;

	if (multiboot_bad_header(image, &offset))
		snprintf(state->note, sizeof(state->note), "the Multiboot magic at 0x%" PRIx64
			 " of the file has no valid checksum field: loaded as plain ELF", offset);
}

/* Refuses a job because of a field of the Multiboot header. */
#define refuse_field(job, field, ...) \
	image_refuse((job)->image, (job)->err, "Multiboot field " field, __VA_ARGS__)

static int check_header(const struct load_job *job, u64 header)
{
	u32 flags = image_u32(job->image, header + 4);
	u32 unknown = flags & HEADER_REQUIRED &
		      ~(HEADER_PAGE_ALIGN | HEADER_MEMORY_INFO | HEADER_VIDEO);
	u64 size = HEADER_SIZE;

	if (unknown)
		return refuse_field(job, "flags",
				    "is %#" PRIx32 ": what %#" PRIx32 " asks for is not supported",
				    flags, unknown);
	if (flags & HEADER_ADDRESSES)
		size = HEADER_ADDRESS_SIZE;
	if (flags & HEADER_VIDEO)
		size = HEADER_VIDEO_SIZE;
	if (header + size > HEADER_SEARCH || !image_holds(job->image, header, size))
		return refuse_field(job, "flags",
				    "is %#" PRIx32 ", but the fields it announces are cut off",
				    flags);
	return 0;
}

/* The text screen is all there is: what the kernel asks for is only a wish by the specification. */
static void note_video(const struct load_job *job, u64 header)
{
	if (!(image_u32(job->image, header + 4) & HEADER_VIDEO))
		return;
	snprintf(job->state->note, sizeof(job->state->note),
		 "the image asks for a %s mode of %" PRIu32 "x%" PRIu32
		 "; it gets the 80x25 text screen",
		 image_u32(job->image, header + 32) == VIDEO_GRAPHICS ? "graphics" : "text",
		 image_u32(job->image, header + 36), image_u32(job->image, header + 40));
}

/* "Address fields": a kernel that is no ELF file, or that prefers not to be taken for one. */
static int parse_addresses(const struct load_job *job, struct kernel *kernel)
{
	const struct image *image = job->image;
	u64 header = kernel->header;
	u32 header_addr = image_u32(image, header + 12);
	u32 load_addr = image_u32(image, header + 16);
	u32 load_end = image_u32(image, header + 20);
	u32 bss_end = image_u32(image, header + 24);
	u32 entry = image_u32(image, header + 28);

	if (load_addr > header_addr || header_addr - load_addr > header)
		return refuse_field(job, "load_addr",
				    "%#" PRIx32 " and header_addr %#" PRIx32
				    " contradict the header's place in the file, %#" PRIx64,
				    load_addr, header_addr, header);
	kernel->offset = header - (header_addr - load_addr);
	kernel->load = load_addr;

	if (load_end && load_end <= header_addr)
		return refuse_field(job, "load_end_addr",
				    "is %#" PRIx32 ", before header_addr %#" PRIx32, load_end,
				    header_addr);
	kernel->filesz = load_end ? load_end - load_addr : image->size - kernel->offset;
	if (!image_holds(image, kernel->offset, kernel->filesz))
		return refuse_field(job, "load_end_addr",
				    "is %#" PRIx32 ", beyond the file's end", load_end);

	if (bss_end && bss_end < load_addr + kernel->filesz)
		return refuse_field(job, "bss_end_addr",
				    "is %#" PRIx32 ", before the end of what is loaded, %#" PRIx64,
				    bss_end, load_addr + kernel->filesz);
	kernel->memsz = bss_end ? bss_end - load_addr : kernel->filesz;

	if (entry < load_addr || entry - load_addr >= kernel->memsz)
		return refuse_field(job, "entry_addr",
				    "is %#" PRIx32 ", outside the image: %#" PRIx64 " bytes at %#"
				    PRIx32, entry, kernel->memsz, load_addr);
	kernel->entry = entry;
	return 0;
}

static int parse_elf(const struct load_job *job, struct kernel *kernel)
{
	unsigned int i;
	int ret;

	if (!elf_matches(job->image, 32) && !elf_matches(job->image, 64))
		return refuse_field(job, "flags",
				    "has bit 16 (address fields) clear in a file that is not ELF");
	ret = elf_parse(job->image, &kernel->elf, job->err);
	if (ret)
		return ret;
	for (i = 0; i < kernel->elf.nr; i++) {
		const struct elf_segment *segment = &kernel->elf.segments[i];

		if (segment->paddr + segment->memsz > UINT32_MAX)
			return image_refuse(job->image, job->err, "p_paddr plus p_memsz",
					    "of program header %u is beyond 4 GiB",
					    segment->index);
	}
	kernel->is_elf = true;
	return elf_entry(job->image, &kernel->elf, &kernel->entry, job->err);
}

static int claim_kernel(const struct load_job *job, const struct kernel *kernel,
			struct placement *plan)
{
	if (kernel->is_elf)
		return elf_claim(&kernel->elf, plan, job->err);
	return placement_claim(plan, kernel->load, kernel->memsz, job->err,
			       "the kernel (load_addr to bss_end_addr)");
}

static void copy_kernel(const struct load_job *job, const struct kernel *kernel)
{
	u8 *place;

	if (kernel->is_elf) {
		elf_copy(&kernel->elf, job->image, job->memory);
		return;
	}
	place = guest_memory_at(job->memory, kernel->load, kernel->memsz);
	memcpy(place, job->image->data + kernel->offset, kernel->filesz);
	guest_memory_zero(job->memory, kernel->load + kernel->filesz,
			  kernel->memsz - kernel->filesz);
}

/*
 * Modules go page-aligned behind everything else, and at or above 1 MiB where kernels expect them.
 */
static int plan_module(const struct load_job *job, const struct load_module *module,
		       const struct image *file, struct placement *plan,
		       struct multiboot_info *info)
{
	const char *slash = strrchr(module->path, '/');
	const char *name = slash ? slash + 1 : module->path;
	u64 gpa = placement_find_above(plan, LAYOUT_HIGH_LOAD, file->size);
	int ret;

	if (!gpa)
		return refuse(job->err, ENOSPC,
			      "module %s (%" PRIu64 " KiB) does not fit: give more memory",
			      module->path, (file->size + 1023) >> 10);
	ret = placement_claim(plan, gpa, file->size, job->err, "module %s", name);
	if (ret)
		return ret;
	return multiboot_info_module(info, gpa, file->size,
				     module->cmdline ? module->cmdline : name, job->err);
}

/* Everything that can fail; afterwards the files of the first *nr_read modules are in @files. */
static int prepare(const struct load_job *job, struct kernel *kernel, struct placement *plan,
		   struct multiboot_info *info, struct image *files, unsigned int *nr_read)
{
	const struct load_request *request = job->request;
	unsigned int i;
	int ret;

	ret = boot_tables_claim(plan, LOAD_PROTECTED, job->err);
	if (ret)
		return ret;
	ret = claim_kernel(job, kernel, plan);
	if (ret)
		return ret;
	multiboot_info_init(info, job->memory);
	ret = multiboot_info_cmdline(info, request->image, request->cmdline, job->err);
	if (ret)
		return ret;
	for (i = 0; i < request->nr_modules; i++) {
		ret = image_read(&files[i], request->modules[i].path, request->progress,
				 job->err);
		if (ret)
			return ret;
		*nr_read = i + 1;
		ret = plan_module(job, &request->modules[i], &files[i], plan, info);
		if (ret)
			return ret;
	}
	return 0;
}

/* The end of the plan is the modules, in order, without those of size 0. */
static void copy_modules(const struct load_job *job, const struct placement *plan,
			 const struct image *files)
{
	unsigned int i = job->request->nr_modules, claim = plan->nr;

	while (i--) {
		if (!files[i].size)
			continue;
		claim--;
		memcpy(guest_memory_at(job->memory, plan->claims[claim].gpa, files[i].size),
		       files[i].data, files[i].size);
	}
}

static int parse_kernel(const struct load_job *job, struct kernel *kernel)
{
	int ret;

	memset(kernel, 0, sizeof(*kernel));
	find_magic(job->image, true, &kernel->header);
	ret = check_header(job, kernel->header);
	if (ret)
		return ret;
	if (image_u32(job->image, kernel->header + 4) & HEADER_ADDRESSES)
		return parse_addresses(job, kernel);
	return parse_elf(job, kernel);
}

static void commit(const struct load_job *job, const struct kernel *kernel,
		   const struct placement *plan, const struct multiboot_info *info,
		   const struct image *files)
{
	copy_kernel(job, kernel);
	copy_modules(job, plan, files);
	boot_tables_write(job->memory, LOAD_PROTECTED);
	multiboot_info_write(info, job->memory);
	boot_state_protected(job->state, kernel->entry);
	job->state->regs.rax = BOOT_MAGIC;
	job->state->regs.rbx = LAYOUT_INFO;
	note_video(job, kernel->header);
}

static int multiboot_load(const struct load_job *job)
{
	struct image files[MULTIBOOT_MODULES];
	unsigned int nr_read = 0;
	struct multiboot_info *info;
	struct placement plan;
	struct kernel kernel;
	int ret;

	if (job->request->nr_modules > MULTIBOOT_MODULES)
		return refuse(job->err, EINVAL, "too many modules: %d fit", MULTIBOOT_MODULES);
	ret = parse_kernel(job, &kernel);
	if (ret)
		return ret;
	info = malloc(sizeof(*info));
	if (!info)
		return refuse(job->err, ENOMEM, "no memory for the Multiboot information");

	placement_init(&plan, job->memory, job->image->name);
	ret = prepare(job, &kernel, &plan, info, files, &nr_read);
	if (!ret)
		commit(job, &kernel, &plan, info, files);
	while (nr_read)
		image_free(&files[--nr_read]);
	free(info);
	return ret;
}

const struct load_format format_multiboot = {
	.name = "Multiboot",
	.accepts = LOAD_ACCEPTS_CMDLINE | LOAD_ACCEPTS_MODULES | LOAD_ACCEPTS_PROTECTED,
	.matches = multiboot_matches,
	.load = multiboot_load,
};
