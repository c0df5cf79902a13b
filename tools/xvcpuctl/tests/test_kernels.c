// SPDX-License-Identifier: GPL-2.0-only
/*
 * Debian's kernels, untouched: loaded where their headers say, into guests of several sizes, and
 * refused with the size they need. guests.sh collects them; GUESTS is where.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loading.h"

#define MIB		(1ull << 20)
#define GIB		(1ull << 30)

#define PREF		(16 * MIB)	/* CONFIG_PHYSICAL_START of all of them */
#define KERNEL_AT	(40 * 512)	/* behind their boot sector and 39 sectors of setup code */

static struct loading l;
static struct image image;
static char path[512];

static const char *const kernels[] = { "cloud", "stock", "6.12" };

/* Returns false, and skips the test, if the image is not there or such a guest cannot be mapped. */
static bool begin(const char *name, u64 bytes)
{
	const char *guests = getenv("GUESTS");

	memset(&l, 0, sizeof(l));
	snprintf(path, sizeof(path), "%s/%s", guests ? guests : ".", name);
	l.request.image = path;
	if (access(path, R_OK)) {
		tap_skip("%s is not there: see guests.sh", path);
		return false;
	}
	if (guest_memory_init(&l.memory, bytes, &l.err)) {
		tap_skip("this host cannot map a guest of that size");
		return false;
	}
	tap_context("%s", path);
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
	tap_context(NULL);
}

static u32 param(unsigned int offset)
{
	return loading_u32(&l, l.state.regs.rsi + offset);
}

/* Whatever the size of the guest: all of the kernel, at 16 MiB, and its 64-bit entry point. */
static void check_loaded(const char *name, u64 bytes)
{
	u64 size;

	if (!begin(name, bytes))
		return;
	l.request.cmdline = "console=ttyS0 root=/dev/ram0";
	CHECK_EQ(0, load());
	CHECK_STR("", l.err.text);
	CHECK_STR("bzImage", l.state.format);
	loading_check_long(&l);
	CHECK_EQ(PREF + 0x200, l.state.regs.rip);
	size = 16ull * image_u32(&image, 0x1f4);
	CHECK(!memcmp(guest_memory_at(&l.memory, PREF, size), image.data + KERNEL_AT, size));
	CHECK_STR("console=ttyS0 root=/dev/ram0", loading_string(&l, param(0x228)));
	CHECK_EQ(9, loading_u32(&l, loading_u64(&l, l.state.regs.rsi + 0x250) + 8));
	CHECK_EQ(bytes > 3 * GIB ? 4 : 3, param(0x1e8) & 0xff);
	end();
}

static void kernels_go_to_16_mib_in_guests_of_every_size(void)
{
	static const u64 sizes[] = { 128 * MIB, GIB, 5 * GIB };
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(kernels); k++)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			check_loaded(kernels[k], sizes[i]);
}

static void kernels_have_a_32_bit_entry_point_too(void)
{
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		if (!begin(kernels[k], 128 * MIB))
			return;
		l.request.mode = LOAD_PROTECTED;
		CHECK_EQ(0, load());
		loading_check_protected(&l);
		CHECK_EQ(PREF, l.state.regs.rip);
		end();
	}
}

/* init_size counts from 16 MiB on. The number in the message is the smallest that will do. */
static void a_small_guest_is_told_what_the_kernel_needs(void)
{
	char text[64];
	unsigned int k;
	u64 mib;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		if (!begin(kernels[k], 32 * MIB))
			return;
		mib = 16 + (image_u32(&image, 0x260) + MIB - 1) / MIB;
		CHECK_EQ(-ENOSPC, load());
		snprintf(text, sizeof(text), "give --mem %llu or more", (unsigned long long)mib);
		CHECK_CONTAINS(l.err.text, text);
		CHECK_CONTAINS(l.err.text, "init_size");
		CHECK_EQ(0, loading_touched(&l));
		end();
		if (!begin(kernels[k], (mib - 1) * MIB))
			return;
		CHECK_EQ(-ENOSPC, load());
		end();
		if (!begin(kernels[k], mib * MIB))
			return;
		CHECK_EQ(0, load());
		end();
	}
}

