// SPDX-License-Identifier: GPL-2.0-only
/*
 * L1D flush: when entries flush, whatever the module's parameter l1d_flush says. That it keeps
 * secrets from a guest cannot be shown in an emulator.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define ROUNDS	1000

/* ROUNDS exits that the module handles by itself. */
GUEST_CODE(cpuids, 64, "mov $1000, %esi; 1: xor %eax, %eax; cpuid; dec %esi; jnz 1b; hlt");
GUEST_CODE(touch, 64, "mov 0xa000, %rax; hlt");

FIXTURE(l1d) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	char mode[32];
};

#define l1d_data	FIXTURE_DATA(l1d)

FIXTURE_SETUP(l1d)
{
	FILE *file = fopen("/sys/module/xvcpu/parameters/l1d_flush", "r");

	ASSERT_NE(NULL, file);
	ASSERT_NE(NULL, fgets(self->mode, sizeof(self->mode), file));
	fclose(file);
	self->mode[strcspn(self->mode, "\n")] = '\0';
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_begin(&self->vcpu, MODE_LONG, &cpuids);
}

FIXTURE_TEARDOWN(l1d)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static bool mode_is(const l1d_data *self, const char *mode)
{
	return !strcmp(self->mode, mode);
}

struct counts {
	uint64_t entries, flushes;
};

static struct counts counts_of(const struct test_vcpu *vcpu)
{
	return (struct counts) {
		.entries = vcpu_counter(vcpu, XVCPU_COUNT_ENTRIES),
		.flushes = vcpu_counter(vcpu, XVCPU_COUNT_L1D_FLUSH),
	};
}

static struct counts run_of(l1d_data *self, const struct guest_code *code)
{
	struct counts before = counts_of(&self->vcpu), after;

	guest_next(&self->vcpu, code);
	if (guest_run(&self->vcpu) != NO_TRAP)
		die("the guest has not halted");
	after = counts_of(&self->vcpu);
	return (struct counts) { after.entries - before.entries, after.flushes - before.flushes };
}

TEST_F(l1d, the_parameter_says_what_is_done)
{
	EXPECT_TRUE(mode_is(self, "never") || mode_is(self, "cond") || mode_is(self, "always"));
}

TEST_F(l1d, entries_flush_as_told)
{
	struct counts all = run_of(self, &cpuids);

	EXPECT_LE(ROUNDS, all.entries);
	if (mode_is(self, "never"))
		EXPECT_EQ(0, all.flushes);
	if (mode_is(self, "always"))
		EXPECT_EQ(all.entries, all.flushes);
	/* Once for having been in userspace, and after what interrupts there were. */
	if (mode_is(self, "cond")) {
		EXPECT_LE(1, all.flushes);
		EXPECT_GE(ROUNDS / 2, all.flushes);
	}
}

/* The host handles the guest's page fault and looks at its own page tables meanwhile. */
TEST_F(l1d, a_fault_of_the_guests_memory_is_reason_to_flush)
{
	struct counts first = run_of(self, &touch), second;

	if (madvise(self->vm.memory + GUEST_DATA, PAGE_BYTES, MADV_DONTNEED))
		die("madvise");
	second = run_of(self, &touch);
	if (!mode_is(self, "cond"))
		return;
	EXPECT_LE(1, first.flushes);
	EXPECT_LE(2, second.entries);
	EXPECT_LE(2, second.flushes);
}

TEST_F(l1d, info_says_whether_the_host_is_safe)
{
	uint8_t reason = self->vm.info.features[XVCPU_FEATURE_L1D_FLUSH];
	bool flawed = !system("grep -q '^bugs.* l1tf' /proc/cpuinfo");
	bool exposed = flawed && mode_is(self, "never");

	EXPECT_EQ(exposed ? XVCPU_REASON_PARAM : XVCPU_REASON_OK, reason);
}

TEST_HARNESS_MAIN
