// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM-entry checks of the guest-state area: every rule is found when one field breaks it, in each
 * mode in which it means something else, and what other modes allow passes.
 */
#include <string.h>

#include <linux/kernel.h>

#include "check_machine.h"
#include "tap.h"

#define PIN(bits)	OR(PIN_BASED_VM_EXEC_CONTROL, bits)
#define NO_PIN(bits)	CLEAR(PIN_BASED_VM_EXEC_CONTROL, bits)
#define NO_PROC2(bits)	CLEAR(SECONDARY_VM_EXEC_CONTROL, bits)
#define ENTRY(bits)	OR(VM_ENTRY_CONTROLS, bits)
#define NO_ENTRY(bits)	CLEAR(VM_ENTRY_CONTROLS, bits)
#define EVENT(type, vector) \
	SET(VM_ENTRY_INTR_INFO_FIELD, INTR_INFO_VALID_MASK | (type) | (vector))
#define BLOCKING(bits)	OR(GUEST_INTERRUPTIBILITY_INFO, bits)
#define ACTIVITY(state)	SET(GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_##state)
#define PENDING(bits)	OR(GUEST_PENDING_DBG_EXCEPTIONS, bits)
#define RFLAGS(bits)	OR(GUEST_RFLAGS, bits)
#define CET		ENTRY(CHECK_ENTRY_LOAD_CET)

#define STI		GUEST_INTR_STATE_STI
#define MOV_SS		GUEST_INTR_STATE_MOV_SS

#define BEYOND		BIT_ULL(39)
#define NOT_CANONICAL	0x0000800000000000
#define LOW_END		0x00007fffffffffff
#define HIGH_START	0xffff800000000000

/* Every bit that IA32_RTIT_CTL has on some processor */
#define RTIT_ALL	0x0180ffff8f7bffff

#define LINK		0x9000
#define REVISION	0x2b

static void has_lam(struct machine *m)
{
	m->env.lam = true;
	m->field[GUEST_CR3] |= GENMASK_ULL(62, 61);
}

static void efer_without_nx(struct machine *m)
{
	m->env.efer = 0x501;
	m->field[HOST_IA32_EFER] = 0x501;
}

static void debugctl_of_two_bits(struct machine *m)
{
	m->env.debugctl = 3;
	m->field[GUEST_IA32_DEBUGCTL] = 3;
}

static void efer_not_loaded(struct machine *m)
{
	m->field[VM_ENTRY_CONTROLS] &= ~VM_ENTRY_LOAD_IA32_EFER;
}

static void linear_57(struct machine *m)
{
	m->env.linear_bits = 57;
}

static void only_hlt(struct machine *m)
{
	m->env.misc &= ~0x180ull;
}

static void has_sgx(struct machine *m)
{
	m->env.sgx = true;
}

static void has_rtm(struct machine *m)
{
	m->env.rtm = true;
}

static void has_bus_lock(struct machine *m)
{
	m->env.bus_lock = true;
	m->field[GUEST_PENDING_DBG_EXCEPTIONS] = BIT_ULL(11);
}

/* No processor has it, but what VM entry does not look at must not matter. */
static void cd_and_nw_fixed_wrongly(struct machine *m)
{
	m->env.cr0_fixed0 |= X86_CR0_CD;
	m->env.cr0_fixed1 &= ~(u64)X86_CR0_NW;
	m->field[GUEST_CR0] |= X86_CR0_NW;
}

static const struct broken register_rows[] = {
	BREAK(GUEST_CR0, PROTECTED, .edit = CLEAR(GUEST_CR0, X86_CR0_NE)),
	BREAK(GUEST_CR0, REAL, .edit = CLEAR(GUEST_CR0, X86_CR0_NE)),
	BREAK(GUEST_CR0, RESTRICTED, .edit = CLEAR(GUEST_CR0, X86_CR0_PG)),
	BREAK(GUEST_CR0, RESTRICTED, .edit = CLEAR(GUEST_CR0, X86_CR0_PE)),
	BREAK(GUEST_CR0, UNPAGED, .edit = NO_PROC2(SECONDARY_EXEC_UNRESTRICTED_GUEST),
	      .field = GUEST_CR0),
	BREAK(GUEST_CR0, LONG, .setup = { OR(GUEST_CR0, X86_CR0_CD | X86_CR0_NW) },
	      .edit = OR(GUEST_CR0, BIT_ULL(32))),
	BREAK(GUEST_CR0_PG_PE, PROTECTED, .edit = CLEAR(GUEST_CR0, X86_CR0_PE)),
	BREAK(GUEST_CR0_PG_PE, REAL, .edit = OR(GUEST_CR0, X86_CR0_PG)),
	BREAK(GUEST_CR4, PROTECTED, .edit = CLEAR(GUEST_CR4, X86_CR4_VMXE)),
	BREAK(GUEST_CR4, REAL, .edit = OR(GUEST_CR4, BIT_ULL(15))),
	BREAK(GUEST_CET_WP, PROTECTED, .setup = { OR(GUEST_CR4, CHECK_CR4_CET) },
	      .edit = CLEAR(GUEST_CR0, X86_CR0_WP), .field = GUEST_CR4),
	BREAK(GUEST_DEBUGCTL, PROTECTED, .setup = { SET(GUEST_IA32_DEBUGCTL, 0xffc7) },
	      .edit = OR(GUEST_IA32_DEBUGCTL, BIT_ULL(3))),
	BREAK(GUEST_DEBUGCTL, PROTECTED, .edit = OR(GUEST_IA32_DEBUGCTL, BIT_ULL(16))),
	BREAK(GUEST_DEBUGCTL, PROTECTED, .prepare = debugctl_of_two_bits,
	      .edit = OR(GUEST_IA32_DEBUGCTL, BIT_ULL(2))),
	BREAK(GUEST_LONG_PG, LONG, .edit = CLEAR(GUEST_CR0, X86_CR0_PG)),
	BREAK(GUEST_LONG_PG, UNPAGED, .prepare = efer_not_loaded,
	      .setup = { OR(GUEST_CR4, X86_CR4_PAE) },
	      .edit = ENTRY(VM_ENTRY_IA32E_MODE), .field = GUEST_CR0),
	BREAK(GUEST_LONG_PAE, LONG, .edit = CLEAR(GUEST_CR4, X86_CR4_PAE)),
	BREAK(GUEST_LONG_PAE, PROTECTED, .prepare = efer_not_loaded,
	      .edit = ENTRY(VM_ENTRY_IA32E_MODE), .field = GUEST_CR4),
	BREAK(GUEST_PCIDE, PAE, .edit = OR(GUEST_CR4, X86_CR4_PCIDE)),
	BREAK(GUEST_PCIDE, COMPAT, .prepare = efer_not_loaded,
	      .setup = { OR(GUEST_CR4, X86_CR4_PCIDE) },
	      .edit = NO_ENTRY(VM_ENTRY_IA32E_MODE), .field = GUEST_CR4),
	BREAK(GUEST_CR3, LONG, .setup = { OR(GUEST_CR3, BIT_ULL(38)) },
	      .edit = OR(GUEST_CR3, BEYOND)),
	BREAK(GUEST_CR3, REAL, .edit = OR(GUEST_CR3, BIT_ULL(63))),
	BREAK(GUEST_CR3, LONG, .edit = OR(GUEST_CR3, BIT_ULL(61))),
	BREAK(GUEST_CR3, LONG, .prepare = has_lam, .edit = OR(GUEST_CR3, BIT_ULL(60))),
	BREAK(GUEST_DR7, PROTECTED, .setup = { SET(GUEST_DR7, 0xffffffff) },
	      .edit = OR(GUEST_DR7, BIT_ULL(32))),
	BREAK(GUEST_SYSENTER, PROTECTED, .setup = { SET(GUEST_SYSENTER_ESP, LOW_END) },
	      .edit = SET(GUEST_SYSENTER_ESP, NOT_CANONICAL)),
	BREAK(GUEST_SYSENTER, REAL, .setup = { SET(GUEST_SYSENTER_EIP, HIGH_START) },
	      .edit = SET(GUEST_SYSENTER_EIP, HIGH_START - 1)),
	BREAK(GUEST_SYSENTER, LONG, .prepare = linear_57,
	      .setup = { SET(GUEST_SYSENTER_EIP, 0x00ffffffffffffff) },
	      .edit = SET(GUEST_SYSENTER_EIP, 0x0100000000000000)),
};

