// SPDX-License-Identifier: GPL-2.0-only
/* Flat binaries in the three modes, and what load_image() refuses before any loader looks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loading.h"

static struct loading l;

static void begin(enum load_mode mode, u64 size)
{
	loading_begin(&l, 8);
	l.request.mode = mode;
	l.size = size;
	memset(l.bytes, 0x90, size);
}

static void real_mode_starts_at_7c00_like_a_boot_sector(void)
{
	const struct xvcpu_sregs *s = &l.state.sregs;

	begin(LOAD_REAL, 512);
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("flat binary", l.state.format);
	CHECK_STR("", l.state.note);
	CHECK_EQ(LOAD_REAL, l.state.mode);
	CHECK_EQ(0x7c00, l.state.regs.rip);
	CHECK_EQ(0x7c00, l.state.regs.rsp);
	CHECK_EQ(2, l.state.regs.rflags);
	CHECK_EQ(0x10, l.state.cregs.cr0);
	CHECK_EQ(0, l.state.cregs.efer);
	CHECK_EQ(0, s->cs.selector);
	CHECK_EQ(0, s->cs.base);
	CHECK_EQ(0xffff, s->cs.limit);
	CHECK_EQ(0x9b, s->cs.ar);
	CHECK_EQ(0x93, s->ds.ar);
	CHECK_EQ(0x93, s->ss.ar);
	CHECK_EQ(0xffff, s->idtr.limit);
	CHECK_EQ(0, s->idtr.base);
	CHECK_EQ(0x90, loading_byte(&l, 0x7c00));
	CHECK_EQ(0x90, loading_byte(&l, 0x7dff));
	CHECK_EQ(0, loading_byte(&l, 0x7bff));
	CHECK_EQ(0, loading_byte(&l, 0x7e00));
	CHECK_EQ(0, loading_u64(&l, LAYOUT_GDT + 8));
	loading_end(&l);
}

static void real_mode_segments_follow_the_load_address(void)
{
	static const struct { u64 load, entry; u16 cs, ip; } cases[] = {
		{ 0x500, 0x500, 0, 0x500 },
		{ 0xf000, 0xffff, 0, 0xffff },
		{ 0x10000, 0x10000, 0x1000, 0 },
		{ 0x12345, 0x12345, 0x1234, 5 },
		{ 0x20000, 0x22000, 0x2000, 0x2000 },
		{ 0xe000, 0x11fff, 0x0e00, 0x3fff },
		{ 0xfc000, 0xffff0, 0xfc00, 0x3ff0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(LOAD_REAL, LOADING_IMAGE);
		l.request.has_load = true;
		l.request.has_entry = true;
		l.request.load = cases[i].load;
		l.request.entry = cases[i].entry;
		tap_context("load %#llx entry %#llx", (unsigned long long)cases[i].load,
			    (unsigned long long)cases[i].entry);
		CHECK_EQ(0, loading_run(&l));
		CHECK_EQ(cases[i].cs, l.state.sregs.cs.selector);
		CHECK_EQ(cases[i].ip, l.state.regs.rip);
		CHECK_EQ(cases[i].entry, l.state.sregs.cs.base + l.state.regs.rip);
		CHECK_EQ(l.state.sregs.cs.selector * 16, l.state.sregs.cs.base);
		CHECK_EQ(cases[i].cs, l.state.sregs.ds.selector);
		CHECK_EQ(0, l.state.sregs.ss.base);
		loading_end(&l);
	}
}

/* An entry more than 64 KiB behind the load address gets a segment of its own. */
static void real_mode_reaches_far_entries(void)
{
	struct boot_state *state = &l.state;
	u64 size = 0x30000;
	u8 *big = calloc(1, size);
	struct image image = { .data = big, .size = size, .name = "big" };

	begin(LOAD_REAL, 0);
	l.request.has_load = true;
	l.request.has_entry = true;
	l.request.load = 0x10000;
	l.request.entry = 0x2fff8;
	CHECK_EQ(0, load_bytes(&l.request, &image, &l.memory, state, &l.err));
	CHECK_EQ(0x2fff0, state->sregs.cs.base);
	CHECK_EQ(8, state->regs.rip);
	loading_end(&l);
	free(big);
}

