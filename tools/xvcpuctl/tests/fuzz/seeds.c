// SPDX-License-Identifier: GPL-2.0-only
/*
 * Seeds for fuzz_loaders: images of Debian's packages, cut down to a few KiB so that a fuzzer can
 * work with them, with the fields that say how long they are set right.
 *
 *	seeds DIRECTORY GUESTS		GUESTS: what guests.sh collected
 *
 * Packages that are not there are left out; their number is the exit status.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../loaders/bzimage_header.h"
#include "../../loaders/image.h"
#include "input.h"

#define SEED_MAX	0x2000
#define KERNEL_SIZE	0x220		/* of a bzImage that was cut down: its entry is at 0x200 */
#define KERNEL_INFO	0x210
#define PAYLOAD_OFFSET	0x40
#define PAYLOAD_LENGTH	0x100
#define SEGMENT_SIZE	0x40		/* of an ELF segment that was cut down */

static const char *directory, *guests;
static unsigned int missing;

struct seed {
	struct fuzz_input input;
	u8 bytes[SEED_MAX];
	u64 size;
};

static void put(struct seed *seed, u64 at, u64 value, unsigned int width)
{
	memcpy(seed->bytes + at, &value, width);
}

static void write_seed(const char *name, const char *suffix, const struct seed *seed)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", directory, name, suffix);
	file = fopen(path, "w");
	if (!file || fwrite(&seed->input, sizeof(seed->input), 1, file) != 1 ||
	    fwrite(seed->bytes, 1, seed->size, file) != seed->size || fclose(file)) {
		perror(path);
		exit(125);
	}
}

static bool get(struct image *image, const char *folder, const char *name)
{
	static char path[4096];
	struct message err;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!image_read(image, path, NULL, &err))
		return true;
	fprintf(stderr, "seeds: %s\n", err.text);
	missing++;
	return false;
}

/* The header as it is, setup code of one sector, and the first bytes of the kernel. */
static void seed_bzimage(const char *folder, const char *name)
{
	struct seed seed = { .input = { .memory = 5, .flags = INPUT_CMDLINE, .cmdline = 40 } };
	struct image image;
	u64 kernel;

	if (!get(&image, folder, name))
		return;
	kernel = (image_u8(&image, HDR_SETUP_SECTS) + 1) * 512;
	memcpy(seed.bytes, image.data, 1024);
	memcpy(seed.bytes + 1024, image.data + kernel, KERNEL_SIZE);
	seed.size = 1024 + KERNEL_SIZE;
	put(&seed, HDR_SETUP_SECTS, 1, 1);
	put(&seed, HDR_SYSSIZE, KERNEL_SIZE / 16, 4);
	if (image_u16(&image, HDR_VERSION) >= 0x020f) {
		put(&seed, HDR_PAYLOAD_OFFSET, PAYLOAD_OFFSET, 4);
		put(&seed, HDR_PAYLOAD_LENGTH, PAYLOAD_LENGTH, 4);
		memcpy(seed.bytes + 1024 + KERNEL_INFO,
		       image.data + kernel + image_u32(&image, HDR_KERNEL_INFO), 16);
		put(&seed, HDR_KERNEL_INFO, KERNEL_INFO, 4);
	}
	write_seed(name, "", &seed);
	seed.input.flags |= INPUT_INITRD | 2;		/* protected */
	seed.input.memory = 7;
	write_seed(name, ".32", &seed);
	image_free(&image);
}

