// SPDX-License-Identifier: GPL-2.0-only
/*
 * 8259A programmable interrupt controllers (Intel 8259A data sheet; ELCR as in Intel's 82371).
 * Model and ownership: pic8259.h.
 */
#include <string.h>

#include "pic8259.h"

#define MASTER_PORT	0x20
#define SLAVE_PORT	0xa0
#define ELCR_PORT	0x4d0

/* Timer, keyboard and cascade; clock and coprocessor: always edges. */
#define MASTER_ELCR	0xf8
#define SLAVE_ELCR	0xde

#define MASTER_BASE	0x08
#define SLAVE_BASE	0x70

/* The even address takes ICW1, OCW2 and OCW3, told apart by bits 4 and 3. */
#define IS_ICW1		0x10
#define IS_OCW3		0x08

#define ICW1_ICW4	0x01
#define ICW1_SINGLE	0x02
#define ICW2_BASE	0xf8
#define ICW4_AUTO_EOI	0x02
#define ICW4_NESTED	0x10

#define OCW3_READ	0x02
#define OCW3_READ_ISR	0x01
#define OCW3_POLL	0x04
#define OCW3_SET_MASK	0x40
#define OCW3_MASK	0x20

#define POLL_REQUEST	0x80
#define SPURIOUS	7

static u8 bit(unsigned int input)
{
	return 1u << input;
}

/*
 * What IRR shows. The slave's INT counts as a level: in hardware it drops with every acknowledge
 * cycle, so that it makes an edge for every request.
 */
static u8 requests(const struct pic_chip *chip)
{
	u8 levels = chip->elcr | chip->cascade;

	return (chip->inputs & levels) | (chip->edges & ~levels);
}

/* In special mask mode, what is masked is as if not in service: for priorities and for EOI. */
static u8 in_service(const struct pic_chip *chip)
{
	return chip->special_mask ? chip->isr & ~chip->imr : chip->isr;
}

/* Place in the order of priorities, 0 to 7. */
static unsigned int rank(const struct pic_chip *chip, unsigned int input)
{
	return (input - chip->first) & 7;
}

/* The input of highest priority in a set, -1 in an empty one. */
static int highest(const struct pic_chip *chip, u8 set)
{
	unsigned int i;

	for (i = 0; i < 8; i++) {
		if (set & bit((chip->first + i) & 7))
			return (chip->first + i) & 7;
	}
	return -1;
}

/* The input that INT is up for; -1: it is down. */
static int chip_offers(const struct pic_chip *chip)
{
	int asks = highest(chip, requests(chip) & ~chip->imr);
	int serves = highest(chip, in_service(chip));

	if (asks < 0 || chip->awaits)
		return -1;
	if (serves < 0 || rank(chip, asks) < rank(chip, serves))
		return asks;
	/* Special fully nested: the slave may have something more urgent than what it is served. */
	if (asks == serves && chip->special_nested && (chip->cascade & bit(asks)))
		return asks;
	return -1;
}

static void pic_update(struct pic8259 *pic)
{
	int offered;

	if (chip_offers(&pic->slave) >= 0)
		pic->master.inputs |= bit(PIC_CASCADE);
	else
		pic->master.inputs &= ~bit(PIC_CASCADE);
	offered = chip_offers(&pic->master);
	if (offered >= 0)
		pic->for_slave = offered == PIC_CASCADE;
	dev_line_set(&pic->intr, offered >= 0);
}

/* The lowest priority goes to an input, the highest to the one behind it. */
static void chip_rotate(struct pic_chip *chip, unsigned int lowest)
{
	chip->first = (lowest + 1) & 7;
}

static void chip_acknowledge(struct pic_chip *chip, unsigned int input)
{
	chip->edges &= ~bit(input);
	if (!chip->auto_eoi)
		chip->isr |= bit(input);
	else if (chip->rotate_auto)
		chip_rotate(chip, input);
}

static void chip_input(struct pic_chip *chip, unsigned int input, bool up)
{
	if (up) {
		chip->edges |= bit(input) & ~chip->inputs;
		chip->inputs |= bit(input);
	} else {
		chip->edges &= ~bit(input);	/* a request lasts no longer than its input is up */
		chip->inputs &= ~bit(input);
	}
}

/* Leaves the inputs, ELCR and the vectors alone: those until ICW2 comes. */
static void chip_icw1(struct pic_chip *chip, u8 value)
{
	chip->pic->for_slave = false;
	chip->edges = 0;
	chip->isr = 0;
	chip->imr = 0;
	chip->first = 0;
	chip->auto_eoi = false;
	chip->rotate_auto = false;
	chip->special_mask = false;
	chip->special_nested = false;
	chip->read_isr = false;
	chip->poll = false;
	chip->single = value & ICW1_SINGLE;
	chip->wants_icw4 = value & ICW1_ICW4;
	chip->awaits = 2;
}

static void chip_icw(struct pic_chip *chip, u8 value)
{
	if (chip->awaits == 2) {
		chip->base = value & ICW2_BASE;
	} else if (chip->awaits == 4) {
		chip->auto_eoi = value & ICW4_AUTO_EOI;
		chip->special_nested = value & ICW4_NESTED;
	}
	if (chip->awaits == 2 && !chip->single)
		chip->awaits = 3;
	else if (chip->awaits < 4 && chip->wants_icw4)
		chip->awaits = 4;
	else
		chip->awaits = 0;
}