static const struct broken msr_rows[] = {
	BREAK(GUEST_S_CET, LONG, .setup = { CET, SET(CHECK_GUEST_S_CET, 0x3f) },
	      .edit = OR(CHECK_GUEST_S_CET, BIT_ULL(9))),
	BREAK(GUEST_S_CET, LONG, .setup = { CET, SET(CHECK_GUEST_S_CET, BIT_ULL(11)) },
	      .edit = OR(CHECK_GUEST_S_CET, BIT_ULL(10))),
	BREAK(GUEST_S_CET, LONG, .setup = { CET },
	      .edit = OR(CHECK_GUEST_S_CET, NOT_CANONICAL)),
	BREAK(GUEST_SSP_TABLE, LONG, .setup = { CET, SET(CHECK_GUEST_SSP_TABLE, HIGH_START) },
	      .edit = SET(CHECK_GUEST_SSP_TABLE, NOT_CANONICAL)),
	BREAK(GUEST_PERF_GLOBAL_CTRL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_PERF_GLOBAL_CTRL) },
	      .edit = OR(GUEST_IA32_PERF_GLOBAL_CTRL, BIT_ULL(63))),
	BREAK(GUEST_PAT, PROTECTED, .edit = SET(GUEST_IA32_PAT, 0x0007040600070403)),
	BREAK(GUEST_PAT, REAL, .edit = SET(GUEST_IA32_PAT, 0x8000000000000000)),
	BREAK(GUEST_PAT, LONG, .edit = SET(GUEST_IA32_PAT, 0x0007020600070406)),
	BREAK(GUEST_EFER, PROTECTED, .edit = OR(GUEST_IA32_EFER, BIT_ULL(12))),
	BREAK(GUEST_EFER, PROTECTED, .prepare = efer_without_nx,
	      .edit = OR(GUEST_IA32_EFER, BIT_ULL(11))),
	BREAK(GUEST_EFER_LMA, LONG, .edit = CLEAR(GUEST_IA32_EFER, CHECK_EFER_LMA)),
	BREAK(GUEST_EFER_LMA, PROTECTED, .edit = OR(GUEST_IA32_EFER, CHECK_EFER_LMA)),
	BREAK(GUEST_EFER_LMA, REAL, .setup = { OR(GUEST_IA32_EFER, CHECK_EFER_LME) },
	      .edit = OR(GUEST_IA32_EFER, CHECK_EFER_LMA)),
	BREAK(GUEST_EFER_LME, LONG, .edit = CLEAR(GUEST_IA32_EFER, CHECK_EFER_LME)),
	BREAK(GUEST_EFER_LME, PAE, .edit = OR(GUEST_IA32_EFER, CHECK_EFER_LME)),
	BREAK(GUEST_EFER_LME, UNPAGED, .setup = { OR(GUEST_IA32_EFER, CHECK_EFER_LME) },
	      .edit = OR(GUEST_CR0, X86_CR0_PG), .field = GUEST_IA32_EFER),
	BREAK(GUEST_BNDCFGS, LONG,
	      .setup = { ENTRY(VM_ENTRY_LOAD_BNDCFGS), SET(GUEST_BNDCFGS, 0x1003) },
	      .edit = OR(GUEST_BNDCFGS, 4)),
	BREAK(GUEST_BNDCFGS_BASE, LONG, .setup = { ENTRY(VM_ENTRY_LOAD_BNDCFGS) },
	      .edit = SET(GUEST_BNDCFGS, NOT_CANONICAL)),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(18))),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(23))),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(28))),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(30))),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(48))),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(54))),
	BREAK(GUEST_RTIT_CTL, PROTECTED,
	      .setup = { ENTRY(VM_ENTRY_LOAD_IA32_RTIT_CTL), SET(GUEST_IA32_RTIT_CTL, RTIT_ALL) },
	      .edit = OR(GUEST_IA32_RTIT_CTL, BIT_ULL(57))),
	BREAK(GUEST_LBR_CTL, PROTECTED,
	      .setup = { ENTRY(CHECK_ENTRY_LOAD_LBR_CTL), SET(CHECK_GUEST_LBR_CTL, 0x7f000f) },
	      .edit = OR(CHECK_GUEST_LBR_CTL, BIT_ULL(4))),
	BREAK(GUEST_LBR_CTL, PROTECTED, .setup = { ENTRY(CHECK_ENTRY_LOAD_LBR_CTL) },
	      .edit = OR(CHECK_GUEST_LBR_CTL, BIT_ULL(15))),
	BREAK(GUEST_LBR_CTL, PROTECTED, .setup = { ENTRY(CHECK_ENTRY_LOAD_LBR_CTL) },
	      .edit = OR(CHECK_GUEST_LBR_CTL, BIT_ULL(23))),
	BREAK(GUEST_PKRS, PROTECTED,
	      .setup = { ENTRY(CHECK_ENTRY_LOAD_PKRS), SET(CHECK_GUEST_PKRS, 0xffffffff) },
	      .edit = OR(CHECK_GUEST_PKRS, BIT_ULL(32))),
	BREAK(GUEST_UINV, PROTECTED,
	      .setup = { ENTRY(CHECK_ENTRY_LOAD_UINV), SET(CHECK_GUEST_UINV, 0xff) },
	      .edit = OR(CHECK_GUEST_UINV, BIT(8))),
};

static const struct broken selector_rows[] = {
	BREAK(SEG_TR_TI, PROTECTED, .edit = OR(GUEST_TR_SELECTOR, 4)),
	BREAK(SEG_TR_TI, REAL, .edit = OR(GUEST_TR_SELECTOR, 4)),
	BREAK(SEG_LDTR_TI, PROTECTED, .setup = { CLEAR(GUEST_LDTR_AR_BYTES, BIT(16)) },
	      .edit = OR(GUEST_LDTR_SELECTOR, 4)),
	BREAK(SEG_LDTR_TI, LONG, .setup = { OR(GUEST_LDTR_SELECTOR, 4) },
	      .edit = CLEAR(GUEST_LDTR_AR_BYTES, BIT(16)), .field = GUEST_LDTR_SELECTOR),
	BREAK(SEG_SS_RPL, RESTRICTED, .edit = OR(GUEST_SS_SELECTOR, 3)),
	BREAK(SEG_SS_RPL, RESTRICTED, .edit = OR(GUEST_CS_SELECTOR, 1),
	      .field = GUEST_SS_SELECTOR, .partial = true),
};

