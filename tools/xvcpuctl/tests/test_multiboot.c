// SPDX-License-Identifier: GPL-2.0-only
/* Multiboot 1: headers of both kinds, the information structure, modules, every wrong field. */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loading.h"

#define MAGIC		0x1badb002u
#define HEADER		0x100		/* offset of the header in the images made here */
#define LOAD		0x200000
#define IMAGE_SIZE	0x600
#define BSS_END		(LOAD + 0x3000)

#define FLAGS		(HEADER + 4)
#define CHECKSUM	(HEADER + 8)
#define HEADER_ADDR	(HEADER + 12)
#define LOAD_ADDR	(HEADER + 16)
#define LOAD_END	(HEADER + 20)
#define BSS_END_ADDR	(HEADER + 24)
#define ENTRY		(HEADER + 28)

#define MULTIBOOT_MAX	64

static struct loading l;

static void set_flags(u32 flags)
{
	put32(&l, HEADER, MAGIC);
	put32(&l, FLAGS, flags);
	put32(&l, CHECKSUM, -(MAGIC + flags));
}

/* The bytes from 0x80 on go to LOAD. */
static void make_addressed(u32 flags)
{
	loading_begin(&l, 8);
	memset(l.bytes, 0x33, IMAGE_SIZE);
	set_flags(flags | 1 << 16);
	put32(&l, HEADER_ADDR, LOAD + HEADER - 0x80);
	put32(&l, LOAD_ADDR, LOAD);
	put32(&l, LOAD_END, LOAD + IMAGE_SIZE - 0x80);
	put32(&l, BSS_END_ADDR, BSS_END);
	put32(&l, ENTRY, LOAD + 0x200);
	l.size = IMAGE_SIZE;
}

static void make_elf(u32 flags)
{
	Elf32_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_entry = LOAD + 0x40, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
	};
	Elf32_Phdr segment = {
		.p_type = PT_LOAD, .p_offset = HEADER, .p_vaddr = LOAD, .p_paddr = LOAD,
		.p_filesz = 0x400, .p_memsz = 0x2000,
	};

	loading_begin(&l, 8);
	memset(l.bytes, 0x44, IMAGE_SIZE);
	memcpy(l.bytes, &header, sizeof(header));
	memcpy(l.bytes + sizeof(header), &segment, sizeof(segment));
	set_flags(flags);
	l.size = IMAGE_SIZE;
}

/* An ELF64 kernel linked in the upper half: GRUB loads such, QEMU does not. */
static void make_elf64(u64 paddr)
{
	u64 vaddr = 0xffffffff80000000ull + paddr;
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_entry = vaddr + 0x40, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_offset = HEADER, .p_vaddr = vaddr, .p_paddr = paddr,
		.p_filesz = 0x400, .p_memsz = 0x2000,
	};

	loading_begin(&l, 8);
	memcpy(l.bytes, &header, sizeof(header));
	memcpy(l.bytes + sizeof(header), &segment, sizeof(segment));
	set_flags(3);
	l.size = IMAGE_SIZE;
}

static u32 info(unsigned int offset)
{
	return loading_u32(&l, l.state.regs.rbx + offset);
}

static void check_start(u32 entry)
{
	CHECK_STR("Multiboot", l.state.format);
	loading_check_protected(&l);
	CHECK_EQ(0x2badb002, l.state.regs.rax);
	CHECK_EQ(entry, l.state.regs.rip);
}

static void address_fields_say_what_to_load(void)
{
	make_addressed(3);
	memset(guest_memory_at(&l.memory, LOAD, 0x4000), 0xee, 0x4000);
	CHECK_EQ(0, loading_run(&l));
	check_start(LOAD + 0x200);
	CHECK_EQ(MAGIC, loading_u32(&l, LOAD + HEADER - 0x80));
	CHECK_EQ(0x33, loading_byte(&l, LOAD));
	CHECK_EQ(0x33, loading_byte(&l, LOAD + IMAGE_SIZE - 0x80 - 1));
	CHECK_EQ(0x00, loading_byte(&l, LOAD + IMAGE_SIZE - 0x80));
	CHECK_EQ(0x00, loading_byte(&l, BSS_END - 1));
	CHECK_EQ(0xee, loading_byte(&l, BSS_END));
	loading_end(&l);
}

