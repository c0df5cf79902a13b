// SPDX-License-Identifier: GPL-2.0-only
/*
 * EFER, the way through all modes and back, and the PDPTEs of PAE paging.
 */
#include <string.h>

#include "guest.h"
#include "kselftest_harness.h"

#define EFER		"0xc0000080"
#define PDPTE_RESERVED	0x1e6ull	/* bits 8:5 and 2:1 */
#define CS_L		(1u << 13)
#define CS_D		(1u << 14)

/* EFER := EDX:EAX, and back to EBX; the same in 32-bit and 64-bit code. */
GUEST_CODE(set_efer, 64,
	   "mov $" EFER ", %ecx; wrmsr; xor %eax, %eax; rdmsr; mov %eax, %ebx; hlt");
GUEST_CODE(to_cr0, 64, "mov %rax, %cr0; mov %cr0, %rbx; hlt");
GUEST_CODE(to_cr3, 64, "mov %rax, %cr3; mov %cr3, %rbx; hlt");
GUEST_CODE(to_cr4, 64, "mov %rax, %cr4; mov %cr4, %rbx; hlt");
GUEST_CODE(load_32, 32, "mov (%esi), %eax; hlt");
GUEST_CODE(call_rsi, 64, "jmp *%rsi");
GUEST_CODE(just_hlt, 64, "hlt");

/* Where @label stands once the code is at GUEST_CODE_AT. */
#define AT(label)	"(0x4000 + " label " - guest_begin_of_all_modes)"
#define STATION(n)	"out %al, $" #n "\n"

/*
 * Real, 16-bit protected, 32-bit protected, long mode by way of compatibility mode, compatibility
 * mode again, 32-bit protected, 16-bit protected, real. At each station the host looks. GDT and
 * IDT are those of guest.h.
 */
GUEST_CODE(all_modes, 16,
	   STATION(0)
	   "mov %cr0, %eax; or $1, %al; mov %eax, %cr0\n"
	   "ljmpl $0x20, $" AT("1f") "\n"
	   "1: mov $0x28, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss\n"
	   STATION(1)
	   "ljmpl $0x08, $" AT("2f") "\n"
	   ".code32\n"
	   "2: mov $0x10, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss\n"
	   STATION(2)
	   "mov %cr4, %eax; or $0x20, %eax; mov %eax, %cr4\n"
	   "mov $0x10000, %eax; mov %eax, %cr3\n"
	   "mov $" EFER ", %ecx; rdmsr; or $0x100, %eax; wrmsr\n"
	   STATION(3)
	   "mov %cr0, %eax; or $0x80000000, %eax; mov %eax, %cr0\n"
	   STATION(4)
	   "ljmp $0x18, $" AT("3f") "\n"
	   ".code64\n"
	   "3: mov $0x48, %ax; ltr %ax\n"
	   "mov $0x1122334455667788, %r9\n"
	   STATION(5)
	   "push $0x08; push $" AT("4f") "; lretq\n"
	   ".code32\n"
	   "4:\n"
	   STATION(6)
	   "mov %cr0, %eax; and $0x7fffffff, %eax; mov %eax, %cr0\n"
	   STATION(7)
	   "mov $" EFER ", %ecx; rdmsr; and $0xfffffeff, %eax; wrmsr\n"
	   "mov %cr4, %eax; and $0xffffffdf, %eax; mov %eax, %cr4\n"
	   STATION(8)
	   "ljmp $0x20, $" AT("5f") "\n"
	   ".code16\n"
	   "5: mov $0x28, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss\n"
	   "mov %cr0, %eax; and $0xfffffffe, %eax; mov %eax, %cr0\n"
	   "ljmp $0, $" AT("6f") "\n"
	   "6: xor %ax, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss\n"
	   STATION(9)
	   "hlt");

FIXTURE(mode) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	struct cpuid_group table;
};

FIXTURE_SETUP(mode)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_get_cpuid(&self->vcpu, &self->table);
	guest_memory_init(&self->vm);
}

FIXTURE_TEARDOWN(mode)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static int with_rax(struct test_vcpu *vcpu, const struct guest_code *code, uint64_t value)
{
	guest_next(vcpu, code);
	guest_regs(vcpu)->rax = (uint32_t)value;
	guest_regs(vcpu)->rdx = value >> 32;
	return guest_run(vcpu);
}

