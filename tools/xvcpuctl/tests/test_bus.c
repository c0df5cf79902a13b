// SPDX-License-Identifier: GPL-2.0-only
/* The bus: claims, lookup, splitting of wide accesses, unclaimed addresses. */
#include <errno.h>
#include <string.h>

#include "../bus.h"
#include "tap.h"

/* A device that notes each access and reads as the low byte of its address, repeated. */
struct probe {
	u64 offsets[8];
	unsigned int sizes[8];
	u64 values[8];
	unsigned int count;
};

static void note(struct probe *probe, u64 offset, unsigned int size, u64 value)
{
	if (probe->count == ARRAY_SIZE(probe->offsets))
		return;
	probe->offsets[probe->count] = offset;
	probe->sizes[probe->count] = size;
	probe->values[probe->count] = value;
	probe->count++;
}

static void probe_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	note(dev, offset, size, *value);
	*value = 0x1111111111111111ull * (offset + 1);
}

static void probe_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	note(dev, offset, size, value);
}

static const struct bus_device wide = { "wide", 4, probe_read, probe_write };
static const struct bus_device narrow = { "narrow", 1, probe_read, probe_write };
static const struct bus_device deaf = { .name = "deaf", .width = 1 };

static struct bus bus;
static struct probe probe;

static void setup(const struct bus_device *device, u64 first, u64 count)
{
	bus_init(&bus);
	memset(&probe, 0, sizeof(probe));
	CHECK_EQ(0, bus_add(&bus, first, count, device, &probe));
}

static void an_access_that_fits_arrives_whole_with_its_offset(void)
{
	setup(&wide, 0x100, 8);
	CHECK_EQ(0x55555555, bus_read(&bus, 0x104, 4));
	bus_write(&bus, 0x106, 2, 0xabcd1234);
	CHECK_EQ(2, probe.count);
	CHECK_EQ(4, probe.offsets[0]);
	CHECK_EQ(4, probe.sizes[0]);
	CHECK_EQ(~0ull, probe.values[0]);
	CHECK_EQ(6, probe.offsets[1]);
	CHECK_EQ(2, probe.sizes[1]);
	CHECK_EQ(0x1234, probe.values[1]);
}

static void a_read_is_cut_to_its_size(void)
{
	setup(&wide, 0, 4);
	CHECK_EQ(0x11, bus_read(&bus, 0, 1));
	CHECK_EQ(0x1111, bus_read(&bus, 0, 2));
}

static void a_wide_access_to_a_narrow_device_is_split_low_byte_first(void)
{
	unsigned int i;

	setup(&narrow, 0x3d4, 4);
	CHECK_EQ(0x44332211, bus_read(&bus, 0x3d4, 4));
	bus_write(&bus, 0x3d4, 2, 0xbeef);
	CHECK_EQ(6, probe.count);
	for (i = 0; i < 6; i++)
		CHECK_EQ(1, probe.sizes[i]);
	CHECK_EQ(0, probe.offsets[4]);
	CHECK_EQ(0xef, probe.values[4]);
	CHECK_EQ(1, probe.offsets[5]);
	CHECK_EQ(0xbe, probe.values[5]);
}

static void an_access_beyond_the_range_is_split_and_the_rest_is_unclaimed(void)
{
	setup(&wide, 0x10, 4);
	CHECK_EQ(0xffff4433, bus_read(&bus, 0x12, 4));
	CHECK_EQ(2, bus.unclaimed_reads);
	bus_write(&bus, 0xf, 4, 0x44332211);
	CHECK_EQ(1, bus.unclaimed_writes);
	CHECK_EQ(0x22, probe.values[2]);
}

static void an_odd_size_is_split(void)
{
	setup(&wide, 0, 8);
	CHECK_EQ(0x332211, bus_read(&bus, 0, 3));
	CHECK_EQ(3, probe.count);
}

