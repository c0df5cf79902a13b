// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refused VM entries: state that passes each group's own check and that the processor refuses as a
 * whole. The exit names the rule and the field, and the value that it wants is one with which the
 * guest runs.
 */
#include <sched.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_FAIL	OTHER_EXIT(XVCPU_EXIT_FAIL_ENTRY)
#define HW_GUEST_STATE	33	/* SDM "VMX Basic Exit Reasons" */

/* VMCS encodings (SDM "Field Encoding in VMCS"). */
#define F_LDTR_SELECTOR	0x080c
#define F_TR_SELECTOR	0x080e
#define F_EFER		0x2806
#define F_PDPTE(n)	(0x280a + 2 * (n))
#define F_CS_AR		0x4816
#define F_SS_AR		0x4818
#define F_DS_AR		0x481a
#define F_FS_AR		0x481c
#define F_LDTR_AR	0x4820
#define F_TR_AR		0x4822
#define F_CR4		0x6804
#define F_CS_BASE	0x6808
#define F_SS_BASE	0x680a
#define F_ES_BASE	0x6806
#define F_RIP		0x681e
#define F_RFLAGS	0x6820
#define AR_UNUSABLE	0x10000u

GUEST_CODE(just_hlt, 64, "hlt");
GUEST_CODE(in_hlt, 64, "in $0x10, %al; hlt");

/* A member of the sync section. */
#define MEMBER(group, member)								\
	.offset = offsetof(struct xvcpu_run_sync, group.member),			\
	.size = sizeof(((struct xvcpu_run_sync *)0)->group.member)
#define REGS(member)	MEMBER(regs, member)
#define SREGS(member)	MEMBER(sregs, member)
#define CREGS(member)	MEMBER(cregs, member)

/**
 * struct broken - one member that breaks one rule
 * @what:   for the log
 * @mode:   a mode that is fine without it
 * @offset: of the member in the sync section
 * @size:   its bytes
 * @value:  what breaks the rule
 * @rule:   XVCPU_RULE_*
 * @field:  VMCS field
 * @elsewhere: the field is not the member: @expected says nothing about it
 */
struct broken {
	const char *what;
	enum guest_mode mode;
	size_t offset;
	size_t size;
	uint64_t value;
	uint32_t rule;
	uint32_t field;
	bool elsewhere;
};

