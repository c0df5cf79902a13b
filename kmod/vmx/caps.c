// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities: which controls and features this processor has, and which of them we need.
 *
 * One pair of tables (control_rules, feature_rules) decides everything: what each VMCS is set up
 * with, what GET_INFO and xvcpuctl doctor say, and why CREATE_VM refuses. vmx_caps is written by
 * vmx_caps_init() while the module loads and only read afterwards, so it needs no lock.
 */
#include <linux/module.h>
#include <linux/cpumask.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/vmx.h>

#include "../compat.h"
#include "caps.h"

static bool enable_vpid = true;
module_param_named(vpid, enable_vpid, bool, 0444);
MODULE_PARM_DESC(vpid, "Tag guest translations with a VPID where the processor can");

static bool enable_ept_ad = true;
module_param_named(ept_ad, enable_ept_ad, bool, 0444);
MODULE_PARM_DESC(ept_ad, "Use accessed and dirty bits of EPT entries where the processor has them");

static bool enable_xsaves = true;
module_param_named(xsaves, enable_xsaves, bool, 0444);
MODULE_PARM_DESC(xsaves, "Offer XSAVES to guests where the processor can");

static bool enable_preemption_timer = true;
module_param_named(preemption_timer, enable_preemption_timer, bool, 0444);
MODULE_PARM_DESC(preemption_timer, "Use the VMX-preemption timer for budgets where there is one");

struct vmx_caps vmx_caps __read_mostly;

#define NO_FEATURE	0xff

/*
 * Controls that are to be 1. A required one is missing: its feature gets XVCPU_REASON_NO_CPU and
 * CREATE_VM refuses. An optional one is used where it is there.
 */
static const struct {
	u8 id;
	u8 feature;
	u32 bit;
	const bool *param;
} control_rules[] = {
	/* required */
	{ VMX_PIN,   XVCPU_FEATURE_VMX,          PIN_BASED_EXT_INTR_MASK },
	{ VMX_PIN,   XVCPU_FEATURE_VMX,          PIN_BASED_NMI_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_HLT_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_MWAIT_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_MONITOR_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_RDPMC_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_MOV_DR_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_UNCOND_IO_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_VMX,          CPU_BASED_USE_TSC_OFFSETTING },
	{ VMX_PROC,  XVCPU_FEATURE_MSR_BITMAPS,  CPU_BASED_USE_MSR_BITMAPS },
	{ VMX_PROC,  XVCPU_FEATURE_TPR_SHADOW,   CPU_BASED_CR8_LOAD_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_TPR_SHADOW,   CPU_BASED_CR8_STORE_EXITING },
	{ VMX_PROC,  XVCPU_FEATURE_SECONDARY,    CPU_BASED_ACTIVATE_SECONDARY_CONTROLS },
	{ VMX_PROC2, XVCPU_FEATURE_EPT,          SECONDARY_EXEC_ENABLE_EPT },
	{ VMX_PROC2, XVCPU_FEATURE_UNRESTRICTED, SECONDARY_EXEC_UNRESTRICTED_GUEST },
	{ VMX_EXIT,  XVCPU_FEATURE_VMX,          VM_EXIT_HOST_ADDR_SPACE_SIZE },
	{ VMX_EXIT,  XVCPU_FEATURE_VMX,          VM_EXIT_SAVE_DEBUG_CONTROLS },
	{ VMX_EXIT,  XVCPU_FEATURE_EFER,         VM_EXIT_SAVE_IA32_EFER },
	{ VMX_EXIT,  XVCPU_FEATURE_EFER,         VM_EXIT_LOAD_IA32_EFER },
	{ VMX_EXIT,  XVCPU_FEATURE_PAT,          VM_EXIT_SAVE_IA32_PAT },
	{ VMX_EXIT,  XVCPU_FEATURE_PAT,          VM_EXIT_LOAD_IA32_PAT },
	{ VMX_ENTRY, XVCPU_FEATURE_VMX,          VM_ENTRY_LOAD_DEBUG_CONTROLS },
	{ VMX_ENTRY, XVCPU_FEATURE_EFER,         VM_ENTRY_LOAD_IA32_EFER },
	{ VMX_ENTRY, XVCPU_FEATURE_PAT,          VM_ENTRY_LOAD_IA32_PAT },
	/* optional; without WBINVD exiting a guest could flush the host's caches at will */
	{ VMX_PIN,   XVCPU_FEATURE_VNMI,         PIN_BASED_VIRTUAL_NMIS },
	{ VMX_PROC2, NO_FEATURE,                 SECONDARY_EXEC_WBINVD_EXITING },
	{ VMX_PROC2, NO_FEATURE,                 SECONDARY_EXEC_ENCLS_EXITING },
	{ VMX_PROC2, XVCPU_FEATURE_VPID,         SECONDARY_EXEC_ENABLE_VPID, &enable_vpid },
	{ VMX_PROC2, XVCPU_FEATURE_RDTSCP,       SECONDARY_EXEC_ENABLE_RDTSCP },
	{ VMX_PROC2, XVCPU_FEATURE_INVPCID,      SECONDARY_EXEC_ENABLE_INVPCID },
	{ VMX_PROC2, XVCPU_FEATURE_XSAVES,       SECONDARY_EXEC_XSAVES, &enable_xsaves },
};