static void what_the_kernel_does_not_fill_is_not_touched(void)
{
	unsigned int k;
	u64 pages;

	for (k = 0; k < ARRAY_SIZE(kernels); k++) {
		if (!begin(kernels[k], 5 * GIB))
			return;
		CHECK_EQ(0, load());
		pages = (image_u32(&image, 0x1f4) * 16ull + 4095) / 4096;
		/* GDT, three tables, boot_params, setup_data, command line */
		CHECK_EQ(pages + 7, loading_touched(&l));
		end();
	}
}

static void cut_off_kernels_are_refused(void)
{
	u64 whole, cut;
	const u8 *all;

	if (!begin("cloud", 128 * MIB))
		return;
	whole = image.size;
	all = image.data;
	for (cut = 0; cut < KERNEL_AT + 16ull * image_u32(&image, 0x1f4) - 15;
	     cut += cut < 0x300 ? 7 : 199999) {
		u8 *part = malloc(cut ? cut : 1);

		/* A copy of that size, so that the sanitizer sees reads beyond it. */
		memcpy(part, all, cut);
		image.data = part;
		image.size = cut;
		tap_context("cut to %llu bytes", (unsigned long long)cut);
		CHECK(load() < 0);
		CHECK(l.err.text[0]);
		CHECK_EQ(0, loading_touched(&l));
		image.data = all;
		image.size = whole;
		free(part);
	}
	CHECK_EQ(0, load());
	end();
}

/* The segments, from readelf: 16 MiB on; the note: pvh_start_xen. */
static void vmlinux_starts_at_its_pvh_entry(void)
{
	if (!begin("cloud.vmlinux", 128 * MIB))
		return;
	l.request.cmdline = "console=ttyS0";
	CHECK_EQ(0, load());
	CHECK_STR("PVH", l.state.format);
	loading_check_protected(&l);
	CHECK(l.state.regs.rip > PREF && l.state.regs.rip < 64 * MIB);
	CHECK_EQ(0xfc, loading_byte(&l, l.state.regs.rip));	/* CLD */
	CHECK(!memcmp(loading_string(&l, PREF), image.data + 0x200000, 4096));
	CHECK_EQ(LAYOUT_INFO, l.state.regs.rbx);
	end();
	if (!begin("cloud.vmlinux", 32 * MIB))
		return;
	CHECK_EQ(-ENOSPC, load());
	CHECK_CONTAINS(l.err.text, "outside the guest's 32768 KiB of memory");
	CHECK_EQ(0, loading_touched(&l));
	end();
}

/* ELF64 with a Multiboot header: what some loaders refuse. Its entry is at its first address. */
static void gnumach_is_multiboot_in_elf64(void)
{
	if (!begin("gnumach", 128 * MIB))
		return;
	CHECK_EQ(0, load());
	CHECK_STR("Multiboot", l.state.format);
	loading_check_protected(&l);
	CHECK_EQ(PREF, l.state.regs.rip);
	CHECK_EQ(0x2badb002, l.state.regs.rax);
	CHECK(!memcmp(loading_string(&l, PREF), image.data + 0x1000, 4096));
	CHECK(!memcmp(loading_string(&l, PREF + 0xc000), image.data + 0xd000, 4096));
	end();
}

static void ipxe_is_for_firmware(void)
{
	loading_begin(&l, 8);
	l.request.image = "/boot/ipxe.lkrn";
	if (access(l.request.image, R_OK)) {
		tap_skip("%s is not there: install ipxe", l.request.image);
		loading_end(&l);
		return;
	}
	CHECK_EQ(0, image_read(&image, l.request.image, NULL, &l.err));
	CHECK_EQ(-ENOEXEC, load());
	CHECK_CONTAINS(l.err.text, "code32_start is 0");
	CHECK_CONTAINS(l.err.text, "only firmware can start it");
	end();
}

static const struct tap_test tests[] = {
	TEST(kernels_go_to_16_mib_in_guests_of_every_size),
	TEST(kernels_have_a_32_bit_entry_point_too),
	TEST(a_small_guest_is_told_what_the_kernel_needs),
	TEST(what_the_kernel_does_not_fill_is_not_touched),
	TEST(cut_off_kernels_are_refused),
	TEST(vmlinux_starts_at_its_pvh_entry),
	TEST(gnumach_is_multiboot_in_elf64),
	TEST(ipxe_is_for_firmware),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
