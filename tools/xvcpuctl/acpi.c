// SPDX-License-Identifier: GPL-2.0-only
/*
 * Building the tables (ACPI specification, "ACPI System Description Tables"): RSDP, RSDT and XSDT,
 * FADT of version 3, DSDT. Offsets are those of the specification's tables.
 */
#include "acpi.h"

#include <string.h>

#include "devices/acpi_pm.h"
#include "devices/pciconfig.h"

#define RSDP		0x000
#define RSDT		0x040
#define XSDT		0x080
#define FADT		0x100
#define DSDT		0x200
#define FACS		0x240		/* on a boundary of 64 bytes */

#define RSDP_SIZE	36
#define HEADER_SIZE	36
#define FADT_SIZE	244
#define FACS_SIZE	64

/* FADT */
#define FADT_FACS		36
#define FADT_DSDT		40
#define FADT_SCI_INT		46
#define FADT_PM1A_EVT		56
#define FADT_PM1A_CNT		64
#define FADT_PM_TMR		76
#define FADT_PM1_EVT_LEN	88
#define FADT_PM1_CNT_LEN	89
#define FADT_PM_TMR_LEN		91
#define FADT_C2_LAT		96
#define FADT_C3_LAT		98
#define FADT_CENTURY		108
#define FADT_BOOT_ARCH		109
#define FADT_FLAGS		112
#define FADT_RESET_REG		116
#define FADT_RESET_VALUE	128
#define FADT_X_DSDT		140
#define FADT_X_PM1A_EVT		148
#define FADT_X_PM1A_CNT		172
#define FADT_X_PM_TMR		208

#define NO_C2			101	/* latencies that say that the state is not there */
#define NO_C3			1001
#define CENTURY			0x32	/* of the CMOS */
#define BOOT_ARCH_LEGACY	0x0001
#define BOOT_ARCH_8042		0x0002

#define FLAG_WBINVD		(1u << 0)
#define FLAG_PROC_C1		(1u << 2)
#define FLAG_NO_POWER_BUTTON	(1u << 4)
#define FLAG_NO_SLEEP_BUTTON	(1u << 5)
#define FLAG_NO_FIXED_RTC	(1u << 6)
#define FLAG_TIMER_32		(1u << 8)
#define FLAG_RESET_REG		(1u << 10)

#define RESET_PORT		0xcf9
#define RESET_VALUE		0x06

#define SPACE_IO		1

/* Name (_S5, Package (4) { 0, 0, 0, 0 }): SLP_TYP of soft-off is 0. */
static const u8 aml[] = {
	0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00,
};

static void put(u8 *to, u64 value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		to[i] = value >> (8 * i);
}

/* The byte at @sum makes all @size add up to 0. */
static void put_sum(u8 *table, u32 size, u32 sum)
{
	u8 total = 0;

	table[sum] = 0;
	for (u32 i = 0; i < size; i++)
		total += table[i];
	table[sum] = -total;
}

static void put_header(u8 *table, const char *signature, u32 size, u8 revision)
{
	memcpy(table, signature, 4);
	put(table + 4, size, 4);
	table[8] = revision;
	memcpy(table + 10, "XVCPU ", 6);
	memcpy(table + 16, "XVCPUCTL", 8);
	put(table + 24, 1, 4);
	memcpy(table + 28, "XVCP", 4);
	put(table + 32, 1, 4);
	put_sum(table, size, 9);
}

static void put_port(u8 *address, u16 port, u8 bytes)
{
	address[0] = SPACE_IO;
	address[1] = bytes * 8;
	address[3] = bytes > 3 ? 3 : bytes;	/* access size: 1, 2 or 4 bytes, numbered from 1 */
	put(address + 4, port, 8);
}

static void put_fadt(u8 *fadt)
{
	put(fadt + FADT_FACS, ACPI_TABLES + FACS, 4);
	put(fadt + FADT_DSDT, ACPI_TABLES + DSDT, 4);
	put(fadt + FADT_X_DSDT, ACPI_TABLES + DSDT, 8);
	put(fadt + FADT_SCI_INT, ACPI_SCI_IRQ, 2);
	put(fadt + FADT_PM1A_EVT, ACPI_PM_EVENT, 4);
	put(fadt + FADT_PM1A_CNT, ACPI_PM_CONTROL, 4);
	put(fadt + FADT_PM_TMR, ACPI_PM_TIMER, 4);
	fadt[FADT_PM1_EVT_LEN] = 4;
	fadt[FADT_PM1_CNT_LEN] = 2;
	fadt[FADT_PM_TMR_LEN] = 4;
	put_port(fadt + FADT_X_PM1A_EVT, ACPI_PM_EVENT, 4);
	put_port(fadt + FADT_X_PM1A_CNT, ACPI_PM_CONTROL, 2);
	put_port(fadt + FADT_X_PM_TMR, ACPI_PM_TIMER, 4);
	put(fadt + FADT_C2_LAT, NO_C2, 2);
	put(fadt + FADT_C3_LAT, NO_C3, 2);
	fadt[FADT_CENTURY] = CENTURY;
	put(fadt + FADT_BOOT_ARCH, BOOT_ARCH_LEGACY | BOOT_ARCH_8042, 2);
	put(fadt + FADT_FLAGS, FLAG_WBINVD | FLAG_PROC_C1 | FLAG_NO_POWER_BUTTON |
	    FLAG_NO_SLEEP_BUTTON | FLAG_NO_FIXED_RTC | FLAG_TIMER_32 | FLAG_RESET_REG, 4);
	put_port(fadt + FADT_RESET_REG, RESET_PORT, 1);
	fadt[FADT_RESET_VALUE] = RESET_VALUE;
	put_header(fadt, "FACP", FADT_SIZE, 3);
}

static void put_facs(u8 *facs)
{
	memcpy(facs, "FACS", 4);
	put(facs + 4, FACS_SIZE, 4);
	facs[32] = 1;
}

static void put_rsdp(u8 *rsdp)
{
	memcpy(rsdp, "RSD PTR ", 8);
	memcpy(rsdp + 9, "XVCPU ", 6);
	rsdp[15] = 2;
	put(rsdp + 16, ACPI_TABLES + RSDT, 4);
	put(rsdp + 20, RSDP_SIZE, 4);
	put(rsdp + 24, ACPI_TABLES + XSDT, 8);
	put_sum(rsdp, 20, 8);
	put_sum(rsdp, RSDP_SIZE, 32);
}

void acpi_write_tables(struct guest_memory *memory)
{
	u8 *tables = guest_memory_at(memory, ACPI_TABLES, ACPI_TABLES_SIZE);

	if (!tables)
		return;
	memset(tables, 0, ACPI_TABLES_SIZE);
	put_rsdp(tables + RSDP);
	put(tables + RSDT + HEADER_SIZE, ACPI_TABLES + FADT, 4);
	put_header(tables + RSDT, "RSDT", HEADER_SIZE + 4, 1);
	put(tables + XSDT + HEADER_SIZE, ACPI_TABLES + FADT, 8);
	put_header(tables + XSDT, "XSDT", HEADER_SIZE + 8, 1);
	put_fadt(tables + FADT);
	put_facs(tables + FACS);
	memcpy(tables + DSDT + HEADER_SIZE, aml, sizeof(aml));
	put_header(tables + DSDT, "DSDT", HEADER_SIZE + sizeof(aml), 2);
}
