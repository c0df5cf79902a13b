// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exits: which handler, and the handlers that are a few lines.
 *
 * The hot reasons are a switch, because an indirect call costs more than most handlers; the rest
 * sit in a table. A reason without a handler goes to userspace as itself, with everything that
 * the processor says.
 */
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "../segment.h"
#include "caps.h"
#include "exit.h"
#include "regs.h"

/* VM-exit interruption info: valid, and the IDT-vectoring bits share the layout. */
#define EXIT_REASON_FAILED	BIT(31)
#define EXIT_REASON_BASIC	0xffff

/* Exit qualification of an EPT violation (SDM "EPT Violations"). */
#define EPT_QUAL_READ		BIT(0)
#define EPT_QUAL_WRITE		BIT(1)
#define EPT_QUAL_EXEC		BIT(2)
#define EPT_QUAL_GLA		BIT(7)
#define EPT_QUAL_FINAL		BIT(8)
#define EPT_QUAL_NMI_UNBLOCKED	BIT(12)

/* Exit qualification of an I/O instruction (SDM "Exit Qualification for I/O Instructions"). */
#define IO_QUAL_SIZE		7
#define IO_QUAL_IN		BIT(3)
#define IO_QUAL_STRING		BIT(4)
#define IO_QUAL_REP		BIT(5)
#define IO_QUAL_PORT_SHIFT	16

/* VM-exit instruction information of INS and OUTS. */
#define STRING_INFO_ADDRESS(info)	(((info) >> 7) & 7)
#define STRING_INFO_SEGMENT(info)	(((info) >> 15) & 7)

#define INTERRUPTIBILITY_BLOCKING	(GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)
#define PENDING_DEBUG_BS		BIT(14)

static void count(struct vmx_vcpu *vcpu, unsigned int counter)
{
	vcpu->counters[counter]++;
}

/**
 * vmx_exit_to_user - the reason of an exit for the VMM; xvcpu_sync_out() writes the flags
 * @vcpu: the vCPU
 * @reason: &enum xvcpu_exit_reason
 * @waits: &enum vmx_waits
 */
void vmx_exit_to_user(struct vmx_vcpu *vcpu, u32 reason, u8 waits)
{
	vcpu->run_exit->reason = reason;
	vcpu->wait.kind = waits;
	vcpu->wait.reason = reason;
}

/*
 * While STI or MOV SS blocks, the pending single-step trap must be there just when TF is set (SDM
 * "Checks on Guest Non-Register State").
 */
void vmx_pend_single_step(bool pending)
{
	unsigned long debug = vmcs_read_natural(GUEST_PENDING_DBG_EXCEPTIONS);

	debug = pending ? debug | PENDING_DEBUG_BS : debug & ~PENDING_DEBUG_BS;
	vmcs_write_natural(GUEST_PENDING_DBG_EXCEPTIONS, debug);
}

bool vmx_is_blocking(void)
{
	return vmcs_read32(GUEST_INTERRUPTIBILITY_INFO) & INTERRUPTIBILITY_BLOCKING;
}

/* Blocking by STI and MOV SS belongs to one instruction boundary and ends with it. */
void vmx_unblock(void)
{
	u32 state = vmcs_read32(GUEST_INTERRUPTIBILITY_INFO);

	if (state & INTERRUPTIBILITY_BLOCKING)
		vmcs_write32(GUEST_INTERRUPTIBILITY_INFO, state & ~INTERRUPTIBILITY_BLOCKING);
}

/* The instruction is done with: what blocked interrupts for its length is over. */
void vmx_stop_blocking(struct vmx_vcpu *vcpu)
{
	vmx_unblock();
	/*
	 * A single-step trap follows the instruction as if the processor had executed it. It must
	 * be pending whenever TF is set without blocking (SDM "Checks on Guest Non-Register
	 * State").
	 */
	if (unlikely(vmx_get_rflags(vcpu) & X86_EFLAGS_TF))
		vmx_pend_single_step(true);
	/* An EPT violation saves RF as set, for the retry that does not come. */
	if (vmx_get_rflags(vcpu) & X86_EFLAGS_RF)
		vmx_set_rflags(vcpu, vmx_get_rflags(vcpu) & ~X86_EFLAGS_RF);
}

