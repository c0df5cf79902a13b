// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of VM entry for the controls (SDM "Checks on VMX Controls").
 *
 * Pure: see check.h. Most rules say that one control needs another or that an address is aligned:
 * those are tables, in the SDM's order, between the functions for the others.
 */
#include <linux/kernel.h>

#include "check_rule.h"

/* SDM "Extended-Page-Table Pointer (EPTP)" and "VPID and EPT Capabilities" */
#define EPTP_SHADOW_STACK	BIT_ULL(7)
#define EPTP_RESERVED		GENMASK_ULL(11, 8)
#define EPT_CAP_SHADOW_STACK	BIT_ULL(23)

#define HLAT_RESERVED		(GENMASK_ULL(11, 5) | GENMASK_ULL(2, 0))

#define CR3_TARGETS_MAX		4

/* SDM "TPR Virtualization": offset of the virtual TPR in the virtual-APIC page */
#define VTPR_OFFSET		0x80

#define MSR_ENTRY_SIZE		16

#define VECTOR_NMI		2
#define VECTOR_EXCEPTIONS	32
/* SDM "Error Code" and "Exception and Interrupt Reference": #DF, #TS, #NP, #SS, #GP, #PF, #AC */
#define VECTORS_WITH_ERROR	(BIT(8) | GENMASK_ULL(14, 10) | BIT(17))

enum control_word { PIN, PROC, PROC2, PROC3, EXIT, ENTRY };

static const u32 control_fields[] = {
	[PIN]	= PIN_BASED_VM_EXEC_CONTROL,
	[PROC]	= CPU_BASED_VM_EXEC_CONTROL,
	[PROC2]	= SECONDARY_VM_EXEC_CONTROL,
	[PROC3]	= TERTIARY_VM_EXEC_CONTROL,
	[EXIT]	= VM_EXIT_CONTROLS,
	[ENTRY]	= VM_ENTRY_CONTROLS,
};

/**
 * struct need - one control cannot be 1 unless, or if, another is
 * @rule:   &enum xvcpu_rule
 * @word:   &enum control_word of the first, which is the one to blame
 * @other:  that of the second
 * @forbid: the second must be 0, not 1
 * @bits:   the first; any of them
 * @wanted: the second
 */
struct need {
	u32 rule;
	u8 word;
	u8 other;
	bool forbid;
	u32 bits;
	u32 wanted;
};

/**
 * struct address - an address that one control uses
 * @rule:  &enum xvcpu_rule
 * @word:  &enum control_word of the control
 * @bit:   the control
 * @field: encoding of the address
 * @align: in bytes
 */
struct address {
	u32 rule;
	u8 word;
	u32 bit;
	u32 field;
	u32 align;
};

static u64 control_word(const struct check *c, unsigned int word)
{
	switch (word) {
	case PIN:
		return c->pin;
	case PROC:
		return c->proc;
	case PROC2:
		return c->proc2;
	case PROC3:
		return c->proc3;
	case EXIT:
		return c->exit;
	default:
		return c->entry;
	}
}

static bool needs_hold(const struct check *c, const struct need *need, size_t nr)
{
	for (; nr--; need++) {
		bool other = control_word(c, need->other) & need->wanted;

		if (control_word(c, need->word) & need->bits && other == need->forbid)
			return check_zero(c, need->rule, control_fields[need->word], need->bits);
	}
	return true;
}

static bool addresses_hold(const struct check *c, const struct address *address, size_t nr)
{
	for (; nr--; address++) {
		if (control_word(c, address->word) & address->bit &&
		    !check_address(c, address->rule, address->field, address->align))
			return false;
	}
	return true;
}

static bool reserved_bits(const struct check *c)
{
	const struct vmx_check_env *env = c->env;

	if (!check_allowed(c, XVCPU_RULE_PIN_CONTROLS, PIN_BASED_VM_EXEC_CONTROL,
			   env->pin.must, env->pin.may) ||
	    !check_allowed(c, XVCPU_RULE_PROC_CONTROLS, CPU_BASED_VM_EXEC_CONTROL,
			   env->proc.must, env->proc.may))
		return false;
	if (c->proc & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS &&
	    !check_allowed(c, XVCPU_RULE_PROC2_CONTROLS, SECONDARY_VM_EXEC_CONTROL,
			   env->proc2.must, env->proc2.may))
		return false;
	return !(c->proc & CHECK_PROC_TERTIARY) ||
	       check_zero(c, XVCPU_RULE_PROC3_CONTROLS, TERTIARY_VM_EXEC_CONTROL, ~env->proc3);
}

