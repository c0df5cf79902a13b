// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: raised by handlers, sent by the VMM, interrupted by exits, injected at the next entry.
 *
 * vcpu->event is the one event that the next entry delivers. An exit in the middle of a delivery
 * leaves that event in the IDT-vectoring fields: it goes back into vcpu->event, so that it is
 * delivered once, neither lost nor doubled (SDM "Information for VM Exits That Occur During Event
 * Delivery").
 *
 * vcpu->nmi and vcpu->irq wait behind it, in this order (SDM "Priority Among Concurrent Events"),
 * for a moment at which the guest can take them. While one waits, the processor is told to exit at
 * that moment (a window).
 */
#include <linux/percpu.h>
#include <asm/cpufeature.h>
#include <asm/processor-flags.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "../trace.h"
#include "caps.h"
#include "exit.h"
#include "regs.h"
#include "setup.h"

/* B0 to B3, an enabled breakpoint, BS (SDM "Guest Non-Register State"). */
#define PENDING_DEBUG_DUE	(DR_TRAP_BITS | BIT(12) | DR_STEP)

/*
 * Exit qualification of a #DB: the bits that go to DR6 (SDM "Exit Qualification for Debug
 * Exceptions").
 */
#define DB_QUAL_DR6	(DR_TRAP_BITS | DR6_BD | DR_STEP)

/* Guests have no CET, so that 21 is a vector as any other that is reserved. */
#define VECTORS_WITH_ERROR	(BIT(X86_TRAP_DF) | BIT(X86_TRAP_TS) | BIT(X86_TRAP_NP) | \
				 BIT(X86_TRAP_SS) | BIT(X86_TRAP_GP) | BIT(X86_TRAP_PF) | \
				 BIT(X86_TRAP_AC))
#define VECTORS_CONTRIBUTORY	(BIT(X86_TRAP_DE) | BIT(X86_TRAP_TS) | BIT(X86_TRAP_NP) | \
				 BIT(X86_TRAP_SS) | BIT(X86_TRAP_GP))

/* Traps and aborts; all others are faults. */
#define VECTORS_NO_FAULT	(BIT(X86_TRAP_DB) | BIT(X86_TRAP_NMI) | BIT(X86_TRAP_BP) | \
				 BIT(X86_TRAP_OF) | BIT(X86_TRAP_DF) | BIT(X86_TRAP_MC))

enum vector_class {
	CLASS_BENIGN,
	CLASS_CONTRIBUTORY,
	CLASS_PAGE_FAULT,
};

static enum vector_class vector_class(unsigned int vector)
{
	if (vector == X86_TRAP_PF)
		return CLASS_PAGE_FAULT;
	return BIT(vector) & VECTORS_CONTRIBUTORY ? CLASS_CONTRIBUTORY : CLASS_BENIGN;
}

