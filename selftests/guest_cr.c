// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers in the guest: which values MOV to CR0, CR3, CR4 and CR8, LMSW, CLTS and XSETBV
 * take, which raise #GP(0) and change nothing, and that the guest reads what it wrote. SDM
 * "Control Registers" and "MOV-Move to/from Control Registers".
 */
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define LEAF_1_PCID	(1u << 17)
#define CR4_PVI		0x2ull
#define CR4_TSD		0x4ull
#define CR4_PCE		0x100ull
#define CR4_UMIP	0x800ull
#define CR4_PKE		0x400000ull

/* The encodings are the same in all modes; what differs is the operand's width. */
GUEST_CODE(to_cr0, 64, "mov %rax, %cr0; mov %cr0, %rbx; hlt");
GUEST_CODE(to_cr3, 64, "mov %rax, %cr3; mov %cr3, %rbx; hlt");
GUEST_CODE(to_cr4, 64, "mov %rax, %cr4; mov %cr4, %rbx; hlt");
GUEST_CODE(to_cr8, 64, "mov %rax, %cr8; mov %cr8, %rbx; hlt");
GUEST_CODE(from_cr0, 64, "mov %cr0, %rbx; hlt");
GUEST_CODE(rsp_and_cr8, 64, "mov %rsp, %cr8; xor %esp, %esp; mov %cr8, %rsp; hlt");
GUEST_CODE(r15_and_cr8, 64, "mov %r15, %cr8; xor %r15d, %r15d; mov %cr8, %r15; hlt");
GUEST_CODE(lmsw, 64, "lmsw %ax; smsw %ebx; hlt");
GUEST_CODE(clts, 64, "clts; hlt");
GUEST_CODE(xsetbv, 64, "xsetbv; hlt");
GUEST_CODE(xgetbv, 64, "xor %ecx, %ecx; xgetbv; hlt");

FIXTURE(cr) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct cpuid_group table;
};

FIXTURE_SETUP(cr)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_get_cpuid(&self->vcpu, &self->table);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(cr)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* @code with RAX = @value in the mode that guest_mode() has set, or the vCPU is in. */
static int with_rax(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t value)
{
	guest_next(vcpu, code);
	guest_regs(vcpu)->rax = value;
	return guest_run(vcpu);
}

/* #GP(0) at the instruction. The guest is then where it was, in the same mode. */
static bool refused(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t value)
{
	struct xvcpu_sregs sregs = vcpu->sync->sregs;
	struct xvcpu_regs regs = vcpu->sync->regs;
	struct guest_trap trap;

	if (with_rax(vcpu, code, value) != VEC_GP || !guest_trapped(vcpu, &trap))
		return false;
	*guest_sregs(vcpu) = sregs;
	*guest_regs(vcpu) = regs;
	return !trap.error && trap.rip == GUEST_CODE_AT;
}

/* ---- CR0 ---- */

TEST_F(cr, cr0_reads_back_what_was_written)
{
	static const uint64_t values[] = {
		CR0_PE | CR0_ET, CR0_PE | CR0_ET | CR0_NE, CR0_PE | CR0_ET | CR0_WP | CR0_AM,
		CR0_PE | CR0_ET | CR0_MP | CR0_EM | CR0_TS,
		CR0_PE | CR0_ET | CR0_CD, CR0_PE | CR0_ET | CR0_CD | CR0_NW, CR0_ET,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		guest_mode(vcpu, MODE_PROT32);
		ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, values[i]));
		EXPECT_EQ(values[i], vcpu->sync->cregs.cr0);
		EXPECT_EQ(values[i], vcpu->sync->regs.rbx);
	}
}

/* Bits 28:19, 17, 15:6 are ignored, ET is hard-wired. */
TEST_F(cr, cr0_ignores_reserved_bits_of_its_low_half)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_PROT32);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, 0x1ffaffc0 | CR0_PE));
	EXPECT_EQ(CR0_PE | CR0_ET, vcpu->sync->cregs.cr0);
	EXPECT_EQ(CR0_PE | CR0_ET, vcpu->sync->regs.rbx);
}

