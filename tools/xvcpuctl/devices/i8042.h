/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * i8042 keyboard controller with a keyboard and no mouse; the guest's reset line and A20 gate.
 *
 * Starts as PC firmware leaves it: self-test passed, keyboard enabled and scanning, translation to
 * set 1. Scan codes come from the VMM in set 1 and reach the guest as they are: a guest that turns
 * translation off gets them all the same. A20 is always on.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_I8042_H
#define XVCPUCTL_DEVICES_I8042_H

#include "../bus.h"
#include "line.h"

#define I8042_KEYBOARD_IRQ	1

/** define I8042_QUEUE - bytes that wait in the keyboard */
#define I8042_QUEUE	64

/** struct i8042_io - what the controller is connected to */
struct i8042_io {
	/** @reset: the guest pulsed the reset line; should only note it, runs within bus_write() */
	void (*reset)(void *ctx);
	/** @ctx: first argument to @reset */
	void *ctx;
};

/** struct i8042 - private to i8042.c */
struct i8042 {
	struct i8042_io io;
	struct dev_line irq;
	u8 ram[32];		/* ram[0] is the command byte */
	u8 output_port;
	u8 status;		/* the bits of it that are not computed */
	u8 awaiting;		/* controller command that waits for its data byte; 0: none */
	bool reply_pending;	/* the controller's own answer, which overtakes the keyboard's */
	u8 reply;
	u8 keyboard_awaiting;	/* keyboard command that waits for its data byte; 0: none */
	bool scanning;
	u8 last_sent;
	u8 output;		/* output buffer, valid with STATUS_OUTPUT_FULL */
	u8 queue[I8042_QUEUE];
	unsigned int queue_start, queue_count;
};

/**
 * dev_i8042_init() - reset the controller and put it on the bus
 * @dev:   the device
 * @ports: port bus; 0x60 and 0x64 are claimed
 * @io:    copied
 * @irq:   keyboard interrupt, copied; NULL: not connected
 *
 * Return: 0, or as bus_add().
 */
int dev_i8042_init(struct i8042 *dev, struct bus *ports, const struct i8042_io *io,
		   const struct dev_line *irq);

/**
 * dev_i8042_push_scancodes() - the user pressed or released a key
 * @dev:   the device
 * @codes: scan codes, set 1
 * @count: how many
 *
 * Return: whether they were taken, all or none. False: the keyboard's queue is full, try later.
 * While the guest has scanning off, keys are taken and lost, as on hardware.
 */
bool dev_i8042_push_scancodes(struct i8042 *dev, const u8 *codes, unsigned int count);

#endif /* XVCPUCTL_DEVICES_I8042_H */
