// SPDX-License-Identifier: GPL-2.0-only
/* ELF32 and ELF64 executables: what is loaded where, and every field that can be wrong. */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "loading.h"

/* The images made here: headers, then two segments, the second with a bss. */
#define TEXT_OFFSET	0x200
#define TEXT_SIZE	0x300
#define DATA_OFFSET	0x500
#define DATA_SIZE	0x80
#define BSS_SIZE	0x1000
#define LOAD		0x200000
#define VIRTUAL		0xc0200000
#define DATA_ADDR	(LOAD + 0x1000)

#define E32(member)	offsetof(Elf32_Ehdr, member)
#define E64(member)	offsetof(Elf64_Ehdr, member)
#define P32(n, member)	\
	(sizeof(Elf32_Ehdr) + (n) * sizeof(Elf32_Phdr) + offsetof(Elf32_Phdr, member))
#define P64(n, member)	\
	(sizeof(Elf64_Ehdr) + (n) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, member))

static struct loading l;

static void fill_segments(void)
{
	memset(l.bytes + TEXT_OFFSET, 0x11, TEXT_SIZE);
	memset(l.bytes + DATA_OFFSET, 0x22, DATA_SIZE);
	l.size = DATA_OFFSET + DATA_SIZE;
}

static void make_elf32(void)
{
	Elf32_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_entry = LOAD + 0x10, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 3,
	};
	Elf32_Phdr segments[3] = {
		{ .p_type = PT_LOAD, .p_offset = TEXT_OFFSET, .p_vaddr = LOAD, .p_paddr = LOAD,
		  .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE },
		{ .p_type = PT_GNU_STACK },
		{ .p_type = PT_LOAD, .p_offset = DATA_OFFSET, .p_vaddr = DATA_ADDR,
		  .p_paddr = DATA_ADDR, .p_filesz = DATA_SIZE, .p_memsz = DATA_SIZE + BSS_SIZE },
	};

	loading_begin(&l, 8);
	memcpy(l.bytes, &header, sizeof(header));
	memcpy(l.bytes + sizeof(header), segments, sizeof(segments));
	fill_segments();
}

static void make_elf64(void)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_entry = LOAD + 0x10, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
	};
	Elf64_Phdr segments[3] = {
		{ .p_type = PT_LOAD, .p_offset = TEXT_OFFSET, .p_vaddr = LOAD, .p_paddr = LOAD,
		  .p_filesz = TEXT_SIZE, .p_memsz = TEXT_SIZE },
		{ .p_type = PT_GNU_STACK },
		{ .p_type = PT_LOAD, .p_offset = DATA_OFFSET, .p_vaddr = DATA_ADDR,
		  .p_paddr = DATA_ADDR, .p_filesz = DATA_SIZE, .p_memsz = DATA_SIZE + BSS_SIZE },
	};

	loading_begin(&l, 8);
	memcpy(l.bytes, &header, sizeof(header));
	memcpy(l.bytes + sizeof(header), segments, sizeof(segments));
	fill_segments();
}

static void check_contents(void)
{
	CHECK_EQ(0, loading_byte(&l, LOAD - 1));
	CHECK_EQ(0x11, loading_byte(&l, LOAD));
	CHECK_EQ(0x11, loading_byte(&l, LOAD + TEXT_SIZE - 1));
	CHECK_EQ(0, loading_byte(&l, LOAD + TEXT_SIZE));
	CHECK_EQ(0x22, loading_byte(&l, DATA_ADDR));
	CHECK_EQ(0x22, loading_byte(&l, DATA_ADDR + DATA_SIZE - 1));
	CHECK_EQ(0, loading_byte(&l, DATA_ADDR + DATA_SIZE));
	CHECK_EQ(LOAD + 0x10, l.state.regs.rip);
}

static void elf32_starts_in_protected_mode(void)
{
	make_elf32();
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("ELF32", l.state.format);
	CHECK_STR("", l.state.note);
	loading_check_protected(&l);
	check_contents();
	loading_end(&l);
}

