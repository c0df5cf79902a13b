// SPDX-License-Identifier: GPL-2.0-only
/* Guest RAM: regions, bounds, the hole below 4 GiB, and what guests are told about it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../guest_memory.h"
#include "../loaders/memory_map.h"
#include "tap.h"

#define MIB	(1ull << 20)
#define GIB	(1ull << 30)

static struct guest_memory memory;
static struct message err;

static void memory_is_zero_and_bounded(void)
{
	u8 *first;

	CHECK_EQ(0, guest_memory_init(&memory, 8 * MIB, &err));
	CHECK_EQ(1, memory.nr_regions);
	CHECK_EQ(8 * MIB, memory.size);
	first = guest_memory_at(&memory, 0, 8 * MIB);
	CHECK(first && first == memory.host);
	CHECK(first && !first[0] && !first[8 * MIB - 1]);
	CHECK(guest_memory_at(&memory, 8 * MIB - 1, 1) == memory.host + 8 * MIB - 1);
	CHECK(!guest_memory_at(&memory, 8 * MIB - 1, 2));
	CHECK(!guest_memory_at(&memory, 8 * MIB, 0));
	CHECK(!guest_memory_at(&memory, 0, 8 * MIB + 1));
	CHECK(!guest_memory_at(&memory, 4096, ~0ull));
	CHECK(!guest_memory_at(&memory, ~0ull, 2));
	CHECK(guest_memory_at(&memory, 4096, 0));
	guest_memory_free(&memory);
	CHECK(!guest_memory_at(&memory, 0, 1));
	guest_memory_free(&memory);
}

static void sizes_that_cannot_be_are_refused(void)
{
	CHECK_EQ(-EINVAL, guest_memory_init(&memory, 0, &err));
	CHECK_CONTAINS(err.text, "4 KiB");
	CHECK_EQ(-EINVAL, guest_memory_init(&memory, 4097, &err));
	CHECK_EQ(-ENOMEM, guest_memory_init(&memory, 1ull << 62, &err));
	CHECK_CONTAINS(err.text, "guest memory");
	CHECK(!memory.host);
}

/* 5 GiB of address space cost nothing until they are touched. */
static void memory_beyond_3_gib_continues_above_the_hole(void)
{
	if (guest_memory_init(&memory, 5 * GIB, &err)) {
		tap_skip("this host cannot map 5 GiB without reserving them");
		return;
	}
	CHECK_EQ(2, memory.nr_regions);
	CHECK_EQ(0, memory.regions[0].gpa);
	CHECK_EQ(3 * GIB, memory.regions[0].size);
	CHECK_EQ(4 * GIB, memory.regions[1].gpa);
	CHECK_EQ(2 * GIB, memory.regions[1].size);
	CHECK(memory.regions[1].host == memory.host + 3 * GIB);
	CHECK(!guest_memory_at(&memory, 3 * GIB, 1));
	CHECK(!guest_memory_at(&memory, 3 * GIB - 1, 2));
	CHECK(!guest_memory_at(&memory, 4 * GIB - 1, 1));
	CHECK(guest_memory_at(&memory, 4 * GIB, 2 * GIB) == memory.host + 3 * GIB);
	CHECK(!guest_memory_at(&memory, 4 * GIB, 2 * GIB + 1));
	guest_memory_free(&memory);
}

static u64 present(void)
{
	u64 i, nr = 0, pages = memory.size / 4096;
	u8 *resident = malloc(pages);

	CHECK_EQ(0, mincore(memory.host, memory.size, resident));
	for (i = 0; i < pages; i++)
		nr += resident[i] & 1;
	free(resident);
	return nr;
}

static bool all(u64 from, u64 to, u8 value)
{
	for (; from < to; from++)
		if (memory.host[from] != value)
			return false;
	return true;
}

static void zeroing_gives_whole_pages_back(void)
{
	static const struct { u64 gpa, len, left; } ranges[] = {
		{ 0, 16 * 4096, 0 },			/* whole pages only */
		{ 1, 16 * 4096 - 1, 1 }, { 1, 16 * 4096 - 2, 2 }, { 0, 16 * 4096 - 1, 1 },
		{ 4095, 2, 16 }, { 4095, 4097, 15 }, { 5, 1, 16 }, { 5, 0, 16 },
		{ 4096, 4096, 15 }, { 4096, 4097, 15 }, { 4095, 8194, 14 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		u64 gpa = ranges[i].gpa, end = gpa + ranges[i].len;

		tap_context("%llu bytes at %llu", (unsigned long long)ranges[i].len,
			    (unsigned long long)gpa);
		CHECK_EQ(0, guest_memory_init(&memory, 16 * 4096, &err));
		memset(memory.host, 0x5a, memory.size);
		guest_memory_zero(&memory, gpa, ranges[i].len);
		CHECK_EQ(ranges[i].left, present());
		CHECK(all(0, gpa, 0x5a) && all(gpa, end, 0) && all(end, memory.size, 0x5a));
		guest_memory_free(&memory);
	}
	tap_context(NULL);
}

static void a_guest_that_starts_again_has_fresh_memory(void)
{
	u8 *rom;

	CHECK_EQ(0, guest_memory_init(&memory, 8 * MIB, &err));
	rom = guest_memory_rom(&memory, 16 * MIB, 4096, &err);
	CHECK(rom);
	memset(rom, 0x5a, 4096);
	memset(memory.host, 0x5a, memory.size);
	guest_memory_clear(&memory);
	CHECK_EQ(0, present());
	CHECK(all(0, memory.size, 0));
	CHECK_EQ(0x5a, rom[4095]);
	guest_memory_free(&memory);
}

static void memory_costs_nothing_until_it_is_touched(void)
{
	static const u64 sizes[] = { 128 * MIB, GIB, 5 * GIB };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (guest_memory_init(&memory, sizes[i], &err)) {
			tap_skip("this host cannot map 5 GiB without reserving them");
			return;
		}
		CHECK_EQ(0, present());
		memory.host[sizes[i] - 1] = 1;
		CHECK(present() >= 1 && present() <= 512);	/* a huge page at most */
		guest_memory_free(&memory);
	}
}

