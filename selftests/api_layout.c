// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of xvcpu.h: what a caller was compiled with is what the kernel reads, for 64-bit and
 * 32-bit callers alike (this file is built for both). Numbers here are the ABI and never change; a
 * struct may only grow at its end.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "machine.h"

#define SIZE(type, bytes)	_Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define AT(type, member, at)	_Static_assert(offsetof(struct type, member) == (at),	\
					       "offset of " #type "." #member)

SIZE(xvcpu_error, 32);
AT(xvcpu_error, value, 16);
AT(xvcpu_error, expected, 24);

SIZE(xvcpu_info, 208);
AT(xvcpu_info, errata, 8);
AT(xvcpu_info, max_vcpus, 16);
AT(xvcpu_info, run_size, 36);
AT(xvcpu_info, stats_offset, 56);
AT(xvcpu_info, ready, 72);
AT(xvcpu_info, required, 80);
AT(xvcpu_info, features, 144);

SIZE(xvcpu_cpuid_entry, 32);
SIZE(xvcpu_cpuid, 56);
AT(xvcpu_cpuid, entries, 16);
AT(xvcpu_cpuid, error, 24);
SIZE(xvcpu_msr_list, 56);
AT(xvcpu_msr_list, indices, 16);
SIZE(xvcpu_create_vm, 64);
AT(xvcpu_create_vm, tsc, 24);
AT(xvcpu_create_vm, error, 32);
SIZE(xvcpu_create_vcpu, 48);
AT(xvcpu_create_vcpu, error, 16);
SIZE(xvcpu_memory_slot, 64);
AT(xvcpu_memory_slot, slot, 24);
AT(xvcpu_memory_slot, offset, 40);
SIZE(xvcpu_memory, 56);
AT(xvcpu_memory, slots, 16);
AT(xvcpu_memory, error, 24);
SIZE(xvcpu_policy_range, 16);
AT(xvcpu_policy_range, read, 12);
SIZE(xvcpu_policy, 80);
AT(xvcpu_policy, ranges, 16);
AT(xvcpu_policy, exit_port, 32);
AT(xvcpu_policy, error, 48);
SIZE(xvcpu_intercepts, 48);
AT(xvcpu_intercepts, exceptions, 12);
AT(xvcpu_intercepts, error, 16);

SIZE(xvcpu_regs, 192);
AT(xvcpu_regs, rsp, 32);
AT(xvcpu_regs, rip, 128);
AT(xvcpu_regs, rflags, 136);
SIZE(xvcpu_segment, 24);
AT(xvcpu_segment, selector, 12);
AT(xvcpu_segment, ar, 14);
SIZE(xvcpu_table, 16);
SIZE(xvcpu_sregs, 8 * 24 + 2 * 16 + 32);
AT(xvcpu_sregs, gdtr, 192);
SIZE(xvcpu_cregs, 16 * 8);
AT(xvcpu_cregs, efer, 40);
AT(xvcpu_cregs, pdpte, 72);
SIZE(xvcpu_msr, 16);
SIZE(xvcpu_events, 64);
AT(xvcpu_events, pending_debug, 16);
AT(xvcpu_events, flags, 24);
SIZE(xvcpu_interrupt, 48);
AT(xvcpu_interrupt, vector, 8);
AT(xvcpu_interrupt, error, 16);
SIZE(xvcpu_translate, 80);
AT(xvcpu_translate, gva, 16);
AT(xvcpu_translate, rights, 40);
AT(xvcpu_translate, error, 48);
SIZE(xvcpu_life, 192);
AT(xvcpu_life, preferred, 24);
AT(xvcpu_life, set, 32);
AT(xvcpu_life, error, 160);
SIZE(xvcpu_affinity, 176);
AT(xvcpu_affinity, set, 16);
AT(xvcpu_affinity, error, 144);
SIZE(xvcpu_tsc, 64);
AT(xvcpu_tsc, khz, 40);
SIZE(xvcpu_access, 72);
AT(xvcpu_access, length, 24);
AT(xvcpu_access, error, 40);
SIZE(xvcpu_nmi, 40);
AT(xvcpu_nmi, error, 8);
SIZE(xvcpu_exception, 64);
AT(xvcpu_exception, payload, 24);
AT(xvcpu_exception, error, 32);
SIZE(xvcpu_msrs, 8);
SIZE(xvcpu_cpuid_table, 8);
SIZE(xvcpu_debug_regs, 48);
SIZE(xvcpu_pending, 64);
SIZE(xvcpu_state_group, 8);
SIZE(xvcpu_state, 64 + 16 * 8);
AT(xvcpu_state, error, 32);
AT(xvcpu_state, groups, 64);
SIZE(xvcpu_reset, 40);

