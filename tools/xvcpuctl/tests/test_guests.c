// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images of Debian packages, as they are: loaded where their headers say, and refused when they are
 * cut off. Whether they run is for qemu/run.sh and for the guests' own tests.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loading.h"

static struct loading l;
static struct image image;

/* Returns false, and skips the test, if the package is not installed. */
static bool begin(const char *path, const char *package, u64 mib)
{
	loading_begin(&l, mib);
	l.request.image = path;
	if (access(path, R_OK)) {
		tap_skip("%s is not there: install %s", path, package);
		loading_end(&l);
		return false;
	}
	CHECK_EQ(0, image_read(&image, path, NULL, &l.err));
	return true;
}

static int load(void)
{
	return load_bytes(&l.request, &image, &l.memory, &l.state, &l.err);
}

static void end(void)
{
	image_free(&image);
	loading_end(&l);
}

static void grub_invaders_is_multiboot_with_address_fields(void)
{
	if (!begin("/boot/invaders.exec", "grub-invaders", 8))
		return;
	CHECK_EQ(0, load());
	CHECK_STR("Multiboot", l.state.format);
	loading_check_protected(&l);
	CHECK_EQ(0x2badb002, l.state.regs.rax);
	/* The header, by readelf and the bytes of the file: load 0x100000, entry 0x100024. */
	CHECK_EQ(0x100024, l.state.regs.rip);
	CHECK_EQ(0x1badb002, loading_u32(&l, 0x100004));
	CHECK_EQ(0xbc, loading_byte(&l, 0x100024));
	CHECK_STR("", l.state.note);
	end();
}

static void memtest_x64_starts_at_its_64_bit_entry_point(void)
{
	if (!begin("/boot/memtest86+x64.bin", "memtest86+", 8))
		return;
	l.request.cmdline = "console=ttyS0,115200 nosmp";
	CHECK_EQ(0, load());
	CHECK_STR("bzImage", l.state.format);
	loading_check_long(&l);
	CHECK_EQ(0x100200, l.state.regs.rip);
	CHECK(!memcmp(loading_string(&l, 0x100000), image.data + 0x600, 4096));
	CHECK_STR("console=ttyS0,115200 nosmp",
		  loading_string(&l, loading_u32(&l, l.state.regs.rsi + 0x228)));
	end();
}

static void memtest_ia32_starts_in_protected_mode(void)
{
	if (!begin("/boot/memtest86+ia32.bin", "memtest86+", 8))
		return;
	CHECK_EQ(0, load());
	loading_check_protected(&l);
	CHECK_EQ(0x100000, l.state.regs.rip);
	l.request.mode = LOAD_LONG;
	CHECK_EQ(-EINVAL, load());
	end();
}

static void memtest_says_how_much_memory_it_needs(void)
{
	if (!begin("/boot/memtest86+x64.bin", "memtest86+", 1))
		return;
	CHECK_EQ(-ENOSPC, load());
	CHECK_CONTAINS(l.err.text, "needs 2 MiB of guest memory and there are 1");
	end();
}

/* The whole file, cut at a few thousand places. */
static void check_cuts(const char *path, const char *package, u64 needed)
{
	u64 whole, cut;

	if (!begin(path, package, 3))
		return;
	whole = image.size;
	for (cut = 0; cut < needed; cut += cut < 0x700 ? 1 : 499) {
		const u8 *all = image.data;
		u8 *part = malloc(cut ? cut : 1);

		/* A copy of that size, so that the sanitizer sees reads beyond it. */
		memcpy(part, all, cut);
		image.data = part;
		image.size = cut;
		tap_context("%s, cut to %llu bytes", path, (unsigned long long)cut);
		CHECK(load() < 0);
		CHECK(l.err.text[0]);
		image.data = all;
		image.size = whole;
		free(part);
	}
	tap_context(NULL);
	CHECK_EQ(0, load());
	end();
}

static void cut_off_guests_are_refused(void)
{
	check_cuts("/boot/invaders.exec", "grub-invaders", 0x1a58);
	check_cuts("/boot/memtest86+x64.bin", "memtest86+", 144312);
}

static void a_dynamic_program_is_no_guest(void)
{
	if (!begin("/proc/self/exe", "procfs", 8))
		return;
	CHECK_EQ(-ENOEXEC, load());
	CHECK_CONTAINS(l.err.text, "/proc/self/exe");
	CHECK_CONTAINS(l.err.text, "-no-pie");
	end();
}

static const struct tap_test tests[] = {
	TEST(grub_invaders_is_multiboot_with_address_fields),
	TEST(memtest_x64_starts_at_its_64_bit_entry_point),
	TEST(memtest_ia32_starts_in_protected_mode),
	TEST(memtest_says_how_much_memory_it_needs),
	TEST(cut_off_guests_are_refused),
	TEST(a_dynamic_program_is_no_guest),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