static bool event_is_exception(const struct vmx_event *event)
{
	return (event->info & INTR_INFO_VALID_MASK) &&
	       (event->info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_HARD_EXCEPTION;
}

/* SDM "Interrupt 8-Double Fault Exception": which pairs make one. */
static bool becomes_double_fault(unsigned int first, unsigned int second)
{
	enum vector_class a = vector_class(first), b = vector_class(second);

	if (a == CLASS_PAGE_FAULT)
		return b != CLASS_BENIGN;
	return a == CLASS_CONTRIBUTORY && b == CLASS_CONTRIBUTORY;
}

/**
 * vmx_raise - deliver an exception at the guest's RIP
 * @vcpu: the vCPU
 * @vector:     0 to 31, not 2
 * @error_code: for the vectors that have one; real mode has none (SDM "VM-Entry Controls for Event
 *              Injection")
 *
 * An exception whose delivery was interrupted makes the two a double fault, or a triple fault, as
 * on hardware. Any other interrupted event is replaced.
 */
void vmx_raise(struct vmx_vcpu *vcpu, unsigned int vector, u32 error_code)
{
	struct vmx_event *event = &vcpu->event;

	if (event_is_exception(event)) {
		unsigned int first = event->info & INTR_INFO_VECTOR_MASK;

		if (first == X86_TRAP_DF && vector_class(vector) != CLASS_BENIGN) {
			vcpu->shutdown = true;
			event->info = 0;
			return;
		}
		if (becomes_double_fault(first, vector)) {
			vector = X86_TRAP_DF;
			error_code = 0;
		}
	}
	event->info = vector | INTR_TYPE_HARD_EXCEPTION | INTR_INFO_VALID_MASK;
	event->error = error_code;
	event->insn_len = 0;
	if ((BIT(vector) & VECTORS_WITH_ERROR) && (vcpu->cr0 & X86_CR0_PE))
		event->info |= INTR_INFO_DELIVER_CODE_MASK;
}

/* What the delivery of #DB does besides, and its injection does not (SDM "Event Injection"). */
static void clear_general_detect(struct vmx_vcpu *vcpu)
{
	if (!(vcpu->dr7 & DR7_GD))
		return;
	vcpu->dr7 &= ~DR7_GD;
	vmcs_write_natural(GUEST_DR7, vcpu->dr7);
}

static void block_nmis(bool block)
{
	u32 state = vmcs_read32(GUEST_INTERRUPTIBILITY_INFO) & ~GUEST_INTR_STATE_NMI;

	vmcs_write32(GUEST_INTERRUPTIBILITY_INFO, block ? state | GUEST_INTR_STATE_NMI : state);
}

static bool event_has_insn_len(u32 info)
{
	switch (info & INTR_INFO_INTR_TYPE_MASK) {
	case INTR_TYPE_SOFT_INTR:
	case INTR_TYPE_PRIV_SW_EXCEPTION:
	case INTR_TYPE_SOFT_EXCEPTION:
		return true;
	}
	return false;
}

/**
 * vmx_raise_with_payload - vmx_raise(), with what the exception leaves in CR2 or DR6
 * @vcpu: the vCPU
 * @vector:     as for vmx_raise()
 * @error_code: as for vmx_raise()
 * @payload:    #PF: CR2; #DB: bits of DR6
 */
void vmx_raise_with_payload(struct vmx_vcpu *vcpu, unsigned int vector, u32 error_code,
			    u64 payload)
{
	if (vector == X86_TRAP_PF)
		vcpu->cr2 = payload;
	if (vector == X86_TRAP_DB) {
		vcpu->dr6 |= payload;
		clear_general_detect(vcpu);
	}
	vmx_raise(vcpu, vector, error_code);
}

/**
 * vmx_raise_intercepted - the VMM's answer to an exception that it intercepted
 * @vcpu: the vCPU, loaded
 * @vector:     as for vmx_raise()
 * @error_code: as for vmx_raise()
 * @payload:    as for vmx_raise_with_payload()
 *
 * The same vector is delivered as it was raised, which INT3 and the like need. What the exception
 * interrupted is still in vcpu->event.
 */
void vmx_raise_intercepted(struct vmx_vcpu *vcpu, unsigned int vector, u32 error_code,
			   u64 payload)
{
	const struct vmx_event *raised = &vcpu->exception;

	/* The IRET faults after all: that it has unblocked NMIs stays. */
	if (vcpu->unblocked_nmi)
		block_nmis(false);
	if (vector == X86_TRAP_DB)
		vcpu->dr6 &= ~(unsigned long)DR_TRAP_BITS;
	vmx_raise_with_payload(vcpu, vector, error_code, payload);
	if ((raised->info & INTR_INFO_VECTOR_MASK) == vector && event_has_insn_len(raised->info))
		vcpu->event = *raised;
}

/* An event whose delivery was interrupted is injected again, and counted then. */
static void count_delivered(struct vmx_vcpu *vcpu, u32 vectoring)
{
	u32 same = INTR_INFO_VALID_MASK | INTR_INFO_INTR_TYPE_MASK | INTR_INFO_VECTOR_MASK;

	if ((vectoring ^ vcpu->event.info) & same)
		vcpu->counters[XVCPU_COUNT_INJECTED]++;
}

/*
 * After a successful entry: the event was delivered, or its delivery was interrupted by this
 * exit.
 */
void vmx_save_vectoring(struct vmx_vcpu *vcpu)
{
	u32 info = vcpu->vectoring;

	if (unlikely(vcpu->event.info))
		count_delivered(vcpu, info);
	vcpu->event.info = 0;
	if (likely(!(info & VECTORING_INFO_VALID_MASK)))
		return;

	vcpu->event.info = info & (INTR_INFO_VALID_MASK | INTR_INFO_DELIVER_CODE_MASK |
				   INTR_INFO_INTR_TYPE_MASK | INTR_INFO_VECTOR_MASK);
	if (info & INTR_INFO_DELIVER_CODE_MASK)
		vcpu->event.error = vmcs_read32(IDT_VECTORING_ERROR_CODE);
	vcpu->event.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	/*
	 * Entry refuses to inject an NMI while NMIs are blocked, which its interrupted delivery
	 * did.
	 */
	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR)
		block_nmis(false);
}

