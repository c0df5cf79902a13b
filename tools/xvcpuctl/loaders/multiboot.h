/* SPDX-License-Identifier: GPL-2.0-only */
/* Telling files with a Multiboot header that went wrong from files without one. */
#ifndef XVCPUCTL_LOADERS_MULTIBOOT_H
#define XVCPUCTL_LOADERS_MULTIBOOT_H

#include "image.h"
#include "loader.h"

/**
 * multiboot_bad_header() - look for the magic number without a valid checksum behind it
 * @image:  the file
 * @offset: set to where the magic number is
 *
 * Return: whether there is one, and no valid header either. The number may be there by chance.
 */
bool multiboot_bad_header(const struct image *image, u64 *offset);

/** multiboot_note_bad_header() - mention it in @state->note */
void multiboot_note_bad_header(const struct image *image, struct boot_state *state);

#endif /* XVCPUCTL_LOADERS_MULTIBOOT_H */
