/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit handlers, and what they share. Private to kmod/vmx/.
 *
 * A handler runs with preemption off and the VMCS current. It may not sleep: what needs memory
 * that can fault is left to the run loop by VMX_MEMORY or VMX_PAGING.
 */
#ifndef XVCPU_VMX_EXIT_H
#define XVCPU_VMX_EXIT_H

#include "../policy.h"
#include "vmx.h"

/* Handlers run with preemption off, which RCU takes for a reader. */
static inline const struct xvcpu_policy_table *vmx_policy(const struct vmx_vcpu *vcpu)
{
	return rcu_dereference_sched(*vcpu->policy);
}

/* exit.c */
enum vmx_next exit_skip(struct vmx_vcpu *vcpu);
enum vmx_next exit_gp(struct vmx_vcpu *vcpu);
enum vmx_next exit_ud(struct vmx_vcpu *vcpu);
enum vmx_next exit_hardware(struct vmx_vcpu *vcpu, u32 reason, u32 code);

void vmx_pend_single_step(bool pending);
bool vmx_is_blocking(void);
void vmx_unblock(void);

/* exit_cr.c */
enum vmx_next exit_cr_access(struct vmx_vcpu *vcpu);
enum vmx_next exit_dr_access(struct vmx_vcpu *vcpu);
void vmx_write_dr(struct vmx_vcpu *vcpu, unsigned int dr, unsigned long value);
enum vmx_next exit_xsetbv(struct vmx_vcpu *vcpu);
bool vmx_xcr0_valid(const struct vmx_limits *limits, u64 xcr0);
void vmx_write_cr0(struct vmx_vcpu *vcpu, unsigned long cr0);
void vmx_write_cr4(struct vmx_vcpu *vcpu, unsigned long cr4);
void vmx_write_efer(struct vmx_vcpu *vcpu, u64 efer);
void vmx_read_crs(struct vmx_vcpu *vcpu);
void vmx_write_pdptes(const u64 *pdpte);

/* msr.c */
enum vmx_next exit_rdmsr(struct vmx_vcpu *vcpu);
enum vmx_next exit_wrmsr(struct vmx_vcpu *vcpu);
int vmx_msr_init(void);
void vmx_msr_exit(void);
u64 vmx_msr_bitmap_phys(void);
void vmx_msr_reset(struct vmx_vcpu *vcpu);

/* cpuid.c */
enum vmx_next exit_cpuid(struct vmx_vcpu *vcpu);
void vmx_cpuid_init(void);
void vmx_cpuid_timing(void);
void vmx_cpuid_controls(struct vmx_vcpu *vcpu);
u32 vmx_cpuid_signature(const struct vmx_vcpu *vcpu);

/* event.c */
enum vmx_next exit_exception(struct vmx_vcpu *vcpu);
void vmx_save_vectoring(struct vmx_vcpu *vcpu);
enum vmx_next exit_interrupt_window(struct vmx_vcpu *vcpu);
enum vmx_next exit_nmi_window(struct vmx_vcpu *vcpu);
void vmx_inject(struct vmx_vcpu *vcpu);
void vmx_take_back_event(struct vmx_vcpu *vcpu);

/* intercept.c */
enum vmx_next exit_instruction(struct vmx_vcpu *vcpu);
enum vmx_next vmx_mov_dr_to_user(struct vmx_vcpu *vcpu, unsigned long qual, unsigned int dr,
				 unsigned long value);
void vmx_apply_intercepts(struct vmx_vcpu *vcpu);
bool vmx_instruction_intercepted(const struct vmx_vcpu *vcpu, unsigned int which);

/* record.c */
void vmx_record_exit(struct vmx_vcpu *vcpu);

/* fail.c */
enum vmx_next exit_fail_entry(struct vmx_vcpu *vcpu, u32 instruction_error);

#endif /* XVCPU_VMX_EXIT_H */
