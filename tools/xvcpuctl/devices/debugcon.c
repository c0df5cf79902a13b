// SPDX-License-Identifier: GPL-2.0-only
/* Debug port of firmware: see debugcon.h. */
#include "debugcon.h"

static void debugcon_read(void *opaque, u64 offset, unsigned int size, u64 *value)
{
	(void)opaque;
	(void)offset;
	(void)size;
	*value = DEBUGCON_HERE;
}

static void debugcon_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct debugcon *dev = opaque;

	(void)offset;
	(void)size;
	dev->output(dev->ctx, value);
}

static const struct bus_device debugcon_device = {
	.name = "debug port", .width = 1, .read = debugcon_read, .write = debugcon_write,
};

int dev_debugcon_init(struct debugcon *dev, struct bus *ports)
{
	return bus_add(ports, DEBUGCON_PORT, 1, &debugcon_device, dev);
}
