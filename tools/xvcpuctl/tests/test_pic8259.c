// SPDX-License-Identifier: GPL-2.0-only
/* The pair of 8259A interrupt controllers, by the data sheet, as a PC's guest programs them. */
#include "pic_bench.h"
#include "tap.h"

static void pulse(unsigned int irq)
{
	pic_raise(irq);
	pic_drop(irq);
}

/* INTR is up, and the interrupt is this one. */
static void check_taken(unsigned int irq)
{
	tap_context("irq %u", irq);
	CHECK(pic_bench.intr);
	CHECK(dev_pic_pending(&pic_bench.pic));
	CHECK_EQ(pic_vector_of(irq), dev_pic_acknowledge(&pic_bench.pic));
	tap_context(NULL);
}

static void check_quiet(void)
{
	CHECK(!pic_bench.intr);
	CHECK(!dev_pic_pending(&pic_bench.pic));
}

static void end(unsigned int irq)
{
	if (irq >= 8)
		pic_out(SLAVE, EOI);
	pic_out(MASTER, EOI);
}

static u8 irr(u16 chip)
{
	pic_out(chip, READ_IRR);
	return pic_in(chip);
}

static u8 isr(u16 chip)
{
	pic_out(chip, READ_ISR);
	return pic_in(chip);
}

static void after_reset_everything_is_masked(void)
{
	unsigned int i;

	pic_fresh();
	CHECK_EQ(0xff, pic_in(MASTER + MASK));
	CHECK_EQ(0xff, pic_in(SLAVE + MASK));
	CHECK_EQ(0, pic_in(ELCR));
	CHECK_EQ(0, pic_in(ELCR + 1));
	for (i = 0; i < PIC_INPUTS; i++)
		pic_raise(i);
	check_quiet();
	CHECK_EQ(0, pic_bench.nr_intr);
	pic_out(SLAVE + MASK, 0xfe);
	check_quiet();
	pic_out(MASTER + MASK, 0xfb);
	CHECK(pic_bench.intr);
	CHECK_EQ(0x70, dev_pic_acknowledge(&pic_bench.pic));
	pic_out(MASTER, EOI);
	pic_out(MASTER + MASK, 0xfd);
	CHECK_EQ(0x09, dev_pic_acknowledge(&pic_bench.pic));
}

static void it_knows_whether_anything_is_unmasked(void)
{
	pic_fresh();
	CHECK(dev_pic_masked(&pic_bench.pic));
	pic_out(MASTER + MASK, 0xfb);	/* the cascade, behind which all is masked */
	CHECK(dev_pic_masked(&pic_bench.pic));
	pic_out(SLAVE + MASK, 0xfe);
	CHECK(!dev_pic_masked(&pic_bench.pic));
	pic_out(MASTER + MASK, 0xff);
	CHECK(dev_pic_masked(&pic_bench.pic));
	pic_out(MASTER + MASK, 0x7f);
	CHECK(!dev_pic_masked(&pic_bench.pic));
}

/* How Linux finds out whether there is an 8259 at all, before it initialises it. */
static void the_mask_reads_back_before_initialisation(void)
{
	pic_fresh();
	pic_out(SLAVE + MASK, 0xff);
	pic_out(MASTER + MASK, 0xfb);
	CHECK_EQ(0xfb, pic_in(MASTER + MASK));
	CHECK_EQ(0xff, pic_in(SLAVE + MASK));
}

