// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exceptions: page faults and double faults, which the guest handles without us, and those that the
 * VMM raises.
 */
#include <errno.h>
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EXIT_IO		OTHER_EXIT(XVCPU_EXIT_IO)
#define EXIT_SHUTDOWN	OTHER_EXIT(XVCPU_EXIT_SHUTDOWN)
#define HOLE		0x300000u	/* behind the VM's memory, mapped to itself */
#define RFLAGS_AC	0x40000ull
#define RFLAGS_RF	0x10000ull

/* SDM "Interrupt 14-Page-Fault Exception". */
#define PF_PRESENT	1u
#define PF_WRITE	2u
#define PF_USER		4u

GUEST_CODE(ud2, 64, "ud2; hlt");
GUEST_CODE(bad_ds, 64, "mov $0x58, %eax; mov %eax, %ds; hlt");
GUEST_CODE(load, 64, "mov (%rsi), %eax; hlt");
GUEST_CODE(load_32, 32, "mov (%esi), %eax; hlt");
GUEST_CODE(store, 64, "mov %eax, (%rsi); hlt");
GUEST_CODE(store_32, 32, "mov %eax, (%esi); hlt");
GUEST_CODE(jump, 64, "jmp *%rsi");
GUEST_CODE(just_hlt, 64, "hlt");
GUEST_CODE(in_hlt, 64, "in $0x10, %al; hlt");
GUEST_CODE(unknown_msr, 64, "mov $0x5000, %ecx; wrmsr; hlt");

FIXTURE(exception) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(exception)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(exception)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void prepare(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
}

/* ---- page faults ---- */

TEST_F(exception, page_faults_are_the_guests_own)
{
	static const struct {
		enum guest_mode mode;
		const struct guest_code *code;
		uint64_t flags;		/* of the page at GUEST_FREE */
		bool user;
		uint32_t error;
	} cases[] = {
		{ MODE_LONG, &load, 0, false, 0 },
		{ MODE_LONG, &store, 0, false, PF_WRITE },
		{ MODE_LONG, &load, 0, true, PF_USER },
		{ MODE_LONG, &load, PTE_P | PTE_W, true, PF_USER | PF_PRESENT },
		{ MODE_LONG, &store, PTE_P | PTE_U, true, PF_USER | PF_PRESENT | PF_WRITE },
		{ MODE_COMPAT, &load_32, 0, false, 0 },
		{ MODE_COMPAT, &store_32, PTE_P | PTE_U, true, PF_USER | PF_PRESENT | PF_WRITE },
		{ MODE_PAE, &load_32, 0, false, 0 },
		{ MODE_PAE, &store_32, PTE_P | PTE_U, true, PF_USER | PF_PRESENT | PF_WRITE },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pt = guest_split(&self->vm);
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t user = vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS);

		pt[GUEST_FREE / PAGE_BYTES] = GUEST_FREE | cases[i].flags;
		prepare(vcpu, cases[i].mode, cases[i].code);
		if (cases[i].user)
			guest_user(vcpu);
		guest_regs(vcpu)->rsi = GUEST_FREE + 0x123;
		ASSERT_EQ(VEC_PF, guest_run(vcpu)) { TH_LOG("case %u", i); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(cases[i].error, trap.error) { TH_LOG("case %u", i); }
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(GUEST_FREE + 0x123, vcpu->sync->cregs.cr2);
		EXPECT_EQ(user + 1, vcpu_counter(vcpu, XVCPU_COUNT_USER_EXITS));	/* HLT */
	}
}

/* CR2 is the guest's, whatever the host faults on meanwhile. */
TEST_F(exception, cr2_stays)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &just_hlt);
	guest_cregs(vcpu)->cr2 = 0xdeadbeef12345678;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0xdeadbeef12345678, vcpu->sync->cregs.cr2);
	/* An EPT violation is not a page fault. */
	prepare(vcpu, MODE_LONG, &jump);
	guest_cregs(vcpu)->cr2 = 0xdeadbeef12345678;
	guest_regs(vcpu)->rsi = HOLE;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_MEMORY_FAULT), guest_run(vcpu));
	EXPECT_EQ(0xdeadbeef12345678, vcpu->sync->cregs.cr2);
}