static const struct broken base_rows[] = {
	BREAK(SEG_V86_BASE, V8086, .edit = OR(GUEST_ES_BASE, 1)),
	BREAK(SEG_V86_BASE, V8086, .edit = SET(GUEST_CS_BASE, 0)),
	BREAK(SEG_V86_BASE, V8086, .edit = OR(GUEST_SS_BASE, BIT_ULL(32))),
	BREAK(SEG_V86_BASE, V8086, .edit = OR(GUEST_DS_SELECTOR, 8), .field = GUEST_DS_BASE),
	BREAK(SEG_V86_BASE, V8086, .edit = OR(GUEST_FS_BASE, 2)),
	BREAK(SEG_V86_BASE, V8086, .edit = OR(GUEST_GS_BASE, 8)),
	BREAK(SEG_BASE_CANONICAL, PROTECTED, .edit = SET(GUEST_TR_BASE, NOT_CANONICAL)),
	BREAK(SEG_BASE_CANONICAL, LONG, .edit = SET(GUEST_FS_BASE, NOT_CANONICAL)),
	BREAK(SEG_BASE_CANONICAL, LONG, .setup = { OR(GUEST_GS_AR_BYTES, BIT(16)) },
	      .edit = SET(GUEST_GS_BASE, NOT_CANONICAL)),
	BREAK(SEG_BASE_CANONICAL, LONG, .setup = { CLEAR(GUEST_LDTR_AR_BYTES, BIT(16)) },
	      .edit = SET(GUEST_LDTR_BASE, NOT_CANONICAL)),
	BREAK(SEG_BASE_HIGH, LONG, .setup = { SET(GUEST_CS_BASE, 0xffffffff) },
	      .edit = SET(GUEST_CS_BASE, BIT_ULL(32))),
	BREAK(SEG_BASE_HIGH, REAL, .edit = OR(GUEST_SS_BASE, BIT_ULL(32))),
	BREAK(SEG_BASE_HIGH, PROTECTED, .edit = OR(GUEST_DS_BASE, BIT_ULL(63))),
	BREAK(SEG_BASE_HIGH, COMPAT, .edit = OR(GUEST_ES_BASE, BIT_ULL(40))),
	BREAK(SEG_BASE_HIGH, LONG, .setup = { OR(GUEST_CS_AR_BYTES, BIT(16)) },
	      .edit = OR(GUEST_CS_BASE, BIT_ULL(32))),
	BREAK(SEG_V86_LIMIT, V8086, .edit = SET(GUEST_CS_LIMIT, 0xfffe)),
	BREAK(SEG_V86_LIMIT, V8086, .edit = SET(GUEST_SS_LIMIT, 0x1ffff)),
	BREAK(SEG_V86_LIMIT, V8086, .edit = SET(GUEST_GS_LIMIT, 0xffffffff)),
	BREAK(SEG_V86_ACCESS, V8086, .edit = SET(GUEST_CS_AR_BYTES, 0xfb)),
	BREAK(SEG_V86_ACCESS, V8086, .edit = SET(GUEST_DS_AR_BYTES, 0x93)),
	BREAK(SEG_V86_ACCESS, V8086, .edit = OR(GUEST_GS_AR_BYTES, BIT(16))),
};

static const struct broken type_rows[] = {
	BREAK(SEG_CS_TYPE, PROTECTED, .edit = SET(GUEST_CS_AR_BYTES, 0xc09a)),
	BREAK(SEG_CS_TYPE, PROTECTED, .edit = SET(GUEST_CS_AR_BYTES, 0xc091)),
	BREAK(SEG_CS_TYPE, REAL, .edit = SET(GUEST_CS_AR_BYTES, 0x97)),
	BREAK(SEG_CS_TYPE, RESTRICTED, .edit = SET(GUEST_CS_AR_BYTES, 0xc093)),
	BREAK(SEG_CS_TYPE, LONG, .edit = CLEAR(GUEST_CS_AR_BYTES, 1)),
	BREAK(SEG_SS_TYPE, PROTECTED, .setup = { SET(GUEST_SS_AR_BYTES, 0xc097) },
	      .edit = SET(GUEST_SS_AR_BYTES, 0xc091)),
	BREAK(SEG_SS_TYPE, PROTECTED, .edit = SET(GUEST_SS_AR_BYTES, 0xc09b)),
	BREAK(SEG_SS_TYPE, LONG, .edit = SET(GUEST_SS_AR_BYTES, 0xc092)),
	BREAK(SEG_SS_TYPE, PROTECTED, .setup = { SET(GUEST_SS_AR_BYTES, 0x10000) },
	      .edit = SET(GUEST_SS_AR_BYTES, 0xc090), .want = 0xc093),
	BREAK(SEG_ACCESSED, PROTECTED, .setup = { SET(GUEST_DS_AR_BYTES, 0xc095) },
	      .edit = SET(GUEST_DS_AR_BYTES, 0xc094)),
	BREAK(SEG_ACCESSED, REAL, .edit = SET(GUEST_ES_AR_BYTES, 0x92)),
	BREAK(SEG_ACCESSED, LONG, .edit = SET(GUEST_FS_AR_BYTES, 0xc09a)),
	BREAK(SEG_ACCESSED, COMPAT, .edit = SET(GUEST_GS_AR_BYTES, 0xc0f2)),
	BREAK(SEG_READABLE, PROTECTED, .setup = { SET(GUEST_DS_AR_BYTES, 0xc09b) },
	      .edit = SET(GUEST_DS_AR_BYTES, 0xc099)),
	BREAK(SEG_READABLE, LONG, .edit = SET(GUEST_GS_AR_BYTES, 0xc09d)),
	BREAK(SEG_S, PROTECTED, .edit = CLEAR(GUEST_CS_AR_BYTES, BIT(4))),
	BREAK(SEG_S, REAL, .edit = CLEAR(GUEST_SS_AR_BYTES, BIT(4))),
	BREAK(SEG_S, LONG, .edit = CLEAR(GUEST_ES_AR_BYTES, BIT(4))),
	BREAK(SEG_S, PROTECTED, .edit = CLEAR(GUEST_GS_AR_BYTES, BIT(4))),
};

