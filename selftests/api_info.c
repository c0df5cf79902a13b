// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_GET_INFO: versions, limits and features, on every kind of fd.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "machine.h"

FIXTURE(info) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(info)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
}

FIXTURE_TEARDOWN(info)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

TEST_F(info, says_ready_and_every_required_feature_is_there)
{
	const struct xvcpu_info *info = &self->vm.info;
	unsigned int i;

	EXPECT_EQ(XVCPU_REASON_OK, info->ready);
	EXPECT_NE(0, info->required & (1ull << XVCPU_FEATURE_EPT));
	EXPECT_NE(0, info->required & (1ull << XVCPU_FEATURE_UNRESTRICTED));
	for (i = 0; i < XVCPU_FEATURE_SLOTS; i++) {
		if (info->required & (1ull << i)) {
			EXPECT_EQ(XVCPU_REASON_OK, info->features[i]) {
				TH_LOG("feature %u", i);
			}
		}
	}
}

TEST_F(info, every_known_feature_has_a_known_reason)
{
	unsigned int i;

	for (i = 0; i < XVCPU_FEATURE_SLOTS; i++) {
		uint8_t reason = self->vm.info.features[i];

		if (i <= XVCPU_FEATURE_L1D_FLUSH) {
			EXPECT_NE(XVCPU_REASON_UNKNOWN, reason) {
				TH_LOG("feature %u", i);
			}
			EXPECT_LE(reason, XVCPU_REASON_DIFFERS);
		} else {
			EXPECT_EQ(XVCPU_REASON_UNKNOWN, reason);
		}
	}
}

TEST_F(info, limits_are_sane_and_reserved_members_are_zero)
{
	const struct xvcpu_info *info = &self->vm.info;
	unsigned int i;

	EXPECT_GE(info->max_vcpus, 1);
	EXPECT_GE(info->max_slots, 32);
	EXPECT_GE(info->max_cpuid, 32);
	EXPECT_LE(info->max_cpuid, CPUID_MAX);
	EXPECT_GE(info->max_msrs, 11);
	EXPECT_LE(info->max_msrs, MSRS_MAX);
	EXPECT_GE(info->gpa_bits, 36);
	EXPECT_LE(info->gpa_bits, 52);
	EXPECT_NE(0, info->tsc_khz);
	EXPECT_EQ(0, info->reserved0);
	for (i = 0; i < 7; i++)
		EXPECT_EQ(0, info->reserved[i]);
}

TEST_F(info, is_the_same_on_every_kind_of_fd)
{
	struct xvcpu_info vm, vcpu;

	get_info(self->vm.fd, &vm);
	get_info(self->vcpu.fd, &vcpu);
	EXPECT_EQ(0, memcmp(&vm, &self->vm.info, sizeof(vm)));
	EXPECT_EQ(0, memcmp(&vcpu, &self->vm.info, sizeof(vcpu)));
}

TEST_F(info, state_size_holds_every_group)
{
	struct snapshot snapshot;

	vcpu_snapshot(&self->vcpu, &snapshot);
	EXPECT_LE(snapshot.length, self->vm.info.state_size);
	EXPECT_LE(self->vm.info.state_size, sizeof(snapshot.bytes));
}

/* A longer struct from a newer caller: what this kernel does not know is left as it was. */
TEST_F(info, does_not_write_behind_what_it_knows)
{
	struct {
		struct xvcpu_info info;
		uint8_t tail[64];
	} longer;
	unsigned int i;

	memset(&longer, 0, sizeof(longer));
	longer.info.size = sizeof(longer);
	ASSERT_EQ(0, call(self->vm.dev, XVCPU_GET_INFO, &longer));
	EXPECT_EQ(sizeof(longer), longer.info.size);
	EXPECT_EQ(XVCPU_ABI_VERSION, longer.info.abi_version);
	for (i = 0; i < sizeof(longer.tail); i++)
		EXPECT_EQ(0, longer.tail[i]);
}

TEST_HARNESS_MAIN
