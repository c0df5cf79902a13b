// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux kernels: bzImages that are relocatable, of protocol 2.15, as Debian's are. Where they go,
 * where their initrd goes, what they are told, and which field is wrong when they are refused.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "loading.h"

#define SETUP_SECTS	0x1f1
#define SYSSIZE		0x1f4
#define BOOT_FLAG	0x1fe
#define JUMP		0x200
#define MAGIC		0x202
#define VERSION		0x206
#define LOADFLAGS	0x211
#define CODE32_START	0x214
#define RAMDISK_IMAGE	0x218
#define RAMDISK_SIZE	0x21c
#define INITRD_ADDR_MAX	0x22c
#define ALIGNMENT	0x230
#define RELOCATABLE	0x234
#define MIN_ALIGNMENT	0x235
#define XLOADFLAGS	0x236
#define CMDLINE_SIZE	0x238
#define SUBARCH		0x23c
#define PAYLOAD_OFFSET	0x248
#define PAYLOAD_LENGTH	0x24c
#define SETUP_DATA	0x250
#define PREF_ADDRESS	0x258
#define INIT_SIZE	0x260
#define KERNEL_INFO	0x268
#define EXT_RAMDISK	0x0c0

#define SETUP_BYTES	(40 * 512)	/* setup_sects 39 */
#define KERNEL_BYTES	0x2000
#define INFO		0x1800		/* kernel_info, in the kernel */

#define MIB		(1ull << 20)
#define GIB		(1ull << 30)
#define PREF		(16 * MIB)
#define INIT		(32 * MIB)

static struct loading l;

static void make_kernel(void)
{
	l.bytes[SETUP_SECTS] = 39;
	put32(&l, SYSSIZE, KERNEL_BYTES / 16);
	put16(&l, BOOT_FLAG, 0xaa55);
	put16(&l, JUMP, 0x6aeb);
	memcpy(l.bytes + MAGIC, "HdrS", 4);
	put16(&l, VERSION, 0x020f);
	l.bytes[LOADFLAGS] = 1;
	put32(&l, CODE32_START, MIB);
	put32(&l, INITRD_ADDR_MAX, 0x7fffffff);
	put32(&l, ALIGNMENT, 2 * MIB);
	l.bytes[RELOCATABLE] = 1;
	l.bytes[MIN_ALIGNMENT] = 21;
	put16(&l, XLOADFLAGS, 0x7f);
	put32(&l, CMDLINE_SIZE, 2047);
	put32(&l, PAYLOAD_OFFSET, 0x2cc);
	put32(&l, PAYLOAD_LENGTH, 0x1000);
	put64(&l, PREF_ADDRESS, PREF);
	put32(&l, INIT_SIZE, INIT);
	put32(&l, KERNEL_INFO, INFO);
	memset(l.bytes + SETUP_BYTES, 0x55, KERNEL_BYTES);
	memcpy(l.bytes + SETUP_BYTES + INFO, "LToP", 4);
	put32(&l, SETUP_BYTES + INFO + 4, 16);
	put32(&l, SETUP_BYTES + INFO + 8, 16);
	put32(&l, SETUP_BYTES + INFO + 12, 0x80000009);
	l.size = SETUP_BYTES + KERNEL_BYTES;
}

static void make(u64 mib)
{
	loading_begin(&l, mib);
	make_kernel();
}

/* As much memory as that costs address space only; a host that has not even that skips the test. */
static bool make_5_gib(void)
{
	memset(&l, 0, sizeof(l));
	l.request.image = "the-image";
	if (guest_memory_init(&l.memory, 5 * GIB, &l.err)) {
		tap_skip("this host cannot map 5 GiB without reserving them");
		return false;
	}
	make_kernel();
	return true;
}

static u32 param(unsigned int offset)
{
	return loading_u32(&l, l.state.regs.rsi + offset);
}