/* Controls that are 0 and become 1 for a while. */
static const struct {
	u8 id;
	u8 feature;
	u32 bit;
} window_rules[] = {
	{ VMX_PROC, XVCPU_FEATURE_VMX,  CPU_BASED_INTR_WINDOW_EXITING },
	{ VMX_PROC, XVCPU_FEATURE_VNMI, CPU_BASED_NMI_WINDOW_EXITING },
};

/*
 * Controls that must be able to be 0: the processor would otherwise exit, or not, behind our back.
 * The default1 class of SDM "Reserved Controls and Default Settings" is what the true MSRs free.
 */
static const struct {
	u8 id;
	u32 bit;
} zero_rules[] = {
	{ VMX_PROC, CPU_BASED_CR3_LOAD_EXITING },
	{ VMX_PROC, CPU_BASED_CR3_STORE_EXITING },
	{ VMX_EXIT, VM_EXIT_ACK_INTR_ON_EXIT },
};

#define EPT_VPID_REQUIRED	(VMX_EPT_PAGE_WALK_4_BIT | VMX_EPTP_WB_BIT | VMX_EPT_INVEPT_BIT | \
				 VMX_EPT_EXTENT_CONTEXT_BIT)
/* INVVPID, of single contexts: the kernel's names are relative to bit 32. */
#define EPT_VPID_INVVPID	((u64)(VMX_VPID_INVVPID_BIT | \
				       VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT) << 32)
#define BASIC_REGION_SIZE(basic)	(((basic) >> 32) & 0x1fff)
#define BASIC_MEMORY_TYPE(basic)	(((basic) >> 50) & 0xf)
#define BASIC_TRUE_CTLS			BIT_ULL(55)
#define MEMORY_TYPE_WB			6
/* The timer's rate is TSC >> shift (SDM Appendix A, "Miscellaneous Data"). */
#define MISC_TIMER_SHIFT	0x1f

static void feature_set(u32 feature, bool there)
{
	vmx_caps.feature[feature] = there ? XVCPU_REASON_OK : XVCPU_REASON_NO_CPU;
}

static bool feature_is(u32 feature)
{
	return vmx_caps.feature[feature] == XVCPU_REASON_OK;
}

