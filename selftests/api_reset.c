// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state after power-up: what a new vCPU has and what XVCPU_RESET gives, member by member (SDM
 * "Processor State After Reset"), and what a reset leaves alone.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define APIC_BASE	0xfee00000ull
#define APIC_EN		0x800ull
#define APIC_BSP	0x100ull

GUEST_CODE(out_forever, 16, "1: out %al, $0x80; jmp 1b");
GUEST_CODE(halt, 16, "hlt");

FIXTURE(reset) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct snapshot fresh, after;
};

FIXTURE_SETUP(reset)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_snapshot(&self->vcpu, &self->fresh);
}

FIXTURE_TEARDOWN(reset)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void read_state(struct test_vcpu *vcpu, enum xvcpu_group group, void *data, uint32_t size)
{
	memset(data, POISON, size);
	if (vcpu_get(vcpu, group, data, size))
		die("GET of group %u", group);
}

TEST_F(reset, a_new_vcpu_has_the_general_registers_of_power_up)
{
	struct xvcpu_regs regs, want = { .rip = 0xfff0, .rflags = 2 };
	uint32_t signature;

	read_state(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs));
	/* EDX is the processor's signature. */
	signature = regs.rdx;
	EXPECT_NE(0, signature);
	want.rdx = signature;
	EXPECT_EQ(0, memcmp(&want, &regs, sizeof(regs)));
}

static void expect_segment(struct __test_metadata *_metadata, const char *name,
			   const struct xvcpu_segment *segment, uint64_t base, uint16_t selector,
			   uint16_t ar)
{
	EXPECT_EQ(base, segment->base) {
		TH_LOG("%s", name);
	}
	EXPECT_EQ(0xffff, segment->limit) {
		TH_LOG("%s", name);
	}
	EXPECT_EQ(selector, segment->selector) {
		TH_LOG("%s", name);
	}
	EXPECT_EQ(ar, segment->ar) {
		TH_LOG("%s", name);
	}
	EXPECT_EQ(0, segment->unusable);
	EXPECT_EQ(0, segment->reserved);
}

TEST_F(reset, a_new_vcpu_has_the_segments_of_power_up)
{
	struct xvcpu_sregs sregs;
	unsigned int i;

	read_state(&self->vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs));
	expect_segment(_metadata, "CS", &sregs.cs, 0xffff0000, 0xf000, 0x9b);
	expect_segment(_metadata, "DS", &sregs.ds, 0, 0, 0x93);
	expect_segment(_metadata, "ES", &sregs.es, 0, 0, 0x93);
	expect_segment(_metadata, "SS", &sregs.ss, 0, 0, 0x93);
	expect_segment(_metadata, "FS", &sregs.fs, 0, 0, 0x93);
	expect_segment(_metadata, "GS", &sregs.gs, 0, 0, 0x93);
	expect_segment(_metadata, "LDTR", &sregs.ldtr, 0, 0, 0x82);
	expect_segment(_metadata, "TR", &sregs.tr, 0, 0, 0x8b);
	EXPECT_EQ(0, sregs.gdtr.base);
	EXPECT_EQ(0xffff, sregs.gdtr.limit);
	EXPECT_EQ(0, sregs.idtr.base);
	EXPECT_EQ(0xffff, sregs.idtr.limit);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, sregs.reserved[i]);
}

TEST_F(reset, a_new_vcpu_has_the_control_registers_of_power_up)
{
	struct xvcpu_cregs cregs, want = {
		.cr0 = CR0_CD | CR0_NW | CR0_ET, .apic_base = APIC_BASE | APIC_EN | APIC_BSP,
		.xcr0 = 1,
	};

	read_state(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs));
	EXPECT_EQ(want.cr0, cregs.cr0);
	EXPECT_EQ(want.apic_base, cregs.apic_base);
	EXPECT_EQ(0, memcmp(&want, &cregs, sizeof(cregs)));
}

TEST_F(reset, only_vcpu_0_is_the_bootstrap_processor)
{
	struct test_vcpu other;
	struct xvcpu_cregs cregs;

	vcpu_open(&other, &self->vm, 1);
	read_state(&other, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs));
	EXPECT_EQ(APIC_BASE | APIC_EN, cregs.apic_base);
	EXPECT_EQ(0, vcpu_reset(&other));
	read_state(&other, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs));
	EXPECT_EQ(APIC_BASE | APIC_EN, cregs.apic_base);
	vcpu_close(&other);
}

TEST_F(reset, a_new_vcpu_has_the_msrs_and_debug_registers_of_power_up)
{
	struct xvcpu_debug_regs debug;
	struct xvcpu_pending pending, nothing = { 0 };
	struct msr_group msrs;
	uint32_t i;

	read_state(&self->vcpu, XVCPU_GROUP_MSRS, &msrs, sizeof(msrs));
	for (i = 0; i < msrs.head.nr; i++) {
		uint64_t want = msrs.msr[i].index == 0x277 /* PAT */ ? 0x0007040600070406 : 0;

		EXPECT_EQ(0, msrs.msr[i].reserved);
		if (msrs.msr[i].index == 0x10 /* TSC */)
			continue;
		EXPECT_EQ(want, msrs.msr[i].value) {
			TH_LOG("MSR %#x", msrs.msr[i].index);
		}
	}
	read_state(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, debug.db[i]);
	EXPECT_EQ(0xffff0ff0, debug.dr6);
	EXPECT_EQ(0x400, debug.dr7);
	read_state(&self->vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending));
	EXPECT_EQ(0, memcmp(&nothing, &pending, sizeof(pending)));
}

