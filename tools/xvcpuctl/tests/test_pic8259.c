// SPDX-License-Identifier: GPL-2.0-only
/* The pair of 8259A interrupt controllers, by the data sheet, as a PC's guest programs them. */
#include <string.h>

#include "../devices/pic8259.h"
#include "random.h"
#include "tap.h"

#define MASTER		0x20
#define SLAVE		0xa0
#define ELCR		0x4d0
#define MASK		1	/* behind either base */

#define BASE		0x30	/* vectors of the tests' guest */
#define SLAVE_BASE	0x38
#define EOI		0x20
#define SPECIFIC	0x60
#define READ_IRR	0x0a
#define READ_ISR	0x0b
#define POLL		0x0c

static struct bus ports;
static struct pic8259 pic;
static struct dev_line lines[PIC_INPUTS];
static bool intr;
static unsigned int nr_intr;

static void set_intr(void *ctx, bool up)
{
	(void)ctx;
	intr = up;
	nr_intr++;
}

static u8 in(u16 port)
{
	return bus_read(&ports, port, 1);
}

static void out(u16 port, u8 value)
{
	bus_write(&ports, port, 1, value);
}

static void fresh(void)
{
	struct dev_line line = { .set = set_intr };
	unsigned int i;

	bus_init(&ports);
	intr = false;
	nr_intr = 0;
	CHECK_EQ(0, dev_pic_init(&pic, &ports, &line));
	for (i = 0; i < PIC_INPUTS; i++)
		lines[i] = dev_pic_line(&pic, i);
}

static void initialise(u16 chip, u8 icw4)
{
	out(chip, 0x11);
	out(chip + MASK, chip == MASTER ? BASE : SLAVE_BASE);
	out(chip + MASK, chip == MASTER ? 0x04 : 0x02);
	out(chip + MASK, icw4);
}

/* Initialised, nothing masked. */
static void setup_with(u8 master_icw4, u8 slave_icw4)
{
	fresh();
	initialise(MASTER, master_icw4);
	initialise(SLAVE, slave_icw4);
}

static void setup(void)
{
	setup_with(0x01, 0x01);
}

static void raise(unsigned int irq)
{
	dev_line_set(&lines[irq], true);
}

static void drop(unsigned int irq)
{
	dev_line_set(&lines[irq], false);
}

static void pulse(unsigned int irq)
{
	raise(irq);
	drop(irq);
}

static u8 vector_of(unsigned int irq)
{
	return irq < 8 ? BASE + irq : SLAVE_BASE + irq - 8;
}

/* INTR is up, and the interrupt is this one. */
static void check_taken(unsigned int irq)
{
	tap_context("irq %u", irq);
	CHECK(intr);
	CHECK(dev_pic_pending(&pic));
	CHECK_EQ(vector_of(irq), dev_pic_acknowledge(&pic));
	tap_context(NULL);
}

static void check_quiet(void)
{
	CHECK(!intr);
	CHECK(!dev_pic_pending(&pic));
}

static void end(unsigned int irq)
{
	if (irq >= 8)
		out(SLAVE, EOI);
	out(MASTER, EOI);
}

static u8 irr(u16 chip)
{
	out(chip, READ_IRR);
	return in(chip);
}

static u8 isr(u16 chip)
{
	out(chip, READ_ISR);
	return in(chip);
}

static void after_reset_everything_is_masked(void)
{
	unsigned int i;

	fresh();
	CHECK_EQ(0xff, in(MASTER + MASK));
	CHECK_EQ(0xff, in(SLAVE + MASK));
	CHECK_EQ(0, in(ELCR));
	CHECK_EQ(0, in(ELCR + 1));
	for (i = 0; i < PIC_INPUTS; i++)
		raise(i);
	check_quiet();
	CHECK_EQ(0, nr_intr);
	out(SLAVE + MASK, 0xfe);
	check_quiet();
	out(MASTER + MASK, 0xfb);
	CHECK(intr);
	CHECK_EQ(0x70, dev_pic_acknowledge(&pic));
	out(MASTER, EOI);
	out(MASTER + MASK, 0xfd);
	CHECK_EQ(0x09, dev_pic_acknowledge(&pic));
}

