/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest registers that live in the VMCS, read when first asked for after an exit.
 *
 * A VMREAD costs tens of cycles on silicon and most exits need one or two of these.
 */
#ifndef XVCPU_VMX_REGS_H
#define XVCPU_VMX_REGS_H

#include "vmx.h"

#define VMX_RAX		0
#define VMX_RCX		1
#define VMX_RDX		2
#define VMX_RBX		3
#define VMX_RSP		4
#define VMX_RSI		6
#define VMX_RDI		7
#define VMX_R8		8
#define VMX_R9		9

static inline unsigned long vmx_get_rip(struct vmx_vcpu *vcpu)
{
	if (!(vcpu->cached & VMX_CACHED_RIP)) {
		vcpu->rip = vmcs_read_natural(GUEST_RIP);
		vcpu->cached |= VMX_CACHED_RIP;
	}
	return vcpu->rip;
}

static inline void vmx_set_rip(struct vmx_vcpu *vcpu, unsigned long rip)
{
	vcpu->rip = rip;
	vcpu->cached |= VMX_CACHED_RIP;
	vcpu->dirty |= VMX_CACHED_RIP;
}

static inline unsigned long vmx_get_rflags(struct vmx_vcpu *vcpu)
{
	if (!(vcpu->cached & VMX_CACHED_RFLAGS)) {
		vcpu->rflags = vmcs_read_natural(GUEST_RFLAGS);
		vcpu->cached |= VMX_CACHED_RFLAGS;
	}
	return vcpu->rflags;
}

static inline void vmx_set_rflags(struct vmx_vcpu *vcpu, unsigned long rflags)
{
	vcpu->rflags = rflags;
	vcpu->cached |= VMX_CACHED_RFLAGS;
	vcpu->dirty |= VMX_CACHED_RFLAGS;
}

/* Of the last exit: only for reasons that have one. */
static inline unsigned long vmx_get_qualification(struct vmx_vcpu *vcpu)
{
	if (!(vcpu->cached & VMX_CACHED_QUALIFICATION)) {
		vcpu->qualification = vmcs_read_natural(EXIT_QUALIFICATION);
		vcpu->cached |= VMX_CACHED_QUALIFICATION;
	}
	return vcpu->qualification;
}

/* Of an EPT violation or misconfiguration. */
static inline u64 vmx_get_gpa(struct vmx_vcpu *vcpu)
{
	if (!(vcpu->cached & VMX_CACHED_GPA)) {
		vcpu->fault.gpa = vmcs_read64(GUEST_PHYSICAL_ADDRESS);
		vcpu->cached |= VMX_CACHED_GPA;
	}
	return vcpu->fault.gpa;
}

/* @index comes from an exit qualification or a decoded instruction: 0 to 15. */
static inline unsigned long vmx_get_gpr(struct vmx_vcpu *vcpu, unsigned int index)
{
	if (index == VMX_RSP && !(vcpu->cached & VMX_CACHED_RSP)) {
		vcpu->gpr[VMX_RSP] = vmcs_read_natural(GUEST_RSP);
		vcpu->cached |= VMX_CACHED_RSP;
	}
	return vcpu->gpr[index & 15];
}

static inline void vmx_set_gpr(struct vmx_vcpu *vcpu, unsigned int index, unsigned long value)
{
	vcpu->gpr[index & 15] = value;
	if (index == VMX_RSP) {
		vcpu->cached |= VMX_CACHED_RSP;
		vcpu->dirty |= VMX_CACHED_RSP;
	}
}

static inline void vmx_flush_regs(struct vmx_vcpu *vcpu)
{
	if (!vcpu->dirty)
		return;
	if (vcpu->dirty & VMX_CACHED_RIP)
		vmcs_write_natural(GUEST_RIP, vcpu->rip);
	if (vcpu->dirty & VMX_CACHED_RSP)
		vmcs_write_natural(GUEST_RSP, vcpu->gpr[VMX_RSP]);
	if (vcpu->dirty & VMX_CACHED_RFLAGS)
		vmcs_write_natural(GUEST_RFLAGS, vcpu->rflags);
	vcpu->dirty = 0;
}

#endif /* XVCPU_VMX_REGS_H */