static bool cr3_targets(const struct check *c)
{
	u64 count = check_get(c, CR3_TARGET_COUNT);
	u64 most = vmx_misc_cr3_count(c->env->misc) ?: CR3_TARGETS_MAX;

	return count <= most ||
	       check_fail(c, XVCPU_RULE_CR3_TARGETS, CR3_TARGET_COUNT, count, most);
}

static const struct address bitmap_addresses[] = {
	{ XVCPU_RULE_IO_BITMAP, PROC, CPU_BASED_USE_IO_BITMAPS, IO_BITMAP_A, 4096 },
	{ XVCPU_RULE_IO_BITMAP, PROC, CPU_BASED_USE_IO_BITMAPS, IO_BITMAP_B, 4096 },
	{ XVCPU_RULE_MSR_BITMAP, PROC, CPU_BASED_USE_MSR_BITMAPS, MSR_BITMAP, 4096 },
	{ XVCPU_RULE_VIRTUAL_APIC, PROC, CPU_BASED_TPR_SHADOW, VIRTUAL_APIC_PAGE_ADDR, 4096 },
};

static bool tpr_threshold(const struct check *c)
{
	u64 threshold;
	u8 vtpr;

	if (!(c->proc & CPU_BASED_TPR_SHADOW) || c->proc2 & SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY)
		return true;
	if (!check_zero(c, XVCPU_RULE_TPR_THRESHOLD, TPR_THRESHOLD, GENMASK_ULL(31, 4)))
		return false;
	if (c->proc2 & SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES ||
	    !check_memory(c, check_get(c, VIRTUAL_APIC_PAGE_ADDR) + VTPR_OFFSET, &vtpr, 1))
		return true;
	threshold = check_get(c, TPR_THRESHOLD);
	return threshold <= vtpr >> 4 ||
	       check_fail(c, XVCPU_RULE_TPR_THRESHOLD_VTPR, TPR_THRESHOLD, threshold, vtpr >> 4);
}

static const struct need nmi_needs[] = {
	{ XVCPU_RULE_VIRTUAL_NMIS, PIN, PIN, false,
	  PIN_BASED_VIRTUAL_NMIS, PIN_BASED_NMI_EXITING },
	{ XVCPU_RULE_NMI_WINDOW, PROC, PIN, false,
	  CPU_BASED_NMI_WINDOW_EXITING, PIN_BASED_VIRTUAL_NMIS },
};

static const struct address apic_addresses[] = {
	{ XVCPU_RULE_APIC_ACCESS, PROC2, SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES,
	  APIC_ACCESS_ADDR, 4096 },
};

static const struct need apic_needs[] = {
	{ XVCPU_RULE_APIC_NEEDS_TPR_SHADOW, PROC2, PROC, false,
	  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE | SECONDARY_EXEC_APIC_REGISTER_VIRT |
	  SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY, CPU_BASED_TPR_SHADOW },
	{ XVCPU_RULE_APIC_NEEDS_TPR_SHADOW, PROC3, PROC, false,
	  CHECK_PROC3_IPI, CPU_BASED_TPR_SHADOW },
	{ XVCPU_RULE_X2APIC_AND_ACCESSES, PROC2, PROC2, true,
	  SECONDARY_EXEC_VIRTUALIZE_X2APIC_MODE, SECONDARY_EXEC_VIRTUALIZE_APIC_ACCESSES },
	{ XVCPU_RULE_DELIVERY_NEEDS_EXITING, PROC2, PIN, false,
	  SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY, PIN_BASED_EXT_INTR_MASK },
	{ XVCPU_RULE_POSTED_NEEDS_DELIVERY, PIN, PROC2, false,
	  PIN_BASED_POSTED_INTR, SECONDARY_EXEC_VIRTUAL_INTR_DELIVERY },
	{ XVCPU_RULE_POSTED_NEEDS_ACK, PIN, EXIT, false,
	  PIN_BASED_POSTED_INTR, VM_EXIT_ACK_INTR_ON_EXIT },
};

