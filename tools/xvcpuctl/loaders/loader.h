/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading a guest's image into its memory, and the state in which the first vCPU then starts.
 *
 * A loader checks the whole image and plans where everything goes before it writes the first byte
 * of guest memory: a refused image leaves the memory as it was. Nothing here keeps state between
 * calls.
 */
#ifndef XVCPUCTL_LOADERS_LOADER_H
#define XVCPUCTL_LOADERS_LOADER_H

#include <xvcpu.h>

#include "../guest_memory.h"
#include "../message.h"
#include "../types.h"
#include "image.h"

/**
 * enum load_mode - the processor mode in which the guest starts
 * @LOAD_AUTO:      what the image's format says; a flat binary has no format and needs one of the
 *                  others
 * @LOAD_REAL:      real mode
 * @LOAD_PROTECTED: 32-bit protected mode, flat segments, no paging
 * @LOAD_LONG:      64-bit mode, the first GiB mapped to itself
 */
enum load_mode {
	LOAD_AUTO,
	LOAD_REAL,
	LOAD_PROTECTED,
	LOAD_LONG,
};

/**
 * struct load_module - a Multiboot module
 * @path:    file
 * @cmdline: its command line; NULL: the file's name
 */
struct load_module {
	const char *path;
	const char *cmdline;
};

/**
 * struct load_request - what to load and how
 * @image:      file; NULL with @firmware
 * @firmware:   file of a firmware, to be started at the reset vector; NULL: none. With it nothing
 *              else is given: there is no way yet to pass an image on to it
 * @mode:       flat binaries: required. bzImage: chooses between the 32-bit and the 64-bit entry
 *              point. Others: %LOAD_AUTO or the mode that the format has anyway
 * @load:       flat binaries: guest-physical address, if @has_load; else 0x7c00 for real mode and
 *              0x100000 for the others
 * @entry:      guest-physical address of the first instruction, if @has_entry; else the start of a
 *              flat binary or what the image says
 * @has_load:   @load is given
 * @has_entry:  @entry is given; not with Multiboot, PVH and bzImage
 * @cmdline:    Multiboot, PVH and bzImage; NULL: none
 * @modules:    Multiboot only
 * @nr_modules: entries at @modules
 * @initrd:     PVH and bzImage only; NULL: none
 * @progress:   told while large files are read; NULL: nobody is
 */
struct load_request {
	const char *image;
	const char *firmware;
	enum load_mode mode;
	u64 load;
	u64 entry;
	bool has_load;
	bool has_entry;
	const char *cmdline;
	const struct load_module *modules;
	unsigned int nr_modules;
	const char *initrd;
	const struct image_progress *progress;
};

/**
 * struct boot_state - the first vCPU as the guest expects to find it
 * @regs:   for %XVCPU_STATE_REGS
 * @sregs:  for %XVCPU_STATE_SREGS
 * @cregs:  for %XVCPU_STATE_CREGS; apic_base and xcr0 have their values after reset
 * @mode:   never %LOAD_AUTO
 * @format: name of the image's format for messages: "flat binary", "ELF32", "Multiboot", ...
 * @note:   something the user should know although loading succeeded; empty: nothing
 */
struct boot_state {
	struct xvcpu_regs regs;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;
	enum load_mode mode;
	const char *format;
	char note[160];
};

/**
 * load_image() - put an image into guest memory
 * @request: what and how
 * @memory:  the guest's memory, as guest_memory_init() left it
 * @state:   how the first vCPU starts; valid on success
 * @err:     on failure: what is wrong and what to do
 *
 * Return: 0 or a negative errno:
 * -EINVAL:  the request contradicts itself or the image's format
 * -ENOEXEC: the image is malformed or of a kind that is not supported
 * -ENOSPC:  it does not fit into the guest's memory
 * -EFBIG:   a file is larger than 1 GiB
 * others:   a file cannot be read
 */
int load_image(const struct load_request *request, struct guest_memory *memory,
	       struct boot_state *state, struct message *err);

#endif /* XVCPUCTL_LOADERS_LOADER_H */