/* ---- EFER ---- */

TEST_F(mode, efer_takes_sce_and_nxe)
{
	static const uint64_t values[] = { EFER_SCE, EFER_NXE, EFER_SCE | EFER_NXE, 0 };
	struct test_vcpu *vcpu = &self->vcpu;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		guest_mode(vcpu, MODE_LONG);
		ASSERT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, values[i] | EFER_LME | EFER_LMA));
		EXPECT_EQ(values[i] | EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
		EXPECT_EQ(values[i] | EFER_LME | EFER_LMA, vcpu->sync->regs.rbx);
		guest_mode(vcpu, MODE_PROT32);
		ASSERT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, values[i]));
		EXPECT_EQ(values[i], vcpu->sync->cregs.efer);
	}
}

TEST_F(mode, efer_refuses_reserved_bits)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		if ((EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE) & 1ull << bit)
			continue;
		guest_mode(vcpu, MODE_LONG);
		EXPECT_EQ(VEC_GP, with_rax(vcpu, &set_efer, EFER_LME | EFER_LMA | 1ull << bit)) {
			TH_LOG("bit %u", bit);
		}
		EXPECT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(GUEST_CODE_AT + 5, trap.rip);
		EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
	}
}

TEST_F(mode, efer_refuses_what_cpuid_does_not_announce)
{
	struct xvcpu_cpuid_entry *leaf = cpuid_find(&self->table, 0x80000001, 0);
	struct test_vcpu *vcpu = &self->vcpu;

	leaf->edx &= ~(1u << 11 | 1u << 20 | 1u << 29);	/* SYSCALL, NX, LM */
	ASSERT_EQ(0, vcpu_set_cpuid(vcpu, &self->table));
	guest_mode(vcpu, MODE_PROT32);
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &set_efer, EFER_NXE));
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &set_efer, EFER_SCE));
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &set_efer, EFER_LME));
	EXPECT_EQ(0, vcpu->sync->cregs.efer);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, 0));
}

TEST_F(mode, lme_cannot_change_while_paging_is_on)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &set_efer, EFER_LMA));
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
	guest_mode(vcpu, MODE_PAE);
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &set_efer, EFER_LME));
	EXPECT_EQ(0, vcpu->sync->cregs.efer);
	guest_mode(vcpu, MODE_PROT32);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, EFER_LME));
	EXPECT_EQ(EFER_LME, vcpu->sync->cregs.efer);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, 0));
	EXPECT_EQ(0, vcpu->sync->cregs.efer);
}

/* SDM "IA32_EFER": LMA is read-only; writes of it are ignored. */
TEST_F(mode, lma_is_not_written)
{
	struct test_vcpu *vcpu = &self->vcpu;

	guest_mode(vcpu, MODE_LONG);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, EFER_LME));
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
	guest_mode(vcpu, MODE_PROT32);
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &set_efer, EFER_LMA));
	EXPECT_EQ(0, vcpu->sync->cregs.efer);
}

/* SDM "Access Rights": XD is reserved without NXE, and forbids fetches with it. */
TEST_F(mode, nxe_gives_bit_63_its_meaning)
{
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;
	uint64_t *pt;

	pt = guest_split(&self->vm);
	pt[GUEST_FREE / PAGE_BYTES] |= PTE_NX;
	guest_load(&self->vm, GUEST_FREE, &just_hlt);
	guest_mode(vcpu, MODE_LONG);
	guest_load(&self->vm, GUEST_CODE_AT, &call_rsi);
	guest_regs(vcpu)->rsi = GUEST_FREE;
	ASSERT_EQ(VEC_PF, guest_run(vcpu));
	guest_trapped(vcpu, &trap);
	EXPECT_EQ(0x9, trap.error);		/* present, reserved bit */
	guest_mode(vcpu, MODE_LONG);
	guest_cregs(vcpu)->efer |= EFER_NXE;
	guest_regs(vcpu)->rsi = GUEST_FREE;
	ASSERT_EQ(VEC_PF, guest_run(vcpu));
	guest_trapped(vcpu, &trap);
	EXPECT_EQ(0x11, trap.error);		/* present, fetch */
	EXPECT_EQ(GUEST_FREE, vcpu->sync->cregs.cr2);
	pt[GUEST_FREE / PAGE_BYTES] &= ~PTE_NX;
	guest_mode(vcpu, MODE_LONG);
	guest_cregs(vcpu)->efer |= EFER_NXE;
	guest_regs(vcpu)->rsi = GUEST_FREE;
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
}

