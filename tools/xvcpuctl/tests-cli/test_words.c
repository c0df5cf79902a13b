// SPDX-License-Identifier: GPL-2.0-only
/*
 * libxvcpu without a device: error records in words, names, blobs, and refusals of what is no
 * device.
 */
#include <errno.h>
#include <fcntl.h>
#include <libxvcpu.h>
#include <string.h>
#include <unistd.h>

#include "../tests/tap.h"

static char text[256];

static const char *words(unsigned int request, struct xvcpu_error error)
{
	return xvcpu_strerror_record(request, &error, text, sizeof(text));
}

#define RECORD(...)	((struct xvcpu_error){ __VA_ARGS__ })

static void records_name_the_member(void)
{
	CHECK_STR("slots[2].gpa is 0x1801: must be a multiple of 0x1000",
		  words(XVCPU_SET_MEMORY,
			RECORD(.code = XVCPU_ERR_ALIGN, .index = 2, .value = 0x1801,
			       .field = offsetof(struct xvcpu_memory_slot, gpa),
			       .expected = 0x1000)));
	CHECK_STR("nr is 0 (0x0): the limit is 1",
		  words(XVCPU_SET_MEMORY,
			RECORD(.code = XVCPU_ERR_RANGE, .expected = 1,
			       .field = offsetof(struct xvcpu_memory, nr))));
	CHECK_STR("slots[0].size is 0x1000: the range overlaps slot 7",
		  words(XVCPU_SET_MEMORY,
			RECORD(.code = XVCPU_ERR_OVERLAP, .value = 0x1000, .expected = 7,
			       .field = offsetof(struct xvcpu_memory_slot, size))));
	CHECK_STR("cregs.cr4 is 0x2020: bits 0x2000 are not allowed here",
		  words(XVCPU_SET_STATE,
			RECORD(.code = XVCPU_ERR_BITS, .index = XVCPU_GROUP_CREGS,
			       .field = offsetof(struct xvcpu_cregs, cr4), .value = 0x2020,
			       .expected = 0x1fff)));
	CHECK_STR("sregs.tr.limit is 0x5: not an allowed value",
		  words(XVCPU_SET_STATE,
			RECORD(.code = XVCPU_ERR_VALUE, .index = XVCPU_GROUP_SREGS, .value = 5,
			       .field = offsetof(struct xvcpu_sregs, tr.limit))));
	CHECK_STR("sregs.idtr.base is 0x8000000000000000: not a canonical address",
		  words(XVCPU_SET_STATE,
			RECORD(.code = XVCPU_ERR_CANONICAL, .index = XVCPU_GROUP_SREGS,
			       .field = offsetof(struct xvcpu_sregs, idtr.base),
			       .value = 1ull << 63)));
	CHECK_STR("msrs.0x277 is 0x2: not an allowed value",
		  words(XVCPU_SET_STATE,
			RECORD(.code = XVCPU_ERR_VALUE, .index = XVCPU_GROUP_MSRS,
			       .field = 0x277, .value = 2)));
	CHECK_STR("cpuid.entries[3].ecx is 0x20: bits 0x20 are not allowed here",
		  words(XVCPU_SET_STATE,
			RECORD(.code = XVCPU_ERR_BITS, .index = XVCPU_GROUP_CPUID,
			       .field = sizeof(struct xvcpu_cpuid_table) +
					3 * sizeof(struct xvcpu_cpuid_entry) +
					offsetof(struct xvcpu_cpuid_entry, ecx),
			       .value = 0x20)));
	CHECK_STR("apic_id is 5: already taken",
		  words(XVCPU_CREATE_VCPU,
			RECORD(.code = XVCPU_ERR_EXISTS, .value = 5,
			       .field = offsetof(struct xvcpu_create_vcpu, apic_id))));
}

