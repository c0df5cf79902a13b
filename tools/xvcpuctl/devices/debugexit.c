// SPDX-License-Identifier: GPL-2.0-only
/* Debug-exit port: see debugexit.h. */
#include "debugexit.h"

#define DEBUGEXIT_PORTS	4

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
