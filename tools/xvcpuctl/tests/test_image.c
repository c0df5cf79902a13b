// SPDX-License-Identifier: GPL-2.0-only
/* Reading of image files: what is read, how it is reported, and fields at and beyond the end. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../loaders/image.h"
#include "tap.h"

#define MIB	(1ull << 20)

static struct message err;
static char path[64];

/* What was reported. */
static struct {
	unsigned int calls;
	unsigned int finals;
	bool backwards;
	u64 done;
	u64 total;
	const char *name;
} reported;

static void on_report(void *ctx, const char *name, u64 done, u64 total)
{
	CHECK(ctx == &reported);
	reported.calls++;
	reported.finals += done == total;
	reported.backwards |= done <= reported.done;
	reported.done = done;
	reported.total = total;
	reported.name = name;
}

static const struct image_progress progress = { .report = on_report, .ctx = &reported };

/* A file of @size bytes, the last of them 0x7e; costs no disk. */
static void make_file(u64 size)
{
	int fd;

	snprintf(path, sizeof(path), "%s/test_image.XXXXXX", P_tmpdir);
	fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK_EQ(1, pwrite(fd, "\x7e", 1, size - 1));
	close(fd);
	memset(&reported, 0, sizeof(reported));
	memset(&err, 0, sizeof(err));
}

static void a_large_file_is_reported_in_order_and_once_as_done(void)
{
	struct image image;

	make_file(40 * MIB + 5);
	CHECK_EQ(0, image_read(&image, path, &progress, &err));
	CHECK_EQ(40 * MIB + 5, image.size);
	CHECK_EQ(0x7e, image.data[40 * MIB + 4]);
	CHECK(reported.calls >= 40 && reported.calls <= 80);
	CHECK_EQ(1, reported.finals);
	CHECK(!reported.backwards);
	CHECK_EQ(40 * MIB + 5, reported.done);
	CHECK_EQ(40 * MIB + 5, reported.total);
	CHECK_STR(path, reported.name);
	image_free(&image);
	unlink(path);
}

static void other_files_are_not_reported(void)
{
	struct image image;

	make_file(IMAGE_LARGE);
	CHECK_EQ(0, image_read(&image, path, &progress, &err));
	CHECK_EQ(0, reported.calls);
	image_free(&image);
	unlink(path);
	make_file(IMAGE_LARGE + 1);
	CHECK_EQ(0, image_read(&image, path, &progress, &err));
	CHECK(reported.calls > 1);
	image_free(&image);
	CHECK_EQ(0, image_read(&image, path, NULL, &err));
	CHECK_EQ(0x7e, image.data[IMAGE_LARGE]);
	image_free(&image);
	unlink(path);
}

static void a_pipe_is_read_to_its_end(void)
{
	struct image image;
	char name[32];
	int fds[2];
	pid_t child;

	memset(&reported, 0, sizeof(reported));
	CHECK_EQ(0, pipe(fds));
	child = fork();
	if (!child) {
		static u8 part[1 << 16];
		unsigned int i;

		close(fds[0]);
		for (i = 0; i < 300; i++)
			if (write(fds[1], part, sizeof(part)) != sizeof(part))
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	snprintf(name, sizeof(name), "/dev/fd/%d", fds[0]);
	CHECK_EQ(0, image_read(&image, name, &progress, &err));
	CHECK_EQ(300 << 16, image.size);
	CHECK_EQ(0, reported.calls);
	image_free(&image);
	close(fds[0]);
}

static void what_cannot_be_read_is_named(void)
{
	struct image image;

	CHECK_EQ(-ENOENT, image_read(&image, "/nonexistent/image", &progress, &err));
	CHECK_CONTAINS(err.text, "cannot open /nonexistent/image");
	CHECK_EQ(-EISDIR, image_read(&image, "/", &progress, &err));
	CHECK_CONTAINS(err.text, "cannot read /");
	make_file(IMAGE_SIZE_MAX + 1);
	CHECK_EQ(-EFBIG, image_read(&image, path, &progress, &err));
	CHECK_CONTAINS(err.text, "larger than 1 GiB");
	CHECK_EQ(0, reported.calls);
	unlink(path);
}

static void fields_beyond_the_end_are_zero(void)
{
	u8 *bytes = malloc(8);		/* the sanitizer sees reads beyond it */
	struct image image = { .data = bytes, .size = 8, .name = "image" };

	memcpy(bytes, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	CHECK_EQ(0x0807060504030201, image_u64(&image, 0));
	CHECK_EQ(0x0807, image_u16(&image, 6));
	CHECK_EQ(8, image_u8(&image, 7));
	CHECK_EQ(0, image_u64(&image, 1));
	CHECK_EQ(0, image_u32(&image, 5));
	CHECK_EQ(0, image_u16(&image, 7));
	CHECK_EQ(0, image_u8(&image, 8));
	CHECK_EQ(0, image_u8(&image, ~0ull));
	CHECK_EQ(0, image_u64(&image, ~0ull - 3));
	CHECK(image_holds(&image, 8, 0) && !image_holds(&image, 9, 0));
	CHECK(!image_holds(&image, 1, ~0ull));
	free(bytes);
}

static const struct tap_test tests[] = {
	TEST(a_large_file_is_reported_in_order_and_once_as_done),
	TEST(other_files_are_not_reported),
	TEST(a_pipe_is_read_to_its_end),
	TEST(what_cannot_be_read_is_named),
	TEST(fields_beyond_the_end_are_zero),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
