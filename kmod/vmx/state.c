// SPDX-License-Identifier: GPL-2.0-only
/*
 * State groups: REGS, SREGS, CREGS, DEBUG, between the ABI's structs and the VMCS.
 *
 * check_* judge a group by itself (reserved bits, canonical addresses) and change nothing; set_*
 * take what was checked and cannot fail. Rules between groups are the processor's, at entry. The
 * caller has loaded the vCPU.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <asm/debugreg.h>
#include <asm/fpu/types.h>
#include <asm/processor.h>
#include <asm/vmx.h>

#include "caps.h"
#include "exit.h"
#include "regs.h"
#include "setup.h"

#define AR_RESERVED	0x0f00	/* bits 11:8 */
#define AR_UNUSABLE	BIT(16)

#define RFLAGS_DEFINED	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_IF | X86_EFLAGS_DF | \
			 X86_EFLAGS_OF | X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_RF | \
			 X86_EFLAGS_VM | X86_EFLAGS_AC | X86_EFLAGS_VIF | X86_EFLAGS_VIP | \
			 X86_EFLAGS_ID | X86_EFLAGS_FIXED)

static int refuse(struct xvcpu_error *error, u32 code, size_t field, u64 value, u64 expected)
{
	error->code = code;
	error->field = field;
	error->value = value;
	error->expected = expected;
	return -EINVAL;
}

static bool is_canonical(u64 address)
{
	return __is_canonical_address(address, boot_cpu_data.x86_virt_bits);
}

/* 0 if all are. */
static u64 first_set(const u64 *words, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (words[i])
			return words[i];
	}
	return 0;
}

int vmx_check_regs(const struct xvcpu_regs *regs, struct xvcpu_error *error)
{
	if (regs->rflags & ~(u64)RFLAGS_DEFINED || !(regs->rflags & X86_EFLAGS_FIXED))
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*regs), rflags),
			      regs->rflags, RFLAGS_DEFINED);
	if (first_set(regs->reserved, ARRAY_SIZE(regs->reserved)))
		return refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*regs), reserved),
			      first_set(regs->reserved, ARRAY_SIZE(regs->reserved)), 0);
	return 0;
}

/* VMCS fields of the segment registers, in the order of struct xvcpu_sregs. */
static const struct {
	u32 selector, base, limit, ar;
} segment_fields[] = {
#define SEGMENT(name)						\
	{ GUEST_##name##_SELECTOR, GUEST_##name##_BASE,		\
	  GUEST_##name##_LIMIT, GUEST_##name##_AR_BYTES }
	SEGMENT(ES), SEGMENT(CS), SEGMENT(SS), SEGMENT(DS),
	SEGMENT(FS), SEGMENT(GS), SEGMENT(LDTR), SEGMENT(TR),
};

unsigned long vmx_segment_base(struct vmx_vcpu *vcpu, unsigned int segment)
{
	return __vmcs_read(segment_fields[segment & 7].base);
}

/* CS.D and CS.L: 16, 32 or 64 bits. */
unsigned int vmx_cs_bits(struct vmx_vcpu *vcpu)
{
	u32 ar;

	if (vmx_get_rflags(vcpu) & X86_EFLAGS_VM)
		return 16;
	/* Also after PE was cleared: the hidden part of CS stays until CS is loaded. */
	ar = vmcs_read32(GUEST_CS_AR_BYTES);
	if ((vcpu->efer & EFER_LMA) && (ar & BIT(13)))
		return 64;
	return ar & BIT(14) ? 32 : 16;
}

static int check_table(const struct xvcpu_table *table, size_t offset, struct xvcpu_error *error)
{
	if (!is_canonical(table->base))
		return refuse(error, XVCPU_ERR_CANONICAL, offset, table->base, 0);
	if (table->limit > 0xffff)
		return refuse(error, XVCPU_ERR_RANGE,
			      offset + offsetof(typeof(*table), limit), table->limit, 0xffff);
	if (table->reserved)
		return refuse(error, XVCPU_ERR_RESERVED,
			      offset + offsetof(typeof(*table), reserved), table->reserved, 0);
	return 0;
}

int vmx_check_sregs(const struct xvcpu_sregs *sregs, struct xvcpu_error *error)
{
	const struct xvcpu_segment *segment = &sregs->es;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(segment_fields); i++, segment++) {
		size_t offset = i * sizeof(*segment);

		if (!is_canonical(segment->base))
			return refuse(error, XVCPU_ERR_CANONICAL, offset, segment->base, 0);
		if (segment->ar & AR_RESERVED)
			return refuse(error, XVCPU_ERR_BITS,
				      offset + offsetof(typeof(*segment), ar), segment->ar,
				      (u16)~AR_RESERVED);
		if (segment->unusable > 1)
			return refuse(error, XVCPU_ERR_RANGE,
				      offset + offsetof(typeof(*segment), unusable),
				      segment->unusable, 1);
		if (segment->reserved)
			return refuse(error, XVCPU_ERR_RESERVED,
				      offset + offsetof(typeof(*segment), reserved),
				      segment->reserved, 0);
	}
	err = check_table(&sregs->gdtr, offsetof(typeof(*sregs), gdtr), error);
	if (!err)
		err = check_table(&sregs->idtr, offsetof(typeof(*sregs), idtr), error);
	if (!err && first_set(sregs->reserved, ARRAY_SIZE(sregs->reserved)))
		err = refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*sregs), reserved),
			     first_set(sregs->reserved, ARRAY_SIZE(sregs->reserved)), 0);
	return err;
}

