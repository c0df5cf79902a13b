// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of VM entry: the forms that rules have, and the registers of the guest-state area.
 *
 * Pure: see check.h. Every rule is a function that returns whether it holds and otherwise has
 * recorded itself, so that a section reads as the conjunction of its rules. A rule may take it that
 * those before it hold.
 */
#include <linux/kernel.h>

#include "check_rule.h"

/* SDM "IA32_DEBUGCTL MSR": bits that some processor has */
#define DEBUGCTL_KNOWN		(GENMASK_ULL(2, 0) | GENMASK_ULL(15, 6))

/* SDM "IA32_RTIT_CTL MSR", likewise */
#define RTIT_CTL_KNOWN		(GENMASK_ULL(17, 0) | GENMASK_ULL(22, 19) | GENMASK_ULL(27, 24) | \
				 GENMASK_ULL(47, 31) | GENMASK_ULL(56, 55))

/* SDM "Last Branch Records", IA32_LBR_CTL */
#define LBR_CTL_KNOWN		(GENMASK_ULL(3, 0) | GENMASK_ULL(22, 16))

/* SDM "IA32_U_CET and IA32_S_CET MSRs": reserved bits, and two that exclude each other */
#define S_CET_RESERVED		GENMASK_ULL(9, 6)
#define S_CET_SUPPRESS		BIT_ULL(10)
#define S_CET_TRACKER		BIT_ULL(11)

#define BNDCFGS_RESERVED	GENMASK_ULL(11, 2)

/* SDM "EFLAGS Register" */
#define RFLAGS_RESERVED		(GENMASK_ULL(63, 22) | BIT_ULL(15) | BIT_ULL(5) | BIT_ULL(3))

#define AR_L			BIT(13)

void check_begin(struct check *c, const struct vmx_check_env *env, vmx_check_read read, void *ctx,
		 struct vmx_check_result *out)
{
	*out = (struct vmx_check_result){ .rule = XVCPU_RULE_NONE };
	*c = (struct check){ .env = env, .read = read, .ctx = ctx, .out = out };

	c->pin = check_get(c, PIN_BASED_VM_EXEC_CONTROL);
	c->proc = check_get(c, CPU_BASED_VM_EXEC_CONTROL);
	c->exit = check_get(c, VM_EXIT_CONTROLS);
	c->entry = check_get(c, VM_ENTRY_CONTROLS);
	/* The processor works as if controls that are not activated were 0, whatever they hold. */
	if (c->proc & CPU_BASED_ACTIVATE_SECONDARY_CONTROLS)
		c->proc2 = check_get(c, SECONDARY_VM_EXEC_CONTROL);
	if (c->proc & CHECK_PROC_TERTIARY)
		c->proc3 = check_get(c, TERTIARY_VM_EXEC_CONTROL);
	c->event = check_get(c, VM_ENTRY_INTR_INFO_FIELD);
	if (!(c->event & INTR_INFO_VALID_MASK))
		c->event = 0;
}

bool check_fail(const struct check *c, u32 rule, u32 field, u64 value, u64 expected)
{
	*c->out = (struct vmx_check_result){
		.rule = rule,
		.field = field,
		.value = value,
		.expected = expected,
	};
	return false;
}

bool check_allowed(const struct check *c, u32 rule, u32 field, u64 must, u64 may)
{
	u64 value = check_get(c, field);
	u64 expected = (value | must) & (may | must);

	return value == expected || check_fail(c, rule, field, value, expected);
}

bool check_zero(const struct check *c, u32 rule, u32 field, u64 zero)
{
	return check_allowed(c, rule, field, 0, ~zero);
}

bool check_one(const struct check *c, u32 rule, u32 field, u64 one)
{
	return check_allowed(c, rule, field, one, ~0ull);
}

/* Copies bit @bit of @value to all bits above it. */
static u64 sign_extend(u64 value, unsigned int bit)
{
	return (u64)((s64)(value << (63 - bit)) >> (63 - bit));
}

/*
 * What counts is the width that the processor has, not the one that CR4.LA57 chooses: VM entry
 * checks addresses before it knows the paging mode that they will be used in.
 */
static u64 canonical(const struct vmx_check_env *env, u64 address)
{
	return sign_extend(address, env->linear_bits - 1);
}