static void every_input_has_its_vector(void)
{
	unsigned int irq;

	for (irq = 0; irq < PIC_INPUTS; irq++) {
		if (irq == PIC_CASCADE)
			continue;
		pic_setup();
		pic_raise(irq);
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
	pic_setup();
	pic_out(MASTER, 0x11);
	pic_out(MASTER + MASK, 0x27);
	pic_out(MASTER + MASK, 0x04);
	pic_out(MASTER + MASK, 0x01);
	pic_raise(3);
	CHECK_EQ(0x23, dev_pic_acknowledge(&pic_bench.pic));
}

static void an_edge_makes_one_interrupt_and_a_level_that_stays_no_other(void)
{
	pic_setup();
	pic_raise(4);
	check_taken(4);
	end(4);
	check_quiet();
	pic_drop(4);
	check_quiet();
	pic_raise(4);
	check_taken(4);
	end(4);
	CHECK_EQ(4, pic_bench.nr_intr);
}

static void an_edge_during_service_waits_for_its_end(void)
{
	pic_setup();
	pic_raise(4);
	check_taken(4);
	pic_drop(4);
	pic_raise(4);
	check_quiet();
	CHECK_EQ(0x10, irr(MASTER));
	CHECK_EQ(0x10, isr(MASTER));
	end(4);
	check_taken(4);
	CHECK_EQ(0, irr(MASTER));
}

static void a_request_that_goes_away_is_withdrawn(void)
{
	pic_setup();
	pulse(4);
	check_quiet();
	CHECK_EQ(0, irr(MASTER));
	pulse(12);
	check_quiet();
	CHECK_EQ(0, irr(MASTER) | irr(SLAVE));
}

static void acknowledging_what_went_away_gives_interrupt_7(void)
{
	pic_setup();
	pulse(4);
	CHECK_EQ(pic_vector_of(7), dev_pic_acknowledge(&pic_bench.pic));
	CHECK_EQ(0, isr(MASTER));
	pic_raise(7);
	check_taken(7);		/* a real one is in service */
	CHECK_EQ(0x80, isr(MASTER));
}

static void acknowledging_what_the_slave_lost_gives_interrupt_15(void)
{
	pic_setup();
	pulse(12);
	CHECK_EQ(pic_vector_of(15), dev_pic_acknowledge(&pic_bench.pic));
	CHECK_EQ(0x04, isr(MASTER));	/* the master does not know */
	CHECK_EQ(0, isr(SLAVE));
	pic_out(MASTER, EOI);
	CHECK_EQ(0, isr(MASTER));
	CHECK_EQ(pic_vector_of(7), dev_pic_acknowledge(&pic_bench.pic));
	CHECK_EQ(0, isr(MASTER));
}

static void a_mask_holds_a_request_back_and_keeps_it(void)
{
	pic_setup();
	pic_out(MASTER + MASK, 0x10);
	pic_raise(4);
	check_quiet();
	CHECK_EQ(0x10, irr(MASTER));
	pic_out(MASTER + MASK, 0x00);
	CHECK(pic_bench.intr);
	pic_out(MASTER + MASK, 0x10);
	check_quiet();
	pic_out(MASTER + MASK, 0x00);
	check_taken(4);
	end(4);
	pic_out(MASTER + MASK, 0x04);	/* the slave as a whole */
	pic_raise(8);
	check_quiet();
	CHECK_EQ(0x04, irr(MASTER));
	pic_out(MASTER + MASK, 0x00);
	check_taken(8);
}

static void higher_priorities_interrupt_lower_ones(void)
{
	pic_setup();
	pic_raise(5);
	check_taken(5);
	pic_raise(6);
	check_quiet();
	pic_raise(3);
	check_taken(3);
	pic_raise(8);
	check_taken(8);
	pic_raise(1);
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

	pic_setup();
	for (i = ARRAY_SIZE(order); i--;)
		pic_raise(order[i]);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		check_taken(order[i]);
		check_quiet();
		end(order[i]);
	}
	check_quiet();
}

static void the_slave_waits_for_both_ends_of_its_interrupt(void)
{
	pic_setup();
	pic_raise(10);
	check_taken(10);
	pic_raise(9);
	check_quiet();			/* the master still serves its input 2 */
	pic_out(SLAVE, EOI);
	check_quiet();
	pic_out(MASTER, EOI);
	check_taken(9);
	pic_raise(8);
	pic_out(MASTER, EOI);
	check_taken(8);
	CHECK_EQ(0x03, isr(SLAVE));
}

static void in_special_fully_nested_mode_the_slave_can_interrupt_itself(void)
{
	pic_setup_with(0x11, 0x01);
	pic_raise(10);
	check_taken(10);
	pic_raise(11);
	check_quiet();
	pic_raise(9);
	check_taken(9);
	CHECK_EQ(0x06, isr(SLAVE));
	pic_raise(3);
	check_quiet();			/* the rest stays nested */
	pic_out(SLAVE, EOI);
	check_quiet();
	pic_out(SLAVE, EOI);
	check_taken(11);
	pic_out(SLAVE, EOI);
	CHECK_EQ(0, isr(SLAVE));
	pic_out(MASTER, EOI);
	check_taken(3);
}

static void specific_eoi_ends_the_one_it_names(void)
{
	pic_setup();
	pic_raise(5);
	check_taken(5);
	pic_raise(2 + 1);
	check_taken(3);
	pic_out(MASTER, SPECIFIC | 5);
	CHECK_EQ(0x08, isr(MASTER));
	pic_raise(4);
	check_quiet();
	pic_out(MASTER, SPECIFIC | 3);
	CHECK_EQ(0, isr(MASTER));
	check_taken(4);
	pic_out(MASTER, SPECIFIC | 7);	/* not in service: nothing to end */
	CHECK_EQ(0x10, isr(MASTER));
}