/* Who may not read the capability MSRs: they exist only with VMX. */
static bool firmware_init(void)
{
	u64 feat_ctl;
	u8 reason = XVCPU_REASON_OK;

	feature_set(XVCPU_FEATURE_VMX, false);
	if (!boot_cpu_has(X86_FEATURE_VMX) && !(cpuid_ecx(1) & BIT(5))) {
		memset(vmx_caps.feature, XVCPU_REASON_NO_VMX, VMX_FEATURES_REQUIRED);
		return false;
	}
	feature_set(XVCPU_FEATURE_VMX, true);
	if (rdmsrl_safe(MSR_IA32_FEAT_CTL, &feat_ctl))
		reason = XVCPU_REASON_NO_CPU;
	else if (!(feat_ctl & FEAT_CTL_LOCKED))
		reason = XVCPU_REASON_UNLOCKED;
	else if (!(feat_ctl & FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX))
		reason = XVCPU_REASON_LOCKED;
	vmx_caps.feature[XVCPU_FEATURE_FIRMWARE] = reason;
	if (!compat_nmi_entry_known())
		vmx_caps.feature[XVCPU_FEATURE_VMX] = XVCPU_REASON_NO_KERNEL;
	return true;
}

static void control_read(enum vmx_control_id id, u32 msr)
{
	u64 value;

	if (rdmsrl_safe(msr, &value))
		value = 0;
	vmx_caps.control[id].must = lower_32_bits(value);
	vmx_caps.control[id].may = upper_32_bits(value);
	vmx_caps.control[id].value = vmx_caps.control[id].must;
}

static void msrs_read(void)
{
	rdmsrl_safe(MSR_IA32_VMX_BASIC, &vmx_caps.basic);
	rdmsrl_safe(MSR_IA32_VMX_MISC, &vmx_caps.misc);
	rdmsrl_safe(MSR_IA32_VMX_CR0_FIXED0, &vmx_caps.cr0_fixed0);
	rdmsrl_safe(MSR_IA32_VMX_CR0_FIXED1, &vmx_caps.cr0_fixed1);
	rdmsrl_safe(MSR_IA32_VMX_CR4_FIXED0, &vmx_caps.cr4_fixed0);
	rdmsrl_safe(MSR_IA32_VMX_CR4_FIXED1, &vmx_caps.cr4_fixed1);
	vmx_caps.revision = lower_32_bits(vmx_caps.basic) & 0x7fffffff;

	control_read(VMX_PIN, MSR_IA32_VMX_TRUE_PINBASED_CTLS);
	control_read(VMX_PROC, MSR_IA32_VMX_TRUE_PROCBASED_CTLS);
	control_read(VMX_EXIT, MSR_IA32_VMX_TRUE_EXIT_CTLS);
	control_read(VMX_ENTRY, MSR_IA32_VMX_TRUE_ENTRY_CTLS);
	/* The MSRs below exist only where the controls read so far say so (SDM Appendix A). */
	if (vmx_caps.control[VMX_PROC].may & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)
		control_read(VMX_PROC2, MSR_IA32_VMX_PROCBASED_CTLS2);
	if (vmx_caps.control[VMX_PROC2].may & SECONDARY_EXEC_ENABLE_EPT)
		rdmsrl_safe(MSR_IA32_VMX_EPT_VPID_CAP, &vmx_caps.ept_vpid);
}

static void controls_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(control_rules); i++) {
		if (control_rules[i].feature >= XVCPU_FEATURE_TRUE_CTLS &&
		    control_rules[i].feature != NO_FEATURE)
			feature_set(control_rules[i].feature, true);
	}
	for (i = 0; i < ARRAY_SIZE(control_rules); i++) {
		struct vmx_control *control = &vmx_caps.control[control_rules[i].id];
		u8 reason = XVCPU_REASON_OK;

		if (!(control->may & control_rules[i].bit))
			reason = XVCPU_REASON_NO_CPU;
		else if (control_rules[i].param && !*control_rules[i].param)
			reason = XVCPU_REASON_PARAM;
		else
			control->value |= control_rules[i].bit;
		if (reason != XVCPU_REASON_OK && control_rules[i].feature != NO_FEATURE)
			vmx_caps.feature[control_rules[i].feature] = reason;
	}
	for (i = 0; i < ARRAY_SIZE(window_rules); i++) {
		if (!(vmx_caps.control[window_rules[i].id].may & window_rules[i].bit))
			feature_set(window_rules[i].feature, false);
	}
	for (i = 0; i < ARRAY_SIZE(zero_rules); i++) {
		if (vmx_caps.control[zero_rules[i].id].must & zero_rules[i].bit)
			feature_set(XVCPU_FEATURE_TRUE_CTLS, false);
	}
}