static void it_knows_whether_anything_is_unmasked(void)
{
	fresh();
	CHECK(dev_pic_masked(&pic));
	out(MASTER + MASK, 0xfb);	/* the cascade, behind which all is masked */
	CHECK(dev_pic_masked(&pic));
	out(SLAVE + MASK, 0xfe);
	CHECK(!dev_pic_masked(&pic));
	out(MASTER + MASK, 0xff);
	CHECK(dev_pic_masked(&pic));
	out(MASTER + MASK, 0x7f);
	CHECK(!dev_pic_masked(&pic));
}

/* How Linux finds out whether there is an 8259 at all, before it initialises it. */
static void the_mask_reads_back_before_initialisation(void)
{
	fresh();
	out(SLAVE + MASK, 0xff);
	out(MASTER + MASK, 0xfb);
	CHECK_EQ(0xfb, in(MASTER + MASK));
	CHECK_EQ(0xff, in(SLAVE + MASK));
}

static void every_input_has_its_vector(void)
{
	unsigned int irq;

	for (irq = 0; irq < PIC_INPUTS; irq++) {
		if (irq == PIC_CASCADE)
			continue;
		setup();
		raise(irq);
		check_taken(irq);
		check_quiet();
		CHECK_EQ(irq < 8 ? 1 << irq : 4, isr(MASTER));
		CHECK_EQ(irq < 8 ? 0 : 1 << (irq - 8), isr(SLAVE));
		end(irq);
		CHECK_EQ(0, isr(MASTER) | isr(SLAVE));
		check_quiet();
	}
}

static void only_the_upper_five_bits_of_the_vector_can_be_chosen(void)
{
	setup();
	out(MASTER, 0x11);
	out(MASTER + MASK, 0x27);
	out(MASTER + MASK, 0x04);
	out(MASTER + MASK, 0x01);
	raise(3);
	CHECK_EQ(0x23, dev_pic_acknowledge(&pic));
}

static void an_edge_makes_one_interrupt_and_a_level_that_stays_no_other(void)
{
	setup();
	raise(4);
	check_taken(4);
	end(4);
	check_quiet();
	drop(4);
	check_quiet();
	raise(4);
	check_taken(4);
	end(4);
	CHECK_EQ(4, nr_intr);
}

static void an_edge_during_service_waits_for_its_end(void)
{
	setup();
	raise(4);
	check_taken(4);
	drop(4);
	raise(4);
	check_quiet();
	CHECK_EQ(0x10, irr(MASTER));
	CHECK_EQ(0x10, isr(MASTER));
	end(4);
	check_taken(4);
	CHECK_EQ(0, irr(MASTER));
}

static void a_request_that_goes_away_is_withdrawn(void)
{
	setup();
	pulse(4);
	check_quiet();
	CHECK_EQ(0, irr(MASTER));
	pulse(12);
	check_quiet();
	CHECK_EQ(0, irr(MASTER) | irr(SLAVE));
}

static void acknowledging_what_went_away_gives_interrupt_7(void)
{
	setup();
	pulse(4);
	CHECK_EQ(vector_of(7), dev_pic_acknowledge(&pic));
	CHECK_EQ(0, isr(MASTER));
	raise(7);
	check_taken(7);		/* a real one is in service */
	CHECK_EQ(0x80, isr(MASTER));
}

static void acknowledging_what_the_slave_lost_gives_interrupt_15(void)
{
	setup();
	pulse(12);
	CHECK_EQ(vector_of(15), dev_pic_acknowledge(&pic));
	CHECK_EQ(0x04, isr(MASTER));	/* the master does not know */
	CHECK_EQ(0, isr(SLAVE));
	out(MASTER, EOI);
	CHECK_EQ(0, isr(MASTER));
	CHECK_EQ(vector_of(7), dev_pic_acknowledge(&pic));
	CHECK_EQ(0, isr(MASTER));
}