static void eoi_without_anything_in_service_does_nothing(void)
{
	pic_setup();
	pic_out(MASTER, EOI);
	pic_out(MASTER, 0xa0);
	pic_raise(0);
	pic_raise(7);
	check_taken(0);			/* priorities were not rotated */
}

static void rotating_eoi_serves_all_in_turn(void)
{
	unsigned int i;

	pic_setup();
	pic_out(ELCR, 0xf8);
	for (i = 3; i < 8; i++)
		pic_raise(i);
	for (i = 0; i < 15; i++) {
		check_taken(3 + i % 5);
		pic_out(MASTER, 0xa0);
	}
	pic_drop(3);
	check_taken(4);
	pic_out(MASTER, 0xe0 | 6);	/* specific, and 6 becomes the last: 4 stays in service */
	CHECK_EQ(0x10, isr(MASTER));
	check_taken(7);
}

static void set_priority_names_the_lowest(void)
{
	static const unsigned int order[] = { 5, 6, 7, 0, 1, 3, 4 };
	unsigned int i;

	pic_setup();
	pic_out(MASTER, 0xc0 | 4);
	for (i = 0; i < ARRAY_SIZE(order); i++)
		pic_raise(order[i]);
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		check_taken(order[i]);
		check_quiet();
		pic_out(MASTER, EOI);
	}
}

static void automatic_eoi_leaves_nothing_in_service(void)
{
	pic_setup_with(0x03, 0x01);
	pic_raise(3);
	check_taken(3);
	CHECK_EQ(0, isr(MASTER));
	pic_raise(5);
	check_taken(5);
	pic_raise(9);
	check_taken(9);
	CHECK_EQ(0, isr(MASTER));
	CHECK_EQ(0x02, isr(SLAVE));
	check_quiet();
}

static void automatic_eoi_can_rotate(void)
{
	unsigned int i;

	pic_setup_with(0x03, 0x01);
	pic_out(ELCR, 0xf8);
	pic_raise(3);
	pic_raise(4);
	for (i = 0; i < 4; i++)
		check_taken(3);
	pic_out(MASTER, 0x80);
	for (i = 0; i < 4; i++)
		check_taken(i % 2 ? 4 : 3);
	pic_out(MASTER, 0x00);
	for (i = 0; i < 4; i++)
		check_taken(3);		/* 4 was served last */
}

static void in_special_mask_mode_what_is_masked_holds_nothing_up(void)
{
	pic_setup();
	pic_raise(3);
	check_taken(3);
	pic_raise(6);
	pic_out(MASTER + MASK, 0x08);
	check_quiet();
	pic_out(MASTER, 0x68);
	check_taken(6);
	pic_raise(7);
	check_quiet();			/* 6 is not masked */
	pic_out(MASTER, EOI);		/* ends 6: a masked one is not for the general EOI */
	CHECK_EQ(0x08, isr(MASTER));
	check_taken(7);
	pic_out(MASTER, EOI);
	pic_out(MASTER, EOI);
	CHECK_EQ(0x08, isr(MASTER));
	pic_out(MASTER, 0x08);		/* ESMM is 0: the mode stays */
	pic_drop(6);
	pic_raise(6);
	check_taken(6);
	pic_out(MASTER, EOI);
	pic_out(MASTER, 0x48);
	pic_drop(6);
	pic_raise(6);
	check_quiet();
	pic_out(MASTER, EOI);
	check_taken(6);
}

static void polling_takes_the_interrupt(void)
{
	pic_setup();
	pic_out(MASTER, POLL);
	CHECK_EQ(0, pic_in(MASTER) & 0x80);
	CHECK_EQ(0, isr(MASTER));
	pic_raise(5);
	pic_raise(3);
	pic_out(MASTER, POLL);
	CHECK_EQ(0x83, pic_in(MASTER));
	check_quiet();
	CHECK_EQ(0x08, isr(MASTER));
	CHECK_EQ(0x08, pic_in(MASTER));	/* the next read is an ordinary one */
	CHECK_EQ(0x20, irr(MASTER));
	pic_out(MASTER, EOI);
	pic_out(MASTER, POLL);
	CHECK_EQ(0x85, pic_in(MASTER + MASK));	/* either address */
	CHECK_EQ(0x00, pic_in(MASTER + MASK));
}