TEST_F(cr, cr0_refuses_bits_of_its_high_half)
{
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int bit;
	uint64_t cr0;

	guest_mode(vcpu, MODE_LONG);
	cr0 = vcpu->sync->cregs.cr0;
	for (bit = 32; bit < 64; bit++) {
		EXPECT_TRUE(refused(vcpu, &to_cr0, cr0 | 1ull << bit)) { TH_LOG("bit %u", bit); }
		EXPECT_EQ(cr0, vcpu->sync->cregs.cr0);
	}
}

TEST_F(cr, the_operand_is_32_bits_outside_64_bit_mode)
{
	enum guest_mode mode;

	for (mode = 0; mode < MODE_LONG; mode++) {
		uint64_t cr0, cr4;

		guest_mode(&self->vcpu, mode);
		cr0 = self->vcpu.sync->cregs.cr0;
		cr4 = self->vcpu.sync->cregs.cr4;
		EXPECT_EQ(NO_TRAP, with_rax(&self->vcpu, &to_cr0, cr0 | CR0_MP | 0xffull << 32)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(cr0 | CR0_MP, self->vcpu.sync->cregs.cr0);
		EXPECT_EQ(NO_TRAP, with_rax(&self->vcpu, &to_cr4, cr4 | CR4_PGE | 0xffull << 32));
		EXPECT_EQ(cr4 | CR4_PGE, self->vcpu.sync->cregs.cr4);
	}
}

TEST_F(cr, cr0_refuses_paging_without_protection)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t cr0;

	guest_mode(vcpu, MODE_REAL);
	cr0 = vcpu->sync->cregs.cr0;
	EXPECT_TRUE(refused(vcpu, &to_cr0, CR0_ET | CR0_PG));
	EXPECT_EQ(cr0, vcpu->sync->cregs.cr0);
	guest_mode(vcpu, MODE_PAGED32);
	cr0 = vcpu->sync->cregs.cr0;
	EXPECT_TRUE(refused(vcpu, &to_cr0, CR0_ET | CR0_PG));
	EXPECT_EQ(cr0, vcpu->sync->cregs.cr0);
}

TEST_F(cr, cr0_refuses_nw_without_cd)
{
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		uint64_t cr0;

		guest_mode(&self->vcpu, mode);
		cr0 = self->vcpu.sync->cregs.cr0;
		EXPECT_TRUE(refused(&self->vcpu, &to_cr0, cr0 | CR0_NW)) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
		EXPECT_EQ(cr0, self->vcpu.sync->cregs.cr0);
		EXPECT_EQ(NO_TRAP, with_rax(&self->vcpu, &to_cr0, cr0 | CR0_NW | CR0_CD));
		EXPECT_EQ(cr0 | CR0_NW | CR0_CD, self->vcpu.sync->cregs.cr0);
		EXPECT_EQ(cr0 | CR0_NW | CR0_CD, self->vcpu.sync->regs.rbx) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
	}
}

TEST_F(cr, paging_with_lme_needs_pae)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_PROT32);
	guest_cregs(vcpu)->efer = EFER_LME;
	vcpu->sync->cregs.cr3 = GUEST_PML4;
	EXPECT_TRUE(refused(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG));
	EXPECT_EQ(EFER_LME, vcpu->sync->cregs.efer);
	EXPECT_EQ(0, vcpu->sync->cregs.cr0 & CR0_PG);
	guest_cregs(vcpu)->cr4 |= CR4_PAE;
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG));
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
}

TEST_F(cr, paging_with_lme_needs_a_cs_without_l)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_PROT32);
	guest_cregs(vcpu)->efer = EFER_LME;
	vcpu->sync->cregs.cr3 = GUEST_PML4;
	vcpu->sync->cregs.cr4 |= CR4_PAE;
	guest_sregs(vcpu)->cs.ar |= 1 << 13;
	EXPECT_TRUE(refused(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG));
	EXPECT_EQ(EFER_LME, vcpu->sync->cregs.efer);
	EXPECT_EQ(0, vcpu->sync->cregs.cr0 & CR0_PG);
}

