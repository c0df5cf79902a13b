/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ACPI tables for guests that no firmware gives any: that the machine can be switched off, reset
 * and asked for the time (devices/acpi_pm.h), and that it is an old-fashioned PC otherwise.
 */
#ifndef XVCPUCTL_ACPI_H
#define XVCPUCTL_ACPI_H

#include "guest_memory.h"

/** define ACPI_TABLES - where they are: where a PC's firmware is, for guests to find by search */
#define ACPI_TABLES	0xf0000ull
/** define ACPI_TABLES_SIZE - bytes that they use at most */
#define ACPI_TABLES_SIZE	0x1000ull

/**
 * acpi_write_tables() - put the tables into the guest's memory
 * @memory: the guest's memory; one that ends below %ACPI_TABLES gets none
 */
void acpi_write_tables(struct guest_memory *memory);

#endif /* XVCPUCTL_ACPI_H */