static void a_mask_holds_a_request_back_and_keeps_it(void)
{
	setup();
	out(MASTER + MASK, 0x10);
	raise(4);
	check_quiet();
	CHECK_EQ(0x10, irr(MASTER));
	out(MASTER + MASK, 0x00);
	CHECK(intr);
	out(MASTER + MASK, 0x10);
	check_quiet();
	out(MASTER + MASK, 0x00);
	check_taken(4);
	end(4);
	out(MASTER + MASK, 0x04);	/* the slave as a whole */
	raise(8);
	check_quiet();
	CHECK_EQ(0x04, irr(MASTER));
	out(MASTER + MASK, 0x00);
	check_taken(8);
}

static void higher_priorities_interrupt_lower_ones(void)
{
	setup();
	raise(5);
	check_taken(5);
	raise(6);
	check_quiet();
	raise(3);
	check_taken(3);
	raise(8);
	check_taken(8);
	raise(1);
	check_taken(1);
	CHECK_EQ(0x2e, isr(MASTER));
	end(1);
	check_quiet();
	end(8);
	end(3);
	check_quiet();
	end(5);
	check_taken(6);
}

static void the_slave_ranks_between_inputs_1_and_3(void)
{
	static const unsigned int order[] = { 0, 1, 8, 9, 10, 11, 12, 13, 14, 15, 3, 4, 5, 6, 7 };
	unsigned int i;

	setup();
	for (i = ARRAY_SIZE(order); i--;)
		raise(order[i]);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		check_taken(order[i]);
		check_quiet();
		end(order[i]);
	}
	check_quiet();
}

static void the_slave_waits_for_both_ends_of_its_interrupt(void)
{
	setup();
	raise(10);
	check_taken(10);
	raise(9);
	check_quiet();			/* the master still serves its input 2 */
	out(SLAVE, EOI);
	check_quiet();
	out(MASTER, EOI);
	check_taken(9);
	raise(8);
	out(MASTER, EOI);
	check_taken(8);
	CHECK_EQ(0x03, isr(SLAVE));
}

static void in_special_fully_nested_mode_the_slave_can_interrupt_itself(void)
{
	setup_with(0x11, 0x01);
	raise(10);
	check_taken(10);
	raise(11);
	check_quiet();
	raise(9);
	check_taken(9);
	CHECK_EQ(0x06, isr(SLAVE));
	raise(3);
	check_quiet();			/* the rest stays nested */
	out(SLAVE, EOI);
	check_quiet();
	out(SLAVE, EOI);
	check_taken(11);
	out(SLAVE, EOI);
	CHECK_EQ(0, isr(SLAVE));
	out(MASTER, EOI);
	check_taken(3);
}

static void specific_eoi_ends_the_one_it_names(void)
{
	setup();
	raise(5);
	check_taken(5);
	raise(2 + 1);
	check_taken(3);
	out(MASTER, SPECIFIC | 5);
	CHECK_EQ(0x08, isr(MASTER));
	raise(4);
	check_quiet();
	out(MASTER, SPECIFIC | 3);
	CHECK_EQ(0, isr(MASTER));
	check_taken(4);
	out(MASTER, SPECIFIC | 7);	/* not in service: nothing to end */
	CHECK_EQ(0x10, isr(MASTER));
}

static void eoi_without_anything_in_service_does_nothing(void)
{
	setup();
	out(MASTER, EOI);
	out(MASTER, 0xa0);
	raise(0);
	raise(7);
	check_taken(0);			/* priorities were not rotated */
}

static void rotating_eoi_serves_all_in_turn(void)
{
	unsigned int i;

	setup();
	out(ELCR, 0xf8);
	for (i = 3; i < 8; i++)
		raise(i);
	for (i = 0; i < 15; i++) {
		check_taken(3 + i % 5);
		out(MASTER, 0xa0);
	}
	drop(3);
	check_taken(4);
	out(MASTER, 0xe0 | 6);		/* specific, and 6 becomes the last: 4 stays in service */
	CHECK_EQ(0x10, isr(MASTER));
	check_taken(7);
}

