/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dispatch of port I/O and MMIO to device models.
 *
 * One struct bus is one address space (ports, or guest-physical addresses). The VMM owns it, fills
 * it before the first vCPU runs and must keep two threads from being in it, or in its devices, at
 * once.
 */
#ifndef XVCPUCTL_BUS_H
#define XVCPUCTL_BUS_H

#include "types.h"

/** define BUS_RANGES - ranges that fit on one bus */
#define BUS_RANGES	64

/**
 * struct bus_device - what a device model does with an access
 * @name:  for messages
 * @width: bytes of the widest register, 1, 2, 4 or 8. An access that is wider, that reaches beyond
 *         the claimed range, or whose size is no power of two arrives as single bytes, lowest
 *         address first, as on an 8-bit device behind a wider bus
 * @read:  *value arrives as all ones; bits above @size are ignored
 * @write: bits of @value above @size are clear
 *
 * @offset counts from the start of the range given to bus_add(). NULL behaves as if unclaimed.
 */
struct bus_device {
	const char *name;
	unsigned int width;
	void (*read)(void *dev, u64 offset, unsigned int size, u64 *value);
	void (*write)(void *dev, u64 offset, unsigned int size, u64 value);
};

/**
 * struct bus_range - a claimed range; private to bus.c
 * @first:  first address
 * @count:  addresses
 * @device: the model's functions
 * @dev:    first argument to them
 */
struct bus_range {
	u64 first;
	u64 count;
	const struct bus_device *device;
	void *dev;
};

/**
 * struct bus - an address space
 * @nr:               ranges in @ranges
 * @ranges:           sorted by address
 * @unclaimed_reads:  accesses, or single bytes of them, that no device answered with data
 * @unclaimed_writes: the same for writes, which were dropped
 */
struct bus {
	unsigned int nr;
	struct bus_range ranges[BUS_RANGES];
	u64 unclaimed_reads;
	u64 unclaimed_writes;
};

/** bus_init() - make an empty bus */
void bus_init(struct bus *bus);

/**
 * bus_add() - claim a range for a device
 * @bus:    the bus
 * @first:  first address
 * @count:  addresses, at least 1
 * @device: functions; must outlive the bus
 * @dev:    the device; must outlive the bus
 *
 * Return: 0; -EINVAL: the range is empty or wraps, or @device->width is none of 1, 2, 4, 8;
 * -EEXIST: it overlaps another one; -ENOSPC: %BUS_RANGES are taken. A refused range changes
 * nothing.
 */
int bus_add(struct bus *bus, u64 first, u64 count, const struct bus_device *device, void *dev);

/**
 * bus_read() - what a guest read of @size bytes at @addr gives
 *
 * Return: the value, zero-extended; all ones for bytes that no device claims. @size is 1 to 8.
 */
u64 bus_read(struct bus *bus, u64 addr, unsigned int size);

/** bus_write() - carry out a guest write of @size bytes, 1 to 8, at @addr */
void bus_write(struct bus *bus, u64 addr, unsigned int size, u64 value);

/**
 * bus_find() - who claims an address
 *
 * Return: the device's name, or NULL.
 */
const char *bus_find(const struct bus *bus, u64 addr);

#endif /* XVCPUCTL_BUS_H */
