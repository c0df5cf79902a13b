// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF files with a PVH note: entry and state, the start information, and every way in which the
 * note can be wrong. In test_kernels: a Linux that has one.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "loading.h"

/* The image: headers, then text, then notes, the one that counts the second of three. */
#define TEXT_OFFSET	0x200
#define TEXT_SIZE	0x300
#define NOTES_OFFSET	0x600
#define LOAD		0x200000
#define VIRTUAL		0xffffffff80200000ull
#define ENTRY		(LOAD + 0x40)
#define BSS_SIZE	0x1000

#define NOTE		(NOTES_OFFSET + 12 + 4 + 8)
#define NAMESZ		NOTE
#define DESCSZ		(NOTE + 4)
#define TYPE		(NOTE + 8)
#define NAME		(NOTE + 12)
#define DESC		(NOTE + 16)

#define P64(n, member)	\
	(sizeof(Elf64_Ehdr) + (n) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, member))
#define E64(member)	offsetof(Elf64_Ehdr, member)

#define MIB		(1ull << 20)
#define GIB		(1ull << 30)

static struct loading l;

static u64 add_note(u64 at, u32 type, const char *name, u32 descsz, u64 desc)
{
	u32 namesz = strlen(name) + 1;

	put32(&l, at, namesz);
	put32(&l, at + 4, descsz);
	put32(&l, at + 8, type);
	memcpy(l.bytes + at + 12, name, namesz);
	at += 12 + ((namesz + 3) & ~3u);
	memcpy(l.bytes + at, &desc, descsz);
	return at + ((descsz + 3) & ~3u);
}

static void fill(void)
{
	u64 at = NOTES_OFFSET;

	memset(l.bytes + TEXT_OFFSET, 0x11, TEXT_SIZE);
	at = add_note(at, 18, "GNU", 5, 0x4142434445);	/* the type, but another's */
	at = add_note(at, 18, "Xen", 8, ENTRY);
	at = add_note(at, 6, "Xen", 8, 0);
	l.size = at;
}

/* Its e_entry is not among the segments' virtual addresses, as in a vmlinux. */
static void make(void)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_entry = LOAD, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
	};
	Elf64_Phdr segments[2] = {
		{ .p_type = PT_LOAD, .p_offset = TEXT_OFFSET, .p_vaddr = VIRTUAL, .p_paddr = LOAD,
		  .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE + BSS_SIZE },
		{ .p_type = PT_NOTE, .p_offset = NOTES_OFFSET, .p_align = 4 },
	};

	loading_begin(&l, 8);
	fill();
	segments[1].p_filesz = l.size - NOTES_OFFSET;
	memcpy(l.bytes, &header, sizeof(header));
	memcpy(l.bytes + sizeof(header), segments, sizeof(segments));
}

static void make_32(void)
{
	Elf32_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2,
	};
	Elf32_Phdr segments[2] = {
		{ .p_type = PT_LOAD, .p_offset = TEXT_OFFSET, .p_vaddr = 0xc0200000,
		  .p_paddr = LOAD, .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE },
		{ .p_type = PT_NOTE, .p_offset = NOTES_OFFSET, .p_align = 4 },
	};

	loading_begin(&l, 8);
	fill();
	segments[1].p_filesz = l.size - NOTES_OFFSET;
	memcpy(l.bytes, &header, sizeof(header));
	memcpy(l.bytes + sizeof(header), segments, sizeof(segments));
}

static u64 info(unsigned int offset)
{
	return loading_u64(&l, l.state.regs.rbx + offset);
}

static void check_started(void)
{
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("PVH", l.state.format);
	loading_check_protected(&l);
	CHECK_EQ(ENTRY, l.state.regs.rip);
	CHECK_EQ(0x67, l.state.sregs.tr.limit);
	CHECK_EQ(0x336ec578, (u32)info(0));
	CHECK_EQ(1, info(0) >> 32);			/* version */
	CHECK_EQ(0x11, loading_byte(&l, LOAD));
	CHECK_EQ(0x11, loading_byte(&l, LOAD + TEXT_SIZE - 1));
}

