// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_GET_STATE, XVCPU_SET_STATE and XVCPU_RESET: groups and their places, what each group
 * refuses and by which name, and that a refusal changes nothing at all.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define LAST_GROUP	XVCPU_GROUP_TSC
#define EVERY_GROUP	(XVCPU_GROUP_BIT(LAST_GROUP + 1) - 1)
#define SETTABLE	(EVERY_GROUP & ~XVCPU_GROUP_BIT(XVCPU_GROUP_PENDING))

FIXTURE(state) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct snapshot before, after;
	struct xvcpu_state args;
	uint8_t buffer[16384];
};

FIXTURE_SETUP(state)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_snapshot(&self->vcpu, &self->before);
}

FIXTURE_TEARDOWN(state)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

#define EXPECT_UNCHANGED() do {								\
	vcpu_snapshot(&self->vcpu, &self->after);					\
	EXPECT_EQ(-1, snapshots_differ(&self->before, &self->after));			\
} while (0)

static long get(struct test_vcpu *vcpu, struct xvcpu_state *args, uint64_t mask, void *buffer,
		uint32_t length)
{
	*args = (struct xvcpu_state) {
		.size = sizeof(*args), .mask = mask, .buffer = (uintptr_t)buffer, .length = length,
	};
	return call(vcpu->fd, XVCPU_GET_STATE, args);
}

/* ---- places ---- */

TEST_F(state, get_tells_where_each_group_is)
{
	struct xvcpu_state *args = &self->args;
	unsigned int i;

	ASSERT_EQ(0, get(&self->vcpu, args, EVERY_GROUP, self->buffer, sizeof(self->buffer)));
	for (i = 0; i < XVCPU_GROUP_SLOTS; i++) {
		if (i > LAST_GROUP) {
			EXPECT_EQ(0, args->groups[i].size);
			EXPECT_EQ(0, args->groups[i].offset);
			continue;
		}
		EXPECT_LT(0, args->groups[i].size);
		EXPECT_EQ(0, args->groups[i].offset % 8);
		EXPECT_LE(args->groups[i].offset + args->groups[i].size, args->length);
	}
	EXPECT_EQ(sizeof(struct xvcpu_regs), args->groups[XVCPU_GROUP_REGS].size);
	EXPECT_EQ(sizeof(struct xvcpu_sregs), args->groups[XVCPU_GROUP_SREGS].size);
	EXPECT_EQ(sizeof(struct xvcpu_cregs), args->groups[XVCPU_GROUP_CREGS].size);
	EXPECT_EQ(sizeof(struct xvcpu_debug_regs), args->groups[XVCPU_GROUP_DEBUG].size);
	EXPECT_EQ(sizeof(struct xvcpu_pending), args->groups[XVCPU_GROUP_PENDING].size);
}

TEST_F(state, get_writes_the_groups_asked_for_and_nothing_else)
{
	struct xvcpu_state *args = &self->args;
	uint64_t mask;
	uint32_t i;

	for (mask = 1; mask <= EVERY_GROUP; mask++) {
		memset(self->buffer, POISON, sizeof(self->buffer));
		ASSERT_EQ(0, get(&self->vcpu, args, mask, self->buffer, sizeof(self->buffer)));
		for (i = 0; i <= LAST_GROUP; i++)
			EXPECT_EQ(!!(mask & XVCPU_GROUP_BIT(i)), !!args->groups[i].size);
		for (i = args->length; i < sizeof(self->buffer) && self->buffer[i] == POISON; i++)
			;
		EXPECT_EQ(sizeof(self->buffer), i);
	}
}

TEST_F(state, get_says_how_much_room_it_needs)
{
	struct xvcpu_state *args = &self->args;
	uint32_t need, i;

	ASSERT_EQ(0, get(&self->vcpu, args, EVERY_GROUP, self->buffer, sizeof(self->buffer)));
	need = args->length;
	memset(self->buffer, POISON, sizeof(self->buffer));
	EXPECT_EQ(-ENOSPC, get(&self->vcpu, args, EVERY_GROUP, self->buffer, need - 1));
	EXPECT_EQ(XVCPU_ERR_SPACE, args->error.code);
	EXPECT_EQ(offsetof(struct xvcpu_state, length), args->error.field);
	EXPECT_EQ(need - 1, args->error.value);
	EXPECT_EQ(need, args->error.expected);
	EXPECT_EQ(need - 1, args->length);
	for (i = 0; i < need && self->buffer[i] == POISON; i++)
		;
	EXPECT_EQ(need, i);
	EXPECT_EQ(0, get(&self->vcpu, args, EVERY_GROUP, self->buffer, need));
	EXPECT_EQ(-ENOSPC, get(&self->vcpu, args, EVERY_GROUP, self->buffer, 0));
}

