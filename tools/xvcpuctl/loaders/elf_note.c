// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes in ELF files (System V ABI, "Note Section"). The file is hostile: a list of notes ends
 * where it leaves its segment or the file. No state.
 */
#include <string.h>

#include "elf_file.h"

#define NOTE_HEADER	12	/* namesz, descsz, type */

/* Sizes are 32 bits wide, so this does not wrap. */
static u64 pad(u64 size, u64 align)
{
	return (size + align - 1) & ~(align - 1);
}

static bool find_in(const struct image *image, const struct elf_notes *notes, const char *name,
		    u32 type, u64 *offset, u64 *size)
{
	u64 align = notes->align == 8 ? 8 : 4;
	u64 left = notes->size, at = notes->offset;

	if (!image_holds(image, at, left))
		return false;
	while (left >= NOTE_HEADER) {
		u64 namesz = image_u32(image, at), descsz = image_u32(image, at + 4);
		u64 desc = pad(NOTE_HEADER + namesz, align);

		if (desc > left || descsz > left - desc)
			return false;
		if (image_u32(image, at + 8) == type && namesz == strlen(name) + 1 &&
		    !memcmp(image->data + at + NOTE_HEADER, name, namesz)) {
			*offset = at + desc;
			*size = descsz;
			return true;
		}
		desc += pad(descsz, align);
		if (desc > left)
			return false;
		at += desc;
		left -= desc;
	}
	return false;
}

bool elf_find_note(const struct image *image, const struct elf_file *elf, const char *name,
		   u32 type, u64 *offset, u64 *size)
{
	unsigned int i;

	for (i = 0; i < elf->nr_notes; i++)
		if (find_in(image, &elf->notes[i], name, type, offset, size))
			return true;
	return false;
}