static void set_priority_names_the_lowest(void)
{
	static const unsigned int order[] = { 5, 6, 7, 0, 1, 3, 4 };
	unsigned int i;

	setup();
	out(MASTER, 0xc0 | 4);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		raise(order[i]);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		check_taken(order[i]);
		check_quiet();
		out(MASTER, EOI);
	}
}

static void automatic_eoi_leaves_nothing_in_service(void)
{
	setup_with(0x03, 0x01);
	raise(3);
	check_taken(3);
	CHECK_EQ(0, isr(MASTER));
	raise(5);
	check_taken(5);
	raise(9);
	check_taken(9);
	CHECK_EQ(0, isr(MASTER));
	CHECK_EQ(0x02, isr(SLAVE));
	check_quiet();
}

static void automatic_eoi_can_rotate(void)
{
	unsigned int i;

	setup_with(0x03, 0x01);
	out(ELCR, 0xf8);
	raise(3);
	raise(4);
	for (i = 0; i < 4; i++)
		check_taken(3);
	out(MASTER, 0x80);
	for (i = 0; i < 4; i++)
		check_taken(i % 2 ? 4 : 3);
	out(MASTER, 0x00);
	for (i = 0; i < 4; i++)
		check_taken(3);		/* 4 was served last */
}

static void in_special_mask_mode_what_is_masked_holds_nothing_up(void)
{
	setup();
	raise(3);
	check_taken(3);
	raise(6);
	out(MASTER + MASK, 0x08);
	check_quiet();
	out(MASTER, 0x68);
	check_taken(6);
	raise(7);
	check_quiet();			/* 6 is not masked */
	out(MASTER, EOI);		/* ends 6: a masked one is not for the general EOI */
	CHECK_EQ(0x08, isr(MASTER));
	check_taken(7);
	out(MASTER, EOI);
	out(MASTER, EOI);
	CHECK_EQ(0x08, isr(MASTER));
	out(MASTER, 0x08);		/* ESMM is 0: the mode stays */
	drop(6);
	raise(6);
	check_taken(6);
	out(MASTER, EOI);
	out(MASTER, 0x48);
	drop(6);
	raise(6);
	check_quiet();
	out(MASTER, EOI);
	check_taken(6);
}

static void polling_takes_the_interrupt(void)
{
	setup();
	out(MASTER, POLL);
	CHECK_EQ(0, in(MASTER) & 0x80);
	CHECK_EQ(0, isr(MASTER));
	raise(5);
	raise(3);
	out(MASTER, POLL);
	CHECK_EQ(0x83, in(MASTER));
	check_quiet();
	CHECK_EQ(0x08, isr(MASTER));
	CHECK_EQ(0x08, in(MASTER));	/* the next read is an ordinary one */
	CHECK_EQ(0x20, irr(MASTER));
	out(MASTER, EOI);
	out(MASTER, POLL);
	CHECK_EQ(0x85, in(MASTER + MASK));	/* either address */
	CHECK_EQ(0x00, in(MASTER + MASK));
}

static void the_slave_is_polled_by_itself(void)
{
	setup();
	raise(12);
	out(MASTER, POLL);
	CHECK_EQ(0x82, in(MASTER));
	CHECK_EQ(0, isr(SLAVE));
	out(SLAVE, POLL);
	CHECK_EQ(0x84, in(SLAVE));
	CHECK_EQ(0x10, isr(SLAVE));
	end(12);
	check_quiet();
}