static const struct broken broken[] = {
	{ "CS is data, not accessed", MODE_LONG, SREGS(cs.ar), 0xa092,
	  XVCPU_RULE_SEG_CS_TYPE, F_CS_AR },
	{ "CS is code, not accessed", MODE_PROT32, SREGS(cs.ar), 0xc09a,
	  XVCPU_RULE_SEG_CS_TYPE, F_CS_AR },
	{ "CS has D and L", MODE_LONG, SREGS(cs.ar), 0xe09b, XVCPU_RULE_SEG_CS_DB_L, F_CS_AR },
	{ "CS is a system segment", MODE_PROT32, SREGS(cs.ar), 0xc08b, XVCPU_RULE_SEG_S, F_CS_AR },
	{ "CS is not present", MODE_PROT32, SREGS(cs.ar), 0xc01b, XVCPU_RULE_SEG_PRESENT, F_CS_AR },
	{ "CS has no G", MODE_PROT32, SREGS(cs.ar), 0x409b, XVCPU_RULE_SEG_GRANULARITY_1, F_CS_AR },
	{ "DS has G and a limit of bytes", MODE_PROT32, SREGS(ds.limit), 0xfffff000,
	  XVCPU_RULE_SEG_GRANULARITY_0, F_DS_AR, true },
	{ "CS of CPL 3, SS of CPL 0", MODE_LONG, SREGS(cs.ar), 0xa0fb,
	  XVCPU_RULE_SEG_CS_DPL_EQUAL, F_CS_AR },
	{ "CS conforming above SS", MODE_LONG, SREGS(cs.ar), 0xa0ff,
	  XVCPU_RULE_SEG_CS_DPL_CONFORMING, F_CS_AR },
	{ "CS is data of CPL 3", MODE_PROT32, SREGS(cs.ar), 0xc0f3,
	  XVCPU_RULE_SEG_CS_DPL_DATA, F_CS_AR },
	{ "CS above 4 GiB", MODE_PROT32, SREGS(cs.base), 1ull << 32,
	  XVCPU_RULE_SEG_BASE_HIGH, F_CS_BASE },
	{ "SS is read-only", MODE_LONG, SREGS(ss.ar), 0xc091, XVCPU_RULE_SEG_SS_TYPE, F_SS_AR },
	{ "SS above 4 GiB", MODE_PROT32, SREGS(ss.base), 1ull << 32,
	  XVCPU_RULE_SEG_BASE_HIGH, F_SS_BASE },
	{ "ES above 4 GiB", MODE_PROT32, SREGS(es.base), 1ull << 32,
	  XVCPU_RULE_SEG_BASE_HIGH, F_ES_BASE },
	{ "DS is not accessed", MODE_LONG, SREGS(ds.ar), 0xc092, XVCPU_RULE_SEG_ACCESSED, F_DS_AR },
	{ "FS cannot be read", MODE_PROT32, SREGS(fs.ar), 0xc099,
	  XVCPU_RULE_SEG_READABLE, F_FS_AR },
	{ "DS is not present", MODE_PROT32, SREGS(ds.ar), 0xc013, XVCPU_RULE_SEG_PRESENT, F_DS_AR },

	{ "TR is unusable", MODE_LONG, SREGS(tr.unusable), 1, XVCPU_RULE_TR_UNUSABLE, F_TR_AR },
	{ "TR is unusable", MODE_REAL, SREGS(tr.unusable), 1, XVCPU_RULE_TR_UNUSABLE, F_TR_AR },
	{ "TR is available", MODE_LONG, SREGS(tr.ar), 0x89, XVCPU_RULE_TR_TYPE, F_TR_AR },
	{ "TR is 16-bit in long mode", MODE_LONG, SREGS(tr.ar), 0x83, XVCPU_RULE_TR_TYPE, F_TR_AR },
	{ "TR is no system segment", MODE_LONG, SREGS(tr.ar), 0x9b, XVCPU_RULE_TR_S, F_TR_AR },
	{ "TR is not present", MODE_LONG, SREGS(tr.ar), 0x0b, XVCPU_RULE_TR_PRESENT, F_TR_AR },
	{ "TR has no G", MODE_LONG, SREGS(tr.limit), 0x00100fff, XVCPU_RULE_TR_GRANULARITY_1,
	  F_TR_AR, true },
	{ "TR is local", MODE_LONG, SREGS(tr.selector), SEL_TSS | 4,
	  XVCPU_RULE_SEG_TR_TI, F_TR_SELECTOR },
	{ "LDTR is no LDT", MODE_LONG, SREGS(ldtr.ar), 0x8b, XVCPU_RULE_LDTR_TYPE, F_LDTR_AR },
	{ "LDTR is no system segment", MODE_LONG, SREGS(ldtr.ar), 0x92,
	  XVCPU_RULE_LDTR_S, F_LDTR_AR },
	{ "LDTR is not present", MODE_LONG, SREGS(ldtr.ar), 0x02,
	  XVCPU_RULE_LDTR_PRESENT, F_LDTR_AR },
	{ "LDTR is local", MODE_LONG, SREGS(ldtr.selector), 4,
	  XVCPU_RULE_SEG_LDTR_TI, F_LDTR_SELECTOR },

	{ "virtual-8086 in long mode", MODE_LONG, REGS(rflags), RFLAGS_1 | RFLAGS_VM,
	  XVCPU_RULE_RFLAGS_VM, F_RFLAGS },
	{ "RIP has 33 bits", MODE_PROT32, REGS(rip), 1ull << 32 | GUEST_CODE_AT,
	  XVCPU_RULE_RIP_HIGH, F_RIP },
	{ "RIP has 33 bits", MODE_COMPAT, REGS(rip), 1ull << 32 | GUEST_CODE_AT,
	  XVCPU_RULE_RIP_HIGH, F_RIP },

	{ "LMA without PAE", MODE_LONG, CREGS(cr4), 0, XVCPU_RULE_GUEST_LONG_PAE, F_CR4 },
	{ "LME without LMA, paging", MODE_PAE, CREGS(efer), EFER_LME,
	  XVCPU_RULE_GUEST_EFER_LME, F_EFER },
	{ "LMA without LME", MODE_LONG, CREGS(efer), EFER_LMA, XVCPU_RULE_GUEST_EFER_LME, F_EFER },
	{ "a PDPTE with a reserved bit", MODE_PAE, CREGS(pdpte[1]), 3,
	  XVCPU_RULE_PDPTE, F_PDPTE(1) },
	{ "a PDPTE with a reserved bit", MODE_PAE, CREGS(pdpte[3]), 1 | 1ull << 60,
	  XVCPU_RULE_PDPTE, F_PDPTE(3) },
};

