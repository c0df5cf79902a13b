/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID says is what the test says: one bit for each feature that kmod/vmx/caps.c asks for. */
#ifndef SELFTESTS_HOST_KERNEL_SHIM_CPUFEATURE_H
#define SELFTESTS_HOST_KERNEL_SHIM_CPUFEATURE_H

#include <linux/types.h>

enum {
	X86_FEATURE_VMX,
	X86_FEATURE_RDTSCP,
	X86_FEATURE_INVPCID,
	X86_FEATURE_XSAVES,
	X86_FEATURE_OSXSAVE,
	SHIM_FEATURES,
};

extern bool shim_cpu_has[SHIM_FEATURES];
extern u32 shim_cpuid_1_eax;
extern u32 shim_cpuid_1_ecx;

static inline bool boot_cpu_has(unsigned int feature)
{
	return shim_cpu_has[feature];
}

static inline u32 cpuid_eax(u32 leaf)
{
	return leaf == 1 ? shim_cpuid_1_eax : 0;
}

static inline u32 cpuid_ecx(u32 leaf)
{
	return leaf == 1 ? shim_cpuid_1_ecx : 0;
}

#endif /* SELFTESTS_HOST_KERNEL_SHIM_CPUFEATURE_H */