static void a_load_end_of_0_is_the_whole_file_and_a_bss_end_of_0_no_bss(void)
{
	make_addressed(0);
	put32(&l, LOAD_END, 0);
	put32(&l, BSS_END_ADDR, 0);
	memset(guest_memory_at(&l.memory, LOAD, 0x4000), 0xee, 0x4000);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0x33, loading_byte(&l, LOAD + IMAGE_SIZE - 0x80 - 1));
	CHECK_EQ(0xee, loading_byte(&l, LOAD + IMAGE_SIZE - 0x80));
	loading_end(&l);
}

static void without_address_fields_elf_says_what_to_load(void)
{
	make_elf(3);
	CHECK_EQ(0, loading_run(&l));
	check_start(LOAD + 0x40);
	CHECK_EQ(MAGIC, loading_u32(&l, LOAD));
	CHECK_EQ(0x44, loading_byte(&l, LOAD + 0x3ff));
	CHECK_EQ(0, loading_byte(&l, LOAD + 0x400));
	loading_end(&l);
}

static void address_fields_win_over_elf(void)
{
	make_elf((1 << 16) | 3);
	put32(&l, HEADER_ADDR, 0x300000);
	put32(&l, LOAD_ADDR, 0x300000);
	put32(&l, LOAD_END, 0x300400);
	put32(&l, BSS_END_ADDR, 0);
	put32(&l, ENTRY, 0x300020);
	CHECK_EQ(0, loading_run(&l));
	check_start(0x300020);
	CHECK_EQ(0, loading_u32(&l, LOAD));
	loading_end(&l);
}

static void elf64_kernels_start_in_protected_mode_at_their_physical_entry(void)
{
	make_elf64(LOAD);
	CHECK_EQ(0, loading_run(&l));
	check_start(LOAD + 0x40);
	loading_end(&l);
}

static void the_header_is_found_up_to_8_kib_and_not_beyond(void)
{
	static const struct { u64 offset; int ret; } cases[] = {
		{ 0, 0 }, { 8192 - 32, 0 }, { 8192 - 28, -ENOEXEC }, { 8192, -ENOEXEC },
		{ 0x102, -ENOEXEC },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 at = cases[i].offset;

		loading_begin(&l, 8);
		l.size = LOADING_IMAGE;
		put32(&l, at, MAGIC);
		put32(&l, at + 4, 1 << 16);
		put32(&l, at + 8, -(MAGIC + (1 << 16)));
		put32(&l, at + 12, LOAD);
		put32(&l, at + 16, LOAD);
		put32(&l, at + 28, LOAD);
		tap_context("header at %#llx", (unsigned long long)at);
		CHECK_EQ(cases[i].ret, loading_run(&l));
		loading_end(&l);
	}
}

static void the_information_structure_describes_memory(void)
{
	static const struct { u64 gpa, size; u32 type; } map[] = {
		{ 0, 0xa0000, 1 }, { 0xa0000, 0x60000, 2 }, { 0x100000, 0x700000, 1 },
	};
	unsigned int i;

	make_addressed(3);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0x1245, info(0));	/* memory, command line, map, loader name, framebuffer */
	CHECK_EQ(640, info(4));
	CHECK_EQ(7 * 1024, info(8));
	CHECK_EQ(3 * 24, info(44));
	for (i = 0; i < ARRAY_SIZE(map); i++) {
		u64 at = info(48) + i * 24;

		tap_context("map entry %u", i);
		CHECK_EQ(20, loading_u32(&l, at));
		CHECK_EQ(map[i].gpa, loading_u64(&l, at + 4));
		CHECK_EQ(map[i].size, loading_u64(&l, at + 12));
		CHECK_EQ(map[i].type, loading_u32(&l, at + 20));
	}
	tap_context(NULL);
	CHECK_STR("xvcpuctl", loading_string(&l, info(64)));
	CHECK_EQ(0xb8000, loading_u64(&l, l.state.regs.rbx + 88));
	CHECK_EQ(160, info(96));
	CHECK_EQ(80, info(100));
	CHECK_EQ(25, info(104));
	CHECK_EQ(0x0210, info(108) & 0xffff);	/* 16 bits per cell, text */
	loading_end(&l);
}