/* ---- from mode to mode ---- */

struct station {
	const char *what;
	uint64_t cr0;		/* PE and PG */
	uint64_t efer;
	uint32_t cs_bits;	/* D and L of CS; 2 if it is not looked at */
	uint16_t selector;
};

TEST_F(mode, from_real_to_long_and_back)
{
	static const struct station stations[] = {
		{ "real", 0, 0, 0, 0 },
		{ "16-bit protected", CR0_PE, 0, 0, SEL_CODE16 },
		{ "32-bit protected", CR0_PE, 0, CS_D, SEL_CODE32 },
		{ "LME", CR0_PE, EFER_LME, CS_D, SEL_CODE32 },
		{ "paging on", CR0_PE | CR0_PG, EFER_LME | EFER_LMA, CS_D, SEL_CODE32 },
		{ "64-bit", CR0_PE | CR0_PG, EFER_LME | EFER_LMA, CS_L, SEL_CODE64 },
		{ "compatibility", CR0_PE | CR0_PG, EFER_LME | EFER_LMA, CS_D, SEL_CODE32 },
		{ "paging off", CR0_PE, EFER_LME, CS_D, SEL_CODE32 },
		{ "LME off", CR0_PE, 0, CS_D, SEL_CODE32 },
		{ "real again", 0, 0, 0, 0 },
	};
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *gdt = guest_at(&self->vm, GUEST_GDT);
	unsigned int i;

	guest_mode(vcpu, MODE_REAL);
	guest_load(&self->vm, GUEST_CODE_AT, &all_modes);
	gdt[SEL_TSS / 8] &= ~(2ull << 40);	/* not busy, for LTR */
	for (i = 0; i < ARRAY_SIZE(stations); i++) {
		const struct station *s = &stations[i];

		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(vcpu)) { TH_LOG("%s", s->what); }
		ASSERT_EQ(i, vcpu->exit->io.port) { TH_LOG("%s", s->what); }
		EXPECT_EQ(s->cr0, vcpu->sync->cregs.cr0 & (CR0_PE | CR0_PG)) {
			TH_LOG("%s", s->what);
		}
		EXPECT_EQ(s->efer, vcpu->sync->cregs.efer) { TH_LOG("%s", s->what); }
		EXPECT_EQ(s->selector, vcpu->sync->sregs.cs.selector) { TH_LOG("%s", s->what); }
		EXPECT_EQ(s->cs_bits, vcpu->sync->sregs.cs.ar & (CS_D | CS_L)) {
			TH_LOG("%s", s->what);
		}
		if (i == 5) {
			EXPECT_EQ(0x1122334455667788, vcpu->sync->regs.r9);
			EXPECT_EQ(SEL_TSS, vcpu->sync->sregs.tr.selector);
			EXPECT_EQ(GUEST_TSS, vcpu->sync->sregs.tr.base);
		}
	}
	EXPECT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0, vcpu->sync->sregs.ss.base | vcpu->sync->sregs.cs.base);
}

/* The VMM reaches every mode from every other, too. */
TEST_F(mode, the_vmm_sets_any_mode_after_any)
{
	enum guest_mode from, to;

	guest_load(&self->vm, GUEST_CODE_AT, &just_hlt);
	for (from = 0; from < MODES; from++) {
		for (to = 0; to < MODES; to++) {
			guest_mode(&self->vcpu, from);
			ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
			guest_mode(&self->vcpu, to);
			EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu)) {
				TH_LOG("%s to %s", guest_mode_names[from], guest_mode_names[to]);
			}
		}
	}
}

/* ---- PAE ---- */

