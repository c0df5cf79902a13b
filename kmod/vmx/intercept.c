// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions that exit because the VMM wants to see them, and what becomes of those that exit
 * anyway when it does not.
 *
 * vcpu->intercepts is what the VMM asked for; it changes with the vCPU stopped. The VMCS controls
 * follow it, and again whenever others compute a control field anew.
 */
#include <linux/kernel.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "../compat.h"
#include "caps.h"
#include "exit.h"
#include "regs.h"
#include "setup.h"

/* NMI and #MC are the host's. */
#define EXCEPTIONS	(~(BIT(X86_TRAP_NMI) | BIT(X86_TRAP_MC)))
/*
 * A guest can raise #DB and #AC in their own delivery for ever without leaving the processor's
 * microcode: they always exit, so that a kick is seen in between. #MC is the host's.
 */
#define EXCEPTIONS_ALWAYS	(BIT(X86_TRAP_DB) | BIT(X86_TRAP_AC) | BIT(X86_TRAP_MC))

/* VM-exit instruction information of RDRAND and RDSEED, and of INVPCID. */
#define RANDOM_INFO_GPR(info)	(((info) >> 3) & 0xf)
#define RANDOM_INFO_SIZE(info)	(2u << (((info) >> 11) & 3))
#define INVPCID_INFO_GPR(info)	(((info) >> 28) & 0xf)

#define DR_QUAL_FROM	BIT(4)
#define DR_QUAL_GPR(q)	(((q) >> 8) & 0xf)

/* The control that makes each exit. */
static const struct {
	u8 id;
	u32 bit;
} rules[] = {
	[XVCPU_INSTRUCTION_INVLPG]  = { VMX_PROC,  CPU_BASED_INVLPG_EXITING },
	[XVCPU_INSTRUCTION_RDPMC]   = { VMX_PROC,  CPU_BASED_RDPMC_EXITING },
	[XVCPU_INSTRUCTION_RDTSC]   = { VMX_PROC,  CPU_BASED_RDTSC_EXITING },
	[XVCPU_INSTRUCTION_RDRAND]  = { VMX_PROC2, SECONDARY_EXEC_RDRAND_EXITING },
	[XVCPU_INSTRUCTION_RDSEED]  = { VMX_PROC2, SECONDARY_EXEC_RDSEED_EXITING },
	[XVCPU_INSTRUCTION_WBINVD]  = { VMX_PROC2, SECONDARY_EXEC_WBINVD_EXITING },
	[XVCPU_INSTRUCTION_MONITOR] = { VMX_PROC,  CPU_BASED_MONITOR_EXITING },
	[XVCPU_INSTRUCTION_MWAIT]   = { VMX_PROC,  CPU_BASED_MWAIT_EXITING },
	[XVCPU_INSTRUCTION_PAUSE]   = { VMX_PROC,  CPU_BASED_PAUSE_EXITING },
	[XVCPU_INSTRUCTION_MOV_DR]  = { VMX_PROC,  CPU_BASED_MOV_DR_EXITING },
};

static u32 instructions_here(void)
{
	u32 mask = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (vmx_caps.control[rules[i].id].may & rules[i].bit)
			mask |= XVCPU_INTERCEPT(i);
	}
	return mask;
}

static int refuse(struct xvcpu_error *error, u32 code, size_t field, u64 value, u64 expected)
{
	error->code = code;
	error->field = field;
	error->value = value;
	error->expected = expected;
	return -EINVAL;
}

/**
 * vmx_check_intercepts - whether vmx_set_intercepts() would take the masks
 * @intercepts: from the VMM
 * @error: filled on refusal
 *
 * Return: 0; -EINVAL; -EOPNOTSUPP: the processor lacks the control.
 */
int vmx_check_intercepts(const struct xvcpu_intercepts *intercepts, struct xvcpu_error *error)
{
	u32 known = XVCPU_INTERCEPT(ARRAY_SIZE(rules)) - 1, instructions = intercepts->instructions;

	if (instructions & ~known)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*intercepts), instructions),
			      instructions, known);
	if (intercepts->exceptions & ~EXCEPTIONS)
		return refuse(error, XVCPU_ERR_BITS, offsetof(typeof(*intercepts), exceptions),
			      intercepts->exceptions, (u32)EXCEPTIONS);
	if (instructions & ~instructions_here()) {
		refuse(error, XVCPU_ERR_INTERCEPT, offsetof(typeof(*intercepts), instructions),
		       instructions, instructions_here());
		return -EOPNOTSUPP;
	}
	return 0;
}

/**
 * vmx_apply_intercepts - bring the controls in line with vcpu->intercepts
 * @vcpu: the vCPU, loaded
 *
 * What exits for the module's own sake (vmx_caps) does so whatever the VMM wants.
 */
