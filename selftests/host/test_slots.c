// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots: every check of XVCPU_SET_MEMORY with the error record it fills, the planned table against
 * a model, look-ups.
 */
#include "kernel_shim/mem.h"
#include "../../kmod/slots.c"
#include "tap.h"

#define GPA_BITS	39
#define GPA_END		BIT_ULL(GPA_BITS)
#define PAGES(n)	((n) * 4096ull)

#define FIELD(member)	offsetof(struct xvcpu_memory_slot, member)

static struct xvcpu_slots *empty_table(void)
{
	return xvcpu_slots_alloc(0);
}

static struct xvcpu_memory_slot entry(u32 slot, u64 gpa, u64 size, u64 hva)
{
	return (struct xvcpu_memory_slot) { .slot = slot, .gpa = gpa, .size = size, .hva = hva };
}

/* Apply a request that must be accepted; frees the table it replaces. */
static struct xvcpu_slots *apply(struct xvcpu_slots *old, const struct xvcpu_memory_slot *entries,
				 u32 nr)
{
	struct xvcpu_error error;
	struct xvcpu_slots *next = xvcpu_slots_plan(old, entries, nr, GPA_BITS, &error);

	EXPECT(!IS_ERR(next), "refused: %ld code %u index %u field %u", PTR_ERR(next), error.code,
	       error.index, error.field);
	if (IS_ERR(next))
		return old;
	EXPECT_EQ(old->generation + 1, next->generation);
	free(old);
	return next;
}

static struct xvcpu_slots *apply_one(struct xvcpu_slots *old, struct xvcpu_memory_slot one)
{
	return apply(old, &one, 1);
}

/* A request that must be refused, precisely so, and leave the table in force as it was. */
static void refuse(const struct xvcpu_slots *old, const struct xvcpu_memory_slot *entries, u32 nr,
		   int err, struct xvcpu_error want)
{
	size_t size = sizeof(*old) + old->nr * sizeof(old->slot[0]);
	struct xvcpu_error error;
	struct xvcpu_slots *next;
	void *before = malloc(size);

	memcpy(before, old, size);
	memset(&error, 0xcc, sizeof(error));
	next = xvcpu_slots_plan(old, entries, nr, GPA_BITS, &error);
	EXPECT(IS_ERR(next), "accepted");
	EXPECT_EQ(err, PTR_ERR(next));
	EXPECT_EQ(want.code, error.code);
	EXPECT_EQ(want.index, error.index);
	EXPECT_EQ(want.field, error.field);
	EXPECT_EQ(want.value, error.value);
	EXPECT_EQ(want.expected, error.expected);
	EXPECT_EQ(0, error.reserved);
	EXPECT(!memcmp(before, old, size), "the table in force changed");
	free(before);
	if (!IS_ERR(next))
		free(next);
}

#define REFUSAL(code_, index_, field_, value_, expected_)				\
	((struct xvcpu_error) { .code = (code_), .index = (index_), .field = (field_),	\
				.value = (value_), .expected = (expected_) })