static bool posted_interrupts(const struct check *c)
{
	if (!(c->pin & PIN_BASED_POSTED_INTR))
		return true;
	return check_zero(c, XVCPU_RULE_POSTED_VECTOR, POSTED_INTR_NV, GENMASK_ULL(15, 8)) &&
	       check_address(c, XVCPU_RULE_POSTED_DESCRIPTOR, POSTED_INTR_DESC_ADDR, 64);
}

static bool vpid(const struct check *c)
{
	return !(c->proc2 & SECONDARY_EXEC_ENABLE_VPID) || check_get(c, VIRTUAL_PROCESSOR_ID) ||
	       check_fail(c, XVCPU_RULE_VPID, VIRTUAL_PROCESSOR_ID, 0, 1);
}

static bool eptp_memory_type(const struct check *c, u64 eptp)
{
	u64 cap = c->env->ept_vpid_cap;
	u64 type = eptp & VMX_EPTP_MT_MASK;
	u64 best = cap & VMX_EPTP_WB_BIT ? VMX_EPTP_MT_WB : VMX_EPTP_MT_UC;

	if ((type == VMX_EPTP_MT_WB && cap & VMX_EPTP_WB_BIT) ||
	    (type == VMX_EPTP_MT_UC && cap & VMX_EPTP_UC_BIT))
		return true;
	return check_fail(c, XVCPU_RULE_EPTP_MEMORY_TYPE, EPT_POINTER, eptp,
			  (eptp & ~VMX_EPTP_MT_MASK) | best);
}

static bool eptp_levels(const struct check *c, u64 eptp)
{
	u64 levels = eptp & VMX_EPTP_PWL_MASK;

	if (levels == VMX_EPTP_PWL_4 ||
	    (levels == VMX_EPTP_PWL_5 && c->env->ept_vpid_cap & VMX_EPT_PAGE_WALK_5_BIT))
		return true;
	return check_fail(c, XVCPU_RULE_EPTP_LEVELS, EPT_POINTER, eptp,
			  (eptp & ~VMX_EPTP_PWL_MASK) | VMX_EPTP_PWL_4);
}

static bool eptp_features(const struct check *c)
{
	u64 cap = c->env->ept_vpid_cap;

	return (cap & VMX_EPT_AD_BIT ||
		check_zero(c, XVCPU_RULE_EPTP_AD, EPT_POINTER, VMX_EPTP_AD_ENABLE_BIT)) &&
	       (cap & EPT_CAP_SHADOW_STACK ||
		check_zero(c, XVCPU_RULE_EPTP_SHADOW_STACK, EPT_POINTER, EPTP_SHADOW_STACK));
}

static bool eptp(const struct check *c)
{
	u64 value;

	if (!(c->proc2 & SECONDARY_EXEC_ENABLE_EPT))
		return true;
	value = check_get(c, EPT_POINTER);
	return eptp_memory_type(c, value) && eptp_levels(c, value) && eptp_features(c) &&
	       check_zero(c, XVCPU_RULE_EPTP_RESERVED, EPT_POINTER,
			  EPTP_RESERVED | ~GENMASK_ULL(c->env->phys_bits - 1, 0));
}

static const struct need ept_needs[] = {
	{ XVCPU_RULE_PML_NEEDS_EPT, PROC2, PROC2, false,
	  SECONDARY_EXEC_ENABLE_PML, SECONDARY_EXEC_ENABLE_EPT },
	{ XVCPU_RULE_UNRESTRICTED_NEEDS_EPT, PROC2, PROC2, false,
	  SECONDARY_EXEC_UNRESTRICTED_GUEST, SECONDARY_EXEC_ENABLE_EPT },
	{ XVCPU_RULE_MODE_EXEC_NEEDS_EPT, PROC2, PROC2, false,
	  SECONDARY_EXEC_MODE_BASED_EPT_EXEC, SECONDARY_EXEC_ENABLE_EPT },
	{ XVCPU_RULE_SUBPAGE_NEEDS_EPT, PROC2, PROC2, false,
	  CHECK_PROC2_SPP, SECONDARY_EXEC_ENABLE_EPT },
};

