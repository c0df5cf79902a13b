// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM entry that the processor refused: which rule, which field.
 *
 * The processor tells at most an error number. check.c goes through the SDM's rules in software
 * and names the first one that the VMCS breaks; if it finds none, userspace still gets everything
 * the processor told.
 */
#include <linux/smp.h>
#include <asm/apic.h>
#include <asm/vmx.h>

#include "caps.h"
#include "check.h"
#include "exit.h"
#include "regs.h"

#define VMXERR_HOST_STATE	8

static u64 fail_read(void *ctx, u32 field)
{
	return __vmcs_read(field);
}

static void allowed_set(struct vmx_check_allowed *allowed, enum vmx_control_id id)
{
	allowed->must = vmx_caps.control[id].must;
	allowed->may = vmx_caps.control[id].may;
}

static void env_init(struct vmx_check_env *env, struct vmx_vcpu *vcpu)
{
	memset(env, 0, sizeof(*env));
	allowed_set(&env->pin, VMX_PIN);
	allowed_set(&env->proc, VMX_PROC);
	allowed_set(&env->proc2, VMX_PROC2);
	allowed_set(&env->exit, VMX_EXIT);
	allowed_set(&env->entry, VMX_ENTRY);
	env->cr0_fixed0 = vmx_caps.cr0_fixed0;
	env->cr0_fixed1 = vmx_caps.cr0_fixed1;
	env->cr4_fixed0 = vmx_caps.cr4_fixed0;
	env->cr4_fixed1 = vmx_caps.cr4_fixed1;
	env->basic = vmx_caps.basic;
	env->misc = vmx_caps.misc;
	env->ept_vpid_cap = vmx_caps.ept_vpid;
	env->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
	env->current_vmcs = vcpu->vmcs.phys;
	env->phys_bits = boot_cpu_data.x86_phys_bits;
	env->linear_bits = boot_cpu_data.x86_virt_bits;
	env->long_mode = true;
	env->rtm = boot_cpu_has(X86_FEATURE_RTM);
	env->sgx = boot_cpu_has(X86_FEATURE_SGX);
	env->bus_lock = boot_cpu_has(X86_FEATURE_BUS_LOCK_DETECT);
}

/* Which of the SDM's lists the processor was in when it refused. */
static void check(const struct vmx_check_env *env, u32 instruction_error, u32 reason,
		  struct vmx_check_result *result)
{
	if (instruction_error == VMXERR_HOST_STATE)
		vmx_check_host_state(env, fail_read, NULL, result);
	else if (instruction_error)
		vmx_check_controls(env, fail_read, NULL, result);
	else if (reason == EXIT_REASON_INVALID_STATE)
		vmx_check_guest_state(env, fail_read, NULL, result);
	else if (reason == EXIT_REASON_MSR_LOAD_FAIL)
		vmx_check_msr_load(env, fail_read, NULL, result);
}

/**
 * exit_fail_entry - report a refused entry
 * @vcpu: the vCPU
 * @instruction_error: VM-instruction error, or 0 when the exit reason tells
 *
 * Preemption off, VMCS current.
 */
enum vmx_next exit_fail_entry(struct vmx_vcpu *vcpu, u32 instruction_error)
{
	struct xvcpu_exit_fail_entry *fail = &vcpu->run_exit->fail_entry;
	struct vmx_check_result result = {};
	struct vmx_check_env env;

	env_init(&env, vcpu);
	check(&env, instruction_error, vcpu->exit_reason & 0xffff, &result);

	/* The event was not delivered and stays with the vCPU; the field must not keep a copy. */
	vmcs_write32(VM_ENTRY_INTR_INFO_FIELD, 0);
	vmx_take_back_event(vcpu);

	memset(fail, 0, sizeof(*fail));
	fail->instruction_error = instruction_error;
	if (!instruction_error) {
		fail->hw_reason = vcpu->exit_reason & 0xffff;
		fail->qualification = vmcs_read_natural(EXIT_QUALIFICATION);
	}
	fail->rule = result.rule;
	fail->field = result.field;
	fail->value = result.value;
	fail->expected = result.expected;
	fail->cpu = smp_processor_id();
	vmx_exit_to_user(vcpu, XVCPU_EXIT_FAIL_ENTRY, VMX_WAITS_NOT);
	return VMX_TO_USER;
}
