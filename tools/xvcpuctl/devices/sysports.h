/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two single-byte ports of every PC: the POST code port 0x80, which guests also write to for a
 * short delay, and system control port A at 0x92 with fast reset and the A20 gate (always on).
 *
 * The VMM owns them and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_SYSPORTS_H
#define XVCPUCTL_DEVICES_SYSPORTS_H

#include "../bus.h"

/**
 * struct sysports - write @reset and @ctx before dev_sysports_init()
 * @reset:     the guest asked for a reset through port 0x92; should only note it, runs within
 *             bus_write()
 * @ctx:       first argument to @reset
 * @post_code: last byte written to port 0x80
 * @control:   private: port 0x92
 */
struct sysports {
	void (*reset)(void *ctx);
	void *ctx;
	u8 post_code;
	u8 control;
};

/** dev_sysports_init() - claim ports 0x80 and 0x92. Return: 0, or as bus_add(). */
int dev_sysports_init(struct sysports *dev, struct bus *ports);

#endif /* XVCPUCTL_DEVICES_SYSPORTS_H */
