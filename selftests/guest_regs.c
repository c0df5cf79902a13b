// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers between the VMM and the guest: every one that the VMM sets is what the guest reads,
 * every one that the guest writes is what the VMM reads, and no exit changes any.
 */
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define VALUE(n)	(0xc0de000000000000ull + (n) * 0x0001000100010001ull)

/* All sixteen but RSP to GUEST_DATA, in the order of their encoding, then others into them. */
GUEST_CODE(gprs_64, 64,
	   "mov %rax, 0xa000; mov %rcx, 0xa008; mov %rdx, 0xa010; mov %rbx, 0xa018\n"
	   "mov %rsp, 0xa020; mov %rbp, 0xa028; mov %rsi, 0xa030; mov %rdi, 0xa038\n"
	   "mov %r8, 0xa040; mov %r9, 0xa048; mov %r10, 0xa050; mov %r11, 0xa058\n"
	   "mov %r12, 0xa060; mov %r13, 0xa068; mov %r14, 0xa070; mov %r15, 0xa078\n"
	   "not %rax; not %rcx; not %rdx; not %rbx; not %rbp; not %rsi; not %rdi\n"
	   "not %r8; not %r9; not %r10; not %r11; not %r12; not %r13; not %r14; not %r15\n"
	   "sub $8, %rsp; hlt");
GUEST_CODE(gprs_32, 32,
	   "mov %eax, 0xa000; mov %ecx, 0xa008; mov %edx, 0xa010; mov %ebx, 0xa018\n"
	   "mov %esp, 0xa020; mov %ebp, 0xa028; mov %esi, 0xa030; mov %edi, 0xa038\n"
	   "not %eax; not %ecx; not %edx; not %ebx; not %ebp; not %esi; not %edi\n"
	   "sub $8, %esp; hlt");
GUEST_CODE(gprs_16, 16,
	   "mov %eax, 0xa000; mov %ecx, 0xa008; mov %edx, 0xa010; mov %ebx, 0xa018\n"
	   "mov %esp, 0xa020; mov %ebp, 0xa028; mov %esi, 0xa030; mov %edi, 0xa038\n"
	   "not %eax; not %ecx; not %edx; not %ebx; not %ebp; not %esi; not %edi\n"
	   "sub $8, %esp; hlt");
GUEST_CODE(out, 64, "out %al, $0x10; hlt");
GUEST_CODE(in_kernel, 64, "mov %cr8, %rax; wbinvd; wbinvd; hlt");
GUEST_CODE(flags, 64, "pushfq; pop %rbx; stc; std; hlt");
GUEST_CODE(segments, 64,
	   "mov $0x10, %eax; mov %eax, %fs; mov $0x28, %eax; mov %eax, %gs; xor %eax, %eax\n"
	   "mov %eax, %es; lgdt (%rsi); lidt 16(%rsi); hlt");
GUEST_CODE(read_tables, 64, "sgdt (%rsi); sidt 16(%rsi); str %eax; sldt %ebx; hlt");

FIXTURE(regs) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(regs)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(regs)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void prepare(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	__u64 *reg = &vcpu->sync->regs.rax;
	unsigned int i;

	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	for (i = 0; i < 16; i++)
		reg[i] = VALUE(i);
	vcpu->sync->regs.rsp = GUEST_STACK;
}

static uint64_t set_by_vmm(unsigned int i)
{
	return i == 4 ? GUEST_STACK : VALUE(i);
}

TEST_F(regs, every_general_register_goes_in_and_comes_out)
{
	static const struct guest_code *const codes[MODES] = {
		&gprs_16, &gprs_16, &gprs_32, &gprs_32, &gprs_32, &gprs_32, &gprs_64,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	enum guest_mode mode;
	unsigned int i;

	for (mode = 0; mode < MODES; mode++) {
		uint64_t mask = mode == MODE_LONG ? ~0ull : 0xffffffff;

		memset(guest_at(&self->vm, GUEST_DATA), 0, 128);
		prepare(vcpu, mode, codes[mode]);
		ASSERT_EQ(NO_TRAP, guest_run(vcpu)) { TH_LOG("%s", guest_mode_names[mode]); }
		for (i = 0; i < (mode == MODE_LONG ? 16 : 8); i++) {
			uint64_t after = i == 4 ? GUEST_STACK - 8 : ~VALUE(i);

			EXPECT_EQ(set_by_vmm(i) & mask,
				  guest_read64(&self->vm, GUEST_DATA + 8 * i) & mask) {
				TH_LOG("register %u in, %s", i, guest_mode_names[mode]);
			}
			EXPECT_EQ(after & mask, (&vcpu->sync->regs.rax)[i] & mask) {
				TH_LOG("register %u out, %s", i, guest_mode_names[mode]);
			}
		}
	}
}

TEST_F(regs, no_exit_changes_any)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_regs before;

	prepare(vcpu, MODE_LONG, &out);
	before = vcpu->sync->regs;
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu));
	EXPECT_EQ(0, memcmp(&before, &vcpu->sync->regs, sizeof(before)));
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	before.rip += 3;
	EXPECT_EQ(0, memcmp(&before, &vcpu->sync->regs, sizeof(before)));

	prepare(vcpu, MODE_LONG, &in_kernel);
	before = vcpu->sync->regs;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	before.rax = 0;
	before.rip += 4 + 2 + 2 + 1;
	EXPECT_EQ(0, memcmp(&before, &vcpu->sync->regs, sizeof(before)));
}