SIZE(xvcpu_run_request, 256);
AT(xvcpu_run_request, payload, 24);
AT(xvcpu_run_request, dirty, 40);
SIZE(xvcpu_exit_io, 24);
AT(xvcpu_exit_io, data, 8);
SIZE(xvcpu_exit_mmio, 104);
AT(xvcpu_exit_mmio, insn, 23);
AT(xvcpu_exit_mmio, data, 40);
SIZE(xvcpu_exit_msr, 16);
SIZE(xvcpu_exit_hypercall, 72);
AT(xvcpu_exit_hypercall, cpl, 64);
SIZE(xvcpu_exit_cpuid, 24);
SIZE(xvcpu_exit_instruction, 40);
AT(xvcpu_exit_instruction, operand, 16);
AT(xvcpu_exit_instruction, carry, 32);
SIZE(xvcpu_exit_exception, 40);
AT(xvcpu_exit_exception, payload, 16);
SIZE(xvcpu_exit_memory, 40);
SIZE(xvcpu_exit_fail_entry, 48);
SIZE(xvcpu_exit_hardware, 56);
SIZE(xvcpu_run_exit, 64 + 256 + 32);
AT(xvcpu_run_exit, io, 64);
AT(xvcpu_run_exit, mmio, 64);
AT(xvcpu_run_exit, error, 320);
SIZE(xvcpu_run_sync, 64 + 192 + 128 + 256);
AT(xvcpu_run_sync, regs, 64);
AT(xvcpu_run_sync, cregs, 256);
AT(xvcpu_run_sync, sregs, 384);
SIZE(xvcpu_exit_record, 40);
AT(xvcpu_exit_record, flags, 4);
AT(xvcpu_exit_record, qualification, 8);
AT(xvcpu_exit_record, tsc, 32);
SIZE(xvcpu_run_stats, 3648);
AT(xvcpu_run_stats, begun, 1024);
AT(xvcpu_run_stats, ring, 1088);

_Static_assert(XVCPU_GET_INFO == 0xd700, "number of XVCPU_GET_INFO");
_Static_assert(XVCPU_CREATE_VCPU == 0xd720, "number of XVCPU_CREATE_VCPU");
_Static_assert(XVCPU_RUN == 0xd740, "number of XVCPU_RUN");

/* The header's word about the layout, and the kernel's. */
TEST(kernel_speaks_this_header)
{
	struct xvcpu_info info;
	int dev = dev_open();

	get_info(dev, &info);
	EXPECT_EQ(XVCPU_ABI_VERSION, info.abi_version);
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_LE(sizeof(struct xvcpu_run_stats), info.stats_size);
}

TEST(sections_do_not_share_pages)
{
	struct xvcpu_info info;
	uint32_t at[4], size[4] = {
		sizeof(struct xvcpu_run_request), sizeof(struct xvcpu_run_exit),
		sizeof(struct xvcpu_run_sync), PAGE_BYTES,
	};
	unsigned int i, k;
	int dev = dev_open();

	get_info(dev, &info);
	at[0] = info.run_request;
	at[1] = info.run_exit;
	at[2] = info.run_sync;
	at[3] = info.run_data;
	EXPECT_EQ(0, info.run_size % PAGE_BYTES);
	for (i = 0; i < 4; i++) {
		EXPECT_LE(at[i] + size[i], info.run_size);
		for (k = 0; k < i; k++) {
			EXPECT_NE(at[k] / PAGE_BYTES, at[i] / PAGE_BYTES);
			EXPECT_TRUE(at[k] + size[k] <= at[i] || at[i] + size[i] <= at[k]);
		}
	}
}

TEST_HARNESS_MAIN
