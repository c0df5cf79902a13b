// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of VM entry for the VM-entry MSR-load area (SDM "Loading MSRs").
 *
 * Pure: see check.h. The area is in memory, so that without @memory in the environment nothing can
 * be said. A broken rule is reported with the entry's first half as value: its low half is the MSR.
 */
#include "check_rule.h"

#define X2APIC_MSR_FIRST	0x800
#define X2APIC_MSR_LAST		0x8ff

/* SDM "Table 2-2. IA-32 Architectural MSRs": MSRs that VM entry never loads */
#define MSR_SMM_MONITOR_CTL	0x9b
#define MSR_SMBASE		0x9e
#define MSR_BIOS_UPDATE_TRIGGER	0x79
#define MSR_BIOS_SIGNATURE	0x8b

/**
 * struct msr_entry - one entry of the area, SDM "Format of an MSR Entry"
 * @index:    MSR
 * @reserved: 0
 * @value:    what to load
 */
struct msr_entry {
	u32 index;
	u32 reserved;
	u64 value;
};

/* Would WRMSR take the value? Known for EFER, PAT and the MSRs that hold a linear address. */
static bool msr_takes(const struct check *c, const struct msr_entry *entry)
{
	switch (entry->index) {
	case MSR_EFER:
		return !(entry->value & ~(c->env->efer ?: CHECK_EFER_KNOWN));
	case MSR_IA32_CR_PAT:
		return entry->value == check_pat_nearest(entry->value);
	case MSR_IA32_SYSENTER_ESP:
	case MSR_IA32_SYSENTER_EIP:
	case MSR_LSTAR:
	case MSR_CSTAR:
	case MSR_KERNEL_GS_BASE:
		return check_is_canonical(c->env, entry->value);
	default:
		return true;
	}
}

static u32 msr_rule(const struct check *c, const struct msr_entry *entry)
{
	if (entry->reserved)
		return XVCPU_RULE_MSR_RESERVED;

	switch (entry->index) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
		return XVCPU_RULE_MSR_BASE;
	case X2APIC_MSR_FIRST ... X2APIC_MSR_LAST:
		return c->env->x2apic ? XVCPU_RULE_MSR_X2APIC : XVCPU_RULE_NONE;
	case MSR_SMM_MONITOR_CTL:
	case MSR_SMBASE:
		return XVCPU_RULE_MSR_SMM;
	case MSR_BIOS_UPDATE_TRIGGER:
	case MSR_BIOS_SIGNATURE:
		return XVCPU_RULE_MSR_MICROCODE;
	default:
		return msr_takes(c, entry) ? XVCPU_RULE_NONE : XVCPU_RULE_MSR_VALUE;
	}
}

bool vmx_check_msr_load(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			struct vmx_check_result *out)
{
	struct msr_entry entry;
	struct check c;
	u64 count, most, pa, i;
	u32 rule;

	check_begin(&c, env, read, ctx, out);
	pa = check_get(&c, VM_ENTRY_MSR_LOAD_ADDR);
	count = check_get(&c, VM_ENTRY_MSR_LOAD_COUNT);

	/* A count beyond what the processor promises to handle is not worth millions of reads. */
	most = VMX_MISC_MSR_LIST_MULTIPLIER * (vmx_misc_max_msr(env->misc) + 1);
	for (i = 0; i < count && i < most; i++) {
		if (!check_memory(&c, pa + i * sizeof(entry), &entry, sizeof(entry)))
			return true;
		rule = msr_rule(&c, &entry);
		if (rule != XVCPU_RULE_NONE)
			return check_fail(&c, rule, VM_ENTRY_MSR_LOAD_ADDR,
					  (u64)entry.reserved << 32 | entry.index, 0);
	}
	return true;
}