static void the_command_line_begins_with_the_image_s_name(void)
{
	char longest[4096];

	make_addressed(0);
	l.request.image = "/boot/kernel.elf";
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("kernel.elf", loading_string(&l, info(16)));
	l.request.cmdline = "a=1  b";
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("kernel.elf a=1  b", loading_string(&l, info(16)));
	loading_end(&l);

	make_addressed(0);
	l.request.image = "k";
	memset(longest, 'x', sizeof(longest));
	longest[4093] = '\0';
	l.request.cmdline = longest;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(4095, strlen(loading_string(&l, info(16))));
	loading_end(&l);
	make_addressed(0);
	longest[4093] = 'x';
	longest[4094] = '\0';
	l.request.cmdline = longest;
	CHECK_EQ(-EINVAL, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "command line is too long");
	loading_end(&l);
}

static void video_wishes_are_noted_and_not_granted(void)
{
	make_addressed(4);
	put32(&l, HEADER + 32, 0);
	put32(&l, HEADER + 36, 1024);
	put32(&l, HEADER + 40, 768);
	CHECK_EQ(0, loading_run(&l));
	CHECK_CONTAINS(l.state.note, "graphics mode of 1024x768");
	loading_end(&l);
}

/* A temporary file of so many bytes of a value; unlinked by forget(). */
static char *temporary(const char *name, u64 size, u8 value)
{
	char directory[] = "/tmp/xvcpuctl-test-XXXXXX", *path;
	FILE *file;

	if (!mkdtemp(directory) || asprintf(&path, "%s/%s", directory, name) < 0)
		abort();
	file = fopen(path, "w");
	while (size--)
		fputc(value, file);
	fclose(file);
	return path;
}

static void forget(char *path)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	free(path);
}

static void check_module(unsigned int i, u32 size, u8 value, const char *cmdline)
{
	u64 entry = info(24) + i * 16;
	u32 start = loading_u32(&l, entry), end = loading_u32(&l, entry + 4);

	tap_context("module %u", i);
	CHECK_EQ(0, start & 0xfff);
	CHECK(start >= BSS_END);
	CHECK_EQ(size, end - start);
	if (size) {
		CHECK_EQ(value, loading_byte(&l, start));
		CHECK_EQ(value, loading_byte(&l, end - 1));
		CHECK_EQ(0, loading_byte(&l, end));
	}
	CHECK_STR(cmdline, loading_string(&l, loading_u32(&l, entry + 8)));
	tap_context(NULL);
}

static void modules_are_page_aligned_behind_the_kernel(void)
{
	char *a = temporary("a.bin", 5000, 0xaa), *b = temporary("b.bin", 4096, 0xbb);
	char *empty = temporary("empty", 0, 0);
	struct load_module modules[] = { { a, NULL }, { empty, "nothing" }, { b, "b x=1" } };

	make_addressed(1);
	l.request.modules = modules;
	l.request.nr_modules = 3;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0x124d, info(0));
	CHECK_EQ(3, info(20));
	check_module(0, 5000, 0xaa, "a.bin");
	check_module(1, 0, 0, "nothing");
	check_module(2, 4096, 0xbb, "b x=1");
	loading_end(&l);
	forget(a);
	forget(b);
	forget(empty);
}