FIXTURE(entry) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(entry)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
	guest_load(&self->vm, GUEST_CODE_AT, &just_hlt);
}

FIXTURE_TEARDOWN(entry)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void put(struct test_vcpu *vcpu, const struct broken *b, uint64_t value)
{
	memcpy((uint8_t *)vcpu->sync + b->offset, &value, b->size);
	vcpu->request->dirty = ALL_SYNCED;
}

/* @value, which is in the form of the VMCS, as the member has it. */
static uint64_t member_of(const struct broken *b, uint64_t value)
{
	if (b->offset == offsetof(struct xvcpu_run_sync, sregs.tr.unusable))
		return value & AR_UNUSABLE ? 1 : 0;
	/* What VMX operation adds is not the guest's. */
	if (b->field == F_CR4)
		return value & ~(CR4_VMXE | CR4_MCE);
	return value;
}

TEST_F(entry, the_exit_names_the_rule_and_the_field)
{
	struct test_vcpu *vcpu = &self->vcpu;
	volatile struct xvcpu_exit_fail_entry *fail = &vcpu->exit->fail_entry;
	unsigned int cpu = sched_getcpu(), i;
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(here), &here));
	for (i = 0; i < ARRAY_SIZE(broken); i++) {
		const struct broken *b = &broken[i];

		guest_mode(vcpu, b->mode);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[b->mode]); }
		guest_mode(vcpu, b->mode);
		put(vcpu, b, b->value);
		ASSERT_EQ(EXIT_FAIL, guest_run(vcpu)) {
			TH_LOG("%s, %s", b->what, guest_mode_names[b->mode]);
		}
		EXPECT_EQ(b->rule, fail->rule) {
			TH_LOG("%s, %s", b->what, guest_mode_names[b->mode]);
		}
		EXPECT_EQ(b->field, fail->field) { TH_LOG("%s", b->what); }
		EXPECT_EQ(0, fail->instruction_error);
		EXPECT_EQ(HW_GUEST_STATE, fail->hw_reason);
		EXPECT_EQ(cpu, fail->cpu);
		EXPECT_EQ(0, vcpu->exit->flags);
		if (b->elsewhere)
			continue;
		EXPECT_EQ(b->value, member_of(b, fail->value)) { TH_LOG("%s", b->what); }
		/* What the rule wants is enough. */
		EXPECT_NE(b->value, member_of(b, fail->expected)) { TH_LOG("%s", b->what); }
		put(vcpu, b, member_of(b, fail->expected));
		EXPECT_NE(EXIT_FAIL, guest_run(vcpu)) {
			TH_LOG("%s: %#llx is no better than %#llx", b->what,
			       (unsigned long long)fail->expected,
			       (unsigned long long)fail->value);
		}
	}
}

/*
 * The processor wants bits 63:48 to be equal. Bochs 2.7 does not look: there the fetch raises
 * #GP(0).
 */
TEST_F(entry, nothing_runs_at_a_rip_that_is_not_canonical)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	int ret;

	guest_mode(vcpu, MODE_LONG);
	guest_regs(vcpu)->rip = 1ull << 48;
	ret = guest_run(vcpu);
	if (ret == VEC_GP) {
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(1ull << 48, trap.rip);
		return;
	}
	ASSERT_EQ(EXIT_FAIL, ret);
	EXPECT_EQ(XVCPU_RULE_RIP_WIDTH, vcpu->exit->fail_entry.rule);
	EXPECT_EQ(F_RIP, vcpu->exit->fail_entry.field);
	EXPECT_EQ(1ull << 48, vcpu->exit->fail_entry.value);
	EXPECT_EQ(1ull << 48, vcpu->sync->regs.rip);
}