static void elf64_starts_in_long_mode(void)
{
	make_elf64();
	CHECK_EQ(0, loading_run(&l));
	CHECK_STR("ELF64", l.state.format);
	loading_check_long(&l);
	check_contents();
	loading_end(&l);
}

/* Stale bytes where the bss goes would be a surprise that a fresh guest cannot show. */
static void the_bss_is_zeroed(void)
{
	u8 *bss;

	make_elf32();
	bss = guest_memory_at(&l.memory, DATA_ADDR + DATA_SIZE, BSS_SIZE + 1);
	memset(bss, 0xee, BSS_SIZE + 1);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(0, bss[0]);
	CHECK_EQ(0, bss[BSS_SIZE - 1]);
	CHECK_EQ(0xee, bss[BSS_SIZE]);
	loading_end(&l);
}

/* A kernel linked high and loaded low: before it turns paging on, only the low address exists. */
static void the_entry_is_translated_to_where_it_was_loaded(void)
{
	make_elf32();
	put32(&l, P32(0, p_vaddr), VIRTUAL);
	put32(&l, E32(e_entry), VIRTUAL + 0x10);
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(LOAD + 0x10, l.state.regs.rip);
	loading_end(&l);
}

static void the_entry_can_be_chosen(void)
{
	make_elf64();
	l.request.has_entry = true;
	l.request.entry = LOAD + 0x80;
	CHECK_EQ(0, loading_run(&l));
	CHECK_EQ(LOAD + 0x80, l.state.regs.rip);
	loading_end(&l);
	make_elf64();
	l.request.has_entry = true;
	l.request.entry = LOAD + TEXT_SIZE;
	loading_refused(&l, EINVAL, "--entry");
	loading_end(&l);
}