static const struct {
	u16 offset;
	u32 code;
} cregs_zero[] = {
	{ offsetof(struct xvcpu_cregs, xss), XVCPU_ERR_BITS },
	{ offsetof(struct xvcpu_cregs, reserved), XVCPU_ERR_RESERVED },
	{ offsetof(struct xvcpu_cregs, reserved) + 8, XVCPU_ERR_RESERVED },
};

int vmx_check_cregs(const struct vmx_vcpu *vcpu, const struct vmx_limits *limits,
		    const struct xvcpu_cregs *cregs, struct xvcpu_error *error)
{
	/* Bit 63 of CR3 is a hint to MOV, never part of the register. */
	u64 cr3_bits = GENMASK_ULL(vmx_gpa_bits() - 1, 0);
	const struct {
		u16 offset;
		u64 value, allowed;
	} rules[] = {
		{ offsetof(struct xvcpu_cregs, cr0), cregs->cr0, CR0_DEFINED },
		{ offsetof(struct xvcpu_cregs, cr3), cregs->cr3, cr3_bits },
		{ offsetof(struct xvcpu_cregs, cr4), cregs->cr4, limits->cr4 },
		{ offsetof(struct xvcpu_cregs, cr8), cregs->cr8, 0xf },
		{ offsetof(struct xvcpu_cregs, efer), cregs->efer, limits->efer },
		{ offsetof(struct xvcpu_cregs, flags), cregs->flags, XVCPU_CREGS_LOAD_PDPTE },
	};
	const u8 *bytes = (const u8 *)cregs;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].value & ~rules[i].allowed)
			return refuse(error, XVCPU_ERR_BITS, rules[i].offset, rules[i].value,
				      rules[i].allowed);
	}
	for (i = 0; i < ARRAY_SIZE(cregs_zero); i++) {
		if (*(const u64 *)(bytes + cregs_zero[i].offset))
			return refuse(error, cregs_zero[i].code, cregs_zero[i].offset,
				      *(const u64 *)(bytes + cregs_zero[i].offset), 0);
	}
	/* Combinations that no MOV to CR0 can make. */
	if (((cregs->cr0 & X86_CR0_PG) && !(cregs->cr0 & X86_CR0_PE)) ||
	    ((cregs->cr0 & X86_CR0_NW) && !(cregs->cr0 & X86_CR0_CD)))
		return refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*cregs), cr0), cregs->cr0, 0);
	if (!vmx_xcr0_valid(limits, cregs->xcr0))
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*cregs), xcr0), cregs->xcr0,
			      limits->xcr0);
	if (cregs->apic_base != vcpu->apic_base)
		return refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*cregs), apic_base),
			      cregs->apic_base, vcpu->apic_base);
	return 0;
}

int vmx_check_debug(const struct xvcpu_debug_regs *debug, struct xvcpu_error *error)
{
	if (debug->dr6 >> 32)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*debug), dr6), debug->dr6,
			      ~0u);
	if (debug->dr7 >> 32)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*debug), dr7), debug->dr7,
			      ~0u);
	return 0;
}

void vmx_get_regs(struct vmx_vcpu *vcpu, struct xvcpu_regs *regs)
{
	vmx_get_gpr(vcpu, VMX_RSP);
	memcpy(regs, vcpu->gpr, sizeof(vcpu->gpr));
	regs->rip = vmx_get_rip(vcpu);
	regs->rflags = vmx_get_rflags(vcpu);
	memset(regs->reserved, 0, sizeof(regs->reserved));
}

