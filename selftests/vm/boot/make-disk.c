// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the boot disk of the Bochs machine (disk.h).
 *
 *	make-disk SECTOR STAGE BZIMAGE VMLINUX INITRD MEMORY_MB COMMAND_LINE > DISK
 *
 * BZIMAGE gives the real-mode code, VMLINUX is the ELF file that was packed in it.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"

/* Linux's boot protocol: offsets in the first sectors of a bzImage. */
#define SETUP_SECTS	0x1f1
#define HEADER_MAGIC	0x202
#define TYPE_OF_LOADER	0x210
#define LOAD_FLAGS	0x211
#define CODE32_START	0x214
#define HEAP_END_PTR	0x224
#define CMD_LINE_PTR	0x228
#define INITRD_ADDR_MAX	0x22c
#define SETUP_HEADER_END 0x268
#define CAN_USE_HEAP	0x80

/* Bochs takes the geometry from the size: whole cylinders of 16 heads with 63 sectors. */
#define CYLINDER	(16 * 63 * SECTOR_SIZE)

struct blob {
	uint8_t *bytes;
	size_t size;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "vm: make-disk: %s: %s\n", what, why);
	exit(125);
}

static void *allocate(size_t size)
{
	void *bytes = calloc(1, size);

	if (!bytes)
		die("memory", strerror(errno));
	return bytes;
}

static struct blob read_whole(const char *name)
{
	struct blob blob = { 0 };
	FILE *file = fopen(name, "rb");
	long size = -1;

	if (file && !fseek(file, 0, SEEK_END))
		size = ftell(file);
	if (size < 0)
		die(name, strerror(errno));
	blob.size = size;
	blob.bytes = allocate(size + 1);
	rewind(file);
	if (fread(blob.bytes, 1, blob.size, file) != blob.size)
		die(name, "cannot be read");
	fclose(file);
	return blob;
}

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t sectors(size_t size)
{
	return (size + SECTOR_SIZE - 1) / SECTOR_SIZE;
}

/* The kernel's loadable segments as they lie in memory, from the lowest physical address on. */
static struct blob flatten(const struct blob *elf, const char *name, uint32_t *base,
			   uint32_t *entry)
{
	const Elf64_Ehdr *head = (const void *)elf->bytes;
	const Elf64_Phdr *segment;
	uint64_t low = UINT64_MAX, high = 0;
	struct blob flat;
	int i;

	if (elf->size < sizeof(*head) || memcmp(head->e_ident, ELFMAG, SELFMAG) ||
	    head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_phoff + (uint64_t)head->e_phnum * sizeof(*segment) > elf->size)
		die(name, "not a 64-bit ELF file");
	segment = (const void *)(elf->bytes + head->e_phoff);
	for (i = 0; i < head->e_phnum; i++) {
		if (segment[i].p_type != PT_LOAD || !segment[i].p_filesz)
			continue;
		if (segment[i].p_offset + segment[i].p_filesz > elf->size)
			die(name, "a segment lies beyond the end of the file");
		if (segment[i].p_paddr < low)
			low = segment[i].p_paddr;
		if (segment[i].p_paddr + segment[i].p_filesz > high)
			high = segment[i].p_paddr + segment[i].p_filesz;
	}
	if (low >= high || high > UINT32_MAX / 2)
		die(name, "no segment below 2 GiB");
	flat.size = high - low;
	flat.bytes = allocate(flat.size);
	for (i = 0; i < head->e_phnum; i++)
		if (segment[i].p_type == PT_LOAD)
			memcpy(flat.bytes + segment[i].p_paddr - low,
			       elf->bytes + segment[i].p_offset, segment[i].p_filesz);
	*base = low;
	*entry = head->e_entry;
	return flat;
}

/* The kernel's real-mode code, told where the stage and the command line are. */
static struct blob make_setup(const struct blob *image, const char *name, const char *command_line)
{
	struct blob setup = { .size = SETUP_SECTORS * SECTOR_SIZE };
	size_t code;