/* Protected mode, everything ready for PAE paging but CR0.PG. */
static uint64_t *prepare_pae(struct test_vcpu *vcpu)
{
	guest_mode(vcpu, MODE_PROT32);
	guest_cregs(vcpu)->cr4 |= CR4_PAE;
	vcpu->sync->cregs.cr3 = GUEST_PDPT_PAE;
	return guest_at(vcpu->vm, GUEST_PDPT_PAE);
}

TEST_F(mode, turning_pae_paging_on_loads_the_pdptes)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pdpt = prepare_pae(vcpu);

	pdpt[1] = GUEST_PD | PTE_P;
	pdpt[2] = 0xabcde000;			/* not present: anything goes */
	pdpt[3] = PDPTE_RESERVED;
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG));
	EXPECT_EQ(CR0_ET | CR0_PE | CR0_PG, vcpu->sync->cregs.cr0);
	EXPECT_EQ(0, memcmp(pdpt, vcpu->sync->cregs.pdpte, 32));
	/* The second GiB is the first one again. */
	guest_write64(&self->vm, GUEST_DATA, 0xfeedface);
	guest_next(vcpu, &load_32);
	guest_regs(vcpu)->rsi = 0x40000000 + GUEST_DATA;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0xfeedface, vcpu->sync->regs.rax);
}

TEST_F(mode, pdptes_stand_at_any_32_byte_boundary)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pdpt = prepare_pae(vcpu);

	memcpy(pdpt + 508, pdpt, 32);
	memset(pdpt, 0, 32);
	guest_cregs(vcpu)->cr3 = GUEST_PDPT_PAE + 508 * 8;
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG));
	EXPECT_EQ(GUEST_PD | PTE_P, vcpu->sync->cregs.pdpte[0]);
}

TEST_F(mode, a_reserved_bit_in_a_pdpte_keeps_paging_off)
{
	uint32_t width = cpuid_find(&self->table, 0x80000008, 0)->eax & 0xff, bit, i;
	struct test_vcpu *vcpu = &self->vcpu;
	struct guest_trap trap;

	for (bit = 1; bit < 64; bit++) {
		bool reserved = bit >= width || PDPTE_RESERVED & 1ull << bit;
		uint64_t *pdpt = prepare_pae(vcpu);

		i = bit % 3 + 1;
		memset(pdpt + 1, 0, 24);
		pdpt[i] = PTE_P | 1ull << bit;
		EXPECT_EQ(reserved ? VEC_GP : NO_TRAP,
			  with_rax(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG)) {
			TH_LOG("bit %u", bit);
		}
		if (!reserved)
			continue;
		EXPECT_TRUE(guest_trapped(vcpu, &trap));
		EXPECT_EQ(0, trap.error);
		EXPECT_EQ(GUEST_CODE_AT, trap.rip);
		EXPECT_EQ(0, vcpu->sync->cregs.cr0 & CR0_PG) { TH_LOG("bit %u", bit); }
		EXPECT_NE(pdpt[i], vcpu->sync->cregs.pdpte[i]);
	}
}

TEST_F(mode, a_reserved_bit_in_a_pdpte_keeps_cr4)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pdpt = guest_at(&self->vm, GUEST_PDPT_PAE), cr4;

	guest_mode(vcpu, MODE_PAE);
	cr4 = vcpu->sync->cregs.cr4;
	pdpt[1] = PTE_P | 2;
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &to_cr4, cr4 | CR4_PSE));
	EXPECT_EQ(cr4, vcpu->sync->cregs.cr4);
	EXPECT_EQ(0, vcpu->sync->cregs.pdpte[1]);
	/* From 32-bit paging to PAE paging. */
	guest_mode(vcpu, MODE_PAGED32);
	memcpy(guest_at(&self->vm, GUEST_PD_32 + 0xfe0), pdpt, 32);
	guest_cregs(vcpu)->cr3 = GUEST_PD_32;
	cr4 = vcpu->sync->cregs.cr4;
	pdpt = guest_at(&self->vm, GUEST_PD_32);
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &to_cr4, cr4 | CR4_PAE)) {
		TH_LOG("PDPTE %#llx", (unsigned long long)pdpt[0]);
	}
	EXPECT_EQ(cr4, vcpu->sync->cregs.cr4);
}

