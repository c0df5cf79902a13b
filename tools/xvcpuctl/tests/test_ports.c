// SPDX-License-Identifier: GPL-2.0-only
/* The small port devices: clock, exit ports, PCI configuration, POST, port 0x92. */
#include <string.h>

#include "../devices/debugexit.h"
#include "../devices/pciconfig.h"
#include "../devices/rtc.h"
#include "../devices/sysports.h"
#include "tap.h"

static struct bus ports;
static u64 wall;
static unsigned int nr_calls, last_status;

static u64 wall_ns(void *ctx)
{
	(void)ctx;
	return wall;
}

static void called(void *ctx)
{
	(void)ctx;
	nr_calls++;
}

static void exited(void *ctx, u8 status)
{
	(void)ctx;
	nr_calls++;
	last_status = status;
}

static u8 in(u16 port)
{
	return bus_read(&ports, port, 1);
}

static void out(u16 port, u8 value)
{
	bus_write(&ports, port, 1, value);
}

static u8 cmos(u8 index)
{
	out(0x70, index);
	return in(0x71);
}

static struct rtc rtc;

static void setup_rtc(u64 seconds)
{
	struct dev_clock clock = { .now_ns = wall_ns };

	bus_init(&ports);
	wall = seconds * 1000000000ull;
	CHECK_EQ(0, dev_rtc_init(&rtc, &ports, &clock, 3ull << 30, 5ull << 30));
}

static void check_date(const u8 expected[8])
{
	static const u8 registers[] = { 0x00, 0x02, 0x04, 0x06, 0x07, 0x08, 0x09, 0x32 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++) {
		tap_context("register %#x", registers[i]);
		CHECK_EQ(expected[i], cmos(registers[i]));
	}
	tap_context(NULL);
}

/* Dates by date(1): seconds, minutes, hours, weekday from Sunday = 1, day, month, year, century. */
static void the_clock_shows_utc_in_bcd_and_24_hours(void)
{
	setup_rtc(951868799);	/* Tue 2000-02-29 23:59:59 */
	check_date((u8[]){ 0x59, 0x59, 0x23, 3, 0x29, 0x02, 0x00, 0x20 });
	setup_rtc(1798761600);	/* Fri 2027-01-01 00:00:00 */
	check_date((u8[]){ 0x00, 0x00, 0x00, 6, 0x01, 0x01, 0x27, 0x20 });
	setup_rtc(0);		/* Thu 1970-01-01 */
	check_date((u8[]){ 0x00, 0x00, 0x00, 5, 0x01, 0x01, 0x70, 0x19 });
}

static void register_b_chooses_binary_and_12_hours(void)
{
	setup_rtc(951868799);
	out(0x70, 0x0b);
	out(0x71, 0x06);
	check_date((u8[]){ 59, 59, 23, 3, 29, 2, 0, 20 });
	out(0x70, 0x0b);
	out(0x71, 0x04);
	CHECK_EQ(0x80 | 11, cmos(0x04));
	wall += 1000000000;	/* midnight is 12 am */
	CHECK_EQ(12, cmos(0x04));
	out(0x70, 0x0b);
	out(0x71, 0x00);
	CHECK_EQ(0x12, cmos(0x04));
	wall += 12 * 3600 * 1000000000ull;
	CHECK_EQ(0x92, cmos(0x04));
}

static void update_in_progress_shows_ahead_of_the_second(void)
{
	setup_rtc(1000);
	CHECK_EQ(0x26, cmos(0x0a));
	wall += 999755999;
	CHECK_EQ(0x26, cmos(0x0a));
	wall += 1;
	CHECK_EQ(0xa6, cmos(0x0a));
	wall += 244000;
	CHECK_EQ(0x26, cmos(0x0a));
}

static void the_time_cannot_be_set_and_ram_can(void)
{
	setup_rtc(951868799);
	out(0x70, 0x04);
	out(0x71, 0x05);
	CHECK_EQ(0x23, cmos(0x04));
	out(0x70, 0x0d);
	out(0x71, 0x00);
	CHECK_EQ(0x80, cmos(0x0d));
	out(0x70, 0x0c);
	out(0x71, 0xff);
	CHECK_EQ(0x00, cmos(0x0c));
	out(0x70, 0x7f);
	out(0x71, 0x42);
	CHECK_EQ(0x42, cmos(0x7f));
	CHECK_EQ(0x42, cmos(0xff));	/* bit 7 of the index is the NMI mask */
	CHECK_EQ(0xff, in(0x70));
}

static void cmos_tells_the_memory_size(void)
{
	setup_rtc(0);
	CHECK_EQ(640 & 0xff, cmos(0x15));
	CHECK_EQ(640 >> 8, cmos(0x16));
	CHECK_EQ(0xff, cmos(0x17));
	CHECK_EQ(0xff, cmos(0x18));
	CHECK_EQ(0x00, cmos(0x34));	/* 3 GiB - 16 MiB in 64 KiB: 0xbf00 */
	CHECK_EQ(0xbf, cmos(0x35));
	CHECK_EQ(0x00, cmos(0x5b));	/* 5 GiB in 64 KiB: 0x14000 */
	CHECK_EQ(0x40, cmos(0x5c));
	CHECK_EQ(0x01, cmos(0x5d));
}