TEST_F(state, what_get_filled_can_be_given_to_set)
{
	struct xvcpu_state *args = &self->args;

	ASSERT_EQ(0, get(&self->vcpu, args, SETTABLE, self->buffer, sizeof(self->buffer)));
	EXPECT_EQ(0, call(self->vcpu.fd, XVCPU_SET_STATE, args));
	EXPECT_UNCHANGED();
}

TEST_F(state, unknown_and_missing_groups_are_refused)
{
	struct xvcpu_state *args = &self->args;
	unsigned int bit;

	for (bit = LAST_GROUP + 1; bit < 64; bit++) {
		EXPECT_EQ(-EINVAL, get(&self->vcpu, args, 1ull << bit, self->buffer, 16384));
		EXPECT_EQ(XVCPU_ERR_BITS, args->error.code);
		EXPECT_EQ(offsetof(struct xvcpu_state, mask), args->error.field);
		EXPECT_EQ(1ull << bit, args->error.value);
		EXPECT_EQ(EVERY_GROUP, args->error.expected);
		EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_SET_STATE, args));
		EXPECT_EQ(XVCPU_ERR_BITS, args->error.code);
	}
	EXPECT_EQ(-EINVAL, get(&self->vcpu, args, 0, self->buffer, 16384));
	EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_SET_STATE, args));
}

TEST_F(state, the_pending_group_cannot_be_set)
{
	struct xvcpu_state *args = &self->args;

	ASSERT_EQ(0, get(&self->vcpu, args, EVERY_GROUP, self->buffer, sizeof(self->buffer)));
	EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_SET_STATE, args));
	EXPECT_EQ(XVCPU_GROUP_PENDING, args->error.index);
	EXPECT_UNCHANGED();
}

/* A place that is wrong in one group: nothing of the other groups is applied. */
TEST_F(state, places_of_groups_are_checked)
{
	struct xvcpu_state *args = &self->args;
	const uint64_t mask = XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) |
			      XVCPU_GROUP_BIT(XVCPU_GROUP_DEBUG);
	struct xvcpu_state_group *place = &args->groups[XVCPU_GROUP_DEBUG];
	static const struct {
		uint32_t offset, size, code;
	} bad[] = {
		{ 4, 48, XVCPU_ERR_ALIGN },
		{ 193, 48, XVCPU_ERR_ALIGN },
		{ 192, 47, XVCPU_ERR_SIZE },
		{ 192, 0, XVCPU_ERR_SIZE },
		{ 192, 16384, XVCPU_ERR_WRAP },
		{ 192, ~0u, XVCPU_ERR_WRAP },
		{ 240, 48, XVCPU_ERR_WRAP },
		{ 0xfffffff8, 48, XVCPU_ERR_WRAP },
		{ 0xfffffff8, 8, XVCPU_ERR_WRAP },
		{ 0, 48, XVCPU_ERR_OVERLAP },
		{ 184, 48, XVCPU_ERR_OVERLAP },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(0, get(&self->vcpu, args, mask, self->buffer, sizeof(self->buffer)));
		((struct xvcpu_regs *)self->buffer)->r15 = 0x5555;
		place->offset = bad[i].offset;
		place->size = bad[i].size;
		EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_SET_STATE, args)) {
			TH_LOG("place %u", i);
		}
		EXPECT_EQ(bad[i].code, args->error.code) {
			TH_LOG("place %u", i);
		}
		EXPECT_EQ(XVCPU_GROUP_DEBUG, args->error.index);
		EXPECT_UNCHANGED();
	}
}

TEST_F(state, a_longer_group_needs_a_zero_tail)
{
	struct xvcpu_debug_regs *debug = (void *)self->buffer;

	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_DEBUG, debug, sizeof(*debug)));
	memset(debug + 1, 0, 64);
	EXPECT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, debug, sizeof(*debug) + 64));
	self->buffer[sizeof(*debug) + 63] = 1;
	debug->db[0] = 1;
	EXPECT_EQ(-EINVAL, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, debug, sizeof(*debug) + 64));
	EXPECT_EQ(XVCPU_ERR_SIZE, self->vcpu.error.code);
	EXPECT_UNCHANGED();
}

