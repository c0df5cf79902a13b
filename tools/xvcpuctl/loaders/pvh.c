// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF kernels with a note of where to enter them without firmware (Xen's "x86/HVM direct boot ABI",
 * called PVH): 32-bit protected mode without paging, EBX the start information. A Linux vmlinux
 * with CONFIG_PVH is one. The image is hostile; no state.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "elf_file.h"
#include "format.h"
#include "layout.h"
#include "memory_map.h"

#define NOTE_NAME	"Xen"
#define PHYS32_ENTRY	18

/* struct hvm_start_info, version 1, and what follows it in the page. */
#define INFO_MAGIC	0
#define INFO_VERSION	4
#define INFO_NR_MODULES	12
#define INFO_MODULES	16
#define INFO_CMDLINE	24
#define INFO_MAP	40
#define INFO_MAP_NR	48
#define MAGIC		0x336ec578u
#define PAGE_MODULE	0x80		/* struct hvm_modlist_entry */
#define MODULE_GPA	0
#define MODULE_SIZE	8
#define PAGE_MAP	0x100		/* struct hvm_memmap_table_entry, one after the other */
#define MAP_ENTRY_SIZE	24

#define TSS_LIMIT	0x67		/* a 32-bit TSS and nothing behind it */
#define FOUR_GIB	(1ull << 32)

struct kernel {
	struct elf_file elf;
	u32 entry;
	u64 initrd;		/* where it goes */
};

static bool find_entry_note(const struct image *image, const struct elf_file *elf, u64 *offset,
			    u64 *size)
{
	return elf_find_note(image, elf, NOTE_NAME, PHYS32_ENTRY, offset, size);
}

/* A file that is wrong in other ways is for the plain ELF loader to complain about. */
static bool pvh_matches(const struct image *image)
{
	u64 offset, size;
	struct elf_file elf;

	if (!elf_matches(image, 32) && !elf_matches(image, 64))
		return false;
	return !elf_parse(image, &elf, NULL) && find_entry_note(image, &elf, &offset, &size);
}

static int read_entry(const struct load_job *job, struct kernel *kernel)
{
	u64 offset, size, entry;

	find_entry_note(job->image, &kernel->elf, &offset, &size);
	if (size != 4 && size != 8)
		return image_refuse(job->image, job->err, "ELF note XEN_ELFNOTE_PHYS32_ENTRY",
				    "has a descriptor (descsz) of %" PRIu64
				    " bytes: 4 or 8 are an address", size);
	entry = size == 4 ? image_u32(job->image, offset) : image_u64(job->image, offset);
	if (entry > UINT32_MAX || !elf_holds(&kernel->elf, entry))
		return image_refuse(job->image, job->err, "ELF note XEN_ELFNOTE_PHYS32_ENTRY",
				    "is %#" PRIx64 ": that is %s", entry, entry > UINT32_MAX ?
				    "not below 4 GiB" : "in no loadable segment (p_paddr)");
	kernel->entry = entry;
	return 0;
}

static int plan_kernel(const struct load_job *job, const struct kernel *kernel,
		       struct placement *plan)
{
	const char *cmdline = job->request->cmdline;
	int ret;

	if (cmdline && strlen(cmdline) >= LAYOUT_CMDLINE_SIZE)
		return refuse(job->err, EINVAL,
			      "%s: the command line has %zu bytes, there is room for %llu: shorten it",
			      job->image->name, strlen(cmdline), LAYOUT_CMDLINE_SIZE - 1);
	ret = boot_tables_claim(plan, LOAD_PROTECTED, job->err);
	if (ret)
		return ret;
	return elf_claim(&kernel->elf, plan, job->err);
}

/* Below 4 GiB: Linux, for one, takes no more than 32 bits of its address. */
static int plan_initrd(const struct load_job *job, struct kernel *kernel,
		       const struct image *initrd, struct placement *plan)
{
	if (!initrd->size)
		return refuse(job->err, ENOEXEC, "initrd %s is empty", initrd->name);
	kernel->initrd = placement_find_below(plan, FOUR_GIB, initrd->size);
	if (kernel->initrd < LAYOUT_HIGH_LOAD)
		return refuse(job->err, ENOSPC,
			      "initrd %s (%" PRIu64 " KiB) does not fit: give more memory",
			      initrd->name, (initrd->size + 1023) >> 10);
	return placement_claim(plan, kernel->initrd, initrd->size, job->err, "the initrd");
}

static void put(u8 *page, unsigned int offset, u64 value, unsigned int bytes)
{
	memcpy(page + offset, &value, bytes);
}

static void put_memory_map(u8 *page, const struct guest_memory *memory)
{
	struct memory_map_entry map[MEMORY_MAP_ENTRIES];
	unsigned int i, nr = memory_map_fill(memory, map);

	for (i = 0; i < nr; i++) {
		unsigned int at = PAGE_MAP + i * MAP_ENTRY_SIZE;

		put(page, at, map[i].gpa, 8);
		put(page, at + 8, map[i].size, 8);
		put(page, at + 16, map[i].type, 4);
	}
	put(page, INFO_MAP, LAYOUT_INFO + PAGE_MAP, 8);
	put(page, INFO_MAP_NR, nr, 4);
}

static void write_info(const struct load_job *job, const struct kernel *kernel,
		       const struct image *initrd)
{
	const char *cmdline = job->request->cmdline ? job->request->cmdline : "";
	u8 *page = guest_memory_at(job->memory, LAYOUT_INFO, LAYOUT_INFO_SIZE);

	memset(page, 0, LAYOUT_INFO_SIZE);
	put(page, INFO_MAGIC, MAGIC, 4);
	put(page, INFO_VERSION, 1, 4);
	put(page, INFO_CMDLINE, LAYOUT_CMDLINE, 8);
	put_memory_map(page, job->memory);
	strcpy(guest_memory_at(job->memory, LAYOUT_CMDLINE, LAYOUT_CMDLINE_SIZE), cmdline);
	if (!initrd->size)
		return;
	put(page, INFO_NR_MODULES, 1, 4);
	put(page, INFO_MODULES, LAYOUT_INFO + PAGE_MODULE, 8);
	put(page, PAGE_MODULE + MODULE_GPA, kernel->initrd, 8);
	put(page, PAGE_MODULE + MODULE_SIZE, initrd->size, 8);
}

static void commit(const struct load_job *job, const struct kernel *kernel,
		   const struct image *initrd)
{
	elf_copy(&kernel->elf, job->image, job->memory);
	if (initrd->size)
		memcpy(guest_memory_at(job->memory, kernel->initrd, initrd->size), initrd->data,
		       initrd->size);
	write_info(job, kernel, initrd);
	boot_tables_write(job->memory, LOAD_PROTECTED);
	boot_state_protected(job->state, kernel->entry);
	job->state->regs.rbx = LAYOUT_INFO;
	job->state->sregs.tr.limit = TSS_LIMIT;
}

static int pvh_load(const struct load_job *job)
{
	struct image initrd = { .size = 0 };
	struct kernel kernel = { 0 };
	struct placement plan;
	int ret;

	ret = elf_parse(job->image, &kernel.elf, job->err);
	if (ret)
		return ret;
	ret = read_entry(job, &kernel);
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

const struct load_format format_pvh = {
	.name = "PVH",
	.accepts = LOAD_ACCEPTS_CMDLINE | LOAD_ACCEPTS_INITRD | LOAD_ACCEPTS_PROTECTED,
	.matches = pvh_matches,
	.load = pvh_load,
};