static void unclaimed_addresses_read_all_ones_and_swallow_writes(void)
{
	setup(&narrow, 0x60, 1);
	CHECK_EQ(0xff, bus_read(&bus, 0x61, 1));
	CHECK_EQ(0xffff, bus_read(&bus, 0x5000, 2));
	CHECK_EQ(0xffffffff, bus_read(&bus, 0x5000, 4));
	CHECK_EQ(~0ull, bus_read(&bus, ~0ull - 7, 8));
	bus_write(&bus, 0x5f, 1, 1);
	CHECK_EQ(0, probe.count);
	CHECK(bus.unclaimed_reads > 0);
	CHECK_EQ(1, bus.unclaimed_writes);
}

static void a_device_without_functions_is_as_if_unclaimed(void)
{
	setup(&deaf, 0, 1);
	CHECK_EQ(0xff, bus_read(&bus, 0, 1));
	bus_write(&bus, 0, 1, 0);
	CHECK_EQ(1, bus.unclaimed_reads);
	CHECK_EQ(1, bus.unclaimed_writes);
	CHECK_STR("deaf", bus_find(&bus, 0));
}

static void overlaps_are_refused_and_change_nothing(void)
{
	static const struct { u64 first, count; } bad[] = {
		{ 0x100, 8 }, { 0x107, 1 }, { 0xff, 2 }, { 0x102, 2 }, { 0, 0x200 }, { 0xf8, 9 },
	};
	unsigned int i;

	setup(&wide, 0x100, 8);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct bus before = bus;

		tap_context("range %u", i);
		CHECK_EQ(-EEXIST, bus_add(&bus, bad[i].first, bad[i].count, &narrow, &probe));
		CHECK(!memcmp(&before, &bus, sizeof(bus)));
	}
	tap_context(NULL);
	CHECK_EQ(0, bus_add(&bus, 0x108, 1, &narrow, &probe));
	CHECK_EQ(0, bus_add(&bus, 0xff, 1, &narrow, &probe));
	CHECK_STR("narrow", bus_find(&bus, 0xff));
	CHECK_STR("wide", bus_find(&bus, 0x100));
	CHECK_STR("wide", bus_find(&bus, 0x107));
	CHECK_STR("narrow", bus_find(&bus, 0x108));
	CHECK(!bus_find(&bus, 0x109));
}

static void senseless_ranges_and_widths_are_refused(void)
{
	struct bus_device odd = { "odd", 3, probe_read, probe_write };

	bus_init(&bus);
	CHECK_EQ(-EINVAL, bus_add(&bus, 0, 0, &wide, &probe));
	CHECK_EQ(-EINVAL, bus_add(&bus, ~0ull, 2, &wide, &probe));
	CHECK_EQ(-EINVAL, bus_add(&bus, 0, 1, &odd, &probe));
	CHECK_EQ(0, bus_add(&bus, ~0ull, 1, &narrow, &probe));
	CHECK_EQ(0x11, bus_read(&bus, ~0ull, 1));
}

static void a_full_bus_refuses_and_still_finds_every_range(void)
{
	unsigned int i;

	bus_init(&bus);
	/* Neither ascending nor descending: 7 and the number of ranges have no common factor. */
	for (i = 0; i < BUS_RANGES; i++)
		CHECK_EQ(0, bus_add(&bus, i * 7 % BUS_RANGES * 16, 8, &narrow, &probe));
	CHECK_EQ(-ENOSPC, bus_add(&bus, 0x10000, 1, &narrow, &probe));
	for (i = 0; i < BUS_RANGES; i++) {
		CHECK(bus_find(&bus, i * 16));
		CHECK(bus_find(&bus, i * 16 + 7));
		CHECK(!bus_find(&bus, i * 16 + 8));
	}
}

static const struct tap_test tests[] = {
	TEST(an_access_that_fits_arrives_whole_with_its_offset),
	TEST(a_read_is_cut_to_its_size),
	TEST(a_wide_access_to_a_narrow_device_is_split_low_byte_first),
	TEST(an_access_beyond_the_range_is_split_and_the_rest_is_unclaimed),
	TEST(an_odd_size_is_split),
	TEST(unclaimed_addresses_read_all_ones_and_swallow_writes),
	TEST(a_device_without_functions_is_as_if_unclaimed),
	TEST(overlaps_are_refused_and_change_nothing),
	TEST(senseless_ranges_and_widths_are_refused),
	TEST(a_full_bus_refuses_and_still_finds_every_range),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