static void every_bad_member_is_refused_by_name(void)
{
#define BAD(member, bad, code, expected)						\
	{ FIELD(member), sizeof(((struct xvcpu_memory_slot *)0)->member), bad, code, expected }
	static const struct {
		size_t field, size;
		u64 value;
		u32 code;
		u64 expected;
	} bad[] = {
		BAD(slot, 512, XVCPU_ERR_RANGE, 511),
		BAD(slot, ~0u, XVCPU_ERR_RANGE, 511),
		BAD(flags, 2, XVCPU_ERR_FLAGS, 1),
		BAD(flags, 1u << 31, XVCPU_ERR_FLAGS, 1),
		BAD(backing, 1, XVCPU_ERR_RANGE, 0),
		BAD(fd, 1, XVCPU_ERR_VALUE, 0),
		BAD(offset, 4096, XVCPU_ERR_VALUE, 0),
		BAD(reserved[0], 1ull << 63, XVCPU_ERR_RESERVED, 0),
		BAD(reserved[1], 1, XVCPU_ERR_RESERVED, 0),
		BAD(gpa, 1, XVCPU_ERR_ALIGN, 4096),
		BAD(gpa, 0x800, XVCPU_ERR_ALIGN, 4096),
		BAD(gpa, GPA_END, XVCPU_ERR_WRAP, GPA_END),
		BAD(gpa, GPA_END - 4096, XVCPU_ERR_WRAP, GPA_END),
		BAD(gpa, 0xfffffffffffff000, XVCPU_ERR_WRAP, GPA_END),
		BAD(size, 1, XVCPU_ERR_ALIGN, 4096),
		BAD(size, 4097, XVCPU_ERR_ALIGN, 4096),
		BAD(hva, 0xfff, XVCPU_ERR_ALIGN, 4096),
		BAD(hva, TASK_SIZE_MAX, XVCPU_ERR_WRAP, TASK_SIZE_MAX),
		BAD(hva, TASK_SIZE_MAX - 4096, XVCPU_ERR_WRAP, TASK_SIZE_MAX),
		BAD(hva, 0xffff888000000000, XVCPU_ERR_WRAP, TASK_SIZE_MAX),
		BAD(hva, 0xfffffffffffff000, XVCPU_ERR_WRAP, TASK_SIZE_MAX),
	};
	struct xvcpu_slots *old = apply_one(empty_table(), entry(7, PAGES(64), PAGES(1), PAGES(9)));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct xvcpu_memory_slot entries[2] = {
			entry(0, 0, PAGES(2), PAGES(1)), entry(1, PAGES(16), PAGES(2), PAGES(1)),
		};

		memcpy((u8 *)&entries[1] + bad[i].field, &bad[i].value, bad[i].size);
		refuse(old, entries, 2, -EINVAL,
		       REFUSAL(bad[i].code, 1, bad[i].field, bad[i].value, bad[i].expected));
	}
	free(old);
}

static void a_size_past_the_end_of_either_space_is_refused(void)
{
	struct xvcpu_slots *old = empty_table();
	struct xvcpu_memory_slot one = entry(0, PAGES(1), GPA_END, 0);

	refuse(old, &one, 1, -EINVAL,
	       REFUSAL(XVCPU_ERR_WRAP, 0, FIELD(gpa), PAGES(1), GPA_END));
	one.size = -PAGES(1);
	refuse(old, &one, 1, -EINVAL,
	       REFUSAL(XVCPU_ERR_WRAP, 0, FIELD(gpa), PAGES(1), GPA_END));
	free(old);
}

static void the_last_page_of_either_space_is_accepted(void)
{
	struct xvcpu_slots *table = empty_table();

	table = apply_one(table, entry(0, GPA_END - PAGES(1), PAGES(1), TASK_SIZE_MAX - PAGES(1)));
	EXPECT_EQ(1, table->nr);
	EXPECT(xvcpu_slots_find(table, GPA_END - 1), "its last byte is not found");
	EXPECT(!xvcpu_slots_find(table, GPA_END), "the byte after it is found");
	free(table);
}

static void the_number_of_entries_is_checked_first(void)
{
	const u32 field = offsetof(struct xvcpu_memory, nr);
	struct xvcpu_slots *old = empty_table();

	refuse(old, NULL, 0, -EINVAL, REFUSAL(XVCPU_ERR_RANGE, 0, field, 0, 1));
	refuse(old, NULL, 513, -EINVAL, REFUSAL(XVCPU_ERR_RANGE, 0, field, 513, 512));
	refuse(old, NULL, ~0u, -EINVAL, REFUSAL(XVCPU_ERR_RANGE, 0, field, ~0u, 512));
	free(old);
}

static void one_slot_twice_is_refused(void)
{
	struct xvcpu_slots *old = empty_table();
	struct xvcpu_memory_slot entries[] = {
		entry(3, 0, PAGES(1), 0),
		entry(4, PAGES(1), PAGES(1), 0),
		entry(3, PAGES(2), PAGES(1), 0),
	};

	refuse(old, entries, 3, -EINVAL, REFUSAL(XVCPU_ERR_TWICE, 2, FIELD(slot), 3, 0));
	free(old);
}

