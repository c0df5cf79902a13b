// SPDX-License-Identifier: GPL-2.0-only
/* ACPI: the registers by the specification, and tables whose pointers and sums lead to them. */
#include <string.h>

#include "../acpi.h"
#include "../devices/acpi_pm.h"
#include "tap.h"

#define SECOND		1000000000ull
#define TIMER_HZ	3579545ull
#define SCI_EN		1

static struct bus ports;
static struct acpi_pm pm;
static u64 now;
static unsigned int nr_calls;
static bool sci;

static u64 now_ns(void *ctx)
{
	(void)ctx;
	return now;
}

static void called(void *ctx)
{
	(void)ctx;
	nr_calls++;
}

static void set_sci(void *ctx, bool up)
{
	(void)ctx;
	sci = up;
}

static u32 in(u16 port, unsigned int size)
{
	return bus_read(&ports, port, size);
}

static void out(u16 port, unsigned int size, u32 value)
{
	bus_write(&ports, port, size, value);
}

static void setup(void)
{
	struct dev_clock clock = { .now_ns = now_ns };
	struct dev_line line = { .set = set_sci };

	bus_init(&ports);
	now = 0;
	nr_calls = 0;
	sci = false;
	memset(&pm, 0, sizeof(pm));
	pm.poweroff = called;
	CHECK_EQ(0, dev_acpi_pm_init(&pm, &ports, &clock, &line));
}

static void writing_0x2000_to_port_0x604_powers_off(void)
{
	setup();
	out(0x604, 2, 0x2000);
	CHECK_EQ(1, nr_calls);
	CHECK_EQ(SCI_EN, in(0x604, 2));
	out(0x604, 4, 0x2000);
	CHECK_EQ(2, nr_calls);
	out(0x605, 1, 0x20);
	CHECK_EQ(3, nr_calls);
}

static void other_sleep_types_do_not_power_off(void)
{
	setup();
	out(0x604, 2, 0x0001);
	out(0x604, 2, 0x3401);
	CHECK_EQ(0, nr_calls);
	CHECK_EQ(0x1400 | SCI_EN, in(0x604, 2));
	CHECK_EQ(0x14, in(0x605, 1));
	out(0x605, 1, 0x20);
	CHECK_EQ(1, nr_calls);
	CHECK_EQ(SCI_EN, in(0x604, 1));
}

static void acpi_mode_cannot_be_left(void)
{
	setup();
	CHECK_EQ(SCI_EN, in(0x604, 2));
	out(0x604, 2, 0);
	CHECK_EQ(SCI_EN, in(0x604, 2));
}

static void the_timer_counts_at_3579545_hz(void)
{
	setup();
	CHECK_EQ(0, in(0x608, 4));
	now = SECOND;
	CHECK_EQ(TIMER_HZ, in(0x608, 4));
	now = 1000 * SECOND + SECOND / 2;
	CHECK_EQ((1000 * TIMER_HZ + TIMER_HZ / 2) & 0xffffffff, in(0x608, 4));
	CHECK_EQ(in(0x608, 4) & 0xff, in(0x608, 1));
	CHECK_EQ(in(0x608, 4) >> 8 & 0xffff, in(0x609, 2));
	CHECK_EQ(in(0x608, 4) >> 24, in(0x60b, 1));
	out(0x608, 4, 0);
	CHECK_EQ((1000 * TIMER_HZ + TIMER_HZ / 2) & 0xffffffff, in(0x608, 4));
	now = 10000000 * SECOND;		/* four months */
	CHECK_EQ(10000000 * TIMER_HZ & 0xffffffff, in(0x608, 4));
}

static void the_status_bit_follows_bit_31_of_the_timer(void)
{
	setup();
	CHECK_EQ(0, in(0x600, 2));
	now = 599 * SECOND;
	CHECK_EQ(0, in(0x600, 2));
	now = 600 * SECOND;		/* 2^31 / 3579545 is 599.9 s */
	CHECK_EQ(1, in(0x608, 4) >> 31);
	CHECK_EQ(1, in(0x600, 2));
	out(0x600, 2, 0);
	CHECK_EQ(1, in(0x600, 2));
	out(0x600, 2, 1);
	CHECK_EQ(0, in(0x600, 2));
	now = 1200 * SECOND;		/* and down again */
	CHECK_EQ(0, in(0x608, 4) >> 31);
	CHECK_EQ(1, in(0x600, 2));
	CHECK(!sci);
}

static void an_enabled_event_raises_the_line_until_it_is_cleared(void)
{
	setup();
	CHECK_EQ(UINT64_MAX, dev_acpi_pm_deadline(&pm));
	out(0x602, 2, 0xffff);
	CHECK_EQ(0x0721, in(0x602, 2));
	now = dev_acpi_pm_deadline(&pm) - 1;
	dev_acpi_pm_tick(&pm);
	CHECK(!sci);
	now++;
	dev_acpi_pm_tick(&pm);
	CHECK(sci);
	CHECK_EQ(1, in(0x608, 4) >> 31);
	CHECK_EQ(UINT64_MAX, dev_acpi_pm_deadline(&pm));
	out(0x602, 2, 0);
	CHECK(!sci);
	out(0x602, 2, 1);
	CHECK(sci);
	out(0x600, 1, 1);
	CHECK(!sci);
	CHECK(dev_acpi_pm_deadline(&pm) > now && dev_acpi_pm_deadline(&pm) <= now + 600 * SECOND);
}

