/* SPDX-License-Identifier: GPL-2.0-only */
/* A file in memory, to be parsed, and bounded reads of its little-endian fields. */
#ifndef XVCPUCTL_LOADERS_IMAGE_H
#define XVCPUCTL_LOADERS_IMAGE_H

#include "../message.h"
#include "../types.h"

/** define IMAGE_SIZE_MAX - larger files are refused before they are read */
#define IMAGE_SIZE_MAX	(1ull << 30)

/**
 * struct image - the bytes of a file
 * @data: whoever filled it owns them
 * @size: bytes at @data
 * @name: for messages
 */
struct image {
	const u8 *data;
	u64 size;
	const char *name;
};

/** define IMAGE_LARGE - the reading of larger files is reported */
#define IMAGE_LARGE	(16ull << 20)

/**
 * struct image_progress - who is told how the reading of a large file gets on
 * @report: called after each MiB or so, and once with @done equal to @total, in this order; a file
 *          that cannot be read may end it early
 * @ctx:    first argument to @report
 */
struct image_progress {
	void (*report)(void *ctx, const char *name, u64 done, u64 total);
	void *ctx;
};

/**
 * image_read() - read a whole file
 * @image:    filled on success; to be given to image_free()
 * @path:     the file; must outlive @image
 * @progress: told of regular files larger than %IMAGE_LARGE; NULL: nobody is
 * @err:      on failure: why
 *
 * Return: 0 or a negative errno.
 */
int image_read(struct image *image, const char *path, const struct image_progress *progress,
	       struct message *err);

/** image_free() - free what image_read() filled in */
void image_free(struct image *image);

/**
 * image_refuse() - refuse an image because of something in it
 * @image:  the file
 * @err:    receives "FILE: WHAT REASON"
 * @what:   what is wrong, "ELF field e_type"
 * @format: printf format of the reason, "is %u: not an executable"
 *
 * Return: -ENOEXEC.
 */
int image_refuse(const struct image *image, struct message *err, const char *what,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/** image_holds() - whether @len bytes at @offset lie within the file */
bool image_holds(const struct image *image, u64 offset, u64 len);

/*
 * image_u16() and its kin - a little-endian field. The caller has checked with image_holds() that
 * it is there; outside the file they give 0.
 */
u8 image_u8(const struct image *image, u64 offset);
u16 image_u16(const struct image *image, u64 offset);
u32 image_u32(const struct image *image, u64 offset);
u64 image_u64(const struct image *image, u64 offset);

#endif /* XVCPUCTL_LOADERS_IMAGE_H */
