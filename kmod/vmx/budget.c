// SPDX-License-Identifier: GPL-2.0-only
/*
 * The budget of a RUN, on the VMX-preemption timer (SDM "VMX-Preemption Timer").
 *
 * What a stay took is measured by the TSC, not by the timer, which counts in steps of 2^shift
 * ticks: a guest that leaves within each step would have its time for nothing.
 */
#include <linux/kernel.h>
#include <asm/vmx.h>

#include "budget.h"
#include "caps.h"
#include "exit.h"

/* Budgets end by the processor's own timer, not by one of the kernel's. */
bool vmx_has_timer(void)
{
	return vmx_caps.timer;
}

static void set_control(struct vmx_vcpu *vcpu, u32 pin)
{
	if (vcpu->vmcs.pin == pin)
		return;
	vcpu->vmcs.pin = pin;
	vmcs_write32(PIN_BASED_VM_EXEC_CONTROL, pin);
}

/**
 * vmx_budget_before_entry - let the timer end the stay when the budget is used up
 * @vcpu: the vCPU
 *
 * A budget too long for the timer ends the stay early, and the run loop enters again.
 */
void vmx_budget_before_entry(struct vmx_vcpu *vcpu)
{
	u32 pin = vcpu->vmcs.pin;

	if (!vcpu->budget.on || !vmx_caps.timer) {
		set_control(vcpu, pin & ~PIN_BASED_VMX_PREEMPTION_TIMER);
		return;
	}
	set_control(vcpu, pin | PIN_BASED_VMX_PREEMPTION_TIMER);
	/* A timer of 0 expires before the first instruction. */
	vmcs_write32(VMX_PREEMPTION_TIMER_VALUE,
		     min_t(u64, vcpu->budget.left >> vmx_caps.timer_shift, U32_MAX - 1) + 1);
}

/**
 * vmx_budget_after_exit - take a stay off the budget
 * @vcpu: the vCPU
 */
void vmx_budget_after_exit(struct vmx_vcpu *vcpu)
{
	struct vmx_budget *budget = &vcpu->budget;
	u64 spent = budget->exited - budget->entered;

	budget->left -= min(budget->left, spent);
}
