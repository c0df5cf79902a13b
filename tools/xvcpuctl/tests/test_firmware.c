// SPDX-License-Identifier: GPL-2.0-only
/* Firmware: where it goes, the state after reset, files that are none, SeaBIOS as Debian has it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loading.h"

#define KIB		1024ull
#define MIB		(1ull << 20)
#define FOUR_GIB	(1ull << 32)

static struct guest_memory memory;
static struct load_request request;
static struct boot_state state;
static struct message err;
static u8 *bytes;
static struct image image;

/* Each 4 KiB of the file begins with its number; the reset vector is a far jump. */
static void make(u64 size, u64 ram)
{
	u64 at;

	CHECK_EQ(0, guest_memory_init(&memory, ram, &err));
	memset(&request, 0, sizeof(request));
	memset(&state, 0xcc, sizeof(state));
	memset(&err, 0, sizeof(err));
	request.firmware = "the-firmware";
	bytes = calloc(1, size + 16);
	for (at = 0; at < size; at += 4 * KIB)
		bytes[at] = 1 + at / (4 * KIB);
	memcpy(bytes + size - (size < 16 ? 0 : 16), "\xea\x5b\xe0\x00\xf0", 5);
	image = (struct image){ .data = bytes, .size = size, .name = "the-firmware" };
}

static void end(void)
{
	free(bytes);
	guest_memory_free(&memory);
}

static int load(void)
{
	return load_bytes(&request, &image, &memory, &state, &err);
}

static u8 ram(u64 gpa)
{
	const u8 *host = guest_memory_at(&memory, gpa, 1);

	return CHECK(host) ? *host : 0;
}

static const struct guest_region *rom(void)
{
	unsigned int i;

	for (i = 0; i < memory.nr_regions; i++)
		if (memory.regions[i].kind == GUEST_ROM)
			return &memory.regions[i];
	return NULL;
}

static void check_rom(u64 size)
{
	const struct guest_region *region = rom();

	if (!CHECK(region))
		return;
	CHECK_EQ(FOUR_GIB - size, region->gpa);
	CHECK_EQ(size, region->size);
	CHECK(!memcmp(region->host, bytes, size));
	CHECK(!guest_memory_at(&memory, region->gpa, 1));
}

static void it_ends_at_4_gib_and_its_end_is_copied_below_1_mib(void)
{
	static const struct { u64 size, shadow; } sizes[] = {
		{ 64 * KIB, 64 * KIB }, { 128 * KIB, 128 * KIB }, { 192 * KIB, 192 * KIB },
		{ 256 * KIB, 256 * KIB }, { 320 * KIB, 256 * KIB }, { 16 * MIB, 256 * KIB },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 shadow = sizes[i].shadow;

		tap_context("%llu bytes", (unsigned long long)sizes[i].size);
		make(sizes[i].size, 8 * MIB);
		CHECK_EQ(0, load());
		CHECK_STR("firmware", state.format);
		check_rom(sizes[i].size);
		CHECK(!memcmp(guest_memory_at(&memory, MIB - shadow, shadow),
			      bytes + sizes[i].size - shadow, shadow));
		CHECK_EQ(0, ram(MIB - shadow - 1));
		CHECK_EQ(0, ram(MIB));
		end();
	}
	tap_context(NULL);
}