static void cmos_of_a_small_guest(void)
{
	struct dev_clock clock = { .now_ns = wall_ns };

	bus_init(&ports);
	CHECK_EQ(0, dev_rtc_init(&rtc, &ports, &clock, 8 << 20, 0));
	CHECK_EQ((7 << 10) & 0xff, cmos(0x30));
	CHECK_EQ((7 << 10) >> 8, cmos(0x31));
	CHECK_EQ(0, cmos(0x34) | cmos(0x35) | cmos(0x5b));
}

static void the_debug_exit_status_is_the_value_doubled_plus_one(void)
{
	struct debugexit dev = { .exit = exited };

	bus_init(&ports);
	CHECK_EQ(0, dev_debugexit_init(&dev, &ports, DEBUGEXIT_PORT));
	nr_calls = 0;
	out(0xf4, 0);
	CHECK_EQ(1, last_status);
	out(0xf4, 0x10);
	CHECK_EQ(0x21, last_status);
	bus_write(&ports, 0xf4, 2, 0x03);
	CHECK_EQ(0x07, last_status);
	bus_write(&ports, 0xf4, 4, 0xff);
	CHECK_EQ(0xff, last_status);
	CHECK_EQ(4, nr_calls);
	CHECK_EQ(0, in(0xf4));
}

static void the_pci_bus_is_empty(void)
{
	struct pciconfig pci = { .reset = called };

	bus_init(&ports);
	CHECK_EQ(0, dev_pciconfig_init(&pci, &ports));
	bus_write(&ports, 0xcf8, 4, 0x80000000);
	CHECK_EQ(0x80000000, bus_read(&ports, 0xcf8, 4));
	CHECK_EQ(0xffffffff, bus_read(&ports, 0xcfc, 4));
	CHECK_EQ(0xffff, bus_read(&ports, 0xcfe, 2));
	CHECK_EQ(0xff, in(0xcfd));
	bus_write(&ports, 0xcf8, 4, 0xffffffff);
	CHECK_EQ(0x80fffffc, bus_read(&ports, 0xcf8, 4));
	out(0xcf8, 0x12);		/* narrow writes are not configuration addresses */
	CHECK_EQ(0x80fffffc, bus_read(&ports, 0xcf8, 4));
	CHECK_EQ(0xff, in(0xcf8));
	bus_write(&ports, 0xcfc, 4, 0);
	CHECK_EQ(0xffffffff, bus_read(&ports, 0xcfc, 4));
}

static void a_rising_reset_bit_at_0xcf9_resets(void)
{
	struct pciconfig pci = { .reset = called };

	bus_init(&ports);
	CHECK_EQ(0, dev_pciconfig_init(&pci, &ports));
	nr_calls = 0;
	out(0xcf9, 0x02);
	CHECK_EQ(0, nr_calls);
	CHECK_EQ(0x02, in(0xcf9));
	out(0xcf9, 0x06);
	CHECK_EQ(1, nr_calls);
	out(0xcf9, 0x06);
	CHECK_EQ(1, nr_calls);
	bus_write(&ports, 0xcf8, 4, 0x80000600);	/* an address, not a reset */
	CHECK_EQ(1, nr_calls);
}

static void port_80_keeps_the_post_code(void)
{
	struct sysports dev = { .reset = called };

	bus_init(&ports);
	CHECK_EQ(0, dev_sysports_init(&dev, &ports));
	out(0x80, 0x5a);
	CHECK_EQ(0x5a, dev.post_code);
	CHECK_EQ(0x5a, in(0x80));
}

static void port_92_has_a20_on_and_resets_on_a_rising_bit_0(void)
{
	struct sysports dev = { .reset = called };

	bus_init(&ports);
	CHECK_EQ(0, dev_sysports_init(&dev, &ports));
	nr_calls = 0;
	CHECK_EQ(0x02, in(0x92));
	out(0x92, 0x00);
	CHECK_EQ(0x02, in(0x92));
	CHECK_EQ(0, nr_calls);
	out(0x92, 0x03);
	CHECK_EQ(1, nr_calls);
	out(0x92, 0x01);
	CHECK_EQ(1, nr_calls);
}

static const struct tap_test tests[] = {
	TEST(the_clock_shows_utc_in_bcd_and_24_hours),
	TEST(register_b_chooses_binary_and_12_hours),
	TEST(update_in_progress_shows_ahead_of_the_second),
	TEST(the_time_cannot_be_set_and_ram_can),
	TEST(cmos_tells_the_memory_size),
	TEST(cmos_of_a_small_guest),
	TEST(the_debug_exit_status_is_the_value_doubled_plus_one),
	TEST(the_pci_bus_is_empty),
	TEST(a_rising_reset_bit_at_0xcf9_resets),
	TEST(port_80_keeps_the_post_code),
	TEST(port_92_has_a20_on_and_resets_on_a_rising_bit_0),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
