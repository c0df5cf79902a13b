/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The boot disk of the Bochs machine: who put what where. make-disk.c writes it on the host,
 * sector.S, entry.S and stage.c read it in the machine.
 *
 *   sector 0		sector.S
 *   SETUP_LBA		the kernel's own real-mode code, its header filled in; then the command line
 *   STAGE_LBA		entry.S and stage.c, with a struct boot_table at their start
 *   STAGE_LBA + STAGE_SECTORS	the kernel's memory image, then the initramfs
 */
#ifndef XVCPU_VM_BOOT_DISK_H
#define XVCPU_VM_BOOT_DISK_H

#define SECTOR_SIZE	512

/* Where they are loaded. The setup code wants its segment, a heap below it and a command line. */
#define SETUP_SEGMENT	0x9000
#define SETUP_LBA	1
#define SETUP_SECTORS	120
#define HEAP_END	0xe000
#define COMMAND_LINE	0xe000		/* from the segment's start, up to its last loaded sector */

#define STAGE_ADDRESS	0x20000
#define STAGE_LBA	(SETUP_LBA + SETUP_SECTORS)
#define STAGE_SECTORS	16

#define STAGE_STACK	0x80000
#define PAGE_TABLES	0x30000		/* six pages: 4 GiB in 2 MiB pages */

/* struct boot_table, as entry.S sees it: a jump comes before it. */
#define TABLE_OFFSET	8
#define TABLE_SIZE	36
#define TABLE_ENTRY	32

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct boot_part {
	uint32_t lba;
	uint32_t sectors;
	uint32_t address;
	uint32_t size;
};

struct boot_table {
	struct boot_part kernel;
	struct boot_part initrd;
	uint32_t entry;			/* 64-bit entry point, physical */
};

_Static_assert(sizeof(struct boot_table) == TABLE_SIZE, "entry.S reserves TABLE_SIZE bytes");
_Static_assert(offsetof(struct boot_table, entry) == TABLE_ENTRY, "entry.S reads the entry there");

/* Within the stage. */
extern const struct boot_table boot_table;
void stage_load(uint8_t *boot_params);
#endif

#endif