/* VPID is only worth having if single contexts can be invalidated when a VPID is used again. */
static void translation_init(void)
{
	if ((vmx_caps.ept_vpid & EPT_VPID_REQUIRED) != EPT_VPID_REQUIRED)
		feature_set(XVCPU_FEATURE_EPT, false);

	if (feature_is(XVCPU_FEATURE_VPID) &&
	    (vmx_caps.ept_vpid & EPT_VPID_INVVPID) != EPT_VPID_INVVPID)
		feature_set(XVCPU_FEATURE_VPID, false);
	vmx_caps.vpid = feature_is(XVCPU_FEATURE_VPID);
	if (!vmx_caps.vpid)
		vmx_caps.control[VMX_PROC2].value &= ~SECONDARY_EXEC_ENABLE_VPID;

	feature_set(XVCPU_FEATURE_EPT_AD, vmx_caps.ept_vpid & VMX_EPT_AD_BIT);
	if (feature_is(XVCPU_FEATURE_EPT_AD) && !enable_ept_ad)
		vmx_caps.feature[XVCPU_FEATURE_EPT_AD] = XVCPU_REASON_PARAM;
	vmx_caps.ept_ad = feature_is(XVCPU_FEATURE_EPT_AD);
}

/* What CPUID must announce before the control of the same name may be given to a guest. */
static void guest_features_init(void)
{
	static const struct {
		u8 feature;
		u16 cpu;
		u32 bit;
	} rules[] = {
		{ XVCPU_FEATURE_RDTSCP,  X86_FEATURE_RDTSCP,  SECONDARY_EXEC_ENABLE_RDTSCP },
		{ XVCPU_FEATURE_INVPCID, X86_FEATURE_INVPCID, SECONDARY_EXEC_ENABLE_INVPCID },
		{ XVCPU_FEATURE_XSAVES,  X86_FEATURE_XSAVES,  SECONDARY_EXEC_XSAVES },
	};
	unsigned int i;

	feature_set(XVCPU_FEATURE_XSAVE, boot_cpu_has(X86_FEATURE_OSXSAVE));
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!feature_is(rules[i].feature) || boot_cpu_has(rules[i].cpu))
			continue;
		vmx_caps.feature[rules[i].feature] = XVCPU_REASON_NO_KERNEL;
		vmx_caps.control[VMX_PROC2].value &= ~rules[i].bit;
	}
	vmx_caps.xsaves = feature_is(XVCPU_FEATURE_XSAVES);
}

/*
 * CPUID.1:EAX of processors whose timer counts at another rate than it says: Intel's
 * specification updates, "VMX-Preemption Timer Does Not Count Down at the Rate Specified".
 */
static const u32 broken_timers[] = {
	0x000106a0, 0x000106a1, 0x000106a4, 0x000106a5,	/* Nehalem */
	0x000106e5,					/* Lynnfield */
	0x00020652, 0x00020655,				/* Arrandale, Clarkdale */
	0x000206e6,					/* Nehalem-EX */
	0x000306a8,					/* Ivy Bridge */
};

static bool timer_is_broken(void)
{
	u32 signature = cpuid_eax(1);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(broken_timers); i++) {
		if (signature == broken_timers[i])
			return true;
	}
	return false;
}