/* SDM "Processor State After Reset", table of the states following power-up. */
static void the_processor_is_as_after_reset(void)
{
	const struct xvcpu_sregs *s = &state.sregs;

	make(128 * KIB, 8 * MIB);
	CHECK_EQ(0, load());
	CHECK_EQ(LOAD_REAL, state.mode);
	CHECK_EQ(0xfff0, state.regs.rip);
	CHECK_EQ(2, state.regs.rflags);
	CHECK_EQ(0x600, state.regs.rdx);
	CHECK_EQ(0, state.regs.rax | state.regs.rbx | state.regs.rcx | state.regs.rsi |
		 state.regs.rdi | state.regs.rbp | state.regs.rsp | state.regs.r8 |
		 state.regs.r15);
	CHECK_EQ(0xf000, s->cs.selector);
	CHECK_EQ(0xffff0000, s->cs.base);
	CHECK_EQ(0xffff, s->cs.limit);
	CHECK_EQ(0x9b, s->cs.ar);
	CHECK_EQ(0, s->ds.selector | s->ds.base);
	CHECK_EQ(0xffff, s->ds.limit);
	CHECK_EQ(0x93, s->ds.ar);
	CHECK(!memcmp(&s->ds, &s->ss, sizeof(s->ds)));
	CHECK(!memcmp(&s->ds, &s->es, sizeof(s->ds)));
	CHECK(!memcmp(&s->ds, &s->fs, sizeof(s->ds)));
	CHECK(!memcmp(&s->ds, &s->gs, sizeof(s->ds)));
	CHECK_EQ(0xffff, s->gdtr.limit);
	CHECK_EQ(0xffff, s->idtr.limit);
	CHECK_EQ(0, s->gdtr.base | s->idtr.base);
	CHECK_EQ(0x82, s->ldtr.ar);
	CHECK_EQ(0x8b, s->tr.ar);
	CHECK_EQ(0xffff, s->tr.limit);
	CHECK_EQ(0x60000010, state.cregs.cr0);
	CHECK_EQ(0, state.cregs.cr3 | state.cregs.cr4 | state.cregs.efer);
	CHECK_EQ(0xfee00900, state.cregs.apic_base);
	CHECK_EQ(1, state.cregs.xcr0);
	end();
}

static void loaded_again_it_is_whole_again(void)
{
	u8 *host;

	make(256 * KIB, 8 * MIB);
	CHECK_EQ(0, load());
	host = rom()->host;
	memset(host, 0x99, 4 * KIB);
	memset(guest_memory_at(&memory, MIB - 16, 16), 0x99, 16);
	CHECK_EQ(0, load());
	CHECK(rom()->host == host);
	CHECK_EQ(2, memory.nr_regions);
	check_rom(256 * KIB);
	CHECK_EQ(0xea, ram(MIB - 16));
	/* A slot of another size is there already: it cannot grow. */
	image.size = 128 * KIB;
	bytes[128 * KIB - 1] = 1;
	CHECK_EQ(-ENOSPC, load());
	CHECK_CONTAINS(err.text, "no place for a ROM of 128 KiB");
	end();
}

static void the_rom_is_between_the_two_parts_of_ram(void)
{
	make(256 * KIB, 5ull << 30);
	CHECK_EQ(0, load());
	CHECK_EQ(3, memory.nr_regions);
	CHECK_EQ(GUEST_RAM, memory.regions[0].kind);
	CHECK_EQ(GUEST_ROM, memory.regions[1].kind);
	CHECK_EQ(GUEST_RAM, memory.regions[2].kind);
	CHECK_EQ(FOUR_GIB, memory.regions[2].gpa);
	CHECK(guest_memory_at(&memory, FOUR_GIB, 1));
	end();
}

static void refused(int error, const char *part)
{
	CHECK_EQ(-error, load());
	CHECK_CONTAINS(err.text, part);
	CHECK_CONTAINS(err.text, "the-firmware");
	CHECK(!rom());
	CHECK(!memcmp(memory.host, memory.host + 1, memory.size - 1));
}

static void files_that_are_no_firmware_are_refused(void)
{
	static const u64 sizes[] = {
		1, 15, 4 * KIB, 63 * KIB, 64 * KIB - 1, 64 * KIB + 1, 16 * MIB + 64 * KIB,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		tap_context("%llu bytes", (unsigned long long)sizes[i]);
		make(sizes[i], 2 * MIB);
		refused(ENOEXEC, "not a multiple of 64 KiB up to 16 MiB");
		end();
	}
	tap_context(NULL);
	make(128 * KIB, 2 * MIB);
	memset(bytes + 128 * KIB - 16, 0xff, 16);
	refused(ENOEXEC, "reset vector, the last 16 bytes, is empty");
	memset(bytes + 128 * KIB - 16, 0, 16);
	refused(ENOEXEC, "reset vector");
	bytes[128 * KIB - 1] = 0xff;
	CHECK_EQ(0, load());
	end();
	make(128 * KIB, 2 * MIB);
	memcpy(bytes, "\x55\xaa", 2);
	refused(ENOEXEC, "is an option ROM");
	end();
	make(128 * KIB, 2 * MIB);
	image.size = 0;
	refused(ENOEXEC, "is empty");
	end();
}