static void check_placed_at(u64 gpa)
{
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(gpa + 0x200, l.state.regs.rip);
	CHECK_EQ((u32)gpa, param(CODE32_START));
	CHECK_EQ(0x55, loading_byte(&l, gpa));
	CHECK_EQ(0x55, loading_byte(&l, gpa + KERNEL_BYTES - 1));
	CHECK_EQ(0, loading_byte(&l, gpa - 1));
}

static void it_goes_where_it_prefers(void)
{
	make(64);
	check_placed_at(PREF);
	loading_check_long(&l);
	CHECK_EQ(0, loading_byte(&l, MIB));
	loading_end(&l);
	make(64);
	l.request.mode = LOAD_PROTECTED;
	CHECK_EQ(0, loading_run(&l));
	loading_check_protected(&l);
	CHECK_EQ(PREF, l.state.regs.rip);
	CHECK_EQ(PREF, param(CODE32_START));
	CHECK_EQ(0x55, loading_byte(&l, PREF));
	loading_end(&l);
}

static void its_address_is_aligned(void)
{
	make(64);
	put64(&l, PREF_ADDRESS, 0);	/* no wish: code32_start, 1 MiB, and up */
	check_placed_at(2 * MIB);
	loading_end(&l);
	make(64);
	put64(&l, PREF_ADDRESS, 0x1000);
	put32(&l, ALIGNMENT, 0x200000);
	check_placed_at(2 * MIB);
	loading_end(&l);
	make(64);
	put64(&l, PREF_ADDRESS, PREF + 1);
	put32(&l, ALIGNMENT, 4 * MIB);
	check_placed_at(PREF + 4 * MIB);
	loading_end(&l);
}

static void a_guest_that_is_too_small_is_told_how_much_it_needs(void)
{
	make(47);
	loading_refused(&l, ENOSPC, "needs 48 MiB of guest memory and there are 47");
	CHECK_CONTAINS(l.err.text, "0x2000000 bytes (setup header field init_size)");
	CHECK_CONTAINS(l.err.text, "--mem 48");
	l.request.mode = LOAD_PROTECTED;
	loading_refused(&l, ENOSPC, "needs 48 MiB");
	loading_end(&l);
	make(48);
	check_placed_at(PREF);
	put32(&l, INIT_SIZE, INIT + 1);
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "needs 49 MiB");
	loading_end(&l);
	make(8);
	loading_refused(&l, ENOSPC, "needs 48 MiB of guest memory and there are 8");
	loading_end(&l);
}

/* What pref_address and init_size ask for is where there is no RAM: 3 GiB to 4 GiB. */
static void a_kernel_that_prefers_the_hole_is_moved_above_it(void)
{
	if (!make_5_gib())
		return;
	put64(&l, PREF_ADDRESS, 3 * GIB - 2 * MIB);
	put32(&l, INITRD_ADDR_MAX, 0xffffffff);
	l.request.initrd = "/proc/version";
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(4 * GIB + 0x200, l.state.regs.rip);
	CHECK_EQ(0x55, loading_byte(&l, 4 * GIB));
	CHECK_EQ(3 * GIB - 4096, param(RAMDISK_IMAGE));
	CHECK_EQ(0, param(EXT_RAMDISK));
	loading_check_mapped(&l, 0, GIB);
	loading_check_mapped(&l, 4 * GIB, 5 * GIB);
	loading_check_unmapped(&l, GIB);
	loading_check_unmapped(&l, 5 * GIB);

	/* Not through the 32-bit entry, and not a kernel that does not say it can be there. */
	l.request.mode = LOAD_PROTECTED;
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "passes 3 GiB");
	l.request.mode = LOAD_AUTO;
	put16(&l, XLOADFLAGS, 1);
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "init_size is 0x2000000: from 0xbfe00000 on");
	put16(&l, XLOADFLAGS, 3);
	l.bytes[RELOCATABLE] = 0;
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "passes 3 GiB");
	loading_end(&l);

	/* 3 GiB below the hole are there, and what is above it is told. */
	make(64);
	put64(&l, PREF_ADDRESS, 4 * GIB);
	loading_refused(&l, ENOSPC, "needs 3104 MiB of guest memory and there are 64");
	loading_end(&l);
}

