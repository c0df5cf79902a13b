/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI's fixed power-management hardware (ACPI specification, "ACPI Hardware Features"): event and
 * control registers of block 1 and the timer. acpi.h has the tables that announce it.
 *
 *	0x600	PM1 status	TMR_STS
 *	0x602	PM1 enable
 *	0x604	PM1 control	SLP_EN with SLP_TYP 0, soft-off, switches off; others do nothing
 *	0x608	timer		32 bits at 3.579545 MHz
 *
 * Guests of QEMU write 0x2000 to port 0x604 without having read tables: that is soft-off.
 *
 * The timer is computed when somebody looks; TMR_STS is raised when its bit 31 changes.
 *
 * The VMM owns it and serialises access as for its bus; the callback runs in the middle of
 * bus_write() and should only note the request.
 */
#ifndef XVCPUCTL_DEVICES_ACPI_PM_H
#define XVCPUCTL_DEVICES_ACPI_PM_H

#include "../bus.h"
#include "clock.h"
#include "line.h"

#define ACPI_PM_PORT	0x600
#define ACPI_PM_EVENT	0x600
#define ACPI_PM_CONTROL	0x604
#define ACPI_PM_TIMER	0x608
#define ACPI_PM_PORTS	12
#define ACPI_SCI_IRQ	9

/**
 * struct acpi_pm - write @poweroff and @ctx before dev_acpi_pm_init()
 * @poweroff: the guest asked for soft-off
 * @ctx:      first argument to @poweroff
 * @sci:      private: system control interrupt, level-triggered
 * @clock:    private: time
 * @seen:     private: half periods of the timer that TMR_STS has been raised for
 * @status:   private: register
 * @enable:   private: register
 * @control:  private: register
 */
struct acpi_pm {
	void (*poweroff)(void *ctx);
	void *ctx;
	struct dev_line sci;
	struct dev_clock clock;
	u64 seen;
	u16 status;
	u16 enable;
	u16 control;
};

/**
 * dev_acpi_pm_init() - put it on the bus
 * @pm:    the device
 * @ports: port bus
 * @clock: time; copied
 * @sci:   where its interrupt goes; copied; NULL: nowhere
 *
 * Return: 0, or as bus_add().
 */
int dev_acpi_pm_init(struct acpi_pm *pm, struct bus *ports, const struct dev_clock *clock,
		     const struct dev_line *sci);

/** dev_acpi_pm_deadline() - when dev_acpi_pm_tick() has something to do; UINT64_MAX: never */
u64 dev_acpi_pm_deadline(const struct acpi_pm *pm);

/** dev_acpi_pm_tick() - bring the interrupt line to the present */
void dev_acpi_pm_tick(struct acpi_pm *pm);

#endif /* XVCPUCTL_DEVICES_ACPI_PM_H */