/**
 * vmx_skip - go behind an instruction that was emulated
 * @vcpu: the vCPU
 * @insn_len: its length; RIP wraps at 32 bits outside 64-bit mode
 */
void vmx_skip(struct vmx_vcpu *vcpu, unsigned int insn_len)
{
	unsigned long rip = vmx_get_rip(vcpu) + insn_len;

	if (unlikely(rip >> 32) && !vmx_is_64bit(vcpu))
		rip = (u32)rip;
	vmx_set_rip(vcpu, rip);
	vmx_stop_blocking(vcpu);
}

enum vmx_next exit_skip(struct vmx_vcpu *vcpu)
{
	vmx_skip(vcpu, vmcs_read32(VM_EXIT_INSTRUCTION_LEN));
	return VMX_RESUME;
}

enum vmx_next exit_gp(struct vmx_vcpu *vcpu)
{
	vmx_raise(vcpu, X86_TRAP_GP, 0);
	return VMX_RESUME;
}

enum vmx_next exit_ud(struct vmx_vcpu *vcpu)
{
	vmx_raise(vcpu, X86_TRAP_UD, 0);
	return VMX_RESUME;
}

/**
 * exit_hardware - an exit that only userspace can make sense of, if anybody
 * @vcpu: the vCPU
 * @reason: %XVCPU_EXIT_UNKNOWN or %XVCPU_EXIT_INTERNAL
 * @code:   &enum xvcpu_internal
 */
enum vmx_next exit_hardware(struct vmx_vcpu *vcpu, u32 reason, u32 code)
{
	struct xvcpu_exit_hardware *hw = &vcpu->run_exit->hardware;

	memset(hw, 0, sizeof(*hw));
	hw->hw_reason = vcpu->exit_reason;
	hw->insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	hw->qualification = vmcs_read_natural(EXIT_QUALIFICATION);
	hw->gpa = vmcs_read64(GUEST_PHYSICAL_ADDRESS);
	hw->gla = vmcs_read_natural(GUEST_LINEAR_ADDRESS);
	hw->intr_info = vmcs_read32(VM_EXIT_INTR_INFO);
	hw->intr_error = vmcs_read32(VM_EXIT_INTR_ERROR_CODE);
	hw->vectoring_info = vcpu->vectoring;
	hw->insn_info = vmcs_read32(VMX_INSTRUCTION_INFO);
	hw->code = code;
	hw->cpu = smp_processor_id();
	if (reason == XVCPU_EXIT_INTERNAL) {
		pr_warn_once("xvcpu: VM stopped: exit %#x, cause %u\n", vcpu->exit_reason, code);
		xvcpu_vcpu_kill(vcpu);
		vmx_exit_to_user(vcpu, reason, VMX_WAITS_NOT);
	} else {
		vmx_exit_to_user(vcpu, reason, VMX_WAITS_RETRY);
	}
	return VMX_TO_USER;
}

/* Nothing of it has been done: the VMM may emulate it, and then answers SKIPPED. */
static enum vmx_next exit_task_switch(struct vmx_vcpu *vcpu)
{
	return exit_hardware(vcpu, XVCPU_EXIT_UNKNOWN, XVCPU_INTERNAL_TASK_SWITCH);
}

static enum vmx_next exit_ept_misconfig(struct vmx_vcpu *vcpu)
{
	return exit_hardware(vcpu, XVCPU_EXIT_INTERNAL, XVCPU_INTERNAL_EPT_MISCONFIG);
}

/* Not acknowledged on exit: it was delivered when the run loop enabled interrupts. */
static enum vmx_next exit_external_interrupt(struct vmx_vcpu *vcpu)
{
	return VMX_RESUME;
}

/* The run loop looks at what is left before each entry. */
static enum vmx_next exit_preemption_timer(struct vmx_vcpu *vcpu)
{
	return VMX_RESUME;
}

static enum vmx_next exit_triple_fault(struct vmx_vcpu *vcpu)
{
	vcpu->shutdown = true;
	vmx_exit_to_user(vcpu, XVCPU_EXIT_SHUTDOWN, VMX_WAITS_NOT);
	return VMX_TO_USER;
}

