// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of a VM exit: into the ring that the VMM can map, and to the tracepoint.
 *
 * Taken before the exit is handled, because handlers advance RIP and overwrite registers. What the
 * record takes from the VMCS is kept for the handler (regs.h), so that the frequent exits read no
 * field more than they would without it. The thread in RUN writes, nobody else does; the order of
 * the writes is the protocol of &struct xvcpu_run_stats.
 */
#include <linux/bits.h>
#include <linux/smp.h>
#include <asm/barrier.h>
#include <asm/msr.h>
#include <asm/vmx.h>

#include "../trace.h"
#include "exit.h"
#include "regs.h"

#define EXIT_REASON_FAILED	BIT(31)
#define EXIT_REASON_BASIC	0xffff

/* As xvcpu.h lists them (SDM "Basic VM-Exit Information"). */
#define HAS_QUALIFICATION						\
	(BIT_ULL(EXIT_REASON_EXCEPTION_NMI) |				\
	 BIT_ULL(EXIT_REASON_INIT_SIGNAL) |				\
	 BIT_ULL(EXIT_REASON_SIPI_SIGNAL) |				\
	 BIT_ULL(EXIT_REASON_TASK_SWITCH) |				\
	 BIT_ULL(EXIT_REASON_INVLPG) |					\
	 BIT_ULL(EXIT_REASON_CR_ACCESS) |				\
	 BIT_ULL(EXIT_REASON_DR_ACCESS) |				\
	 BIT_ULL(EXIT_REASON_IO_INSTRUCTION) |				\
	 BIT_ULL(EXIT_REASON_MWAIT_INSTRUCTION) |			\
	 BIT_ULL(EXIT_REASON_APIC_ACCESS) |				\
	 BIT_ULL(EXIT_REASON_EOI_INDUCED) |				\
	 BIT_ULL(EXIT_REASON_GDTR_IDTR) |				\
	 BIT_ULL(EXIT_REASON_LDTR_TR) |					\
	 BIT_ULL(EXIT_REASON_EPT_VIOLATION) |				\
	 BIT_ULL(EXIT_REASON_APIC_WRITE))

static bool has_qualification(u32 reason)
{
	if (unlikely(reason & EXIT_REASON_FAILED))
		return true;
	reason &= EXIT_REASON_BASIC;
	return reason < 64 && (HAS_QUALIFICATION >> reason & 1);
}

/* The one more thing worth knowing about an exit, where there is one. */
static bool get_detail(struct vmx_vcpu *vcpu, u64 *detail)
{
	switch (vcpu->exit_reason) {
	case EXIT_REASON_CPUID:
		*detail = (u32)vcpu->gpr[VMX_RAX] | (u64)vcpu->gpr[VMX_RCX] << 32;
		return true;
	case EXIT_REASON_IO_INSTRUCTION:
		*detail = (u32)vcpu->gpr[VMX_RAX];
		return true;
	case EXIT_REASON_EPT_VIOLATION:
	case EXIT_REASON_EPT_MISCONFIG:
		*detail = vmx_get_gpa(vcpu);
		return true;
	case EXIT_REASON_MSR_READ:
	case EXIT_REASON_MSR_WRITE:
	case EXIT_REASON_XSETBV:
		*detail = (u32)vcpu->gpr[VMX_RCX];
		return true;
	case EXIT_REASON_VMCALL:
		*detail = vcpu->gpr[VMX_RAX];
		return true;
	case EXIT_REASON_EXCEPTION_NMI:
		*detail = vmcs_read32(VM_EXIT_INTR_INFO);
		return true;
	}
	*detail = 0;
	return false;
}

/**
 * vmx_record_exit - the last exit into the ring
 * @vcpu: the vCPU
 *
 * Preemption off, VMCS current, nothing of the exit handled yet.
 */
void vmx_record_exit(struct vmx_vcpu *vcpu)
{
	struct xvcpu_run_stats *stats = vcpu->stats;
	u64 number = stats->begun, qualification = 0, detail;
	struct xvcpu_exit_record *record = &stats->ring[number % XVCPU_EXIT_RECORDS];
	u16 flags = 0;

	if (has_qualification(vcpu->exit_reason)) {
		qualification = vmx_get_qualification(vcpu);
		flags |= XVCPU_RECORD_QUALIFICATION;
	}
	if (get_detail(vcpu, &detail))
		flags |= XVCPU_RECORD_DETAIL;

	WRITE_ONCE(stats->begun, number + 1);
	/* Pairs with the reader's second barrier: it sees that this record is gone. */
	smp_wmb();
	record->hw_reason = vcpu->exit_reason;
	record->flags = flags;
	record->cpu = smp_processor_id();
	record->qualification = qualification;
	record->rip = vmx_get_rip(vcpu);
	record->detail = detail;
	record->tsc = rdtsc();
	/* Pairs with the reader's first barrier: what is counted is whole. */
	smp_store_release(&stats->done, number + 1);
	trace_xvcpu_exit(&vcpu->identity, record);
}
