// SPDX-License-Identifier: GPL-2.0-only
/* The small port devices: exit ports, PCI configuration, POST, port 0x92. */
#include <string.h>

#include "../devices/debugexit.h"
#include "../devices/pciconfig.h"
#include "../devices/sysports.h"
#include "tap.h"

static struct bus ports;
static unsigned int nr_calls, last_status;

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
