/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a guest in words: what the vCPU met and what its registers were. Called on the vCPU's
 * thread, or by anybody once that is joined.
 */
#ifndef XVCPUCTL_REPORT_H
#define XVCPUCTL_REPORT_H

#include <backend.h>

struct vmm_result;

/** report_registers() - add the vCPU's registers to @result->report */
void report_registers(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		      struct vmm_result *result);

/** report_memory() - put %XVCPU_EXIT_MEMORY_FAULT or %XVCPU_EXIT_EVENT_FAULT in words */
void report_memory(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		   struct vmm_result *result);

/** report_mmio() - put an MMIO access that was not decoded in words */
void report_mmio(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		 struct vmm_result *result);

/** report_fail_entry() - put %XVCPU_EXIT_FAIL_ENTRY in words: rule, field, value */
void report_fail_entry(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		       struct vmm_result *result);

/** report_hardware() - put %XVCPU_EXIT_UNKNOWN or %XVCPU_EXIT_INTERNAL in words */
void report_hardware(const struct xvcpu_backend *backend, const struct xvcpu_vcpu *vcpu,
		     struct vmm_result *result);

#endif /* XVCPUCTL_REPORT_H */
