// SPDX-License-Identifier: GPL-2.0-only
/* What the loader tests share. Each test owns its struct loading. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "loading.h"

#define PAGE_SIZE	4096

void loading_begin(struct loading *l, u64 mib)
{
	memset(l, 0, sizeof(*l));
	CHECK_EQ(0, guest_memory_init(&l->memory, mib << 20, &l->err));
	l->request.image = "the-image";
}

void loading_end(struct loading *l)
{
	guest_memory_free(&l->memory);
}

static void put(struct loading *l, u64 offset, u64 value, unsigned int width)
{
	memcpy(l->bytes + offset, &value, width);
}

void put16(struct loading *l, u64 offset, u16 value)
{
	put(l, offset, value, 2);
}

void put32(struct loading *l, u64 offset, u32 value)
{
	put(l, offset, value, 4);
}

void put64(struct loading *l, u64 offset, u64 value)
{
	put(l, offset, value, 8);
}

/* The image is copied to memory of its very size, so that the sanitizer sees reads beyond it. */
int loading_run(struct loading *l)
{
	u8 *exact = malloc(l->size ? l->size : 1);
	struct image image = { .data = exact, .size = l->size, .name = l->request.image };
	int ret;

	memcpy(exact, l->bytes, l->size);
	memset(&l->state, 0xcc, sizeof(l->state));
	memset(&l->err, 0, sizeof(l->err));
	ret = load_bytes(&l->request, &image, &l->memory, &l->state, &l->err);
	free(exact);
	return ret;
}

/* Pages that nobody touched are zero and need no look: a guest may be large. */
static bool memory_untouched(const struct loading *l)
{
	u64 i, pages = l->memory.size / PAGE_SIZE;
	u8 *present = malloc(pages);
	bool zero = true;

	CHECK_EQ(0, mincore(l->memory.host, l->memory.size, present));
	for (i = 0; i < pages; i++) {
		const u8 *page = l->memory.host + i * PAGE_SIZE;

		if (present[i] & 1)
			zero &= !page[0] && !memcmp(page, page + 1, PAGE_SIZE - 1);
	}
	free(present);
	return zero;
}

u64 loading_touched(const struct loading *l)
{
	u64 i, touched = 0, pages = l->memory.size / PAGE_SIZE;
	u8 *present = malloc(pages);

	CHECK_EQ(0, mincore(l->memory.host, l->memory.size, present));
	for (i = 0; i < pages; i++)
		touched += present[i] & 1;
	free(present);
	return touched;
}

void loading_refused(struct loading *l, int error, const char *part)
{
	CHECK_EQ(-error, loading_run(l));
	CHECK_CONTAINS(l->err.text, part);
	CHECK_CONTAINS(l->err.text, l->request.image);
	CHECK(memory_untouched(l));
}

void loading_corrupt(struct loading *l, const struct corruption *list, unsigned int count)
{
	unsigned int i;
	u64 good;

	for (i = 0; i < count; i++) {
		tap_context("0x%" PRIx64 " at offset 0x%" PRIx64, list[i].value, list[i].offset);
		memcpy(&good, l->bytes + list[i].offset, sizeof(good));
		put(l, list[i].offset, list[i].value, list[i].width);
		loading_refused(l, list[i].error, list[i].part);
		put(l, list[i].offset, good, sizeof(good));
	}
	tap_context(NULL);
}

void loading_truncate(struct loading *l, u64 from)
{
	u64 whole = l->size;

	for (l->size = 0; l->size < from; l->size++) {
		tap_context("cut to 0x%" PRIx64 " bytes", l->size);
		CHECK(loading_run(l) < 0);
		CHECK(l->err.text[0]);
		CHECK(memory_untouched(l));
	}
	tap_context(NULL);
	l->size = whole;
}

/* One mangled image; if it is accepted, a fresh guest memory is needed for the next. */
static void run_mangled(struct loading *l)
{
	u64 size = l->memory.size;

	if (loading_run(l) < 0) {
		CHECK(l->err.text[0]);
		CHECK(memory_untouched(l));
		return;
	}
	CHECK(l->state.mode > LOAD_AUTO && l->state.mode <= LOAD_LONG);
	CHECK(guest_memory_at(&l->memory, l->state.regs.rip, 1));
	guest_memory_free(&l->memory);
	CHECK_EQ(0, guest_memory_init(&l->memory, size, NULL));
}

void loading_mangle(struct loading *l, u64 from, u64 to)
{
	static const u64 words[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x100000, 0x7fffffff, 0x80000000,
		0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff, 0xfffffffffffff000,
	};
	u64 at, good;
	unsigned int i, width;

	/* Small, because all of it is looked at each time. */
	guest_memory_free(&l->memory);
	CHECK_EQ(0, guest_memory_init(&l->memory, 3 << 20, NULL));
	for (at = from; at < to; at++) {
		memcpy(&good, l->bytes + at, sizeof(good));
		for (i = 0; i < ARRAY_SIZE(words); i++) {
			for (width = 1; width <= 8; width *= 2) {
				tap_context("%#" PRIx64 ", %u bytes at offset %#" PRIx64,
					    words[i], width, at);
				put(l, at, words[i], width);
				run_mangled(l);
				put(l, at, good, sizeof(good));
			}
		}
	}
	tap_context(NULL);
}