static void modules_that_do_not_work_are_refused_by_name(void)
{
	char *big = temporary("big.bin", 6 << 20, 1), *small = temporary("small.bin", 10, 1);
	struct load_module modules[MULTIBOOT_MAX + 1] = { { big, NULL } };
	char *long_line = malloc(4200);
	unsigned int i;

	make_addressed(1);
	l.request.modules = modules;
	l.request.nr_modules = 1;
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "big.bin");
	CHECK_EQ(0, loading_u32(&l, LOAD));
	modules[0].path = "/nonexistent/module";
	CHECK_EQ(-ENOENT, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "/nonexistent/module");
	memset(long_line, 'x', 4199);
	long_line[4199] = '\0';
	modules[0] = (struct load_module){ small, long_line };
	CHECK_EQ(-EINVAL, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "command lines are too long");
	for (i = 0; i <= MULTIBOOT_MAX; i++)
		modules[i] = (struct load_module){ small, "m" };
	l.request.nr_modules = MULTIBOOT_MAX + 1;
	CHECK_EQ(-EINVAL, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "too many modules: 64");
	CHECK_EQ(0, loading_u32(&l, LOAD));
	l.request.nr_modules = MULTIBOOT_MAX;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(MULTIBOOT_MAX, info(20));
	loading_end(&l);
	free(long_line);
	forget(big);
	forget(small);
}

static void options_that_make_no_sense_are_refused(void)
{
	make_addressed(0);
	l.request.mode = LOAD_LONG;
	loading_refused(&l, EINVAL, "cannot start in long mode");
	l.request.mode = LOAD_AUTO;
	l.request.has_entry = true;
	loading_refused(&l, EINVAL, "--entry");
	l.request.has_entry = false;
	l.request.initrd = "/dev/null";
	loading_refused(&l, EINVAL, "--initrd is for PVH and bzImage only");
	loading_end(&l);
}

static void every_wrong_address_field_is_named(void)
{
	static const struct corruption list[] = {
		{ HEADER, 4, 0x1badb003, ENOEXEC, "neither ELF, Multiboot" },
		{ CHECKSUM, 4, 1, ENOEXEC, "checksum" },
		{ FLAGS, 4, 0x10007, ENOEXEC, "checksum" },
		{ HEADER_ADDR, 4, LOAD - 1, ENOEXEC, "header_addr" },
		{ HEADER_ADDR, 4, LOAD + HEADER + 1, ENOEXEC, "header_addr" },
		{ HEADER_ADDR, 4, 0xffffffff, ENOEXEC, "header_addr" },
		{ LOAD_ADDR, 4, LOAD + HEADER - 0x80 + 4, ENOEXEC, "load_addr" },
		{ LOAD_ADDR, 4, 0, ENOEXEC, "load_addr" },
		{ LOAD_ADDR, 4, 0xffffffff, ENOEXEC, "load_addr" },
		{ LOAD_END, 4, LOAD, ENOEXEC, "load_end_addr" },
		{ LOAD_END, 4, LOAD + IMAGE_SIZE - 0x80 + 1, ENOEXEC, "load_end_addr" },
		{ LOAD_END, 4, 0xffffffff, ENOEXEC, "load_end_addr" },
		{ BSS_END_ADDR, 4, LOAD + IMAGE_SIZE - 0x80 - 1, ENOEXEC, "bss_end_addr" },
		{ BSS_END_ADDR, 4, 1, ENOEXEC, "bss_end_addr" },
		{ BSS_END_ADDR, 4, 0xffffffff, ENOSPC, "load_addr to bss_end_addr" },
		{ ENTRY, 4, LOAD - 1, ENOEXEC, "entry_addr" },
		{ ENTRY, 4, BSS_END, ENOEXEC, "entry_addr" },
		{ ENTRY, 4, 0, ENOEXEC, "entry_addr" },
		{ ENTRY, 4, 0xffffffff, ENOEXEC, "entry_addr" },
	};

	make_addressed(3);
	loading_corrupt(&l, list, ARRAY_SIZE(list));
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void unknown_required_flags_are_refused(void)
{
	unsigned int bit;

	for (bit = 3; bit < 16; bit++) {
		make_addressed(1u << bit);
		tap_context("flag %u", bit);
		loading_refused(&l, ENOEXEC, "field flags");
		loading_end(&l);
	}
	/* The upper half is optional: a loader may ignore what it does not know. */
	for (bit = 17; bit < 32; bit++) {
		make_addressed(1u << bit);
		CHECK_EQ(0, loading_run(&l));
		loading_end(&l);
	}
}

static void a_kernel_where_no_kernel_can_be_is_refused(void)
{
	make_addressed(0);
	put32(&l, HEADER_ADDR, 0x1000 + HEADER - 0x80);
	put32(&l, LOAD_ADDR, 0x1000);
	put32(&l, LOAD_END, 0);
	put32(&l, BSS_END_ADDR, 0);
	put32(&l, ENTRY, 0x1000);
	loading_refused(&l, ENOEXEC, "the loader's tables");
	loading_end(&l);

	make_elf64(0x100000000ull);
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "beyond 4 GiB");
	loading_end(&l);

	make_elf(0);
	l.bytes[0] = 0;
	loading_refused(&l, ENOEXEC, "flags");
	loading_end(&l);
}

