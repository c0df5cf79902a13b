// SPDX-License-Identifier: GPL-2.0-only
/* bzImage: entry points, boot_params, every wrong field of the setup header. */
#include <errno.h>
#include <string.h>

#include "loading.h"

#define SETUP_SECTS	0x1f1
#define SYSSIZE		0x1f4
#define BOOT_FLAG	0x1fe
#define JUMP		0x200
#define MAGIC		0x202
#define VERSION		0x206
#define LOADFLAGS	0x211
#define CODE32_START	0x214
#define INITRD_ADDR_MAX	0x22c
#define XLOADFLAGS	0x236
#define CMDLINE_SIZE	0x238
#define PREF_ADDRESS	0x258
#define INIT_SIZE	0x260

#define SETUP_BYTES	(3 * 512)	/* boot sector and setup_sects 2 */
#define KERNEL_BYTES	0x1008		/* not a multiple of 16: the padding is missing */
#define LOAD		0x100000

static struct loading l;

/* A header like memtest86+'s: version 2.12, both entry points. */
static void make(void)
{
	loading_begin(&l, 8);
	l.bytes[SETUP_SECTS] = 2;
	put32(&l, SYSSIZE, (KERNEL_BYTES + 15) / 16);
	put16(&l, BOOT_FLAG, 0xaa55);
	put16(&l, JUMP, 0x66eb);
	memcpy(l.bytes + MAGIC, "HdrS", 4);
	put16(&l, VERSION, 0x020c);
	l.bytes[LOADFLAGS] = 1;
	put32(&l, CODE32_START, LOAD);
	put32(&l, INITRD_ADDR_MAX, 0xffffffff);
	put16(&l, XLOADFLAGS, 9);
	put32(&l, CMDLINE_SIZE, 255);
	put64(&l, PREF_ADDRESS, LOAD);
	put32(&l, INIT_SIZE, 0x6acf8);
	memset(l.bytes + SETUP_BYTES, 0x55, KERNEL_BYTES);
	l.size = SETUP_BYTES + KERNEL_BYTES;
}

static u32 param(unsigned int offset)
{
	return loading_u32(&l, l.state.regs.rsi + offset);
}

static void the_64_bit_entry_point_is_preferred(void)
{
	make();
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("bzImage", l.state.format);
	loading_check_long(&l);
	CHECK_EQ(LOAD + 0x200, l.state.regs.rip);
	CHECK_EQ(0x55, loading_byte(&l, LOAD));
	CHECK_EQ(0x55, loading_byte(&l, LOAD + KERNEL_BYTES - 1));
	CHECK_EQ(0, loading_byte(&l, LOAD + KERNEL_BYTES));
	loading_end(&l);
}

static void the_32_bit_entry_point_can_be_chosen_or_is_all_there_is(void)
{
	make();
	l.request.mode = LOAD_PROTECTED;
	CHECK_EQ(0, loading_run(&l));
	loading_check_protected(&l);
	CHECK_EQ(LOAD, l.state.regs.rip);
	CHECK_EQ(0, l.state.regs.rbx | l.state.regs.rbp | l.state.regs.rdi);
	l.request.mode = LOAD_AUTO;
	put16(&l, XLOADFLAGS, 8);
	CHECK_EQ(0, loading_run(&l));
	loading_check_protected(&l);
	loading_end(&l);
	make();
	put16(&l, VERSION, 0x020b);	/* xloadflags came with 2.12 */
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(LOAD_PROTECTED, l.state.mode);
	l.request.mode = LOAD_LONG;
	CHECK_EQ(-EINVAL, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "xloadflags");
	loading_end(&l);
}

