// SPDX-License-Identifier: GPL-2.0-only
/* The plan of guest memory: claims, and the places it finds. */
#include <errno.h>
#include <string.h>

#include "../loaders/placement.h"
#include "tap.h"

#define MIB	(1ull << 20)

static struct guest_memory memory;
static struct placement plan;
static struct message err;

static void begin(void)
{
	CHECK_EQ(0, guest_memory_init(&memory, 16 * MIB, &err));
	placement_init(&plan, &memory, "image");
}

static void end(void)
{
	guest_memory_free(&memory);
}

static void claims_next_to_each_other_are_fine_and_overlaps_name_both(void)
{
	static const struct { u64 gpa, len; } overlaps[] = {
		{ 0x1000, 0x1000 }, { 0xfff, 2 }, { 0x1fff, 1 }, { 0x1800, 1 }, { 0, 0x3000 },
	};
	unsigned int i;

	begin();
	CHECK_EQ(0, placement_claim(&plan, 0x1000, 0x1000, &err, "part %d", 1));
	CHECK_EQ(0, placement_claim(&plan, 0x2000, 0x10, &err, "behind"));
	CHECK_EQ(0, placement_claim(&plan, 0xff0, 0x10, &err, "before"));
	for (i = 0; i < ARRAY_SIZE(overlaps); i++) {
		tap_context("overlap %u", i);
		CHECK_EQ(-ENOEXEC, placement_claim(&plan, overlaps[i].gpa, overlaps[i].len, &err,
						   "newcomer"));
		CHECK_CONTAINS(err.text, "newcomer");
		CHECK_CONTAINS(err.text, "overlaps");
	}
	CHECK_EQ(3, plan.nr);
	CHECK_EQ(-ENOEXEC, placement_claim(&plan, 0x1800, 1, &err, "newcomer"));
	CHECK_STR("image: newcomer (0x1800-0x1800) overlaps part 1 (0x1000-0x1fff)", err.text);
	end();
}

static void nothing_needs_no_place(void)
{
	begin();
	CHECK_EQ(0, placement_claim(&plan, ~0ull, 0, &err, "nothing"));
	CHECK_EQ(0, plan.nr);
	end();
}

static void a_full_plan_refuses(void)
{
	unsigned int i;

	begin();
	for (i = 0; i < PLACEMENT_CLAIMS; i++)
		CHECK_EQ(0, placement_claim(&plan, i * 0x1000, 1, &err, "part %u", i));
	CHECK_EQ(-ENOSPC, placement_claim(&plan, 0x800, 1, &err, "one more"));
	CHECK_CONTAINS(err.text, "more than 160 parts");
	end();
}

static void above_means_behind_everything(void)
{
	begin();
	CHECK_EQ(MIB, placement_find_above(&plan, MIB, 1));
	CHECK_EQ(0, placement_claim(&plan, 2 * MIB, 0x1001, &err, "kernel"));
	CHECK_EQ(2 * MIB + 0x2000, placement_find_above(&plan, MIB, 0x1000));
	CHECK_EQ(2 * MIB + 0x2000, placement_find_above(&plan, MIB, 14 * MIB - 0x2000));
	CHECK_EQ(0, placement_find_above(&plan, MIB, 14 * MIB - 0x1fff));
	CHECK_EQ(0, placement_find_above(&plan, 16 * MIB, 1));
	CHECK_EQ(0, placement_find_above(&plan, MIB, ~0ull));
	end();
}

static void below_means_as_high_as_it_goes(void)
{
	begin();
	CHECK_EQ(16 * MIB - 0x2000, placement_find_below(&plan, ~0ull, 0x1001));
	CHECK_EQ(8 * MIB - 0x1000, placement_find_below(&plan, 8 * MIB, 0x1000));
	CHECK_EQ(0, placement_claim(&plan, 12 * MIB, 4 * MIB, &err, "top"));
	CHECK_EQ(12 * MIB - 0x1000, placement_find_below(&plan, ~0ull, 0x1000));
	CHECK_EQ(0, placement_claim(&plan, 6 * MIB, MIB, &err, "middle"));
	CHECK_EQ(7 * MIB, placement_find_below(&plan, ~0ull, 5 * MIB));
	CHECK_EQ(MIB - 0x1000, placement_find_below(&plan, ~0ull, 5 * MIB + 1));
	CHECK_EQ(0, placement_find_below(&plan, ~0ull, 6 * MIB + 1));
	CHECK_EQ(0, placement_find_below(&plan, ~0ull, ~0ull));
	end();
}

static void below_means_the_highest_region_that_has_room(void)
{
	struct guest_memory two = {
		.size = 24 * MIB,
		.nr_regions = 2,
		.regions = {
			{ .gpa = 0, .size = 16 * MIB },
			{ .gpa = 4096 * MIB, .size = 8 * MIB },
		},
	};

	two.regions[2] = (struct guest_region){
		.gpa = 8192 * MIB, .size = 64 * MIB, .kind = GUEST_ROM,
	};
	two.nr_regions = 3;
	placement_init(&plan, &two, "image");
	CHECK_EQ(4104 * MIB - 0x1000, placement_find_below(&plan, ~0ull, 1));
	CHECK_EQ(4096 * MIB, placement_find_below(&plan, ~0ull, 8 * MIB));
	CHECK_EQ(8 * MIB - 0x1000, placement_find_below(&plan, ~0ull, 8 * MIB + 1));
	CHECK_EQ(16 * MIB - 0x1000, placement_find_below(&plan, 4096 * MIB, 1));
	CHECK_EQ(4096 * MIB, placement_find_below(&plan, 4096 * MIB + 0x1000, 1));
	CHECK_EQ(0, placement_find_below(&plan, ~0ull, 16 * MIB + 1));
}

static const struct tap_test tests[] = {
	TEST(claims_next_to_each_other_are_fine_and_overlaps_name_both),
	TEST(nothing_needs_no_place),
	TEST(a_full_plan_refuses),
	TEST(above_means_behind_everything),
	TEST(below_means_as_high_as_it_goes),
	TEST(below_means_the_highest_region_that_has_room),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