void vmx_set_regs(struct vmx_vcpu *vcpu, const struct xvcpu_regs *regs)
{
	BUILD_BUG_ON(offsetof(struct xvcpu_regs, rip) != sizeof(vcpu->gpr));
	/*
	 * At another boundary, or with IF clear, nothing blocks (and entry would refuse the
	 * latter).
	 */
	if (regs->rip != vmx_get_rip(vcpu) || !(regs->rflags & X86_EFLAGS_IF)) {
		vmx_unblock();
		vmcs_write_natural(GUEST_PENDING_DBG_EXCEPTIONS, 0);
	}
	memcpy(vcpu->gpr, regs, sizeof(vcpu->gpr));
	vmx_set_gpr(vcpu, VMX_RSP, regs->rsp);
	vmx_set_rip(vcpu, regs->rip);
	vmx_set_rflags(vcpu, regs->rflags);
	if (vmx_is_blocking())
		vmx_pend_single_step(regs->rflags & X86_EFLAGS_TF);
}

static void get_segment(unsigned int i, struct xvcpu_segment *segment)
{
	u32 ar = __vmcs_read(segment_fields[i].ar);

	segment->base = __vmcs_read(segment_fields[i].base);
	segment->limit = __vmcs_read(segment_fields[i].limit);
	segment->selector = __vmcs_read(segment_fields[i].selector);
	segment->ar = ar & 0xffff & ~AR_RESERVED;
	segment->unusable = !!(ar & AR_UNUSABLE);
	segment->reserved = 0;
}

/* @index: by encoding, 0 to 7. */
void vmx_get_segment(struct vmx_vcpu *vcpu, unsigned int index, struct xvcpu_segment *segment)
{
	get_segment(index & 7, segment);
}

static void set_segment(unsigned int i, const struct xvcpu_segment *segment)
{
	__vmcs_write(segment_fields[i].base, segment->base);
	__vmcs_write(segment_fields[i].limit, segment->limit);
	__vmcs_write(segment_fields[i].selector, segment->selector);
	__vmcs_write(segment_fields[i].ar, segment->ar | (segment->unusable ? AR_UNUSABLE : 0));
}

void vmx_get_sregs(struct vmx_vcpu *vcpu, struct xvcpu_sregs *sregs)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(segment_fields); i++)
		get_segment(i, &sregs->es + i);
	sregs->gdtr.base = vmcs_read_natural(GUEST_GDTR_BASE);
	sregs->gdtr.limit = vmcs_read32(GUEST_GDTR_LIMIT);
	sregs->gdtr.reserved = 0;
	sregs->idtr.base = vmcs_read_natural(GUEST_IDTR_BASE);
	sregs->idtr.limit = vmcs_read32(GUEST_IDTR_LIMIT);
	sregs->idtr.reserved = 0;
	memset(sregs->reserved, 0, sizeof(sregs->reserved));
}

void vmx_set_sregs(struct vmx_vcpu *vcpu, const struct xvcpu_sregs *sregs)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(segment_fields); i++)
		set_segment(i, &sregs->es + i);
	vmcs_write_natural(GUEST_GDTR_BASE, sregs->gdtr.base);
	vmcs_write32(GUEST_GDTR_LIMIT, sregs->gdtr.limit);
	vmcs_write_natural(GUEST_IDTR_BASE, sregs->idtr.base);
	vmcs_write32(GUEST_IDTR_LIMIT, sregs->idtr.limit);
}

/* For those above vmx/, who do not see regs.h. */
unsigned long vmx_rip(struct vmx_vcpu *vcpu)
{
	return vmx_get_rip(vcpu);
}

void vmx_jump(struct vmx_vcpu *vcpu, unsigned long rip)
{
	vmx_set_rip(vcpu, rip);
}

void vmx_write_reg(struct vmx_vcpu *vcpu, unsigned int index, unsigned long value)
{
	vmx_set_gpr(vcpu, index, value);
}

void vmx_write_flags(struct vmx_vcpu *vcpu, unsigned long mask, unsigned long flags)
{
	vmx_set_rflags(vcpu, (vmx_get_rflags(vcpu) & ~mask) | (flags & mask));
}

unsigned long vmx_get_cr3(struct vmx_vcpu *vcpu)
{
	return vmcs_read_natural(GUEST_CR3);
}

