/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the loader tests share: a guest's memory, images made by hand, and checks of what came of
 * them.
 */
#ifndef XVCPUCTL_TESTS_LOADING_H
#define XVCPUCTL_TESTS_LOADING_H

#include "../loaders/format.h"
#include "../loaders/layout.h"
#include "tap.h"

/** define LOADING_IMAGE - bytes that an image made by hand can have */
#define LOADING_IMAGE	0x8000

/**
 * struct loading - one load
 * @memory:  the guest's memory, zero before
 * @request: what is asked for; @request.image is a name only
 * @bytes:   the image
 * @size:    its bytes
 * @state:   how the vCPU starts
 * @err:     why not
 */
struct loading {
	struct guest_memory memory;
	struct load_request request;
	u8 bytes[LOADING_IMAGE];
	u64 size;
	struct boot_state state;
	struct message err;
};

/** loading_begin() - @mib of zero memory and an empty request and image */
void loading_begin(struct loading *l, u64 mib);

/** loading_end() - free the memory */
void loading_end(struct loading *l);

/* Little-endian fields of the image. */
void put16(struct loading *l, u64 offset, u16 value);
void put32(struct loading *l, u64 offset, u32 value);
void put64(struct loading *l, u64 offset, u64 value);

/** loading_run() - load the image. Return: as load_bytes() */
int loading_run(struct loading *l);

/** loading_refused() - load it: must fail with @error, say @part, and leave memory zero */
void loading_refused(struct loading *l, int error, const char *part);

/**
 * struct corruption - a field to spoil
 * @offset: in the image
 * @width:  bytes
 * @value:  what to write there
 * @error:  positive errno that loading must fail with
 * @part:   what the message must contain
 */
struct corruption {
	u64 offset;
	unsigned int width;
	u64 value;
	int error;
	const char *part;
};

/** loading_corrupt() - spoil a good image, a field at a time; each must be refused by its name */
void loading_corrupt(struct loading *l, const struct corruption *list, unsigned int count);

/** loading_truncate() - cut a good image at every length below @from: each must be refused */
void loading_truncate(struct loading *l, u64 from);

/**
 * loading_mangle() - change single bytes and words of a good image in many ways
 *
 * Whatever comes out must be refused with a message and nothing written, or start in RAM. The
 * sanitizers watch the rest.
 */
void loading_mangle(struct loading *l, u64 from, u64 to);

/** loading_byte() - a byte of guest memory */
u8 loading_byte(const struct loading *l, u64 gpa);

/** loading_u32() - four bytes of guest memory */
u32 loading_u32(const struct loading *l, u64 gpa);

/** loading_u64() - eight bytes of guest memory */
u64 loading_u64(const struct loading *l, u64 gpa);

/** loading_string() - a string in guest memory; "" outside RAM */
const char *loading_string(const struct loading *l, u64 gpa);

/**
 * loading_touched() - pages of guest memory that cost the host memory
 *
 * Only if the memory was not looked at before, since that counts as well.
 */
u64 loading_touched(const struct loading *l);

/** loading_check_protected() - the state is 32-bit flat protected mode with its GDT in memory */
void loading_check_protected(const struct loading *l);

/** loading_check_mapped() - paging maps [@from, @to), multiples of a GiB, onto itself */
void loading_check_mapped(const struct loading *l, u64 from, u64 to);

/** loading_check_unmapped() - paging does not map the GiB at @gla */
void loading_check_unmapped(const struct loading *l, u64 gla);

/** loading_check_long() - the state is 64-bit mode with GDT and identity map in memory */
void loading_check_long(const struct loading *l);

#endif /* XVCPUCTL_TESTS_LOADING_H */