static const struct address ept_addresses[] = {
	{ XVCPU_RULE_PML_ADDRESS, PROC2, SECONDARY_EXEC_ENABLE_PML, PML_ADDRESS, 4096 },
	{ XVCPU_RULE_SUBPAGE_ADDRESS, PROC2, CHECK_PROC2_SPP, CHECK_SPPT_POINTER, 4096 },
};

static bool vm_functions(const struct check *c)
{
	if (!(c->proc2 & SECONDARY_EXEC_ENABLE_VMFUNC))
		return true;
	if (!check_zero(c, XVCPU_RULE_VMFUNC_CONTROLS, VM_FUNCTION_CONTROL, ~c->env->vmfunc))
		return false;
	if (!(check_get(c, VM_FUNCTION_CONTROL) & VMX_VMFUNC_EPTP_SWITCHING))
		return true;
	return (c->proc2 & SECONDARY_EXEC_ENABLE_EPT ||
		check_zero(c, XVCPU_RULE_EPTP_SWITCHING_NEEDS_EPT, VM_FUNCTION_CONTROL,
			   VMX_VMFUNC_EPTP_SWITCHING)) &&
	       check_address(c, XVCPU_RULE_EPTP_LIST, EPTP_LIST_ADDRESS, 4096);
}

static const struct address late_addresses[] = {
	{ XVCPU_RULE_SHADOW_BITMAP, PROC2, SECONDARY_EXEC_SHADOW_VMCS, VMREAD_BITMAP, 4096 },
	{ XVCPU_RULE_SHADOW_BITMAP, PROC2, SECONDARY_EXEC_SHADOW_VMCS, VMWRITE_BITMAP, 4096 },
	{ XVCPU_RULE_VE_ADDRESS, PROC2, CHECK_PROC2_VE, CHECK_VE_INFO_ADDRESS, 4096 },
	{ XVCPU_RULE_PID_TABLE, PROC3, CHECK_PROC3_IPI, PID_POINTER_TABLE, 8 },
	{ XVCPU_RULE_PASID_DIRECTORY, PROC2, CHECK_PROC2_PASID, CHECK_PASID_LOW, 4096 },
	{ XVCPU_RULE_PASID_DIRECTORY, PROC2, CHECK_PROC2_PASID, CHECK_PASID_HIGH, 4096 },
};

static const struct need trace_needs[] = {
	{ XVCPU_RULE_PT_NEEDS_EPT, PROC2, PROC2, false,
	  SECONDARY_EXEC_PT_USE_GPA, SECONDARY_EXEC_ENABLE_EPT },
	{ XVCPU_RULE_PT_NEEDS_LOAD, PROC2, ENTRY, false,
	  SECONDARY_EXEC_PT_USE_GPA, VM_ENTRY_LOAD_IA32_RTIT_CTL },
	{ XVCPU_RULE_PT_NEEDS_CLEAR, PROC2, EXIT, false,
	  SECONDARY_EXEC_PT_USE_GPA, VM_EXIT_CLEAR_IA32_RTIT_CTL },
};

/* The last byte of @nr entries of @size bytes at the address in @field is within the width, too. */
static bool area_fits(const struct check *c, u32 rule, u32 field, u32 count_field, u64 nr, u32 size)
{
	unsigned int bits = c->env->basic & CHECK_BASIC_32BIT ? 32 : c->env->phys_bits;
	u64 room = (1ull << bits) - check_get(c, field);

	return nr * size <= room ||
	       check_fail(c, rule, count_field, check_get(c, count_field),
			  check_get(c, count_field) - (nr - room / size));
}

