// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control registers, debug registers, XCR0: what the guest may write, and what follows from it.
 *
 * The guest owns the bits that change nothing outside the processor's own execution of it
 * (CR0_GUEST_OWNED, CR4_GUEST_OWNED); all others exit, so that their #GP rules are ours to keep.
 * MOV to and from CR3 never exits: with EPT, it is the guest's own affair.
 */
#include <linux/percpu.h>
#include <asm/debugreg.h>
#include <asm/fpu/types.h>
#include <asm/processor.h>
#include <asm/tlbflush.h>
#include <asm/trapnr.h>
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "caps.h"
#include "exit.h"
#include "regs.h"
#include "setup.h"

/* Writes that change these reload the PDPTEs (SDM "PAE Paging", "PDPTE Registers"). */
#define CR0_PDPTE	(X86_CR0_PG | X86_CR0_CD | X86_CR0_NW)
#define CR4_PDPTE	(X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PSE | X86_CR4_SMEP)
/* Writes that change these invalidate the guest's translations (SDM "Invalidation of TLBs..."). */
#define CR4_FLUSH	(CR4_PDPTE | X86_CR4_PCIDE | X86_CR4_LA57 | X86_CR4_SMAP | X86_CR4_PKE)
#define LMSW_BITS	(X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)

#define CS_AR_L		BIT(13)
#define TR_TYPE_MASK	0xf
#define TR_TYPE_BUSY_64	0xb

#define CR_QUAL_NUMBER	0xf
#define CR_QUAL_TYPE(q)	(((q) >> 4) & 3)
#define CR_QUAL_GPR(q)	(((q) >> 8) & 0xf)
#define CR_TYPE_TO	0
#define CR_TYPE_FROM	1
#define CR_TYPE_CLTS	2
#define CR_TYPE_LMSW	3

#define DR_QUAL_NUMBER	7
#define DR_QUAL_FROM	BIT(4)

bool vmx_is_64bit(struct vmx_vcpu *vcpu)
{
	return (vcpu->efer & EFER_LMA) && (vmcs_read32(GUEST_CS_AR_BYTES) & CS_AR_L);
}

unsigned int vmx_cpl(struct vmx_vcpu *vcpu)
{
	if (!(vcpu->cr0 & X86_CR0_PE))
		return 0;
	if (vmx_get_rflags(vcpu) & X86_EFLAGS_VM)
		return 3;
	return (vmcs_read32(GUEST_SS_AR_BYTES) >> 5) & 3;
}

/**
 * vmx_read_crs - bring vcpu->cr0 and vcpu->cr4 up to date with the bits that the guest owns
 * @vcpu: the vCPU
 */
void vmx_read_crs(struct vmx_vcpu *vcpu)
{
	vcpu->cr0 = (vcpu->cr0 & ~CR0_GUEST_OWNED) |
		    (vmcs_read_natural(GUEST_CR0) & CR0_GUEST_OWNED);
	vcpu->cr4 = (vcpu->cr4 & ~CR4_GUEST_OWNED) |
		    (vmcs_read_natural(GUEST_CR4) & CR4_GUEST_OWNED);
}

void vmx_write_pdptes(const u64 *pdpte)
{
	vmcs_write64(GUEST_PDPTR0, pdpte[0]);
	vmcs_write64(GUEST_PDPTR1, pdpte[1]);
	vmcs_write64(GUEST_PDPTR2, pdpte[2]);
	vmcs_write64(GUEST_PDPTR3, pdpte[3]);
}

/*
 * The processor runs with what VMX operation demands (NE), and without CD and NW: caching of
 * guest memory is the host's to decide.
 */
void vmx_write_cr0(struct vmx_vcpu *vcpu, unsigned long cr0)
{
	unsigned long must = vmx_caps.cr0_fixed0 & ~(X86_CR0_PE | X86_CR0_PG);

	vmcs_write_natural(GUEST_CR0, (cr0 & ~(X86_CR0_CD | X86_CR0_NW)) | must);
	vmcs_write_natural(CR0_READ_SHADOW, cr0);
	vcpu->cr0 = cr0;
}

void vmx_write_cr4(struct vmx_vcpu *vcpu, unsigned long cr4)
{
	/* A machine check in the guest is the host's; without MCE it would be a shutdown. */
	vmcs_write_natural(GUEST_CR4, cr4 | vmx_caps.cr4_fixed0 |
			   (cr4_read_shadow() & X86_CR4_MCE));
	vmcs_write_natural(CR4_READ_SHADOW, cr4);
	vcpu->cr4 = cr4;
}

/*
 * The entry control follows LMA, or the entry fails (SDM "Checks on Guest Control Registers...").
 */
