// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XSAVE group: what the guest left in its vector registers is read, what the VMM writes the
 * guest finds, and what no XRSTOR would take is refused.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

/* Offsets in the XSAVE area (SDM "XSAVE Area"). */
#define FCW_AT		0
#define MXCSR_AT	24
#define ST0_AT		32
#define XMM0_AT		160
#define XSTATE_BV_AT	512
#define XCOMP_BV_AT	520
#define RESERVED_AT	528
#define YMM_HIGH_AT	576

#define BV_X87		1ull
#define BV_SSE		2ull
#define BV_AVX		4ull

#define DATA_AT		0xa100
#define BACK_AT		0xa200

/* From DATA_AT to YMM3 and MXCSR; and all of it back to BACK_AT. */
GUEST_CODE(load_vectors, 64, "vmovups 0xa100, %ymm3; ldmxcsr 0xa180; fldpi; hlt");
GUEST_CODE(load_sse, 64, "movups 0xa100, %xmm3; ldmxcsr 0xa180; fldpi; hlt");
GUEST_CODE(store_vectors, 64, "vmovups %ymm3, 0xa200; stmxcsr 0xa280; fstpt 0xa290; hlt");
GUEST_CODE(store_sse, 64, "movups %xmm3, 0xa200; stmxcsr 0xa280; fstpt 0xa290; hlt");

static uint8_t area[16384] __attribute__((aligned(64)));

FIXTURE(xsave) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	bool avx, xsave;
	uint32_t size;
};

static uint64_t *word(uint32_t at)
{
	return (uint64_t *)(area + at);
}

static uint32_t group_size(struct test_vcpu *vcpu)
{
	struct xvcpu_state args = {
		.size = sizeof(args),
		.mask = XVCPU_GROUP_BIT(XVCPU_GROUP_XSAVE),
		.buffer = (uintptr_t)area,
		.length = sizeof(area),
	};

	if (call(vcpu->fd, XVCPU_GET_STATE, &args))
		die("GET_STATE of XSAVE: error %u", args.error.code);
	return args.groups[XVCPU_GROUP_XSAVE].size;
}

FIXTURE_SETUP(xsave)
{
	struct cpuid_group table;
	struct xvcpu_cpuid_entry *leaf;
	unsigned int i;

	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_get_cpuid(&self->vcpu, &table);
	leaf = cpuid_find(&table, 1, 0);
	self->xsave = leaf->ecx & 1 << 26;
	self->avx = leaf->ecx & 1 << 28;
	self->size = group_size(&self->vcpu);
	guest_begin(&self->vcpu, MODE_LONG, self->avx ? &load_vectors : &load_sse);
	if (self->avx) {
		guest_cregs(&self->vcpu)->cr4 |= CR4_OSXSAVE;
		guest_cregs(&self->vcpu)->xcr0 = 7;
	}
	for (i = 0; i < 4; i++)
		guest_write64(&self->vm, DATA_AT + 8 * i, 0x1111111111111111 * (i + 1));
	guest_write64(&self->vm, DATA_AT + 0x80, 0x5f80);
}

FIXTURE_TEARDOWN(xsave)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

TEST_F(xsave, it_holds_what_the_guest_left)
{
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	EXPECT_EQ(0x5f80, *word(MXCSR_AT) & 0xffffffff);
	EXPECT_EQ(0x1111111111111111, *word(XMM0_AT + 3 * 16));
	EXPECT_EQ(0x2222222222222222, *word(XMM0_AT + 3 * 16 + 8));
	/* Pi, as the processor holds it. */
	EXPECT_EQ(0xc90fdaa22168c235, *word(ST0_AT));
	if (!self->xsave)
		return;
	EXPECT_EQ(BV_X87 | BV_SSE, *word(XSTATE_BV_AT) & (BV_X87 | BV_SSE));
	EXPECT_EQ(0, *word(XCOMP_BV_AT));
	if (!self->avx)
		return;
	EXPECT_TRUE(*word(XSTATE_BV_AT) & BV_AVX);
	EXPECT_EQ(0x3333333333333333, *word(YMM_HIGH_AT + 3 * 16));
	EXPECT_EQ(0x4444444444444444, *word(YMM_HIGH_AT + 3 * 16 + 8));
}

TEST_F(xsave, the_guest_finds_what_is_set)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	*word(XMM0_AT + 3 * 16) = 0xaaaaaaaaaaaaaaaa;
	*word(YMM_HIGH_AT + 3 * 16 + 8) = 0xbbbbbbbbbbbbbbbb;
	*word(ST0_AT) = 0x8000000000000001;
	*(uint32_t *)(area + MXCSR_AT) = 0x3f80;
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	guest_next(vcpu, self->avx ? &store_vectors : &store_sse);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0xaaaaaaaaaaaaaaaa, guest_read64(&self->vm, BACK_AT));
	EXPECT_EQ(0x2222222222222222, guest_read64(&self->vm, BACK_AT + 8));
	if (self->avx)
		EXPECT_EQ(0xbbbbbbbbbbbbbbbb, guest_read64(&self->vm, BACK_AT + 24));
	EXPECT_EQ(0x3f80, guest_read64(&self->vm, BACK_AT + 0x80) & 0xffffffff);
	EXPECT_EQ(0x8000000000000001, guest_read64(&self->vm, BACK_AT + 0x90));
}