static void it_starts_where_the_note_says(void)
{
	make();
	check_started();
	loading_end(&l);
	make_32();
	check_started();
	loading_end(&l);
}

/* 32-bit files say it in 4 bytes, and notes may be padded to 8. */
static void descriptors_and_padding_have_two_sizes(void)
{
	u64 at;

	make();
	put32(&l, DESCSZ, 4);
	check_started();
	loading_end(&l);

	make();
	put64(&l, P64(1, p_align), 8);
	memset(l.bytes + NOTES_OFFSET, 0, 0x100);
	at = NOTES_OFFSET;
	add_note(at, 18, "GNU", 5, 0x4142434445);	/* 21 bytes, padded to 24 */
	add_note(at + 24, 18, "Xen", 8, ENTRY);
	check_started();
	loading_end(&l);
}

static void the_start_information_has_a_memory_map(void)
{
	static const struct { u64 gpa, size; u32 type; } map[] = {
		{ 0, 0xa0000, 1 }, { 0xa0000, 0x60000, 2 }, { MIB, 3 * GIB - MIB, 1 },
		{ 4 * GIB, 2 * GIB, 1 },
	};
	unsigned int i;

	make();
	guest_memory_free(&l.memory);
	if (guest_memory_init(&l.memory, 5 * GIB, &l.err)) {
		tap_skip("this host cannot map 5 GiB without reserving them");
		return;
	}
	check_started();
	CHECK_EQ(ARRAY_SIZE(map), info(48));		/* and reserved, 0 */
	for (i = 0; i < ARRAY_SIZE(map); i++) {
		u64 at = info(40) + 24 * i;

		CHECK_EQ(map[i].gpa, loading_u64(&l, at));
		CHECK_EQ(map[i].size, loading_u64(&l, at + 8));
		CHECK_EQ(map[i].type, loading_u64(&l, at + 16));
	}
	CHECK_EQ(0, info(8));				/* flags, no modules */
	CHECK_EQ(0, info(16));
	CHECK_EQ(0, info(32));				/* no ACPI tables */
	loading_end(&l);
}

static void a_command_line_is_passed_on(void)
{
	static char line[5000];

	make();
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("", loading_string(&l, info(24)));
	l.request.cmdline = "console=ttyS0 quiet";
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("console=ttyS0 quiet", loading_string(&l, info(24)));
	memset(line, 'x', 4095);
	l.request.cmdline = line;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(4095, strlen(loading_string(&l, info(24))));
	loading_end(&l);
	make();
	memset(line, 'x', 4096);
	l.request.cmdline = line;
	loading_refused(&l, EINVAL, "the command line has 4096 bytes");
	loading_end(&l);
}

static void an_initrd_is_the_first_module(void)
{
	u64 gpa, size;

	make();
	guest_memory_free(&l.memory);
	CHECK_EQ(0, guest_memory_init(&l.memory, 64 * MIB, &l.err));
	l.request.initrd = "/proc/self/exe";
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(1, info(8) >> 32);
	gpa = loading_u64(&l, info(16));
	size = loading_u64(&l, info(16) + 8);
	CHECK(gpa + size <= 64 * MIB && gpa + size > 64 * MIB - 4096);
	CHECK(!memcmp(loading_string(&l, gpa), "\x7f" "ELF", 4));
	CHECK_EQ(0, loading_u64(&l, info(16) + 16));	/* no command line of its own */
	guest_memory_free(&l.memory);
	CHECK_EQ(0, guest_memory_init(&l.memory, 3 * MIB - 4096, &l.err));
	l.bytes[P64(0, p_paddr) + 2] = 0x10;		/* 1 MiB, up to the end */
	put64(&l, DESC, MIB);
	put64(&l, P64(0, p_memsz), 2 * MIB - 4096);
	CHECK_EQ(-ENOSPC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "initrd /proc/self/exe");
	l.request.initrd = "/dev/null";
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "/dev/null is empty");
	loading_end(&l);
}

