// SPDX-License-Identifier: GPL-2.0-only
/*
 * EPT tables: entry formats, map/zap/age against a model, and the order of zap, flush and free.
 *
 * The test is the processor: it walks the tables, sets flags in them, and is what gets kicked.
 */
#include "kernel_shim/mem.h"
#include "../../kmod/ept/ept.c"
#include "../../kmod/ept/ept_map.c"
#include "tap.h"

#define PAGES(n)	((n) * 4096ull)
#define SZ_2M		BIT_ULL(21)
#define SZ_1G		BIT_ULL(30)

static struct ept ept;
static struct ept_cache cache;
static unsigned int kicks, used_before;
static void (*on_kick)(void);

void xvcpu_ept_kick(struct ept *kicked)
{
	shim_require(kicked == &ept);
	lockdep_assert_held(&ept.lock);
	kicks++;
	if (on_kick)
		on_kick();
}

static void begin(bool accessed_dirty)
{
	const struct ept_config config = { .accessed_dirty = accessed_dirty };

	used_before = shim_pages_used;
	kicks = 0;
	on_kick = NULL;
	EXPECT_EQ(0, ept_init(&ept, &config));
}

static void end(void)
{
	on_kick = NULL;
	ept_cache_drain(&cache);
	ept_destroy(&ept);
	EXPECT_EQ(used_before, shim_pages_used);
}

/* The entry that a walk for @gpa ends at, and on which level. */
static u64 *walk(u64 gpa, unsigned int *level)
{
	u64 *table = __va(ept.eptp & EPT_ENTRY_ADDRESS), *entry;

	for (*level = 4; ; --*level) {
		entry = &table[gpa >> (12 + 9 * (*level - 1)) & 511];
		if (!(*entry & 7) || *level == 1 || (*entry & 0x80))
			return entry;
		table = __va(*entry & EPT_ENTRY_ADDRESS);
	}
}

static u64 leaf(u64 gpa)
{
	unsigned int level;
	u64 *entry = walk(gpa, &level);

	return *entry & 7 ? *entry : 0;
}

static bool map(u64 gpa, struct page *page, bool writable, bool dirty)
{
	bool done;

	EXPECT_EQ(0, ept_cache_fill(&cache));
	ept_lock(&ept);
	done = ept_map(&ept, &cache, gpa, PFN_PHYS(page_to_pfn(page)), 1, writable, dirty);
	ept_unlock(&ept);
	return done;
}

static void zap(u64 start, u64 end)
{
	ept_lock(&ept);
	while (start < end)
		start = ept_zap(&ept, start, end);
	ept_unlock(&ept);
}

static bool young(u64 start, u64 end, enum ept_young what)
{
	bool is;

	ept_lock(&ept);
	is = ept_young(&ept, start, end, what);
	ept_unlock(&ept);
	return is;
}

static void eptp_is_what_the_vmcs_wants(void)
{
	begin(false);
	EXPECT_EQ(__pa(ept.root) | 0x1e, ept.eptp);
	end();
	begin(true);
	EXPECT_EQ(__pa(ept.root) | 0x5e, ept.eptp);
	EXPECT(atomic64_read(&ept.flush_gen) != 0, "a new vCPU's generation 0 is taken as flushed");
	end();
}

static void leaves_have_the_format_of_the_manual(void)
{
	static const struct { bool ad, writable, dirty; u64 bits; } cases[] = {
		/* R and X, WB, ignore PAT, accessed; then W and dirty */
		{ true, false, false, 0x175 },
		{ true, true, false, 0x177 },
		{ true, true, true, 0x377 },
		{ false, false, false, 0x175 },
		{ false, true, false, 0x377 },
		{ false, true, true, 0x377 },
	};
	struct page *page = shim_page_alloc();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int level;
		u64 *entry;

		begin(cases[i].ad);
		EXPECT(map(PAGES(0x12345), page, cases[i].writable, cases[i].dirty), "not mapped");
		EXPECT_EQ(PFN_PHYS(page_to_pfn(page)) | cases[i].bits, leaf(PAGES(0x12345)));
		entry = walk(PAGES(0x12345), &level);
		EXPECT_EQ(1, level);
		EXPECT_EQ(0, entry[1]);
		EXPECT_EQ(0x7, ept.root[0] & 0xfff);
		end();
	}
	put_page(page);
}