/* #AC is intercepted, because a guest could raise it for ever in its delivery; it is delivered. */
TEST_F(exception, an_alignment_check_is_the_guests_own)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &load);
	guest_user(vcpu);
	guest_cregs(vcpu)->cr0 |= CR0_AM;
	guest_regs(vcpu)->rflags |= RFLAGS_AC;
	vcpu->sync->regs.rsi = GUEST_DATA + 1;
	ASSERT_EQ(VEC_AC, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0, trap.error);
	EXPECT_EQ(GUEST_CODE_AT, trap.rip);
	EXPECT_EQ(GUEST_STACK3, trap.rsp);
	/* Without AM it is none; the HLT behind it is #GP. */
	prepare(vcpu, MODE_LONG, &load);
	guest_user(vcpu);
	guest_regs(vcpu)->rflags |= RFLAGS_AC;
	vcpu->sync->regs.rsi = GUEST_DATA + 1;
	EXPECT_EQ(VEC_GP, guest_run(vcpu));
}

TEST_F(exception, a_handler_runs_with_if_and_tf_clear)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		prepare(vcpu, mode, &ud2);
		guest_regs(vcpu)->rflags |= RFLAGS_IF | RFLAGS_CF;
		ASSERT_EQ(VEC_UD, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[mode]); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(RFLAGS_IF | RFLAGS_CF, trap.rflags & (RFLAGS_IF | RFLAGS_CF));
		EXPECT_EQ(RFLAGS_CF, vcpu->sync->regs.rflags & (RFLAGS_IF | RFLAGS_CF)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
	}
}

/* ---- double faults, SDM "Interrupt 8-Double Fault Exception" ---- */

static void gate_not_present(struct test_vm *vm, enum guest_mode mode, int vector)
{
	uint64_t *idt = guest_at(vm, GUEST_IDT);

	idt[mode >= MODE_COMPAT ? 2 * vector : vector] &= ~(1ull << 47);
}

TEST_F(exception, two_contributory_faults_are_a_double_fault)
{
	static const enum guest_mode modes[] = { MODE_PROT32, MODE_PAGED32, MODE_PAE, MODE_LONG };
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		prepare(vcpu, modes[i], &bad_ds);
		gate_not_present(&self->vm, modes[i], VEC_GP);
		ASSERT_EQ(VEC_DF, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[modes[i]]); }
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(GUEST_STACK, trap.rsp);
	}
}

TEST_F(exception, a_benign_fault_and_another_are_not)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &ud2);
	gate_not_present(&self->vm, MODE_LONG, VEC_UD);
	ASSERT_EQ(VEC_NP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(VEC_UD * 8 + 2, trap.error & ~1ull);	/* in the IDT */
}

TEST_F(exception, a_fault_in_a_double_fault_is_a_shutdown)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_LONG, &bad_ds);
	gate_not_present(&self->vm, MODE_LONG, VEC_GP);
	gate_not_present(&self->vm, MODE_LONG, VEC_DF);
	ASSERT_EQ(EXIT_SHUTDOWN, guest_run(vcpu));
	EXPECT_EQ(EXIT_SHUTDOWN, guest_run(vcpu));
}

/* Gates 0 to 13 stand in one page, the others in the next, which is not mapped. */
TEST_F(exception, a_page_fault_in_a_page_fault_is_a_double_fault)
{
	uint32_t base = GUEST_FREE + PAGE_BYTES - VEC_PF * 16;
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pt = guest_split(&self->vm);
	struct guest_trap trap;

	prepare(vcpu, MODE_LONG, &load);
	memcpy(guest_at(&self->vm, base), guest_at(&self->vm, GUEST_IDT), 32 * 16);
	pt[GUEST_FREE / PAGE_BYTES + 1] = 0;
	pt[GUEST_FREE / PAGE_BYTES + 2] = 0;
	guest_sregs(vcpu)->idtr.base = base;
	guest_regs(vcpu)->rsi = GUEST_FREE + 2 * PAGE_BYTES;
	ASSERT_EQ(VEC_DF, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0, trap.error);
	EXPECT_EQ(GUEST_STACK, trap.rsp);
}

/*
 * An exception whose delivery was interrupted, because the gate's page is not there, and a second
 * one that the module raises: PDPTEs that the VMM wants loaded, and that are bad, are #GP(0).
 */
