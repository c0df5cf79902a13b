// SPDX-License-Identifier: GPL-2.0-only
/* See pic_bench.h. */
#include "pic_bench.h"
#include "tap.h"

struct pic_bench pic_bench;

static void set_intr(void *ctx, bool up)
{
	(void)ctx;
	pic_bench.intr = up;
	pic_bench.nr_intr++;
}

u8 pic_in(u16 port)
{
	return bus_read(&pic_bench.ports, port, 1);
}

void pic_out(u16 port, u8 value)
{
	bus_write(&pic_bench.ports, port, 1, value);
}

void pic_fresh(void)
{
	struct dev_line line = { .set = set_intr };
	unsigned int i;

	bus_init(&pic_bench.ports);
	pic_bench.intr = false;
	pic_bench.nr_intr = 0;
	CHECK_EQ(0, dev_pic_init(&pic_bench.pic, &pic_bench.ports, &line));
	for (i = 0; i < PIC_INPUTS; i++)
		pic_bench.lines[i] = dev_pic_line(&pic_bench.pic, i);
}

void pic_initialise(u16 chip, u8 icw4)
{
	pic_out(chip, 0x11);
	pic_out(chip + MASK, chip == MASTER ? BASE : SLAVE_BASE);
	pic_out(chip + MASK, chip == MASTER ? 0x04 : 0x02);
	pic_out(chip + MASK, icw4);
}

void pic_setup_with(u8 master_icw4, u8 slave_icw4)
{
	pic_fresh();
	pic_initialise(MASTER, master_icw4);
	pic_initialise(SLAVE, slave_icw4);
}

void pic_setup(void)
{
	pic_setup_with(0x01, 0x01);
}

void pic_raise(unsigned int irq)
{
	dev_line_set(&pic_bench.lines[irq], true);
}

void pic_drop(unsigned int irq)
{
	dev_line_set(&pic_bench.lines[irq], false);
}

u8 pic_vector_of(unsigned int irq)
{
	return irq < 8 ? BASE + irq : SLAVE_BASE + irq - 8;
}