static void flags_reach_the_page_when_the_leaf_goes(void)
{
	unsigned int level;
	int i;

	for (i = 0; i < 4; i++) {
		struct page *page = shim_page_alloc();

		begin(true);
		map(PAGES(5), page, true, false);
		*walk(PAGES(5), &level) &= ~(EPT_ENTRY_ACCESSED | EPT_ENTRY_DIRTY);
		*walk(PAGES(5), &level) |= (i & 1 ? EPT_ENTRY_ACCESSED : 0) |
					   (i & 2 ? EPT_ENTRY_DIRTY : 0);
		if (i == 3)
			ept_destroy(&ept);
		else
			zap(PAGES(5), PAGES(6));
		EXPECT_EQ(!!(i & 1), page->accessed);
		EXPECT_EQ(!!(i & 2), page->dirty);
		if (i == 3)
			ept_cache_drain(&cache);
		else
			end();
		put_page(page);
	}
}

static void without_hardware_flags_a_writable_leaf_is_dirty(void)
{
	struct page *page = shim_page_alloc(), *readable = shim_page_alloc();

	begin(false);
	map(PAGES(5), page, true, false);
	map(PAGES(6), readable, false, false);
	zap(PAGES(5), PAGES(7));
	EXPECT(page->dirty && page->accessed, "dirty %d accessed %d", page->dirty, page->accessed);
	EXPECT(!readable->dirty && readable->accessed, "the read-only page is dirty");
	end();
	put_page(page);
	put_page(readable);
}

static void reserved_pages_are_not_marked(void)
{
	struct page *page = shim_page_alloc();

	begin(true);
	page->reserved = true;
	map(0, page, true, true);
	zap(0, PAGES(1));
	EXPECT(!page->dirty && !page->accessed, "marked");
	end();
	put_page(page);
}

static unsigned int used_at_kick;

static void note_used(void)
{
	used_at_kick = shim_pages_used;
	EXPECT_EQ(0, leaf(PAGES(7)));
}

static void tables_are_freed_only_after_the_kick(void)
{
	struct page *page = shim_page_alloc();
	unsigned int used;
	s64 gen;

	begin(true);
	map(PAGES(7), page, true, true);
	ept_cache_drain(&cache);
	used = shim_pages_used;
	gen = atomic64_read(&ept.flush_gen);
	on_kick = note_used;
	EXPECT_EQ(0, kicks);
	zap(PAGES(7), PAGES(8));
	EXPECT_EQ(1, kicks);
	EXPECT_EQ(gen + 1, atomic64_read(&ept.flush_gen));
	EXPECT_EQ(used, used_at_kick);
	EXPECT_EQ(used - 3, shim_pages_used);
	end();
	put_page(page);
}

static void nothing_dropped_is_nothing_flushed(void)
{
	struct page *page = shim_page_alloc();

	begin(true);
	map(PAGES(7), page, false, false);
	map(PAGES(7), page, false, false);
	zap(0, PAGES(7));
	zap(PAGES(8), 1ull << EPT_GPA_BITS);
	young(0, PAGES(100), EPT_YOUNG_TEST);
	EXPECT_EQ(0, kicks);
	EXPECT(leaf(PAGES(7)), "the neighbour was dropped");
	end();
	put_page(page);
}

static void permissions_are_added_without_a_flush_and_never_taken(void)
{
	struct page *page = shim_page_alloc();

	begin(true);
	map(PAGES(7), page, false, false);
	map(PAGES(7), page, true, true);
	EXPECT_EQ(PFN_PHYS(page_to_pfn(page)) | 0x377, leaf(PAGES(7)));
	map(PAGES(7), page, false, false);
	EXPECT_EQ(PFN_PHYS(page_to_pfn(page)) | 0x377, leaf(PAGES(7)));
	EXPECT_EQ(0, kicks);
	end();
	put_page(page);
}

static void another_page_is_mapped_only_after_the_kick(void)
{
	struct page *page = shim_page_alloc(), *other = shim_page_alloc();

	begin(true);
	map(PAGES(7), page, true, true);
	on_kick = note_used;
	map(PAGES(7), other, false, false);
	EXPECT_EQ(1, kicks);
	EXPECT(page->dirty, "its dirty flag was lost");
	EXPECT_EQ(PFN_PHYS(page_to_pfn(other)) | 0x175, leaf(PAGES(7)));
	end();
	put_page(page);
	put_page(other);
}

