/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this machine's VMX can do, parsed once when the module loads and read-only from then on.
 */
#ifndef XVCPU_VMX_CAPS_H
#define XVCPU_VMX_CAPS_H

#include <linux/types.h>

#include <xvcpu.h>

/* Features below this index are required by CREATE_VM. */
#define VMX_FEATURES_REQUIRED	(XVCPU_FEATURE_TPR_SHADOW + 1)

/**
 * struct vmx_control - one control field's capability and the value that the module uses
 * @must:  bits that the processor wants to be 1 (allowed 0-settings)
 * @may:   bits that may be 1 (allowed 1-settings)
 * @value: what each VMCS starts with: @must, what is required, what is optional and there
 */
struct vmx_control {
	u32 must;
	u32 may;
	u32 value;
};

enum vmx_control_id {
	VMX_PIN,
	VMX_PROC,
	VMX_PROC2,
	VMX_EXIT,
	VMX_ENTRY,
	VMX_CONTROLS,
};

/**
 * struct vmx_caps - capabilities of the boot CPU, verified on every other when VMX is turned on
 * @basic:         IA32_VMX_BASIC
 * @misc:          IA32_VMX_MISC
 * @ept_vpid:      IA32_VMX_EPT_VPID_CAP
 * @cr0_fixed0:    bits of CR0 that must be 1 in VMX operation
 * @cr0_fixed1:    bits of CR0 that may be 1
 * @cr4_fixed0:    bits of CR4 that must be 1
 * @cr4_fixed1:    bits of CR4 that may be 1
 * @control:       by &enum vmx_control_id
 * @revision:      VMCS revision identifier
 * @vpid:          translations are tagged
 * @ept_ad:        accessed and dirty bits in EPT entries are on
 * @xsaves:        XSAVES is on
 * @timer:         budgets use the VMX-preemption timer
 * @timer_shift:   it counts one for 2^@timer_shift ticks of the TSC
 * @feature:       for each &enum xvcpu_feature an &enum xvcpu_reason
 */
struct vmx_caps {
	u64 basic;
	u64 misc;
	u64 ept_vpid;
	u64 cr0_fixed0, cr0_fixed1;
	u64 cr4_fixed0, cr4_fixed1;
	struct vmx_control control[VMX_CONTROLS];
	u32 revision;
	bool vpid;
	bool ept_ad;
	bool xsaves;
	bool timer;
	u8 timer_shift;
	u8 feature[XVCPU_FEATURE_SLOTS];
};

extern struct vmx_caps vmx_caps;

void vmx_caps_init(void);
u32 vmx_caps_missing(u32 *feature);
bool vmx_caps_same_on_this_cpu(void);

#endif /* XVCPU_VMX_CAPS_H */
