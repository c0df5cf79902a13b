// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a program from a seed and a number.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

#define NOP		0x90
#define RFLAGS_1	0x2
#define RFLAGS_IF	0x200
#define RFLAGS_IOPL	0x3000
#define RFLAGS_VM	0x20000
#define CR0_AM		0x40000
#define CR4_OSFXSR	0x600	/* with OSXMMEXCPT */
#define CR4_FSGSBASE	0x10000
#define CR4_OSXSAVE	0x40000

const char *const mode_names[MODES] = {
	"real", "prot16", "prot32", "paged32", "pae", "compat", "long", "user32", "user64",
	"compat3", "v86",
};

static void begin(struct generator *g, struct program *program, enum mode mode)
{
	program->mode = mode;
	program->nr = 0;
	g->program = program;
	g->mode = mode;
	g->at = 0;
}

static void add(struct generator *g, unsigned int item)
{
	struct program *program = g->program;
	unsigned int end = ++program->nr * SLOT_BYTES;

	program->slots[program->nr - 1] = (struct slot) { .item = item, .mode = g->mode };
	items[item].emit(g);
	if (g->at > end) {
		fprintf(stderr, "item %s is %u bytes too long\n", items[item].name, g->at - end);
		abort();
	}
	while (g->at < end)
		emit(g, NOP);
}

static unsigned int pick_item(struct generator *g)
{
	uint32_t total = 0, chosen;
	unsigned int i;

	for (i = 0; i < items_nr; i++)
		total += items[i].modes & ONE(g->mode) ? items[i].weight : 0;
	chosen = pick(g, total);
	for (i = 0; ; i++) {
		uint32_t weight = items[i].modes & ONE(g->mode) ? items[i].weight : 0;

		if (chosen < weight)
			return i;
		chosen -= weight;
	}
}

/* One program in sixteen ends otherwise than by just halting. */
static unsigned int pick_end(struct generator *g)
{
	static const char *const ends[] = { "triple_fault", "lost", "event_fault", "double_fault" };
	int item = item_find(ends[pick(g, ARRAY_SIZE(ends))]);

	if (pick(g, 16) || !(items[item].modes & ONE(g->mode)))
		return item_find("end");
	return item;
}

static void pick_registers(struct generator *g)
{
	struct program *program = g->program;
	bool wide = mode_bits(program->mode) == 64;

	for (unsigned int i = 0; i < 16; i++) {
		program->gprs[i] = random_next(&g->random);
		if (!wide)
			program->gprs[i] = i < 8 ? (uint32_t)program->gprs[i] : 0;
		/* Small ones too: they are divisors, counts, shifts. */
		if (!pick(g, 4))
			program->gprs[i] &= 0x3f;
	}
	program->gprs[RSP] = mode_is_user(program->mode) ? AT_STACK3 : AT_STACK;
	program->rflags = RFLAGS_1 | (pick(g, 2) ? RFLAGS_IF : 0) | (pick(g, 2) ? RFLAGS_IOPL : 0);
	program->rflags |= random_next(&g->random) & 0x8d5;	/* OF, SF, ZF, AF, PF, CF */
	if (program->mode == V86)
		program->rflags |= RFLAGS_VM | RFLAGS_IOPL;
	program->cr0 = pick(g, 2) ? CR0_AM : 0;
	program->cr4 = CR4_OSFXSR | (pick(g, 2) ? CR4_FSGSBASE : 0) |
		       (pick(g, 4) ? CR4_OSXSAVE : 0);
	program->xcr0 = pick(g, 4) ? 7 : 1;
}

void program_make(struct program *program, uint64_t seed, uint32_t index)
{
	uint64_t mixed = seed + (uint64_t)index * 0x2545f4914f6cdd1d;
	struct generator g = { .random = random_next(&mixed) };
	unsigned int nr;

	memset(program, 0, sizeof(*program));
	program->seed = seed;
	program->index = index;
	begin(&g, program, index % MODES);
	pick_registers(&g);
	nr = 6 + pick(&g, SLOTS_MAX - 6);
	while (program->nr < nr)
		add(&g, pick_item(&g));
	add(&g, pick_end(&g));
}

void program_single(struct program *program, unsigned int item, enum mode mode)
{
	struct generator g = { .random = 1 };

	memset(program, 0, sizeof(*program));
	begin(&g, program, mode);
	pick_registers(&g);
	program->cr0 = CR0_AM;
	add(&g, item);
	if (!items[item].ends)
		add(&g, item_find("end"));
}