TEST_F(cr, paging_cannot_be_turned_off_in_64_bit_mode)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t cr0;

	guest_mode(vcpu, MODE_LONG);
	cr0 = vcpu->sync->cregs.cr0;
	EXPECT_TRUE(refused(vcpu, &to_cr0, cr0 & ~CR0_PG));
	EXPECT_TRUE(refused(vcpu, &to_cr0, cr0 & ~CR0_PE));
	EXPECT_TRUE(refused(vcpu, &to_cr0, cr0 & ~(CR0_PG | CR0_PE)));
	EXPECT_EQ(cr0, vcpu->sync->cregs.cr0);
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
}

TEST_F(cr, paging_cannot_be_turned_off_with_pcide)
{
	struct test_vcpu *vcpu = &self->vcpu;

	if (!(cpuid_find(&self->table, 1, 0)->ecx & LEAF_1_PCID))
		SKIP(return, "the processor has no PCID");
	guest_mode(vcpu, MODE_COMPAT);
	guest_cregs(vcpu)->cr4 |= CR4_PCIDE;
	EXPECT_TRUE(refused(vcpu, &to_cr0, vcpu->sync->cregs.cr0 & ~CR0_PG));
	EXPECT_EQ(CR0_PG, vcpu->sync->cregs.cr0 & CR0_PG);
	guest_cregs(vcpu)->cr4 &= ~CR4_PCIDE;
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, vcpu->sync->cregs.cr0 & ~CR0_PG));
	EXPECT_EQ(EFER_LME, vcpu->sync->cregs.efer);
}

TEST_F(cr, clts_clears_ts_alone)
{
	enum guest_mode mode;

	for (mode = 0; mode < MODES; mode++) {
		uint64_t cr0;

		guest_mode(&self->vcpu, mode);
		guest_cregs(&self->vcpu)->cr0 |= CR0_TS | CR0_MP | CR0_CD;
		cr0 = self->vcpu.sync->cregs.cr0;
		EXPECT_EQ(NO_TRAP, with_rax(&self->vcpu, &clts, 0));
		EXPECT_EQ(cr0 & ~CR0_TS, self->vcpu.sync->cregs.cr0) {
			TH_LOG("%s", guest_mode_names[mode]);
		}
	}
}

TEST_F(cr, lmsw_sets_the_low_four_bits_and_keeps_pe)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t rest = CR0_ET | CR0_NE;

	guest_mode(vcpu, MODE_REAL);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &lmsw, 0xfff0 | CR0_MP | CR0_TS));
	EXPECT_EQ(rest | CR0_MP | CR0_TS, vcpu->sync->cregs.cr0);
	EXPECT_EQ(rest | CR0_MP | CR0_TS, vcpu->sync->regs.rbx & 0xffff);
	/* Into protected mode; CS is still what real mode loaded. */
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &lmsw, CR0_PE | CR0_EM));
	EXPECT_EQ(rest | CR0_PE | CR0_EM, vcpu->sync->cregs.cr0);
	/* Not back. */
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &lmsw, 0));
	EXPECT_EQ(rest | CR0_PE, vcpu->sync->cregs.cr0);
}

TEST_F(cr, smsw_and_mov_read_the_guests_view)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_PROT32);
	guest_cregs(vcpu)->cr0 = CR0_ET | CR0_PE | CR0_CD;	/* NE clear, which VMX forbids */
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &from_cr0, 0));
	EXPECT_EQ(CR0_ET | CR0_PE | CR0_CD, vcpu->sync->regs.rbx);
	EXPECT_EQ(CR0_ET | CR0_PE | CR0_CD, vcpu->sync->cregs.cr0);
}

TEST_F(cr, a_program_at_cpl_3_cannot_write_them)
{
	static const struct guest_code *const writes[] = {
		&to_cr0, &to_cr3, &to_cr4, &lmsw, &clts,
	};
	struct test_vcpu *vcpu = &self->vcpu;
	struct xvcpu_cregs before;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		guest_mode(vcpu, MODE_PROT32);
		guest_cregs(vcpu)->cr0 |= CR0_TS;
		guest_user(vcpu);
		before = vcpu->sync->cregs;
		EXPECT_EQ(VEC_GP, with_rax(vcpu, writes[i], CR0_PE)) {
			TH_LOG("%s", writes[i]->name);
		}
		EXPECT_EQ(before.cr0, vcpu->sync->cregs.cr0);
		EXPECT_EQ(before.cr3, vcpu->sync->cregs.cr3);
		EXPECT_EQ(before.cr4, vcpu->sync->cregs.cr4);
	}
}

