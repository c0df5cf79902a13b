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

/**
 * struct elf_file - what elf_parse() found
 * @bits:     32 or 64
 * @entry:    physical address of the entry point
 * @interp:   the file asks for a dynamic linker
 * @nr:       entries in @segments
 * @segments: in file order, those of size 0 left out; at least one
 */
struct elf_file {
	unsigned int bits;
	u64 entry;
	bool interp;
	unsigned int nr;
	struct elf_segment segments[ELF_SEGMENTS];
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
 * elf_claim() - reserve the places of all segments
 *
 * Return: 0, or as placement_claim().
 */
int elf_claim(const struct elf_file *elf, struct placement *plan, struct message *err);

/** elf_copy() - write all segments to their places, which have been claimed */
void elf_copy(const struct elf_file *elf, const struct image *image, struct guest_memory *memory);

#endif /* XVCPUCTL_LOADERS_ELF_FILE_H */