static void what_it_uses_is_mapped_beyond_the_first_gib(void)
{
	if (!make_5_gib())
		return;
	put64(&l, PREF_ADDRESS, GIB + GIB / 2);
	put32(&l, INIT_SIZE, GIB);
	check_placed_at(GIB + GIB / 2);
	loading_check_mapped(&l, 0, 3 * GIB);
	loading_check_unmapped(&l, 3 * GIB);
	loading_end(&l);

	/* It ends where the first GiB ends, and where one more byte makes the difference. */
	if (!make_5_gib())
		return;
	put64(&l, PREF_ADDRESS, GIB - INIT);
	check_placed_at(GIB - INIT);
	loading_check_unmapped(&l, GIB);
	put32(&l, INIT_SIZE, INIT + 1);
	check_placed_at(GIB - INIT);
	loading_check_mapped(&l, GIB, 2 * GIB);
	loading_end(&l);
}

/* From code32_start on, because that is where it is put; it moves to pref_address by itself. */
static void a_kernel_for_one_address_is_entered_below_it(void)
{
	make(64);
	l.bytes[RELOCATABLE] = 0;
	check_placed_at(MIB);
	loading_end(&l);
	make(47);
	l.bytes[RELOCATABLE] = 0;
	loading_refused(&l, ENOSPC, "needs 48 MiB");
	loading_end(&l);
}

static void kernels_before_2_10_have_no_preferences(void)
{
	make(8);
	put16(&l, VERSION, 0x0209);
	l.bytes[RELOCATABLE] = 0;
	CHECK_EQ(0, loading_run(&l));
	loading_check_protected(&l);
	CHECK_EQ(MIB, l.state.regs.rip);
	l.bytes[RELOCATABLE] = 1;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(2 * MIB, l.state.regs.rip);
	/* Neither did those before 2.05 know that they could be moved, nor where initrds end. */
	put16(&l, VERSION, 0x0204);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(MIB, l.state.regs.rip);
	loading_end(&l);
}

static void an_initrd_ends_where_initrd_addr_max_says(void)
{
	if (!make_5_gib())
		return;
	l.request.initrd = "/proc/self/exe";
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, param(EXT_RAMDISK) | param(EXT_RAMDISK + 4));
	CHECK_EQ(0, param(RAMDISK_IMAGE) & 0xfff);
	CHECK(param(RAMDISK_IMAGE) + param(RAMDISK_SIZE) <= 2 * GIB);
	CHECK(param(RAMDISK_IMAGE) + param(RAMDISK_SIZE) > 2 * GIB - 4096);
	CHECK(!memcmp(loading_string(&l, param(RAMDISK_IMAGE)), "\x7f" "ELF", 4));
	loading_end(&l);
}

/* The kernel wants all that there is from 1 MiB up to there. */
static void fill_up_to(u64 end)
{
	put64(&l, PREF_ADDRESS, MIB);
	put32(&l, ALIGNMENT, MIB);
	l.bytes[MIN_ALIGNMENT] = 20;
	put32(&l, INIT_SIZE, end - MIB);
}

static void an_initrd_that_fits_nowhere_else_goes_above_4_gib(void)
{
	u64 gpa;

	if (!make_5_gib())
		return;
	l.request.initrd = "/proc/self/exe";
	fill_up_to(2 * GIB);
	CHECK_EQ(0, loading_run(&l));
	gpa = (u64)param(EXT_RAMDISK) << 32 | param(RAMDISK_IMAGE);
	CHECK(gpa + param(RAMDISK_SIZE) <= 6 * GIB);
	CHECK(gpa + param(RAMDISK_SIZE) > 6 * GIB - 4096);
	CHECK(!memcmp(loading_string(&l, gpa), "\x7f" "ELF", 4));

	l.request.mode = LOAD_PROTECTED;
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "setup header field initrd_addr_max, 0x7fffffff");
	l.request.mode = LOAD_AUTO;
	put16(&l, XLOADFLAGS, 1);
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "/proc/self/exe");
	loading_end(&l);
}

