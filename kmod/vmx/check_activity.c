// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM entry's rules for what is not a register: activity, blocking, pending debug exceptions, the
 * VMCS link pointer and the PDPTEs (SDM "Checks on Guest Non-Register State" and what follows it).
 *
 * Pure: see check.h. Whether an event can be injected depends on most of these: it is checked here.
 */
#include "check_rule.h"

/* SDM "Guest Non-Register State", pending debug exceptions */
#define PENDING_ENABLED		BIT_ULL(12)
#define PENDING_BS		BIT_ULL(14)
#define PENDING_RTM		BIT_ULL(16)
#define PENDING_BUS_LOCK	BIT_ULL(11)
#define PENDING_RESERVED	(GENMASK_ULL(63, 17) | BIT_ULL(15) | BIT_ULL(13) | \
				 GENMASK_ULL(11, 4))

#define BLOCKING_RESERVED	GENMASK_ULL(31, 5)
#define BLOCKING_INTERRUPT	(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)

#define DEBUGCTL_BTF		BIT_ULL(1)
#define AR_DPL			GENMASK_ULL(6, 5)

#define VECTOR_DB		1
#define VECTOR_MC		18

#define LINK_NONE		(~0ull)
#define LINK_SHADOW		BIT(31)

/* SDM "Formats of CR3 and Paging-Structure Entries with PAE Paging" */
#define PDPTE_PRESENT		BIT_ULL(0)
#define PDPTE_RESERVED		(GENMASK_ULL(8, 5) | GENMASK_ULL(2, 1))
#define CR3_PAE_BASE		GENMASK_ULL(31, 5)

static bool event_is_exception(const struct check *c, u32 vector)
{
	return check_event_is(c, INTR_TYPE_HARD_EXCEPTION) &&
	       (c->event & INTR_INFO_VECTOR_MASK) == vector;
}

/* Would @activity let the injected event through? */
static bool activity_takes_event(const struct check *c, u32 activity)
{
	bool nmi = check_event_is(c, INTR_TYPE_NMI_INTR);
	bool mc = event_is_exception(c, VECTOR_MC);

	switch (activity) {
	case GUEST_ACTIVITY_ACTIVE:
		return true;
	case GUEST_ACTIVITY_HLT:
		return nmi || mc || event_is_exception(c, VECTOR_DB) ||
		       check_event_is(c, INTR_TYPE_EXT_INTR) ||
		       check_event_is(c, INTR_TYPE_OTHER_EVENT);
	case GUEST_ACTIVITY_SHUTDOWN:
		return nmi || mc;
	default:
		return false;
	}
}

static bool activity_supported(const struct check *c, u64 activity)
{
	/* IA32_VMX_MISC has one bit for each state but the active one, from bit 6 on. */
	return activity == GUEST_ACTIVITY_ACTIVE ||
	       (activity <= GUEST_ACTIVITY_WAIT_SIPI && c->env->misc >> (5 + activity) & 1);
}

static bool guest_activity(const struct check *c)
{
	u64 activity = check_get(c, GUEST_ACTIVITY_STATE);
	u64 blocking = check_get(c, GUEST_INTERRUPTIBILITY_INFO);
	u32 rule = XVCPU_RULE_NONE;

	if (!activity_supported(c, activity))
		rule = XVCPU_RULE_ACTIVITY_SUPPORTED;
	else if (activity == GUEST_ACTIVITY_HLT && check_get(c, GUEST_SS_AR_BYTES) & AR_DPL)
		rule = XVCPU_RULE_ACTIVITY_HLT_DPL;
	else if (activity != GUEST_ACTIVITY_ACTIVE && blocking & BLOCKING_INTERRUPT)
		rule = XVCPU_RULE_ACTIVITY_BLOCKING;
	else if (c->event && !activity_takes_event(c, activity))
		rule = XVCPU_RULE_ACTIVITY_EVENT;
	else if (activity == GUEST_ACTIVITY_WAIT_SIPI && c->entry & VM_ENTRY_SMM)
		rule = XVCPU_RULE_ACTIVITY_SMM;

	return rule == XVCPU_RULE_NONE ||
	       check_fail(c, rule, GUEST_ACTIVITY_STATE, activity, GUEST_ACTIVITY_ACTIVE);
}