/* Such a file may be a boot loader that has the number in its code: it still runs, with a note. */
static void elf_with_a_bad_header_is_loaded_as_elf_with_a_note(void)
{
	make_elf(3);
	put32(&l, CHECKSUM, 0);
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("ELF32", l.state.format);
	CHECK_CONTAINS(l.state.note, "Multiboot magic at 0x100");
	CHECK_CONTAINS(l.state.note, "checksum");
	loading_end(&l);
}

static void cut_off_files_are_refused(void)
{
	make_addressed(7);
	loading_truncate(&l, l.size);
	/* All that is loaded is there, the video fields are not. */
	put32(&l, LOAD_END, 0);
	put32(&l, BSS_END_ADDR, 0);
	put32(&l, ENTRY, LOAD);
	l.size = HEADER + 48 - 1;
	loading_refused(&l, ENOEXEC, "field flags");
	l.size++;
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
	make_elf(3);
	loading_truncate(&l, HEADER + 0x400);
	loading_end(&l);
}

static void mangled_files_do_no_harm(void)
{
	u64 at;

	make_addressed(3);
	loading_mangle(&l, HEADER, HEADER + 48);
	/* Flags with the checksum made right again, so that the rest of the header is looked at. */
	for (at = 0; at < 3; at++) {
		set_flags(1u << at | 1 << 16);
		loading_mangle(&l, HEADER + 12, HEADER + 48);
	}
	loading_end(&l);
	make_elf(3);
	loading_mangle(&l, 0, sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr));
	loading_end(&l);
}

static const struct tap_test tests[] = {
	TEST(address_fields_say_what_to_load),
	TEST(a_load_end_of_0_is_the_whole_file_and_a_bss_end_of_0_no_bss),
	TEST(without_address_fields_elf_says_what_to_load),
	TEST(address_fields_win_over_elf),
	TEST(elf64_kernels_start_in_protected_mode_at_their_physical_entry),
	TEST(the_header_is_found_up_to_8_kib_and_not_beyond),
	TEST(the_information_structure_describes_memory),
	TEST(the_command_line_begins_with_the_image_s_name),
	TEST(video_wishes_are_noted_and_not_granted),
	TEST(modules_are_page_aligned_behind_the_kernel),
	TEST(modules_that_do_not_work_are_refused_by_name),
	TEST(options_that_make_no_sense_are_refused),
	TEST(every_wrong_address_field_is_named),
	TEST(unknown_required_flags_are_refused),
	TEST(a_kernel_where_no_kernel_can_be_is_refused),
	TEST(elf_with_a_bad_header_is_loaded_as_elf_with_a_note),
	TEST(cut_off_files_are_refused),
	TEST(mangled_files_do_no_harm),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