static void boot_params_hold_the_header_memory_map_and_screen(void)
{
	static const struct { u64 gpa, size; u32 type; } map[] = {
		{ 0, 0xa0000, 1 }, { 0xa0000, 0x60000, 2 }, { 0x100000, 0x700000, 1 },
	};
	unsigned int i;

	make();
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, l.state.regs.rsi & 0xfff);
	CHECK(!memcmp(loading_string(&l, l.state.regs.rsi + MAGIC), "HdrS", 4));
	CHECK_EQ(0x020c, param(VERSION) & 0xffff);
	CHECK_EQ(0xff, param(0x210) & 0xff);		/* type_of_loader: none of the known */
	CHECK_EQ(LOAD, param(CODE32_START));
	CHECK_EQ(3, param(0x1e8) & 0xff);
	for (i = 0; i < ARRAY_SIZE(map); i++) {
		u64 at = l.state.regs.rsi + 0x2d0 + i * 20;

		CHECK_EQ(map[i].gpa, loading_u64(&l, at));
		CHECK_EQ(map[i].size, loading_u64(&l, at + 8));
		CHECK_EQ(map[i].type, loading_u32(&l, at + 16));
	}
	CHECK_EQ(7 * 1024, param(0x1e0));
	CHECK_EQ(0x5003, param(0x06) & 0xffff);		/* mode 3, 80 columns */
	CHECK_EQ(0x0119, param(0x0e) & 0xffff);		/* 25 lines, VGA */
	CHECK_EQ(16, param(0x10) & 0xffff);
	CHECK_EQ(0, param(0x218) | param(0x21c));
	loading_end(&l);
}

static void only_the_header_is_copied(void)
{
	make();
	memset(l.bytes + 0x268, 0xaa, 0x200);
	memset(l.bytes + 0x100, 0xbb, 0xf1);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, loading_byte(&l, LAYOUT_INFO + 0x268));
	CHECK_EQ(0, loading_byte(&l, LAYOUT_INFO + 0x1f0));
	CHECK_EQ(2, loading_byte(&l, LAYOUT_INFO + 0x1f1));
	loading_end(&l);
}

static void the_command_line_is_as_long_as_the_header_allows(void)
{
	char line[300];

	make();
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("", loading_string(&l, param(0x228)));
	l.request.cmdline = "console=ttyS0,115200 nosmp";
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("console=ttyS0,115200 nosmp", loading_string(&l, param(0x228)));
	memset(line, 'x', sizeof(line));
	line[255] = '\0';
	l.request.cmdline = line;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(255, strlen(loading_string(&l, param(0x228))));
	loading_end(&l);
	make();
	line[255] = 'x';
	line[256] = '\0';
	l.request.cmdline = line;
	loading_refused(&l, EINVAL, "cmdline_size");
	put32(&l, CMDLINE_SIZE, 0xffffffff);
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void an_initrd_goes_to_the_top_of_memory(void)
{
	make();
	l.request.initrd = "/proc/self/exe";
	guest_memory_free(&l.memory);
	CHECK_EQ(0, guest_memory_init(&l.memory, 64 << 20, &l.err));
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, param(0x218) & 0xfff);
	CHECK(param(0x218) + param(0x21c) <= 64 << 20);
	CHECK(param(0x218) + param(0x21c) > (64 << 20) - 4096);
	CHECK(!memcmp(loading_string(&l, param(0x218)), "\x7f" "ELF", 4));
	put32(&l, INITRD_ADDR_MAX, (32 << 20) - 1);
	CHECK_EQ(0, loading_run(&l));
	CHECK(param(0x218) + param(0x21c) <= 32 << 20);
	loading_end(&l);
	make();
	l.request.initrd = "/nonexistent/initrd";
	CHECK_EQ(-ENOENT, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "/nonexistent/initrd");
	/* A place below 1 MiB is no place for it, however small it is. */
	l.request.initrd = "/proc/version";
	put32(&l, INITRD_ADDR_MAX, LOAD);
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "initrd");
	loading_end(&l);
}

static void bytes_behind_the_kernel_are_not_loaded(void)
{
	make();
	put32(&l, SYSSIZE, 0x80);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0x55, loading_byte(&l, LOAD + 0x7ff));
	CHECK_EQ(0, loading_byte(&l, LOAD + 0x800));
	loading_end(&l);
}

static void the_memory_that_the_kernel_needs_must_be_there(void)
{
	make();
	put32(&l, INIT_SIZE, 7 << 20);
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
	make();
	put32(&l, INIT_SIZE, (7 << 20) + 1);
	loading_refused(&l, ENOSPC, "init_size");
	put32(&l, INIT_SIZE, 0x10000);
	put64(&l, PREF_ADDRESS, 0x1000000);
	loading_refused(&l, ENOSPC, "pref_address");
	loading_end(&l);
}

