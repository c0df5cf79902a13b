/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF files as far as they describe what to load: used for plain ELF and for Multiboot kernels. */
#ifndef XVCPUCTL_LOADERS_ELF_FILE_H
#define XVCPUCTL_LOADERS_ELF_FILE_H

#include "image.h"
#include "placement.h"

/** define ELF_SEGMENTS - loadable segments that a file may have */
#define ELF_SEGMENTS	64

/**
 * struct elf_segment - a PT_LOAD program header
 * @index:  its number among all program headers
 * @offset: where its bytes are in the file
 * @filesz: how many there are
 * @vaddr:  the address for which it was linked
 * @paddr:  where it goes in guest memory
 * @memsz:  bytes there; what exceeds @filesz is zero
 */
struct elf_segment {
	unsigned int index;
	u64 offset;
	u64 filesz;
	u64 vaddr;
	u64 paddr;
	u64 memsz;
};

/** define ELF_NOTES - PT_NOTE program headers that are looked at */
#define ELF_NOTES	16

/**
 * struct elf_notes - a PT_NOTE program header, as the file has it: unchecked
 * @index:  its number among all program headers
 * @offset: where the notes are in the file
 * @size:   their bytes
 * @align:  p_align
 */
struct elf_notes {
	unsigned int index;
	u64 offset;
	u64 size;
	u64 align;
};

/**
 * struct elf_file - what elf_parse() found
 * @bits:     32 or 64
 * @entry:    the entry point as the header has it; elf_entry() says where that is
 * @interp:   the file asks for a dynamic linker
 * @nr:       entries in @segments
 * @segments: in file order, those of size 0 left out; at least one
 * @nr_notes: entries in @notes
 * @notes:    the PT_NOTE program headers in file order; those beyond %ELF_NOTES are left out
 */
struct elf_file {
	unsigned int bits;
	u64 entry;
	bool interp;
	unsigned int nr;
	struct elf_segment segments[ELF_SEGMENTS];
	unsigned int nr_notes;
	struct elf_notes notes[ELF_NOTES];
};

/** elf_matches() - whether the file begins as ELF files of 32 or 64 bits do */
bool elf_matches(const struct image *image, unsigned int bits);

/**
 * elf_parse() - check an ELF executable for x86 and list what to load
 *
 * Return: 0, or -ENOEXEC with the offending field in @err.
 */
int elf_parse(const struct image *image, struct elf_file *elf, struct message *err);

/**
 * elf_entry() - translate the entry point, an address as linked, to where that byte is put
 *
 * Return: 0, or -ENOEXEC: no segment has it.
 */
int elf_entry(const struct image *image, const struct elf_file *elf, u64 *entry,
	      struct message *err);

/** elf_holds() - whether a physical address is in a segment */
bool elf_holds(const struct elf_file *elf, u64 gpa);

/**
 * elf_find_note() - look for a note
 * @image:  the file
 * @elf:    from elf_parse()
 * @name:   its name
 * @type:   its type
 * @offset: set to where its descriptor is in the file; all of it is there
 * @size:   set to the descriptor's bytes
 *
 * A malformed list of notes ends where it stops making sense.
 *
 * Return: whether there is one.
 */
bool elf_find_note(const struct image *image, const struct elf_file *elf, const char *name,
		   u32 type, u64 *offset, u64 *size);

/**
 * elf_claim() - reserve the places of all segments
 *
 * Return: 0, or as placement_claim().
 */
int elf_claim(const struct elf_file *elf, struct placement *plan, struct message *err);

/** elf_copy() - write all segments to their places, which have been claimed */
void elf_copy(const struct elf_file *elf, const struct image *image, struct guest_memory *memory);

#endif /* XVCPUCTL_LOADERS_ELF_FILE_H */