static const struct broken dpl_rows[] = {
	BREAK(SEG_CS_DPL_DATA, REAL, .edit = SET(GUEST_CS_AR_BYTES, 0xf3)),
	BREAK(SEG_CS_DPL_DATA, PROTECTED, .edit = SET(GUEST_CS_AR_BYTES, 0xc0b3)),
	BREAK(SEG_CS_DPL_EQUAL, PROTECTED, .edit = SET(GUEST_CS_AR_BYTES, 0xc0fb)),
	BREAK(SEG_CS_DPL_EQUAL, USER, .edit = SET(GUEST_CS_AR_BYTES, 0xc099)),
	BREAK(SEG_CS_DPL_EQUAL, LONG, .setup = { OR(GUEST_SS_AR_BYTES, BIT(16)) },
	      .edit = OR(GUEST_SS_AR_BYTES, 0x60), .field = GUEST_CS_AR_BYTES),
	BREAK(SEG_CS_DPL_CONFORMING, PROTECTED, .setup = { SET(GUEST_CS_AR_BYTES, 0xc09f) },
	      .edit = SET(GUEST_CS_AR_BYTES, 0xc0bf)),
	BREAK(SEG_CS_DPL_CONFORMING, USER,
	      .setup = { SET(GUEST_CS_AR_BYTES, 0xc09d), SET(GUEST_SS_AR_BYTES, 0xc0d3) },
	      .edit = SET(GUEST_CS_AR_BYTES, 0xc0fd)),
	BREAK(SEG_SS_DPL_RPL, RESTRICTED,
	      .setup = { SET(GUEST_CS_AR_BYTES, 0xc09f) },
	      .edit = SET(GUEST_SS_AR_BYTES, 0xc0f3)),
	BREAK(SEG_SS_DPL_RPL, RESTRICTED,
	      .setup = { SET(GUEST_CS_AR_BYTES, 0xc09f), SET(GUEST_SS_AR_BYTES, 0x10000) },
	      .edit = SET(GUEST_SS_AR_BYTES, 0x10060)),
	BREAK(SEG_SS_DPL_ZERO, REAL, .edit = SET(GUEST_SS_AR_BYTES, 0xf3)),
	BREAK(SEG_SS_DPL_ZERO, REAL, .setup = { SET(GUEST_CS_AR_BYTES, 0x9f) },
	      .edit = SET(GUEST_SS_AR_BYTES, 0xb3)),
	BREAK(SEG_SS_DPL_ZERO, PROTECTED, .setup = { SET(GUEST_CS_AR_BYTES, 0xc093) },
	      .edit = SET(GUEST_SS_AR_BYTES, 0xc0f3)),
	BREAK(SEG_DATA_DPL, RESTRICTED,
	      .setup = { SET(GUEST_DS_SELECTOR, 0x13), SET(GUEST_DS_AR_BYTES, 0xc0f3) },
	      .edit = SET(GUEST_DS_AR_BYTES, 0xc0d3)),
	BREAK(SEG_DATA_DPL, RESTRICTED, .edit = OR(GUEST_ES_SELECTOR, 1),
	      .field = GUEST_ES_AR_BYTES),
	BREAK(SEG_DATA_DPL, RESTRICTED,
	      .setup = { SET(GUEST_FS_SELECTOR, 0xb), SET(GUEST_FS_AR_BYTES, 0xc09f) },
	      .edit = SET(GUEST_FS_AR_BYTES, 0xc09b)),
	BREAK(SEG_DATA_DPL, RESTRICTED,
	      .setup = { SET(GUEST_FS_SELECTOR, 0xb), SET(GUEST_FS_AR_BYTES, 0xc0f7) },
	      .edit = SET(GUEST_FS_AR_BYTES, 0xc097), .want = 0xc0f7),
	BREAK(SEG_DATA_DPL, RESTRICTED,
	      .setup = { SET(GUEST_GS_SELECTOR, 3), OR(GUEST_GS_AR_BYTES, BIT(16)) },
	      .edit = CLEAR(GUEST_GS_AR_BYTES, BIT(16))),
};

static const struct broken access_rows[] = {
	BREAK(SEG_PRESENT, PROTECTED, .edit = CLEAR(GUEST_CS_AR_BYTES, BIT(7))),
	BREAK(SEG_PRESENT, LONG, .edit = CLEAR(GUEST_SS_AR_BYTES, BIT(7))),
	BREAK(SEG_PRESENT, REAL, .edit = CLEAR(GUEST_FS_AR_BYTES, BIT(7))),
	BREAK(SEG_RESERVED, PROTECTED, .edit = OR(GUEST_CS_AR_BYTES, BIT(8))),
	BREAK(SEG_RESERVED, REAL, .edit = OR(GUEST_SS_AR_BYTES, BIT(11))),
	BREAK(SEG_RESERVED, LONG, .edit = OR(GUEST_DS_AR_BYTES, BIT(17))),
	BREAK(SEG_RESERVED, COMPAT, .edit = OR(GUEST_GS_AR_BYTES, BIT(31))),
	BREAK(SEG_CS_DB_L, LONG, .edit = OR(GUEST_CS_AR_BYTES, BIT(14))),
	BREAK(SEG_CS_DB_L, COMPAT, .edit = OR(GUEST_CS_AR_BYTES, BIT(13))),
	BREAK(SEG_GRANULARITY_0, PROTECTED, .edit = SET(GUEST_CS_LIMIT, 0xffffe),
	      .field = GUEST_CS_AR_BYTES, .want = 0x409b),
	BREAK(SEG_GRANULARITY_0, LONG, .edit = SET(GUEST_SS_LIMIT, 0xfffff7ff),
	      .field = GUEST_SS_AR_BYTES, .partial = true),
	BREAK(SEG_GRANULARITY_0, REAL, .setup = { SET(GUEST_ES_LIMIT, 0xfffe) },
	      .edit = OR(GUEST_ES_AR_BYTES, BIT(15))),
	BREAK(SEG_GRANULARITY_1, PROTECTED, .setup = { SET(GUEST_CS_LIMIT, 0x100fff) },
	      .edit = CLEAR(GUEST_CS_AR_BYTES, BIT(15))),
	BREAK(SEG_GRANULARITY_1, REAL, .setup = { SET(GUEST_GS_LIMIT, 0xfffff) },
	      .edit = SET(GUEST_GS_LIMIT, 0x100000), .field = GUEST_GS_AR_BYTES,
	      .partial = true),
};

static const struct broken system_rows[] = {
	BREAK(TR_TYPE, PROTECTED, .setup = { SET(GUEST_TR_AR_BYTES, 0x83) },
	      .edit = SET(GUEST_TR_AR_BYTES, 0x89)),
	BREAK(TR_TYPE, LONG, .edit = SET(GUEST_TR_AR_BYTES, 0x83)),
	BREAK(TR_TYPE, REAL, .edit = SET(GUEST_TR_AR_BYTES, 0x82)),
	BREAK(TR_S, PROTECTED, .edit = OR(GUEST_TR_AR_BYTES, BIT(4))),
	BREAK(TR_PRESENT, LONG, .edit = CLEAR(GUEST_TR_AR_BYTES, BIT(7))),
	BREAK(TR_RESERVED, PROTECTED, .edit = OR(GUEST_TR_AR_BYTES, BIT(10))),
	BREAK(TR_RESERVED, PROTECTED, .edit = OR(GUEST_TR_AR_BYTES, BIT(20))),
	BREAK(TR_GRANULARITY_0, PROTECTED, .edit = OR(GUEST_TR_AR_BYTES, BIT(15))),
	BREAK(TR_GRANULARITY_1, LONG, .edit = SET(GUEST_TR_LIMIT, 0x100fff),
	      .field = GUEST_TR_AR_BYTES),
	BREAK(TR_UNUSABLE, PROTECTED, .edit = OR(GUEST_TR_AR_BYTES, BIT(16))),
	BREAK(LDTR_TYPE, PROTECTED, .setup = { SET(GUEST_LDTR_AR_BYTES, 0x82) },
	      .edit = SET(GUEST_LDTR_AR_BYTES, 0x8b)),
	BREAK(LDTR_TYPE, LONG, .setup = { SET(GUEST_LDTR_AR_BYTES, 0x10000) },
	      .edit = SET(GUEST_LDTR_AR_BYTES, 0x80), .want = 0x82),
	BREAK(LDTR_S, PROTECTED, .edit = SET(GUEST_LDTR_AR_BYTES, 0x92), .want = 0x82),
	BREAK(LDTR_PRESENT, PROTECTED, .edit = SET(GUEST_LDTR_AR_BYTES, 0x02)),
	BREAK(LDTR_RESERVED, PROTECTED, .edit = SET(GUEST_LDTR_AR_BYTES, 0x182), .want = 0x82),
	BREAK(LDTR_RESERVED, PROTECTED, .edit = SET(GUEST_LDTR_AR_BYTES, 0x80000082)),
	BREAK(LDTR_GRANULARITY_0, PROTECTED, .edit = SET(GUEST_LDTR_AR_BYTES, 0x8082)),
	BREAK(LDTR_GRANULARITY_1, PROTECTED, .setup = { SET(GUEST_LDTR_LIMIT, 0x100fff) },
	      .edit = SET(GUEST_LDTR_AR_BYTES, 0x82)),
	BREAK(TABLE_BASE, REAL, .edit = SET(GUEST_GDTR_BASE, NOT_CANONICAL)),
	BREAK(TABLE_BASE, LONG, .setup = { SET(GUEST_IDTR_BASE, HIGH_START) },
	      .edit = SET(GUEST_IDTR_BASE, HIGH_START - 1)),
	BREAK(TABLE_LIMIT, PROTECTED, .edit = SET(GUEST_GDTR_LIMIT, 0x10000)),
	BREAK(TABLE_LIMIT, PROTECTED, .edit = SET(GUEST_GDTR_LIMIT, 0xffffffff)),
	BREAK(TABLE_LIMIT, PROTECTED, .edit = SET(GUEST_IDTR_LIMIT, 0x10000)),
	BREAK(TABLE_LIMIT, PROTECTED, .edit = SET(GUEST_IDTR_LIMIT, 0x80000000)),
};