static void an_initrd_that_does_not_fit_is_told_how_much_it_needs(void)
{
	make(48);
	l.request.initrd = "/proc/version";
	/* There is room below the kernel too, above 1 MiB. */
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(PREF - 4096, param(RAMDISK_IMAGE));
	loading_end(&l);
	make(48);
	l.request.initrd = "/proc/version";
	fill_up_to(48 * MIB);
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "initrd /proc/version (1 KiB)");
	CHECK_CONTAINS(l.err.text, "--mem 49");
	l.request.initrd = "/dev/null";
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "/dev/null is empty");
	loading_end(&l);
}

static void the_memory_map_has_what_is_above_the_hole(void)
{
	static const struct { u64 gpa, size; u32 type; } map[] = {
		{ 0, 0xa0000, 1 }, { 0xa0000, 0x60000, 2 }, { MIB, 3 * GIB - MIB, 1 },
		{ 4 * GIB, 2 * GIB, 1 },
	};
	unsigned int i;

	if (!make_5_gib())
		return;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(ARRAY_SIZE(map), param(0x1e8) & 0xff);
	for (i = 0; i < ARRAY_SIZE(map); i++) {
		u64 at = l.state.regs.rsi + 0x2d0 + i * 20;

		CHECK_EQ(map[i].gpa, loading_u64(&l, at));
		CHECK_EQ(map[i].size, loading_u64(&l, at + 8));
		CHECK_EQ(map[i].type, loading_u32(&l, at + 16));
	}
	loading_end(&l);
}

static void a_kernel_that_takes_a_seed_gets_a_new_one_each_time(void)
{
	u8 first[32];
	u64 data;

	make(64);
	CHECK_EQ(0, loading_run(&l));
	data = loading_u64(&l, l.state.regs.rsi + SETUP_DATA);
	CHECK_EQ(LAYOUT_STRINGS, data);
	CHECK_EQ(0, loading_u64(&l, data));		/* the list ends here */
	CHECK_EQ(9, loading_u32(&l, data + 8));		/* SETUP_RNG_SEED */
	CHECK_EQ(sizeof(first), loading_u32(&l, data + 12));
	memcpy(first, loading_string(&l, data + 16), sizeof(first));
	CHECK_EQ(0, loading_run(&l));
	CHECK(memcmp(first, loading_string(&l, data + 16), sizeof(first)));
	loading_end(&l);
}

static void a_kernel_that_takes_no_seed_gets_an_empty_list(void)
{
	static const u32 types[] = { 8, 0x80000008, 0 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		make(64);
		put64(&l, SETUP_DATA, 0x123456789a);
		put32(&l, SETUP_BYTES + INFO + 12, types[i]);
		CHECK_EQ(0, loading_run(&l));
		CHECK_EQ(0, loading_u64(&l, l.state.regs.rsi + SETUP_DATA));
		CHECK_EQ(0, loading_u64(&l, LAYOUT_STRINGS + 16));
		loading_end(&l);
	}
	make(64);
	put32(&l, KERNEL_INFO, 0);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, loading_u64(&l, l.state.regs.rsi + SETUP_DATA));
	put32(&l, KERNEL_INFO, INFO);
	put16(&l, VERSION, 0x020e);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, loading_u64(&l, l.state.regs.rsi + SETUP_DATA));
	loading_end(&l);
}