/* A control that is 1 only while there is a budget. */
static void timer_init(void)
{
	feature_set(XVCPU_FEATURE_PREEMPTION_TIMER,
		    (vmx_caps.control[VMX_PIN].may & PIN_BASED_VMX_PREEMPTION_TIMER) &&
		    !timer_is_broken());
	if (feature_is(XVCPU_FEATURE_PREEMPTION_TIMER) && !enable_preemption_timer)
		vmx_caps.feature[XVCPU_FEATURE_PREEMPTION_TIMER] = XVCPU_REASON_PARAM;
	vmx_caps.timer = feature_is(XVCPU_FEATURE_PREEMPTION_TIMER);
	vmx_caps.timer_shift = vmx_caps.misc & MISC_TIMER_SHIFT;
}

static bool region_fits(void)
{
	u64 basic = vmx_caps.basic;

	return BASIC_REGION_SIZE(basic) > 0 && BASIC_REGION_SIZE(basic) <= PAGE_SIZE &&
	       BASIC_MEMORY_TYPE(basic) == MEMORY_TYPE_WB;
}

/**
 * vmx_caps_init - read the capabilities of the boot CPU
 *
 * Never fails: what is missing is recorded, and CREATE_VM refuses with it.
 */
void vmx_caps_init(void)
{
	if (!firmware_init())
		return;

	msrs_read();
	feature_set(XVCPU_FEATURE_AVAILABLE, true);
	feature_set(XVCPU_FEATURE_VMCS, region_fits());
	feature_set(XVCPU_FEATURE_TRUE_CTLS, vmx_caps.basic & BASIC_TRUE_CTLS);
	if (feature_is(XVCPU_FEATURE_TRUE_CTLS))
		controls_init();
	else
		memset(&vmx_caps.feature[XVCPU_FEATURE_SECONDARY], XVCPU_REASON_NO_CPU,
		       VMX_FEATURES_REQUIRED - XVCPU_FEATURE_SECONDARY);
	translation_init();
	guest_features_init();
	timer_init();
}

/**
 * vmx_caps_missing - the first required feature that cannot be used
 * @feature: set to its &enum xvcpu_feature
 *
 * XVCPU_FEATURE_AVAILABLE is judged by power.c when VMX is turned on, not here.
 *
 * Return: its &enum xvcpu_reason, or %XVCPU_REASON_OK if nothing is missing.
 */
u32 vmx_caps_missing(u32 *feature)
{
	u32 i;

	for (i = 0; i < VMX_FEATURES_REQUIRED; i++) {
		if (i == XVCPU_FEATURE_AVAILABLE || feature_is(i))
			continue;
		*feature = i;
		return vmx_caps.feature[i];
	}
	return XVCPU_REASON_OK;
}

/**
 * vmx_caps_same_on_this_cpu - whether this CPU can run what the boot CPU can
 *
 * A VMCS set up for one CPU must be valid on every other that its thread may move to.
 */
bool vmx_caps_same_on_this_cpu(void)
{
	static const struct {
		u32 msr;
		u8 id;
	} rules[] = {
		{ MSR_IA32_VMX_TRUE_PINBASED_CTLS,  VMX_PIN },
		{ MSR_IA32_VMX_TRUE_PROCBASED_CTLS, VMX_PROC },
		{ MSR_IA32_VMX_PROCBASED_CTLS2,     VMX_PROC2 },
		{ MSR_IA32_VMX_TRUE_EXIT_CTLS,      VMX_EXIT },
		{ MSR_IA32_VMX_TRUE_ENTRY_CTLS,     VMX_ENTRY },
	};
	unsigned int i;
	u64 value;

	if (rdmsrl_safe(MSR_IA32_VMX_BASIC, &value) || value != vmx_caps.basic)
		return false;
	if (rdmsrl_safe(MSR_IA32_VMX_EPT_VPID_CAP, &value) || value != vmx_caps.ept_vpid)
		return false;
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct vmx_control *control = &vmx_caps.control[rules[i].id];

		if (rdmsrl_safe(rules[i].msr, &value) ||
		    lower_32_bits(value) != control->must || upper_32_bits(value) != control->may)
			return false;
	}
	return true;
}