/* ---- CR3 ---- */

TEST_F(cr, cr3_is_the_guests_own)
{
	static const enum guest_mode modes[] = { MODE_PROT32, MODE_PAGED32, MODE_LONG };
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t exits;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		uint64_t cr3;

		guest_mode(vcpu, modes[i]);
		cr3 = vcpu->sync->cregs.cr3 | 0x18;	/* PWT, PCD */
		exits = vcpu_counter(vcpu, 28);
		ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr3, cr3));
		EXPECT_EQ(cr3, vcpu->sync->cregs.cr3);
		EXPECT_EQ(cr3, vcpu->sync->regs.rbx);
		EXPECT_EQ(exits, vcpu_counter(vcpu, 28));
	}
}

TEST_F(cr, cr3_refuses_bits_beyond_the_physical_width)
{
	uint32_t width = cpuid_find(&self->table, 0x80000008, 0)->eax & 0xff, bit;
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	for (bit = width; bit < 64; bit++) {
		EXPECT_TRUE(refused(vcpu, &to_cr3, GUEST_PML4 | 1ull << bit)) {
			TH_LOG("bit %u", bit);
		}
		EXPECT_EQ(GUEST_PML4, vcpu->sync->cregs.cr3);
	}
}

/* ---- CR4 ---- */

/* SDM "Control Registers": which CPUID bit announces which bits. */
static const struct {
	uint64_t bits;
	uint32_t leaf;
	unsigned int reg;	/* 0 to 3: EAX to EDX */
	unsigned int bit;
} cr4_bits[] = {
	{ CR4_VME | CR4_PVI, 1, 3, 1 }, { CR4_TSD, 1, 3, 4 }, { CR4_DE, 1, 3, 2 },
	{ CR4_PSE, 1, 3, 3 }, { CR4_PAE, 1, 3, 6 }, { CR4_MCE, 1, 3, 7 }, { CR4_PGE, 1, 3, 13 },
	{ CR4_PCE, 1, 3, 5 }, { CR4_OSFXSR, 1, 3, 24 }, { CR4_OSXMMEXCPT, 1, 3, 25 },
	{ CR4_OSXSAVE, 1, 2, 26 }, { CR4_FSGSBASE, 7, 1, 0 }, { CR4_SMEP, 7, 1, 7 },
	{ CR4_SMAP, 7, 1, 20 }, { CR4_UMIP, 7, 2, 2 }, { CR4_PKE, 7, 2, 3 },
};

static uint64_t cr4_announced(struct cpuid_group *table)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cr4_bits); i++) {
		const struct xvcpu_cpuid_entry *e = cpuid_find(table, cr4_bits[i].leaf, 0);
		const uint32_t *regs = e ? &e->eax : NULL;

		if (regs && regs[cr4_bits[i].reg] & 1u << cr4_bits[i].bit)
			mask |= cr4_bits[i].bits;
	}
	return mask;
}

TEST_F(cr, cr4_takes_what_cpuid_announces_and_nothing_else)
{
	uint64_t announced = cr4_announced(&self->table), cr4;
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int bit;

	ASSERT_EQ(CR4_PAE | CR4_PSE, announced & (CR4_PAE | CR4_PSE | CR4_VMXE | CR4_SMXE));
	for (bit = 0; bit < 64; bit++) {
		uint64_t value;

		/* Without paging SMEP does no harm to test code that is open to CPL 3. */
		guest_mode(vcpu, bit < 32 ? MODE_PROT32 : MODE_LONG);
		cr4 = vcpu->sync->cregs.cr4;
		value = cr4 | 1ull << bit;
		/* It has rules of its own, below. */
		if (1ull << bit == CR4_PCIDE)
			continue;
		if ((1ull << bit) & announced) {
			EXPECT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, value)) {
				TH_LOG("bit %u", bit);
			}
			EXPECT_EQ(value, vcpu->sync->cregs.cr4);
			EXPECT_EQ(value, vcpu->sync->regs.rbx);
		} else {
			EXPECT_TRUE(refused(vcpu, &to_cr4, value)) { TH_LOG("bit %u", bit); }
			EXPECT_EQ(cr4, vcpu->sync->cregs.cr4);
		}
	}
}

