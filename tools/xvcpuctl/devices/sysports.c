// SPDX-License-Identifier: GPL-2.0-only
/* Ports 0x80 and 0x92: see sysports.h. */
#include "sysports.h"

#define POST_PORT	0x80
#define CONTROL_PORT	0x92

#define CONTROL_RESET	0x01
#define CONTROL_A20	0x02

static void post_read(void *opaque, u64 offset, unsigned int size, u64 *value)
{
	const struct sysports *dev = opaque;

	(void)offset;
	(void)size;
	*value = dev->post_code;
}

static void post_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct sysports *dev = opaque;

	(void)offset;
	(void)size;
	dev->post_code = value;
}

static void control_read(void *opaque, u64 offset, unsigned int size, u64 *value)
{
	const struct sysports *dev = opaque;

	(void)offset;
	(void)size;
	*value = dev->control | CONTROL_A20;
}

/* A rising edge of the reset bit resets. */
static void control_write(void *opaque, u64 offset, unsigned int size, u64 value)
{
	struct sysports *dev = opaque;
	bool rising = ~dev->control & value & CONTROL_RESET;

	(void)offset;
	(void)size;
	dev->control = value;
	if (rising)
		dev->reset(dev->ctx);
}

static const struct bus_device post_device = {
	.name = "POST port", .width = 1, .read = post_read, .write = post_write,
};

static const struct bus_device control_device = {
	.name = "port 0x92", .width = 1, .read = control_read, .write = control_write,
};

int dev_sysports_init(struct sysports *dev, struct bus *ports)
{
	int ret;

	dev->post_code = 0;
	dev->control = 0;
	ret = bus_add(ports, POST_PORT, 1, &post_device, dev);
	if (ret)
		return ret;
	return bus_add(ports, CONTROL_PORT, 1, &control_device, dev);
}
