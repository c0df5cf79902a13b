/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMX on and off, CPU by CPU, and which VMCSs each CPU holds.
 */
#ifndef XVCPU_VMX_POWER_H
#define XVCPU_VMX_POWER_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct vmx_vmcs;

/**
 * struct vmx_cpu - VMX on one CPU; touched only on that CPU, with IRQs off (@region: power_mutex)
 * @region:  the VMXON region, allocated before VMX is turned on
 * @on:      VMXON was done by us and VMXOFF was not
 * @current_vmcs: the VMCS that VMPTRLD made current, or NULL
 * @loaded:  every VMCS that is active on this CPU (SDM "Overview of VMCS States"), so that it can
 *           be cleared before the CPU goes away
 */
struct vmx_cpu {
	void *region;
	bool on;
	struct vmx_vmcs *current_vmcs;
	struct list_head loaded;
};

DECLARE_PER_CPU(struct vmx_cpu, vmx_cpu);

int vmx_power_init(void);
void vmx_power_exit(void);
int vmx_power_get(u32 *reason);
void vmx_power_put(void);
bool vmx_power_taken(void);
bool vmx_power_is_ours(void);

#endif /* XVCPU_VMX_POWER_H */
