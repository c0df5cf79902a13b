// SPDX-License-Identifier: GPL-2.0-only
/* Reading of image files. A struct image belongs to its caller; no other state. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../refuse.h"
#include "image.h"

#define REPORT_EACH	(1ull << 20)

/* A regular file's size is only a first guess: it may be a pipe, or grow while it is read. */
static u64 first_guess(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return 64 << 10;
	/* One more byte, so that the read that finds the end needs no larger buffer. */
	return (u64)st.st_size + 1;
}

static int refuse_size(const struct image *image, struct message *err)
{
	return refuse(err, EFBIG, "%s is larger than 1 GiB: no image to start a guest from",
		      image->name);
}

/* What the progress is measured by; 0: it is not reported. */
static u64 total_of(int fd, const struct image_progress *progress)
{
	struct stat st;

	if (!progress || fstat(fd, &st) || !S_ISREG(st.st_mode) || (u64)st.st_size <= IMAGE_LARGE)
		return 0;
	return st.st_size;
}

/* A file that grows meanwhile is as long as it was said to be, and done once. */
static void report(const struct image *image, const struct image_progress *progress, u64 total,
		   u64 before, u64 done)
{
	if (before < total)
		progress->report(progress->ctx, image->name, done < total ? done : total, total);
}

static int read_all(struct image *image, int fd, const struct image_progress *progress,
		    struct message *err)
{
	u64 capacity = first_guess(fd), total = total_of(fd, progress), size = 0;
	u8 *data = NULL;

	if (capacity > IMAGE_SIZE_MAX + 1)
		return refuse_size(image, err);
	for (;;) {
		ssize_t got;
		u64 left;

		if (!data || size == capacity) {
			u8 *larger;

			if (data)
				capacity *= 2;
			if (capacity > IMAGE_SIZE_MAX + 1)
				capacity = IMAGE_SIZE_MAX + 1;
			larger = realloc(data, capacity);
			if (!larger) {
				free(data);
				return refuse(err, ENOMEM, "%s: no memory to read it", image->name);
			}
			data = larger;
		}
		left = capacity - size;
		got = read(fd, data + size, total && left > REPORT_EACH ? REPORT_EACH : left);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = errno;

			free(data);
			return refuse(err, error, "cannot read %s: %s", image->name,
				      strerror(error));
		}
		if (!got)
			break;
		report(image, progress, total, size, size + got);
		size += got;
		if (size > IMAGE_SIZE_MAX) {
			free(data);
			return refuse_size(image, err);
		}
	}
	image->data = data;
	image->size = size;
	return 0;
}

int image_read(struct image *image, const char *path, const struct image_progress *progress,
	       struct message *err)
{
	int fd, ret;

	*image = (struct image){ .name = path };
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;

		return refuse(err, error, "cannot open %s: %s", path, strerror(error));
	}
	ret = read_all(image, fd, progress, err);
	close(fd);
	return ret;
}

void image_free(struct image *image)
{
	free((void *)image->data);
	image->data = NULL;
	image->size = 0;
}

int image_refuse(const struct image *image, struct message *err, const char *what,
		 const char *format, ...)
{
	char reason[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return refuse(err, ENOEXEC, "%s: %s %s", image->name, what, reason);
}

bool image_holds(const struct image *image, u64 offset, u64 len)
{
	return offset <= image->size && len <= image->size - offset;
}

static u64 field(const struct image *image, u64 offset, unsigned int bytes)
{
	u64 value = 0;
	unsigned int i;

	if (!image_holds(image, offset, bytes))
		return 0;
	for (i = 0; i < bytes; i++)
		value |= (u64)image->data[offset + i] << (8 * i);
	return value;
}

u8 image_u8(const struct image *image, u64 offset)
{
	return field(image, offset, 1);
}

u16 image_u16(const struct image *image, u64 offset)
{
	return field(image, offset, 2);
}

u32 image_u32(const struct image *image, u64 offset)
{
	return field(image, offset, 4);
}

u64 image_u64(const struct image *image, u64 offset)
{
	return field(image, offset, 8);
}