static bool interrupts_open(struct vmx_vcpu *vcpu)
{
	return (vmx_get_rflags(vcpu) & X86_EFLAGS_IF) && !vmx_is_blocking();
}

/* Blocking by STI, too: some processors refuse to inject an NMI then. */
static bool nmis_open(void)
{
	return !(vmcs_read32(GUEST_INTERRUPTIBILITY_INFO) &
		 (GUEST_INTR_STATE_NMI | GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS));
}

/*
 * The trap of an instruction that is done comes before anything from outside, and an entry that
 * injects would drop it (SDM "Delivery of Pending Debug Exceptions after VM Entry").
 */
static bool debug_trap_is_due(void)
{
	return vmcs_read_natural(GUEST_PENDING_DBG_EXCEPTIONS) & PENDING_DEBUG_DUE;
}

/* Something waits: choose it if its moment is now. */
static void choose_event(struct vmx_vcpu *vcpu)
{
	if (vcpu->event.info || debug_trap_is_due())
		return;
	if (atomic_read(&vcpu->nmi) && nmis_open()) {
		atomic_set(&vcpu->nmi, 0);
		vcpu->event.info = X86_TRAP_NMI | INTR_TYPE_NMI_INTR | INTR_INFO_VALID_MASK;
	} else if (vcpu->irq != VMX_NO_IRQ && interrupts_open(vcpu)) {
		vcpu->event.info = vcpu->irq | INTR_TYPE_EXT_INTR | INTR_INFO_VALID_MASK;
		vcpu->irq = VMX_NO_IRQ;
	}
}

/* Exit when what still waits, or the VMM, can have its turn. */
static void open_windows(struct vmx_vcpu *vcpu)
{
	u32 proc = vcpu->vmcs.proc;

	proc &= ~(CPU_BASED_INTR_WINDOW_EXITING | CPU_BASED_NMI_WINDOW_EXITING);
	if (vcpu->irq != VMX_NO_IRQ || vcpu->window)
		proc |= CPU_BASED_INTR_WINDOW_EXITING;
	if (atomic_read(&vcpu->nmi))
		proc |= CPU_BASED_NMI_WINDOW_EXITING;
	vmcs_shadow_write(&vcpu->vmcs.proc, 32, CPU_BASED_VM_EXEC_CONTROL, proc);
}

/**
 * exit_interrupt_window - the guest can take an interrupt now
 * @vcpu: the vCPU
 */