static enum vmx_next exit_hlt(struct vmx_vcpu *vcpu)
{
	exit_skip(vcpu);
	vmx_exit_to_user(vcpu, XVCPU_EXIT_HLT, VMX_WAITS_NOT);
	return VMX_TO_USER;
}

static bool vmcall_allowed(struct vmx_vcpu *vcpu, unsigned int cpl)
{
	const struct xvcpu_policy_table *policy = vmx_policy(vcpu);

	if (likely(!policy))
		return !cpl;
	return policy->hypercall == XVCPU_HYPERCALL_EXIT && cpl <= policy->hypercall_cpl;
}

/* Number and arguments as xvcpu.h says; 32 bits of each outside 64-bit mode. */
static enum vmx_next exit_vmcall(struct vmx_vcpu *vcpu)
{
	struct xvcpu_exit_hypercall *call = &vcpu->run_exit->hypercall;
	static const u8 regs[] = { VMX_RDI, VMX_RSI, VMX_RDX, VMX_RCX, VMX_R8, VMX_R9 };
	unsigned int i, cpl = vmx_cpl(vcpu);
	bool long64 = vmx_is_64bit(vcpu);

	if (!vmcall_allowed(vcpu, cpl))
		return exit_ud(vcpu);

	call->nr = long64 ? vcpu->gpr[VMX_RAX] : (u32)vcpu->gpr[VMX_RAX];
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		call->args[i] = long64 ? vcpu->gpr[regs[i]] :
				regs[i] < VMX_R8 ? (u32)vcpu->gpr[regs[i]] : 0;
	call->result = 0;
	call->cpl = cpl;
	call->reserved = 0;
	vcpu->wait.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	vmx_exit_to_user(vcpu, XVCPU_EXIT_HYPERCALL, VMX_WAITS_HYPERCALL);
	return VMX_TO_USER;
}

/*
 * The processor says which segment and address size the prefixes chose (SDM "VM-Exit Instruction
 * Information for INS and OUTS"); all that have unrestricted guest do.
 */
static enum vmx_next exit_string_io(struct vmx_vcpu *vcpu, unsigned long qual)
{
	struct vmx_string *string = &vcpu->string;
	u32 info = vmcs_read32(VMX_INSTRUCTION_INFO);

	if (!(vmx_caps.basic & VMX_BASIC_INOUT))
		return exit_hardware(vcpu, XVCPU_EXIT_UNKNOWN, 0);
	string->port = qual >> IO_QUAL_PORT_SHIFT;
	string->size = (qual & IO_QUAL_SIZE) + 1;
	string->in = qual & IO_QUAL_IN;
	string->rep = qual & IO_QUAL_REP;
	string->address_bits = 16 << min(STRING_INFO_ADDRESS(info), 2u);
	string->segment = string->in ? SEGMENT_ES : STRING_INFO_SEGMENT(info);
	string->insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	return VMX_STRING;
}

/* The policy has the access without an exit: #GP(0), or as if nothing were behind the ports. */
static enum vmx_next io_by_policy(struct vmx_vcpu *vcpu, u8 action, unsigned int size, bool in)
{
	vcpu->counters[XVCPU_COUNT_POLICY]++;
	if (action == XVCPU_POLICY_GP)
		return exit_gp(vcpu);
	if (in && size == 4)
		vcpu->gpr[VMX_RAX] = ~0u;
	else if (in)
		vcpu->gpr[VMX_RAX] |= size == 1 ? 0xff : 0xffff;
	return exit_skip(vcpu);
}

static enum vmx_next exit_io(struct vmx_vcpu *vcpu)
{
	const struct xvcpu_policy_table *policy = vmx_policy(vcpu);
	unsigned long qual = vmx_get_qualification(vcpu);
	struct xvcpu_exit_io *io = &vcpu->run_exit->io;
	unsigned int size = (qual & IO_QUAL_SIZE) + 1;
	u32 data = vcpu->gpr[VMX_RAX] & (~0u >> (32 - 8 * size));
	u16 port = qual >> IO_QUAL_PORT_SHIFT;
	bool in = qual & IO_QUAL_IN, down = false;
	u8 action;

	if (qual & IO_QUAL_STRING)
		return exit_string_io(vcpu, qual);