TEST_F(cr, a_bit_that_the_table_no_longer_announces_is_refused)
{
	struct xvcpu_cpuid_entry *leaf1 = cpuid_find(&self->table, 1, 0);
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_PROT32);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, CR4_PSE));
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, 0));
	leaf1->edx &= ~(1u << 3);
	ASSERT_EQ(0, vcpu_set_cpuid(vcpu, &self->table));
	EXPECT_TRUE(refused(vcpu, &to_cr4, CR4_PSE));
	EXPECT_EQ(0, vcpu->sync->cregs.cr4);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, CR4_PAE));
}

TEST_F(cr, pae_cannot_be_cleared_in_long_mode)
{
	static const enum guest_mode modes[] = { MODE_COMPAT, MODE_LONG };
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint64_t cr4;

		guest_mode(vcpu, modes[i]);
		cr4 = vcpu->sync->cregs.cr4;
		EXPECT_TRUE(refused(vcpu, &to_cr4, cr4 & ~CR4_PAE));
		EXPECT_EQ(cr4, vcpu->sync->cregs.cr4);
	}
}

TEST_F(cr, pcide_is_for_long_mode_and_a_cr3_without_pcid)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t cr4;

	if (!(cpuid_find(&self->table, 1, 0)->ecx & LEAF_1_PCID))
		SKIP(return, "the processor has no PCID");
	guest_mode(vcpu, MODE_PAE);
	cr4 = vcpu->sync->cregs.cr4;
	EXPECT_TRUE(refused(vcpu, &to_cr4, cr4 | CR4_PCIDE));
	EXPECT_EQ(cr4, vcpu->sync->cregs.cr4);
	guest_mode(vcpu, MODE_LONG);
	guest_cregs(vcpu)->cr3 = GUEST_PML4 | 8;
	EXPECT_TRUE(refused(vcpu, &to_cr4, cr4 | CR4_PCIDE));
	EXPECT_EQ(cr4, vcpu->sync->cregs.cr4);
	guest_cregs(vcpu)->cr3 = GUEST_PML4;
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, cr4 | CR4_PCIDE));
	EXPECT_EQ(cr4 | CR4_PCIDE, vcpu->sync->cregs.cr4);
	EXPECT_EQ(cr4 | CR4_PCIDE, vcpu->sync->regs.rbx);
	/* Now CR3 has a PCID, and writing CR4 again with it is fine. */
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr3, GUEST_PML4 | 0x123));
	EXPECT_EQ(GUEST_PML4 | 0x123, vcpu->sync->cregs.cr3);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, cr4 | CR4_PCIDE | CR4_PSE));
}

TEST_F(cr, what_vmx_sets_in_cr4_is_not_seen)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_PROT32);
	guest_cregs(vcpu)->cr4 = 0;
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, 0));
	EXPECT_EQ(0, vcpu->sync->regs.rbx);
	EXPECT_EQ(0, vcpu->sync->cregs.cr4);
}

/* ---- CR8 ---- */

TEST_F(cr, cr8_takes_0_to_15)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t value;
	unsigned int bit;

	guest_mode(vcpu, MODE_LONG);
	for (value = 0; value < 16; value++) {
		ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr8, value));
		EXPECT_EQ(value, vcpu->sync->cregs.cr8);
		EXPECT_EQ(value, vcpu->sync->regs.rbx);
	}
	for (bit = 4; bit < 64; bit++) {
		EXPECT_TRUE(refused(vcpu, &to_cr8, 1ull << bit)) { TH_LOG("bit %u", bit); }
		EXPECT_EQ(15, vcpu->sync->cregs.cr8);
	}
}

TEST_F(cr, any_register_is_the_operand)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	guest_next(vcpu, &rsp_and_cr8);
	guest_regs(vcpu)->rsp = 9;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(9, vcpu->sync->cregs.cr8);
	EXPECT_EQ(9, vcpu->sync->regs.rsp);
	guest_next(vcpu, &r15_and_cr8);
	guest_regs(vcpu)->r15 = 3;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(3, vcpu->sync->cregs.cr8);
	EXPECT_EQ(3, vcpu->sync->regs.r15);
}

