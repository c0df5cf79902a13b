// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of VM entry for the host-state area (SDM "Checks on the Host-State Area").
 *
 * Pure: see check.h.
 */
#include <linux/kernel.h>

#include "check_rule.h"

static bool host_is_64bit(const struct check *c)
{
	return c->exit & VM_EXIT_HOST_ADDR_SPACE_SIZE;
}

static bool host_control_registers(const struct check *c)
{
	/* VM exit does not change CD and NW, and VM entry does not look at them. */
	u64 unchecked = X86_CR0_CD | X86_CR0_NW;

	return check_allowed(c, XVCPU_RULE_HOST_CR0, HOST_CR0, c->env->cr0_fixed0 & ~unchecked,
			     c->env->cr0_fixed1 | unchecked) &&
	       check_allowed(c, XVCPU_RULE_HOST_CR4, HOST_CR4, c->env->cr4_fixed0,
			     c->env->cr4_fixed1) &&
	       (check_get(c, HOST_CR0) & X86_CR0_WP ||
		check_zero(c, XVCPU_RULE_HOST_CET_WP, HOST_CR4, CHECK_CR4_CET));
}

static bool host_cr3(const struct check *c)
{
	u64 may = GENMASK_ULL(c->env->phys_bits - 1, 0);

	if (c->env->lam)
		may |= CHECK_CR3_LAM;
	return check_zero(c, XVCPU_RULE_HOST_CR3, HOST_CR3, ~may);
}

static bool host_sysenter(const struct check *c)
{
	return check_canonical(c, XVCPU_RULE_HOST_SYSENTER, HOST_IA32_SYSENTER_ESP) &&
	       check_canonical(c, XVCPU_RULE_HOST_SYSENTER, HOST_IA32_SYSENTER_EIP);
}

static bool host_efer(const struct check *c)
{
	u64 lma = host_is_64bit(c) ? CHECK_EFER_LMA : 0;
	u64 lme = host_is_64bit(c) ? CHECK_EFER_LME : 0;

	if (!(c->exit & VM_EXIT_LOAD_IA32_EFER))
		return true;
	return check_zero(c, XVCPU_RULE_HOST_EFER, HOST_IA32_EFER,
			  ~(c->env->efer ?: CHECK_EFER_KNOWN)) &&
	       check_allowed(c, XVCPU_RULE_HOST_EFER_LMA, HOST_IA32_EFER, lma,
			     ~CHECK_EFER_LMA | lma) &&
	       check_allowed(c, XVCPU_RULE_HOST_EFER_LME, HOST_IA32_EFER, lme,
			     ~CHECK_EFER_LME | lme);
}

static bool host_msrs(const struct check *c)
{
	u64 counters = c->env->perf_global_ctrl ?: CHECK_PERF_GLOBAL_KNOWN;

	if (c->exit & VM_EXIT_LOAD_IA32_PERF_GLOBAL_CTRL &&
	    !check_zero(c, XVCPU_RULE_HOST_PERF_GLOBAL_CTRL, HOST_IA32_PERF_GLOBAL_CTRL, ~counters))
		return false;
	if (c->exit & VM_EXIT_LOAD_IA32_PAT &&
	    !check_pat(c, XVCPU_RULE_HOST_PAT, HOST_IA32_PAT))
		return false;
	return host_efer(c);
}

static bool host_cet(const struct check *c)
{
	if (!(c->exit & CHECK_EXIT_LOAD_CET))
		return true;
	return check_s_cet(c, XVCPU_RULE_HOST_S_CET, CHECK_HOST_S_CET) &&
	       check_zero(c, XVCPU_RULE_HOST_SSP, CHECK_HOST_SSP, 3) &&
	       check_canonical(c, XVCPU_RULE_HOST_SSP_TABLE, CHECK_HOST_SSP_TABLE);
}

static bool host_pkrs(const struct check *c)
{
	return !(c->exit & CHECK_EXIT_LOAD_PKRS) ||
	       check_zero(c, XVCPU_RULE_HOST_PKRS, CHECK_HOST_PKRS, CHECK_HIGH_HALF);
}

/* SDM "Checks on Host Control Registers, MSRs, and SSP" */
static bool host_registers(const struct check *c)
{
	return host_control_registers(c) && host_cr3(c) && host_sysenter(c) && host_msrs(c) &&
	       host_cet(c) && host_pkrs(c);
}

static bool host_selector_not_null(const struct check *c, u32 rule, u32 field)
{
	/* Which selector would do depends on the GDT: 8 stands for any. */
	return check_get(c, field) || check_fail(c, rule, field, 0, 8);
}

/* SDM "Checks on Host Segment and Descriptor-Table Registers" */
static bool host_segments(const struct check *c)
{
	static const u32 bases[] = {
		HOST_FS_BASE, HOST_GS_BASE, HOST_TR_BASE, HOST_GDTR_BASE, HOST_IDTR_BASE,
	};
	u32 field;
	size_t i;

	for (field = HOST_ES_SELECTOR; field <= HOST_TR_SELECTOR; field += 2) {
		if (!check_zero(c, XVCPU_RULE_HOST_SELECTOR, field, 7))
			return false;
	}
	if (!host_selector_not_null(c, XVCPU_RULE_HOST_SELECTOR_NULL, HOST_CS_SELECTOR) ||
	    !host_selector_not_null(c, XVCPU_RULE_HOST_SELECTOR_NULL, HOST_TR_SELECTOR))
		return false;
	if (!host_is_64bit(c) &&
	    !host_selector_not_null(c, XVCPU_RULE_HOST_SS_NULL, HOST_SS_SELECTOR))
		return false;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		if (!check_canonical(c, XVCPU_RULE_HOST_BASE, bases[i]))
			return false;
	}
	return true;
}

static bool host_size(const struct check *c)
{
	u64 size = c->env->long_mode ? VM_EXIT_HOST_ADDR_SPACE_SIZE : 0;

	if (!check_allowed(c, XVCPU_RULE_HOST_SIZE, VM_EXIT_CONTROLS, size,
			   ~(u64)VM_EXIT_HOST_ADDR_SPACE_SIZE | size))
		return false;
	return host_is_64bit(c) ||
	       check_zero(c, XVCPU_RULE_HOST_SIZE_GUEST, VM_ENTRY_CONTROLS, VM_ENTRY_IA32E_MODE);
}

/* An address of the host: canonical with a 64-bit host, below 4 GiB with a 32-bit one. */
static bool host_address(const struct check *c, u32 rule, u32 field)
{
	if (host_is_64bit(c))
		return check_canonical(c, rule, field);
	return check_zero(c, rule, field, CHECK_HIGH_HALF);
}

/* SDM "Checks Related to Address-Space Size" */
static bool host_address_space(const struct check *c)
{
	if (!host_size(c))
		return false;
	if (host_is_64bit(c)) {
		if (!check_one(c, XVCPU_RULE_HOST_PAE, HOST_CR4, X86_CR4_PAE))
			return false;
	} else if (!check_zero(c, XVCPU_RULE_HOST_PCIDE, HOST_CR4, X86_CR4_PCIDE)) {
		return false;
	}
	return host_address(c, XVCPU_RULE_HOST_RIP, HOST_RIP) &&
	       (!(c->exit & CHECK_EXIT_LOAD_CET) ||
		host_address(c, XVCPU_RULE_HOST_SSP_SIZE, CHECK_HOST_SSP));
}

bool vmx_check_host_state(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			  struct vmx_check_result *out)
{
	struct check c;

	check_begin(&c, env, read, ctx, out);
	return host_registers(&c) && host_segments(&c) && host_address_space(&c);
}
