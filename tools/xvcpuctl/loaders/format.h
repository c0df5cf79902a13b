/* SPDX-License-Identifier: GPL-2.0-only */
/* What load_image() and the loaders of the single formats share. */
#ifndef XVCPUCTL_LOADERS_FORMAT_H
#define XVCPUCTL_LOADERS_FORMAT_H

#include "image.h"
#include "loader.h"

/**
 * struct load_job - one call of load_image(), after the image has been read
 * @request: what the caller wants
 * @image:   the file
 * @memory:  the guest's memory
 * @state:   to be filled
 * @err:     why it failed
 */
struct load_job {
	const struct load_request *request;
	const struct image *image;
	struct guest_memory *memory;
	struct boot_state *state;
	struct message *err;
};

/**
 * struct load_format - a kind of image
 * @name:      as in &boot_state.format
 * @accepts:   LOAD_ACCEPTS_* : which optional parts of a request make sense
 * @matches:   whether a file claims to be of this kind
 * @load:      checks and loads it; 0 or a negative errno with job->err set. A job whose @image
 *             holds any bytes whatsoever is safe
 */
struct load_format {
	const char *name;
	unsigned int accepts;
	bool (*matches)(const struct image *image);
	int (*load)(const struct load_job *job);
};

#define LOAD_ACCEPTS_ADDRESS	(1u << 0)
#define LOAD_ACCEPTS_ENTRY	(1u << 1)
#define LOAD_ACCEPTS_CMDLINE	(1u << 2)
#define LOAD_ACCEPTS_MODULES	(1u << 3)
#define LOAD_ACCEPTS_INITRD	(1u << 4)
#define LOAD_ACCEPTS_REAL	(1u << 5)
#define LOAD_ACCEPTS_PROTECTED	(1u << 6)
#define LOAD_ACCEPTS_LONG	(1u << 7)

extern const struct load_format format_flat;
extern const struct load_format format_elf32;
extern const struct load_format format_elf64;
extern const struct load_format format_multiboot;
extern const struct load_format format_bzimage;
extern const struct load_format format_pvh;
extern const struct load_format format_firmware;

/**
 * load_bytes() - run the loaders over an image that is already in memory
 *
 * As load_image(), without reading @request->image or @request->firmware.
 */
int load_bytes(const struct load_request *request, const struct image *image,
	       struct guest_memory *memory, struct boot_state *state, struct message *err);

#endif /* XVCPUCTL_LOADERS_FORMAT_H */