	if (unlikely(policy)) {
		down = !in && policy_is_exit_port(policy, port, size, data);
		action = policy_port(policy, port, size, !in);
		if (!down && action != XVCPU_POLICY_EXIT)
			return io_by_policy(vcpu, action, size, in);
	}
	io->port = port;
	io->size = size;
	io->flags = in ? 0 : XVCPU_IO_OUT;
	io->count = 1;
	io->data = in ? 0 : data;
	io->data_offset = 0;
	io->reserved = 0;
	if (unlikely(down)) {
		exit_skip(vcpu);
		vmx_exit_to_user(vcpu, XVCPU_EXIT_SYSTEM_DOWN, VMX_WAITS_NOT);
		return VMX_TO_USER;
	}
	vcpu->wait.size = size;
	vcpu->wait.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	vmx_exit_to_user(vcpu, XVCPU_EXIT_IO, in ? VMX_WAITS_IN : VMX_WAITS_SKIP);
	return VMX_TO_USER;
}

/*
 * What the run loop needs to map the page or to tell userspace. An access of the guest's page
 * walk has bit 7 set and bit 8 clear; with EPT A/D on, it counts as a write (SDM "EPT
 * Violations").
 */
static enum vmx_next exit_ept_violation(struct vmx_vcpu *vcpu)
{
	unsigned long qual = vmx_get_qualification(vcpu);
	struct vmx_fault *fault = &vcpu->fault;

	fault->gpa = vmx_get_gpa(vcpu);
	fault->gla = 0;
	fault->access = 0;
	if (qual & EPT_QUAL_READ)
		fault->access |= XVCPU_ACCESS_READ;
	if (qual & EPT_QUAL_WRITE)
		fault->access |= XVCPU_ACCESS_WRITE;
	if (qual & EPT_QUAL_EXEC)
		fault->access |= XVCPU_ACCESS_EXEC;
	if (qual & EPT_QUAL_GLA) {
		fault->gla = vmcs_read_natural(GUEST_LINEAR_ADDRESS);
		fault->access |= XVCPU_ACCESS_GLA;
		if (!(qual & EPT_QUAL_FINAL))
			fault->access |= XVCPU_ACCESS_WALK;
	} else {
		/* Only a MOV to CR3 that loads PDPTEs has no linear address. */
		fault->access |= XVCPU_ACCESS_WALK;
	}
	/* IRET had unblocked NMIs before it faulted: it will be executed again. */
	if ((qual & EPT_QUAL_NMI_UNBLOCKED) && !(vcpu->vectoring & VECTORING_INFO_VALID_MASK))
		vmcs_write32(GUEST_INTERRUPTIBILITY_INFO,
			     vmcs_read32(GUEST_INTERRUPTIBILITY_INFO) | GUEST_INTR_STATE_NMI);
	return VMX_MEMORY;
}