/* Members of the call and of its ranges have offsets in common. */
static void records_of_a_policy_name_the_call_or_the_range(void)
{
	CHECK_STR("ranges[3].first is 0x60: the range overlaps entry 2",
		  words(XVCPU_SET_POLICY,
			RECORD(.code = XVCPU_ERR_OVERLAP, .index = 3, .value = 0x60, .expected = 2,
			       .field = offsetof(struct xvcpu_policy_range, first))));
	CHECK_STR("ranges[1].kind is 0x0: must stand before entry 0",
		  words(XVCPU_SET_POLICY,
			RECORD(.code = XVCPU_ERR_ORDER, .index = 1,
			       .field = offsetof(struct xvcpu_policy_range, kind))));
	CHECK_STR("ranges[0].first is 0x100: the range covers MSR 0x174, which never exits",
		  words(XVCPU_SET_POLICY,
			RECORD(.code = XVCPU_ERR_PASSED, .value = 0x100, .expected = 0x174,
			       .field = offsetof(struct xvcpu_policy_range, first))));
	CHECK_STR("ranges[0].last is 4 (0x4): the limit is 256",
		  words(XVCPU_SET_POLICY,
			RECORD(.code = XVCPU_ERR_RANGE, .value = 4, .expected = 256,
			       .field = offsetof(struct xvcpu_policy_range, last))));
	CHECK_STR("nr is 257 (0x101): the limit is 256",
		  words(XVCPU_SET_POLICY,
			RECORD(.code = XVCPU_ERR_RANGE, .value = 257, .expected = 256,
			       .field = offsetof(struct xvcpu_policy, nr))));
	CHECK_STR("exit_value is 0x100: bits 0x100 are not allowed here",
		  words(XVCPU_SET_POLICY,
			RECORD(.code = XVCPU_ERR_BITS, .value = 0x100, .expected = 0xff,
			       .field = offsetof(struct xvcpu_policy, exit_value))));
	CHECK_STR("instructions is 0x18: this processor cannot intercept 0x10",
		  words(XVCPU_SET_INTERCEPTS,
			RECORD(.code = XVCPU_ERR_INTERCEPT, .value = 0x18, .expected = 0x3ef,
			       .field = offsetof(struct xvcpu_intercepts, instructions))));
}

static void records_about_the_whole_call_need_no_member(void)
{
	CHECK_STR("", words(XVCPU_SET_STATE, RECORD(.code = XVCPU_ERR_NONE)));
	CHECK_STR("another thread runs this vCPU",
		  words(XVCPU_SET_STATE, RECORD(.code = XVCPU_ERR_RUNNING)));
	CHECK_STR("the exit mmio waits for its answer",
		  words(XVCPU_GET_STATE,
			RECORD(.code = XVCPU_ERR_WAITING, .value = XVCPU_EXIT_MMIO)));
	CHECK_CONTAINS(words(XVCPU_CREATE_VM,
			     RECORD(.code = XVCPU_ERR_FEATURE, .expected = XVCPU_FEATURE_EPT,
				    .value = XVCPU_REASON_NO_CPU)),
		       "extended page tables");
}

/* A record may come from a newer kernel: anything must give some text, and stay in the buffer. */
static void unknown_records_give_some_text(void)
{
	static const unsigned int requests[] = {
		XVCPU_CREATE_VM, XVCPU_CREATE_VCPU, XVCPU_SET_MEMORY, XVCPU_GET_STATE,
		XVCPU_SET_STATE, XVCPU_RESET, XVCPU_GET_MSR_LIST, XVCPU_GET_SUPPORTED_CPUID,
		XVCPU_INTERRUPT, XVCPU_NMI, XVCPU_EXCEPTION, XVCPU_SET_POLICY,
		XVCPU_SET_INTERCEPTS, 0,
	};
	char small[8];

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		for (unsigned int code = 1; code < 40; code++) {
			for (unsigned int index = 0; index < 20; index++) {
				struct xvcpu_error error = {
					.code = code, .index = index, .field = 12345 + index,
					.value = ~0ull, .expected = 12345,
				};

				tap_context("request %zu code %u index %u", i, code, index);
				CHECK(strlen(words(requests[i], error)) > 0);
				memset(small, 'x', sizeof(small));
				xvcpu_strerror_record(requests[i], &error, small,
						      sizeof(small) - 1);
				CHECK_EQ('x', small[7]);
				CHECK(strlen(small) < 7);
			}
		}
	}
	tap_context(NULL);
}