TEST_F(state, buffers_of_absurd_length_are_refused)
{
	struct xvcpu_state *args = &self->args;
	static const uint32_t lengths[] = { 1 << 20, 0x7fffffff, ~0u };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		ASSERT_EQ(0, get(&self->vcpu, args, 1, self->buffer, sizeof(self->buffer)));
		args->length = lengths[i];
		EXPECT_GT(0, call(self->vcpu.fd, XVCPU_SET_STATE, args));
		EXPECT_UNCHANGED();
	}
}

/* ---- values ---- */

/* One 64-bit, 32-bit or 16-bit member of a group set to a value that is refused. */
struct bad_value {
	uint32_t at, width;
	uint64_t value;
	uint32_t code;
	uint32_t field;		/* where it differs from @at: + 1 */
};

static void refuse_values(struct __test_metadata *_metadata, struct test_vcpu *vcpu,
			  enum xvcpu_group group, uint32_t size, const struct bad_value *bad,
			  unsigned int nr)
{
	static struct snapshot before, after;
	uint8_t good[1024], data[1024];
	unsigned int i;

	if (vcpu_get(vcpu, group, good, size))
		die("GET of group %u", group);
	vcpu_snapshot(vcpu, &before);
	for (i = 0; i < nr; i++) {
		memcpy(data, good, size);
		memcpy(data + bad[i].at, &bad[i].value, bad[i].width);
		EXPECT_EQ(-EINVAL, vcpu_set(vcpu, group, data, size)) {
			TH_LOG("value %u: %#llx at %u", i, (unsigned long long)bad[i].value,
			       bad[i].at);
		}
		EXPECT_EQ(bad[i].code, vcpu->error.code) {
			TH_LOG("value %u: %#llx at %u", i, (unsigned long long)bad[i].value,
			       bad[i].at);
		}
		EXPECT_EQ(group, vcpu->error.index);
		EXPECT_EQ(bad[i].field ? bad[i].field - 1 : bad[i].at, vcpu->error.field) {
			TH_LOG("value %u", i);
		}
		vcpu_snapshot(vcpu, &after);
		EXPECT_EQ(-1, snapshots_differ(&before, &after));
	}
	EXPECT_EQ(0, vcpu_set(vcpu, group, good, size));
}

#define REGS(member)	offsetof(struct xvcpu_regs, member)

TEST_F(state, regs_refuse_reserved_rflags_and_members)
{
	static const struct bad_value bad[] = {
		{ REGS(rflags), 8, 0, XVCPU_ERR_BITS },		/* bit 1 must be set */
		{ REGS(rflags), 8, 0x2 | 1 << 3, XVCPU_ERR_BITS },
		{ REGS(rflags), 8, 0x2 | 1 << 5, XVCPU_ERR_BITS },
		{ REGS(rflags), 8, 0x2 | 1 << 15, XVCPU_ERR_BITS },
		{ REGS(rflags), 8, 0x2 | 1 << 22, XVCPU_ERR_BITS },
		{ REGS(rflags), 8, 0x2 | 1ull << 31, XVCPU_ERR_BITS },
		{ REGS(rflags), 8, 0x2 | 1ull << 32, XVCPU_ERR_BITS },
		{ REGS(rflags), 8, 0x2 | 1ull << 63, XVCPU_ERR_BITS },
		{ REGS(reserved), 8, 1, XVCPU_ERR_RESERVED },
		{ REGS(reserved), 8, 1ull << 63, XVCPU_ERR_RESERVED },
		{ REGS(reserved) + 40, 8, 1, XVCPU_ERR_RESERVED, REGS(reserved) + 1 },
	};

	refuse_values(_metadata, &self->vcpu, XVCPU_GROUP_REGS, sizeof(struct xvcpu_regs), bad,
		      ARRAY_SIZE(bad));
}

TEST_F(state, regs_hold_any_value)
{
	struct xvcpu_regs regs = { 0 }, back;
	__u64 *words = &regs.rax;
	unsigned int i;

	for (i = 0; i < 17; i++)
		words[i] = 0x8123456789abcdefull * (i + 1);
	regs.rflags = 0x3f7fd7;
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	memset(&back, POISON, sizeof(back));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &back, sizeof(back)));
	EXPECT_EQ(0, memcmp(&regs, &back, sizeof(regs)));
}

#define SREGS(member)	offsetof(struct xvcpu_sregs, member)

