// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads an image and writes what QEMU needs to start from there: the guest's memory, and rom.S with
 * the vCPU's state filled in.
 *
 *	stage ROM DIRECTORY MIB MODE IMAGE [CMDLINE [INITRD]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loaders/loader.h"

#define ROM_SIZE	0x10000

/* The block at the start of rom.S. */
struct rom_block {
	u32 mode, cr0, cr3, cr4, efer;
	u16 gdt_limit;
	u32 gdt_base;
	u16 unused;
	u16 real_ip, real_segment, ss_selector, unused_2;
	struct xvcpu_regs regs;
} __attribute__((packed));

static void fill_block(struct rom_block *block, const struct boot_state *state)
{
	memset(block, 0, offsetof(struct rom_block, regs));
	block->mode = state->mode;
	block->cr0 = state->cregs.cr0;
	block->cr3 = state->cregs.cr3;
	block->cr4 = state->cregs.cr4;
	block->efer = state->cregs.efer;
	block->gdt_limit = state->sregs.gdtr.limit;
	block->gdt_base = state->sregs.gdtr.base;
	block->real_ip = state->regs.rip;
	block->real_segment = state->sregs.cs.selector;
	block->ss_selector = state->sregs.ss.selector;
	/* Up to rip; rflags is not the ROM's to set, and the null IDT register follows. */
	memcpy(&block->regs, &state->regs, offsetof(struct xvcpu_regs, rflags));
}

static enum load_mode parse_mode(const char *name)
{
	static const char *const names[] = { "auto", "real", "protected", "long" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return i;
	fprintf(stderr, "stage: unknown mode %s\n", name);
	exit(2);
}

static void write_file(const char *directory, const char *name, const void *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(2);
	}
}

static void read_rom(const char *path, u8 *rom)
{
	FILE *file = fopen(path, "r");

	if (!file || fread(rom, 1, ROM_SIZE, file) != ROM_SIZE) {
		fprintf(stderr, "stage: %s is not a ROM of 64 KiB\n", path);
		exit(2);
	}
	fclose(file);
}

int main(int argc, char **argv)
{
	static u8 rom[ROM_SIZE];
	struct load_request request = { .mode = LOAD_AUTO };
	struct guest_memory memory;
	struct boot_state state;
	struct message err;

	if (argc < 6) {
		fprintf(stderr, "usage: stage ROM DIRECTORY MIB MODE IMAGE [CMDLINE [INITRD]]\n");
		return 2;
	}
	read_rom(argv[1], rom);
	request.mode = parse_mode(argv[4]);
	request.image = argv[5];
	request.cmdline = argc > 6 && argv[6][0] ? argv[6] : NULL;
	request.initrd = argc > 7 ? argv[7] : NULL;
	if (guest_memory_init(&memory, strtoull(argv[3], NULL, 0) << 20, &err) ||
	    load_image(&request, &memory, &state, &err)) {
		fprintf(stderr, "stage: %s\n", err.text);
		return 1;
	}
	fill_block((struct rom_block *)rom, &state);
	write_file(argv[2], "rom", rom, sizeof(rom));
	/* The ROM is in the way between 0xf0000 and 1 MiB. */
	write_file(argv[2], "low", memory.host, 0xf0000);
	write_file(argv[2], "high", memory.host + 0x100000, memory.regions[0].size - 0x100000);
	printf("%s, mode %d\n", state.format, state.mode);
	guest_memory_free(&memory);
	return 0;
}
