/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the VM-entry checker share: the VMCS being checked with its effective controls,
 * the few forms that most rules have, and names that older kernels' <asm/vmx.h> lacks.
 *
 * Private to check*.c. No state, no lock.
 */
#ifndef KMOD_VMX_CHECK_RULE_H
#define KMOD_VMX_CHECK_RULE_H

#include <linux/bits.h>
#include <linux/types.h>

#include <asm/msr-index.h>	/* newer <asm/vmx.h> uses its memory types */
#include <asm/processor-flags.h>
#include <asm/vmx.h>

#include "../../uapi/xvcpu.h"
#include "check.h"

/* SDM "Field Encoding in VMCS": fields newer than the oldest kernel that this is built for. */
#define CHECK_LAST_PID_INDEX		0x0008
#define CHECK_GUEST_UINV		0x0814
#define CHECK_VE_INFO_ADDRESS		0x202a
#define CHECK_SPPT_POINTER		0x2030
#define CHECK_PASID_LOW			0x2038
#define CHECK_PASID_HIGH		0x203a
#define CHECK_HLAT_POINTER		0x2040
#define CHECK_EXIT2_CONTROLS		0x2044
#define CHECK_GUEST_LBR_CTL		0x2816
#define CHECK_GUEST_PKRS		0x2818
#define CHECK_HOST_PKRS			0x2c06
#define CHECK_GUEST_S_CET		0x6828
#define CHECK_GUEST_SSP			0x682a
#define CHECK_GUEST_SSP_TABLE		0x682c
#define CHECK_HOST_S_CET		0x6c18
#define CHECK_HOST_SSP			0x6c1a
#define CHECK_HOST_SSP_TABLE		0x6c1c

/* SDM "VM-Execution Control Fields", "VM-Entry Controls", "VM-Exit Controls": likewise. */
#define CHECK_ENTRY_LOAD_UINV		BIT(19)
#define CHECK_ENTRY_LOAD_CET		BIT(20)
#define CHECK_ENTRY_LOAD_LBR_CTL	BIT(21)
#define CHECK_ENTRY_LOAD_PKRS		BIT(22)
#define CHECK_EXIT_LOAD_CET		BIT(28)
#define CHECK_EXIT_LOAD_PKRS		BIT(29)
#define CHECK_EXIT_SECONDARY		BIT(31)
#define CHECK_PROC_TERTIARY		BIT(17)
#define CHECK_PROC2_VE			BIT(18)
#define CHECK_PROC2_PASID		BIT(21)
#define CHECK_PROC2_SPP			BIT(23)
#define CHECK_PROC3_HLAT		BIT_ULL(1)
#define CHECK_PROC3_IPI			BIT_ULL(4)

/* SDM "VMX Capability Reporting Facility" */
#define CHECK_BASIC_32BIT		BIT_ULL(48)
#define CHECK_BASIC_ANY_ERROR_CODE	BIT_ULL(56)

#define CHECK_CR4_CET			BIT_ULL(23)

/* SDM "IA32_EFER MSR" in "System Flags and Fields in IA-32e Mode" */
#define CHECK_EFER_LME			BIT_ULL(8)
#define CHECK_EFER_LMA			BIT_ULL(10)
#define CHECK_EFER_KNOWN		(BIT_ULL(0) | CHECK_EFER_LME | CHECK_EFER_LMA | BIT_ULL(11))

/* SDM "IA32_PERF_GLOBAL_CTRL": programmable and fixed counters, performance metrics */
#define CHECK_PERF_GLOBAL_KNOWN		GENMASK_ULL(48, 0)

/* SDM "Linear-Address Masking", CR3 */
#define CHECK_CR3_LAM			GENMASK_ULL(62, 61)

#define CHECK_HIGH_HALF			GENMASK_ULL(63, 32)

/**
 * struct check - one VMCS under examination
 * @env:  the processor
 * @read: reads the VMCS
 * @ctx:  given to @read
 * @out:  where the broken rule goes
 * @pin:   pin-based controls
 * @proc:  primary processor-based controls
 * @proc2: secondary ones, 0 unless activated
 * @proc3: tertiary ones, 0 unless activated
 * @exit:  VM-exit controls
 * @entry: VM-entry controls
 * @event: VM-entry interruption information, 0 unless valid
 */
struct check {
	const struct vmx_check_env *env;
	vmx_check_read read;
	void *ctx;
	struct vmx_check_result *out;
	u32 pin;
	u32 proc;
	u32 proc2;
	u64 proc3;
	u32 exit;
	u32 entry;
	u32 event;
};

static inline u64 check_get(const struct check *c, u32 field)
{
	return c->read(c->ctx, field);
}

static inline bool check_event_is(const struct check *c, u32 type)
{
	return c->event && (c->event & INTR_INFO_INTR_TYPE_MASK) == type;
}

void check_begin(struct check *c, const struct vmx_check_env *env, vmx_check_read read, void *ctx,
		 struct vmx_check_result *out);
bool check_fail(const struct check *c, u32 rule, u32 field, u64 value, u64 expected);

/* Each returns whether the rule holds; if not, it is recorded with a fitting expected value. */
bool check_zero(const struct check *c, u32 rule, u32 field, u64 zero);
bool check_one(const struct check *c, u32 rule, u32 field, u64 one);
bool check_allowed(const struct check *c, u32 rule, u32 field, u64 must, u64 may);
bool check_canonical(const struct check *c, u32 rule, u32 field);
bool check_address(const struct check *c, u32 rule, u32 field, u64 align);
bool check_pat(const struct check *c, u32 rule, u32 field);
bool check_s_cet(const struct check *c, u32 rule, u32 field);

bool check_is_canonical(const struct vmx_check_env *env, u64 address);
u64 check_pat_nearest(u64 pat);
bool check_memory(const struct check *c, u64 pa, void *to, unsigned int size);

bool check_guest_segments(const struct check *c);
bool check_guest_non_register(const struct check *c);

#endif /* KMOD_VMX_CHECK_RULE_H */