static void records_of_run_count_from_the_run_area(void)
{
	static _Alignas(4096) char area[3 * 4096];
	struct xvcpu_vcpu vcpu = {
		.area = area,
		.request = (void *)area,
		.exit = (void *)(area + 0x400),
		.sync = (void *)(area + 4096),
	};

	vcpu.exit->error = RECORD(.code = XVCPU_ERR_VALUE, .value = 9,
				  .field = offsetof(struct xvcpu_run_request, answer));
	CHECK_STR("answer is 0x9: not an allowed value",
		  xvcpu_vcpu_strerror(&vcpu, text, sizeof(text)));
	vcpu.exit->error = RECORD(.code = XVCPU_ERR_CANONICAL, .value = 1ull << 63,
				  .field = 4096 + offsetof(struct xvcpu_run_sync, regs.rip));
	CHECK_STR("regs.rip is 0x8000000000000000: not a canonical address",
		  xvcpu_vcpu_strerror(&vcpu, text, sizeof(text)));
	vcpu.exit->error = RECORD(.code = XVCPU_ERR_VALUE,
				  .field = 4096 + offsetof(struct xvcpu_run_sync, sregs.cs.ar));
	CHECK_CONTAINS(xvcpu_vcpu_strerror(&vcpu, text, sizeof(text)), "sregs.cs.ar");
}

static void names_are_there_and_bounded(void)
{
	CHECK_STR("ept", xvcpu_feature_name(XVCPU_FEATURE_EPT));
	CHECK(!xvcpu_feature_name(XVCPU_FEATURE_SLOTS));
	CHECK_STR("taken", xvcpu_reason_name(XVCPU_REASON_TAKEN));
	CHECK_STR("unknown", xvcpu_reason_name(1000));
	CHECK_STR("fail_entry", xvcpu_exit_name(XVCPU_EXIT_FAIL_ENTRY));
	CHECK_STR("unknown", xvcpu_exit_name(~0u));
	CHECK_STR("ept_violation", xvcpu_counter_name(48));
	CHECK_STR("entries", xvcpu_counter_name(XVCPU_COUNT_ENTRIES));
	CHECK(!xvcpu_counter_name(XVCPU_COUNTERS - 1));
	CHECK(!xvcpu_counter_name(~0u));
	CHECK_STR("io_instruction", xvcpu_hw_exit_name(30));
	CHECK_STR("unknown", xvcpu_hw_exit_name(35));
	CHECK_CONTAINS(xvcpu_instruction_error_text(7), "control");
	CHECK_STR("unknown", xvcpu_instruction_error_text(14));
	CHECK_STR("guest_cs_access_rights", xvcpu_field_name(0x4816));
	CHECK_STR("guest_efer", xvcpu_field_name(0x2807));
	CHECK_STR("vpid", xvcpu_field_name(0));
	CHECK_STR("host_interrupt_ssp_table", xvcpu_field_name(0x6c1c));
	CHECK_STR("unknown", xvcpu_field_name(0xffff));
	CHECK_STR("unknown", xvcpu_group_name(XVCPU_GROUP_SLOTS));
}