TEST_F(entry, virtual_8086_mode_wants_its_segments)
{
	static const struct {
		struct xvcpu_segment segment;
		uint32_t rule;
		uint32_t field;
	} cases[] = {
		{ { .base = 0x10, .limit = 0xffff, .ar = 0xf3 }, XVCPU_RULE_SEG_V86_BASE, 0x680e },
		{ { .limit = 0x1ffff, .ar = 0xf3 }, XVCPU_RULE_SEG_V86_LIMIT, 0x4808 },
		{ { .limit = 0xffff, .ar = 0x93 }, XVCPU_RULE_SEG_V86_ACCESS, F_FS_AR },
	};
	struct xvcpu_segment v86 = { .limit = 0xffff, .ar = 0xf3 }, *segment;
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		guest_mode(vcpu, MODE_PROT32);
		for (segment = &vcpu->sync->sregs.es; segment <= &vcpu->sync->sregs.gs; segment++)
			*segment = v86;
		vcpu->sync->sregs.fs = cases[i].segment;
		guest_regs(vcpu)->rflags |= RFLAGS_VM;
		ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
		EXPECT_EQ(cases[i].rule, vcpu->exit->fail_entry.rule);
		EXPECT_EQ(cases[i].field, vcpu->exit->fail_entry.field);
		guest_sregs(vcpu)->fs = v86;
		vcpu->sync->regs.rsp = GUEST_STACK3;
		guest_regs(vcpu);
		EXPECT_EQ(VEC_GP, guest_run(vcpu));	/* HLT is for CPL 0 */
	}
}

TEST_F(entry, pcide_is_for_long_mode_only)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct cpuid_group table;

	vcpu_get_cpuid(vcpu, &table);
	if (!(cpuid_find(&table, 1, 0)->ecx & 1u << 17))
		SKIP(return, "the processor has no PCID");
	guest_mode(vcpu, MODE_PAE);
	guest_cregs(vcpu)->cr4 |= CR4_PCIDE;
	ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
	EXPECT_EQ(XVCPU_RULE_GUEST_PCIDE, vcpu->exit->fail_entry.rule);
	EXPECT_EQ(F_CR4, vcpu->exit->fail_entry.field);
	guest_cregs(vcpu)->cr4 &= ~CR4_PCIDE;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(entry, it_fails_again_until_the_state_is_repaired)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct snapshot before, after;
	unsigned int i;

	guest_mode(vcpu, MODE_LONG);
	vcpu->sync->sregs.tr.ar = 0x89;
	ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
	vcpu_snapshot(vcpu, &before);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
		EXPECT_EQ(XVCPU_RULE_TR_TYPE, vcpu->exit->fail_entry.rule);
	}
	vcpu_snapshot(vcpu, &after);
	EXPECT_EQ(-1, snapshots_differ(&before, &after));
	EXPECT_EQ(GUEST_CODE_AT, vcpu->sync->regs.rip);
	/* With SET_STATE, this time. */
	vcpu->sync->sregs.tr.ar = 0x8b;
	ASSERT_EQ(0, vcpu_set(vcpu, XVCPU_GROUP_SREGS, &vcpu->sync->sregs,
			      sizeof(vcpu->sync->sregs)));
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(entry, an_event_that_was_to_be_injected_is_kept)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &in_hlt);
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0x18;
	guest_sregs(vcpu)->tr.unusable = 1;
	ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
	EXPECT_EQ(XVCPU_RULE_TR_UNUSABLE, vcpu->exit->fail_entry.rule);
	ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
	guest_sregs(vcpu)->tr.unusable = 0;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0x18, trap.error);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(GUEST_STACK, trap.rsp);	/* delivered once */
	guest_return(vcpu, &trap, 2);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_F(entry, reset_repairs_everything)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	vcpu->sync->sregs.tr.unusable = 1;
	vcpu->sync->sregs.cs.ar = 0;
	ASSERT_EQ(EXIT_FAIL, guest_run(vcpu));
	guest_mode(vcpu, MODE_REAL);
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

TEST_HARNESS_MAIN