TEST_F(state, sregs_refuse_what_no_register_can_hold)
{
	static const struct bad_value bad[] = {
		{ SREGS(es.base), 8, 1ull << 63, XVCPU_ERR_CANONICAL },
		{ SREGS(cs.base), 8, 0x0000800000000000, XVCPU_ERR_CANONICAL },
		{ SREGS(fs.base), 8, 0xffff7fffffffffff, XVCPU_ERR_CANONICAL },
		{ SREGS(tr.base), 8, 1ull << 48, XVCPU_ERR_CANONICAL },
		{ SREGS(ss.ar), 2, 0x0193, XVCPU_ERR_BITS },
		{ SREGS(ds.ar), 2, 0x0893, XVCPU_ERR_BITS },
		{ SREGS(ldtr.ar), 2, 0x0f82, XVCPU_ERR_BITS },
		{ SREGS(gs.unusable), 4, 2, XVCPU_ERR_RANGE },
		{ SREGS(gs.unusable), 4, ~0u, XVCPU_ERR_RANGE },
		{ SREGS(es.reserved), 4, 1, XVCPU_ERR_RESERVED },
		{ SREGS(tr.reserved), 4, 1u << 31, XVCPU_ERR_RESERVED },
		{ SREGS(gdtr.base), 8, 1ull << 62, XVCPU_ERR_CANONICAL },
		{ SREGS(gdtr.limit), 4, 0x10000, XVCPU_ERR_RANGE },
		{ SREGS(idtr.base), 8, 1ull << 47, XVCPU_ERR_CANONICAL },
		{ SREGS(idtr.limit), 4, ~0u, XVCPU_ERR_RANGE },
		{ SREGS(gdtr.reserved), 4, 1, XVCPU_ERR_RESERVED },
		{ SREGS(idtr.reserved), 4, 1, XVCPU_ERR_RESERVED },
		{ SREGS(reserved), 8, 1, XVCPU_ERR_RESERVED },
		{ SREGS(reserved) + 24, 8, 1, XVCPU_ERR_RESERVED, SREGS(reserved) + 1 },
	};

	refuse_values(_metadata, &self->vcpu, XVCPU_GROUP_SREGS, sizeof(struct xvcpu_sregs), bad,
		      ARRAY_SIZE(bad));
}

TEST_F(state, sregs_come_back_as_they_were_set)
{
	struct xvcpu_sregs sregs = { 0 }, back;
	struct xvcpu_segment *segment = &sregs.es;
	unsigned int i;

	for (i = 0; i < 8; i++, segment++) {
		segment->base = 0xffff800000000000ull + 0x1000 * i;
		segment->limit = 0x12345678 + i;
		segment->selector = 0x8 * i + 3;
		segment->ar = 0xf0ff & (0xc093 + 0x10 * i);
		segment->unusable = i & 1;
	}
	sregs.gdtr = (struct xvcpu_table) { .base = 0x00007fffffffffff, .limit = 0xffff };
	sregs.idtr = (struct xvcpu_table) { .base = 0xffff800000000000, .limit = 0 };
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs)));
	memset(&back, POISON, sizeof(back));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_SREGS, &back, sizeof(back)));
	EXPECT_EQ(0, memcmp(&sregs, &back, sizeof(sregs)));
}

#define CREGS(member)	offsetof(struct xvcpu_cregs, member)