enum vmx_next exit_interrupt_window(struct vmx_vcpu *vcpu)
{
	/* What is in the slot is chosen by the next entry, and after that it is the VMM's turn. */
	if (vcpu->irq != VMX_NO_IRQ || !vcpu->window)
		return VMX_RESUME;
	vmx_exit_to_user(vcpu, XVCPU_EXIT_WINDOW, VMX_WAITS_NOT);
	return VMX_TO_USER;
}

/**
 * exit_nmi_window - NMIs are no longer blocked
 * @vcpu: the vCPU
 */
enum vmx_next exit_nmi_window(struct vmx_vcpu *vcpu)
{
	return VMX_RESUME;
}

/**
 * vmx_has_nmis - whether the guest can be sent NMIs
 * @error: filled if not
 *
 * Without virtual NMIs the processor does not tell when the guest is done with one.
 */
bool vmx_has_nmis(struct xvcpu_error *error)
{
	u8 reason = vmx_caps.feature[XVCPU_FEATURE_VNMI];

	if (reason == XVCPU_REASON_OK)
		return true;
	error->code = XVCPU_ERR_FEATURE;
	error->value = reason;
	error->expected = XVCPU_FEATURE_VNMI;
	return false;
}

/**
 * vmx_event_flags - what an exit tells about the guest's readiness for events
 * @vcpu: the vCPU, loaded
 *
 * Completing an exit that waits ends blocking by STI and MOV SS.
 *
 * Return: XVCPU_EXIT_FLAG_IF, XVCPU_EXIT_FLAG_NMI_BLOCKED, XVCPU_EXIT_FLAG_READY
 */
u32 vmx_event_flags(struct vmx_vcpu *vcpu)
{
	u32 state = vmcs_read32(GUEST_INTERRUPTIBILITY_INFO), flags = 0;
	bool blocked = (state & (GUEST_INTR_STATE_STI | GUEST_INTR_STATE_MOV_SS)) &&
		       !vmx_exit_waits(vcpu);

	if (state & GUEST_INTR_STATE_NMI)
		flags |= XVCPU_EXIT_FLAG_NMI_BLOCKED;
	if (!(vmx_get_rflags(vcpu) & X86_EFLAGS_IF))
		return flags;
	flags |= XVCPU_EXIT_FLAG_IF;
	if (!blocked && !vcpu->shutdown && !vcpu->event.info && vcpu->irq == VMX_NO_IRQ)
		flags |= XVCPU_EXIT_FLAG_READY;
	return flags;
}

/**
 * vmx_interrupt - fill the interrupt slot, if the guest can take an interrupt
 * @vcpu: the vCPU, loaded
 * @vector: 0 to 255
 * @error:  filled on refusal
 *
 * Return: 0 or -EAGAIN.
 */
int vmx_interrupt(struct vmx_vcpu *vcpu, unsigned int vector, struct xvcpu_error *error)
{
	if (vmx_event_flags(vcpu) & XVCPU_EXIT_FLAG_READY) {
		vcpu->irq = vector;
		return 0;
	}
	error->code = XVCPU_ERR_BLOCKED;
	if (vcpu->irq != VMX_NO_IRQ || vcpu->event.info) {
		error->code = XVCPU_ERR_PENDING;
		error->value = vcpu->event.info ? vcpu->event.info & INTR_INFO_VECTOR_MASK :
						  vcpu->irq;
	}
	return -EAGAIN;
}

/**
 * vmx_take_back_event - an entry that was refused has not delivered what was chosen for it
 * @vcpu: the vCPU
 *
 * Interrupts and NMIs go back to where they waited, so that the VMM can repair the state without
 * losing them.
 */
void vmx_take_back_event(struct vmx_vcpu *vcpu)
{
	u32 info = vcpu->event.info;

	if (!(info & INTR_INFO_VALID_MASK))
		return;
	switch (info & INTR_INFO_INTR_TYPE_MASK) {
	case INTR_TYPE_EXT_INTR:
		vcpu->irq = info & INTR_INFO_VECTOR_MASK;
		break;
	case INTR_TYPE_NMI_INTR:
		atomic_set(&vcpu->nmi, 1);
		break;
	default:
		return;
	}
	vcpu->event.info = 0;
}

