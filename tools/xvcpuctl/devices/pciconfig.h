/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration mechanism 1 with an empty bus: the address register holds what is written,
 * every function reads as absent. The reset control register at 0xcf9 is among its bytes.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_PCICONFIG_H
#define XVCPUCTL_DEVICES_PCICONFIG_H

#include "../bus.h"

/**
 * struct pciconfig - write @reset and @ctx before dev_pciconfig_init()
 * @reset:         the guest asked for a reset through 0xcf9; should only note it, runs within
 *                 bus_write()
 * @ctx:           first argument to @reset
 * @address:       private: 0xcf8
 * @reset_control: private: 0xcf9
 */
struct pciconfig {
	void (*reset)(void *ctx);
	void *ctx;
	u32 address;
	u8 reset_control;
};

/** dev_pciconfig_init() - claim ports 0xcf8 to 0xcff. Return: 0, or as bus_add(). */
int dev_pciconfig_init(struct pciconfig *pci, struct bus *ports);

#endif /* XVCPUCTL_DEVICES_PCICONFIG_H */