TEST_F(state, cregs_refuse_reserved_bits_and_impossible_combinations)
{
	const struct bad_value bad[] = {
		{ CREGS(cr0), 8, 1ull << 32, XVCPU_ERR_BITS },
		{ CREGS(cr0), 8, CR0_ET | 1 << 6, XVCPU_ERR_BITS },
		{ CREGS(cr0), 8, CR0_ET | 1 << 19, XVCPU_ERR_BITS },
		{ CREGS(cr0), 8, CR0_ET | CR0_PG, XVCPU_ERR_VALUE },
		{ CREGS(cr0), 8, CR0_ET | CR0_NW, XVCPU_ERR_VALUE },
		{ CREGS(cr3), 8, 1ull << self->vm.info.gpa_bits, XVCPU_ERR_BITS },
		{ CREGS(cr3), 8, 1ull << 63, XVCPU_ERR_BITS },
		{ CREGS(cr4), 8, CR4_VMXE, XVCPU_ERR_BITS },
		{ CREGS(cr4), 8, CR4_SMXE, XVCPU_ERR_BITS },
		{ CREGS(cr4), 8, 1ull << 15, XVCPU_ERR_BITS },
		{ CREGS(cr4), 8, 1ull << 32, XVCPU_ERR_BITS },
		{ CREGS(cr4), 8, 1ull << 63, XVCPU_ERR_BITS },
		{ CREGS(cr8), 8, 16, XVCPU_ERR_BITS },
		{ CREGS(cr8), 8, 1ull << 63, XVCPU_ERR_BITS },
		{ CREGS(efer), 8, 2, XVCPU_ERR_BITS },
		{ CREGS(efer), 8, 1ull << 12, XVCPU_ERR_BITS },	/* SVME */
		{ CREGS(efer), 8, 1ull << 63, XVCPU_ERR_BITS },
		{ CREGS(apic_base), 8, 0, XVCPU_ERR_VALUE },
		{ CREGS(apic_base), 8, 0xfee00d00, XVCPU_ERR_VALUE },	/* x2APIC */
		{ CREGS(xcr0), 8, 0, XVCPU_ERR_BITS },
		{ CREGS(xcr0), 8, 2, XVCPU_ERR_BITS },
		{ CREGS(xcr0), 8, 5, XVCPU_ERR_BITS },	/* AVX without SSE */
		{ CREGS(xcr0), 8, 1ull << 63 | 1, XVCPU_ERR_BITS },
		{ CREGS(xss), 8, 1, XVCPU_ERR_BITS },
		{ CREGS(flags), 8, 2, XVCPU_ERR_BITS },
		{ CREGS(flags), 8, 1ull << 63, XVCPU_ERR_BITS },
		{ CREGS(reserved), 8, 1, XVCPU_ERR_RESERVED },
		{ CREGS(reserved) + 8, 8, 1, XVCPU_ERR_RESERVED },
	};

	refuse_values(_metadata, &self->vcpu, XVCPU_GROUP_CREGS, sizeof(struct xvcpu_cregs), bad,
		      ARRAY_SIZE(bad));
}

TEST_F(state, cregs_come_back_as_they_were_set)
{
	struct xvcpu_cregs cregs, back;

	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	cregs.cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG | CR0_TS | CR0_MP | CR0_EM;
	cregs.cr2 = 0x123456789abcdef0;
	cregs.cr3 = 0x12345018;
	cregs.cr4 = CR4_PAE | CR4_PGE | CR4_DE | CR4_OSFXSR;
	if (vcpu_has_avx(&self->vcpu))
		cregs.cr4 |= CR4_OSXSAVE;
	cregs.cr8 = 15;
	cregs.efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
	cregs.pdpte[0] = 0x1001;
	cregs.pdpte[3] = 0x4001;
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	memset(&back, POISON, sizeof(back));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_CREGS, &back, sizeof(back)));
	EXPECT_EQ(0, memcmp(&cregs, &back, sizeof(cregs)));
}

#define DEBUG(member)	offsetof(struct xvcpu_debug_regs, member)

TEST_F(state, debug_registers_refuse_their_upper_halves)
{
	static const struct bad_value bad[] = {
		{ DEBUG(dr6), 8, 1ull << 32, XVCPU_ERR_BITS },
		{ DEBUG(dr6), 8, 1ull << 63, XVCPU_ERR_BITS },
		{ DEBUG(dr7), 8, 1ull << 32, XVCPU_ERR_BITS },
		{ DEBUG(dr7), 8, 1ull << 63, XVCPU_ERR_BITS },
	};

	refuse_values(_metadata, &self->vcpu, XVCPU_GROUP_DEBUG, sizeof(struct xvcpu_debug_regs),
		      bad, ARRAY_SIZE(bad));
}

TEST_F(state, debug_registers_keep_their_fixed_bits)
{
	struct xvcpu_debug_regs debug = {
		.db = { 1, ~0ull, 0x1234567812345678, 4 }, .dr6 = 0, .dr7 = 0,
	};
	struct xvcpu_debug_regs back;

	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_DEBUG, &back, sizeof(back)));
	EXPECT_EQ(0, memcmp(debug.db, back.db, sizeof(debug.db)));
	EXPECT_EQ(0xffff0ff0, back.dr6);
	EXPECT_EQ(0x400, back.dr7);
	debug.dr6 = 0xffffffff;
	debug.dr7 = 0xffffffff;
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_DEBUG, &back, sizeof(back)));
	EXPECT_EQ(0, back.dr6 & 1 << 12);
	EXPECT_EQ(0x400, back.dr7 & 0xd400);	/* bits 15, 14, 12 clear, 10 set */
}