void vmx_get_cregs(struct vmx_vcpu *vcpu, struct xvcpu_cregs *cregs)
{
	vmx_read_crs(vcpu);
	memset(cregs, 0, sizeof(*cregs));
	cregs->cr0 = vcpu->cr0;
	cregs->cr2 = vcpu->cr2;
	cregs->cr3 = vmx_get_cr3(vcpu);
	cregs->cr4 = vcpu->cr4;
	cregs->cr8 = vcpu->cr8;
	cregs->efer = vcpu->efer;
	cregs->apic_base = vcpu->apic_base;
	cregs->xcr0 = vcpu->xcr0;
	cregs->flags = vcpu->load_pdpte ? XVCPU_CREGS_LOAD_PDPTE : 0;
	cregs->pdpte[0] = vmcs_read64(GUEST_PDPTR0);
	cregs->pdpte[1] = vmcs_read64(GUEST_PDPTR1);
	cregs->pdpte[2] = vmcs_read64(GUEST_PDPTR2);
	cregs->pdpte[3] = vmcs_read64(GUEST_PDPTR3);
}

void vmx_set_cregs(struct vmx_vcpu *vcpu, const struct xvcpu_cregs *cregs)
{
	vcpu->cr2 = cregs->cr2;
	vcpu->cr8 = cregs->cr8;
	vcpu->xcr0 = cregs->xcr0;
	vcpu->load_pdpte = cregs->flags & XVCPU_CREGS_LOAD_PDPTE;
	vmcs_write_natural(GUEST_CR3, cregs->cr3);
	if (!vcpu->load_pdpte)
		vmx_write_pdptes(cregs->pdpte);
	vmx_write_cr0(vcpu, cregs->cr0);
	vmx_write_cr4(vcpu, cregs->cr4);
	vmx_write_efer(vcpu, cregs->efer);
	/* Whatever the guest cached under the old registers. */
	if (vcpu->vpid)
		vmx_invvpid(INVVPID_SINGLE, vcpu->vpid);
}

void vmx_get_debug(struct vmx_vcpu *vcpu, struct xvcpu_debug_regs *debug)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vcpu->dr); i++)
		debug->db[i] = vcpu->dr[i];
	debug->dr6 = vcpu->dr6;
	debug->dr7 = vcpu->dr7;
}

void vmx_set_debug(struct vmx_vcpu *vcpu, const struct xvcpu_debug_regs *debug)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vcpu->dr); i++)
		vcpu->dr[i] = debug->db[i];
	vcpu->dr6 = (debug->dr6 & DR6_DEFINED) | DR6_RESERVED;
	vcpu->dr7 = (debug->dr7 & ~DR7_ZERO) | DR7_ONE;
	vmcs_write_natural(GUEST_DR7, vcpu->dr7);
}

/**
 * vmx_walk_state - the registers that decide how a guest-linear address is translated
 * @vcpu: the vCPU
 * @walk: filled
 */
void vmx_walk_state(struct vmx_vcpu *vcpu, struct walk_state *walk)
{
	vmx_read_crs(vcpu);
	walk->cr0 = vcpu->cr0;
	walk->cr3 = vmx_get_cr3(vcpu);
	walk->cr4 = vcpu->cr4;
	walk->efer = vcpu->efer;
	walk->rflags = vmx_get_rflags(vcpu);
	walk->pkru = vcpu->pkru;
	walk->cpl = vmx_cpl(vcpu);
	walk->maxphyaddr = vmx_gpa_bits();
	walk->gbpages = boot_cpu_has(X86_FEATURE_GBPAGES);
	walk->pdpte[0] = vmcs_read64(GUEST_PDPTR0);
	walk->pdpte[1] = vmcs_read64(GUEST_PDPTR1);
	walk->pdpte[2] = vmcs_read64(GUEST_PDPTR2);
	walk->pdpte[3] = vmcs_read64(GUEST_PDPTR3);
}

/* What the interruptibility field and the pending debug exceptions can hold here. */
#define EVENTS_BLOCKING		(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS | \
				 GUEST_INTR_STATE_NMI)
#define EVENTS_PENDING_DEBUG	0x500full
#define EVENTS_INFO		(INTR_INFO_VECTOR_MASK | INTR_INFO_INTR_TYPE_MASK | \
				 INTR_INFO_DELIVER_CODE_MASK | INTR_INFO_VALID_MASK)