	if (image->size < SETUP_HEADER_END || memcmp(image->bytes + HEADER_MAGIC, "HdrS", 4))
		die(name, "not a Linux kernel (bzImage)");
	code = (image->bytes[SETUP_SECTS] + 1) * SECTOR_SIZE;
	if (code > HEAP_END - 0x2000 || code > image->size)
		die(name, "its real-mode code is too large");
	if (strlen(command_line) >= setup.size - COMMAND_LINE)
		die("command line", "too long");
	setup.bytes = allocate(setup.size);
	memcpy(setup.bytes, image->bytes, code);
	setup.bytes[TYPE_OF_LOADER] = 0xff;
	setup.bytes[LOAD_FLAGS] |= CAN_USE_HEAP;
	put32(setup.bytes + CODE32_START, STAGE_ADDRESS);
	put16(setup.bytes + HEAP_END_PTR, HEAP_END - 0x200);
	put32(setup.bytes + CMD_LINE_PTR, SETUP_SEGMENT * 16 + COMMAND_LINE);
	strcpy((char *)setup.bytes + COMMAND_LINE, command_line);
	return setup;
}

/* As high as the kernel allows, below the ACPI tables that the BIOS puts at the end of memory. */
static uint32_t initrd_address(const struct blob *image, size_t size, unsigned long megabytes,
			       uint64_t kernel_end)
{
	uint64_t top = (uint64_t)megabytes << 20;
	uint64_t most = (uint64_t)get32(image->bytes + INITRD_ADDR_MAX) + 1;

	if (top > most)
		top = most;
	top -= 4 << 20;
	if (top < size + (64 << 20) + kernel_end)
		die("initramfs", "does not fit: give the machine more memory (--mem)");
	return (top - size) & ~0xfffull;
}

static void emit(const struct blob *blob, size_t room, const char *what)
{
	static const uint8_t zeros[CYLINDER];
	size_t rest = room - blob->size;

	if (blob->size > room)
		die(what, "too large");
	if (fwrite(blob->bytes, 1, blob->size, stdout) != blob->size ||
	    (rest && fwrite(zeros, 1, rest, stdout) != rest))
		die("disk", strerror(errno));
}

int main(int argc, char **argv)
{
	struct blob sector, stage, image, elf, initrd, setup, kernel, none = { 0 };
	struct boot_table table = { 0 };
	unsigned long megabytes;
	size_t size;

	if (argc != 8)
		die("usage", "SECTOR STAGE BZIMAGE VMLINUX INITRD MEMORY_MB COMMAND_LINE");
	sector = read_whole(argv[1]);
	stage = read_whole(argv[2]);
	image = read_whole(argv[3]);
	elf = read_whole(argv[4]);
	initrd = read_whole(argv[5]);
	megabytes = strtoul(argv[6], NULL, 10);

	setup = make_setup(&image, argv[3], argv[7]);
	kernel = flatten(&elf, argv[4], &table.kernel.address, &table.entry);
	table.kernel.lba = STAGE_LBA + STAGE_SECTORS;
	table.kernel.size = kernel.size;
	table.kernel.sectors = sectors(kernel.size);
	table.initrd.lba = table.kernel.lba + table.kernel.sectors;
	table.initrd.size = initrd.size;
	table.initrd.sectors = sectors(initrd.size);
	table.initrd.address = initrd_address(&image, initrd.size, megabytes,
					      table.kernel.address + kernel.size);
	if (stage.size < TABLE_OFFSET + sizeof(table))
		die(argv[2], "too small");
	memcpy(stage.bytes + TABLE_OFFSET, &table, sizeof(table));

	emit(&sector, SECTOR_SIZE, argv[1]);
	emit(&setup, SETUP_SECTORS * SECTOR_SIZE, "setup");
	emit(&stage, STAGE_SECTORS * SECTOR_SIZE, argv[2]);
	emit(&kernel, table.kernel.sectors * SECTOR_SIZE, "kernel");
	emit(&initrd, table.initrd.sectors * SECTOR_SIZE, "initrd");
	size = (size_t)(table.initrd.lba + table.initrd.sectors) * SECTOR_SIZE;
	emit(&none, (CYLINDER - size % CYLINDER) % CYLINDER, "padding");
	return fflush(stdout) ? 125 : 0;
}