static void the_slave_is_polled_by_itself(void)
{
	pic_setup();
	pic_raise(12);
	pic_out(MASTER, POLL);
	CHECK_EQ(0x82, pic_in(MASTER));
	CHECK_EQ(0, isr(SLAVE));
	pic_out(SLAVE, POLL);
	CHECK_EQ(0x84, pic_in(SLAVE));
	CHECK_EQ(0x10, isr(SLAVE));
	end(12);
	check_quiet();
}

static void levels_ask_until_they_drop(void)
{
	unsigned int i;

	pic_setup();
	pic_out(ELCR, 0x20);
	pic_out(ELCR + 1, 0x04);
	pic_raise(5);
	pic_raise(10);
	for (i = 0; i < 3; i++) {
		check_taken(10);
		CHECK_EQ(0x04, irr(SLAVE));
		check_quiet();
		end(10);
	}
	pic_drop(10);
	for (i = 0; i < 3; i++) {
		check_taken(5);
		check_quiet();
		end(5);
	}
	CHECK(pic_bench.intr);
	pic_drop(5);
	check_quiet();
	CHECK_EQ(0, irr(MASTER) | irr(SLAVE));
}

static void some_inputs_are_always_edges(void)
{
	pic_setup();
	pic_out(ELCR, 0xff);
	pic_out(ELCR + 1, 0xff);
	CHECK_EQ(0xf8, pic_in(ELCR));
	CHECK_EQ(0xde, pic_in(ELCR + 1));
	bus_write(&pic_bench.ports, ELCR, 2, 0x0220);
	CHECK_EQ(0x0220, bus_read(&pic_bench.ports, ELCR, 2));
	pic_raise(0);
	check_taken(0);
	pic_out(MASTER, EOI);
	check_quiet();
}

/* Chipsets with ELCR do not look at LTIM. */
static void icw1_does_not_choose_levels(void)
{
	pic_setup();
	pic_out(MASTER, 0x19);
	pic_out(MASTER + MASK, BASE);
	pic_out(MASTER + MASK, 0x04);
	pic_out(MASTER + MASK, 0x01);
	pic_raise(5);
	check_taken(5);
	pic_out(MASTER, EOI);
	check_quiet();
}

static void initialising_forgets_requests_service_mask_and_modes(void)
{
	pic_setup_with(0x13, 0x01);
	pic_initialise(MASTER, 0x01);
	pic_raise(6);
	check_taken(6);
	pic_raise(3);
	pic_out(MASTER, 0x68);
	pic_out(MASTER, 0xc0 | 3);
	pic_out(MASTER + MASK, 0xff);
	pic_out(MASTER, READ_ISR);
	pic_initialise(MASTER, 0x01);
	CHECK_EQ(0, pic_in(MASTER));	/* IRR again, and without the edges that came before */
	CHECK_EQ(0, isr(MASTER));
	CHECK_EQ(0, pic_in(MASTER + MASK));
	check_quiet();
	pic_drop(3);
	pic_drop(6);
	pic_raise(6);
	pic_raise(3);
	check_taken(3);
	check_quiet();
	CHECK_EQ(0x08, isr(MASTER));
	pic_out(MASTER + MASK, 0x08);
	check_quiet();			/* no special mask mode */
}

static void nothing_is_announced_before_initialisation_is_complete(void)
{
	pic_setup();
	pic_out(ELCR, 0x20);
	pic_raise(5);
	CHECK(pic_bench.intr);
	pic_out(MASTER, 0x11);
	check_quiet();
	pic_out(MASTER + MASK, 0x50);
	pic_out(MASTER + MASK, 0x04);
	check_quiet();
	pic_out(MASTER + MASK, 0x01);
	CHECK(pic_bench.intr);
	CHECK_EQ(0x55, dev_pic_acknowledge(&pic_bench.pic));
}

static void icw1_says_how_many_words_follow(void)
{
	static const struct { u8 icw1; unsigned int words; } sequences[] = {
		{ 0x10, 2 }, { 0x11, 3 }, { 0x12, 1 }, { 0x13, 2 },
	};
	unsigned int i, word;

	for (i = 0; i < ARRAY_SIZE(sequences); i++) {
		tap_context("ICW1 %#x", sequences[i].icw1);
		pic_setup();
		pic_out(SLAVE, sequences[i].icw1);
		for (word = 0; word < sequences[i].words; word++) {
			CHECK_EQ(0, pic_in(SLAVE + MASK));
			pic_out(SLAVE + MASK, 0xf8);
		}
		pic_out(SLAVE + MASK, 0x5a);
		CHECK_EQ(0x5a, pic_in(SLAVE + MASK));
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
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
