/* SPDX-License-Identifier: GPL-2.0-only */
/* MSRs that the test makes up; reading one that it has not is the fault that it is. */
#ifndef SELFTESTS_HOST_KERNEL_SHIM_MSR_H
#define SELFTESTS_HOST_KERNEL_SHIM_MSR_H

#include <linux/bits.h>
#include <linux/types.h>

#define MSR_IA32_FEAT_CTL			0x03a
#define FEAT_CTL_LOCKED				BIT(0)
#define FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX	BIT(2)

#define MSR_IA32_VMX_BASIC			0x480
#define MSR_IA32_VMX_MISC			0x485
#define MSR_IA32_VMX_CR0_FIXED0			0x486
#define MSR_IA32_VMX_CR0_FIXED1			0x487
#define MSR_IA32_VMX_CR4_FIXED0			0x488
#define MSR_IA32_VMX_CR4_FIXED1			0x489
#define MSR_IA32_VMX_PROCBASED_CTLS2		0x48b
#define MSR_IA32_VMX_EPT_VPID_CAP		0x48c
#define MSR_IA32_VMX_TRUE_PINBASED_CTLS		0x48d
#define MSR_IA32_VMX_TRUE_PROCBASED_CTLS	0x48e
#define MSR_IA32_VMX_TRUE_EXIT_CTLS		0x48f
#define MSR_IA32_VMX_TRUE_ENTRY_CTLS		0x490

int rdmsrl_safe(u32 msr, u64 *value);

#endif /* SELFTESTS_HOST_KERNEL_SHIM_MSR_H */