static const struct broken rip_rows[] = {
	BREAK(RIP_HIGH, PROTECTED, .setup = { SET(GUEST_RIP, 0xffffffff) },
	      .edit = SET(GUEST_RIP, BIT_ULL(32))),
	BREAK(RIP_HIGH, REAL, .edit = OR(GUEST_RIP, BIT_ULL(63))),
	BREAK(RIP_HIGH, COMPAT, .edit = OR(GUEST_RIP, BIT_ULL(32))),
	BREAK(RIP_HIGH, LONG, .edit = CLEAR(GUEST_CS_AR_BYTES, BIT(13)), .field = GUEST_RIP),
	BREAK(RIP_WIDTH, LONG, .setup = { SET(GUEST_RIP, NOT_CANONICAL) },
	      .edit = SET(GUEST_RIP, BIT_ULL(48))),
	BREAK(RIP_WIDTH, LONG, .setup = { SET(GUEST_RIP, 0xffff000000000000) },
	      .edit = SET(GUEST_RIP, 0xfffe000000000000)),
	BREAK(RIP_WIDTH, LONG, .prepare = linear_57,
	      .setup = { SET(GUEST_RIP, 0x01ffffffffffffff) },
	      .edit = SET(GUEST_RIP, 0x0200000000000000)),
	BREAK(RFLAGS_RESERVED, PROTECTED, .edit = CLEAR(GUEST_RFLAGS, BIT(1))),
	BREAK(RFLAGS_RESERVED, PROTECTED, .setup = { SET(GUEST_RFLAGS, 0x3d7fd7) },
	      .edit = SET(GUEST_RFLAGS, 0x3d7fdf)),
	BREAK(RFLAGS_RESERVED, REAL, .edit = RFLAGS(BIT(5))),
	BREAK(RFLAGS_RESERVED, LONG, .edit = RFLAGS(BIT(15))),
	BREAK(RFLAGS_RESERVED, V8086, .edit = RFLAGS(BIT(22))),
	BREAK(RFLAGS_RESERVED, LONG, .edit = RFLAGS(BIT_ULL(63))),
	BREAK(RFLAGS_VM, REAL, .edit = RFLAGS(X86_EFLAGS_VM)),
	BREAK(RFLAGS_VM, LONG, .edit = RFLAGS(X86_EFLAGS_VM)),
	BREAK(RFLAGS_VM, COMPAT, .edit = RFLAGS(X86_EFLAGS_VM)),
	BREAK(RFLAGS_IF, PROTECTED,
	      .setup = { RFLAGS(X86_EFLAGS_IF), EVENT(INTR_TYPE_EXT_INTR, 32) },
	      .edit = CLEAR(GUEST_RFLAGS, X86_EFLAGS_IF)),
	BREAK(RFLAGS_IF, LONG, .edit = EVENT(INTR_TYPE_EXT_INTR, 255), .field = GUEST_RFLAGS),
	BREAK(SSP_ALIGN, LONG, .setup = { CET }, .edit = OR(CHECK_GUEST_SSP, 1)),
	BREAK(SSP_ALIGN, PROTECTED, .setup = { CET, OR(CHECK_GUEST_SSP, 4) },
	      .edit = OR(CHECK_GUEST_SSP, 2)),
	BREAK(SSP_WIDTH, PROTECTED, .setup = { CET }, .edit = OR(CHECK_GUEST_SSP, BIT_ULL(32))),
	BREAK(SSP_WIDTH, LONG, .setup = { CET, SET(CHECK_GUEST_SSP, NOT_CANONICAL) },
	      .edit = SET(CHECK_GUEST_SSP, BIT_ULL(48))),
};

