// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF executables (System V ABI, "Object Files" and "Program Loading"). The file is hostile: every
 * offset and size is checked before it is used. No state.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "elf_file.h"
#include "format.h"
#include "layout.h"
#include "multiboot.h"

/*
 * Where the two classes keep the fields that matter. Elf32_Half and Elf64_Half have the same size.
 */
struct elf_layout {
	unsigned int word;		/* bytes of an address */
	u16 machine;
	u16 ehsize, phentsize;
	u8 e_entry, e_phoff, e_ehsize, e_phentsize, e_phnum;
	u8 p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

#define ELF_LAYOUT(bits, machine_) {						\
	.word = (bits) / 8,							\
	.machine = (machine_),							\
	.ehsize = sizeof(Elf##bits##_Ehdr),					\
	.phentsize = sizeof(Elf##bits##_Phdr),					\
	.e_entry = offsetof(Elf##bits##_Ehdr, e_entry),				\
	.e_phoff = offsetof(Elf##bits##_Ehdr, e_phoff),				\
	.e_ehsize = offsetof(Elf##bits##_Ehdr, e_ehsize),			\
	.e_phentsize = offsetof(Elf##bits##_Ehdr, e_phentsize),			\
	.e_phnum = offsetof(Elf##bits##_Ehdr, e_phnum),				\
	.p_offset = offsetof(Elf##bits##_Phdr, p_offset),			\
	.p_vaddr = offsetof(Elf##bits##_Phdr, p_vaddr),				\
	.p_paddr = offsetof(Elf##bits##_Phdr, p_paddr),				\
	.p_filesz = offsetof(Elf##bits##_Phdr, p_filesz),			\
	.p_memsz = offsetof(Elf##bits##_Phdr, p_memsz),				\
	.p_align = offsetof(Elf##bits##_Phdr, p_align),				\
}

static const struct elf_layout layout_32 = ELF_LAYOUT(32, EM_386);
static const struct elf_layout layout_64 = ELF_LAYOUT(64, EM_X86_64);

static u64 elf_word(const struct image *image, const struct elf_layout *layout, u64 offset)
{
	return layout->word == 8 ? image_u64(image, offset) : image_u32(image, offset);
}

bool elf_matches(const struct image *image, unsigned int bits)
{
	return image_holds(image, 0, EI_NIDENT) && !memcmp(image->data, ELFMAG, SELFMAG) &&
	       image->data[EI_CLASS] == (bits == 64 ? ELFCLASS64 : ELFCLASS32);
}

static int check_header(const struct image *image, const struct elf_layout *layout,
			struct message *err)
{
	u16 type, machine;

	if (!image_holds(image, 0, layout->ehsize))
		return image_refuse(image, err, "the ELF header",
				    "is cut off: the file has %" PRIu64 " bytes", image->size);
	if (image->data[EI_DATA] != ELFDATA2LSB)
		return image_refuse(image, err, "ELF field e_ident[EI_DATA]",
				    "is %u: not little-endian, not for x86", image->data[EI_DATA]);
	if (image->data[EI_VERSION] != EV_CURRENT || image_u32(image, 20) != EV_CURRENT)
		return image_refuse(image, err, "ELF field e_version",
				    "is %" PRIu32 ", and e_ident[EI_VERSION] %u: only 1 exists",
				    image_u32(image, 20), image->data[EI_VERSION]);

	type = image_u16(image, 16);
	if (type == ET_DYN)
		return image_refuse(image, err, "ELF field e_type",
				    "is ET_DYN: link with -no-pie, for a fixed address");
	if (type != ET_EXEC)
		return image_refuse(image, err, "ELF field e_type", "is %u: not an executable",
				    type);
	machine = image_u16(image, 18);
	if (machine != EM_386 && machine != EM_X86_64)
		return image_refuse(image, err, "ELF field e_machine", "is %u: not for x86",
				    machine);
	if (machine != layout->machine)
		return image_refuse(image, err, "ELF field e_machine",
				    "is %u, which does not go with the class of the file (x32?)",
				    machine);
	if (image_u16(image, layout->e_ehsize) != layout->ehsize)
		return image_refuse(image, err, "ELF field e_ehsize", "is %u instead of %u",
				    image_u16(image, layout->e_ehsize), layout->ehsize);
	return 0;
}

static int check_program_headers(const struct image *image, const struct elf_layout *layout,
				 struct message *err)
{
	u64 phoff = elf_word(image, layout, layout->e_phoff);
	u16 phentsize = image_u16(image, layout->e_phentsize);
	u16 phnum = image_u16(image, layout->e_phnum);

	if (!phnum || phnum == PN_XNUM)
		return image_refuse(image, err, "ELF field e_phnum",
				    "is %u: nothing to load (an object file?)", phnum);
	if (phentsize != layout->phentsize)
		return image_refuse(image, err, "ELF field e_phentsize", "is %u instead of %u",
				    phentsize, layout->phentsize);
	if (!image_holds(image, phoff, (u64)phnum * phentsize))
		return image_refuse(image, err, "ELF field e_phoff",
				    "is %#" PRIx64 ": %u program headers there pass the file's end",
				    phoff, phnum);
	return 0;
}

static int refuse_segment(const struct image *image, struct message *err,
			  const struct elf_segment *segment, const char *reason)
{
	return refuse(err, ENOEXEC, "%s: program header %u: %s (p_offset %#" PRIx64
		      ", p_vaddr %#" PRIx64 ", p_paddr %#" PRIx64 ", p_filesz %#" PRIx64
		      ", p_memsz %#" PRIx64 ")", image->name, segment->index, reason,
		      segment->offset, segment->vaddr, segment->paddr, segment->filesz,
		      segment->memsz);
}

static int check_segment(const struct image *image, const struct elf_segment *segment,
			 struct message *err)
{
	if (segment->filesz > segment->memsz)
		return refuse_segment(image, err, segment, "p_filesz is larger than p_memsz");
	if (!image_holds(image, segment->offset, segment->filesz))
		return refuse_segment(image, err, segment,
				      "p_offset plus p_filesz passes the file's end");
	if (segment->paddr + segment->memsz < segment->paddr)
		return refuse_segment(image, err, segment, "p_paddr plus p_memsz wraps around");
	if (segment->vaddr + segment->memsz < segment->vaddr)
		return refuse_segment(image, err, segment, "p_vaddr plus p_memsz wraps around");
	return 0;
}

static int collect_segments(const struct image *image, const struct elf_layout *layout,
			    struct elf_file *elf, struct message *err)
{
	u64 at = elf_word(image, layout, layout->e_phoff);
	unsigned int phnum = image_u16(image, layout->e_phnum);
	unsigned int i;
	int ret;

	for (i = 0; i < phnum; i++, at += layout->phentsize) {
		u32 type = image_u32(image, at);
		struct elf_segment segment = {
			.index = i,
			.offset = elf_word(image, layout, at + layout->p_offset),
			.filesz = elf_word(image, layout, at + layout->p_filesz),
			.vaddr = elf_word(image, layout, at + layout->p_vaddr),
			.paddr = elf_word(image, layout, at + layout->p_paddr),
			.memsz = elf_word(image, layout, at + layout->p_memsz),
		};

		elf->interp |= type == PT_INTERP;
		if (type == PT_NOTE && elf->nr_notes < ELF_NOTES)
			elf->notes[elf->nr_notes++] = (struct elf_notes){
				.index = i, .offset = segment.offset, .size = segment.filesz,
				.align = elf_word(image, layout, at + layout->p_align),
			};
		if (type != PT_LOAD)
			continue;
		ret = check_segment(image, &segment, err);
		if (ret)
			return ret;
		if (!segment.memsz)
			continue;
		if (elf->nr == ELF_SEGMENTS)
			return image_refuse(image, err, "ELF field e_phnum",
					    "is too much: more than %d loadable segments",
					    ELF_SEGMENTS);
		elf->segments[elf->nr++] = segment;
	}
	if (!elf->nr)
		return image_refuse(image, err, "p_type",
				    "is PT_LOAD in no program header of any size: nothing to load");
	return 0;
}

int elf_parse(const struct image *image, struct elf_file *elf, struct message *err)
{
	bool is_64 = elf_matches(image, 64);
	const struct elf_layout *layout = is_64 ? &layout_64 : &layout_32;
	int ret;

	memset(elf, 0, sizeof(*elf));
	elf->bits = is_64 ? 64 : 32;
	ret = check_header(image, layout, err);
	if (ret)
		return ret;
	ret = check_program_headers(image, layout, err);
	if (ret)
		return ret;
	ret = collect_segments(image, layout, elf, err);
	if (ret)
		return ret;
	elf->entry = elf_word(image, layout, layout->e_entry);
	return 0;
}

/* Before paging the guest needs to know where the byte was put. */
int elf_entry(const struct image *image, const struct elf_file *elf, u64 *entry,
	      struct message *err)
{
	unsigned int i;

	for (i = 0; i < elf->nr; i++) {
		const struct elf_segment *segment = &elf->segments[i];

		if (elf->entry >= segment->vaddr && elf->entry - segment->vaddr < segment->memsz) {
			*entry = segment->paddr + (elf->entry - segment->vaddr);
			return 0;
		}
	}
	return image_refuse(image, err, "ELF field e_entry",
			    "is %#" PRIx64 ", which lies in no loadable segment", elf->entry);
}

bool elf_holds(const struct elf_file *elf, u64 gpa)
{
	unsigned int i;

	for (i = 0; i < elf->nr; i++)
		if (gpa >= elf->segments[i].paddr &&
		    gpa - elf->segments[i].paddr < elf->segments[i].memsz)
			return true;
	return false;
}

int elf_claim(const struct elf_file *elf, struct placement *plan, struct message *err)
{
	unsigned int i;
	int ret;

	for (i = 0; i < elf->nr; i++) {
		const struct elf_segment *segment = &elf->segments[i];

		ret = placement_claim(plan, segment->paddr, segment->memsz, err,
				      "ELF segment %u (p_paddr, p_memsz)", segment->index);
		if (ret)
			return ret;
	}
	return 0;
}

void elf_copy(const struct elf_file *elf, const struct image *image, struct guest_memory *memory)
{
	unsigned int i;

	for (i = 0; i < elf->nr; i++) {
		const struct elf_segment *segment = &elf->segments[i];
		u8 *place = guest_memory_at(memory, segment->paddr, segment->memsz);

		memcpy(place, image->data + segment->offset, segment->filesz);
		guest_memory_zero(memory, segment->paddr + segment->filesz,
				  segment->memsz - segment->filesz);
	}
}

static int check_mapped(const struct load_job *job, const struct elf_file *elf)
{
	const struct elf_segment *segment = elf->segments;
	unsigned int i;

	for (i = 0; i < elf->nr; i++, segment++)
		if (segment->paddr + segment->memsz > LAYOUT_MAPPED)
			return refuse_segment(job->image, job->err, segment,
					      "p_paddr plus p_memsz passes 1 GiB, all long mode has");
	return 0;
}

static int elf_load(const struct load_job *job)
{
	struct placement plan;
	struct elf_file elf;
	enum load_mode mode;
	u64 entry;
	int ret;

	ret = elf_parse(job->image, &elf, job->err);
	if (ret)
		return ret;
	mode = elf.bits == 64 ? LOAD_LONG : LOAD_PROTECTED;
	if (elf.interp)
		return image_refuse(job->image, job->err, "a program header's p_type",
				    "is PT_INTERP: a program for an operating system");
	ret = elf_entry(job->image, &elf, &entry, job->err);
	if (ret)
		return ret;
	if (job->request->has_entry)
		entry = job->request->entry;

	placement_init(&plan, job->memory, job->image->name);
	ret = boot_tables_claim(&plan, mode, job->err);
	if (ret)
		return ret;
	ret = elf_claim(&elf, &plan, job->err);
	if (ret)
		return ret;
	if (!elf_holds(&elf, entry))
		return refuse(job->err, EINVAL,
			      "%s: %#" PRIx64 " lies in no loaded segment: correct --entry",
			      job->image->name, entry);
	if (mode == LOAD_LONG) {
		ret = check_mapped(job, &elf);
		if (ret)
			return ret;
	}

	elf_copy(&elf, job->image, job->memory);
	boot_tables_write(job->memory, mode);
	if (mode == LOAD_LONG)
		boot_state_long(job->state, entry);
	else
		boot_state_protected(job->state, entry);
	multiboot_note_bad_header(job->image, job->state);
	return 0;
}

static bool elf32_matches(const struct image *image)
{
	return elf_matches(image, 32);
}

static bool elf64_matches(const struct image *image)
{
	return elf_matches(image, 64);
}

const struct load_format format_elf32 = {
	.name = "ELF32",
	.accepts = LOAD_ACCEPTS_ENTRY | LOAD_ACCEPTS_PROTECTED,
	.matches = elf32_matches,
	.load = elf_load,
};

const struct load_format format_elf64 = {
	.name = "ELF64",
	.accepts = LOAD_ACCEPTS_ENTRY | LOAD_ACCEPTS_LONG,
	.matches = elf64_matches,
	.load = elf_load,
};
