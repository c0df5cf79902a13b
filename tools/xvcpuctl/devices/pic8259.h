/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pair of 8259A interrupt controllers of a PC, with the edge/level registers of later chipsets.
 *
 * Inputs 0 to 7 are the master's and 8 to 15 the slave's, whose INT goes to the master's input 2.
 * ELCR alone says which inputs are levels, ICW1.LTIM nothing. The wiring is fixed: ICW3, buffered
 * mode and the 8080's CALL are accepted and mean nothing. Starts as PC firmware leaves it, vectors
 * 0x08 and 0x70, but with everything masked: a guest that never heard of it gets no interrupt.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_PIC8259_H
#define XVCPUCTL_DEVICES_PIC8259_H

#include "../bus.h"
#include "line.h"

#define PIC_INPUTS	16
#define PIC_CASCADE	2	/* the master's input that the slave is on */

struct pic8259;

/** struct pic_chip - private to pic8259.c */
struct pic_chip {
	struct pic8259 *pic;
	u8 base;		/* vector of input 0 */
	u8 inputs;		/* levels of the inputs */
	u8 edges;		/* inputs that rose, have not been acknowledged and are still up */
	u8 elcr, elcr_writable;
	u8 cascade;		/* inputs that slaves are on */
	u8 isr, imr;
	u8 first;		/* the input of highest priority */
	u8 awaits;		/* ICW that comes next at the odd address; 0: none, it is OCW1 */
	bool single, wants_icw4;
	bool auto_eoi, rotate_auto, special_mask, special_nested;
	bool read_isr, poll;
};

/** struct pic_input - private to pic8259.c */
struct pic_input {
	struct pic8259 *pic;
	unsigned int irq;
};

/** struct pic8259 - private to pic8259.c */
struct pic8259 {
	struct pic_chip master, slave;
	struct pic_input inputs[PIC_INPUTS];
	struct dev_line intr;
	bool for_slave;		/* INTR last was up for the slave, and nobody acknowledged since */
};

/**
 * dev_pic_init() - reset the controllers and put them on the bus
 * @pic:   the device; must not be moved
 * @ports: port bus; 0x20, 0x21, 0xa0, 0xa1, 0x4d0 and 0x4d1 are claimed
 * @intr:  INTR, to the processor, copied; NULL: not connected
 *
 * Return: 0, or as bus_add().
 */
int dev_pic_init(struct pic8259 *pic, struct bus *ports, const struct dev_line *intr);

/**
 * dev_pic_line() - a line to an input
 * @pic: the device; need not be initialised yet
 * @irq: 0 to 15, but not %PIC_CASCADE
 *
 * Return: the line, down; for one device.
 */
struct dev_line dev_pic_line(struct pic8259 *pic, unsigned int irq);

/** dev_pic_masked() - whether no input could raise INTR as the masks are */
bool dev_pic_masked(const struct pic8259 *pic);

/** dev_pic_pending() - whether INTR is up */
bool dev_pic_pending(const struct pic8259 *pic);

/**
 * dev_pic_acknowledge() - the processor's interrupt-acknowledge cycle
 *
 * Return: the vector. If what raised INTR has gone meanwhile, it is the one of input 7 or, if it
 * was a request of the slave's, of input 15, as the chips answer then: nothing gets into service,
 * except, with 15, the master's input 2.
 */
u8 dev_pic_acknowledge(struct pic8259 *pic);

#endif /* XVCPUCTL_DEVICES_PIC8259_H */