bool check_is_canonical(const struct vmx_check_env *env, u64 address)
{
	return address == canonical(env, address);
}

bool check_canonical(const struct check *c, u32 rule, u32 field)
{
	u64 value = check_get(c, field);

	return check_is_canonical(c->env, value) ||
	       check_fail(c, rule, field, value, canonical(c->env, value));
}

/* An address of @align bytes' alignment that has no bit beyond the physical-address width. */
bool check_address(const struct check *c, u32 rule, u32 field, u64 align)
{
	unsigned int bits = c->env->basic & CHECK_BASIC_32BIT ? 32 : c->env->phys_bits;

	return check_zero(c, rule, field, ~GENMASK_ULL(bits - 1, 0) | (align - 1));
}

/* The PAT without the memory types that do not exist: those become write-back (6). */
u64 check_pat_nearest(u64 pat)
{
	unsigned int i;

	for (i = 0; i < 64; i += 8) {
		u8 type = pat >> i;

		if (type > 7 || type == 2 || type == 3)
			pat = (pat & ~(0xffull << i)) | 6ull << i;
	}
	return pat;
}

bool check_pat(const struct check *c, u32 rule, u32 field)
{
	u64 value = check_get(c, field);
	u64 expected = check_pat_nearest(value);

	return value == expected || check_fail(c, rule, field, value, expected);
}

bool check_s_cet(const struct check *c, u32 rule, u32 field)
{
	u64 value = check_get(c, field);
	u64 expected = canonical(c->env, value) & ~S_CET_RESERVED;

	if (value & S_CET_SUPPRESS)
		expected &= ~S_CET_TRACKER;
	return value == expected || check_fail(c, rule, field, value, expected);
}

/* Rules about memory hold where memory cannot be read: better no answer than a guess. */
bool check_memory(const struct check *c, u64 pa, void *to, unsigned int size)
{
	return c->env->memory && c->env->memory(c->ctx, pa, to, size);
}

static bool guest_is_long(const struct check *c)
{
	return c->entry & VM_ENTRY_IA32E_MODE;
}

/* In 64-bit mode, as far as the fields tell (SDM "Checks on Guest RIP, RFLAGS, and SSP"). */
static bool guest_is_64bit(const struct check *c)
{
	return guest_is_long(c) && check_get(c, GUEST_CS_AR_BYTES) & AR_L;
}

static bool guest_cr0(const struct check *c)
{
	/* VM entry does not change CD and NW and so does not look at them. */
	u64 unchecked = X86_CR0_CD | X86_CR0_NW;
	u64 cr0 = check_get(c, GUEST_CR0);

	if (c->proc2 & SECONDARY_EXEC_UNRESTRICTED_GUEST)
		unchecked |= X86_CR0_PE | X86_CR0_PG;

	if (!check_allowed(c, XVCPU_RULE_GUEST_CR0, GUEST_CR0, c->env->cr0_fixed0 & ~unchecked,
			   c->env->cr0_fixed1 | unchecked))
		return false;

	if (cr0 & X86_CR0_PG && !(cr0 & X86_CR0_PE))
		return check_fail(c, XVCPU_RULE_GUEST_CR0_PG_PE, GUEST_CR0, cr0, cr0 & ~X86_CR0_PG);
	return true;
}

static bool guest_cr4(const struct check *c)
{
	if (!check_allowed(c, XVCPU_RULE_GUEST_CR4, GUEST_CR4, c->env->cr4_fixed0,
			   c->env->cr4_fixed1))
		return false;

	return check_get(c, GUEST_CR0) & X86_CR0_WP ||
	       check_zero(c, XVCPU_RULE_GUEST_CET_WP, GUEST_CR4, CHECK_CR4_CET);
}

static bool guest_debug_registers(const struct check *c)
{
	u64 debugctl = c->env->debugctl ?: DEBUGCTL_KNOWN;

	if (!(c->entry & VM_ENTRY_LOAD_DEBUG_CONTROLS))
		return true;

	return check_zero(c, XVCPU_RULE_GUEST_DEBUGCTL, GUEST_IA32_DEBUGCTL, ~debugctl) &&
	       check_zero(c, XVCPU_RULE_GUEST_DR7, GUEST_DR7, CHECK_HIGH_HALF);
}