/* The tables must know whatever the ABI knows: a number added there without a name fails here. */
static void every_number_of_the_abi_has_a_name(void)
{
	for (unsigned int i = 0; i <= XVCPU_FEATURE_L1D_FLUSH; i++)
		CHECK(xvcpu_feature_name(i));
	for (unsigned int i = 1; i <= XVCPU_REASON_DIFFERS; i++)
		CHECK(strcmp(xvcpu_reason_name(i), "unknown"));
	for (unsigned int i = 0; i <= XVCPU_EXIT_SYSTEM_DOWN; i++)
		CHECK(strcmp(xvcpu_exit_name(i), "unknown"));
	for (unsigned int i = XVCPU_EXIT_EXCEPTION; i <= XVCPU_EXIT_CPUID; i++)
		CHECK(strcmp(xvcpu_exit_name(i), "unknown"));
	for (unsigned int i = 1; i <= XVCPU_INTERNAL_TASK_SWITCH; i++)
		CHECK(strcmp(xvcpu_internal_text(i), "unknown"));
	for (unsigned int i = 0; i <= XVCPU_GROUP_TSC; i++)
		CHECK(strcmp(xvcpu_group_name(i), "unknown"));
	for (unsigned int i = XVCPU_COUNT_ENTRIES; i <= XVCPU_COUNT_POLICY; i++)
		CHECK(xvcpu_counter_name(i));
	CHECK(xvcpu_counter_name(XVCPU_COUNT_L1D_FLUSH));
}

static void blobs_hold_groups_aligned(void)
{
	struct xvcpu_blob blob = { 0 };
	struct xvcpu_regs regs = { .rip = 0x1234 };
	char odd[13] = "abcdefghijkl";
	__u32 size = 0;

	CHECK_EQ(0, xvcpu_blob_add(&blob, XVCPU_GROUP_MSRS, odd, sizeof(odd)));
	CHECK_EQ(0, xvcpu_blob_add(&blob, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	CHECK_EQ(0, blob.state.groups[XVCPU_GROUP_REGS].offset % 8);
	CHECK_EQ(XVCPU_GROUP_BIT(XVCPU_GROUP_MSRS) | XVCPU_GROUP_BIT(XVCPU_GROUP_REGS),
		 blob.state.mask);
	CHECK_EQ(blob.state.groups[XVCPU_GROUP_REGS].offset + sizeof(regs), blob.state.length);

	CHECK_EQ(-EEXIST, xvcpu_blob_add(&blob, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	CHECK_EQ(-EINVAL, xvcpu_blob_add(&blob, XVCPU_GROUP_SLOTS, &regs, sizeof(regs)));

	CHECK(!xvcpu_blob_find(&blob, XVCPU_GROUP_CREGS, &size));
	CHECK_EQ(0, memcmp(xvcpu_blob_find(&blob, XVCPU_GROUP_REGS, &size), &regs, sizeof(regs)));
	CHECK_EQ(sizeof(regs), size);
	CHECK_STR(odd, xvcpu_blob_find(&blob, XVCPU_GROUP_MSRS, NULL));
	xvcpu_blob_free(&blob);
	CHECK_EQ(0, blob.state.mask);
}

static void what_is_no_device_is_refused(void)
{
	struct xvcpu_vcpu vcpu = { .fd = -7 };
	struct xvcpu_info info = { .abi_version = 77 };
	struct xvcpu_error error = { .code = 99 };
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	CHECK_EQ(-ENOENT, xvcpu_open("/nonexistent/xvcpu"));
	CHECK_EQ(-ENOTTY, xvcpu_get_info(fd, &info));
	CHECK_EQ(77, info.abi_version);
	CHECK_EQ(-ENOTTY, xvcpu_vm_create(fd, NULL, &error));
	CHECK_EQ(XVCPU_ERR_NONE, error.code);
	CHECK_EQ(-EPROTO, xvcpu_vcpu_create(&vcpu, fd, &info, 0, 0, &error));
	CHECK_EQ(-7, vcpu.fd);
	close(fd);
}

static const struct tap_test tests[] = {
	TEST(records_name_the_member),
	TEST(records_of_a_policy_name_the_call_or_the_range),
	TEST(records_about_the_whole_call_need_no_member),
	TEST(unknown_records_give_some_text),
	TEST(records_of_run_count_from_the_run_area),
	TEST(names_are_there_and_bounded),
	TEST(every_number_of_the_abi_has_a_name),
	TEST(blobs_hold_groups_aligned),
	TEST(what_is_no_device_is_refused),
};

int main(void)
{
	return tap_main(tests, ARRAY_SIZE(tests));
}