static void fields_for_the_loader_do_not_come_from_the_file(void)
{
	make(64);
	put32(&l, SUBARCH, 2);
	put32(&l, RAMDISK_IMAGE, 0x12345678);
	put32(&l, RAMDISK_SIZE, 0x1000);
	put32(&l, 0x228, 0xdeadbeef);
	l.bytes[0x210] = 0x21;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, param(SUBARCH));
	CHECK_EQ(0, param(RAMDISK_IMAGE) | param(RAMDISK_SIZE));
	CHECK_EQ(LAYOUT_CMDLINE, param(0x228));
	CHECK_EQ(0, param(0x0c8));			/* ext_cmd_line_ptr */
	CHECK_EQ(0xff, param(0x210) & 0xff);
	CHECK_EQ(2 * MIB, param(ALIGNMENT));		/* unlike what is the kernel's */
	loading_end(&l);
}

static void a_command_line_must_fit_the_kernel_and_the_loader(void)
{
	static char line[5000];

	make(64);
	memset(line, 'x', sizeof(line) - 1);
	l.request.cmdline = line;
	loading_refused(&l, EINVAL, "cmdline_size is 2047, the command line has 4999 bytes");
	put32(&l, CMDLINE_SIZE, 0xffffffff);
	loading_refused(&l, EINVAL, "the loader has room for 4095");
	line[4096] = '\0';
	loading_refused(&l, EINVAL, "4096 bytes");
	line[4095] = '\0';
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(4095, strlen(loading_string(&l, param(0x228))));
	loading_end(&l);
}

static void every_wrong_field_is_named(void)
{
	static const struct corruption list[] = {
		{ BOOT_FLAG, 2, 0, ENOEXEC, "boot_flag is 0 instead of 0xaa55" },
		{ SETUP_SECTS, 1, 0x40, ENOEXEC, "setup_sects is 64" },
		{ JUMP + 1, 1, 0x69, ENOEXEC, "jump ends the header at 0x26b: version 2.15 ends" },
		{ JUMP + 1, 1, 0x8f, ENOEXEC, "jump ends the header at 0x291" },
		{ VERSION, 2, 0x0201, ENOEXEC, "version is 2.01: 2.02 or later" },
		{ SYSSIZE, 4, KERNEL_BYTES / 16 + 1, ENOEXEC, "syssize is 0x201: 0x2010 bytes" },
		{ SYSSIZE, 4, 0, ENOEXEC, "syssize is 0" },
		{ LOADFLAGS, 1, 0x80, ENOEXEC, "loadflags is 0x80, LOADED_HIGH is clear" },
		{ CODE32_START, 4, 0xfffff, ENOEXEC, "code32_start is 0xfffff, not at or above" },
		{ ALIGNMENT, 4, 0, ENOEXEC, "kernel_alignment is 0: a relocatable kernel" },
		{ ALIGNMENT, 4, 0x300000, ENOEXEC, "kernel_alignment is 0x300000" },
		{ MIN_ALIGNMENT, 1, 22, ENOEXEC, "min_alignment is 22" },
		{ MIN_ALIGNMENT, 1, 32, ENOEXEC, "min_alignment is 32" },
		{ MIN_ALIGNMENT, 1, 255, ENOEXEC, "min_alignment is 255" },
		{ PAYLOAD_OFFSET, 4, 0x2001, ENOEXEC, "payload_offset is 0x2001, beyond" },
		{ PAYLOAD_LENGTH, 4, 0x1d35, ENOEXEC, "payload_length is 0x1d35: with" },
		{ PAYLOAD_LENGTH, 4, 0xffffffff, ENOEXEC, "payload_length is 0xffffffff" },
		{ PREF_ADDRESS, 8, 1ull << 39, ENOEXEC, "pref_address is 0x8000000000" },
		{ PREF_ADDRESS, 8, ~0ull, ENOEXEC, "pref_address is 0xffffffffffffffff" },
		{ PREF_ADDRESS, 8, (1ull << 39) - (2 << 20), ENOSPC, "pref_address" },
		{ INIT_SIZE, 4, 0xffffffff, ENOSPC, "init_size" },
		{ KERNEL_INFO, 4, KERNEL_BYTES - 15, ENOEXEC, "kernel_info_offset is 0x1ff1" },
		{ KERNEL_INFO, 4, 0xffffffff, ENOEXEC, "kernel_info_offset is 0xffffffff" },
		{ KERNEL_INFO, 4, 0x10, ENOEXEC, "kernel_info_offset is 0x10, where there is" },
		{ SETUP_BYTES + INFO, 4, 0x506f5456, ENOEXEC, "instead of the magic number" },
		{ SETUP_BYTES + INFO + 4, 4, 15, ENOEXEC, "kernel_info field size is 15" },
	};

	make(64);
	loading_corrupt(&l, list, ARRAY_SIZE(list));
	CHECK_EQ(0, loading_run(&l));
	l.bytes[RELOCATABLE] = 0;
	put64(&l, PREF_ADDRESS, 1ull << 32);
	loading_end(&l);
	make(64);
	l.bytes[RELOCATABLE] = 0;
	put64(&l, PREF_ADDRESS, 1ull << 32);
	loading_refused(&l, ENOEXEC, "pref_address is 0x100000000, but relocatable_kernel is 0");
	loading_end(&l);
}