TEST_F(regs, flags_go_in_and_come_out)
{
	struct test_vcpu *vcpu = &self->vcpu;
	/* Each that does nothing by itself: CF PF AF ZF SF DF OF IOPL NT AC ID. */
	static const uint32_t set[] = {
		0x1, 0x4, 0x10, 0x40, 0x80, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x40000, 0x200000,
		0x200,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(set); i++) {
		prepare(vcpu, MODE_LONG, &flags);
		guest_regs(vcpu)->rflags = RFLAGS_1 | set[i];
		ASSERT_EQ(NO_TRAP, guest_run(vcpu));
		EXPECT_EQ(RFLAGS_1 | set[i], vcpu->sync->regs.rbx) { TH_LOG("flag %#x", set[i]); }
		EXPECT_EQ(RFLAGS_1 | RFLAGS_CF | RFLAGS_DF | set[i], vcpu->sync->regs.rflags) {
			TH_LOG("flag %#x", set[i]);
		}
	}
}

TEST_F(regs, segments_that_the_guest_loads_are_seen)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_sregs *sregs = &vcpu->sync->sregs;
	uint16_t *gdtr = guest_at(&self->vm, GUEST_DATA), *idtr = gdtr + 8;
	uint64_t base = 0x1234567000;

	prepare(vcpu, MODE_LONG, &segments);
	guest_regs(vcpu)->rsi = GUEST_DATA;
	gdtr[0] = 0x1ff;
	memcpy(gdtr + 1, &base, 8);
	base += 0x1000;
	idtr[0] = 0x2ff;
	memcpy(idtr + 1, &base, 8);
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(SEL_DATA, sregs->fs.selector);
	EXPECT_EQ(~0u, sregs->fs.limit);
	EXPECT_EQ(0xc093, sregs->fs.ar);
	EXPECT_EQ(SEL_DATA16, sregs->gs.selector);
	EXPECT_EQ(0xffff, sregs->gs.limit);
	EXPECT_EQ(0x0093, sregs->gs.ar);
	EXPECT_EQ(0, sregs->es.selector);
	EXPECT_EQ(1, sregs->es.unusable);
	EXPECT_EQ(0x1234567000, sregs->gdtr.base);
	EXPECT_EQ(0x1ff, sregs->gdtr.limit);
	EXPECT_EQ(0x1234568000, sregs->idtr.base);
	EXPECT_EQ(0x2ff, sregs->idtr.limit);
}

TEST_F(regs, tables_that_the_vmm_sets_are_the_guests)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint16_t *gdtr = guest_at(&self->vm, GUEST_DATA), *idtr = gdtr + 8;
	uint64_t base;

	prepare(vcpu, MODE_LONG, &read_tables);
	guest_regs(vcpu)->rsi = GUEST_DATA;
	guest_sregs(vcpu)->gdtr.base = 0xffff812345678000;
	vcpu->sync->sregs.gdtr.limit = 0x7f;
	vcpu->sync->sregs.idtr = (struct xvcpu_table) { .base = 0x7000, .limit = 0xabc };
	vcpu->sync->sregs.ldtr.selector = 0x50;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	memcpy(&base, gdtr + 1, 8);
	EXPECT_EQ(0xffff812345678000, base);
	EXPECT_EQ(0x7f, gdtr[0]);
	memcpy(&base, idtr + 1, 8);
	EXPECT_EQ(0x7000, base);
	EXPECT_EQ(0xabc, idtr[0]);
	EXPECT_EQ(SEL_TSS, vcpu->sync->regs.rax & 0xffff);
	EXPECT_EQ(0x50, vcpu->sync->regs.rbx & 0xffff);
}

TEST_HARNESS_MAIN
