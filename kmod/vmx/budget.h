/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The budget of a RUN, on the VMX-preemption timer. Private to kmod/vmx/.
 */
#ifndef XVCPU_VMX_BUDGET_H
#define XVCPU_VMX_BUDGET_H

#include "vmx.h"

void vmx_budget_before_entry(struct vmx_vcpu *vcpu);
void vmx_budget_after_exit(struct vmx_vcpu *vcpu);

#endif /* XVCPU_VMX_BUDGET_H */