TEST_F(cr, cr8_set_by_the_vmm_is_read_by_the_guest)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	guest_cregs(vcpu)->cr8 = 7;
	guest_next(vcpu, &rsp_and_cr8);
	vcpu->sync->regs.rip += 4 + 2;		/* only the read */
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(7, vcpu->sync->regs.rsp);
}

/* ---- XCR0 ---- */

static int set_xcr0(struct test_vcpu *vcpu, uint32_t index, uint64_t value)
{
	struct xvcpu_regs *regs;

	guest_next(vcpu, &xsetbv);
	regs = guest_regs(vcpu);
	regs->rcx = 0xffffffff00000000 | index;
	regs->rdx = 0xffffffff00000000 | value >> 32;
	regs->rax = 0xffffffff00000000 | (uint32_t)value;
	return guest_run(vcpu);
}

TEST_F(cr, xsetbv_takes_what_leaf_d_announces)
{
	struct xvcpu_cpuid_entry *d = cpuid_find(&self->table, 0xd, 0);
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t bit;

	if (!d)
		SKIP(return, "the processor has no XSAVE");
	guest_mode(vcpu, MODE_LONG);
	guest_cregs(vcpu)->cr4 |= CR4_OSXSAVE;
	ASSERT_EQ(NO_TRAP, set_xcr0(vcpu, 0, 3));
	EXPECT_EQ(3, vcpu->sync->cregs.xcr0);
	ASSERT_EQ(NO_TRAP, set_xcr0(vcpu, 0, d->eax & 7));
	EXPECT_EQ(d->eax & 7, vcpu->sync->cregs.xcr0);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &xgetbv, ~0ull));
	EXPECT_EQ(d->eax & 7, vcpu->sync->regs.rax);
	EXPECT_EQ(0, vcpu->sync->regs.rdx);
	for (bit = 1; bit; bit <<= 1) {
		if (bit & (d->eax | (uint64_t)d->edx << 32))
			continue;
		guest_mode(vcpu, MODE_LONG);
		guest_cregs(vcpu)->cr4 |= CR4_OSXSAVE;
		vcpu->sync->cregs.xcr0 = 3;
		EXPECT_EQ(VEC_GP, set_xcr0(vcpu, 0, bit | 3)) {
			TH_LOG("XCR0 %#llx", (unsigned long long)bit);
		}
		EXPECT_EQ(3, vcpu->sync->cregs.xcr0);
	}
}

TEST_F(cr, xsetbv_refuses_impossible_values)
{
	struct test_vcpu *vcpu = &self->vcpu;
	static const struct {
		uint32_t index;
		uint64_t value;
	} wrong[] = {
		{ 0, 0 }, { 0, 2 }, { 0, 5 }, { 0, 4 }, { 1, 1 }, { 0x80000000, 1 }, { 0, 0x61 },
		{ 0, 9 },
	};
	unsigned int i;

	if (!cpuid_find(&self->table, 0xd, 0))
		SKIP(return, "the processor has no XSAVE");
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		guest_mode(vcpu, MODE_LONG);
		guest_cregs(vcpu)->cr4 |= CR4_OSXSAVE;
		EXPECT_EQ(VEC_GP, set_xcr0(vcpu, wrong[i].index, wrong[i].value)) {
			TH_LOG("XCR%u = %#llx", wrong[i].index, (unsigned long long)wrong[i].value);
		}
		EXPECT_EQ(1, vcpu->sync->cregs.xcr0);
	}
}

TEST_F(cr, xsetbv_needs_osxsave_and_cpl_0)
{
	struct test_vcpu *vcpu = &self->vcpu;

	if (!cpuid_find(&self->table, 0xd, 0))
		SKIP(return, "the processor has no XSAVE");
	guest_mode(vcpu, MODE_LONG);
	EXPECT_EQ(VEC_UD, set_xcr0(vcpu, 0, 3));
	guest_mode(vcpu, MODE_LONG);
	guest_cregs(vcpu)->cr4 |= CR4_OSXSAVE;
	guest_user(vcpu);
	EXPECT_EQ(VEC_GP, set_xcr0(vcpu, 0, 3));
	EXPECT_EQ(1, vcpu->sync->cregs.xcr0);
}

TEST_HARNESS_MAIN
