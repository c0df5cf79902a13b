// SPDX-License-Identifier: GPL-2.0-only
/* The pair of 8259As under random sequences: against a second model, and against abuse. */
#include <string.h>

#include "pic_bench.h"
#include "random.h"
#include "tap.h"

/*
 * A second model of the pair, for fully nested mode: one list of inputs by priority, and for each
 * whether it asks, is masked, is in service.
 */
static const unsigned int by_rank[] = { 0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7 };

static struct {
	bool asks[PIC_INPUTS], masked[PIC_INPUTS], served[PIC_INPUTS];
} model;

static int model_next(void)
{
	bool slave_busy = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(by_rank); i++) {
		unsigned int irq = by_rank[i];

		if (model.served[irq < 8 ? irq : PIC_CASCADE])
			return -1;
		/* Once the master was told of its end, it holds up the slave only. */
		if (irq >= 8)
			slave_busy |= model.served[irq];
		if (irq >= 8 && (slave_busy || model.masked[PIC_CASCADE]))
			continue;
		if (model.asks[irq] && !model.masked[irq])
			return irq;
	}
	return -1;
}

static void random_step(void)
{
	unsigned int irq = by_rank[random_below(ARRAY_SIZE(by_rank))];
	u16 chip = irq < 8 ? MASTER : SLAVE;
	int next;

	switch (random_below(6)) {
	case 0:
	case 1:
		model.asks[irq] |= !pic_bench.lines[irq].up;
		pic_raise(irq);
		break;
	case 2:
		model.asks[irq] = false;
		pic_drop(irq);
		break;
	case 3:
		if (random_below(4) == 0)
			irq = PIC_CASCADE;
		chip = irq < 8 ? MASTER : SLAVE;
		model.masked[irq] = random_below(4) == 0;
		pic_out(chip + MASK, (pic_in(chip + MASK) & ~(1 << (irq & 7))) |
				 model.masked[irq] << (irq & 7));
		break;
	case 4:
		next = model_next();
		if (next < 0)
			break;
		CHECK_EQ(pic_vector_of(next), dev_pic_acknowledge(&pic_bench.pic));
		model.asks[next] = false;
		model.served[next] = true;
		if (next >= 8)
			model.served[PIC_CASCADE] = true;
		break;
	case 5:
		if (random_below(3) == 0)
			irq = PIC_CASCADE;
		chip = irq < 8 ? MASTER : SLAVE;
		model.served[irq] = false;
		pic_out(chip, SPECIFIC | (irq & 7));
		break;
	}
}

static void whatever_happens_the_one_of_highest_priority_is_offered(void)
{
	unsigned int step;

	pic_setup();
	memset(&model, 0, sizeof(model));
	random_seed(1);
	for (step = 0; step < 50000; step++) {
		int next;

		random_step();
		next = model_next();
		tap_context("step %u", step);
		CHECK_EQ(next >= 0, dev_pic_pending(&pic_bench.pic));
		CHECK_EQ(next >= 0, pic_bench.intr);
	}
}

/* Any access at any time: the device stays in bounds and INTR's callback tells the truth. */
static void no_sequence_of_accesses_confuses_it(void)
{
	static const u16 bases[] = { 0x1e, 0x20, 0x21, 0x9f, 0xa0, 0xa1, 0x4cf, 0x4d0, 0x4d1 };
	unsigned int step, before, vector;

	pic_fresh();
	random_seed(2);
	for (step = 0; step < 200000; step++) {
		u16 port = bases[random_below(ARRAY_SIZE(bases))];
		unsigned int size = 1 + random_below(8);

		before = pic_bench.nr_intr;
		switch (random_below(4)) {
		case 0:
			bus_read(&pic_bench.ports, port, size);
			break;
		case 1:
			bus_write(&pic_bench.ports, port, size, random_word());
			break;
		case 2:
			dev_line_set(&pic_bench.lines[random_below(PIC_INPUTS)], random_below(2));
			break;
		case 3:
			vector = dev_pic_acknowledge(&pic_bench.pic);
			CHECK(vector >> 3 == pic_bench.pic.master.base >> 3 ||
			      vector >> 3 == pic_bench.pic.slave.base >> 3);
			break;
		}
		tap_context("step %u", step);
		CHECK_EQ(dev_pic_pending(&pic_bench.pic), pic_bench.intr);
		CHECK(pic_bench.nr_intr - before <= 8);
	}
}

static const struct tap_test tests[] = {
	TEST(whatever_happens_the_one_of_highest_priority_is_offered),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