static bool rare_fields(const struct check *c)
{
	if (c->proc3 & CHECK_PROC3_HLAT &&
	    !check_zero(c, XVCPU_RULE_HLAT_POINTER, CHECK_HLAT_POINTER,
			HLAT_RESERVED | ~GENMASK_ULL(c->env->phys_bits - 1, 0)))
		return false;
	if (c->proc2 & SECONDARY_EXEC_TSC_SCALING && !check_get(c, TSC_MULTIPLIER))
		return check_fail(c, XVCPU_RULE_TSC_MULTIPLIER, TSC_MULTIPLIER, 0, 1);
	return !(c->proc3 & CHECK_PROC3_IPI) ||
	       area_fits(c, XVCPU_RULE_PID_TABLE, PID_POINTER_TABLE, CHECK_LAST_PID_INDEX,
			 check_get(c, CHECK_LAST_PID_INDEX) + 1, 8);
}

/* SDM "VM-Execution Control Fields" */
static bool execution_controls(const struct check *c)
{
	return reserved_bits(c) && cr3_targets(c) &&
	       addresses_hold(c, bitmap_addresses, ARRAY_SIZE(bitmap_addresses)) &&
	       tpr_threshold(c) &&
	       needs_hold(c, nmi_needs, ARRAY_SIZE(nmi_needs)) &&
	       addresses_hold(c, apic_addresses, ARRAY_SIZE(apic_addresses)) &&
	       needs_hold(c, apic_needs, ARRAY_SIZE(apic_needs)) &&
	       posted_interrupts(c) && vpid(c) && eptp(c) &&
	       needs_hold(c, ept_needs, ARRAY_SIZE(ept_needs)) &&
	       addresses_hold(c, ept_addresses, ARRAY_SIZE(ept_addresses)) &&
	       vm_functions(c) &&
	       addresses_hold(c, late_addresses, ARRAY_SIZE(late_addresses)) &&
	       needs_hold(c, trace_needs, ARRAY_SIZE(trace_needs)) &&
	       rare_fields(c);
}

static bool msr_area(const struct check *c, u32 rule, u32 field, u32 count_field)
{
	u64 count = check_get(c, count_field);

	return !count || (check_address(c, rule, field, MSR_ENTRY_SIZE) &&
			  area_fits(c, rule, field, count_field, count, MSR_ENTRY_SIZE));
}

static const struct need exit_needs[] = {
	{ XVCPU_RULE_SAVE_TIMER, EXIT, PIN, false,
	  VM_EXIT_SAVE_VMX_PREEMPTION_TIMER, PIN_BASED_VMX_PREEMPTION_TIMER },
};

/* SDM "VM-Exit Control Fields" */
static bool exit_controls(const struct check *c)
{
	return check_allowed(c, XVCPU_RULE_EXIT_CONTROLS, VM_EXIT_CONTROLS,
			     c->env->exit.must, c->env->exit.may) &&
	       (!(c->exit & CHECK_EXIT_SECONDARY) ||
		check_zero(c, XVCPU_RULE_EXIT2_CONTROLS, CHECK_EXIT2_CONTROLS, ~c->env->exit2)) &&
	       needs_hold(c, exit_needs, ARRAY_SIZE(exit_needs)) &&
	       msr_area(c, XVCPU_RULE_EXIT_MSR_STORE, VM_EXIT_MSR_STORE_ADDR,
			VM_EXIT_MSR_STORE_COUNT) &&
	       msr_area(c, XVCPU_RULE_EXIT_MSR_LOAD, VM_EXIT_MSR_LOAD_ADDR,
			VM_EXIT_MSR_LOAD_COUNT);
}

static bool event_fail(const struct check *c, u32 rule, u32 expected)
{
	return check_fail(c, rule, VM_ENTRY_INTR_INFO_FIELD, c->event, expected);
}

static bool event_type(const struct check *c)
{
	bool reserved = check_event_is(c, INTR_TYPE_RESERVED) ||
			(check_event_is(c, INTR_TYPE_OTHER_EVENT) &&
			 !(c->env->proc.may & CPU_BASED_MONITOR_TRAP_FLAG));

	/* No other type is nearer than the rest: the nearest right value injects nothing. */
	return !reserved ||
	       event_fail(c, XVCPU_RULE_EVENT_TYPE, c->event & ~INTR_INFO_VALID_MASK);
}