/* The rest. INVD must not throw away the host's dirty lines, and has no others to throw away. */
static enum vmx_next (*const exit_handlers[])(struct vmx_vcpu *vcpu) = {
	[EXIT_REASON_EXCEPTION_NMI]      = exit_exception,
	[EXIT_REASON_EXTERNAL_INTERRUPT] = exit_external_interrupt,
	[EXIT_REASON_TRIPLE_FAULT]       = exit_triple_fault,
	[EXIT_REASON_INTERRUPT_WINDOW]   = exit_interrupt_window,
	[EXIT_REASON_NMI_WINDOW]         = exit_nmi_window,
	[EXIT_REASON_TASK_SWITCH]        = exit_task_switch,
	[EXIT_REASON_CPUID]              = exit_cpuid,
	[EXIT_REASON_HLT]                = exit_hlt,
	[EXIT_REASON_INVD]               = exit_skip,
	[EXIT_REASON_INVLPG]             = exit_instruction,
	[EXIT_REASON_RDPMC]              = exit_instruction,
	[EXIT_REASON_RDTSC]              = exit_instruction,
	[EXIT_REASON_VMCALL]             = exit_vmcall,
	[EXIT_REASON_VMCLEAR]            = exit_ud,
	[EXIT_REASON_VMLAUNCH]           = exit_ud,
	[EXIT_REASON_VMPTRLD]            = exit_ud,
	[EXIT_REASON_VMPTRST]            = exit_ud,
	[EXIT_REASON_VMREAD]             = exit_ud,
	[EXIT_REASON_VMRESUME]           = exit_ud,
	[EXIT_REASON_VMWRITE]            = exit_ud,
	[EXIT_REASON_VMOFF]              = exit_ud,
	[EXIT_REASON_VMON]               = exit_ud,
	[EXIT_REASON_CR_ACCESS]          = exit_cr_access,
	[EXIT_REASON_DR_ACCESS]          = exit_dr_access,
	[EXIT_REASON_IO_INSTRUCTION]     = exit_io,
	[EXIT_REASON_MSR_READ]           = exit_rdmsr,
	[EXIT_REASON_MSR_WRITE]          = exit_wrmsr,
	[EXIT_REASON_MWAIT_INSTRUCTION]  = exit_instruction,
	[EXIT_REASON_MONITOR_INSTRUCTION] = exit_instruction,
	[EXIT_REASON_PAUSE_INSTRUCTION]  = exit_instruction,
	[EXIT_REASON_EPT_VIOLATION]      = exit_ept_violation,
	[EXIT_REASON_PREEMPTION_TIMER]   = exit_preemption_timer,
	[EXIT_REASON_EPT_MISCONFIG]      = exit_ept_misconfig,
	[EXIT_REASON_INVEPT]             = exit_ud,
	[EXIT_REASON_RDTSCP]             = exit_instruction,
	[EXIT_REASON_INVVPID]            = exit_ud,
	[EXIT_REASON_WBINVD]             = exit_instruction,
	[EXIT_REASON_XSETBV]             = exit_xsetbv,
	[EXIT_REASON_RDRAND]             = exit_instruction,
	[EXIT_REASON_INVPCID]            = exit_instruction,
	[EXIT_REASON_VMFUNC]             = exit_ud,
	[EXIT_REASON_ENCLS]              = exit_ud,
	[EXIT_REASON_RDSEED]             = exit_instruction,
	[EXIT_REASON_UMWAIT]             = exit_ud,
	[EXIT_REASON_TPAUSE]             = exit_ud,
	[11 /* GETSEC */]                = exit_ud,
};

static enum vmx_next exit_dispatch(struct vmx_vcpu *vcpu, u32 reason)
{
	switch (reason) {
	case EXIT_REASON_CPUID:
		return exit_cpuid(vcpu);
	case EXIT_REASON_IO_INSTRUCTION:
		return exit_io(vcpu);
	case EXIT_REASON_EPT_VIOLATION:
		return exit_ept_violation(vcpu);
	case EXIT_REASON_MSR_READ:
		return exit_rdmsr(vcpu);
	case EXIT_REASON_MSR_WRITE:
		return exit_wrmsr(vcpu);
	case EXIT_REASON_EXTERNAL_INTERRUPT:
		return VMX_RESUME;
	}
	if (reason >= ARRAY_SIZE(exit_handlers))
		return exit_hardware(vcpu, XVCPU_EXIT_UNKNOWN, 0);
	reason = array_index_nospec(reason, ARRAY_SIZE(exit_handlers));
	if (!exit_handlers[reason])
		return exit_hardware(vcpu, XVCPU_EXIT_UNKNOWN, 0);
	return exit_handlers[reason](vcpu);
}

/**
 * vmx_handle_exit - what the last VM exit wants
 * @vcpu: the vCPU
 *
 * Preemption off, IRQs on, VMCS current.
 */
enum vmx_next vmx_handle_exit(struct vmx_vcpu *vcpu)
{
	u32 reason = vcpu->exit_reason & EXIT_REASON_BASIC;
	enum vmx_next next;

	vmx_record_exit(vcpu);
	if (unlikely(vcpu->exit_reason & EXIT_REASON_FAILED)) {
		count(vcpu, XVCPU_COUNT_REFUSED);
		return exit_fail_entry(vcpu, 0);
	}

	count(vcpu, min_t(u32, reason, XVCPU_COUNT_ENTRIES - 1));
	vmx_save_vectoring(vcpu);
	next = exit_dispatch(vcpu, reason);
	/* What has more to do reads more than the vCPU: page tables, memory of the VMM. */
	if (next != VMX_RESUME)
		vcpu->l1d_touched = true;
	return next;
}
