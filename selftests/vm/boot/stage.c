// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings the kernel, which was unpacked on the host, and the initramfs from the disk straight to
 * where they belong, on behalf of entry.S.
 *
 * No interrupts, no BIOS: the disk is read by programmed I/O, which Bochs moves in bulk.
 */
#include "disk.h"

/* struct boot_params, fields of the setup header. */
#define RAMDISK_IMAGE	0x218
#define RAMDISK_SIZE	0x21c

#define ATA_DATA	0x1f0
#define ATA_COUNT	0x1f2
#define ATA_LBA_LOW	0x1f3
#define ATA_LBA_MID	0x1f4
#define ATA_LBA_HIGH	0x1f5
#define ATA_DRIVE	0x1f6
#define ATA_COMMAND	0x1f7
#define ATA_BUSY	0x80
#define ATA_DATA_READY	0x08
#define ATA_ERROR	0x01
#define ATA_READ	0x20
#define ATA_USE_LBA	0xe0
#define ATA_MOST	256

#define PAGE_PRESENT_WRITABLE	0x3
#define PAGE_LARGE		0x80
#define LARGE_PAGE		(2u << 20)
#define GIGABYTES		4

static void out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t in(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static __attribute__((noreturn)) void fail(const char *text)
{
	while (*text)
		out(0xe9, *text++);
	for (;;)
		__asm__ volatile("hlt");
}

static void wait_for_data(void)
{
	uint8_t status;

	do {
		status = in(ATA_COMMAND);
	} while (status & ATA_BUSY);
	if (status & ATA_ERROR || !(status & ATA_DATA_READY))
		fail("stage: cannot read the disk\n");
}

/* Returns the address after the last byte read. */
static uint32_t read_sectors(uint32_t lba, uint32_t count, uint32_t address)
{
	uint32_t words;

	out(ATA_DRIVE, ATA_USE_LBA | (lba >> 24 & 0xf));
	out(ATA_COUNT, count);		/* 256 is written as 0 */
	out(ATA_LBA_LOW, lba);
	out(ATA_LBA_MID, lba >> 8);
	out(ATA_LBA_HIGH, lba >> 16);
	out(ATA_COMMAND, ATA_READ);
	while (count--) {
		wait_for_data();
		words = SECTOR_SIZE / 2;
		__asm__ volatile("rep insw"
				 : "+D"(address), "+c"(words)
				 : "d"((uint16_t)ATA_DATA)
				 : "memory");
	}
	return address;
}

static void read_part(const struct boot_part *part)
{
	uint32_t lba = part->lba, left = part->sectors, address = part->address, count;

	for (; left; left -= count, lba += count) {
		count = left < ATA_MOST ? left : ATA_MOST;
		address = read_sectors(lba, count, address);
	}
}

static void write32(uint8_t *at, uint32_t value)
{
	*(uint32_t *)at = value;
}

/* Memory maps to itself: the kernel's entry code, boot_params and the command line are there. */
static void make_page_tables(void)
{
	uint64_t *top = (uint64_t *)PAGE_TABLES, *middle = top + 512, *pages = middle + 512;
	uint32_t i;

	for (i = 0; i < 512; i++) {
		top[i] = 0;
		middle[i] = 0;
	}
	top[0] = (uint32_t)middle | PAGE_PRESENT_WRITABLE;
	for (i = 0; i < GIGABYTES; i++)
		middle[i] = (uint32_t)(pages + 512 * i) | PAGE_PRESENT_WRITABLE;
	for (i = 0; i < GIGABYTES * 512; i++)
		pages[i] = (uint64_t)i * LARGE_PAGE | PAGE_LARGE | PAGE_PRESENT_WRITABLE;
}

void stage_load(uint8_t *boot_params)
{
	read_part(&boot_table.kernel);
	read_part(&boot_table.initrd);
	write32(boot_params + RAMDISK_IMAGE, boot_table.initrd.address);
	write32(boot_params + RAMDISK_SIZE, boot_table.initrd.size);
	make_page_tables();
}
