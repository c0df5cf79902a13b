/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vCPU states in which guests start, and the tables in guest memory that these states point to.
 */
#ifndef XVCPUCTL_LOADERS_BOOT_STATE_H
#define XVCPUCTL_LOADERS_BOOT_STATE_H

#include "loader.h"
#include "placement.h"

/**
 * boot_state_real() - real mode
 * @state:   filled; no note, no format
 * @segment: base of CS, DS, ES, FS and GS: a multiple of 16 below 1 MiB
 * @ip:      offset of the first instruction in CS
 *
 * SS:SP is 0000:7c00, interrupts are off, the interrupt table is at 0 (SDM "Processor State After
 * Reset" for the rest).
 */
void boot_state_real(struct boot_state *state, u32 segment, u16 ip);

/**
 * boot_state_reset() - as a processor is after power-up: real mode, but CS begins at 0xffff0000
 *
 * SDM "Processor State After Reset". RDX has a family only: who wants to know asks CPUID.
 */
void boot_state_reset(struct boot_state *state);

/**
 * boot_state_protected() - 32-bit protected mode without paging
 *
 * Flat 4 GiB segments, CS 0x10, the others 0x18, described by the GDT at %LAYOUT_GDT;
 * ESP = %LAYOUT_STACK_TOP; interrupts off; IDT limit 0.
 */
void boot_state_protected(struct boot_state *state, u32 eip);

/**
 * boot_state_long() - 64-bit mode
 *
 * As boot_state_protected(), with 4-level paging that maps the first GiB onto itself in 2 MiB
 * pages, writable and executable; CR4.OSFXSR and OSXMMEXCPT are set, so that compiled code may use
 * SSE.
 */
void boot_state_long(struct boot_state *state, u64 rip);

/**
 * boot_tables_claim() - reserve the low memory that a mode's tables and stack take
 *
 * Return: 0, or as placement_claim().
 */
int boot_tables_claim(struct placement *plan, enum load_mode mode, struct message *err);

/**
 * boot_map_claim() - reserve what it takes to map a range onto itself in long mode
 * @plan: the plan
 * @gpa:  first address
 * @len:  bytes, not 0
 * @err:  on failure: what is in the way
 *
 * The first GiB is mapped anyway; each further one takes a page at %LAYOUT_MORE_PDS.
 *
 * Return: 0; -ENOEXEC: the range ends beyond %LAYOUT_MAP_MAX or touches more than
 * %LAYOUT_MORE_PDS_MAX GiB; else as placement_claim().
 */
int boot_map_claim(struct placement *plan, u64 gpa, u64 len, struct message *err);

/** boot_map_write() - map a range that boot_map_claim() took; after boot_tables_write() */
void boot_map_write(struct guest_memory *memory, u64 gpa, u64 len);

/** boot_tables_write() - write the GDT, and the page tables of long mode; claimed before */
void boot_tables_write(struct guest_memory *memory, enum load_mode mode);

#endif /* XVCPUCTL_LOADERS_BOOT_STATE_H */