void vmx_apply_intercepts(struct vmx_vcpu *vcpu)
{
	u32 control[VMX_CONTROLS] = {
		[VMX_PROC] = vcpu->vmcs.proc, [VMX_PROC2] = vcpu->vmcs.proc2,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if ((vcpu->intercepts.instructions & XVCPU_INTERCEPT(i)) ||
		    (vmx_caps.control[rules[i].id].value & rules[i].bit))
			control[rules[i].id] |= rules[i].bit;
		else
			control[rules[i].id] &= ~rules[i].bit;
	}
	vmcs_shadow_write(&vcpu->vmcs.proc, 32, CPU_BASED_VM_EXEC_CONTROL, control[VMX_PROC]);
	vmcs_shadow_write(&vcpu->vmcs.proc2, 32, SECONDARY_VM_EXEC_CONTROL, control[VMX_PROC2]);
	vmcs_write32(EXCEPTION_BITMAP, EXCEPTIONS_ALWAYS | vcpu->intercepts.exceptions);
}

/**
 * vmx_set_intercepts - from the next entry on, these exit
 * @vcpu: the vCPU, loaded
 * @intercepts: what vmx_check_intercepts() accepts
 */
void vmx_set_intercepts(struct vmx_vcpu *vcpu, const struct xvcpu_intercepts *intercepts)
{
	vcpu->intercepts.instructions = intercepts->instructions;
	vcpu->intercepts.exceptions = intercepts->exceptions;
	vmx_apply_intercepts(vcpu);
}

/**
 * vmx_instruction_intercepted - whether the VMM wants to see an instruction
 * @vcpu: the vCPU
 * @which: one of those that have a mask bit
 */
bool vmx_instruction_intercepted(const struct vmx_vcpu *vcpu, unsigned int which)
{
	return vcpu->intercepts.instructions & XVCPU_INTERCEPT(which);
}

/* Which instruction an exit is about, and the mask bit that it goes by. */
static unsigned int instruction_of(u32 reason, unsigned int *mask_bit)
{
	static const struct {
		u8 reason, which, mask_bit;
	} exits[] = {
#define EXIT(name, instruction, bit)	\
		{ EXIT_REASON_##name, XVCPU_INSTRUCTION_##instruction, XVCPU_INSTRUCTION_##bit }
		EXIT(INVLPG, INVLPG, INVLPG),
		EXIT(INVPCID, INVPCID, INVLPG),
		EXIT(RDPMC, RDPMC, RDPMC),
		EXIT(RDTSC, RDTSC, RDTSC),
		EXIT(RDTSCP, RDTSCP, RDTSC),
		EXIT(RDRAND, RDRAND, RDRAND),
		EXIT(RDSEED, RDSEED, RDSEED),
		EXIT(WBINVD, WBINVD, WBINVD),
		EXIT(MONITOR_INSTRUCTION, MONITOR, MONITOR),
		EXIT(MWAIT_INSTRUCTION, MWAIT, MWAIT),
		EXIT(PAUSE_INSTRUCTION, PAUSE, PAUSE),
	};
	unsigned int i = 0;

	while (i < ARRAY_SIZE(exits) - 1 && exits[i].reason != reason)
		i++;
	*mask_bit = exits[i].mask_bit;
	return exits[i].which;
}

/*
 * Those that exit for the module's own sake. Guests have no PMU, so that RDPMC has no valid
 * counter, and CPUID does not offer MONITOR. Guest memory is write-back and coherent: WBINVD has
 * nothing to flush that the guest could notice.
 */
static enum vmx_next instruction_of_nobody(struct vmx_vcpu *vcpu, unsigned int which)
{
	switch (which) {
	case XVCPU_INSTRUCTION_RDPMC:
		return exit_gp(vcpu);
	case XVCPU_INSTRUCTION_MONITOR:
	case XVCPU_INSTRUCTION_MWAIT:
		return exit_ud(vcpu);
	case XVCPU_INSTRUCTION_WBINVD:
		return exit_skip(vcpu);
	}
	return exit_hardware(vcpu, XVCPU_EXIT_INTERNAL, XVCPU_INTERNAL_EXIT);
}

static enum vmx_next instruction_to_user(struct vmx_vcpu *vcpu,
					 const struct xvcpu_exit_instruction *exit)
{
	u32 insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);

	vcpu->run_exit->instruction = *exit;
	vcpu->run_exit->instruction.insn_len = insn_len;
	vcpu->wait.insn_len = insn_len;
	vcpu->insn.which = exit->which;
	vmx_exit_to_user(vcpu, XVCPU_EXIT_INSTRUCTION, VMX_WAITS_INSTRUCTION);
	return VMX_TO_USER;
}

static void invalidate_translations(struct vmx_vcpu *vcpu)
{
	/* Without a VPID every entry does. */
	if (vcpu->vpid)
		vmx_invvpid(INVVPID_SINGLE, vcpu->vpid);
}