static void protected_mode_is_flat_at_1_mib(void)
{
	begin(LOAD_PROTECTED, 100);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0x100000, l.state.regs.rip);
	loading_check_protected(&l);
	CHECK_EQ(0x90, loading_byte(&l, 0x100063));
	CHECK_EQ(0, loading_byte(&l, 0x100064));
	loading_end(&l);
}

static void long_mode_has_the_first_gib_mapped(void)
{
	begin(LOAD_LONG, 100);
	l.request.has_entry = true;
	l.request.entry = 0x100010;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0x100010, l.state.regs.rip);
	loading_check_long(&l);
	loading_end(&l);
}

static void addresses_that_cannot_be_are_refused(void)
{
	static const struct {
		enum load_mode mode;
		u64 load, entry;
		int error;
		const char *part;
	} cases[] = {
		{ LOAD_REAL, 0x7c00, 0x7bff, EINVAL, "--entry" },
		{ LOAD_REAL, 0x7c00, 0x7c64, EINVAL, "--entry" },
		{ LOAD_REAL, 0x100000, 0x100000, EINVAL, "below 1 MiB" },
		{ LOAD_REAL, 0x7fffff, 0x7fffff, ENOSPC, "outside the guest's 8192 KiB" },
		{ LOAD_REAL, ~0ull, ~0ull, ENOSPC, "outside" },
		{ LOAD_PROTECTED, 0x800000, 0x800000, ENOSPC, "outside" },
		{ LOAD_PROTECTED, 0x1000, 0x1000, ENOEXEC, "the loader's tables" },
		{ LOAD_PROTECTED, 0x4ff, 0x4ff, ENOEXEC, "the loader's tables" },
		{ LOAD_LONG, 0x7bff, 0x7bff, ENOEXEC, "the loader's tables" },
		{ LOAD_LONG, ~0ull - 50, ~0ull - 50, ENOSPC, "outside" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(cases[i].mode, 100);
		l.request.has_load = true;
		l.request.has_entry = true;
		l.request.load = cases[i].load;
		l.request.entry = cases[i].entry;
		tap_context("case %u", i);
		loading_refused(&l, cases[i].error, cases[i].part);
		loading_end(&l);
	}
}

static void long_mode_refuses_what_is_not_mapped(void)
{
	loading_begin(&l, 1025);
	l.request.mode = LOAD_LONG;
	l.size = 100;
	l.request.has_load = true;
	l.request.load = (1ull << 30) - 99;
	CHECK_EQ(-EINVAL, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "first GiB");
	l.request.load--;
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void addresses_next_to_the_tables_are_fine(void)
{
	begin(LOAD_LONG, 100);
	l.request.has_load = true;
	l.request.load = 0x7c00;
	CHECK_EQ(0, loading_run(&l));
	loading_check_long(&l);
	loading_end(&l);
}

static void a_tiny_guest_can_run_real_mode(void)
{
	memset(&l, 0, sizeof(l));
	CHECK_EQ(0, guest_memory_init(&l.memory, 32 << 10, &l.err));
	l.request.image = "tiny";
	l.request.mode = LOAD_REAL;
	l.size = 0x400;
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
	CHECK_EQ(0, guest_memory_init(&l.memory, 16 << 10, &l.err));
	l.request.mode = LOAD_LONG;
	loading_refused(&l, ENOSPC, "the loader's tables");
	loading_end(&l);
}

static void without_mode_an_unknown_file_is_refused_with_advice(void)
{
	static const struct { const char *bytes; u64 size; const char *part; } files[] = {
		{ "hello world", 11, "--mode real, protected or long" },
		{ "\x1f\x8b\x08", 3, "gunzip" },
		{ "\xfd" "7zXZ\0", 6, "unxz" },
		{ "\x28\xb5\x2f\xfd", 4, "unzstd" },
		{ "MZ\x90", 3, "EFI" },
		{ "#!/bin/sh", 9, "script" },
		{ "\x7f" "ELF\x03\x01\x01\0\0\0\0\0\0\0\0\0", 16, "EI_CLASS" },
		{ "\x7f", 1, "--mode" },
		{ "", 0, "empty" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		begin(LOAD_AUTO, 0);
		memcpy(l.bytes, files[i].bytes, files[i].size);
		l.size = files[i].size;
		tap_context("file %u", i);
		loading_refused(&l, ENOEXEC, files[i].part);
		loading_end(&l);
	}
}

static void options_of_other_formats_are_refused_by_name(void)
{
	struct load_module module = { .path = "/dev/null" };

	begin(LOAD_REAL, 100);
	l.request.cmdline = "a";
	loading_refused(&l, EINVAL, "a command line is for Multiboot, PVH and bzImage only");
	l.request.cmdline = NULL;
	l.request.initrd = "/dev/null";
	loading_refused(&l, EINVAL, "--initrd is for PVH and bzImage only");
	l.request.initrd = NULL;
	l.request.modules = &module;
	l.request.nr_modules = 1;
	loading_refused(&l, EINVAL, "--module is for Multiboot only");
	l.request.nr_modules = 0;
	l.request.mode = (enum load_mode)7;
	loading_refused(&l, EINVAL, "mode");
	loading_end(&l);
}

static void files_that_cannot_be_read_are_refused(void)
{
	begin(LOAD_REAL, 0);
	l.request.image = "/nonexistent/image";
	CHECK_EQ(-ENOENT, load_image(&l.request, &l.memory, &l.state, &l.err));
	CHECK_CONTAINS(l.err.text, "cannot open /nonexistent/image: No such file");
	l.request.image = "/";
	CHECK_EQ(-EISDIR, load_image(&l.request, &l.memory, &l.state, &l.err));
	CHECK_CONTAINS(l.err.text, "cannot read /");
	loading_end(&l);
}

static void a_pipe_can_be_read_too(void)
{
	char path[32];
	int fds[2];

	begin(LOAD_REAL, 0);
	CHECK_EQ(0, pipe(fds));
	CHECK_EQ(3, write(fds[1], "\x90\x90\xf4", 3));
	close(fds[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	l.request.image = path;
	CHECK_EQ(0, load_image(&l.request, &l.memory, &l.state, &l.err));
	CHECK_EQ(0xf4, loading_byte(&l, 0x7c02));
	close(fds[0]);
	loading_end(&l);
}

/* Sparse: costs no disk. */
static void a_file_beyond_1_gib_is_refused(void)
{
	char path[] = "/tmp/xvcpuctl-test-XXXXXX";
	int fd = mkstemp(path);

	begin(LOAD_REAL, 0);
	if (fd < 0 || ftruncate(fd, (1ll << 30) + 1)) {
		tap_skip("cannot make a sparse file of 1 GiB in /tmp");
	} else {
		l.request.image = path;
		CHECK_EQ(-EFBIG, load_image(&l.request, &l.memory, &l.state, &l.err));
		CHECK_CONTAINS(l.err.text, "larger than 1 GiB");
	}
	close(fd);
	unlink(path);
	loading_end(&l);
}

static const struct tap_test tests[] = {
	TEST(real_mode_starts_at_7c00_like_a_boot_sector),
	TEST(real_mode_segments_follow_the_load_address),
	TEST(real_mode_reaches_far_entries),
	TEST(protected_mode_is_flat_at_1_mib),
	TEST(long_mode_has_the_first_gib_mapped),
	TEST(addresses_that_cannot_be_are_refused),
	TEST(long_mode_refuses_what_is_not_mapped),
	TEST(addresses_next_to_the_tables_are_fine),
	TEST(a_tiny_guest_can_run_real_mode),
	TEST(without_mode_an_unknown_file_is_refused_with_advice),
	TEST(options_of_other_formats_are_refused_by_name),
	TEST(files_that_cannot_be_read_are_refused),
	TEST(a_pipe_can_be_read_too),
	TEST(a_file_beyond_1_gib_is_refused),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