/* ELF64: each segment's first bytes, one after the other; notes are left whole. */
static void seed_elf64(const char *name, u8 flags)
{
	struct seed seed = { .input = { .memory = 5, .flags = flags, .cmdline = 40 } };
	Elf64_Phdr *segments;
	struct image image;
	Elf64_Ehdr *header;
	unsigned int i;

	if (!get(&image, guests, name))
		return;
	header = (Elf64_Ehdr *)seed.bytes;
	memcpy(header, image.data, sizeof(*header));
	segments = (Elf64_Phdr *)(header + 1);
	memcpy(segments, image.data + header->e_phoff, header->e_phnum * sizeof(*segments));
	header->e_phoff = sizeof(*header);
	seed.size = sizeof(*header) + header->e_phnum * sizeof(*segments);
	for (i = 0; i < header->e_phnum; i++) {
		u64 size = segments[i].p_filesz;

		if (segments[i].p_type == PT_LOAD && size > SEGMENT_SIZE)
			size = SEGMENT_SIZE;
		/* The Multiboot header wants it. */
		seed.size = (seed.size + 3) & ~3ull;
		memcpy(seed.bytes + seed.size, image.data + segments[i].p_offset, size);
		segments[i].p_filesz = size;
		segments[i].p_offset = seed.size;
		seed.size += size;
	}
	write_seed(name, "", &seed);
	/* The same without a note, entered where a plain ELF file would be. */
	header->e_entry = segments[0].p_vaddr;
	segments[header->e_phnum - 1].p_type = PT_NULL;
	seed.input.flags = INPUT_ENTRY;
	seed.input.address = segments[0].p_paddr;
	write_seed(name, ".plain", &seed);
	image_free(&image);
}

static void seed_elf32(void)
{
	struct seed seed = { .input = { .memory = 3 } };
	Elf32_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT,
		.e_entry = 0x100000, .e_phoff = sizeof(header), .e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
	};
	Elf32_Phdr segment = {
		.p_type = PT_LOAD, .p_offset = 0x60, .p_vaddr = 0x100000, .p_paddr = 0x100000,
		.p_filesz = 0x20, .p_memsz = 0x4000,
	};

	memcpy(seed.bytes, &header, sizeof(header));
	memcpy(seed.bytes + sizeof(header), &segment, sizeof(segment));
	seed.size = 0x80;
	write_seed("elf32", "", &seed);
}

/* Small enough to be taken whole, or as much of its end as counts. */
static void seed_end(const char *folder, const char *name, const struct fuzz_input *input)
{
	struct seed seed = { .input = *input };
	struct image image;
	u64 skip;

	if (!get(&image, folder, name))
		return;
	skip = image.size > SEED_MAX ? image.size - SEED_MAX : 0;
	seed.size = image.size - skip;
	memcpy(seed.bytes, image.data + skip, seed.size);
	write_seed(name, "", &seed);
	image_free(&image);
}

static void seed_flat(const char *name, u8 mode, u32 address)
{
	struct seed seed = {
		.input = { .flags = mode | INPUT_LOAD, .memory = 3, .address = address },
		.bytes = { 0xf4 }, .size = 16,
	};

	write_seed(name, "", &seed);
}

int main(int argc, char **argv)
{
	static const struct fuzz_input multiboot = {
		.flags = INPUT_MODULES | INPUT_CMDLINE, .memory = 3, .cmdline = 10,
	};
	static const struct fuzz_input firmware = { .flags = INPUT_FIRMWARE, .memory = 4 };

	if (argc != 3) {
		fprintf(stderr, "usage: seeds DIRECTORY GUESTS\n");
		return 125;
	}
	directory = argv[1];
	guests = argv[2];
	seed_bzimage(guests, "cloud");
	seed_bzimage(guests, "stock");
	seed_bzimage(guests, "6.12");
	seed_bzimage("/boot", "memtest86+x64.bin");
	seed_bzimage("/boot", "memtest86+ia32.bin");
	seed_bzimage("/boot", "ipxe.lkrn");
	seed_elf64("cloud.vmlinux", INPUT_CMDLINE | INPUT_INITRD);
	seed_elf64("gnumach", INPUT_CMDLINE | INPUT_MODULES);
	seed_elf32();
	seed_end("/boot", "invaders.exec", &multiboot);
	seed_end("/usr/share/seabios", "bios.bin", &firmware);
	seed_flat("real", 1, 0x7c00);
	seed_flat("protected", 2, 0x100000);
	seed_flat("long", 3, 0x100000);
	return missing;
}