static bool guest_long_mode(const struct check *c)
{
	if (!guest_is_long(c))
		return check_zero(c, XVCPU_RULE_GUEST_PCIDE, GUEST_CR4, X86_CR4_PCIDE);

	return check_one(c, XVCPU_RULE_GUEST_LONG_PG, GUEST_CR0, X86_CR0_PG) &&
	       check_one(c, XVCPU_RULE_GUEST_LONG_PAE, GUEST_CR4, X86_CR4_PAE);
}

static bool guest_cr3(const struct check *c)
{
	u64 may = GENMASK_ULL(c->env->phys_bits - 1, 0);

	if (c->env->lam)
		may |= CHECK_CR3_LAM;
	return check_zero(c, XVCPU_RULE_GUEST_CR3, GUEST_CR3, ~may);
}

static bool guest_sysenter(const struct check *c)
{
	return check_canonical(c, XVCPU_RULE_GUEST_SYSENTER, GUEST_SYSENTER_ESP) &&
	       check_canonical(c, XVCPU_RULE_GUEST_SYSENTER, GUEST_SYSENTER_EIP);
}

static bool guest_cet(const struct check *c)
{
	if (!(c->entry & CHECK_ENTRY_LOAD_CET))
		return true;

	return check_s_cet(c, XVCPU_RULE_GUEST_S_CET, CHECK_GUEST_S_CET) &&
	       check_canonical(c, XVCPU_RULE_GUEST_SSP_TABLE, CHECK_GUEST_SSP_TABLE);
}

static bool guest_pat(const struct check *c)
{
	return !(c->entry & VM_ENTRY_LOAD_IA32_PAT) ||
	       check_pat(c, XVCPU_RULE_GUEST_PAT, GUEST_IA32_PAT);
}

static bool guest_efer(const struct check *c)
{
	u64 lma = guest_is_long(c) ? CHECK_EFER_LMA : 0;
	u64 lme = guest_is_long(c) ? CHECK_EFER_LME : 0;

	if (!(c->entry & VM_ENTRY_LOAD_IA32_EFER))
		return true;
	if (!check_zero(c, XVCPU_RULE_GUEST_EFER, GUEST_IA32_EFER,
			~(c->env->efer ?: CHECK_EFER_KNOWN)) ||
	    !check_allowed(c, XVCPU_RULE_GUEST_EFER_LMA, GUEST_IA32_EFER, lma,
			   ~CHECK_EFER_LMA | lma))
		return false;

	return !(check_get(c, GUEST_CR0) & X86_CR0_PG) ||
	       check_allowed(c, XVCPU_RULE_GUEST_EFER_LME, GUEST_IA32_EFER, lme,
			     ~CHECK_EFER_LME | lme);
}

static bool guest_bndcfgs(const struct check *c)
{
	if (!(c->entry & VM_ENTRY_LOAD_BNDCFGS))
		return true;

	return check_zero(c, XVCPU_RULE_GUEST_BNDCFGS, GUEST_BNDCFGS, BNDCFGS_RESERVED) &&
	       check_canonical(c, XVCPU_RULE_GUEST_BNDCFGS_BASE, GUEST_BNDCFGS);
}

/* MSRs of which VM entry only checks that reserved bits are 0, each if its control loads it. */
static bool guest_reserved_msrs(const struct check *c)
{
	const struct {
		u32 control;
		u32 rule;
		u32 field;
		u64 bits;
	} msrs[] = {
		{ VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL, XVCPU_RULE_GUEST_PERF_GLOBAL_CTRL,
		  GUEST_IA32_PERF_GLOBAL_CTRL,
		  c->env->perf_global_ctrl ?: CHECK_PERF_GLOBAL_KNOWN },
		{ VM_ENTRY_LOAD_IA32_RTIT_CTL, XVCPU_RULE_GUEST_RTIT_CTL,
		  GUEST_IA32_RTIT_CTL, c->env->rtit_ctl ?: RTIT_CTL_KNOWN },
		{ CHECK_ENTRY_LOAD_LBR_CTL, XVCPU_RULE_GUEST_LBR_CTL,
		  CHECK_GUEST_LBR_CTL, c->env->lbr_ctl ?: LBR_CTL_KNOWN },
		{ CHECK_ENTRY_LOAD_PKRS, XVCPU_RULE_GUEST_PKRS,
		  CHECK_GUEST_PKRS, ~CHECK_HIGH_HALF },
		{ CHECK_ENTRY_LOAD_UINV, XVCPU_RULE_GUEST_UINV,
		  CHECK_GUEST_UINV, 0xff },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		if (c->entry & msrs[i].control &&
		    !check_zero(c, msrs[i].rule, msrs[i].field, ~msrs[i].bits))
			return false;
	}
	return true;
}

