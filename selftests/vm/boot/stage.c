// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stands in for the decompressor of a kernel: the real-mode code jumps here in 32-bit protected mode
 * with boot_params in ESI. Reads the kernel, which was unpacked on the host, and the initramfs from
 * the disk straight to where they belong, and enters the kernel by its 64-bit entry point.
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

/* The table is filled in by make-disk.c. */
__asm__(
	"	.section .head, \"ax\"\n"
	"	.globl	_start\n"
	"_start: jmp	1f\n"
	"	.org	8\n"
	"	.globl	table\n"
	"table:	.skip	64\n"
	"1:	cli\n"
	"	movl	$0x80000, %esp\n"
	"	pushl	%esi\n"
	"	call	load\n"
	"	movl	table + 32, %ebx\n"	/* boot_table.entry */
	"	popl	%esi\n"
	"	lgdt	gdt_pointer\n"
	"	movl	%cr4, %eax\n"
	"	orl	$0x20, %eax\n"		/* PAE */
	"	movl	%eax, %cr4\n"
	"	movl	$0x30000, %eax\n"
	"	movl	%eax, %cr3\n"
	"	movl	$0xc0000080, %ecx\n"	/* EFER.LME */
	"	rdmsr\n"
	"	orl	$0x100, %eax\n"
	"	wrmsr\n"
	"	movl	%cr0, %eax\n"
	"	orl	$0x80000000, %eax\n"
	"	movl	%eax, %cr0\n"
	"	ljmp	$0x10, $2f\n"
	"	.code64\n"
	"2:	movl	$0x18, %eax\n"
	"	movl	%eax, %ds\n"
	"	movl	%eax, %es\n"
	"	movl	%eax, %ss\n"
	"	movl	%esi, %esi\n"		/* upper halves are undefined after the switch */
	"	movl	%ebx, %ebx\n"
	"	jmp	*%rbx\n"
	"	.code32\n"
	"	.balign	8\n"
	"gdt:	.quad	0, 0\n"
	"	.quad	0x00af9a000000ffff\n"	/* 0x10: 64-bit code */
	"	.quad	0x00cf92000000ffff\n"	/* 0x18: data */
	"gdt_pointer:\n"
	"	.word	. - gdt - 1\n"
	"	.long	gdt\n"
	"	.previous\n");

_Static_assert(STAGE_STACK == 0x80000, "the assembly above says so too");
_Static_assert(PAGE_TABLES == 0x30000, "the assembly above says so too");
_Static_assert(TABLE_OFFSET == 8, "the assembly above says so too");
_Static_assert(__builtin_offsetof(struct boot_table, entry) == 32, "the assembly above says so too");

extern const struct boot_table table;
void load(uint8_t *boot_params);

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

/* Low memory maps to itself: the kernel's entry code, boot_params and the command line are there. */
static void make_page_tables(void)
{
	uint64_t *top = (uint64_t *)PAGE_TABLES, *middle = top + 512, *pages = middle + 512;
	uint32_t i;

	for (i = 0; i < 512; i++)
		top[i] = middle[i] = 0;
	top[0] = (uint32_t)middle | PAGE_PRESENT_WRITABLE;
	for (i = 0; i < GIGABYTES; i++)
		middle[i] = (uint32_t)(pages + 512 * i) | PAGE_PRESENT_WRITABLE;
	for (i = 0; i < GIGABYTES * 512; i++)
		pages[i] = (uint64_t)i * LARGE_PAGE | PAGE_LARGE | PAGE_PRESENT_WRITABLE;
}

void load(uint8_t *boot_params)
{
	read_part(&table.kernel);
	read_part(&table.initrd);
	write32(boot_params + RAMDISK_IMAGE, table.initrd.address);
	write32(boot_params + RAMDISK_SIZE, table.initrd.size);
	make_page_tables();
}