static void a_guest_needs_memory_for_the_copy(void)
{
	make(128 * KIB, MIB - 4 * KIB);
	refused(ENOSPC, "the copy below 1 MiB (0x20000 bytes at 0xe0000) is outside");
	end();
	make(128 * KIB, MIB);
	CHECK_EQ(0, load());
	end();
}

static void options_for_images_are_refused(void)
{
	make(128 * KIB, 2 * MIB);
	request.cmdline = "console=ttyS0";
	refused(EINVAL, "a command line");
	request.cmdline = NULL;
	request.initrd = "/dev/null";
	refused(EINVAL, "--initrd");
	request.initrd = NULL;
	request.mode = LOAD_LONG;
	refused(EINVAL, "cannot start in long mode");
	request.mode = LOAD_AUTO;
	request.has_load = true;
	refused(EINVAL, "--load");
	request.has_load = false;
	request.image = "an-image";
	request.firmware = "the-firmware";
	CHECK_EQ(-EINVAL, load_image(&request, &memory, &state, &err));
	CHECK_CONTAINS(err.text, "an-image: with --firmware there is no image");
	end();
}

/* What is ROM for the guest is no RAM for a loader, and reserved for those who ask. */
static void nobody_takes_the_rom_for_ram(void)
{
	make(128 * KIB, 5ull << 30);
	CHECK_EQ(0, load());
	CHECK_EQ(3, memory.nr_regions);
	CHECK(!guest_memory_at(&memory, FOUR_GIB - 128 * KIB, 16));
	CHECK(!guest_memory_at(&memory, FOUR_GIB - 16, 16));
	end();
}

static void check_seabios(const char *path, u64 size)
{
	memset(&request, 0, sizeof(request));
	if (access(path, R_OK)) {
		tap_skip("%s is not there: install seabios", path);
		return;
	}
	CHECK_EQ(0, guest_memory_init(&memory, 16 * MIB, &err));
	CHECK_EQ(0, image_read(&image, path, NULL, &err));
	CHECK_EQ(size, image.size);
	request.firmware = path;
	CHECK_EQ(0, load_image(&request, &memory, &state, &err));
	CHECK_EQ(0xea, rom()->host[size - 16]);		/* ljmp f000:e05b */
	CHECK_EQ(0xea, ram(MIB - 16));
	CHECK_EQ(0xf000e05b, image_u32(&image, size - 15));
	CHECK(!memcmp(rom()->host, image.data, size));
	CHECK(!memcmp(guest_memory_at(&memory, MIB - size, size), image.data, size));
	image_free(&image);
	guest_memory_free(&memory);
}

static void seabios_is_loaded(void)
{
	check_seabios("/usr/share/seabios/bios.bin", 128 * KIB);
	check_seabios("/usr/share/seabios/bios-256k.bin", 256 * KIB);
}

static void a_vga_bios_is_no_firmware(void)
{
	const char *path = "/usr/share/seabios/vgabios-stdvga.bin";

	if (access(path, R_OK)) {
		tap_skip("%s is not there: install seabios", path);
		return;
	}
	make(64 * KIB, 2 * MIB);
	request.firmware = path;
	CHECK_EQ(-ENOEXEC, load_image(&request, &memory, &state, &err));
	CHECK_CONTAINS(err.text, "option ROM");
	CHECK_CONTAINS(err.text, path);
	end();
}

static const struct tap_test tests[] = {
	TEST(it_ends_at_4_gib_and_its_end_is_copied_below_1_mib),
	TEST(the_processor_is_as_after_reset),
	TEST(loaded_again_it_is_whole_again),
	TEST(the_rom_is_between_the_two_parts_of_ram),
	TEST(files_that_are_no_firmware_are_refused),
	TEST(a_guest_needs_memory_for_the_copy),
	TEST(options_for_images_are_refused),
	TEST(nobody_takes_the_rom_for_ram),
	TEST(seabios_is_loaded),
	TEST(a_vga_bios_is_no_firmware),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