#define EVENTS_FLAGS		(XVCPU_EVENTS_NMI | XVCPU_EVENTS_INTERRUPT | XVCPU_EVENTS_SHUTDOWN)

void vmx_get_events(struct vmx_vcpu *vcpu, struct xvcpu_events *events)
{
	bool error = vcpu->event.info & INTR_INFO_DELIVER_CODE_MASK;

	memset(events, 0, sizeof(*events));
	events->interruptibility = vmcs_read32(GUEST_INTERRUPTIBILITY_INFO) & EVENTS_BLOCKING;
	events->pending_debug = vmcs_read_natural(GUEST_PENDING_DBG_EXCEPTIONS) &
				EVENTS_PENDING_DEBUG;
	if (vcpu->event.info) {
		events->info = vcpu->event.info;
		events->error = error ? vcpu->event.error : 0;
		events->insn_len = vcpu->event.insn_len;
	}
	if (atomic_read(&vcpu->nmi))
		events->flags |= XVCPU_EVENTS_NMI;
	if (vcpu->shutdown)
		events->flags |= XVCPU_EVENTS_SHUTDOWN;
	if (vcpu->irq == VMX_NO_IRQ)
		return;
	events->flags |= XVCPU_EVENTS_INTERRUPT;
	events->vector = vcpu->irq;
}

void vmx_set_events(struct vmx_vcpu *vcpu, const struct xvcpu_events *events)
{
	vcpu->event.info = events->info;
	vcpu->event.error = events->error;
	vcpu->event.insn_len = events->insn_len;
	vmcs_write32(GUEST_INTERRUPTIBILITY_INFO, events->interruptibility);
	vmcs_write_natural(GUEST_PENDING_DBG_EXCEPTIONS, events->pending_debug);
	atomic_set(&vcpu->nmi, !!(events->flags & XVCPU_EVENTS_NMI));
	vcpu->shutdown = events->flags & XVCPU_EVENTS_SHUTDOWN;
	vcpu->irq = events->flags & XVCPU_EVENTS_INTERRUPT ? events->vector : VMX_NO_IRQ;
}

/* Types 1 and 7 do not exist here; the rest of what an event may be, VM entry checks. */
static bool event_type_exists(u32 info)
{
	u32 type = info & INTR_INFO_INTR_TYPE_MASK;

	return type != INTR_TYPE_RESERVED && type != INTR_TYPE_OTHER_EVENT;
}

int vmx_check_events(const struct xvcpu_events *events, struct xvcpu_error *error)
{
	size_t info = offsetof(typeof(*events), info);
	u32 blocking = events->interruptibility;

	if ((events->info & ~EVENTS_INFO) ||
	    (events->info && !(events->info & INTR_INFO_VALID_MASK)))
		return refuse(error, XVCPU_ERR_BITS, info, events->info, EVENTS_INFO);
	if (!event_type_exists(events->info))
		return refuse(error, XVCPU_ERR_VALUE, info, events->info, 0);
	if (events->error >> 16)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*events), error),
			      events->error, 0xffff);
	if (events->insn_len > 15)
		return refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*events), insn_len),
			      events->insn_len, 15);
	if (blocking & ~EVENTS_BLOCKING)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*events), interruptibility),
			      blocking, EVENTS_BLOCKING);
	if ((blocking & GUEST_INTR_STATE_STI) && (blocking & GUEST_INTR_STATE_MOV_SS))
		return refuse(error, XVCPU_ERR_VALUE, offsetof(typeof(*events), interruptibility),
			      blocking, GUEST_INTR_STATE_STI);
	if (events->pending_debug & ~EVENTS_PENDING_DEBUG)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*events), pending_debug),
			      events->pending_debug, EVENTS_PENDING_DEBUG);
	if (events->flags & ~EVENTS_FLAGS)
		return refuse(error, XVCPU_ERR_FLAGS, offsetof(typeof(*events), flags),
			      events->flags, EVENTS_FLAGS);
	if (events->vector > (events->flags & XVCPU_EVENTS_INTERRUPT ? 255 : 0))
		return refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*events), vector),
			      events->vector, events->flags & XVCPU_EVENTS_INTERRUPT ? 255 : 0);
	if (events->flags & XVCPU_EVENTS_NMI && !vmx_has_nmis(error)) {
		error->field = offsetof(typeof(*events), flags);
		return -EINVAL;
	}
	if (memchr_inv(events->reserved, 0, sizeof(events->reserved)))
		return refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*events), reserved), 0, 0);
	return 0;
}