/* A component that is not named gets its initial state, whatever stands in its place. */
TEST_F(xsave, components_that_are_not_named_are_initial)
{
	struct test_vcpu *vcpu = &self->vcpu;

	if (!self->avx)
		SKIP(return, "the processor has no component but x87 and SSE");
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	*word(XSTATE_BV_AT) = BV_X87 | BV_SSE;
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	guest_next(vcpu, &store_vectors);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x2222222222222222, guest_read64(&self->vm, BACK_AT + 8));
	EXPECT_EQ(0, guest_read64(&self->vm, BACK_AT + 16));
	EXPECT_EQ(0, guest_read64(&self->vm, BACK_AT + 24));
}

TEST_F(xsave, reset_makes_it_initial)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	ASSERT_EQ(0, vcpu_reset(vcpu));
	ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	EXPECT_EQ(0x40, *word(FCW_AT) & 0xffff);
	EXPECT_EQ(0x1f80, *word(MXCSR_AT) & 0xffffffff);
	EXPECT_EQ(0, *word(XMM0_AT + 3 * 16));
	EXPECT_EQ(0, *word(YMM_HIGH_AT + 3 * 16));
}

/* Everything of one vCPU into another, through one call each. */
TEST_F(xsave, it_moves_with_the_rest_of_the_state)
{
	struct test_vcpu other;
	struct snapshot before, after;

	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_XSAVE, area, self->size));
	vcpu_open(&other, &self->vm, 1);
	ASSERT_EQ(0, vcpu_set(&other, XVCPU_GROUP_XSAVE, area, self->size));
	guest_mode(&other, MODE_LONG);
	EXPECT_EQ(0, vcpu_get(&other, XVCPU_GROUP_XSAVE, area + 8192, self->size));
	/* guest_mode() makes a RESET. */
	EXPECT_NE(0, memcmp(area, area + 8192, self->size));
	ASSERT_EQ(0, vcpu_set(&other, XVCPU_GROUP_XSAVE, area, self->size));
	memset(area + 8192, POISON, self->size);
	EXPECT_EQ(0, vcpu_get(&other, XVCPU_GROUP_XSAVE, area + 8192, self->size));
	EXPECT_EQ(0, memcmp(area, area + 8192, self->size));
	vcpu_snapshot(&other, &before);
	vcpu_snapshot(&other, &after);
	EXPECT_EQ(-1, snapshots_differ(&before, &after));
	vcpu_close(&other);
}

TEST_F(xsave, what_xrstor_would_not_take_is_refused)
{
	static const struct {
		uint32_t at;
		uint64_t bits;
		uint32_t code;
		bool legacy;
	} rows[] = {
		{ MXCSR_AT, 0x10000, XVCPU_ERR_BITS, true },
		{ XSTATE_BV_AT, 1ull << 62, XVCPU_ERR_BITS },
		{ XSTATE_BV_AT, 1ull << 9, XVCPU_ERR_BITS },
		{ XCOMP_BV_AT, 1ull << 63, XVCPU_ERR_VALUE },
		{ RESERVED_AT, 1, XVCPU_ERR_RESERVED },
		{ RESERVED_AT + 40, 1ull << 63, XVCPU_ERR_RESERVED },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].legacy && !self->xsave)
			continue;
		ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
		memcpy(area + 8192, area, self->size);
		*word(rows[i].at) |= rows[i].bits;
		*word(XMM0_AT) = 0x6666;
		EXPECT_EQ(-EINVAL, vcpu_set(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
		EXPECT_EQ(rows[i].code, vcpu->error.code) TH_LOG("row %u", i);
		EXPECT_EQ(XVCPU_GROUP_XSAVE, vcpu->error.index);
		/* Nothing of it was taken. */
		ASSERT_EQ(0, vcpu_get(vcpu, XVCPU_GROUP_XSAVE, area, self->size));
		EXPECT_EQ(0, memcmp(area, area + 8192, self->size));
	}
	EXPECT_EQ(-EINVAL, vcpu_set(vcpu, XVCPU_GROUP_XSAVE, area, self->size - 8));
	EXPECT_EQ(XVCPU_ERR_SIZE, vcpu->error.code);
	EXPECT_EQ(self->size, vcpu->error.expected);
	EXPECT_EQ(-EINVAL, vcpu_set(vcpu, XVCPU_GROUP_XSAVE, area, 512));
	EXPECT_EQ(XVCPU_ERR_SIZE, vcpu->error.code);
}

TEST_HARNESS_MAIN
