/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The debug-exit port: a guest ends its run with a value that becomes the exit status.
 *
 * The VMM owns it; the callback runs in the middle of bus_write() and should only note the request.
 */
#ifndef XVCPUCTL_DEVICES_DEBUGEXIT_H
#define XVCPUCTL_DEVICES_DEBUGEXIT_H

#include "../bus.h"

#define DEBUGEXIT_PORT	0xf4

/**
 * struct debugexit - the debug-exit port; write @exit and @ctx before dev_debugexit_init()
 * @exit: the guest wrote a value; @status is (value << 1) | 1, cut to 8 bits as the process's exit
 *        status will be, and so never 0
 * @ctx:  first argument to @exit
 */
struct debugexit {
	void (*exit)(void *ctx, u8 status);
	void *ctx;
};

/**
 * dev_debugexit_init() - put a debug-exit port on the bus
 * @dev:   the device
 * @ports: port bus; 4 ports are claimed, so that 1, 2 and 4-byte writes arrive whole
 * @base:  first port
 *
 * Return: 0, or as bus_add().
 */
int dev_debugexit_init(struct debugexit *dev, struct bus *ports, u16 base);

#endif /* XVCPUCTL_DEVICES_DEBUGEXIT_H */