TEST_F(mode, pdptes_are_registers)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pdpt = guest_at(&self->vm, GUEST_PDPT_PAE);
	uint64_t cr0, cr4;

	guest_mode(vcpu, MODE_PAE);
	cr0 = vcpu->sync->cregs.cr0;
	cr4 = vcpu->sync->cregs.cr4;
	pdpt[1] = GUEST_PD | PTE_P;
	guest_write64(&self->vm, GUEST_DATA, 0x11223344);
	guest_next(vcpu, &load_32);
	guest_regs(vcpu)->rsi = 0x40000000 + GUEST_DATA;
	ASSERT_EQ(VEC_PF, guest_run(vcpu));	/* memory changed, the register did not */
	EXPECT_EQ(0, vcpu->sync->cregs.pdpte[1]);
	/* MOV to CR3 loads them, without an exit. */
	guest_mode(vcpu, MODE_PAE);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr3, GUEST_PDPT_PAE));
	EXPECT_EQ(GUEST_PD | PTE_P, vcpu->sync->cregs.pdpte[1]);
	guest_next(vcpu, &load_32);
	guest_regs(vcpu)->rsi = 0x40000000 + GUEST_DATA;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0x11223344, vcpu->sync->regs.rax);
	/* And so do the writes of CR0 and CR4 that SDM "PDPTE Registers" lists. */
	pdpt[2] = GUEST_PD | PTE_P;
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, cr4 | CR4_PGE));
	EXPECT_EQ(GUEST_PD | PTE_P, vcpu->sync->cregs.pdpte[1]);
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr4, cr4 | CR4_PSE));
	EXPECT_EQ(GUEST_PD | PTE_P, vcpu->sync->cregs.pdpte[2]);
	pdpt[3] = GUEST_PD | PTE_P;
	ASSERT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, cr0 | CR0_CD));
	EXPECT_EQ(GUEST_PD | PTE_P, vcpu->sync->cregs.pdpte[3]);
}

TEST_F(mode, a_reserved_bit_in_a_pdpte_keeps_cr3)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pdpt = guest_at(&self->vm, GUEST_PDPT_PAE);

	guest_mode(vcpu, MODE_PAE);
	pdpt[4] = GUEST_PD | PTE_P;
	pdpt[7] = PTE_P | 2;
	EXPECT_EQ(VEC_GP, with_rax(vcpu, &to_cr3, GUEST_PDPT_PAE + 32));
	EXPECT_EQ(GUEST_PDPT_PAE, vcpu->sync->cregs.cr3);
	EXPECT_EQ(0, vcpu->sync->cregs.pdpte[3]);
}

TEST_F(mode, load_pdpte_reads_them_from_memory)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pdpt = guest_at(&self->vm, GUEST_PDPT_PAE);

	guest_mode(vcpu, MODE_PAE);
	guest_load(&self->vm, GUEST_CODE_AT, &just_hlt);
	memset(vcpu->sync->cregs.pdpte, 0xff, 32);	/* ignored */
	guest_cregs(vcpu)->flags = XVCPU_CREGS_LOAD_PDPTE;
	pdpt[3] = 0x7000;
	ASSERT_EQ(NO_TRAP, guest_run(vcpu));
	EXPECT_EQ(0, memcmp(pdpt, vcpu->sync->cregs.pdpte, 32));
	EXPECT_EQ(0, vcpu->sync->cregs.flags);
}

/* Long mode's paging has none: what stands at CR3 is a PML4. */
TEST_F(mode, long_mode_looks_at_no_pdptes)
{
	struct test_vcpu *vcpu = &self->vcpu;
	uint64_t *pml4 = guest_at(&self->vm, GUEST_PML4);

	guest_mode(vcpu, MODE_PROT32);
	guest_cregs(vcpu)->cr4 |= CR4_PAE;
	vcpu->sync->cregs.cr3 = GUEST_PML4;
	vcpu->sync->cregs.efer = EFER_LME;
	pml4[1] = PTE_P | PDPTE_RESERVED;
	EXPECT_EQ(NO_TRAP, with_rax(vcpu, &to_cr0, CR0_ET | CR0_PE | CR0_PG));
	EXPECT_EQ(EFER_LME | EFER_LMA, vcpu->sync->cregs.efer);
}

TEST_HARNESS_MAIN
