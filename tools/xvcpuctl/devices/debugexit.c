// SPDX-License-Identifier: GPL-2.0-only
/* Debug-exit port and power-off port: see debugexit.h. */
#include "debugexit.h"

#define DEBUGEXIT_PORTS	4
#define POWEROFF_PORTS	2

/* PM1 control (ACPI "PM1 Control Registers"): SLP_TYP 12:10, SLP_EN 13. Type 0 is soft-off here. */
#define PM1_SLP_TYPE	0x1c00
#define PM1_SLP_ENABLE	0x2000

static void debugexit_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	(void)dev;
	(void)offset;
	(void)size;
	*value = 0;
}

static void debugexit_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct debugexit *dev = opaque;

	(void)offset;
	(void)size;
	dev->exit(dev->ctx, value << 1 | 1);
}

static const struct bus_device debugexit_device = {
	.name = "debug-exit port", .width = 4, .read = debugexit_read, .write = debugexit_write,
};

int dev_debugexit_init(struct debugexit *dev, struct bus *ports, u16 base)
{
	return bus_add(ports, base, DEBUGEXIT_PORTS, &debugexit_device, dev);
}

/* SLP_EN reads as zero: it starts the transition and is no state. */
static void poweroff_read(void *opaque, u64 offset, unsigned int size, u64 *value)
{
	const struct poweroff *dev = opaque;

	(void)size;
	*value = dev->control >> (8 * offset);
}

static void poweroff_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct poweroff *dev = opaque;
	u16 mask = (size == 1 ? 0xff : 0xffff) << (8 * offset);
	u16 control = (dev->control & ~mask) | (value << (8 * offset) & mask);

	dev->control = control & ~PM1_SLP_ENABLE;
	if ((control & PM1_SLP_ENABLE) && !(control & PM1_SLP_TYPE))
		dev->poweroff(dev->ctx);
}

static const struct bus_device poweroff_device = {
	.name = "power-off port", .width = 2, .read = poweroff_read, .write = poweroff_write,
};

int dev_poweroff_init(struct poweroff *dev, struct bus *ports)
{
	dev->control = 0;
	return bus_add(ports, POWEROFF_PORT, POWEROFF_PORTS, &poweroff_device, dev);
}
