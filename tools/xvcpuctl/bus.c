// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dispatch of port I/O and MMIO: finds the range, splits what a device is too narrow for.
 *
 * The VMM owns the bus and serialises its use (bus.h).
 */
#include <errno.h>
#include <string.h>

#include "bus.h"

void bus_init(struct bus *bus)
{
	memset(bus, 0, sizeof(*bus));
}

/* Index of the first range that ends behind addr; bus->nr if there is none. */
static unsigned int bus_lower_bound(const struct bus *bus, u64 addr)
{
	unsigned int low = 0, high = bus->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;
		const struct bus_range *range = &bus->ranges[middle];

		if (range->first + (range->count - 1) < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct bus_range *bus_lookup(const struct bus *bus, u64 addr)
{
	unsigned int i = bus_lower_bound(bus, addr);

	if (i == bus->nr || bus->ranges[i].first > addr)
		return NULL;
	return &bus->ranges[i];
}

static bool width_valid(unsigned int width)
{
	return width == 1 || width == 2 || width == 4 || width == 8;
}

int bus_add(struct bus *bus, u64 first, u64 count, const struct bus_device *device, void *dev)
{
	struct bus_range *place;
	unsigned int i;

	if (!count || first + (count - 1) < first || !width_valid(device->width))
		return -EINVAL;
	i = bus_lower_bound(bus, first);
	if (i < bus->nr && bus->ranges[i].first <= first + (count - 1))
		return -EEXIST;
	if (bus->nr == BUS_RANGES)
		return -ENOSPC;

	place = &bus->ranges[i];
	memmove(place + 1, place, (bus->nr - i) * sizeof(*place));
	*place = (struct bus_range){
		.first = first, .count = count, .device = device, .dev = dev,
	};
	bus->nr++;
	return 0;
}

static u64 size_mask(unsigned int size)
{
	return size >= 8 ? ~0ull : (1ull << (8 * size)) - 1;
}

/* Whether the device takes the access in one piece. */
static bool range_takes(const struct bus_range *range, u64 addr, unsigned int size)
{
	return width_valid(size) && size <= range->device->width &&
	       size <= range->count - (addr - range->first);
}

u64 bus_read(struct bus *bus, u64 addr, unsigned int size)
{
	const struct bus_range *range = bus_lookup(bus, addr);
	u64 value = ~0ull;
	unsigned int i;

	if (size > 1 && !(range && range_takes(range, addr, size))) {
		value = 0;
		for (i = 0; i < size; i++)
			value |= bus_read(bus, addr + i, 1) << (8 * i);
		return value;
	}
	if (range && range->device->read)
		range->device->read(range->dev, addr - range->first, size, &value);
	else
		bus->unclaimed_reads++;
	return value & size_mask(size);
}

void bus_write(struct bus *bus, u64 addr, unsigned int size, u64 value)
{
	const struct bus_range *range = bus_lookup(bus, addr);
	unsigned int i;

	if (size > 1 && !(range && range_takes(range, addr, size))) {
		for (i = 0; i < size; i++)
			bus_write(bus, addr + i, 1, value >> (8 * i));
		return;
	}
	if (range && range->device->write)
		range->device->write(range->dev, addr - range->first, size,
				     value & size_mask(size));
	else
		bus->unclaimed_writes++;
}

const char *bus_find(const struct bus *bus, u64 addr)
{
	const struct bus_range *range = bus_lookup(bus, addr);

	return range ? range->device->name : NULL;
}