static void a_rom_is_neither_ram_nor_in_its_way(void)
{
	u8 *rom;

	CHECK_EQ(0, guest_memory_init(&memory, 8 * MIB, &err));
	rom = guest_memory_rom(&memory, 16 * MIB, 64 << 10, &err);
	CHECK(rom && !rom[0] && !rom[65535]);
	CHECK_EQ(2, memory.nr_regions);
	CHECK_EQ(GUEST_ROM, memory.regions[1].kind);
	CHECK_EQ(16 * MIB, memory.regions[1].gpa);
	CHECK_EQ(8 * MIB, memory.size);
	CHECK(!guest_memory_at(&memory, 16 * MIB, 1));
	rom[5] = 7;
	CHECK(guest_memory_rom(&memory, 16 * MIB, 64 << 10, &err) == rom && rom[5] == 7);
	CHECK(!guest_memory_rom(&memory, 16 * MIB - 4096, 8192, &err));
	CHECK_CONTAINS(err.text, "no place for a ROM of 8 KiB at 0xfff000");
	CHECK(!guest_memory_rom(&memory, 8 * MIB - 4096, 8192, &err));
	CHECK(!guest_memory_rom(&memory, 4096, 4096, &err));
	CHECK(guest_memory_rom(&memory, 8 * MIB, 4096, &err));
	CHECK_EQ(8 * MIB, memory.regions[1].gpa);
	CHECK_EQ(16 * MIB, memory.regions[2].gpa);
	CHECK(!guest_memory_rom(&memory, 32 * MIB, 4096, &err));
	guest_memory_free(&memory);
	CHECK_EQ(0, memory.nr_regions);
}

static void check_entry(const struct memory_map_entry *entry, u64 gpa, u64 size, u32 type)
{
	CHECK_EQ(gpa, entry->gpa);
	CHECK_EQ(size, entry->size);
	CHECK_EQ(type, entry->type);
}

static void the_memory_map_leaves_out_video_and_firmware_space(void)
{
	struct guest_memory layout = {
		.nr_regions = 2,
		.regions = {
			{ .gpa = 0, .size = 3 * GIB },
			{ .gpa = 4 * GIB, .size = 2 * GIB },
		},
	};
	struct memory_map_entry map[MEMORY_MAP_ENTRIES];

	CHECK_EQ(4, memory_map_fill(&layout, map));
	check_entry(&map[0], 0, 0xa0000, MEMORY_MAP_RAM);
	check_entry(&map[1], 0xa0000, 0x60000, MEMORY_MAP_RESERVED);
	check_entry(&map[2], MIB, 3 * GIB - MIB, MEMORY_MAP_RAM);
	check_entry(&map[3], 4 * GIB, 2 * GIB, MEMORY_MAP_RAM);
	CHECK_EQ(640, memory_map_lower_kib(&layout));
	CHECK_EQ(3 * 1024 * 1024 - 1024, memory_map_upper_kib(&layout));
}

static void the_memory_map_of_a_tiny_guest_has_one_entry(void)
{
	struct guest_memory layout = {
		.nr_regions = 1, .regions = { { .gpa = 0, .size = 64 << 10 } },
	};
	struct memory_map_entry map[MEMORY_MAP_ENTRIES];

	CHECK_EQ(1, memory_map_fill(&layout, map));
	check_entry(&map[0], 0, 64 << 10, MEMORY_MAP_RAM);
	CHECK_EQ(64, memory_map_lower_kib(&layout));
	CHECK_EQ(0, memory_map_upper_kib(&layout));
}

static void a_rom_is_reserved_in_the_memory_map(void)
{
	struct guest_memory layout = {
		.nr_regions = 3,
		.regions = {
			{ .gpa = 0, .size = 3 * GIB },
			{ .gpa = 4 * GIB - MIB, .size = MIB, .kind = GUEST_ROM },
			{ .gpa = 4 * GIB, .size = 2 * GIB },
		},
	};
	struct memory_map_entry map[MEMORY_MAP_ENTRIES];

	CHECK_EQ(5, memory_map_fill(&layout, map));
	check_entry(&map[3], 4 * GIB - MIB, MIB, MEMORY_MAP_RESERVED);
	check_entry(&map[4], 4 * GIB, 2 * GIB, MEMORY_MAP_RAM);
}

static const struct tap_test tests[] = {
	TEST(memory_is_zero_and_bounded),
	TEST(sizes_that_cannot_be_are_refused),
	TEST(memory_beyond_3_gib_continues_above_the_hole),
	TEST(memory_costs_nothing_until_it_is_touched),
	TEST(zeroing_gives_whole_pages_back),
	TEST(a_guest_that_starts_again_has_fresh_memory),
	TEST(a_rom_is_neither_ram_nor_in_its_way),
	TEST(a_rom_is_reserved_in_the_memory_map),
	TEST(the_memory_map_leaves_out_video_and_firmware_space),
	TEST(the_memory_map_of_a_tiny_guest_has_one_entry),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
