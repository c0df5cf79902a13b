// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers of the fuzzer, and the values it likes. See fuzz.h.
 */
#include "fuzz.h"

/* splitmix64: any state is a good one. */
uint64_t random_bits(struct fuzz *f)
{
	uint64_t z = f->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void random_begin(struct fuzz *f)
{
	f->random = f->seed;
	f->random = random_bits(f) + f->thread;
	f->random = random_bits(f) + f->call;
}

uint32_t below(struct fuzz *f, uint32_t limit)
{
	return (random_bits(f) >> 32) * limit >> 32;
}

bool one_in(struct fuzz *f, uint32_t n)
{
	return !below(f, n);
}

uint32_t sometimes(struct fuzz *f)
{
	return one_in(f, 16) ? tempting(f) : 0;
}

uint64_t tempting(struct fuzz *f)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 4, 7, 8, 0xf, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xff, 0x100,
		0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff, 0x10000, 0x1fffff, 0x200000,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffff, 0x800000000000,
		0xffff7fffffffffff, 0xffff800000000000, 0x7fffffffffffffff, 0x8000000000000000,
		0xfffffffffffff000, ~0ull,
	};

	switch (below(f, 6)) {
	case 0:
		return random_bits(f);
	case 1:
		return 1ull << below(f, 64);
	case 2:
		return edges[below(f, ELEMENTS(edges))] + below(f, 17) - 8;
	case 3:
		return below(f, 256);
	}
	return edges[below(f, ELEMENTS(edges))];
}

uint64_t guest_address(struct fuzz *f)
{
	static const uint64_t places[] = {
		0, GUEST_IDT, GUEST_CODE_AT, GUEST_STACK, GUEST_DATA, GUEST_PML4, GUEST_PD,
		MIB(1), MIB(2), MIB(4), GIB(1), GIB(4), 0xfee00000, 0xfffffff0,
	};

	if (one_in(f, 8))
		return tempting(f);
	return places[below(f, ELEMENTS(places))] + below(f, 2 * PAGE_BYTES) - PAGE_BYTES;
}