void vmx_write_efer(struct vmx_vcpu *vcpu, u64 efer)
{
	u32 entry = vcpu->vmcs.entry & ~VM_ENTRY_IA32E_MODE;

	if (efer & EFER_LMA)
		entry |= VM_ENTRY_IA32E_MODE;
	vmcs_shadow_write(&vcpu->vmcs.entry, 32, VM_ENTRY_CONTROLS, entry);
	vmcs_write64(GUEST_IA32_EFER, efer);
	vcpu->efer = efer;
}

static void guest_tlb_flush(struct vmx_vcpu *vcpu)
{
	/* Without a VPID every entry flushes. */
	if (vcpu->vpid)
		vmx_invvpid(INVVPID_SINGLE, vcpu->vpid);
}

/*
 * CR0 is valid by now. In IA-32e mode the processor insists on a 64-bit TSS; software that turned
 * long mode on loads TR later, and bare hardware does not look at TR until then.
 */
static void commit_cr0(struct vmx_vcpu *vcpu, unsigned long cr0)
{
	unsigned long changed = vcpu->cr0 ^ cr0;
	u64 efer = vcpu->efer & ~EFER_LMA;
	u32 tr_ar;

	if ((cr0 & X86_CR0_PG) && (efer & EFER_LME))
		efer |= EFER_LMA;
	if (efer != vcpu->efer) {
		vmx_write_efer(vcpu, efer);
		tr_ar = vmcs_read32(GUEST_TR_AR_BYTES);
		if ((efer & EFER_LMA) && (tr_ar & TR_TYPE_MASK) != TR_TYPE_BUSY_64)
			vmcs_write32(GUEST_TR_AR_BYTES, (tr_ar & ~TR_TYPE_MASK) | TR_TYPE_BUSY_64);
	}
	vmx_write_cr0(vcpu, cr0);
	if (changed & CR0_PDPTE)
		guest_tlb_flush(vcpu);
}

static void commit_cr4(struct vmx_vcpu *vcpu, unsigned long cr4)
{
	unsigned long changed = vcpu->cr4 ^ cr4;

	vmx_write_cr4(vcpu, cr4);
	if (changed & CR4_FLUSH)
		guest_tlb_flush(vcpu);
}

/* Rules of SDM "Control Registers" and "MOV-Move to/from Control Registers". */
static bool cr0_valid(struct vmx_vcpu *vcpu, unsigned long cr0)
{
	bool paging = cr0 & X86_CR0_PG, paged = vcpu->cr0 & X86_CR0_PG;

	if (cr0 >> 32)
		return false;
	if ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD))
		return false;
	if (paging && !(cr0 & X86_CR0_PE))
		return false;
	if (paging && !paged && (vcpu->efer & EFER_LME) &&
	    (!(vcpu->cr4 & X86_CR4_PAE) || (vmcs_read32(GUEST_CS_AR_BYTES) & CS_AR_L)))
		return false;
	if (!paging && paged && ((vcpu->cr4 & X86_CR4_PCIDE) || vmx_is_64bit(vcpu)))
		return false;
	return true;
}

static bool cr4_valid(struct vmx_vcpu *vcpu, unsigned long cr4)
{
	unsigned long changed = vcpu->cr4 ^ cr4;

	if (cr4 & ~vcpu->limits.cr4)
		return false;
	if (vcpu->efer & EFER_LMA) {
		if (!(cr4 & X86_CR4_PAE) || (changed & X86_CR4_LA57))
			return false;
	} else if (cr4 & X86_CR4_PCIDE) {
		return false;
	}
	if ((cr4 & changed & X86_CR4_PCIDE) && (vmcs_read_natural(GUEST_CR3) & 0xfff))
		return false;
	return true;
}

static bool pae_paging(unsigned long cr0, unsigned long cr4, u64 efer)
{
	return (cr0 & X86_CR0_PG) && (cr4 & X86_CR4_PAE) && !(efer & EFER_LME);
}

static enum vmx_next paging_later(struct vmx_vcpu *vcpu, unsigned long cr0, unsigned long cr4)
{
	vcpu->paging.cr0 = cr0;
	vcpu->paging.cr4 = cr4;
	vcpu->paging.cr3 = vmcs_read_natural(GUEST_CR3);
	vcpu->paging.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	return VMX_PAGING;
}

/**
 * vmx_paging_again - prepare vmx_finish_paging() with the registers as they are
 * @vcpu: the vCPU
 *
 * Return: false if the guest's paging mode has no PDPTE registers.
 */
bool vmx_paging_again(struct vmx_vcpu *vcpu)
{
	vmx_read_crs(vcpu);
	if (!pae_paging(vcpu->cr0, vcpu->cr4, vcpu->efer))
		return false;
	paging_later(vcpu, vcpu->cr0, vcpu->cr4);
	vcpu->paging.insn_len = 0;
	return true;
}