static void levels_ask_until_they_drop(void)
{
	unsigned int i;

	setup();
	out(ELCR, 0x20);
	out(ELCR + 1, 0x04);
	raise(5);
	raise(10);
	for (i = 0; i < 3; i++) {
		check_taken(10);
		CHECK_EQ(0x04, irr(SLAVE));
		check_quiet();
		end(10);
	}
	drop(10);
	for (i = 0; i < 3; i++) {
		check_taken(5);
		check_quiet();
		end(5);
	}
	CHECK(intr);
	drop(5);
	check_quiet();
	CHECK_EQ(0, irr(MASTER) | irr(SLAVE));
}

static void some_inputs_are_always_edges(void)
{
	setup();
	out(ELCR, 0xff);
	out(ELCR + 1, 0xff);
	CHECK_EQ(0xf8, in(ELCR));
	CHECK_EQ(0xde, in(ELCR + 1));
	bus_write(&ports, ELCR, 2, 0x0220);
	CHECK_EQ(0x0220, bus_read(&ports, ELCR, 2));
	raise(0);
	check_taken(0);
	out(MASTER, EOI);
	check_quiet();
}

/* Chipsets with ELCR do not look at LTIM. */
static void icw1_does_not_choose_levels(void)
{
	setup();
	out(MASTER, 0x19);
	out(MASTER + MASK, BASE);
	out(MASTER + MASK, 0x04);
	out(MASTER + MASK, 0x01);
	raise(5);
	check_taken(5);
	out(MASTER, EOI);
	check_quiet();
}

static void initialising_forgets_requests_service_mask_and_modes(void)
{
	setup_with(0x13, 0x01);
	initialise(MASTER, 0x01);
	raise(6);
	check_taken(6);
	raise(3);
	out(MASTER, 0x68);
	out(MASTER, 0xc0 | 3);
	out(MASTER + MASK, 0xff);
	out(MASTER, READ_ISR);
	initialise(MASTER, 0x01);
	CHECK_EQ(0, in(MASTER));	/* IRR again, and without the edges that came before */
	CHECK_EQ(0, isr(MASTER));
	CHECK_EQ(0, in(MASTER + MASK));
	check_quiet();
	drop(3);
	drop(6);
	raise(6);
	raise(3);
	check_taken(3);
	check_quiet();
	CHECK_EQ(0x08, isr(MASTER));
	out(MASTER + MASK, 0x08);
	check_quiet();			/* no special mask mode */
}

static void nothing_is_announced_before_initialisation_is_complete(void)
{
	setup();
	out(ELCR, 0x20);
	raise(5);
	CHECK(intr);
	out(MASTER, 0x11);
	check_quiet();
	out(MASTER + MASK, 0x50);
	out(MASTER + MASK, 0x04);
	check_quiet();
	out(MASTER + MASK, 0x01);
	CHECK(intr);
	CHECK_EQ(0x55, dev_pic_acknowledge(&pic));
}

static void icw1_says_how_many_words_follow(void)
{
	static const struct { u8 icw1; unsigned int words; } sequences[] = {
		{ 0x10, 2 }, { 0x11, 3 }, { 0x12, 1 }, { 0x13, 2 },
	};
	unsigned int i, word;

	for (i = 0; i < ARRAY_SIZE(sequences); i++) {
		tap_context("ICW1 %#x", sequences[i].icw1);
		setup();
		out(SLAVE, sequences[i].icw1);
		for (word = 0; word < sequences[i].words; word++) {
			CHECK_EQ(0, in(SLAVE + MASK));
			out(SLAVE + MASK, 0xf8);
		}
		out(SLAVE + MASK, 0x5a);
		CHECK_EQ(0x5a, in(SLAVE + MASK));
	}
}

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
		model.asks[irq] |= !lines[irq].up;
		raise(irq);
		break;
	case 2:
		model.asks[irq] = false;
		drop(irq);
		break;
	case 3:
		if (random_below(4) == 0)
			irq = PIC_CASCADE;
		chip = irq < 8 ? MASTER : SLAVE;
		model.masked[irq] = random_below(4) == 0;
		out(chip + MASK, (in(chip + MASK) & ~(1 << (irq & 7))) |
				 model.masked[irq] << (irq & 7));
		break;
	case 4:
		next = model_next();
		if (next < 0)
			break;
		CHECK_EQ(vector_of(next), dev_pic_acknowledge(&pic));
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
		out(chip, SPECIFIC | (irq & 7));
		break;
	}
}

