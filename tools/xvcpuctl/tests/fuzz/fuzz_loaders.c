// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer harness of all loaders: input.h says what an input is.
 *
 * What must hold of any image and any request: it is refused with a message and a documented errno,
 * and not a page of guest memory was touched; or it starts in memory, with the tables that its mode
 * needs, and loading it again gives the same. The sanitizers see the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../loaders/format.h"
#include "../../loaders/layout.h"
#include "input.h"

#define KIB		1024ull
#define MIB		(1ull << 20)
#define GIB		(1ull << 30)
#define PAGE		4096
#define FIRMWARE	(64 * KIB)
#define FOUR_GIB	(1ull << 32)

/* The largest has memory above the hole; what is looked at each time should be little. */
#define LARGEST		(3 * GIB + 128 * MIB)

static const u64 sizes[] = {
	4 * KIB, 64 * KIB, MIB - 4 * KIB, 3 * MIB, 32 * MIB, 128 * MIB, GIB + 256 * MIB, LARGEST,
};

static char small_file[32], large_file[32];	/* for initrds and modules */

#define require(condition, ...)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "disagree: " __VA_ARGS__);	\
			fprintf(stderr, "\n");				\
			abort();					\
		}							\
	} while (0)

static void make_file(char *path, size_t path_size, size_t size)
{
	int fd = memfd_create("fuzz", 0);

	require(fd >= 0 && !ftruncate(fd, size), "no memfd");
	snprintf(path, path_size, "/proc/self/fd/%d", fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	make_file(small_file, sizeof(small_file), 5);
	make_file(large_file, sizeof(large_file), 200 * KIB);
	return 0;
}

static bool is_touched(const struct guest_memory *memory)
{
	static u8 present[LARGEST / PAGE];
	u64 pages = memory->size / PAGE;

	require(!mincore(memory->host, memory->size, present), "mincore");
	return memchr(present, 1, pages);
}

static u64 read_u64(const struct guest_memory *memory, u64 gpa)
{
	const u8 *host = guest_memory_at(memory, gpa, 8);
	u64 value;

	require(host, "a table at %#llx is not in memory", (unsigned long long)gpa);
	memcpy(&value, host, sizeof(value));
	return value;
}

/* As the processor walks: 4 levels down to a page of 2 MiB. */
static void check_mapped(const struct guest_memory *memory, u64 cr3, u64 gla)
{
	u64 entry = read_u64(memory, cr3 + 8 * (gla >> 39 & 511));

	require(entry & 1, "PML4: %#llx is not mapped", (unsigned long long)gla);
	entry = read_u64(memory, (entry & ~0xfffull) + 8 * (gla >> 30 & 511));
	require(entry & 1, "PDPT: %#llx is not mapped", (unsigned long long)gla);
	entry = read_u64(memory, (entry & ~0xfffull) + 8 * (gla >> 21 & 511));
	require((entry & 0x1fffff) == 0x83 && entry >> 21 == gla >> 21,
		"PD: %#llx is not mapped onto itself", (unsigned long long)gla);
}

static void check_boot_params(const struct guest_memory *memory, const struct load_request *request,
			      u64 gpa)
{
	const u8 *page = guest_memory_at(memory, gpa, PAGE);
	u32 cmdline, data;

	require(page, "no boot_params");
	require(page[0x1e8] && page[0x1e8] <= 5, "%u e820 entries", page[0x1e8]);
	memcpy(&cmdline, page + 0x228, 4);
	require(!strcmp(guest_memory_at(memory, cmdline, 1),
			request->cmdline ? request->cmdline : ""), "another command line");
	memcpy(&data, page + 0x250, 4);
	require(page[0x206] < 9 || page[0x207] != 2 || !data || !read_u64(memory, data),
		"the list of setup_data does not end");
}

static void check_state(const struct guest_memory *memory, const struct load_request *request,
			const struct boot_state *state)
{
	const struct xvcpu_sregs *sregs = &state->sregs;

	require(state->format && state->mode > LOAD_AUTO && state->mode <= LOAD_LONG, "mode");
	if (request->firmware) {
		require(sregs->cs.base + state->regs.rip == FOUR_GIB - 16, "not the reset vector");
		require(!memcmp(guest_memory_at(memory, MIB - FIRMWARE, FIRMWARE),
				memory->regions[1].host, FIRMWARE), "another copy");
		return;
	}
	require(guest_memory_at(memory, sregs->cs.base + state->regs.rip, 1), "rip");
	if (state->mode == LOAD_REAL)
		return;
	require(guest_memory_at(memory, state->regs.rsp - 8, 8), "rsp");
	require(guest_memory_at(memory, sregs->gdtr.base, sregs->gdtr.limit + 1), "gdtr");
	if (state->mode == LOAD_LONG) {
		check_mapped(memory, state->cregs.cr3, state->regs.rip);
		check_mapped(memory, state->cregs.cr3, state->regs.rsp - 8);
	}
	if (!strcmp(state->format, "bzImage"))
		check_boot_params(memory, request, state->regs.rsi);
}

static bool is_documented(int ret)
{
	return ret == -EINVAL || ret == -ENOEXEC || ret == -ENOSPC || ret == -EFBIG;
}

static void load(const struct load_request *request, const struct image *image, u64 size)
{
	struct boot_state state, again;
	struct guest_memory memory;
	struct message err = { 0 };
	int ret;

	require(!guest_memory_init(&memory, size, &err), "%s", err.text);
	memset(&state, 0x5a, sizeof(state));
	memset(&again, 0x5a, sizeof(again));
	ret = load_bytes(request, image, &memory, &state, &err);
	if (ret) {
		require(is_documented(ret) && err.text[0], "refused with %d: %s", ret, err.text);
		require(!is_touched(&memory), "refused but not left alone: %s", err.text);
		require(memory.nr_regions == 1 + (size > 3 * GIB), "refused with a ROM");
	} else {
		check_state(&memory, request, &state);
		guest_memory_clear(&memory);
		require(!load_bytes(request, image, &memory, &again, &err), "not again: %s",
			err.text);
		require(!memcmp(&state.regs, &again.regs, sizeof(state.regs)), "other registers");
		check_state(&memory, request, &again);
	}
	guest_memory_free(&memory);
}

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Values at which comparisons of sizes and addresses change their minds. */
static u64 edge(u64 *state, size_t size)
{
	const u64 edges[] = {
		0, ~0ull, size, size - sizeof(struct fuzz_input), MIB, 16 * MIB, 3 * GIB, FOUR_GIB,
		GIB, 6 * GIB, LAYOUT_MAP_MAX, 0x7fffffff, 0xffffffff80000000,
	};
	u64 choice = next_random(state);

	if (choice & 1)
		return edges[choice / 2 % ARRAY_SIZE(edges)] + choice / 64 % 5 - 2;
	if (choice & 2)
		return 1ull << (choice / 4 % 64);
	return next_random(state);
}

/* Where headers are: a bzImage's, an ELF file's, and in the seeds a note's, which is the last. */
static size_t place(u64 *state, size_t size)
{
	const size_t bzimage = sizeof(struct fuzz_input) + 0x1f1;
	u64 choice = next_random(state), offset = choice / 4;

	switch (choice % 4) {
	case 0:
		return size > bzimage + 0x80 ? bzimage + offset % 0x80 : offset % size;
	case 1:
		return size > 0x180 ? offset % 0x180 : offset % size;
	case 2:
		return size > 0x18 ? size - 1 - offset % 0x18 : offset % size;
	default:
		return offset % size;
	}
}

/* Half of the time numbers are written over what may be fields; else it is libFuzzer's turn. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed)
{
	u64 state = seed * 0x9e3779b97f4a7c15ull + 1, fields = 1 + seed / 2 % 3;

	if (seed & 1 || size < 16)
		return LLVMFuzzerMutate(data, size, max_size);
	while (fields--) {
		size_t at = place(&state, size);
		u64 value = edge(&state, size), width = 1 << next_random(&state) % 4;

		memcpy(data + at, &value, width < size - at ? width : size - at);
	}
	return size;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static char cmdline[1 << 16];
	static u8 firmware[FIRMWARE];
	const struct load_module modules[] = {
		{ .path = small_file, .cmdline = "small" }, { .path = large_file },
	};
	struct image image = { .name = "the-image" };
	struct load_request request = { .image = "the-image" };
	struct fuzz_input input;

	if (size < sizeof(input))
		return 0;
	memcpy(&input, data, sizeof(input));
	image.data = data + sizeof(input);
	image.size = size - sizeof(input);
	request.mode = input.flags & INPUT_MODE;
	request.has_load = input.flags & INPUT_LOAD;
	request.has_entry = input.flags & INPUT_ENTRY;
	request.load = input.address;
	request.entry = input.address;
	if (input.flags & INPUT_CMDLINE) {
		memset(cmdline, 'x', input.cmdline);
		cmdline[input.cmdline] = '\0';
		request.cmdline = cmdline;
	}
	if (input.flags & INPUT_INITRD)
		request.initrd = input.address & 1 ? small_file : large_file;
	if (input.flags & INPUT_MODULES) {
		request.modules = modules;
		request.nr_modules = ARRAY_SIZE(modules);
	}
	if (input.flags & INPUT_FIRMWARE) {
		u64 used = image.size < FIRMWARE ? image.size : FIRMWARE;

		memset(firmware, 0, sizeof(firmware));
		memcpy(firmware + FIRMWARE - used, image.data, used);
		image.data = firmware;
		image.size = FIRMWARE;
		request.image = NULL;
		request.firmware = "the-firmware";
	}
	load(&request, &image, sizes[input.memory % ARRAY_SIZE(sizes)]);
	return 0;
}
