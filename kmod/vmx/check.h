/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of VM entry in software: which one does a VMCS break?
 *
 * Pure functions over what @read returns: no lock, no allocation, no state, nothing is written but
 * the result. After a failed VM entry they name the rule; before an entry they say whether it would
 * work. They follow the sections of the SDM's chapter "VM Entries" one by one, in its order, and
 * report the first broken rule. The same files are compiled in userspace by selftests/host.
 *
 * Which one to call: VMfail with error 7 means vmx_check_controls(), with error 8
 * vmx_check_host_state(); exit reason 33 means vmx_check_guest_state(), 34 vmx_check_msr_load(). A
 * processor may make the first two kinds of check in any order.
 */
#ifndef KMOD_VMX_CHECK_H
#define KMOD_VMX_CHECK_H

#include <linux/types.h>

/**
 * struct vmx_check_allowed - one control field's capability MSR
 * @must: bits that have to be 1 (low half of the MSR, allowed 0-settings)
 * @may:  bits that can be 1 (high half, allowed 1-settings)
 */
struct vmx_check_allowed {
	u32 must;
	u32 may;
};

/**
 * typedef vmx_check_read - read a VMCS field
 * @ctx:   the caller's
 * @field: encoding; always the full-width one of a 64-bit field
 *
 * Return: the field, zero-extended; 0 if the processor lacks the field.
 */
typedef u64 (*vmx_check_read)(void *ctx, u32 field);

/**
 * typedef vmx_check_memory - read host-physical memory that a VMCS field points to
 * @ctx:  the caller's
 * @pa:   aligned to @size and within the physical-address width, but otherwise unchecked: the
 *        VMCS may hold nonsense
 * @to:   buffer
 * @size: bytes, at most 16; never crosses a page
 *
 * Return: false if there is no memory that may be read.
 */
typedef bool (*vmx_check_memory)(void *ctx, u64 pa, void *to, unsigned int size);

/**
 * struct vmx_check_env - the processor on which the entry is made
 * @pin:              IA32_VMX_TRUE_PINBASED_CTLS
 * @proc:             IA32_VMX_TRUE_PROCBASED_CTLS
 * @proc2:            IA32_VMX_PROCBASED_CTLS2
 * @exit:             IA32_VMX_TRUE_EXIT_CTLS
 * @entry:            IA32_VMX_TRUE_ENTRY_CTLS
 * @proc3:            IA32_VMX_PROCBASED_CTLS3 (all 64 bits are allowed 1-settings)
 * @exit2:            IA32_VMX_EXIT_CTLS2 (likewise)
 * @cr0_fixed0:       IA32_VMX_CR0_FIXED0: bits that must be 1
 * @cr0_fixed1:       IA32_VMX_CR0_FIXED1: bits that may be 1
 * @cr4_fixed0:       IA32_VMX_CR4_FIXED0
 * @cr4_fixed1:       IA32_VMX_CR4_FIXED1
 * @basic:            IA32_VMX_BASIC
 * @misc:             IA32_VMX_MISC
 * @ept_vpid_cap:     IA32_VMX_EPT_VPID_CAP
 * @vmfunc:           IA32_VMX_VMFUNC
 * @efer:             bits of IA32_EFER that the processor has
 * @debugctl:         likewise IA32_DEBUGCTL
 * @perf_global_ctrl: likewise IA32_PERF_GLOBAL_CTRL
 * @rtit_ctl:         likewise IA32_RTIT_CTL
 * @lbr_ctl:          likewise IA32_LBR_CTL
 * @current_vmcs:     physical address of the VMCS that is read, ~0 if not known
 * @memory:           NULL: rules about memory are taken to hold
 * @phys_bits:        physical-address width (CPUID.80000008H:EAX[7:0])
 * @linear_bits:      linear-address width (EAX[15:8]): 48, or 57 with 5-level paging, on or not
 * @long_mode:        the host is in IA-32e mode
 * @lam:              the processor has linear-address masking: CR3 has bits 62:61
 * @rtm:              it has restricted transactional memory
 * @sgx:              it has SGX
 * @bus_lock:         it has bus-lock debug exceptions
 * @x2apic:           the host's local APIC is in x2APIC mode
 * @tracing:          IA32_RTIT_CTL.TraceEn is 1 at the entry
 *
 * 0 in one of the masks @efer to @lbr_ctl means not known: then only bits that no processor has are
 * found fault with.
 */
struct vmx_check_env {
	struct vmx_check_allowed pin, proc, proc2, exit, entry;
	u64 proc3;
	u64 exit2;
	u64 cr0_fixed0, cr0_fixed1;
	u64 cr4_fixed0, cr4_fixed1;
	u64 basic;
	u64 misc;
	u64 ept_vpid_cap;
	u64 vmfunc;
	u64 efer;
	u64 debugctl;
	u64 perf_global_ctrl;
	u64 rtit_ctl;
	u64 lbr_ctl;
	u64 current_vmcs;
	vmx_check_memory memory;
	unsigned int phys_bits;
	unsigned int linear_bits;
	bool long_mode;
	bool lam;
	bool rtm;
	bool sgx;
	bool bus_lock;
	bool x2apic;
	bool tracing;
};

/**
 * struct vmx_check_result - the broken rule
 * @rule:     &enum xvcpu_rule
 * @field:    encoding of the VMCS field that breaks it
 * @value:    what the field holds
 * @expected: a value of the field with which the rule holds, see &enum xvcpu_rule
 */
struct vmx_check_result {
	u32 rule;
	u32 field;
	u64 value;
	u64 expected;
};

/**
 * vmx_check_controls() - SDM "Checks on VMX Controls"
 * @env:  the processor
 * @read: reads the VMCS
 * @ctx:  given to @read and to @env->memory
 * @out:  the first broken rule; XVCPU_RULE_NONE and zeroes if all hold
 *
 * Return: true if all rules hold.
 */
bool vmx_check_controls(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			struct vmx_check_result *out);

/**
 * vmx_check_host_state() - SDM "Checks on the Host-State Area"
 * @env:  the processor
 * @read: reads the VMCS
 * @ctx:  given to @read and to @env->memory
 * @out:  the first broken rule; XVCPU_RULE_NONE and zeroes if all hold
 *
 * Return: true if all rules hold.
 */
bool vmx_check_host_state(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			  struct vmx_check_result *out);

/**
 * vmx_check_guest_state() - SDM "Checks on the Guest State Area"
 * @env:  the processor
 * @read: reads the VMCS
 * @ctx:  given to @read and to @env->memory
 * @out:  the first broken rule; XVCPU_RULE_NONE and zeroes if all hold
 *
 * Takes it that vmx_check_controls() finds nothing: the guest state is judged by the controls.
 *
 * Return: true if all rules hold.
 */
bool vmx_check_guest_state(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			   struct vmx_check_result *out);

/**
 * vmx_check_msr_load() - SDM "Loading MSRs", over the VM-entry MSR-load area
 * @env:  the processor; without @env->memory there is nothing to check
 * @read: reads the VMCS
 * @ctx:  given to @read and to @env->memory
 * @out:  the first broken rule; XVCPU_RULE_NONE and zeroes if all hold
 *
 * Return: true if all rules hold.
 */
bool vmx_check_msr_load(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			struct vmx_check_result *out);

#endif /* KMOD_VMX_CHECK_H */