static void a_mode_that_does_not_fit_is_refused(void)
{
	make_elf32();
	l.request.mode = LOAD_LONG;
	loading_refused(&l, EINVAL, "cannot start in long mode");
	l.request.mode = LOAD_REAL;
	loading_refused(&l, EINVAL, "cannot start in real mode");
	l.request.mode = LOAD_AUTO;
	l.request.has_load = true;
	loading_refused(&l, EINVAL, "--load is for flat binaries only");
	l.request.has_load = false;
	l.request.mode = LOAD_PROTECTED;
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void every_wrong_field_of_elf32_is_named(void)
{
	static const struct corruption list[] = {
		{ EI_MAG0, 1, 0x7e, ENOEXEC, "neither ELF" },
		{ EI_CLASS, 1, 0, ENOEXEC, "e_ident[EI_CLASS]" },
		{ EI_CLASS, 1, 2, ENOEXEC, "e_machine" },
		{ EI_DATA, 1, 2, ENOEXEC, "e_ident[EI_DATA]" },
		{ EI_VERSION, 1, 0, ENOEXEC, "EI_VERSION" },
		{ E32(e_version), 4, 2, ENOEXEC, "e_version" },
		{ E32(e_type), 2, ET_DYN, ENOEXEC, "e_type" },
		{ E32(e_type), 2, ET_REL, ENOEXEC, "e_type" },
		{ E32(e_type), 2, ET_CORE, ENOEXEC, "e_type" },
		{ E32(e_machine), 2, EM_ARM, ENOEXEC, "e_machine" },
		{ E32(e_machine), 2, EM_X86_64, ENOEXEC, "e_machine" },
		{ E32(e_ehsize), 2, 64, ENOEXEC, "e_ehsize" },
		{ E32(e_phentsize), 2, 31, ENOEXEC, "e_phentsize" },
		{ E32(e_phentsize), 2, 0xffff, ENOEXEC, "e_phentsize" },
		{ E32(e_phnum), 2, 0, ENOEXEC, "e_phnum" },
		{ E32(e_phnum), 2, 0xffff, ENOEXEC, "e_phnum" },
		{ E32(e_phnum), 2, 0xfffe, ENOEXEC, "e_phoff" },
		{ E32(e_phoff), 4, 0xffffffff, ENOEXEC, "e_phoff" },
		{ E32(e_phoff), 4, DATA_OFFSET + DATA_SIZE - 95, ENOEXEC, "e_phoff" },
		{ E32(e_phoff), 4, DATA_OFFSET, ENOEXEC, "p_type" },
		{ E32(e_entry), 4, LOAD - 1, ENOEXEC, "e_entry" },
		{ E32(e_entry), 4, LOAD + TEXT_SIZE, ENOEXEC, "e_entry" },
		{ E32(e_entry), 4, 0, ENOEXEC, "e_entry" },
		{ P32(1, p_type), 4, PT_INTERP, ENOEXEC, "PT_INTERP" },
		{ P32(0, p_offset), 4, 0xffffff00, ENOEXEC, "program header 0: p_offset" },
		{ P32(0, p_offset), 4, DATA_OFFSET + DATA_SIZE - TEXT_SIZE + 1, ENOEXEC,
		  "program header 0: p_offset" },
		{ P32(0, p_filesz), 4, TEXT_SIZE + 1, ENOEXEC, "program header 0: p_filesz" },
		{ P32(2, p_filesz), 4, DATA_SIZE + 1, ENOEXEC, "program header 2: p_offset" },
		{ P32(0, p_memsz), 4, TEXT_SIZE - 1, ENOEXEC, "p_memsz" },
		{ P32(2, p_memsz), 4, 0xfffffff0, ENOSPC, "ELF segment 2 (p_paddr, p_memsz)" },
		{ P32(2, p_paddr), 4, 0xfffffff0, ENOSPC, "ELF segment 2 (p_paddr, p_memsz)" },
		{ P32(2, p_paddr), 4, LOAD + TEXT_SIZE - 1, ENOEXEC, "overlaps ELF segment 0" },
		{ P32(2, p_paddr), 4, LOAD, ENOEXEC, "overlaps ELF segment 0" },
		{ P32(2, p_paddr), 4, 8 << 20, ENOSPC, "outside the guest's 8192 KiB" },
		{ P32(0, p_paddr), 4, LAYOUT_END - 1, ENOEXEC, "the loader's tables" },
		{ P32(0, p_vaddr), 4, LOAD + 0x11, ENOEXEC, "e_entry" },
	};

	make_elf32();
	loading_corrupt(&l, list, ARRAY_SIZE(list));
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void every_wrong_field_of_elf64_is_named(void)
{
	static const struct corruption list[] = {
		{ EI_CLASS, 1, 1, ENOEXEC, "e_machine" },
		{ E64(e_version), 4, 0, ENOEXEC, "e_version" },
		{ E64(e_type), 2, ET_DYN, ENOEXEC, "e_type" },
		{ E64(e_machine), 2, EM_386, ENOEXEC, "e_machine" },
		{ E64(e_machine), 2, EM_AARCH64, ENOEXEC, "e_machine" },
		{ E64(e_ehsize), 2, 52, ENOEXEC, "e_ehsize" },
		{ E64(e_phentsize), 2, 32, ENOEXEC, "e_phentsize" },
		{ E64(e_phnum), 2, 0, ENOEXEC, "e_phnum" },
		{ E64(e_phoff), 8, ~0ull, ENOEXEC, "e_phoff" },
		{ E64(e_phoff), 8, ~0ull - 100, ENOEXEC, "e_phoff" },
		{ E64(e_entry), 8, ~0ull, ENOEXEC, "e_entry" },
		{ P64(0, p_offset), 8, ~0ull, ENOEXEC, "p_offset" },
		{ P64(0, p_filesz), 8, ~0ull, ENOEXEC, "p_filesz" },
		{ P64(0, p_memsz), 8, ~0ull, ENOEXEC, "p_memsz" },
		{ P64(0, p_memsz), 8, 1ull << 40, ENOSPC, "ELF segment 0" },
		{ P64(0, p_paddr), 8, ~0ull - 0x100, ENOEXEC, "p_paddr" },
		{ P64(0, p_vaddr), 8, ~0ull - 0x100, ENOEXEC, "p_vaddr" },
		{ P64(0, p_paddr), 8, 1ull << 40, ENOSPC, "ELF segment 0" },
		{ P64(2, p_paddr), 8, LOAD, ENOEXEC, "overlaps" },
		{ P64(0, p_paddr), 8, LAYOUT_PML4, ENOEXEC, "the loader's tables" },
	};

	make_elf64();
	loading_corrupt(&l, list, ARRAY_SIZE(list));
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void segments_beyond_the_first_gib_are_refused_in_long_mode(void)
{
	make_elf64();
	guest_memory_free(&l.memory);
	CHECK_EQ(0, guest_memory_init(&l.memory, 1025ull << 20, &l.err));
	put64(&l, P64(2, p_paddr), (1ull << 30) - DATA_SIZE);
	CHECK_EQ(-ENOEXEC, loading_run(&l));
	CHECK_CONTAINS(l.err.text, "program header 2: p_paddr");
	put64(&l, P64(2, p_paddr), (1ull << 30) - DATA_SIZE - BSS_SIZE);
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void too_many_segments_are_refused(void)
{
	Elf32_Phdr segment = {
		.p_type = PT_LOAD, .p_offset = 0, .p_filesz = 1, .p_memsz = 1,
	};
	unsigned int i;

	make_elf32();
	put32(&l, E32(e_phoff), 0x1000);
	put16(&l, E32(e_phnum), 65);
	for (i = 0; i < 65; i++) {
		segment.p_paddr = LOAD + 0x10 + i * 0x1000;
		segment.p_vaddr = segment.p_paddr;
		memcpy(l.bytes + 0x1000 + i * sizeof(segment), &segment, sizeof(segment));
	}
	l.size = 0x1000 + 65 * sizeof(segment);
	loading_refused(&l, ENOEXEC, "e_phnum");
	put16(&l, E32(e_phnum), 64);
	CHECK_EQ(0, loading_run(&l));
	loading_end(&l);
}

static void cut_off_files_are_refused(void)
{
	make_elf32();
	loading_truncate(&l, l.size);
	loading_end(&l);
	make_elf64();
	loading_truncate(&l, l.size);
	loading_end(&l);
}

static void mangled_files_do_no_harm(void)
{
	make_elf32();
	loading_mangle(&l, 0, sizeof(Elf32_Ehdr) + 3 * sizeof(Elf32_Phdr));
	loading_end(&l);
	make_elf64();
	loading_mangle(&l, 0, sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr));
	loading_end(&l);
}

/* Memory is zero as it is: a large bss costs the host nothing. */
static void a_bss_is_not_touched(void)
{
	make_elf64();
	guest_memory_free(&l.memory);
	CHECK_EQ(0, guest_memory_init(&l.memory, 512 << 20, &l.err));
	put64(&l, P64(2, p_memsz), 400 << 20);
	CHECK_EQ(0, loading_run(&l));
	/* Text, data, GDT, three tables */
	CHECK_EQ(6, loading_touched(&l));
	loading_end(&l);
}

static const struct tap_test tests[] = {
	TEST(elf32_starts_in_protected_mode),
	TEST(elf64_starts_in_long_mode),
	TEST(the_bss_is_zeroed),
	TEST(the_entry_is_translated_to_where_it_was_loaded),
	TEST(the_entry_can_be_chosen),
	TEST(a_mode_that_does_not_fit_is_refused),
	TEST(every_wrong_field_of_elf32_is_named),
	TEST(every_wrong_field_of_elf64_is_named),
	TEST(segments_beyond_the_first_gib_are_refused_in_long_mode),
	TEST(too_many_segments_are_refused),
	TEST(cut_off_files_are_refused),
	TEST(mangled_files_do_no_harm),
	TEST(a_bss_is_not_touched),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