/*
 * A fault saves RF as set, so that the instruction's breakpoint is not hit again (SDM "Resume
 * Flag"); an injection saves what RFLAGS has. The registers have been flushed by now.
 */
static void set_resume_flag(struct vmx_vcpu *vcpu)
{
	unsigned long rflags = vmx_get_rflags(vcpu) | X86_EFLAGS_RF;

	if (!event_is_exception(&vcpu->event) || rflags == vcpu->rflags ||
	    (BIT(vcpu->event.info & 31) & VECTORS_NO_FAULT))
		return;
	vcpu->rflags = rflags;
	vmcs_write_natural(GUEST_RFLAGS, rflags);
}

/**
 * vmx_inject - hand the event to the entry that follows
 * @vcpu: the vCPU
 *
 * IRQs off, after IN_GUEST was published: an NMI that comes later comes with an IPI.
 */
void vmx_inject(struct vmx_vcpu *vcpu)
{
	struct vmx_event *event = &vcpu->event;

	if (unlikely(atomic_read(&vcpu->nmi) || vcpu->irq != VMX_NO_IRQ))
		choose_event(vcpu);
	open_windows(vcpu);
	if (likely(!event->info))
		return;
	/* The VMM may have gone to real mode since it was raised. */
	if (!(vcpu->cr0 & X86_CR0_PE))
		event->info &= ~INTR_INFO_DELIVER_CODE_MASK;
	if (event->info & INTR_INFO_DELIVER_CODE_MASK)
		vmcs_write32(VM_ENTRY_EXCEPTION_ERROR_CODE, event->error);
	if (event_has_insn_len(event->info))
		vmcs_write32(VM_ENTRY_INSTRUCTION_LEN, event->insn_len);
	set_resume_flag(vcpu);
	vmcs_write32(VM_ENTRY_INTR_INFO_FIELD, event->info);
	trace_xvcpu_inject(&vcpu->identity, event);
}

/*
 * #DB is intercepted because an instruction whose delivery of #DB raises #DB again would
 * otherwise never leave the guest; the exit tells what the processor has not written to DR6 and
 * DR7.
 */
static enum vmx_next exception_debug(struct vmx_vcpu *vcpu, u32 info)
{
	vcpu->dr6 = (vcpu->dr6 & ~DR_TRAP_BITS) |
		    (vmx_get_qualification(vcpu) & DB_QUAL_DR6);
	clear_general_detect(vcpu);
	vmx_raise(vcpu, X86_TRAP_DB, 0);
	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_PRIV_SW_EXCEPTION) {
		vcpu->event.info = X86_TRAP_DB | INTR_TYPE_PRIV_SW_EXCEPTION | INTR_INFO_VALID_MASK;
		vcpu->event.insn_len = vmcs_read32(VM_EXIT_INSTRUCTION_LEN);
	}
	return VMX_RESUME;
}

/* #AC of the guest's own needs CPL 3, AM and AC; any other is the host's split-lock detection. */
static bool is_split_lock(struct vmx_vcpu *vcpu)
{
	if (!boot_cpu_has(X86_FEATURE_SPLIT_LOCK_DETECT))
		return false;
	vmx_read_crs(vcpu);
	/* For the run loop, which handles it where it may sleep. */
	vmx_get_rip(vcpu);
	return vmx_cpl(vcpu) != 3 || !(vcpu->cr0 & X86_CR0_AM) ||
	       !(vmx_get_rflags(vcpu) & X86_EFLAGS_AC);
}

/* &enum xvcpu_exception_type */
static u32 exception_type(u32 info)
{
	switch (info & INTR_INFO_INTR_TYPE_MASK) {
	case INTR_TYPE_SOFT_EXCEPTION:
		return XVCPU_EXCEPTION_INT3;
	case INTR_TYPE_PRIV_SW_EXCEPTION:
		return XVCPU_EXCEPTION_INT1;
	}
	return XVCPU_EXCEPTION_FAULT;
}

