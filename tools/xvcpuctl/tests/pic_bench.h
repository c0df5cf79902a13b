/* SPDX-License-Identifier: GPL-2.0-only */
/* A pair of 8259As on a bus, with a line to each input and what INTR does noted. */
#ifndef XVCPUCTL_TESTS_PIC_BENCH_H
#define XVCPUCTL_TESTS_PIC_BENCH_H

#include "../devices/pic8259.h"

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

/**
 * struct pic_bench - the pair and what is around it
 * @ports:   its bus
 * @pic:     the device
 * @lines:   to its inputs
 * @intr:    level of INTR
 * @nr_intr: how often that changed since pic_fresh()
 */
extern struct pic_bench {
	struct bus ports;
	struct pic8259 pic;
	struct dev_line lines[PIC_INPUTS];
	bool intr;
	unsigned int nr_intr;
} pic_bench;

/** pic_fresh() - a pair after reset */
void pic_fresh(void);

/** pic_initialise() - the sequence of a PC's guest for one chip: vectors %BASE or %SLAVE_BASE */
void pic_initialise(u16 chip, u8 icw4);

/** pic_setup_with() - a pair after reset, initialised, nothing masked */
void pic_setup_with(u8 master_icw4, u8 slave_icw4);

/** pic_setup() - the same in the modes of most guests */
void pic_setup(void);

u8 pic_in(u16 port);
void pic_out(u16 port, u8 value);
void pic_raise(unsigned int irq);
void pic_drop(unsigned int irq);

/** pic_vector_of() - of an input, after pic_setup() */
u8 pic_vector_of(unsigned int irq);

#endif /* XVCPUCTL_TESTS_PIC_BENCH_H */