/* Everything that can be changed is changed, and everything comes back. */
TEST_F(reset, after_anything_reset_gives_the_fresh_state)
{
	struct xvcpu_regs regs = { .rflags = 0x246, .rip = 0x8000 };
	struct xvcpu_cregs cregs;
	struct xvcpu_debug_regs debug = { .db = { 1, 2, 3, 4 }, .dr6 = 1, .dr7 = 0x155 };
	struct msr_group msrs;
	uint32_t i;

	guest_begin(&self->vcpu, MODE_LONG, &out_forever);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	memset(&regs, 0x5a, offsetof(struct xvcpu_regs, rip));
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	read_state(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs));
	cregs.cr0 = CR0_ET | CR0_PE | CR0_PG | CR0_TS;
	cregs.cr2 = 0x7000;
	cregs.cr3 = 0x7000;
	cregs.cr4 = CR4_PAE | (vcpu_has_avx(&self->vcpu) ? CR4_OSXSAVE : 0);
	cregs.cr8 = 5;
	cregs.efer = EFER_LME | EFER_LMA | EFER_SCE;
	cregs.pdpte[2] = 0x9001;
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	read_state(&self->vcpu, XVCPU_GROUP_MSRS, &msrs, sizeof(msrs));
	for (i = 0; i < msrs.head.nr; i++) {
		if (msrs.msr[i].index != 0x10 && msrs.msr[i].index != 0x277)
			ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, msrs.msr[i].index, 0x1234));
	}
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, 0x277, 0x0606060606060606));
	vcpu_snapshot(&self->vcpu, &self->after);
	EXPECT_NE(-1, snapshots_differ(&self->fresh, &self->after));

	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	vcpu_snapshot(&self->vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->fresh, &self->after));
}

TEST_F(reset, reset_keeps_cpuid_counters_and_a_kick)
{
	struct cpuid_group table, back;
	uint64_t entries;

	guest_begin(&self->vcpu, MODE_REAL, &halt);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	entries = vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES);
	vcpu_get_cpuid(&self->vcpu, &table);
	table.head.nr--;
	ASSERT_EQ(0, vcpu_set_cpuid(&self->vcpu, &table));
	ASSERT_EQ(0, vcpu_kick(&self->vcpu));

	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	vcpu_get_cpuid(&self->vcpu, &back);
	EXPECT_EQ(table.head.nr, back.head.nr);
	EXPECT_EQ(entries, vcpu_counter(&self->vcpu, XVCPU_COUNT_ENTRIES));
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
}

/* A vCPU that went its own way in time is brought back to the VM's. */
TEST_F(reset, reset_gives_the_tsc_of_the_vm)
{
	struct test_vcpu other;
	uint64_t before, tsc;

	vcpu_open(&other, &self->vm, 1);
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, 0x10, 1ull << 60));
	EXPECT_LE(1ull << 60, vcpu_msr(&self->vcpu, 0x10));
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	before = vcpu_msr(&other, 0x10);
	tsc = vcpu_msr(&self->vcpu, 0x10);
	EXPECT_LT(before, tsc);
	EXPECT_LT(tsc, vcpu_msr(&other, 0x10));
	vcpu_close(&other);
}

TEST_F(reset, reset_drops_a_waiting_exit_and_what_was_valid)
{
	struct xvcpu_pending pending;

	guest_begin(&self->vcpu, MODE_REAL, &out_forever);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	EXPECT_EQ(ALL_SYNCED, self->vcpu.sync->valid);
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	EXPECT_EQ(0, self->vcpu.sync->valid);
	read_state(&self->vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending));
	EXPECT_EQ(XVCPU_EXIT_NONE, pending.reason);
	/* The answer of then is not an answer to anything now. */
	self->vcpu.request->answer = XVCPU_ANSWER_EXCEPTION;
	self->vcpu.request->vector = 2;
	guest_mode(&self->vcpu, MODE_REAL);
	guest_load(&self->vm, GUEST_CODE_AT, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
}

/* 0xfffffff0 in a machine that has memory there. */
TEST_F(reset, the_first_fetch_is_at_the_reset_vector)
{
	uint8_t *rom = pages_alloc(65536, 0x22 /* private, anonymous */);

	rom[0xfff0] = 0xf4;
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0xffff0000, 65536, rom, XVCPU_SLOT_READONLY));
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_HLT, self->vcpu.exit->reason);
	EXPECT_EQ(0xfff1, self->vcpu.sync->regs.rip);
}

TEST_F(reset, without_memory_the_first_fetch_is_a_memory_fault)
{
	EXPECT_EQ(0, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_EXIT_MEMORY_FAULT, self->vcpu.exit->reason);
	EXPECT_EQ(0xfffffff0, self->vcpu.exit->memory.gpa);
	EXPECT_EQ(XVCPU_ACCESS_EXEC, self->vcpu.exit->memory.access & 7);
	EXPECT_EQ(0, self->vcpu.exit->memory.error);
	EXPECT_EQ(0xfff0, self->vcpu.sync->regs.rip);
}

TEST_HARNESS_MAIN