static void deleting_needs_an_existing_slot_and_no_hva(void)
{
	struct xvcpu_memory_slot one = entry(4, 0, 0, 0);
	struct xvcpu_slots *table;

	table = apply_one(empty_table(), entry(3, PAGES(8), PAGES(4), PAGES(1)));
	refuse(table, &one, 1, -ENOENT, REFUSAL(XVCPU_ERR_MISSING, 0, FIELD(slot), 4, 0));
	one = entry(3, 0, 0, PAGES(1));
	refuse(table, &one, 1, -EINVAL, REFUSAL(XVCPU_ERR_VALUE, 0, FIELD(hva), PAGES(1), 0));
	table = apply_one(table, entry(3, 0, 0, 0));
	EXPECT_EQ(0, table->nr);
	EXPECT(!xvcpu_slots_find(table, PAGES(8)), "the deleted slot is found");
	free(table);
}

static void overlaps_are_refused_and_name_the_other_slot(void)
{
	struct xvcpu_slots *old = apply_one(empty_table(), entry(9, PAGES(8), PAGES(4), PAGES(1)));
	static const struct { u64 first, pages; bool overlaps; } cases[] = {
		{ 4, 4, false }, { 4, 5, true }, { 8, 4, true }, { 9, 1, true }, { 7, 6, true },
		{ 11, 1, true }, { 11, 9, true }, { 12, 1, false }, { 0, 64, true },
	};
	struct xvcpu_memory_slot entries[2];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xvcpu_error error;
		struct xvcpu_slots *next;

		entries[0] = entry(1, PAGES(1000), PAGES(1), 0);
		entries[1] = entry(2, PAGES(cases[i].first), PAGES(cases[i].pages), 0);
		if (cases[i].overlaps) {
			refuse(old, entries, 2, -EEXIST,
			       REFUSAL(XVCPU_ERR_OVERLAP, 1, FIELD(gpa), entries[1].gpa, 9));
			continue;
		}
		next = xvcpu_slots_plan(old, entries, 2, GPA_BITS, &error);
		EXPECT(!IS_ERR(next), "case %zu refused", i);
		if (!IS_ERR(next))
			free(next);
	}

	/* Two new ones: the later entry is the one to blame, whichever lies lower. */
	entries[0] = entry(1, PAGES(21), PAGES(2), 0);
	entries[1] = entry(2, PAGES(20), PAGES(2), 0);
	refuse(old, entries, 2, -EEXIST,
	       REFUSAL(XVCPU_ERR_OVERLAP, 1, FIELD(gpa), PAGES(20), 1));
	entries[0] = entry(1, PAGES(20), PAGES(2), 0);
	entries[1] = entry(2, PAGES(21), PAGES(2), 0);
	refuse(old, entries, 2, -EEXIST,
	       REFUSAL(XVCPU_ERR_OVERLAP, 1, FIELD(gpa), PAGES(21), 1));
	free(old);
}

static void overlap_is_judged_on_the_result(void)
{
	struct xvcpu_slots *table = empty_table();
	struct xvcpu_memory_slot entries[] = {
		entry(1, PAGES(0), PAGES(4), PAGES(100)), entry(2, PAGES(4), PAGES(4), PAGES(200)),
	};

	table = apply(table, entries, 2);
	entries[0].gpa = PAGES(4);
	entries[1].gpa = PAGES(0);
	table = apply(table, entries, 2);
	EXPECT_EQ(2, table->nr);
	EXPECT_EQ(2, xvcpu_slots_find(table, PAGES(0))->id);
	EXPECT_EQ(1, xvcpu_slots_find(table, PAGES(4))->id);
	EXPECT_EQ(PAGES(201), xvcpu_slot_hva(xvcpu_slots_find(table, PAGES(1)), PAGES(1)));

	/* Give the place of a deleted slot to another one in the same call. */
	entries[0] = entry(2, 0, 0, 0);
	entries[1] = entry(5, PAGES(1), PAGES(3), PAGES(300));
	table = apply(table, entries, 2);
	EXPECT_EQ(5, xvcpu_slots_find(table, PAGES(3))->id);
	EXPECT(!xvcpu_slots_find(table, PAGES(0)), "the deleted slot is found");
	free(table);
}