/**
 * vmx_finish_paging - commit a change of CR0 or CR4 now that the PDPTEs have been read
 * @vcpu: the vCPU
 * @pdpte:    the four at CR3
 * @readable: they could be read
 *
 * A present PDPTE with reserved bits raises #GP(0) and the registers keep their values.
 */
enum vmx_next vmx_finish_paging(struct vmx_vcpu *vcpu, const u64 *pdpte, bool readable)
{
	u64 reserved = GENMASK_ULL(63, vmx_gpa_bits()) | GENMASK_ULL(8, 5) | GENMASK_ULL(2, 1);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (!readable || ((pdpte[i] & 1) && (pdpte[i] & reserved)))
			return exit_gp(vcpu);
	}
	vmx_write_pdptes(pdpte);
	commit_cr4(vcpu, vcpu->paging.cr4);
	commit_cr0(vcpu, vcpu->paging.cr0);
	guest_tlb_flush(vcpu);
	if (vcpu->paging.insn_len)
		vmx_skip(vcpu, vcpu->paging.insn_len);
	return VMX_RESUME;
}

static enum vmx_next mov_cr0(struct vmx_vcpu *vcpu, unsigned long value)
{
	unsigned long cr0;

	if (!cr0_valid(vcpu, value))
		return exit_gp(vcpu);
	/* Reserved bits of the low half are ignored, ET is always 1. */
	cr0 = (value & CR0_DEFINED) | X86_CR0_ET;
	if (pae_paging(cr0, vcpu->cr4, vcpu->efer) && ((cr0 ^ vcpu->cr0) & CR0_PDPTE))
		return paging_later(vcpu, cr0, vcpu->cr4);
	commit_cr0(vcpu, cr0);
	return exit_skip(vcpu);
}

static enum vmx_next mov_cr4(struct vmx_vcpu *vcpu, unsigned long cr4)
{
	if (!cr4_valid(vcpu, cr4))
		return exit_gp(vcpu);
	if (pae_paging(vcpu->cr0, cr4, vcpu->efer) && ((cr4 ^ vcpu->cr4) & CR4_PDPTE))
		return paging_later(vcpu, vcpu->cr0, cr4);
	commit_cr4(vcpu, cr4);
	return exit_skip(vcpu);
}

/* Bits 63:4 must be zero (SDM "MOV-Move to/from Control Registers"). */
static enum vmx_next mov_cr8(struct vmx_vcpu *vcpu, unsigned long cr8)
{
	if (cr8 & ~0xful)
		return exit_gp(vcpu);
	vcpu->cr8 = cr8;
	return exit_skip(vcpu);
}

static enum vmx_next mov_to_cr(struct vmx_vcpu *vcpu, unsigned int cr, unsigned long value)
{
	/*
	 * Outside 64-bit mode the operand is 32 bits and the register's upper half is not looked
	 * at.
	 */
	if (!vmx_is_64bit(vcpu))
		value = (u32)value;
	switch (cr) {
	case 0:
		return mov_cr0(vcpu, value);
	case 4:
		return mov_cr4(vcpu, value);
	case 8:
		return mov_cr8(vcpu, value);
	}
	return exit_hardware(vcpu, XVCPU_EXIT_INTERNAL, XVCPU_INTERNAL_EXIT);
}

/* LMSW can set PE but not clear it. */
static enum vmx_next lmsw(struct vmx_vcpu *vcpu, unsigned long source)
{
	unsigned long keep = ~LMSW_BITS | (vcpu->cr0 & X86_CR0_PE);

	return mov_cr0(vcpu, (vcpu->cr0 & keep) | (source & LMSW_BITS));
}

enum vmx_next exit_cr_access(struct vmx_vcpu *vcpu)
{
	unsigned long qual = vmx_get_qualification(vcpu);
	unsigned int cr = qual & CR_QUAL_NUMBER;

	vmx_read_crs(vcpu);
	switch (CR_QUAL_TYPE(qual)) {
	case CR_TYPE_TO:
		return mov_to_cr(vcpu, cr, vmx_get_gpr(vcpu, CR_QUAL_GPR(qual)));
	case CR_TYPE_FROM:
		if (cr != 8)
			break;
		vmx_set_gpr(vcpu, CR_QUAL_GPR(qual), vcpu->cr8);
		return exit_skip(vcpu);
	case CR_TYPE_CLTS:
		return mov_cr0(vcpu, vcpu->cr0 & ~X86_CR0_TS);
	case CR_TYPE_LMSW:
		return lmsw(vcpu, qual >> 16);
	}
	return exit_hardware(vcpu, XVCPU_EXIT_INTERNAL, XVCPU_INTERNAL_EXIT);
}

