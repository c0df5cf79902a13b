/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two ways for a guest to end its run: the debug-exit port, whose value becomes the exit status,
 * and the power-management port 0x604, to which guests of QEMU write 0x2000.
 *
 * The VMM owns them; the callbacks run in the middle of bus_write() and should only note the
 * request.
 */
#ifndef XVCPUCTL_DEVICES_DEBUGEXIT_H
#define XVCPUCTL_DEVICES_DEBUGEXIT_H

#include "../bus.h"

#define DEBUGEXIT_PORT	0xf4
#define POWEROFF_PORT	0x604

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

/**
 * struct poweroff - power-management control; write @poweroff and @ctx before dev_poweroff_init()
 * @poweroff: the guest asked for soft-off
 * @ctx:      first argument to @poweroff
 * @control:  private: the register
 */
struct poweroff {
	void (*poweroff)(void *ctx);
	void *ctx;
	u16 control;
};

/** dev_poweroff_init() - claim ports 0x604 and 0x605. Return: 0, or as bus_add(). */
int dev_poweroff_init(struct poweroff *dev, struct bus *ports);

#endif /* XVCPUCTL_DEVICES_DEBUGEXIT_H */