static const struct broken activity_rows[] = {
	BREAK(ACTIVITY_SUPPORTED, PROTECTED, .edit = SET(GUEST_ACTIVITY_STATE, 4)),
	BREAK(ACTIVITY_SUPPORTED, PROTECTED, .edit = SET(GUEST_ACTIVITY_STATE, 0xffffffff)),
	BREAK(ACTIVITY_SUPPORTED, PROTECTED, .prepare = only_hlt, .setup = { ACTIVITY(HLT) },
	      .edit = ACTIVITY(SHUTDOWN)),
	BREAK(ACTIVITY_SUPPORTED, PROTECTED, .prepare = only_hlt, .edit = ACTIVITY(WAIT_SIPI)),
	BREAK(ACTIVITY_HLT_DPL, USER, .setup = { ACTIVITY(SHUTDOWN) }, .edit = ACTIVITY(HLT)),
	BREAK(ACTIVITY_HLT_DPL, PROTECTED,
	      .setup = { SET(GUEST_CS_AR_BYTES, 0xc09f), SET(GUEST_SS_AR_BYTES, 0xc0b3) },
	      .edit = ACTIVITY(HLT)),
	BREAK(ACTIVITY_HLT_DPL, V8086, .edit = ACTIVITY(HLT)),
	BREAK(ACTIVITY_BLOCKING, PROTECTED, .setup = { RFLAGS(X86_EFLAGS_IF), BLOCKING(STI) },
	      .edit = ACTIVITY(HLT)),
	BREAK(ACTIVITY_BLOCKING, PROTECTED, .setup = { BLOCKING(MOV_SS) },
	      .edit = ACTIVITY(SHUTDOWN)),
	BREAK(ACTIVITY_BLOCKING, PROTECTED, .setup = { ACTIVITY(WAIT_SIPI) },
	      .edit = BLOCKING(MOV_SS), .field = GUEST_ACTIVITY_STATE),
	BREAK(ACTIVITY_EVENT, PROTECTED,
	      .setup = { ACTIVITY(HLT), EVENT(INTR_TYPE_HARD_EXCEPTION, 1) },
	      .edit = EVENT(INTR_TYPE_HARD_EXCEPTION, 6), .field = GUEST_ACTIVITY_STATE),
	BREAK(ACTIVITY_EVENT, PROTECTED,
	      .setup = { ACTIVITY(HLT), EVENT(INTR_TYPE_HARD_EXCEPTION, 18) },
	      .edit = EVENT(INTR_TYPE_SOFT_INTR, 18), .field = GUEST_ACTIVITY_STATE),
	BREAK(ACTIVITY_EVENT, PROTECTED,
	      .setup = { ACTIVITY(SHUTDOWN), EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = EVENT(INTR_TYPE_HARD_EXCEPTION, 1), .field = GUEST_ACTIVITY_STATE),
	BREAK(ACTIVITY_EVENT, PROTECTED, .setup = { ACTIVITY(SHUTDOWN), RFLAGS(X86_EFLAGS_IF) },
	      .edit = EVENT(INTR_TYPE_EXT_INTR, 32), .field = GUEST_ACTIVITY_STATE),
	BREAK(ACTIVITY_EVENT, PROTECTED, .setup = { ACTIVITY(WAIT_SIPI) },
	      .edit = EVENT(INTR_TYPE_NMI_INTR, 2), .field = GUEST_ACTIVITY_STATE),
	BREAK(ACTIVITY_SMM, PROTECTED, .setup = { ACTIVITY(WAIT_SIPI) },
	      .edit = ENTRY(VM_ENTRY_SMM), .field = GUEST_ACTIVITY_STATE, .partial = true),
};

static const struct broken blocking_rows[] = {
	BREAK(BLOCKING_RESERVED, PROTECTED, .edit = BLOCKING(BIT(5))),
	BREAK(BLOCKING_RESERVED, PROTECTED, .edit = BLOCKING(BIT(31))),
	BREAK(BLOCKING_STI_MOV_SS, PROTECTED, .setup = { RFLAGS(X86_EFLAGS_IF), BLOCKING(STI) },
	      .edit = BLOCKING(MOV_SS), .want = MOV_SS),
	BREAK(BLOCKING_STI_IF, PROTECTED, .setup = { RFLAGS(X86_EFLAGS_IF), BLOCKING(STI) },
	      .edit = CLEAR(GUEST_RFLAGS, X86_EFLAGS_IF), .field = GUEST_INTERRUPTIBILITY_INFO),
	BREAK(BLOCKING_INTERRUPT, PROTECTED,
	      .setup = { RFLAGS(X86_EFLAGS_IF), EVENT(INTR_TYPE_EXT_INTR, 32) },
	      .edit = BLOCKING(STI)),
	BREAK(BLOCKING_INTERRUPT, LONG,
	      .setup = { RFLAGS(X86_EFLAGS_IF), EVENT(INTR_TYPE_EXT_INTR, 32) },
	      .edit = BLOCKING(MOV_SS)),
	BREAK(BLOCKING_NMI_MOV_SS, PROTECTED, .setup = { EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = BLOCKING(MOV_SS)),
	BREAK(BLOCKING_NMI_STI, PROTECTED,
	      .setup = { RFLAGS(X86_EFLAGS_IF), EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = BLOCKING(STI)),
	BREAK(BLOCKING_NMI_NMI, PROTECTED, .setup = { EVENT(INTR_TYPE_NMI_INTR, 2) },
	      .edit = BLOCKING(GUEST_INTR_STATE_NMI)),
	BREAK(BLOCKING_NMI_NMI, PROTECTED,
	      .setup = { NO_PIN(PIN_BASED_VIRTUAL_NMIS), EVENT(INTR_TYPE_NMI_INTR, 2),
			 BLOCKING(GUEST_INTR_STATE_NMI) },
	      .edit = PIN(PIN_BASED_VIRTUAL_NMIS), .field = GUEST_INTERRUPTIBILITY_INFO),
	BREAK(BLOCKING_SMI, PROTECTED, .edit = BLOCKING(GUEST_INTR_STATE_SMI)),
	BREAK(BLOCKING_SMI_ENTRY, PROTECTED, .edit = ENTRY(VM_ENTRY_SMM),
	      .field = GUEST_INTERRUPTIBILITY_INFO),
	BREAK(BLOCKING_ENCLAVE, PROTECTED, .edit = BLOCKING(GUEST_INTR_STATE_ENCLAVE_INTR)),
	BREAK(BLOCKING_ENCLAVE_SS, PROTECTED, .prepare = has_sgx,
	      .setup = { BLOCKING(GUEST_INTR_STATE_ENCLAVE_INTR) }, .edit = BLOCKING(MOV_SS)),
};

static const struct broken pending_rows[] = {
	BREAK(PENDING_RESERVED, PROTECTED, .setup = { PENDING(0x500f) }, .edit = PENDING(BIT(4))),
	BREAK(PENDING_RESERVED, PROTECTED, .edit = PENDING(BIT(11))),
	BREAK(PENDING_RESERVED, PROTECTED, .prepare = has_bus_lock, .edit = PENDING(BIT(10))),
	BREAK(PENDING_RESERVED, PROTECTED, .edit = PENDING(BIT(13))),
	BREAK(PENDING_RESERVED, PROTECTED, .edit = PENDING(BIT(15))),
	BREAK(PENDING_RESERVED, LONG, .edit = PENDING(BIT_ULL(17))),
	BREAK(PENDING_RESERVED, LONG, .edit = PENDING(BIT_ULL(63))),
	BREAK(PENDING_BS_SET, PROTECTED,
	      .setup = { RFLAGS(X86_EFLAGS_TF), PENDING(BIT(14)), BLOCKING(MOV_SS) },
	      .edit = CLEAR(GUEST_PENDING_DBG_EXCEPTIONS, BIT(14))),
	BREAK(PENDING_BS_SET, LONG,
	      .setup = { RFLAGS(X86_EFLAGS_TF), RFLAGS(X86_EFLAGS_IF) },
	      .edit = BLOCKING(STI), .field = GUEST_PENDING_DBG_EXCEPTIONS),
	BREAK(PENDING_BS_SET, PROTECTED, .setup = { RFLAGS(X86_EFLAGS_TF) },
	      .edit = ACTIVITY(HLT), .field = GUEST_PENDING_DBG_EXCEPTIONS),
	BREAK(PENDING_BS_SET, PROTECTED,
	      .setup = { RFLAGS(X86_EFLAGS_TF), SET(GUEST_IA32_DEBUGCTL, 2), BLOCKING(MOV_SS) },
	      .edit = SET(GUEST_IA32_DEBUGCTL, 0), .field = GUEST_PENDING_DBG_EXCEPTIONS),
	BREAK(PENDING_BS_CLEAR, PROTECTED, .setup = { BLOCKING(MOV_SS) },
	      .edit = PENDING(BIT(14))),
	BREAK(PENDING_BS_CLEAR, PROTECTED, .setup = { ACTIVITY(HLT) }, .edit = PENDING(BIT(14))),
	BREAK(PENDING_BS_CLEAR, PROTECTED,
	      .setup = { RFLAGS(X86_EFLAGS_TF), PENDING(BIT(14)), BLOCKING(MOV_SS) },
	      .edit = SET(GUEST_IA32_DEBUGCTL, 2), .field = GUEST_PENDING_DBG_EXCEPTIONS),
	BREAK(PENDING_RTM, PROTECTED, .edit = SET(GUEST_PENDING_DBG_EXCEPTIONS, 0x11000)),
	BREAK(PENDING_RTM_BITS, PROTECTED, .prepare = has_rtm,
	      .setup = { SET(GUEST_PENDING_DBG_EXCEPTIONS, 0x11000) },
	      .edit = CLEAR(GUEST_PENDING_DBG_EXCEPTIONS, BIT(12))),
	BREAK(PENDING_RTM_BITS, PROTECTED, .prepare = has_rtm,
	      .setup = { SET(GUEST_PENDING_DBG_EXCEPTIONS, 0x11000) }, .edit = PENDING(1)),
	BREAK(PENDING_RTM_BITS, PROTECTED, .prepare = has_rtm,
	      .setup = { SET(GUEST_PENDING_DBG_EXCEPTIONS, 0x11000) }, .edit = PENDING(BIT(14))),
	BREAK(PENDING_RTM_MOV_SS, PROTECTED, .prepare = has_rtm,
	      .setup = { SET(GUEST_PENDING_DBG_EXCEPTIONS, 0x11000) }, .edit = BLOCKING(MOV_SS),
	      .field = GUEST_PENDING_DBG_EXCEPTIONS),
};

static void link_to(struct machine *m, u32 revision)
{
	m->page_pa = LINK;
	memcpy(m->page, &revision, sizeof(revision));
}

static void link_of_another_revision(struct machine *m)
{
	link_to(m, REVISION + 1);
}

static void link_to_a_shadow(struct machine *m)
{
	link_to(m, REVISION | BIT(31));
}

static void link_to_an_ordinary_vmcs(struct machine *m)
{
	link_to(m, REVISION);
	m->field[SECONDARY_VM_EXEC_CONTROL] |= SECONDARY_EXEC_SHADOW_VMCS;
}

static void link_to_an_ordinary_vmcs_as_wanted(struct machine *m)
{
	link_to(m, REVISION);
}

static void link_to_a_shadow_as_wanted(struct machine *m)
{
	link_to_a_shadow(m);
	m->field[SECONDARY_VM_EXEC_CONTROL] |= SECONDARY_EXEC_SHADOW_VMCS;
}

/* Without EPT; PAE paging takes the low half of CR3 for a table of four. */
static void good_pdptes_in_memory(struct machine *m)
{
	static const u64 pdptes[] = { 0x1001, ~1ull, 0x3e19, 0x7ffffff001 };

	m->field[SECONDARY_VM_EXEC_CONTROL] = SECONDARY_EXEC_ENABLE_VPID;
	m->field[GUEST_CR3] = BIT_ULL(32) | 0x6060;
	m->field[GUEST_PDPTR0] = ~0ull;
	m->page_pa = 0x6000;
	memset(m->page, 0xff, sizeof(m->page));
	memcpy(m->page + 0x60, pdptes, sizeof(pdptes));
}

static void pdptes_in_memory(struct machine *m)
{
	good_pdptes_in_memory(m);
	m->page[0x60 + 3 * 8 + 7] = 0x80;
}

static const struct broken memory_rows[] = {
	BREAK(LINK_ADDRESS, PROTECTED, .edit = SET(VMCS_LINK_POINTER, LINK + 0x800)),
	BREAK(LINK_ADDRESS, PROTECTED, .setup = { SET(VMCS_LINK_POINTER, BEYOND - 4096) },
	      .edit = SET(VMCS_LINK_POINTER, BEYOND)),
	BREAK(LINK_ADDRESS, PROTECTED, .edit = SET(VMCS_LINK_POINTER, ~1ull)),
	BREAK(LINK_REVISION, PROTECTED, .prepare = link_of_another_revision, .memory = true,
	      .edit = SET(VMCS_LINK_POINTER, LINK)),
	BREAK(LINK_SHADOW, PROTECTED, .prepare = link_to_a_shadow, .memory = true,
	      .edit = SET(VMCS_LINK_POINTER, LINK)),
	BREAK(LINK_SHADOW, PROTECTED, .prepare = link_to_an_ordinary_vmcs, .memory = true,
	      .edit = SET(VMCS_LINK_POINTER, LINK)),
	BREAK(LINK_CURRENT, PROTECTED, .edit = SET(VMCS_LINK_POINTER, 0x5000)),
	BREAK(PDPTE, PAE, .edit = OR(GUEST_PDPTR0, 2)),
	BREAK(PDPTE, PAE, .edit = OR(GUEST_PDPTR0 + 4, BIT_ULL(5))),
	BREAK(PDPTE, PAE, .setup = { SET(GUEST_PDPTR0 + 2, 0xfffffffffffffffe) },
	      .edit = SET(GUEST_PDPTR0 + 2, BIT_ULL(63) | 0x1019), .want = 0x1019),
	BREAK(PDPTE, PAE, .setup = { SET(GUEST_PDPTR0 + 6, BIT_ULL(38) | 0xe19) },
	      .edit = OR(GUEST_PDPTR0 + 6, BEYOND)),
	BREAK(PDPTE, RESTRICTED, .prepare = pdptes_in_memory, .memory = true,
	      .edit = OR(GUEST_CR4, X86_CR4_PAE), .field = GUEST_CR3),
};

static const struct broken allowed_rows[] = {
	ALLOW(PROTECTED, .setup = { OR(GUEST_SS_SELECTOR, 3), OR(GUEST_DS_SELECTOR, 3) }),
	ALLOW(PROTECTED, .setup = { CLEAR(GUEST_CR0, X86_CR0_PG), CLEAR(GUEST_CR0, X86_CR0_PE) }),
	ALLOW(PROTECTED, .setup = { SET(GUEST_TR_AR_BYTES, 0x83), SET(GUEST_CS_AR_BYTES, 0xc093) }),
	ALLOW(PROTECTED, .setup = { SET(GUEST_CS_AR_BYTES, 0x1c09b) }),
	ALLOW(REAL, .setup = { OR(GUEST_IA32_EFER, CHECK_EFER_LME), OR(GUEST_CR4, X86_CR4_PAE) }),
	ALLOW(REAL, .setup = { SET(GUEST_CS_AR_BYTES, 0x9b), SET(GUEST_CS_BASE, 0x12345678) }),
	ALLOW(REAL, .setup = { SET(GUEST_PDPTR0, ~0ull), SET(GUEST_PDPTR0 + 2, 3) }),
	ALLOW(LONG, .setup = { SET(GUEST_PDPTR0, ~0ull), SET(GUEST_RIP, NOT_CANONICAL) }),
	ALLOW(LONG, .setup = { OR(GUEST_CR4, X86_CR4_PCIDE), OR(GUEST_CR3, 0xfff) }),
	ALLOW(LONG, .setup = { SET(GUEST_SS_AR_BYTES, 0x10000), SET(GUEST_SS_BASE, ~0ull) }),
	ALLOW(LONG, .setup = { SET(GUEST_DS_AR_BYTES, 0x1ffff), SET(GUEST_DS_BASE, ~0ull) }),
	ALLOW(LONG, .setup = { SET(GUEST_LDTR_SELECTOR, 4), SET(GUEST_LDTR_BASE, NOT_CANONICAL) }),
	ALLOW(LONG,
	      .setup = { OR(GUEST_CR4, CHECK_CR4_CET), CET,
			 SET(CHECK_GUEST_S_CET, HIGH_START | 0x5) }),
	ALLOW(PAE, .setup = { SET(GUEST_PDPTR0 + 2, ~1ull), SET(GUEST_PDPTR0 + 6, 0xe19) }),
	ALLOW(PROTECTED,
	      .setup = { NO_ENTRY(VM_ENTRY_LOAD_DEBUG_CONTROLS), SET(GUEST_DR7, ~0ull),
			 SET(GUEST_IA32_DEBUGCTL, ~0ull) }),
	ALLOW(PROTECTED, .setup = { NO_ENTRY(VM_ENTRY_LOAD_IA32_PAT), SET(GUEST_IA32_PAT, 2) }),
	ALLOW(LONG, .setup = { NO_ENTRY(VM_ENTRY_LOAD_IA32_EFER), SET(GUEST_IA32_EFER, ~0ull) }),
	ALLOW(LONG,
	      .setup = { SET(GUEST_BNDCFGS, ~0ull), SET(GUEST_IA32_PERF_GLOBAL_CTRL, ~0ull),
			 SET(GUEST_IA32_RTIT_CTL, ~0ull), SET(CHECK_GUEST_PKRS, ~0ull),
			 SET(CHECK_GUEST_SSP, ~0ull), SET(CHECK_GUEST_UINV, 0xffff) }),
	ALLOW(PROTECTED, .prepare = has_bus_lock),
	ALLOW(PROTECTED, .prepare = cd_and_nw_fixed_wrongly),
	ALLOW(PROTECTED, .prepare = has_sgx, .setup = { BLOCKING(MOV_SS) }),
	ALLOW(PROTECTED, .prepare = has_sgx, .setup = { BLOCKING(GUEST_INTR_STATE_ENCLAVE_INTR) }),
	ALLOW(PROTECTED, .prepare = has_rtm,
	      .setup = { PENDING(0x400f), BLOCKING(MOV_SS), RFLAGS(X86_EFLAGS_TF) }),
	ALLOW(PROTECTED, .prepare = link_to_an_ordinary_vmcs_as_wanted,
	      .setup = { SET(VMCS_LINK_POINTER, LINK) }),
	ALLOW(PROTECTED, .prepare = link_to_a_shadow_as_wanted,
	      .setup = { SET(VMCS_LINK_POINTER, LINK) }),
	ALLOW(RESTRICTED, .prepare = good_pdptes_in_memory,
	      .setup = { OR(GUEST_CR4, X86_CR4_PAE) }),
	ALLOW(UNPAGED, .setup = { OR(GUEST_CR4, X86_CR4_PAE), SET(GUEST_PDPTR0, ~0ull) }),
	ALLOW(PROTECTED,
	      .setup = { OR(GUEST_CS_AR_BYTES, BIT(12)), OR(GUEST_DS_AR_BYTES, BIT(12)),
			 OR(GUEST_TR_AR_BYTES, BIT(12)), SET(GUEST_LDTR_AR_BYTES, 0x1082),
			 OR(GUEST_TR_SELECTOR, 3), OR(GUEST_LDTR_SELECTOR, 3) }),
	ALLOW(PAE, .setup = { SET(GUEST_BNDCFGS, ~0ull), SET(GUEST_IA32_PERF_GLOBAL_CTRL, 7) }),
	ALLOW(PROTECTED, .setup = { RFLAGS(X86_EFLAGS_IF), BLOCKING(STI) }),
	ALLOW(PROTECTED, .setup = { RFLAGS(X86_EFLAGS_TF), BLOCKING(MOV_SS), PENDING(BIT(14)) }),
	ALLOW(PROTECTED, .setup = { RFLAGS(X86_EFLAGS_TF) }),
	ALLOW(PROTECTED, .setup = { PENDING(BIT(14)) }),
	ALLOW(PROTECTED, .setup = { BLOCKING(MOV_SS), EVENT(INTR_TYPE_HARD_EXCEPTION, 6) }),
	ALLOW(PROTECTED,
	      .setup = { BLOCKING(GUEST_INTR_STATE_NMI), RFLAGS(X86_EFLAGS_IF),
			 EVENT(INTR_TYPE_EXT_INTR, 32) }),
	ALLOW(PROTECTED, .setup = { ACTIVITY(HLT), EVENT(INTR_TYPE_NMI_INTR, 2) }),
	ALLOW(PROTECTED, .setup = { ACTIVITY(HLT), EVENT(INTR_TYPE_OTHER_EVENT, 0) }),
	ALLOW(PROTECTED,
	      .setup = { ACTIVITY(HLT), RFLAGS(X86_EFLAGS_IF), EVENT(INTR_TYPE_EXT_INTR, 32) }),
	ALLOW(PROTECTED, .setup = { ACTIVITY(SHUTDOWN), EVENT(INTR_TYPE_HARD_EXCEPTION, 18) }),
	ALLOW(PROTECTED, .setup = { ACTIVITY(WAIT_SIPI) }),
	ALLOW(PROTECTED, .setup = { SET(VMCS_LINK_POINTER, LINK) }),
};

static void registers(void)
{
	expect_broken(vmx_check_guest_state, register_rows, ARRAY_SIZE(register_rows));
}

static void msrs(void)
{
	expect_broken(vmx_check_guest_state, msr_rows, ARRAY_SIZE(msr_rows));
}

static void selectors_and_bases(void)
{
	expect_broken(vmx_check_guest_state, selector_rows, ARRAY_SIZE(selector_rows));
	expect_broken(vmx_check_guest_state, base_rows, ARRAY_SIZE(base_rows));
}

static void access_rights(void)
{
	expect_broken(vmx_check_guest_state, type_rows, ARRAY_SIZE(type_rows));
	expect_broken(vmx_check_guest_state, dpl_rows, ARRAY_SIZE(dpl_rows));
	expect_broken(vmx_check_guest_state, access_rows, ARRAY_SIZE(access_rows));
}

static void system_segments_and_tables(void)
{
	expect_broken(vmx_check_guest_state, system_rows, ARRAY_SIZE(system_rows));
}

static void rip_and_rflags(void)
{
	expect_broken(vmx_check_guest_state, rip_rows, ARRAY_SIZE(rip_rows));
}

static void activity_and_blocking(void)
{
	expect_broken(vmx_check_guest_state, activity_rows, ARRAY_SIZE(activity_rows));
	expect_broken(vmx_check_guest_state, blocking_rows, ARRAY_SIZE(blocking_rows));
}

static void pending_debug_exceptions(void)
{
	expect_broken(vmx_check_guest_state, pending_rows, ARRAY_SIZE(pending_rows));
}

static void link_pointer_and_pdptes(void)
{
	expect_broken(vmx_check_guest_state, memory_rows, ARRAY_SIZE(memory_rows));
}

static void what_is_allowed_passes(void)
{
	expect_allowed(allowed_rows, ARRAY_SIZE(allowed_rows));
}

static void every_rule_was_broken(void)
{
	expect_covered(XVCPU_RULE_GUEST_CR0, XVCPU_RULE_MSR_RESERVED - 1);
}

static void random_states_get_consistent_answers(void)
{
	static u32 fields[256];
	unsigned int nr = 0;
	u32 field;

	for (field = GUEST_ES_SELECTOR; field <= GUEST_TR_SELECTOR; field += 2)
		fields[nr++] = field;
	for (field = GUEST_IA32_DEBUGCTL; field <= CHECK_GUEST_PKRS; field += 2)
		fields[nr++] = field;
	for (field = GUEST_ES_LIMIT; field <= GUEST_ACTIVITY_STATE; field += 2)
		fields[nr++] = field;
	for (field = GUEST_CR0; field <= CHECK_GUEST_SSP_TABLE; field += 2)
		fields[nr++] = field;
	fields[nr++] = VM_ENTRY_INTR_INFO_FIELD;
	fields[nr++] = VM_ENTRY_CONTROLS;
	fields[nr++] = SECONDARY_VM_EXEC_CONTROL;
	expect_consistent(vmx_check_guest_state, fields, nr);
}

int main(void)
{
	static const struct tap_test tests[] = {
		{ "control and debug registers", registers },
		{ "MSRs", msrs },
		{ "selectors and bases", selectors_and_bases },
		{ "access rights", access_rights },
		{ "TR, LDTR and tables", system_segments_and_tables },
		{ "RIP, RFLAGS and SSP", rip_and_rflags },
		{ "activity and blocking", activity_and_blocking },
		{ "pending debug exceptions", pending_debug_exceptions },
		{ "link pointer and PDPTEs", link_pointer_and_pdptes },
		{ "what is allowed passes", what_is_allowed_passes },
		{ "every rule was broken by a test", every_rule_was_broken },
		{ "random states get consistent answers", random_states_get_consistent_answers },
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