static void chip_eoi(struct pic_chip *chip, int input, bool rotate)
{
	if (input < 0)
		return;
	chip->isr &= ~bit(input);
	if (rotate)
		chip_rotate(chip, input);
}

static void chip_ocw2(struct pic_chip *chip, u8 value)
{
	u8 input = value & 7;

	switch (value >> 5) {		/* R, SL, EOI */
	case 0:
		chip->rotate_auto = false;
		break;
	case 4:
		chip->rotate_auto = true;
		break;
	case 1:
	case 5:
		chip_eoi(chip, highest(chip, in_service(chip)), value >> 7);
		break;
	case 3:
	case 7:
		chip_eoi(chip, input, value >> 7);
		break;
	case 6:
		chip_rotate(chip, input);
		break;
	}
}

static void chip_ocw3(struct pic_chip *chip, u8 value)
{
	if (value & OCW3_SET_MASK)
		chip->special_mask = value & OCW3_MASK;
	if (value & OCW3_POLL)
		chip->poll = true;
	else if (value & OCW3_READ)
		chip->read_isr = value & OCW3_READ_ISR;
}

/* The read after a poll command is an acknowledge cycle, at either address. */
static u8 chip_polled(struct pic_chip *chip)
{
	int offered = chip_offers(chip);

	chip->poll = false;
	if (offered < 0)
		return SPURIOUS;
	chip_acknowledge(chip, offered);
	return POLL_REQUEST | offered;
}

static void pic_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct pic_chip *chip = dev;

	(void)size;
	if (chip->poll)
		*value = chip_polled(chip);
	else if (offset)
		*value = chip->imr;
	else
		*value = chip->read_isr ? chip->isr : requests(chip);
	pic_update(chip->pic);
}

static void pic_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct pic_chip *chip = dev;

	(void)size;
	if (offset && chip->awaits)
		chip_icw(chip, value);
	else if (offset)
		chip->imr = value;
	else if (value & IS_ICW1)
		chip_icw1(chip, value);
	else if (value & IS_OCW3)
		chip_ocw3(chip, value);
	else
		chip_ocw2(chip, value);
	pic_update(chip->pic);
}

static void elcr_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	const struct pic8259 *pic = dev;

	(void)size;
	*value = offset ? pic->slave.elcr : pic->master.elcr;
}

static void elcr_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct pic8259 *pic = dev;
	struct pic_chip *chip = offset ? &pic->slave : &pic->master;

	(void)size;
	chip->elcr = value & chip->elcr_writable;
	pic_update(pic);
}

static const struct bus_device pic_device = {
	.name = "8259 PIC", .width = 1, .read = pic_read, .write = pic_write,
};

static const struct bus_device elcr_device = {
	.name = "8259 ELCR", .width = 1, .read = elcr_read, .write = elcr_write,
};

static void input_set(void *ctx, bool up)
{
	const struct pic_input *input = ctx;
	struct pic8259 *pic = input->pic;

	chip_input(input->irq < 8 ? &pic->master : &pic->slave, input->irq & 7, up);
	pic_update(pic);
}

struct dev_line dev_pic_line(struct pic8259 *pic, unsigned int irq)
{
	return (struct dev_line){ .set = input_set, .ctx = &pic->inputs[irq] };
}

int dev_pic_init(struct pic8259 *pic, struct bus *ports, const struct dev_line *intr)
{
	unsigned int i;
	int ret;

	memset(pic, 0, sizeof(*pic));
	if (intr)
		pic->intr = *intr;
	for (i = 0; i < PIC_INPUTS; i++)
		pic->inputs[i] = (struct pic_input){ .pic = pic, .irq = i };
	pic->master = (struct pic_chip){
		.pic = pic, .base = MASTER_BASE, .imr = 0xff, .elcr_writable = MASTER_ELCR,
		.cascade = bit(PIC_CASCADE),
	};
	pic->slave = (struct pic_chip){
		.pic = pic, .base = SLAVE_BASE, .imr = 0xff, .elcr_writable = SLAVE_ELCR,
	};

	ret = bus_add(ports, MASTER_PORT, 2, &pic_device, &pic->master);
	if (!ret)
		ret = bus_add(ports, SLAVE_PORT, 2, &pic_device, &pic->slave);
	if (!ret)
		ret = bus_add(ports, ELCR_PORT, 2, &elcr_device, pic);
	return ret;
}

bool dev_pic_masked(const struct pic8259 *pic)
{
	u8 open = ~pic->master.imr;

	if (pic->slave.imr == 0xff)
		open &= ~pic->master.cascade;
	return !open;
}

bool dev_pic_pending(const struct pic8259 *pic)
{
	return chip_offers(&pic->master) >= 0;
}

u8 dev_pic_acknowledge(struct pic8259 *pic)
{
	int input = chip_offers(&pic->master);
	u8 vector;

	if (input < 0 && pic->for_slave)
		input = PIC_CASCADE;
	pic->for_slave = false;
	if (input < 0)
		return pic->master.base + SPURIOUS;
	chip_acknowledge(&pic->master, input);
	if (input != PIC_CASCADE) {
		vector = pic->master.base + input;
	} else {
		input = chip_offers(&pic->slave);
		vector = pic->slave.base + (input < 0 ? SPURIOUS : input);
		if (input >= 0)
			chip_acknowledge(&pic->slave, input);
	}
	pic_update(pic);
	return vector;
}