static void what_is_wrong_with_the_note_is_said(void)
{
	static const struct corruption list[] = {
		{ DESC, 8, LOAD - 1, ENOEXEC, "PHYS32_ENTRY is 0x1fffff: that is in no" },
		{ DESC, 8, LOAD + TEXT_SIZE + BSS_SIZE, ENOEXEC, "that is in no loadable" },
		{ DESC, 8, VIRTUAL, ENOEXEC, "0xffffffff80200000: that is not below 4 GiB" },
		{ DESC, 8, 1ull << 32 | ENTRY, ENOEXEC, "not below 4 GiB" },
		{ DESCSZ, 4, 0, ENOEXEC, "(descsz) of 0 bytes" },
		{ DESCSZ, 4, 5, ENOEXEC, "(descsz) of 5 bytes" },
		{ DESCSZ, 4, 12, ENOEXEC, "(descsz) of 12 bytes" },
		/* No note, then: an ELF file whose entry point is a physical address. */
		{ DESCSZ, 4, 0xffffffff, ENOEXEC, "e_entry is 0x200000" },
		{ DESCSZ, 4, 100, ENOEXEC, "e_entry" },
		{ NAMESZ, 4, 0xffffffff, ENOEXEC, "e_entry" },
		{ NAMESZ, 4, 0, ENOEXEC, "e_entry" },
		{ NAMESZ, 4, 3, ENOEXEC, "e_entry" },
		{ NAME, 1, 'x', ENOEXEC, "e_entry" },
		{ TYPE, 4, 17, ENOEXEC, "e_entry" },
		{ NOTES_OFFSET, 4, 0xfffffff0, ENOEXEC, "e_entry" },
		{ NOTES_OFFSET + 4, 4, 0xffffffff, ENOEXEC, "e_entry" },
		{ P64(1, p_filesz), 8, 24 + 23, ENOEXEC, "e_entry" },
		{ P64(1, p_filesz), 8, ~0ull, ENOEXEC, "e_entry" },
		{ P64(1, p_offset), 8, ~0ull - 8, ENOEXEC, "e_entry" },
		{ P64(0, p_paddr), 8, 8 * MIB, ENOEXEC, "that is in no loadable segment" },
		{ P64(0, p_memsz), 8, 7 * MIB, ENOSPC, "ELF segment 0 (p_paddr, p_memsz)" },
		{ E64(e_phnum), 2, 0, ENOEXEC, "e_phnum" },
	};

	make();
	loading_corrupt(&l, list, ARRAY_SIZE(list));
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void options_that_make_no_sense_are_refused(void)
{
	make();
	l.request.mode = LOAD_LONG;
	loading_refused(&l, EINVAL, "(PVH) cannot start in long mode");
	l.request.mode = LOAD_PROTECTED;
	check_started();
	loading_end(&l);
	make();
	l.request.has_entry = true;
	l.request.entry = LOAD;
	loading_refused(&l, EINVAL, "--entry");
	loading_end(&l);
}

static void cut_off_files_are_refused(void)
{
	make();
	loading_truncate(&l, l.size);
	loading_end(&l);
}

static void mangled_files_do_no_harm(void)
{
	make();
	loading_mangle(&l, 0, sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr));
	loading_end(&l);
	make();
	loading_mangle(&l, NOTES_OFFSET, l.size - 8);
	loading_end(&l);
}

static const struct tap_test tests[] = {
	TEST(it_starts_where_the_note_says),
	TEST(descriptors_and_padding_have_two_sizes),
	TEST(the_start_information_has_a_memory_map),
	TEST(a_command_line_is_passed_on),
	TEST(an_initrd_is_the_first_module),
	TEST(what_is_wrong_with_the_note_is_said),
	TEST(options_that_make_no_sense_are_refused),
	TEST(cut_off_files_are_refused),
	TEST(mangled_files_do_no_harm),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