static void each_version_must_reach_its_last_field(void)
{
	static const struct { u16 version; u8 jump; } ends[] = {
		{ 0x0202, 0x2a }, { 0x0203, 0x2e }, { 0x0204, 0x2e }, { 0x0205, 0x36 },
		{ 0x0206, 0x3a }, { 0x0207, 0x46 }, { 0x0208, 0x4e }, { 0x0209, 0x56 },
		{ 0x020a, 0x62 }, { 0x020b, 0x66 }, { 0x020c, 0x66 }, { 0x020f, 0x6a },
	};
	unsigned int i;

	make(64);
	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		tap_context("version %#x", ends[i].version);
		put16(&l, VERSION, ends[i].version);
		l.bytes[JUMP + 1] = ends[i].jump - 1;
		CHECK_EQ(-ENOEXEC, loading_run(&l));
		CHECK_CONTAINS(l.err.text, "field jump");
		l.bytes[JUMP + 1] = ends[i].jump;
		CHECK_EQ(0, loading_run(&l));
	}
	tap_context(NULL);
	loading_end(&l);
}

static void cut_off_files_are_refused(void)
{
	make(64);
	loading_truncate(&l, SETUP_BYTES + KERNEL_BYTES - 15);
	loading_end(&l);
}

static void mangled_files_do_no_harm(void)
{
	make(3);
	put64(&l, PREF_ADDRESS, MIB);
	put32(&l, ALIGNMENT, 0x1000);
	l.bytes[MIN_ALIGNMENT] = 12;
	put32(&l, INIT_SIZE, MIB);
	CHECK_EQ(0, loading_run(&l));
	loading_mangle(&l, 0x1f1, 0x26c);
	loading_end(&l);
}

static const struct tap_test tests[] = {
	TEST(it_goes_where_it_prefers),
	TEST(its_address_is_aligned),
	TEST(a_guest_that_is_too_small_is_told_how_much_it_needs),
	TEST(a_kernel_that_prefers_the_hole_is_moved_above_it),
	TEST(what_it_uses_is_mapped_beyond_the_first_gib),
	TEST(a_kernel_for_one_address_is_entered_below_it),
	TEST(kernels_before_2_10_have_no_preferences),
	TEST(an_initrd_ends_where_initrd_addr_max_says),
	TEST(an_initrd_that_fits_nowhere_else_goes_above_4_gib),
	TEST(an_initrd_that_does_not_fit_is_told_how_much_it_needs),
	TEST(the_memory_map_has_what_is_above_the_hole),
	TEST(a_kernel_that_takes_a_seed_gets_a_new_one_each_time),
	TEST(a_kernel_that_takes_no_seed_gets_an_empty_list),
	TEST(fields_for_the_loader_do_not_come_from_the_file),
	TEST(a_command_line_must_fit_the_kernel_and_the_loader),
	TEST(every_wrong_field_is_named),
	TEST(each_version_must_reach_its_last_field),
	TEST(cut_off_files_are_refused),
	TEST(mangled_files_do_no_harm),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
