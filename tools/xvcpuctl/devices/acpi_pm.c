// SPDX-License-Identifier: GPL-2.0-only
/* ACPI power-management registers: see acpi_pm.h. */
#include <string.h>

#include "acpi_pm.h"

#define TIMER_HZ	3579545ull
#define SECOND_NS	1000000000ull
#define HALF_PERIOD	(1ull << 31)	/* bit 31 of the timer changes */

#define REG_STATUS	(ACPI_PM_EVENT - ACPI_PM_PORT)
#define REG_ENABLE	(REG_STATUS + 2)
#define REG_CONTROL	(ACPI_PM_CONTROL - ACPI_PM_PORT)
#define REG_TIMER	(ACPI_PM_TIMER - ACPI_PM_PORT)

#define TMR_STS		0x0001
/* The others, GBL, PWRBTN, SLPBTN and RTC, can be enabled but never happen. */
#define EVENTS		(TMR_STS | 0x0720)

#define SCI_EN		0x0001
#define SLP_TYP		0x1c00
#define SLP_EN		0x2000
#define CONTROL_KEPT	0x1c02		/* SLP_TYP and BM_RLD; the rest is write-only or reserved */

static u64 timer_ticks(const struct acpi_pm *pm)
{
	u64 ns = dev_clock_now(&pm->clock);

	return ns / SECOND_NS * TIMER_HZ + ns % SECOND_NS * TIMER_HZ / SECOND_NS;
}

/* The first nanosecond at which the timer has counted so far. */
static u64 time_of(u64 ticks)
{
	u64 part = ticks % TIMER_HZ * SECOND_NS;

	return ticks / TIMER_HZ * SECOND_NS + (part + TIMER_HZ - 1) / TIMER_HZ;
}

u64 dev_acpi_pm_deadline(const struct acpi_pm *pm)
{
	if (!(pm->enable & TMR_STS) || (pm->status & TMR_STS))
		return UINT64_MAX;
	return time_of((pm->seen + 1) * HALF_PERIOD);
}

void dev_acpi_pm_tick(struct acpi_pm *pm)
{
	u64 now = timer_ticks(pm) / HALF_PERIOD;

	if (now != pm->seen)
		pm->status |= TMR_STS;
	pm->seen = now;
	dev_line_set(&pm->sci, pm->status & pm->enable);
}

static u64 read_16(const struct acpi_pm *pm, u64 offset)
{
	switch (offset) {
	case REG_STATUS:
		return pm->status;
	case REG_ENABLE:
		return pm->enable;
	case REG_CONTROL:
		return pm->control;
	default:
		return 0;
	}
}

/* What is at @offset, as far as 4 bytes go. */
static u64 read_32(const struct acpi_pm *pm, u64 offset)
{
	if (offset == REG_TIMER)
		return timer_ticks(pm) & 0xffffffff;
	return read_16(pm, offset) | read_16(pm, offset + 2) << 16;
}

static void acpi_pm_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct acpi_pm *pm = dev;

	(void)size;
	dev_acpi_pm_tick(pm);
	*value = (read_32(pm, offset & ~3ull) | read_32(pm, (offset & ~3ull) + 4) << 32) >>
		 offset % 4 * 8;
}

static void write_8(struct acpi_pm *pm, u64 offset, u8 byte)
{
	unsigned int shift = offset % 2 * 8;
	u16 bits = byte << shift, mask = 0xff << shift;

	switch (offset & ~1ull) {
	case REG_STATUS:
		pm->status &= ~bits;
		break;
	case REG_ENABLE:
		pm->enable = ((pm->enable & ~mask) | bits) & EVENTS;
		break;
	case REG_CONTROL:
		pm->control = (((pm->control & ~mask) | bits) & CONTROL_KEPT) | SCI_EN;
		if ((bits & SLP_EN) && !(bits & SLP_TYP))
			pm->poweroff(pm->ctx);
		break;
	}
}

static void acpi_pm_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct acpi_pm *pm = dev;

	dev_acpi_pm_tick(pm);
	for (unsigned int i = 0; i < size; i++)
		write_8(pm, offset + i, value >> (8 * i));
	dev_line_set(&pm->sci, pm->status & pm->enable);
}

static const struct bus_device acpi_pm_device = {
	.name = "ACPI power management", .width = 4,
	.read = acpi_pm_read, .write = acpi_pm_write,
};

int dev_acpi_pm_init(struct acpi_pm *pm, struct bus *ports, const struct dev_clock *clock,
		     const struct dev_line *sci)
{
	pm->clock = *clock;
	pm->sci = sci ? *sci : (struct dev_line){ 0 };
	pm->seen = timer_ticks(pm) / HALF_PERIOD;
	pm->status = 0;
	pm->enable = 0;
	pm->control = SCI_EN;
	return bus_add(ports, ACPI_PM_PORT, ACPI_PM_PORTS, &acpi_pm_device, pm);
}