static void without_memory_nothing_is_blamed(void)
{
	struct xvcpu_slots *old = empty_table();
	struct xvcpu_memory_slot entries[] = {
		entry(0, 0, PAGES(1), 0), entry(1, PAGES(1), PAGES(1), 0),
	};

	shim_fail_alloc = 1;
	refuse(old, entries, 2, -ENOMEM, REFUSAL(XVCPU_ERR_NONE, 0, 0, 0, 0));
	shim_fail_alloc = 0;
	free(old);
}

static void all_slots_can_be_used_at_once(void)
{
	static struct xvcpu_memory_slot entries[XVCPU_MAX_SLOTS];
	struct xvcpu_slots *table = empty_table();
	u32 i;

	/* From above, so that the order of entries is not that of addresses. */
	for (i = 0; i < XVCPU_MAX_SLOTS; i++)
		entries[i] = entry(i, PAGES(2 * (XVCPU_MAX_SLOTS - i)), PAGES(1), PAGES(i));
	table = apply(table, entries, XVCPU_MAX_SLOTS);
	EXPECT_EQ(XVCPU_MAX_SLOTS, table->nr);
	for (i = 0; i < XVCPU_MAX_SLOTS; i++) {
		const struct xvcpu_slot *slot = xvcpu_slots_find(table, entries[i].gpa + 0xfff);

		EXPECT(slot && slot->id == i, "slot %u is not found", i);
		EXPECT(!xvcpu_slots_find(table, entries[i].gpa + 0x1000), "above slot %u", i);
	}
	table = apply(table, entries, XVCPU_MAX_SLOTS);
	EXPECT_EQ(XVCPU_MAX_SLOTS, table->nr);
	free(table);
}

static void keeping_means_the_same_to_the_guest(void)
{
	const struct xvcpu_memory_slot base = entry(3, PAGES(8), PAGES(4), PAGES(1));
	struct xvcpu_slots *old = apply_one(empty_table(), base);
	struct xvcpu_memory_slot changed[6];
	size_t i;

	for (i = 0; i < 6; i++)
		changed[i] = base;
	changed[1].gpa += PAGES(1);
	changed[2].size += PAGES(1);
	changed[3].hva += PAGES(1);
	changed[4].flags = XVCPU_SLOT_READONLY;
	changed[5].slot = 4;
	for (i = 0; i < 6; i++) {
		struct xvcpu_slots *next = apply_one(empty_table(), changed[i]);

		/* Same memory under another number: nothing a guest could notice. */
		EXPECT_EQ(i == 0 || i == 5, xvcpu_slots_keep(next, &old->slot[0]));
		free(next);
	}
	free(old);
}

static void a_range_of_user_addresses_finds_its_guest_pages(void)
{
	static const struct { u64 start, end; bool hit; u64 gpa, gpa_end; } cases[] = {
		{ PAGES(100), PAGES(104), true, PAGES(8), PAGES(12) },
		{ PAGES(101), PAGES(102), true, PAGES(9), PAGES(10) },
		{ PAGES(0), PAGES(101), true, PAGES(8), PAGES(9) },
		{ PAGES(103), PAGES(200), true, PAGES(11), PAGES(12) },
		{ PAGES(99), PAGES(100), false, 0, 0 },
		{ PAGES(104), PAGES(105), false, 0, 0 },
		{ PAGES(101) + 1, PAGES(101) + 2, true, PAGES(9), PAGES(10) },
		{ PAGES(101) - 1, PAGES(101) + 1, true, PAGES(8), PAGES(10) },
		{ PAGES(104) - 1, PAGES(104), true, PAGES(11), PAGES(12) },
		{ 0, ~0ull, true, PAGES(8), PAGES(12) },
		{ PAGES(102), ~0ull, true, PAGES(10), PAGES(12) },
	};
	const struct xvcpu_slot slot = { .gpa = PAGES(8), .size = PAGES(4), .hva = PAGES(100) };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 gpa = 0, gpa_end = 0;

		EXPECT_EQ(cases[i].hit, xvcpu_slot_intersect(&slot, cases[i].start, cases[i].end,
							     &gpa, &gpa_end));
		EXPECT_EQ(cases[i].gpa, gpa);
		EXPECT_EQ(cases[i].gpa_end, gpa_end);
	}
}