static void any_access_is_taken(void)
{
	u32 random = 1;

	setup();
	for (unsigned int i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		now += random % 1000000000;
		if (random >> 31)
			in(0x5fe + (random >> 8) % 16, 1 << (random >> 16) % 3);
		else
			out(0x5fe + (random >> 8) % 16, 1 << (random >> 16) % 3, random * 7);
		CHECK_EQ(SCI_EN, in(0x604, 2) & ~0x1c02);
	}
}

static struct guest_memory memory;

static u64 field(const u8 *from, unsigned int bytes)
{
	u64 value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (u64)from[i] << (8 * i);
	return value;
}

static u8 sum(const u8 *from, u64 size)
{
	u8 total = 0;

	for (u64 i = 0; i < size; i++)
		total += from[i];
	return total;
}

static const u8 *table_at(u64 gpa, const char *signature)
{
	const u8 *table = guest_memory_at(&memory, gpa, 36);

	tap_context("%s", signature);
	CHECK(gpa >= ACPI_TABLES && gpa < ACPI_TABLES + ACPI_TABLES_SIZE);
	CHECK(table && !memcmp(table, signature, 4));
	CHECK_EQ(0, sum(table, field(table + 4, 4)));
	tap_context(NULL);
	return table;
}

/* As a guest looks for it: on 16-byte boundaries of the last 128 KiB below 1 MiB. */
static const u8 *find_rsdp(void)
{
	const u8 *at;

	for (u64 gpa = 0xe0000; gpa < 0x100000; gpa += 16) {
		at = guest_memory_at(&memory, gpa, 36);
		if (at && !memcmp(at, "RSD PTR ", 8))
			return at;
	}
	return NULL;
}

static void setup_tables(u64 size)
{
	struct message err;

	CHECK_EQ(0, guest_memory_init(&memory, size, &err));
	acpi_write_tables(&memory);
}

static void a_search_finds_tables_that_add_up(void)
{
	const u8 *rsdp, *fadt;

	setup_tables(1 << 20);
	rsdp = find_rsdp();
	CHECK(rsdp);
	if (!rsdp)
		return;
	CHECK_EQ(0, sum(rsdp, 20));
	CHECK_EQ(0, sum(rsdp, field(rsdp + 20, 4)));
	fadt = table_at(field(table_at(field(rsdp + 16, 4), "RSDT") + 36, 4), "FACP");
	CHECK(fadt == table_at(field(table_at(field(rsdp + 24, 8), "XSDT") + 36, 8), "FACP"));
	table_at(field(fadt + 40, 4), "DSDT");
	CHECK_EQ(field(fadt + 40, 4), field(fadt + 140, 8));
	CHECK_EQ(0, field(fadt + 36, 4) % 64);
	CHECK(!memcmp(guest_memory_at(&memory, field(fadt + 36, 4), 64), "FACS", 4));
	guest_memory_free(&memory);
}

static void they_name_the_registers_that_are_there(void)
{
	const u8 *fadt;

	setup_tables(1 << 20);
	fadt = table_at(field(table_at(field(find_rsdp() + 16, 4), "RSDT") + 36, 4), "FACP");
	CHECK_EQ(ACPI_PM_EVENT, field(fadt + 56, 4));
	CHECK_EQ(ACPI_PM_CONTROL, field(fadt + 64, 4));
	CHECK_EQ(ACPI_PM_TIMER, field(fadt + 76, 4));
	CHECK_EQ(ACPI_PM_EVENT, field(fadt + 152, 8));
	CHECK_EQ(ACPI_PM_CONTROL, field(fadt + 176, 8));
	CHECK_EQ(ACPI_PM_TIMER, field(fadt + 212, 8));
	CHECK_EQ(ACPI_SCI_IRQ, field(fadt + 46, 2));
	CHECK_EQ(0, field(fadt + 48, 4));		/* no SMI port: nothing to switch to ACPI */
	CHECK_EQ(0xcf9, field(fadt + 120, 8));
	guest_memory_free(&memory);
}

static void memory_that_ends_below_gets_none(void)
{
	setup_tables(0xf0000);
	CHECK(!find_rsdp());
	guest_memory_free(&memory);
}

static const struct tap_test tests[] = {
	TEST(writing_0x2000_to_port_0x604_powers_off),
	TEST(other_sleep_types_do_not_power_off),
	TEST(acpi_mode_cannot_be_left),
	TEST(the_timer_counts_at_3579545_hz),
	TEST(the_status_bit_follows_bit_31_of_the_timer),
	TEST(an_enabled_event_raises_the_line_until_it_is_cleared),
	TEST(any_access_is_taken),
	TEST(a_search_finds_tables_that_add_up),
	TEST(they_name_the_registers_that_are_there),
	TEST(memory_that_ends_below_gets_none),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