static u64 exception_payload(unsigned int vector)
{
	if (vector == X86_TRAP_PF)
		return vmcs_read_natural(EXIT_QUALIFICATION);
	if (vector == X86_TRAP_DB)
		return vmcs_read_natural(EXIT_QUALIFICATION) & DB_QUAL_DR6;
	return 0;
}

/*
 * Nothing of the exception has happened to the guest. What it interrupted waits in vcpu->event and
 * is delivered again unless the VMM answers with an exception.
 */
static enum vmx_next exception_to_user(struct vmx_vcpu *vcpu, u32 info)
{
	struct xvcpu_exit_exception *exit = &vcpu->run_exit->exception;
	unsigned int vector = info & INTR_INFO_VECTOR_MASK;
	bool error = info & INTR_INFO_DELIVER_CODE_MASK;

	vcpu->exception.info = info & (INTR_INFO_VALID_MASK | INTR_INFO_INTR_TYPE_MASK |
				       INTR_INFO_VECTOR_MASK);
	vcpu->exception.insn_len = event_has_insn_len(info) ?
				   vmcs_read32(VM_EXIT_INSTRUCTION_LEN) : 0;
	memset(exit, 0, sizeof(*exit));
	exit->vector = vector;
	exit->type = exception_type(info);
	exit->error_code = error ? vmcs_read32(VM_EXIT_INTR_ERROR_CODE) : 0;
	exit->insn_len = vcpu->exception.insn_len;
	exit->payload = exception_payload(vector);
	if (vcpu->event.info) {
		exit->event_info = vcpu->event.info;
		exit->event_insn_len = vcpu->event.insn_len;
	}
	if (vcpu->event.info & INTR_INFO_DELIVER_CODE_MASK)
		exit->event_error = vcpu->event.error;
	/*
	 * The IRET that faulted had unblocked NMIs and will be executed again (SDM "Resuming Guest
	 * Software after Handling an Exception").
	 */
	vcpu->unblocked_nmi = (info & INTR_INFO_UNBLOCK_NMI) && vector != X86_TRAP_DF &&
			      !vcpu->event.info;
	if (vcpu->unblocked_nmi)
		block_nmis(true);
	vmx_exit_to_user(vcpu, XVCPU_EXIT_EXCEPTION, VMX_WAITS_RETRY);
	return VMX_TO_USER;
}

/**
 * exit_exception - exit 0: the exceptions that are intercepted, and NMIs
 * @vcpu: the vCPU
 *
 * NMI and #MC belong to the host, and vmx_run() gave them to it with IRQs still off.
 */
enum vmx_next exit_exception(struct vmx_vcpu *vcpu)
{
	u32 info = vmcs_read32(VM_EXIT_INTR_INFO), vector = info & INTR_INFO_VECTOR_MASK;

	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR || vector == X86_TRAP_MC)
		return VMX_RESUME;
	if (vector == X86_TRAP_AC && is_split_lock(vcpu))
		return VMX_SPLIT_LOCK;
	/* Entry wants a pending single step just where TF is set and something blocks. */
	if (vector == X86_TRAP_DB && vmx_is_blocking())
		vmx_pend_single_step(vmx_get_rflags(vcpu) & X86_EFLAGS_TF);
	if (vcpu->intercepts.exceptions & BIT(vector & 31))
		return exception_to_user(vcpu, info);

	switch (vector) {
	case X86_TRAP_DB:
		return exception_debug(vcpu, info);
	case X86_TRAP_AC:
		vmx_raise(vcpu, X86_TRAP_AC, vmcs_read32(VM_EXIT_INTR_ERROR_CODE));
		return VMX_RESUME;
	}
	return exit_hardware(vcpu, XVCPU_EXIT_INTERNAL, XVCPU_INTERNAL_EXIT);
}