/* The model: for each of 64 pages the slot that it belongs to, plus one; 0 for none. */
#define MODEL_PAGES	64
#define MODEL_SLOTS	8

struct model {
	u32 owner[MODEL_PAGES];
	u64 hva[MODEL_PAGES];
	bool exists[MODEL_SLOTS];
};

/* Does the model accept the entries? If so it takes them. */
static bool model_apply(struct model *model, const struct xvcpu_memory_slot *entries, u32 nr)
{
	struct model next = *model;
	bool named[MODEL_SLOTS] = { false };
	u32 i, page;

	for (i = 0; i < nr; i++) {
		if (named[entries[i].slot] || (!entries[i].size && !model->exists[entries[i].slot]))
			return false;
		named[entries[i].slot] = true;
		next.exists[entries[i].slot] = entries[i].size;
	}
	for (page = 0; page < MODEL_PAGES; page++) {
		if (next.owner[page] && named[next.owner[page] - 1])
			next.owner[page] = 0;
	}
	for (i = 0; i < nr; i++) {
		for (page = 0; page < entries[i].size / 4096; page++) {
			u32 at = entries[i].gpa / 4096 + page;

			if (next.owner[at])
				return false;
			next.owner[at] = entries[i].slot + 1;
			next.hva[at] = entries[i].hva + PAGES(page);
		}
	}
	*model = next;
	return true;
}

static void model_compare(const struct model *model, const struct xvcpu_slots *table)
{
	u32 page;

	for (page = 0; page < MODEL_PAGES; page++) {
		const struct xvcpu_slot *slot = xvcpu_slots_find(table, PAGES(page) + 0x123);

		EXPECT_EQ(model->owner[page], slot ? slot->id + 1 : 0);
		if (slot)
			EXPECT_EQ(model->hva[page], xvcpu_slot_hva(slot, PAGES(page)));
	}
}

static void random_changes_agree_with_a_model(void)
{
	struct xvcpu_slots *table = empty_table();
	struct model model = { 0 };
	u32 round, accepted = 0;

	srand(1);
	for (round = 0; round < 20000; round++) {
		struct xvcpu_memory_slot entries[4];
		u32 nr = 1 + rand() % 4, i;
		struct xvcpu_error error;
		struct xvcpu_slots *next;

		for (i = 0; i < nr; i++) {
			u32 pages = rand() % 8;

			entries[i] = entry(rand() % MODEL_SLOTS, PAGES(rand() % (MODEL_PAGES - 8)),
					   PAGES(pages), pages ? PAGES(rand() % 1000) : 0);
		}
		next = xvcpu_slots_plan(table, entries, nr, GPA_BITS, &error);
		EXPECT_EQ(model_apply(&model, entries, nr), !IS_ERR(next));
		if (!IS_ERR(next)) {
			free(table);
			table = next;
			accepted++;
		}
		model_compare(&model, table);
	}
	EXPECT(accepted > 1000 && accepted < 19000, "%u of 20000 accepted", accepted);
	free(table);
}

static const struct tap_test tests[] = {
#define TEST(name) { #name, name }
	TEST(every_bad_member_is_refused_by_name),
	TEST(a_size_past_the_end_of_either_space_is_refused),
	TEST(the_last_page_of_either_space_is_accepted),
	TEST(the_number_of_entries_is_checked_first),
	TEST(one_slot_twice_is_refused),
	TEST(deleting_needs_an_existing_slot_and_no_hva),
	TEST(overlaps_are_refused_and_name_the_other_slot),
	TEST(overlap_is_judged_on_the_result),
	TEST(without_memory_nothing_is_blamed),
	TEST(all_slots_can_be_used_at_once),
	TEST(keeping_means_the_same_to_the_guest),
	TEST(a_range_of_user_addresses_finds_its_guest_pages),
	TEST(random_changes_agree_with_a_model),
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}
