// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mitigations around VM entry are as this kernel has decided: the module's code, as the kernel
 * has patched it, against what the kernel says in vulnerabilities/. Needs /proc/kcore.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define CODE_BYTES	768

FIXTURE(code) {
	uint8_t bytes[CODE_BYTES];
};

#define code_data	FIXTURE_DATA(code)

static uint64_t symbol_address(const char *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	unsigned long long address, found = 0;
	char line[256], name[128];

	if (!file)
		die("no /proc/kallsyms");
	while (!found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %*c %127s", &address, name) == 2 && !strcmp(name, symbol))
			found = address;
	}
	fclose(file);
	return found;
}

/* Core files say where in them an address is. */
static bool core_read(uint64_t address, void *bytes, size_t length)
{
	int fd = open("/proc/kcore", O_RDONLY);
	Elf64_Phdr segment;
	Elf64_Ehdr head;
	bool done = false;
	unsigned int i;

	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return false;
	for (i = 0; i < head.e_phnum && !done; i++) {
		if (pread(fd, &segment, sizeof(segment), head.e_phoff + i * sizeof(segment)) !=
		    sizeof(segment))
			break;
		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
		    address + length <= segment.p_vaddr + segment.p_memsz)
			done = pread(fd, bytes, length, segment.p_offset + address -
				     segment.p_vaddr) == length;
	}
	close(fd);
	return done;
}

FIXTURE_SETUP(code)
{
	uint64_t address = symbol_address("vmx_enter");

	ASSERT_NE(0, address);
	ASSERT_TRUE(core_read(address, self->bytes, sizeof(self->bytes)));
}

FIXTURE_TEARDOWN(code)
{
}

static bool kernel_says(const char *vulnerability, const char *text)
{
	char path[128], line[512] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/vulnerabilities/%s", vulnerability);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	return strstr(line, text);
}

/* Offset of @what, or -1. */
static int find(const code_data *self, int from, const char *what, unsigned int length)
{
	const uint8_t *at = memmem(self->bytes + from, CODE_BYTES - from, what, length);

	return at ? at - self->bytes : -1;
}

#define FIND(self, from, bytes)	find(self, from, bytes, sizeof(bytes) - 1)

static int vmresume_at(const code_data *self)
{
	return FIND(self, 0, "\x0f\x01\xc3");
}

/*
 * VERW (0f 00 2d, 7 bytes) stands before JAE (2 bytes) and VMRESUME, and is not jumped over (eb,
 * where the kernel did not patch that away); or there is none.
 */
static bool verw_is_on(const code_data *self)
{
	int at = vmresume_at(self) - 2 - 7;

	return at > 2 && !memcmp(self->bytes + at, "\x0f\x00\x2d", 3) &&
	       memcmp(self->bytes + at - 2, "\xeb\x07", 2);
}

/* MOV EAX to EBX, then the fill: mov $16 to RCX or ECX; or a jump behind it. */
static int fill_at(const code_data *self)
{
	int at = FIND(self, vmresume_at(self), "\x89\xc3");

	return at < 0 ? at : at + 2;
}

static bool fill_is_on(const code_data *self)
{
	int at = fill_at(self);

	return at >= 0 && self->bytes[at] != 0xeb && self->bytes[at] != 0xe9;
}

TEST_F(code, verw_is_executed_where_the_kernel_clears_buffers)
{
	bool wanted = kernel_says("mds", "Clear CPU buffers") ||
		      kernel_says("tsx_async_abort", "Clear CPU buffers") ||
		      kernel_says("reg_file_data_sampling", "Clear Register File");

	ASSERT_LT(0, vmresume_at(self));
	EXPECT_EQ(wanted, verw_is_on(self));
}

TEST_F(code, the_return_stack_is_filled_where_the_kernel_says)
{
	bool wanted = kernel_says("spectre_v2", "RSB filling") ||
		      kernel_says("spectre_v2", "SW sequence");

	ASSERT_LT(0, fill_at(self));
	EXPECT_EQ(wanted, fill_is_on(self));
}

TEST_F(code, guests_run_either_way)
{
	EXPECT_TRUE(guest_runs());
}

TEST_HARNESS_MAIN