/* What the exit tells besides the instruction's name; the record says where the answer goes. */
static void describe(struct vmx_vcpu *vcpu, struct xvcpu_exit_instruction *exit)
{
	u32 info;

	switch (exit->which) {
	case XVCPU_INSTRUCTION_INVLPG:
		exit->operand = vmx_get_qualification(vcpu);
		invalidate_translations(vcpu);
		break;
	case XVCPU_INSTRUCTION_INVPCID:
		info = vmcs_read32(VMX_INSTRUCTION_INFO);
		exit->operand = vmx_get_gpr(vcpu, INVPCID_INFO_GPR(info));
		invalidate_translations(vcpu);
		break;
	case XVCPU_INSTRUCTION_RDPMC:
		exit->operand = (u32)vcpu->gpr[VMX_RCX];
		break;
	case XVCPU_INSTRUCTION_MONITOR:
	case XVCPU_INSTRUCTION_MWAIT:
		exit->operand = vcpu->gpr[VMX_RAX];
		break;
	case XVCPU_INSTRUCTION_RDTSC:
	case XVCPU_INSTRUCTION_RDTSCP:
		exit->value = vmx_msr_get(vcpu, MSR_IA32_TSC);
		break;
	case XVCPU_INSTRUCTION_RDRAND:
	case XVCPU_INSTRUCTION_RDSEED:
		info = vmcs_read32(VMX_INSTRUCTION_INFO);
		vcpu->insn.gpr = RANDOM_INFO_GPR(info);
		vcpu->insn.size = RANDOM_INFO_SIZE(info);
		exit->operand = vcpu->insn.size;
		break;
	}
}

/**
 * exit_instruction - an instruction whose exit a mask bit asks for
 * @vcpu: the vCPU
 */
enum vmx_next exit_instruction(struct vmx_vcpu *vcpu)
{
	struct xvcpu_exit_instruction exit = {};
	unsigned int mask_bit;

	exit.which = instruction_of((u16)vcpu->exit_reason, &mask_bit);
	if (!vmx_instruction_intercepted(vcpu, mask_bit))
		return instruction_of_nobody(vcpu, exit.which);
	describe(vcpu, &exit);
	return instruction_to_user(vcpu, &exit);
}

/**
 * vmx_mov_dr_to_user - MOV to or from a debug register, for the VMM to see
 * @vcpu: the vCPU
 * @qual:  exit qualification
 * @dr:    0 to 3, 6, 7
 * @value: what would be moved
 */
enum vmx_next vmx_mov_dr_to_user(struct vmx_vcpu *vcpu, unsigned long qual, unsigned int dr,
				 unsigned long value)
{
	struct xvcpu_exit_instruction exit = {
		.which = XVCPU_INSTRUCTION_MOV_DR, .reg = dr, .value = value,
		.flags = qual & DR_QUAL_FROM ? 0 : XVCPU_INSTRUCTION_WRITE,
	};

	vcpu->insn.dr = dr;
	vcpu->insn.gpr = DR_QUAL_GPR(qual);
	vcpu->insn.write = !(qual & DR_QUAL_FROM);
	return instruction_to_user(vcpu, &exit);
}

/* All other arithmetic flags become 0, and so does the destination without CF (SDM "RDRAND"). */
static void complete_random(struct vmx_vcpu *vcpu, u64 value, bool carry)
{
	unsigned long flags = X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |
			      X86_EFLAGS_SF | X86_EFLAGS_OF;
	unsigned int gpr = vcpu->insn.gpr;

	if (!carry)
		value = 0;
	if (vcpu->insn.size == 2)
		value = (vmx_get_gpr(vcpu, gpr) & ~0xfffful) | (u16)value;
	else if (vcpu->insn.size == 4)
		value = (u32)value;
	vmx_set_gpr(vcpu, gpr, value);
	vmx_set_rflags(vcpu, (vmx_get_rflags(vcpu) & ~flags) | (carry ? X86_EFLAGS_CF : 0));
}

static void complete_mov_dr(struct vmx_vcpu *vcpu, u64 value)
{
	if (vcpu->insn.write)
		vmx_write_dr(vcpu, vcpu->insn.dr, value);
	else
		vmx_set_gpr(vcpu, vcpu->insn.gpr, value);
}

/**
 * vmx_complete_instruction - the VMM's answer to its destination; RIP is the caller's
 * @vcpu: the vCPU, loaded
 * @value: as in &struct xvcpu_exit_instruction
 * @carry: likewise
 */
void vmx_complete_instruction(struct vmx_vcpu *vcpu, u64 value, bool carry)
{
	switch (vcpu->insn.which) {
	case XVCPU_INSTRUCTION_RDTSCP:
		vcpu->gpr[VMX_RCX] = vcpu->msr[VMX_MSR_TSC_AUX];
		fallthrough;
	case XVCPU_INSTRUCTION_RDTSC:
	case XVCPU_INSTRUCTION_RDPMC:
		vcpu->gpr[VMX_RAX] = lower_32_bits(value);
		vcpu->gpr[VMX_RDX] = upper_32_bits(value);
		break;
	case XVCPU_INSTRUCTION_RDRAND:
	case XVCPU_INSTRUCTION_RDSEED:
		complete_random(vcpu, value, carry);
		break;
	case XVCPU_INSTRUCTION_MOV_DR:
		complete_mov_dr(vcpu, value);
		break;
	}
}