static void hardware_flags_are_cleared_in_place(void)
{
	struct page *page = shim_page_alloc();

	begin(true);
	map(PAGES(7), page, true, true);
	EXPECT(young(PAGES(7), PAGES(8), EPT_YOUNG_TEST), "not young after the fault");
	EXPECT(young(PAGES(7), PAGES(8), EPT_YOUNG_CLEAR), "test cleared it");
	EXPECT(!young(PAGES(7), PAGES(8), EPT_YOUNG_TEST), "clear did not clear it");
	EXPECT(!young(PAGES(7), PAGES(8), EPT_YOUNG_CLEAR), "clear did not clear it");
	EXPECT_EQ(PFN_PHYS(page_to_pfn(page)) | 0x277, leaf(PAGES(7)));
	EXPECT_EQ(0, kicks);
	zap(PAGES(7), PAGES(8));
	EXPECT(page->dirty && !page->accessed, "flags of the page are wrong");
	end();
	put_page(page);
}

static void without_hardware_flags_ageing_drops_the_leaf(void)
{
	struct page *page = shim_page_alloc();

	begin(false);
	map(PAGES(7), page, true, false);
	EXPECT(young(PAGES(7), PAGES(8), EPT_YOUNG_TEST), "not young after the fault");
	EXPECT(leaf(PAGES(7)), "test dropped it");
	EXPECT(young(PAGES(7), PAGES(8), EPT_YOUNG_CLEAR), "not young");
	EXPECT_EQ(0, leaf(PAGES(7)));
	EXPECT_EQ(1, kicks);
	EXPECT(page->dirty, "its dirty flag was lost");
	EXPECT(!page->accessed, "one access is counted twice");
	EXPECT(!young(PAGES(7), PAGES(8), EPT_YOUNG_CLEAR), "still young");
	end();
	put_page(page);
}

static void long_work_is_done_in_steps_and_yields_flushed(void)
{
	struct page *page = shim_page_alloc();
	unsigned int steps = 0;
	u64 gpa;

	begin(true);
	for (gpa = 0; gpa < 64 * SZ_2M; gpa += SZ_2M)
		map(gpa + PAGES(3), page, true, false);
	ept_lock(&ept);
	for (gpa = 0; gpa < SZ_1G; steps++) {
		gpa = ept_zap(&ept, gpa, SZ_1G);
		shim_need_resched = true;
		EXPECT(ept_yield(&ept), "does not yield");
		EXPECT_EQ(min(steps + 1, 64u / EPT_ZAP_TABLES), kicks);
	}
	ept_unlock(&ept);
	EXPECT(steps >= 64 / EPT_ZAP_TABLES, "%u steps", steps);
	EXPECT_EQ(0, ept_table_count(ept.root));
	end();
	put_page(page);
}

static void large_leaves_and_tables_give_way_to_one_another(void)
{
	struct page *page = shim_page_alloc(), *large = shim_page_alloc();
	unsigned int level;

	begin(true);
	map(SZ_1G + PAGES(1), page, true, true);
	ept_cache_fill(&cache);
	ept_lock(&ept);
	EXPECT(ept_map(&ept, &cache, SZ_1G + PAGES(9), PFN_PHYS(page_to_pfn(large)), 2, true, true),
	       "not mapped");
	ept_unlock(&ept);
	EXPECT_EQ(PFN_PHYS(page_to_pfn(large)) | 0x3f7, *walk(SZ_1G, &level));
	EXPECT_EQ(2, level);
	EXPECT(page->dirty, "the page's dirty flag was lost");
	EXPECT_EQ(1, kicks);

	map(SZ_1G + PAGES(5), page, false, false);
	EXPECT(large->dirty, "the large page's dirty flag was lost");
	EXPECT_EQ(2, kicks);
	EXPECT_EQ(0, leaf(SZ_1G));
	EXPECT_EQ(PFN_PHYS(page_to_pfn(page)) | 0x175, leaf(SZ_1G + PAGES(5)));

	/* A range that only touches a large leaf drops all of it. */
	ept_cache_fill(&cache);
	ept_lock(&ept);
	ept_map(&ept, &cache, SZ_1G, PFN_PHYS(page_to_pfn(large)), 2, false, false);
	ept_unlock(&ept);
	zap(SZ_1G + PAGES(100), SZ_1G + PAGES(101));
	EXPECT_EQ(0, leaf(SZ_1G));
	end();
	put_page(page);
	put_page(large);
}