static u64 fetch(const struct loading *l, u64 gpa, unsigned int width)
{
	const u8 *host = guest_memory_at(&l->memory, gpa, width);
	u64 value = 0;

	if (CHECK(host))
		memcpy(&value, host, width);
	return value;
}

u8 loading_byte(const struct loading *l, u64 gpa)
{
	return fetch(l, gpa, 1);
}

u32 loading_u32(const struct loading *l, u64 gpa)
{
	return fetch(l, gpa, 4);
}

u64 loading_u64(const struct loading *l, u64 gpa)
{
	return fetch(l, gpa, 8);
}

const char *loading_string(const struct loading *l, u64 gpa)
{
	const char *host = guest_memory_at(&l->memory, gpa, 4096);

	CHECK(host);
	return host ? host : "";
}

/*
 * The hidden part that loading a selector from the GDT in memory would give (SDM "Segment
 * Descriptors").
 */
static void check_segment(const struct loading *l, const struct xvcpu_segment *segment)
{
	u64 descriptor;
	u32 limit;

	CHECK(segment->selector + 7u <= l->state.sregs.gdtr.limit);
	descriptor = loading_u64(l, l->state.sregs.gdtr.base + segment->selector);
	limit = (descriptor & 0xffff) | (descriptor >> 32 & 0xf0000);
	if (descriptor >> 55 & 1)
		limit = limit << 12 | 0xfff;
	CHECK_EQ(limit, segment->limit);
	CHECK_EQ((descriptor >> 40 & 0xff) | (descriptor >> 40 & 0xf000), segment->ar);
	CHECK_EQ((descriptor >> 16 & 0xffffff) | (descriptor >> 32 & 0xff000000), segment->base);
	CHECK_EQ(0, segment->unusable);
	CHECK_EQ(0, segment->reserved);
}

static void check_flat(const struct loading *l, u16 code_ar)
{
	const struct xvcpu_sregs *s = &l->state.sregs;

	CHECK_EQ(code_ar, s->cs.ar);
	CHECK_EQ(0xffffffff, s->cs.limit);
	CHECK_EQ(0, s->cs.base);
	CHECK_EQ(0xc093, s->ss.ar);
	check_segment(l, &s->cs);
	check_segment(l, &s->ss);
	CHECK(!memcmp(&s->ss, &s->ds, sizeof(s->ss)));
	CHECK(!memcmp(&s->ss, &s->es, sizeof(s->ss)));
	CHECK(!memcmp(&s->ss, &s->fs, sizeof(s->ss)));
	CHECK(!memcmp(&s->ss, &s->gs, sizeof(s->ss)));
	CHECK_EQ(0x8b, s->tr.ar);
	CHECK_EQ(0, s->tr.base);
	CHECK_EQ(0x82, s->ldtr.ar);
	CHECK_EQ(0, s->idtr.limit);
	CHECK_EQ(2, l->state.regs.rflags);
	CHECK_EQ(LAYOUT_STACK_TOP, l->state.regs.rsp);
	CHECK_EQ(1, l->state.cregs.xcr0);
}

void loading_check_protected(const struct loading *l)
{
	CHECK_EQ(LOAD_PROTECTED, l->state.mode);
	check_flat(l, 0xc09b);
	CHECK_EQ(0x11, l->state.cregs.cr0);
	CHECK_EQ(0, l->state.cregs.cr3);
	CHECK_EQ(0, l->state.cregs.cr4);
	CHECK_EQ(0, l->state.cregs.efer);
}

/* Walks the tables as the processor does, for an address of each 2 MiB page. */
void loading_check_mapped(const struct loading *l, u64 from, u64 to)
{
	u64 gla;

	for (gla = from + 0x1234; gla < to; gla += 2 << 20) {
		u64 entry = loading_u64(l, l->state.cregs.cr3 + 8 * (gla >> 39));

		CHECK_EQ(3, entry & 0xfff);
		entry = loading_u64(l, (entry & ~0xfffull) + 8 * (gla >> 30 & 511));
		CHECK_EQ(3, entry & 0xfff);
		entry = loading_u64(l, (entry & ~0xfffull) + 8 * (gla >> 21 & 511));
		CHECK_EQ(0x83, entry & 0x1fffff);
		CHECK_EQ(gla, (entry & ~0x1fffffull) | (gla & 0x1fffff));
	}
}

void loading_check_unmapped(const struct loading *l, u64 gla)
{
	u64 entry = loading_u64(l, l->state.cregs.cr3 + 8 * (gla >> 39));

	CHECK_EQ(0, loading_u64(l, (entry & ~0xfffull) + 8 * (gla >> 30 & 511)));
}

void loading_check_long(const struct loading *l)
{
	CHECK_EQ(LOAD_LONG, l->state.mode);
	check_flat(l, 0xa09b);
	CHECK_EQ(0x80000011, l->state.cregs.cr0);
	CHECK_EQ(0x620, l->state.cregs.cr4);
	CHECK_EQ(0x500, l->state.cregs.efer);
	loading_check_mapped(l, 0, LAYOUT_MAPPED);
	CHECK_EQ(0, loading_u64(l, l->state.cregs.cr3 + 8));
}