/* SDM "Checks on Guest Control Registers, Debug Registers, and MSRs" */
static bool guest_registers(const struct check *c)
{
	return guest_cr0(c) && guest_cr4(c) && guest_debug_registers(c) && guest_long_mode(c) &&
	       guest_cr3(c) && guest_sysenter(c) && guest_cet(c) && guest_pat(c) &&
	       guest_efer(c) && guest_bndcfgs(c) && guest_reserved_msrs(c);
}

/* SDM "Checks on Guest Descriptor-Table Registers" */
static bool guest_tables(const struct check *c)
{
	return check_canonical(c, XVCPU_RULE_TABLE_BASE, GUEST_GDTR_BASE) &&
	       check_canonical(c, XVCPU_RULE_TABLE_BASE, GUEST_IDTR_BASE) &&
	       check_zero(c, XVCPU_RULE_TABLE_LIMIT, GUEST_GDTR_LIMIT, GENMASK_ULL(31, 16)) &&
	       check_zero(c, XVCPU_RULE_TABLE_LIMIT, GUEST_IDTR_LIMIT, GENMASK_ULL(31, 16));
}

/*
 * All bits beyond the linear-address width are equal. That is less than canonical: the topmost bit
 * within the width may differ from them, as after execution ran past the end of the lower half.
 */
static bool guest_address_width(const struct check *c, u32 rule, u32 field)
{
	u64 value = check_get(c, field);
	u64 expected = sign_extend(value, c->env->linear_bits);

	return value == expected || check_fail(c, rule, field, value, expected);
}

static bool guest_rip(const struct check *c)
{
	if (guest_is_64bit(c))
		return guest_address_width(c, XVCPU_RULE_RIP_WIDTH, GUEST_RIP);
	return check_zero(c, XVCPU_RULE_RIP_HIGH, GUEST_RIP, CHECK_HIGH_HALF);
}

static bool guest_rflags(const struct check *c)
{
	if (!check_allowed(c, XVCPU_RULE_RFLAGS_RESERVED, GUEST_RFLAGS, X86_EFLAGS_FIXED,
			   ~RFLAGS_RESERVED))
		return false;
	if ((guest_is_long(c) || !(check_get(c, GUEST_CR0) & X86_CR0_PE)) &&
	    !check_zero(c, XVCPU_RULE_RFLAGS_VM, GUEST_RFLAGS, X86_EFLAGS_VM))
		return false;

	return !check_event_is(c, INTR_TYPE_EXT_INTR) ||
	       check_one(c, XVCPU_RULE_RFLAGS_IF, GUEST_RFLAGS, X86_EFLAGS_IF);
}

static bool guest_ssp(const struct check *c)
{
	if (!(c->entry & CHECK_ENTRY_LOAD_CET))
		return true;
	if (!check_zero(c, XVCPU_RULE_SSP_ALIGN, CHECK_GUEST_SSP, 3))
		return false;
	if (guest_is_64bit(c))
		return guest_address_width(c, XVCPU_RULE_SSP_WIDTH, CHECK_GUEST_SSP);
	return check_zero(c, XVCPU_RULE_SSP_WIDTH, CHECK_GUEST_SSP, CHECK_HIGH_HALF);
}

bool vmx_check_guest_state(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			   struct vmx_check_result *out)
{
	struct check c;

	check_begin(&c, env, read, ctx, out);
	return guest_registers(&c) && check_guest_segments(&c) && guest_tables(&c) &&
	       guest_rip(&c) && guest_rflags(&c) && guest_ssp(&c) && check_guest_non_register(&c);
}