static void every_wrong_field_is_named(void)
{
	static const struct corruption list[] = {
		{ MAGIC, 1, 'h', ENOEXEC, "neither ELF, Multiboot nor bzImage" },
		{ BOOT_FLAG, 2, 0x55aa, ENOEXEC, "boot_flag" },
		{ VERSION, 2, 0x0201, ENOEXEC, "field version is 2.01" },
		{ VERSION, 2, 0, ENOEXEC, "field version" },
		{ SETUP_SECTS, 1, 0xff, ENOEXEC, "setup_sects" },
		{ SETUP_SECTS, 1, 0x10, ENOEXEC, "setup_sects" },
		{ JUMP + 1, 1, 0xff, ENOEXEC, "field jump" },
		{ JUMP + 1, 1, 0, ENOEXEC, "field jump" },
		{ SYSSIZE, 4, 0, ENOEXEC, "syssize" },
		{ SYSSIZE, 4, (KERNEL_BYTES + 15) / 16 + 1, ENOEXEC, "syssize" },
		{ SYSSIZE, 4, 0xffffffff, ENOEXEC, "syssize" },
		{ SYSSIZE, 4, 0x20, ENOEXEC, "syssize" },
		{ LOADFLAGS, 1, 0, ENOEXEC, "loadflags" },
		{ CODE32_START, 4, 0, ENOEXEC, "code32_start" },
		{ CODE32_START, 4, 0x10000, ENOEXEC, "code32_start" },
		{ CODE32_START, 4, 0xffffffff, ENOEXEC, "init_size" },
		{ CODE32_START, 4, 0x7fffff, ENOSPC, "needs 9 MiB" },
		{ INIT_SIZE, 4, 0xffffffff, ENOEXEC, "init_size" },
		{ PREF_ADDRESS, 8, ~0ull, ENOEXEC, "pref_address" },
		{ PREF_ADDRESS, 8, 1ull << 40, ENOEXEC, "pref_address" },
		{ PREF_ADDRESS, 8, 0x40000000, ENOSPC, "pref_address" },
	};

	make();
	loading_corrupt(&l, list, ARRAY_SIZE(list));
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void options_that_make_no_sense_are_refused(void)
{
	struct load_module module = { .path = "/dev/null" };

	make();
	l.request.mode = LOAD_REAL;
	loading_refused(&l, EINVAL, "cannot start in real mode");
	l.request.mode = LOAD_AUTO;
	l.request.modules = &module;
	l.request.nr_modules = 1;
	loading_refused(&l, EINVAL, "--module is for Multiboot only");
	l.request.nr_modules = 0;
	l.request.has_load = true;
	loading_refused(&l, EINVAL, "--load");
	loading_end(&l);
}

static void cut_off_files_are_refused(void)
{
	make();
	/* But for the padding to whole paragraphs, which memtest86+ lacks too. */
	loading_truncate(&l, SETUP_BYTES + (KERNEL_BYTES + 15) / 16 * 16 - 15);
	loading_end(&l);
}

static void mangled_files_do_no_harm(void)
{
	make();
	loading_mangle(&l, 0x1f1, 0x290);
	loading_end(&l);
}

static const struct tap_test tests[] = {
	TEST(the_64_bit_entry_point_is_preferred),
	TEST(the_32_bit_entry_point_can_be_chosen_or_is_all_there_is),
	TEST(boot_params_hold_the_header_memory_map_and_screen),
	TEST(only_the_header_is_copied),
	TEST(the_command_line_is_as_long_as_the_header_allows),
	TEST(an_initrd_goes_to_the_top_of_memory),
	TEST(bytes_behind_the_kernel_are_not_loaded),
	TEST(the_memory_that_the_kernel_needs_must_be_there),
	TEST(every_wrong_field_is_named),
	TEST(options_that_make_no_sense_are_refused),
	TEST(cut_off_files_are_refused),
	TEST(mangled_files_do_no_harm),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