/* ---- several groups ---- */

TEST_F(state, one_bad_group_stops_all_the_others)
{
	struct xvcpu_state *args = &self->args;
	unsigned int bad;

	for (bad = 0; bad <= XVCPU_GROUP_DEBUG; bad++) {
		struct xvcpu_regs *regs = (void *)self->buffer;
		uint8_t *group;

		ASSERT_EQ(0, get(&self->vcpu, args, SETTABLE, self->buffer, sizeof(self->buffer)));
		regs->r14 = 0x1414;
		((struct xvcpu_debug_regs *)(self->buffer +
			args->groups[XVCPU_GROUP_DEBUG].offset))->db[3] = 0x3333;
		group = self->buffer + args->groups[bad].offset;
		switch (bad) {
		case XVCPU_GROUP_MSRS:
		case XVCPU_GROUP_CPUID:
			*(uint32_t *)(group + 4) = 7;	/* entry_size */
			break;
		case XVCPU_GROUP_DEBUG:
			*(uint64_t *)(group + DEBUG(dr7)) = ~0ull;
			break;
		default:
			group[args->groups[bad].size - 1] = 1;	/* a reserved member */
		}
		EXPECT_EQ(-EINVAL, call(self->vcpu.fd, XVCPU_SET_STATE, args)) {
			TH_LOG("group %u", bad);
		}
		EXPECT_UNCHANGED();
	}
}

/* Rules between groups are the processor's: a state that no guest can be in can still be set. */
TEST_F(state, groups_are_not_judged_against_each_other)
{
	struct xvcpu_cregs cregs;

	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
	cregs.efer = EFER_LME | EFER_LMA;
	EXPECT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs)));
}

/* ---- an exit that waits ---- */

GUEST_CODE(out_and_halt, 16, "out %al, $0x80; hlt");

TEST_F(state, while_an_exit_waits_synced_groups_cannot_be_set)
{
	struct xvcpu_debug_regs debug;
	struct xvcpu_pending pending;
	unsigned int group;

	guest_begin(&self->vcpu, MODE_REAL, &out_and_halt);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	vcpu_snapshot(&self->vcpu, &self->before);
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending)));
	EXPECT_EQ(XVCPU_EXIT_IO, pending.reason);
	for (group = 0; group <= XVCPU_GROUP_CREGS; group++) {
		const struct xvcpu_state_group *place = &self->before.groups[group];

		EXPECT_EQ(-EBUSY, vcpu_set(&self->vcpu, group, self->before.bytes + place->offset,
					   place->size));
		EXPECT_EQ(XVCPU_ERR_WAITING, self->vcpu.error.code);
		EXPECT_EQ(XVCPU_EXIT_IO, self->vcpu.error.value);
	}
	EXPECT_UNCHANGED();
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	debug.db[0] = 0x77;
	EXPECT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	/* The OUT is still completed once. */
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending)));
	EXPECT_EQ(XVCPU_EXIT_NONE, pending.reason);
}

TEST_F(state, quiesced_refuses_while_an_exit_waits)
{
	struct xvcpu_state args = {
		.size = sizeof(args), .flags = XVCPU_GET_QUIESCED, .mask = 1,
		.buffer = (uintptr_t)self->buffer, .length = sizeof(self->buffer),
	};

	EXPECT_EQ(0, call(self->vcpu.fd, XVCPU_GET_STATE, &args));
	guest_begin(&self->vcpu, MODE_REAL, &out_and_halt);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	memset(self->buffer, POISON, sizeof(self->buffer));
	EXPECT_EQ(-EBUSY, call(self->vcpu.fd, XVCPU_GET_STATE, &args));
	EXPECT_EQ(XVCPU_ERR_WAITING, args.error.code);
	EXPECT_EQ(XVCPU_EXIT_IO, args.error.value);
	EXPECT_EQ(POISON, self->buffer[0]);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0, call(self->vcpu.fd, XVCPU_GET_STATE, &args));
}

TEST_F(state, set_takes_groups_out_of_valid)
{
	struct xvcpu_regs regs;

	guest_begin(&self->vcpu, MODE_REAL, &out_and_halt);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(ALL_SYNCED, self->vcpu.sync->valid);
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
	EXPECT_EQ(ALL_SYNCED & ~XVCPU_GROUP_BIT(XVCPU_GROUP_REGS), self->vcpu.sync->valid);
}

TEST_HARNESS_MAIN