static void dr7_write(struct vmx_vcpu *vcpu, unsigned long value)
{
	vcpu->dr7 = (value & ~DR7_ZERO) | DR7_ONE;
	vmcs_write_natural(GUEST_DR7, vcpu->dr7);
}

/**
 * vmx_write_dr - give a debug register a value; bits that are fixed stay so
 * @vcpu: the vCPU, loaded
 * @dr:    0 to 3, 6, 7
 * @value: bits 63:32 count for 0 to 3 only
 */
void vmx_write_dr(struct vmx_vcpu *vcpu, unsigned int dr, unsigned long value)
{
	if (dr < 4)
		vcpu->dr[dr] = value;
	else if (dr == 6)
		vcpu->dr6 = ((u32)value & DR6_DEFINED) | DR6_RESERVED;
	else
		dr7_write(vcpu, (u32)value);
}

static enum vmx_next mov_to_dr(struct vmx_vcpu *vcpu, unsigned long qual, unsigned int dr)
{
	unsigned long value = vmx_get_gpr(vcpu, CR_QUAL_GPR(qual));

	if (!vmx_is_64bit(vcpu))
		value = (u32)value;
	if (dr >= 4 && value >> 32)
		return exit_gp(vcpu);
	if (vmx_instruction_intercepted(vcpu, XVCPU_INSTRUCTION_MOV_DR))
		return vmx_mov_dr_to_user(vcpu, qual, dr, value);
	vmx_write_dr(vcpu, dr, value);
	return exit_skip(vcpu);
}

/**
 * exit_dr_access - MOV to or from a debug register
 * @vcpu: the vCPU
 *
 * Always intercepted: the CPU's registers hold the host's breakpoints unless the guest has armed
 * its own.
 */
enum vmx_next exit_dr_access(struct vmx_vcpu *vcpu)
{
	unsigned long qual = vmx_get_qualification(vcpu);
	unsigned int dr = qual & DR_QUAL_NUMBER;
	unsigned long value;

	vmx_read_crs(vcpu);
	if (vmx_cpl(vcpu))
		return exit_gp(vcpu);
	if (dr == 4 || dr == 5) {
		if (vcpu->cr4 & X86_CR4_DE)
			return exit_ud(vcpu);
		dr += 2;
	}
	if (vcpu->dr7 & DR7_GD) {
		vcpu->dr6 = (vcpu->dr6 & ~DR_TRAP_BITS) | DR6_BD;
		dr7_write(vcpu, vcpu->dr7 & ~DR7_GD);
		vmx_raise(vcpu, X86_TRAP_DB, 0);
		return VMX_RESUME;
	}
	if (!(qual & DR_QUAL_FROM))
		return mov_to_dr(vcpu, qual, dr);

	value = dr < 4 ? vcpu->dr[dr] : dr == 6 ? vcpu->dr6 : vcpu->dr7;
	if (vmx_instruction_intercepted(vcpu, XVCPU_INSTRUCTION_MOV_DR))
		return vmx_mov_dr_to_user(vcpu, qual, dr, value);
	vmx_set_gpr(vcpu, CR_QUAL_GPR(qual), value);
	return exit_skip(vcpu);
}

/**
 * vmx_xcr0_valid - SDM "XSETBV": which values raise #GP
 * @limits: what the guest was told it has
 * @xcr0: the value
 */
bool vmx_xcr0_valid(const struct vmx_limits *limits, u64 xcr0)
{
	u64 avx512 = xcr0 & XFEATURE_MASK_AVX512;
	u64 bnd = xcr0 & (XFEATURE_MASK_BNDREGS | XFEATURE_MASK_BNDCSR);

	if (xcr0 & ~limits->xcr0 || !(xcr0 & XFEATURE_MASK_FP))
		return false;
	if ((xcr0 & XFEATURE_MASK_YMM) && !(xcr0 & XFEATURE_MASK_SSE))
		return false;
	if (avx512 && (avx512 != XFEATURE_MASK_AVX512 || !(xcr0 & XFEATURE_MASK_YMM)))
		return false;
	return !bnd || bnd == (XFEATURE_MASK_BNDREGS | XFEATURE_MASK_BNDCSR);
}

enum vmx_next exit_xsetbv(struct vmx_vcpu *vcpu)
{
	u64 xcr0 = (u32)vcpu->gpr[VMX_RAX] | vcpu->gpr[VMX_RDX] << 32;

	if (vmx_cpl(vcpu) || (u32)vcpu->gpr[VMX_RCX] || !vmx_xcr0_valid(&vcpu->limits, xcr0))
		return exit_gp(vcpu);
	vcpu->xcr0 = xcr0;
	return exit_skip(vcpu);
}