#define MEMORY_END	0x200000u	/* of the VM; what is behind is mapped by the guest alone */

static int second_fault(struct test_vcpu *vcpu, const struct guest_code *code, int vector)
{
	uint32_t base = MEMORY_END - 8 * vector;
	uint64_t *pdpt = guest_at(vcpu->vm, GUEST_PDPT_PAE);

	prepare(vcpu, MODE_PAE, code);
	memcpy(guest_at(vcpu->vm, base), guest_at(vcpu->vm, GUEST_IDT), 8 * vector);
	guest_sregs(vcpu)->idtr.base = base;
	guest_regs(vcpu)->rsi = GUEST_FREE;
	if (guest_run(vcpu) == EXIT_IO) {
		vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
		vcpu->request->vector = vector;
		vcpu->request->error_code = 0;
		guest_run(vcpu);
	}
	if (vcpu->exit->reason != XVCPU_EXIT_EVENT_FAULT || vcpu->exit->memory.gpa != MEMORY_END ||
	    (vcpu->exit->memory.event_info & 0xff) != (unsigned int)vector)
		die("vector %d: no fault in its delivery", vector);
	pdpt[4] = PTE_P | 2;
	guest_cregs(vcpu)->cr3 = GUEST_PDPT_PAE + 32;
	vcpu->sync->cregs.flags = XVCPU_CREGS_LOAD_PDPTE;
	return guest_run(vcpu);
}

TEST_F(exception, a_second_fault_makes_an_interrupted_one_a_double_fault)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pt = guest_split(&self->vm);
	struct guest_trap trap;

	EXPECT_EQ(VEC_DF, second_fault(vcpu, &bad_ds, VEC_GP));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0, trap.error);
	EXPECT_EQ(GUEST_STACK, trap.rsp);
	pt[GUEST_FREE / PAGE_BYTES] = 0;
	EXPECT_EQ(VEC_DF, second_fault(vcpu, &load_32, VEC_PF));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0, trap.error);
	/* And that one a shutdown. */
	EXPECT_EQ(EXIT_SHUTDOWN, second_fault(vcpu, &in_hlt, VEC_DF));
}

TEST_F(exception, a_second_fault_replaces_an_interrupted_benign_one)
{
	struct test_vcpu *vcpu = &self->vcpu;

	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_EVENT_FAULT), second_fault(vcpu, &ud2, VEC_UD));
	/* The gate of #GP is out of reach, too. */
	EXPECT_EQ(VEC_GP, vcpu->exit->memory.event_info & 0xff);
	EXPECT_EQ(0, vcpu->exit->memory.event_error);
}

/* ---- exceptions that the VMM raises ---- */

static bool has_error_code(int vector)
{
	return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
}

TEST_F(exception, the_vmm_can_raise_every_exception_in_every_mode)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	enum guest_mode mode;
	int vector;

	for (mode = 0; mode < MODES; mode++) {
		for (vector = 0; vector < 32; vector++) {
			if (vector == VEC_NMI)
				continue;
			prepare(vcpu, mode, &in_hlt);
			ASSERT_EQ(EXIT_IO, guest_run(vcpu));
			vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
			vcpu->request->vector = vector;
			vcpu->request->error_code = 0x3210;
			vcpu->request->payload = vector == VEC_PF ? 0x77777000 : 0;
			ASSERT_EQ(vector, guest_run(vcpu)) {
				TH_LOG("vector %d, %s", vector, guest_mode_names[mode]);
			}
			ASSERT_TRUE(guest_trapped(vcpu, &trap));
			EXPECT_EQ(has_error_code(vector) && mode != MODE_REAL ? 0x3210 : 0,
				  trap.error) {
				TH_LOG("vector %d, %s", vector, guest_mode_names[mode]);
			}
			EXPECT_EQ(GUEST_CODE_AT, trap.rip) {
				TH_LOG("vector %d, %s", vector, guest_mode_names[mode]);
			}
			EXPECT_EQ(GUEST_STACK, trap.rsp);
			if (vector == VEC_PF)
				EXPECT_EQ(0x77777000, vcpu->sync->cregs.cr2);
		}
	}
}

