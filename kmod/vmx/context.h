/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is switched between host and guest outside the VMCS, and when.
 */
#ifndef XVCPU_VMX_CONTEXT_H
#define XVCPU_VMX_CONTEXT_H

struct vmx_vcpu;

void vmx_context_init(void);
void vmx_context_constant_host(struct vmx_vcpu *vcpu);
void vmx_context_moved(struct vmx_vcpu *vcpu);
void vmx_context_load(struct vmx_vcpu *vcpu);
void vmx_context_before_entry(struct vmx_vcpu *vcpu);
void vmx_context_after_exit(struct vmx_vcpu *vcpu);
void vmx_context_cpu_off(void);

#endif /* XVCPU_VMX_CONTEXT_H */