/* Blocking that excludes the injected event. */
static bool guest_blocking_event(const struct check *c)
{
	if (check_event_is(c, INTR_TYPE_EXT_INTR))
		return check_zero(c, XVCPU_RULE_BLOCKING_INTERRUPT, GUEST_INTERRUPTIBILITY_INFO,
				  BLOCKING_INTERRUPT);
	if (!check_event_is(c, INTR_TYPE_NMI_INTR))
		return true;

	return check_zero(c, XVCPU_RULE_BLOCKING_NMI_MOV_SS, GUEST_INTERRUPTIBILITY_INFO,
			  GUEST_INTR_STATE_MOV_SS) &&
	       check_zero(c, XVCPU_RULE_BLOCKING_NMI_STI, GUEST_INTERRUPTIBILITY_INFO,
			  GUEST_INTR_STATE_STI) &&
	       (!(c->pin & PIN_BASED_VIRTUAL_NMIS) ||
		check_zero(c, XVCPU_RULE_BLOCKING_NMI_NMI, GUEST_INTERRUPTIBILITY_INFO,
			   GUEST_INTR_STATE_NMI));
}

/* xvcpu never runs in SMM: VM entries that do not go there must not block SMIs. */
static bool guest_blocking_smi(const struct check *c)
{
	if (c->entry & VM_ENTRY_SMM)
		return check_one(c, XVCPU_RULE_BLOCKING_SMI_ENTRY, GUEST_INTERRUPTIBILITY_INFO,
				 GUEST_INTR_STATE_SMI);
	return check_zero(c, XVCPU_RULE_BLOCKING_SMI, GUEST_INTERRUPTIBILITY_INFO,
			  GUEST_INTR_STATE_SMI);
}

static bool guest_blocking_enclave(const struct check *c)
{
	if (!(check_get(c, GUEST_INTERRUPTIBILITY_INFO) & GUEST_INTR_STATE_ENCLAVE_INTR))
		return true;
	if (!c->env->sgx)
		return check_zero(c, XVCPU_RULE_BLOCKING_ENCLAVE, GUEST_INTERRUPTIBILITY_INFO,
				  GUEST_INTR_STATE_ENCLAVE_INTR);
	return check_zero(c, XVCPU_RULE_BLOCKING_ENCLAVE_SS, GUEST_INTERRUPTIBILITY_INFO,
			  GUEST_INTR_STATE_MOV_SS);
}

static bool guest_blocking(const struct check *c)
{
	u64 blocking = check_get(c, GUEST_INTERRUPTIBILITY_INFO);

	if (!check_zero(c, XVCPU_RULE_BLOCKING_RESERVED, GUEST_INTERRUPTIBILITY_INFO,
			BLOCKING_RESERVED))
		return false;
	if ((blocking & BLOCKING_INTERRUPT) == BLOCKING_INTERRUPT)
		return check_fail(c, XVCPU_RULE_BLOCKING_STI_MOV_SS, GUEST_INTERRUPTIBILITY_INFO,
				  blocking, blocking & ~(u64)GUEST_INTR_STATE_STI);
	if (!(check_get(c, GUEST_RFLAGS) & X86_EFLAGS_IF) &&
	    !check_zero(c, XVCPU_RULE_BLOCKING_STI_IF, GUEST_INTERRUPTIBILITY_INFO,
			GUEST_INTR_STATE_STI))
		return false;

	return guest_blocking_event(c) && guest_blocking_smi(c) && guest_blocking_enclave(c);
}

/*
 * A single step is pending exactly if TF asks for one; it can only be told apart from one already
 * taken while the guest cannot take it.
 */
static bool guest_pending_step(const struct check *c)
{
	bool blocked = check_get(c, GUEST_INTERRUPTIBILITY_INFO) & BLOCKING_INTERRUPT ||
		       check_get(c, GUEST_ACTIVITY_STATE) == GUEST_ACTIVITY_HLT;
	bool step = check_get(c, GUEST_RFLAGS) & X86_EFLAGS_TF &&
		    !(check_get(c, GUEST_IA32_DEBUGCTL) & DEBUGCTL_BTF);

	if (!blocked)
		return true;
	if (step)
		return check_one(c, XVCPU_RULE_PENDING_BS_SET, GUEST_PENDING_DBG_EXCEPTIONS,
				 PENDING_BS);
	return check_zero(c, XVCPU_RULE_PENDING_BS_CLEAR, GUEST_PENDING_DBG_EXCEPTIONS, PENDING_BS);
}