/* SDM "Instruction-Breakpoint Exception Condition": faults save RF as set; traps, aborts do not. */
TEST_F(exception, a_fault_that_is_raised_saves_rf)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	bool fault;
	int vector;

	for (vector = 0; vector < 32; vector++) {
		if (vector == VEC_NMI)
			continue;
		fault = vector != VEC_DB && vector != VEC_BP && vector != VEC_OF &&
			vector != VEC_DF && vector != 18 /* #MC */;
		prepare(vcpu, MODE_LONG, &in_hlt);
		ASSERT_EQ(EXIT_IO, guest_run(vcpu));
		vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
		vcpu->request->vector = vector;
		ASSERT_EQ(vector, guest_run(vcpu));
		ASSERT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(fault ? RFLAGS_RF : 0, trap.rflags & RFLAGS_RF) {
			TH_LOG("vector %d", vector);
		}
	}
	/* One that the module raises: WRMSR of an MSR that nobody knows. */
	prepare(vcpu, MODE_LONG, &unknown_msr);
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(RFLAGS_RF, trap.rflags & RFLAGS_RF);
}

/* SDM "Real-Address Mode Exceptions": three words, no error code. */
TEST_F(exception, real_mode_pushes_no_error_code)
{
	struct test_vcpu *vcpu = &self->vcpu;

	prepare(vcpu, MODE_REAL, &in_hlt);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_GP;
	vcpu->request->error_code = 0xffff;
	ASSERT_EQ(VEC_GP, guest_run(vcpu));
	EXPECT_EQ(GUEST_STACK - 6, vcpu->sync->regs.rsp);
	EXPECT_EQ(GUEST_CODE_AT | 0x2ull << 32, guest_read64(&self->vm, GUEST_STACK - 6) &
		  0xffffffffffff);
}

TEST_F(exception, what_is_no_exception_is_refused)
{
	static const struct {
		uint32_t vector, error_code;
		uint64_t payload;
		uint32_t code;
		size_t field;
	} wrong[] = {
		{ VEC_NMI, 0, 0, XVCPU_ERR_RANGE, offsetof(struct xvcpu_run_request, vector) },
		{ 32, 0, 0, XVCPU_ERR_RANGE, offsetof(struct xvcpu_run_request, vector) },
		{ 0x80000000, 0, 0, XVCPU_ERR_RANGE, offsetof(struct xvcpu_run_request, vector) },
		{ VEC_GP, 0x10000, 0, XVCPU_ERR_BITS,
		  offsetof(struct xvcpu_run_request, error_code) },
		{ VEC_DB, 0, 0x1000, XVCPU_ERR_BITS, offsetof(struct xvcpu_run_request, payload) },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	prepare(vcpu, MODE_LONG, &in_hlt);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
		vcpu->request->vector = wrong[i].vector;
		vcpu->request->error_code = wrong[i].error_code;
		vcpu->request->payload = wrong[i].payload;
		EXPECT_EQ(-EINVAL, vcpu_run(vcpu)) { TH_LOG("case %u", i); }
		EXPECT_EQ(wrong[i].code, vcpu->exit->error.code);
		EXPECT_EQ(self->vm.info.run_request + wrong[i].field, vcpu->exit->error.field);
	}
	/* The IN still waits. */
	vcpu->request->answer = XVCPU_ANSWER_DONE;
	vcpu->exit->io.data = 0x42;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x42, vcpu->sync->regs.rax);
}

TEST_F(exception, it_is_raised_at_a_dirty_rip_and_counted)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	uint64_t injected;

	prepare(vcpu, MODE_LONG, &in_hlt);
	ASSERT_EQ(EXIT_IO, guest_run(vcpu));
	injected = vcpu_counter(vcpu, XVCPU_COUNT_INJECTED);
	vcpu->request->answer = XVCPU_ANSWER_EXCEPTION;
	vcpu->request->vector = VEC_UD;
	guest_regs(vcpu)->rip = 0x4567;
	ASSERT_EQ(VEC_UD, guest_run(vcpu));
	ASSERT_TRUE(guest_trapped(vcpu, &trap));
	EXPECT_EQ(0x4567, trap.rip);
	/* The stack's first page may have cost a second injection. */
	EXPECT_LE(injected + 1, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
	EXPECT_GE(injected + 4, vcpu_counter(vcpu, XVCPU_COUNT_INJECTED));
}

TEST_HARNESS_MAIN