static void whatever_happens_the_one_of_highest_priority_is_offered(void)
{
	unsigned int step;

	setup();
	memset(&model, 0, sizeof(model));
	random_seed(1);
	for (step = 0; step < 50000; step++) {
		int next;

		random_step();
		next = model_next();
		tap_context("step %u", step);
		CHECK_EQ(next >= 0, dev_pic_pending(&pic));
		CHECK_EQ(next >= 0, intr);
	}
}

/* Any access at any time: the device stays in bounds and INTR's callback tells the truth. */
static void no_sequence_of_accesses_confuses_it(void)
{
	static const u16 bases[] = { 0x1e, 0x20, 0x21, 0x9f, 0xa0, 0xa1, 0x4cf, 0x4d0, 0x4d1 };
	unsigned int step, before, vector;

	fresh();
	random_seed(2);
	for (step = 0; step < 200000; step++) {
		u16 port = bases[random_below(ARRAY_SIZE(bases))];
		unsigned int size = 1 + random_below(8);

		before = nr_intr;
		switch (random_below(4)) {
		case 0:
			bus_read(&ports, port, size);
			break;
		case 1:
			bus_write(&ports, port, size, random_word());
			break;
		case 2:
			dev_line_set(&lines[random_below(PIC_INPUTS)], random_below(2));
			break;
		case 3:
			vector = dev_pic_acknowledge(&pic);
			CHECK(vector >> 3 == pic.master.base >> 3 ||
			      vector >> 3 == pic.slave.base >> 3);
			break;
		}
		tap_context("step %u", step);
		CHECK_EQ(dev_pic_pending(&pic), intr);
		CHECK(nr_intr - before <= 8);
	}
}

static const struct tap_test tests[] = {
	TEST(after_reset_everything_is_masked),
	TEST(it_knows_whether_anything_is_unmasked),
	TEST(the_mask_reads_back_before_initialisation),
	TEST(every_input_has_its_vector),
	TEST(only_the_upper_five_bits_of_the_vector_can_be_chosen),
	TEST(an_edge_makes_one_interrupt_and_a_level_that_stays_no_other),
	TEST(an_edge_during_service_waits_for_its_end),
	TEST(a_request_that_goes_away_is_withdrawn),
	TEST(acknowledging_what_went_away_gives_interrupt_7),
	TEST(acknowledging_what_the_slave_lost_gives_interrupt_15),
	TEST(a_mask_holds_a_request_back_and_keeps_it),
	TEST(higher_priorities_interrupt_lower_ones),
	TEST(the_slave_ranks_between_inputs_1_and_3),
	TEST(the_slave_waits_for_both_ends_of_its_interrupt),
	TEST(in_special_fully_nested_mode_the_slave_can_interrupt_itself),
	TEST(specific_eoi_ends_the_one_it_names),
	TEST(eoi_without_anything_in_service_does_nothing),
	TEST(rotating_eoi_serves_all_in_turn),
	TEST(set_priority_names_the_lowest),
	TEST(automatic_eoi_leaves_nothing_in_service),
	TEST(automatic_eoi_can_rotate),
	TEST(in_special_mask_mode_what_is_masked_holds_nothing_up),
	TEST(polling_takes_the_interrupt),
	TEST(the_slave_is_polled_by_itself),
	TEST(levels_ask_until_they_drop),
	TEST(some_inputs_are_always_edges),
	TEST(icw1_does_not_choose_levels),
	TEST(initialising_forgets_requests_service_mask_and_modes),
	TEST(nothing_is_announced_before_initialisation_is_complete),
	TEST(icw1_says_how_many_words_follow),
	TEST(whatever_happens_the_one_of_highest_priority_is_offered),
	TEST(no_sequence_of_accesses_confuses_it),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