static bool event_vector(const struct check *c)
{
	u32 vector = c->event & INTR_INFO_VECTOR_MASK;
	u32 expected = vector;

	if (check_event_is(c, INTR_TYPE_NMI_INTR))
		expected = VECTOR_NMI;
	else if (check_event_is(c, INTR_TYPE_HARD_EXCEPTION))
		expected = vector % VECTOR_EXCEPTIONS;
	else if (check_event_is(c, INTR_TYPE_OTHER_EVENT))
		expected = 0;

	return vector == expected ||
	       event_fail(c, XVCPU_RULE_EVENT_VECTOR,
			  (c->event & ~INTR_INFO_VECTOR_MASK) | expected);
}

static bool event_error_code(const struct check *c)
{
	bool real = c->proc2 & SECONDARY_EXEC_UNRESTRICTED_GUEST &&
		    !(check_get(c, GUEST_CR0) & X86_CR0_PE);
	bool possible = check_event_is(c, INTR_TYPE_HARD_EXCEPTION) && !real;
	bool usual = possible && VECTORS_WITH_ERROR >> (c->event & INTR_INFO_VECTOR_MASK) & 1;
	bool deliver = c->event & INTR_INFO_DELIVER_CODE_MASK;

	/* Processors that say so let software choose for each exception. */
	if (possible && c->env->basic & CHECK_BASIC_ANY_ERROR_CODE)
		return true;
	return deliver == usual ||
	       event_fail(c, XVCPU_RULE_EVENT_ERROR_CODE, c->event ^ INTR_INFO_DELIVER_CODE_MASK);
}

static bool event_length(const struct check *c)
{
	u64 length = check_get(c, VM_ENTRY_INSTRUCTION_LEN);
	bool zero = c->env->misc & VMX_MISC_ZERO_LEN_INS;

	if (!check_event_is(c, INTR_TYPE_SOFT_INTR) &&
	    !check_event_is(c, INTR_TYPE_PRIV_SW_EXCEPTION) &&
	    !check_event_is(c, INTR_TYPE_SOFT_EXCEPTION))
		return true;
	if (length > 15)
		return check_fail(c, XVCPU_RULE_EVENT_LENGTH, VM_ENTRY_INSTRUCTION_LEN, length, 15);
	return length || zero ||
	       check_fail(c, XVCPU_RULE_EVENT_LENGTH, VM_ENTRY_INSTRUCTION_LEN, 0, 1);
}

static bool event(const struct check *c)
{
	if (!c->event)
		return true;

	return event_type(c) && event_vector(c) && event_error_code(c) &&
	       check_zero(c, XVCPU_RULE_EVENT_RESERVED, VM_ENTRY_INTR_INFO_FIELD,
			  INTR_INFO_RESVD_BITS_MASK) &&
	       (!(c->event & INTR_INFO_DELIVER_CODE_MASK) ||
		check_zero(c, XVCPU_RULE_EVENT_ERROR_BITS, VM_ENTRY_EXCEPTION_ERROR_CODE,
			   GENMASK_ULL(31, 16))) &&
	       event_length(c);
}

/* SDM "VM-Entry Control Fields" */
static bool entry_controls(const struct check *c)
{
	return check_allowed(c, XVCPU_RULE_ENTRY_CONTROLS, VM_ENTRY_CONTROLS,
			     c->env->entry.must, c->env->entry.may) &&
	       event(c) &&
	       msr_area(c, XVCPU_RULE_ENTRY_MSR_LOAD, VM_ENTRY_MSR_LOAD_ADDR,
			VM_ENTRY_MSR_LOAD_COUNT) &&
	       check_zero(c, XVCPU_RULE_ENTRY_TO_SMM, VM_ENTRY_CONTROLS,
			  VM_ENTRY_SMM | VM_ENTRY_DEACT_DUAL_MONITOR) &&
	       (!c->env->tracing ||
		check_zero(c, XVCPU_RULE_PT_LOAD_TRACING, VM_ENTRY_CONTROLS,
			   VM_ENTRY_LOAD_IA32_RTIT_CTL));
}

bool vmx_check_controls(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			struct vmx_check_result *out)
{
	struct check c;

	check_begin(&c, env, read, ctx, out);
	return execution_controls(&c) && exit_controls(&c) && entry_controls(&c);
}