static bool guest_pending_rtm(const struct check *c)
{
	u64 pending = check_get(c, GUEST_PENDING_DBG_EXCEPTIONS);

	if (!(pending & PENDING_RTM))
		return true;
	if (!c->env->rtm)
		return check_zero(c, XVCPU_RULE_PENDING_RTM, GUEST_PENDING_DBG_EXCEPTIONS,
				  PENDING_RTM);
	if (!check_allowed(c, XVCPU_RULE_PENDING_RTM_BITS, GUEST_PENDING_DBG_EXCEPTIONS,
			   PENDING_ENABLED, PENDING_RTM | PENDING_ENABLED))
		return false;
	return !(check_get(c, GUEST_INTERRUPTIBILITY_INFO) & GUEST_INTR_STATE_MOV_SS) ||
	       check_zero(c, XVCPU_RULE_PENDING_RTM_MOV_SS, GUEST_PENDING_DBG_EXCEPTIONS,
			  PENDING_RTM);
}

static bool guest_pending(const struct check *c)
{
	u64 reserved = PENDING_RESERVED;

	if (c->env->bus_lock)
		reserved &= ~PENDING_BUS_LOCK;
	return check_zero(c, XVCPU_RULE_PENDING_RESERVED, GUEST_PENDING_DBG_EXCEPTIONS, reserved) &&
	       guest_pending_step(c) && guest_pending_rtm(c);
}

static bool guest_link(const struct check *c)
{
	u32 shadow = c->proc2 & SECONDARY_EXEC_SHADOW_VMCS ? LINK_SHADOW : 0;
	u64 link = check_get(c, VMCS_LINK_POINTER);
	u32 found;

	if (link == LINK_NONE)
		return true;
	if (!check_address(c, XVCPU_RULE_LINK_ADDRESS, VMCS_LINK_POINTER, 4096))
		return false;
	if (check_memory(c, link, &found, sizeof(found))) {
		if ((found & ~LINK_SHADOW) != vmx_basic_vmcs_revision_id(c->env->basic))
			return check_fail(c, XVCPU_RULE_LINK_REVISION, VMCS_LINK_POINTER, found, 0);
		if ((found & LINK_SHADOW) != shadow)
			return check_fail(c, XVCPU_RULE_LINK_SHADOW, VMCS_LINK_POINTER, found, 0);
	}
	return link != c->env->current_vmcs ||
	       check_fail(c, XVCPU_RULE_LINK_CURRENT, VMCS_LINK_POINTER, link, LINK_NONE);
}

/* SDM "Checks on Guest Page-Directory-Pointer-Table Entries" */
static bool guest_pdptes(const struct check *c)
{
	u64 reserved = PDPTE_RESERVED | ~GENMASK_ULL(c->env->phys_bits - 1, 0);
	u64 table = check_get(c, GUEST_CR3) & CR3_PAE_BASE;
	u64 pdpte;
	int i;

	if (!(check_get(c, GUEST_CR0) & X86_CR0_PG) || !(check_get(c, GUEST_CR4) & X86_CR4_PAE) ||
	    c->entry & VM_ENTRY_IA32E_MODE)
		return true;

	for (i = 0; i < 4; i++) {
		if (c->proc2 & SECONDARY_EXEC_ENABLE_EPT) {
			pdpte = check_get(c, GUEST_PDPTR0 + 2 * i);
			if (pdpte & PDPTE_PRESENT && pdpte & reserved)
				return check_fail(c, XVCPU_RULE_PDPTE, GUEST_PDPTR0 + 2 * i, pdpte,
						  pdpte & ~reserved);
		} else if (check_memory(c, table + 8 * i, &pdpte, sizeof(pdpte))) {
			if (pdpte & PDPTE_PRESENT && pdpte & reserved)
				return check_fail(c, XVCPU_RULE_PDPTE, GUEST_CR3, pdpte, 0);
		}
	}
	return true;
}

bool check_guest_non_register(const struct check *c)
{
	return guest_activity(c) && guest_blocking(c) && guest_pending(c) && guest_link(c) &&
	       guest_pdptes(c);
}
