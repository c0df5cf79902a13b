/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The debug port of PC firmware for virtual machines: bytes written to port 0x402 are its messages.
 * It reads as 0xe9, by which firmware knows that it is there.
 *
 * The VMM owns it and serialises access as for its bus; the callback runs within bus_write().
 */
#ifndef XVCPUCTL_DEVICES_DEBUGCON_H
#define XVCPUCTL_DEVICES_DEBUGCON_H

#include "../bus.h"

#define DEBUGCON_PORT	0x402
#define DEBUGCON_HERE	0xe9

/**
 * struct debugcon - write its members before dev_debugcon_init()
 * @output: a byte of a message
 * @ctx:    first argument to @output
 */
struct debugcon {
	void (*output)(void *ctx, u8 byte);
	void *ctx;
};

/** dev_debugcon_init() - claim port 0x402. Return: 0, or as bus_add(). */
int dev_debugcon_init(struct debugcon *dev, struct bus *ports);

#endif /* XVCPUCTL_DEVICES_DEBUGCON_H */
