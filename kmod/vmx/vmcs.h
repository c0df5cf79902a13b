/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMCS: where it is active, and shadows of the fields that we alone write.
 */
#ifndef XVCPU_VMX_VMCS_H
#define XVCPU_VMX_VMCS_H

#include <linux/list.h>
#include <linux/types.h>

#include "ops.h"

/**
 * struct vmx_vmcs - one virtual-machine control structure
 *
 * Owned by its vCPU: its fields change on the CPU that the vCPU's thread is on, with preemption
 * off, or, for @cpu, @launched and @node, on the CPU named by @cpu with IRQs off (VMCLEAR by IPI,
 * or the CPU going away).
 *
 * @region:   the VMCS region, one page
 * @phys:     its physical address
 * @cpu:      CPU on which it is active, -1 if on none
 * @launched: VMLAUNCH succeeded since the last VMCLEAR: the next entry is VMRESUME
 * @node:     in the loaded list of @cpu
 * @host_fs_base: shadow of HOST_FS_BASE, and so on for the members below
 */
struct vmx_vmcs {
	void *region;
	u64 phys;
	int cpu;
	bool launched;
	struct list_head node;

	unsigned long host_fs_base;
	unsigned long host_cr3, host_cr4;
	u32 pin, proc, proc2, entry;
};

int vmcs_init(struct vmx_vmcs *vmcs);
void vmcs_destroy(struct vmx_vmcs *vmcs);
int vmcs_load(struct vmx_vmcs *vmcs, bool *moved);
void vmcs_clear(struct vmx_vmcs *vmcs);
void vmcs_renew(struct vmx_vmcs *vmcs);
bool vmcs_is_current(const struct vmx_vmcs *vmcs);
void vmcs_clear_all_on_this_cpu(void);
void vmcs_clear_all_emergency(void);

/* A field that is written often and changes rarely: VMWRITE costs hundreds of cycles on silicon. */
#define vmcs_shadow_write(shadow, suffix, field, value)			\
do {									\
	typeof(shadow) __shadow = (shadow);				\
	typeof(*__shadow) __value = (value);				\
									\
	if (*__shadow != __value) {					\
		*__shadow = __value;					\
		vmcs_write##suffix(field, __value);			\
	}								\
} while (0)

#endif /* XVCPU_VMX_VMCS_H */