static void without_tables_nothing_is_mapped_or_leaked(void)
{
	struct page *page = shim_page_alloc();
	unsigned int i;

	for (i = 0; i < EPT_CACHE_TABLES; i++) {
		begin(true);
		shim_fail_alloc = i + 1;
		EXPECT_EQ(-ENOMEM, ept_cache_fill(&cache));
		EXPECT_EQ(i, cache.nr);
		ept_lock(&ept);
		EXPECT(!ept_map(&ept, &cache, PAGES(7), 0x1000, 1, true, true), "mapped");
		ept_unlock(&ept);
		EXPECT_EQ(0, leaf(PAGES(7)));
		shim_fail_alloc = 0;
		EXPECT(map(PAGES(7), page, true, true), "not mapped afterwards");
		end();
	}
	used_before = shim_pages_used;
	shim_fail_alloc = 1;
	EXPECT_EQ(-ENOMEM, ept_init(&ept, &(struct ept_config) { true }));
	EXPECT_EQ(used_before, shim_pages_used);
	put_page(page);
}

#define MODEL_PAGES	256

/* Guest pages that the model uses lie around the seams of all levels. */
static u64 model_gpa(unsigned int i)
{
	static const u64 seam[] = {
		0, SZ_2M, SZ_1G, 512 * SZ_1G,
	};

	return seam[i / 64] + (i / 64 ? PAGES(i % 64) - PAGES(32) : PAGES(i % 64));
}

static void random_work_agrees_with_a_model(bool ad)
{
	struct page *model[MODEL_PAGES] = { NULL };
	struct page *pages[8];
	bool writable[MODEL_PAGES] = { false };
	unsigned int round, i;

	for (i = 0; i < 8; i++)
		pages[i] = shim_page_alloc();
	begin(ad);
	srand(2);
	for (round = 0; round < 20000; round++) {
		unsigned int first = rand() % MODEL_PAGES, last = rand() % MODEL_PAGES;
		unsigned int before = kicks, present = 0;
		u64 from = model_gpa(min(first, last)), to = model_gpa(max(first, last));

		if (rand() % 4) {
			struct page *page = pages[rand() % 8];
			bool write = rand() % 2;
			bool replaces = model[first] && model[first] != page;

			EXPECT(map(model_gpa(first), page, write, rand() % 2), "not mapped");
			writable[first] = write || (!replaces && model[first] && writable[first]);
			model[first] = page;
			EXPECT_EQ(replaces, kicks - before);
		} else {
			for (i = 0; i < MODEL_PAGES; i++) {
				if (model_gpa(i) < from || model_gpa(i) >= to)
					continue;
				present += !!model[i];
				model[i] = NULL;
			}
			zap(from, to);
			EXPECT_EQ(!!present, kicks - before);
		}
		for (i = 0; i < MODEL_PAGES; i++) {
			u64 entry = leaf(model_gpa(i));

			EXPECT_EQ(model[i] ? PFN_PHYS(page_to_pfn(model[i])) : 0,
				  entry & EPT_ENTRY_ADDRESS);
			if (model[i])
				EXPECT_EQ(writable[i] ? 7 : 5, entry & 7);
		}
	}
	zap(0, 1ull << EPT_GPA_BITS);
	EXPECT_EQ(0, ept_table_count(ept.root));
	end();
	for (i = 0; i < 8; i++)
		put_page(pages[i]);
}

static void random_work_with_hardware_flags_agrees_with_a_model(void)
{
	random_work_agrees_with_a_model(true);
}

static void random_work_without_hardware_flags_agrees_with_a_model(void)
{
	random_work_agrees_with_a_model(false);
}

static const struct tap_test tests[] = {
#define TEST(name) { #name, name }
	TEST(eptp_is_what_the_vmcs_wants),
	TEST(leaves_have_the_format_of_the_manual),
	TEST(flags_reach_the_page_when_the_leaf_goes),
	TEST(without_hardware_flags_a_writable_leaf_is_dirty),
	TEST(reserved_pages_are_not_marked),
	TEST(tables_are_freed_only_after_the_kick),
	TEST(nothing_dropped_is_nothing_flushed),
	TEST(permissions_are_added_without_a_flush_and_never_taken),
	TEST(another_page_is_mapped_only_after_the_kick),
	TEST(hardware_flags_are_cleared_in_place),
	TEST(without_hardware_flags_ageing_drops_the_leaf),
	TEST(long_work_is_done_in_steps_and_yields_flushed),
	TEST(large_leaves_and_tables_give_way_to_one_another),
	TEST(without_tables_nothing_is_mapped_or_leaked),
	TEST(random_work_with_hardware_flags_agrees_with_a_model),
	TEST(random_work_without_hardware_flags_agrees_with_a_model),
};

int main(void)
{
	return tap_run(tests, ARRAY_SIZE(tests));
}
