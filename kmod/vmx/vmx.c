// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's way into the guest: VMCS set-up and reset, loading, entry.
 *
 * Order of a stay in RUN: vmx_load() with preemption off, vmx_prepare(), then with IRQs off
 * vmx_run(), and with IRQs on again vmx_handle_exit(). vmx_put() when the thread is switched out
 * or leaves.
 */
#include <linux/context_tracking.h>
#include <linux/ftrace.h>
#include <linux/idr.h>
#include <linux/instrumentation.h>
#include <linux/irqflags.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vtime.h>
#include <asm/debugreg.h>
#include <asm/fpu/types.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/trapnr.h>
#include <asm/vmx.h>

#include "../compat.h"
#include "../ept/ept.h"
#include "../trace.h"
#include "budget.h"
#include "caps.h"
#include "context.h"
#include "entry.h"
#include "exit.h"
#include "l1d.h"
#include "power.h"
#include "regs.h"
#include "setup.h"

#define EXIT_REASON_FAILED	BIT(31)
#define MAX_VPID		0xffff
#define APIC_BASE_BSP		BIT(8)
#define APIC_BASE_EN		BIT(11)
#define APIC_BASE_ADDRESS	0xfee00000ull

static DEFINE_IDA(vpids);

int __init vmx_init(void)
{
	int err;

	vmx_caps_init();
	vmx_cpuid_init();
	vmx_context_init();
	err = vmx_l1d_init();
	if (err)
		return err;
	err = vmx_msr_init();
	if (err)
		goto out_l1d;
	err = vmx_power_init();
	if (err)
		goto out_msr;
	return 0;
out_msr:
	vmx_msr_exit();
out_l1d:
	vmx_l1d_exit();
	return err;
}

void vmx_exit(void)
{
	vmx_power_exit();
	vmx_msr_exit();
	vmx_l1d_exit();
	ida_destroy(&vpids);
}

unsigned int vmx_gpa_bits(void)
{
	/* Four levels of EPT translate 48 bits. */
	return min_t(unsigned int, boot_cpu_data.x86_phys_bits, 48);
}

/* Whether, or why not, there are VMX instructions to use: &enum xvcpu_reason. */
u32 vmx_present(void)
{
	return vmx_caps.feature[XVCPU_FEATURE_VMX];
}

/**
 * vmx_info - features and limits for XVCPU_GET_INFO
 * @info: features, limits and readiness are filled in
 */
void vmx_info(struct xvcpu_info *info)
{
	u32 feature, reason;

	BUILD_BUG_ON(sizeof(vmx_caps.feature) != sizeof(info->features));
	memcpy(info->features, vmx_caps.feature, sizeof(info->features));
	reason = vmx_caps_missing(&feature);
	/* Whose VMX it is needs asking only while it is not ours. */
	if (reason == XVCPU_REASON_OK && !vmx_power_is_ours() && vmx_power_taken()) {
		reason = XVCPU_REASON_TAKEN;
		info->features[XVCPU_FEATURE_AVAILABLE] = reason;
	}
	info->ready = reason;
	info->required = GENMASK_ULL(VMX_FEATURES_REQUIRED - 1, 0);
	info->gpa_bits = vmx_gpa_bits();
}

/**
 * vmx_enable - VMX on, for one more VM
 * @error: says which feature, and why not
 *
 * Return: 0, or an errno as XVCPU_CREATE_VM documents.
 */
int vmx_enable(struct xvcpu_error *error)
{
	u32 feature = XVCPU_FEATURE_AVAILABLE, reason;
	int err;

	reason = vmx_caps_missing(&feature);
	if (reason == XVCPU_REASON_OK) {
		err = vmx_power_get(&reason);
		if (!err)
			return 0;
	} else {
		err = reason == XVCPU_REASON_NO_VMX ? -ENODEV : -EOPNOTSUPP;
	}
	if (reason != XVCPU_REASON_OK) {
		error->code = XVCPU_ERR_FEATURE;
		error->value = reason;
		error->expected = feature;
	}
	return err;
}

void vmx_disable(void)
{
	vmx_power_put();
}

void vmx_ept_config(struct ept_config *config)
{
	config->accessed_dirty = vmx_caps.ept_ad;
}

/* Fields that never change after this. The vCPU is loaded. */
static void vmcs_setup(struct vmx_vcpu *vcpu)
{
	struct vmx_vmcs *vmcs = &vcpu->vmcs;

	vmcs->pin = vmx_caps.control[VMX_PIN].value;
	vmcs_write32(PIN_BASED_VM_EXEC_CONTROL, vmcs->pin);
	vmcs->proc = vmx_caps.control[VMX_PROC].value;
	vmcs_write32(CPU_BASED_VM_EXEC_CONTROL, vmcs->proc);
	vmcs->proc2 = vmx_caps.control[VMX_PROC2].value;
	if (!vcpu->vpid)
		vmcs->proc2 &= ~SECONDARY_EXEC_ENABLE_VPID;
	vmcs_write32(SECONDARY_VM_EXEC_CONTROL, vmcs->proc2);
	vmcs_write32(VM_EXIT_CONTROLS, vmx_caps.control[VMX_EXIT].value);
	vmcs->entry = vmx_caps.control[VMX_ENTRY].value;
	vmcs_write32(VM_ENTRY_CONTROLS, vmcs->entry);

	vmcs_write64(EPT_POINTER, vcpu->ept->eptp);
	if (vcpu->vpid)
		vmcs_write16(VIRTUAL_PROCESSOR_ID, vcpu->vpid);
	vmcs_write64(MSR_BITMAP, vmx_msr_bitmap_phys());
	vmcs_write64(VMCS_LINK_POINTER, ~0ull);
	if (vmcs->proc2 & SECONDARY_EXEC_XSAVES)
		vmcs_write64(XSS_EXIT_BITMAP, ~0ull);
	if (vmcs->proc2 & SECONDARY_EXEC_ENCLS_EXITING)
		vmcs_write64(ENCLS_EXITING_BITMAP, ~0ull);

	/* The exception bitmap comes with the intercepts; no #PF is exempt from it. */
	vmcs_write32(PAGE_FAULT_ERROR_CODE_MASK, 0);
	vmcs_write32(PAGE_FAULT_ERROR_CODE_MATCH, 0);
	vmcs_write32(CR3_TARGET_COUNT, 0);
	vmcs_write32(VM_EXIT_MSR_STORE_COUNT, 0);
	vmcs_write32(VM_EXIT_MSR_LOAD_COUNT, 0);
	vmcs_write32(VM_ENTRY_MSR_LOAD_COUNT, 0);
	vmcs_write32(VM_ENTRY_INTR_INFO_FIELD, 0);
	vmcs_write_natural(CR0_GUEST_HOST_MASK, ~CR0_GUEST_OWNED);
	vmcs_write_natural(CR4_GUEST_HOST_MASK, ~CR4_GUEST_OWNED);
	vmx_context_constant_host(vcpu);
}

/*
 * SDM "Processor State After Reset", table "IA-32 Processor States Following Power-up, Reset, or
 * INIT".
 */
static void reset_segments(struct vmx_vcpu *vcpu)
{
	const struct xvcpu_segment data = { .limit = 0xffff, .ar = 0x93 };
	struct xvcpu_sregs sregs = {
		.es = data, .ss = data, .ds = data, .fs = data, .gs = data,
		.cs = { .base = 0xffff0000, .limit = 0xffff, .selector = 0xf000, .ar = 0x9b },
		.ldtr = { .limit = 0xffff, .ar = 0x82 },
		.tr = { .limit = 0xffff, .ar = 0x8b },
		.gdtr = { .limit = 0xffff },
		.idtr = { .limit = 0xffff },
	};

	vmx_set_sregs(vcpu, &sregs);
}

/**
 * vmx_vcpu_reset - the state after power-up; keeps CPUID, intercepts and counters
 * @vcpu: the vCPU
 * @tsc_offset: the VM's
 * @bsp: bootstrap processor
 *
 * The vCPU is loaded.
 */
void vmx_vcpu_reset(struct vmx_vcpu *vcpu, u64 tsc_offset, bool bsp)
{
	struct xvcpu_regs regs = { .rip = 0xfff0, .rflags = X86_EFLAGS_FIXED };
	struct xvcpu_cregs cregs = {
		.cr0 = X86_CR0_CD | X86_CR0_NW | X86_CR0_ET,
		.xcr0 = XFEATURE_MASK_FP,
	};
	struct xvcpu_debug_regs debug = { .dr6 = DR6_RESERVED, .dr7 = DR7_ONE };

	regs.rdx = vmx_cpuid_signature(vcpu);
	vcpu->apic_base = APIC_BASE_ADDRESS | APIC_BASE_EN | (bsp ? APIC_BASE_BSP : 0);
	vmx_set_regs(vcpu, &regs);
	reset_segments(vcpu);
	vmx_set_cregs(vcpu, &cregs);
	vmx_set_debug(vcpu, &debug);
	vmx_msr_reset(vcpu);
	vcpu->pkru = 0;
	vcpu->event.info = 0;
	vcpu->irq = VMX_NO_IRQ;
	atomic_set(&vcpu->nmi, 0);
	vcpu->wait.kind = VMX_WAITS_NOT;
	vcpu->shutdown = false;
	vcpu->load_pdpte = false;
	vcpu->tsc_offset = tsc_offset;
	vmcs_write64(TSC_OFFSET, tsc_offset);
	vmcs_write64(GUEST_IA32_DEBUGCTL, 0);
	vmcs_write32(GUEST_INTERRUPTIBILITY_INFO, 0);
	vmcs_write32(GUEST_ACTIVITY_STATE, 0);
	vmcs_write_natural(GUEST_PENDING_DBG_EXCEPTIONS, 0);
}

/**
 * vmx_vcpu_init - allocate what a vCPU needs; vmx_vcpu_setup() follows with the vCPU loaded
 * @vcpu: the vCPU
 * @ept: the VM's tables
 */
int vmx_vcpu_init(struct vmx_vcpu *vcpu, const struct ept *ept)
{
	int err, vpid;

	vcpu->ept = ept;
	vcpu->cpuid = kvcalloc(VMX_CPUID_MAX, sizeof(*vcpu->cpuid), GFP_KERNEL_ACCOUNT);
	if (!vcpu->cpuid)
		return -ENOMEM;
	err = vmcs_init(&vcpu->vmcs);
	if (err)
		goto out_cpuid;
	if (vmx_caps.vpid) {
		/* Without a VPID of its own a vCPU works, and flushes more. */
		vpid = ida_alloc_range(&vpids, 1, MAX_VPID, GFP_KERNEL_ACCOUNT);
		vcpu->vpid = vpid < 0 ? 0 : vpid;
	}
	return 0;
out_cpuid:
	kvfree(vcpu->cpuid);
	return err;
}

void vmx_vcpu_destroy(struct vmx_vcpu *vcpu)
{
	vmcs_destroy(&vcpu->vmcs);
	if (vcpu->vpid)
		ida_free(&vpids, vcpu->vpid);
	kvfree(vcpu->cpuid);
}

/**
 * vmx_vcpu_setup - fill the VMCS of a new vCPU
 * @vcpu: the vCPU
 * @tsc_offset: the VM's
 * @bsp: bootstrap processor
 *
 * The vCPU is loaded. VPID exhaustion has turned the control off for this vCPU.
 */
void vmx_vcpu_setup(struct vmx_vcpu *vcpu, u64 tsc_offset, bool bsp)
{
	vmcs_setup(vcpu);
	vmx_cpuid_set(vcpu, vmx_cpuid_supported, vmx_cpuid_supported_nr);
	vmx_vcpu_reset(vcpu, tsc_offset, bsp);
}

/**
 * vmx_vcpu_forget - drop what may be left of a VMCS whose content is lost
 * @vcpu: the vCPU; not loaded, IRQs on
 *
 * Until it is loaded again, and vmx_vcpu_rebuild() fills it, no CPU has it.
 */
void vmx_vcpu_forget(struct vmx_vcpu *vcpu)
{
	vmcs_renew(&vcpu->vmcs);
}

/**
 * vmx_vcpu_rebuild - what vmx_vcpu_setup() did, for a VMCS whose content is lost
 * @vcpu: the vCPU
 *
 * The vCPU is loaded; vmx_vcpu_reset() must follow.
 */
void vmx_vcpu_rebuild(struct vmx_vcpu *vcpu)
{
	vmcs_setup(vcpu);
	/* RESET keeps the CPUID table and the intercepts. */
	vmx_cpuid_controls(vcpu);
}

/* The CPU that holds the vCPU's state, or -1; may be old when it is looked at. */
int vmx_loaded_on(const struct vmx_vcpu *vcpu)
{
	return READ_ONCE(vcpu->vmcs.cpu);
}

/**
 * vmx_load - make the vCPU's VMCS this CPU's current one
 * @vcpu: the vCPU
 *
 * Preemption off, IRQs on; the state holds until preemption is enabled.
 *
 * Return: 0; -EAGAIN: VMX is off on this CPU; -EIO: the processor refused.
 */
int vmx_load(struct vmx_vcpu *vcpu)
{
	bool moved;
	int err = vmcs_load(&vcpu->vmcs, &moved);

	if (err || !moved)
		return err;

	vmx_context_moved(vcpu);
	/* What this CPU still holds for these tables and this VPID may be from before. */
	vcpu->ept_gen = ~0ull;
	if (vcpu->vpid)
		vmx_invvpid(INVVPID_SINGLE, vcpu->vpid);
	vcpu->counters[XVCPU_COUNT_MIGRATIONS]++;
	return 0;
}

/**
 * vmx_is_here - whether the processor still has what vmx_load() made current
 * @vcpu: the vCPU, loaded
 */
bool vmx_is_here(const struct vmx_vcpu *vcpu)
{
	return vmcs_is_current(&vcpu->vmcs);
}

/**
 * vmx_prepare - what can be done for the entry before IRQs are off
 * @vcpu: the vCPU
 */
void vmx_prepare(struct vmx_vcpu *vcpu)
{
	vmx_context_load(vcpu);
	vmx_flush_regs(vcpu);
}

/* Read after IN_GUEST was published: whoever unmaps something increments first and kicks then. */
static void flush_stale_ept(struct vmx_vcpu *vcpu)
{
	u64 gen = atomic64_read(&vcpu->ept->flush_gen);

	if (likely(vcpu->ept_gen == gen))
		return;
	vmx_invept(INVEPT_SINGLE, vcpu->ept->eptp);
	vcpu->ept_gen = gen;
	vcpu->counters[XVCPU_COUNT_EPT_FLUSH]++;
}

/*
 * Nothing between the two halves may be traced, instrumented or take an exception: the kernel
 * takes this CPU to be in a guest, which for RCU is like being in userspace.
 */
static noinstr int enter_guest(struct vmx_vcpu *vcpu)
{
	int ret;

	instrumentation_begin();
	trace_hardirqs_on_prepare();
	lockdep_hardirqs_on_prepare();
	if (!context_tracking_guest_enter())
		compat_rcu_virt_note_context_switch();
	instrumentation_end();
	lockdep_hardirqs_on(CALLER_ADDR0);

	if (native_read_cr2() != vcpu->cr2)
		native_write_cr2(vcpu->cr2);
	vcpu->counters[XVCPU_COUNT_L1D_FLUSH] += vmx_l1d_flush(&vcpu->l1d_touched);
	if (vcpu->budget.on)
		vcpu->budget.entered = rdtsc();
	ret = vmx_enter(vcpu->gpr, vcpu->vmcs.launched, &vcpu->host_rsp);
	if (vcpu->budget.on)
		vcpu->budget.exited = rdtsc();
	vcpu->cr2 = native_read_cr2();

	lockdep_hardirqs_off(CALLER_ADDR0);
	context_tracking_guest_exit();
	instrumentation_begin();
	trace_hardirqs_off_finish();
	instrumentation_end();
	return ret;
}

static void host_machine_check(void)
{
	struct pt_regs regs = { .cs = 3 /* user mode: recoverable */, .flags = X86_EFLAGS_IF };

	if (IS_ENABLED(CONFIG_X86_MCE))
		do_machine_check(&regs);
}

/*
 * NMIs are blocked since the exit, and the #MC is still in the banks: IRQs must be off until
 * here.
 */
static void host_exception(struct vmx_vcpu *vcpu)
{
	u32 info = vmcs_read32(VM_EXIT_INTR_INFO);

	/* Their handlers do not set the kernel's flag, as those of interrupts do. */
	vcpu->l1d_touched = true;
	if ((info & INTR_INFO_INTR_TYPE_MASK) == INTR_TYPE_NMI_INTR)
		vmx_host_nmi();
	else if ((info & INTR_INFO_VECTOR_MASK) == X86_TRAP_MC)
		host_machine_check();
}

/*
 * Whether VMX, or the VMCS, was taken away. The launch state is ours alone, so an error about it
 * (SDM "VM Instruction Error Numbers") is nothing that the VMM has set.
 */
static bool is_lost(u32 instruction_error)
{
	switch (instruction_error) {
	case 0: /* VMfailInvalid: there is no current VMCS */
	case VMXERR_VMLAUNCH_NONCLEAR_VMCS:
	case VMXERR_VMRESUME_NONLAUNCHED_VMCS:
	case VMXERR_VMRESUME_AFTER_VMXOFF:
		return true;
	}
	return false;
}

static enum vmx_next enter_failed(struct vmx_vcpu *vcpu, int how)
{
	u32 error;

	if (how == VMX_LOST)
		return VMX_NOT_HERE;
	error = vmcs_read32(VM_INSTRUCTION_ERROR);
	return is_lost(error) ? VMX_NOT_HERE : exit_fail_entry(vcpu, error);
}

/**
 * vmx_run - one stay in the guest
 * @vcpu: the vCPU
 *
 * IRQs off, and still off on return. VMX_RESUME: there was an exit, and vmx_handle_exit() must
 * follow.
 */
enum vmx_next vmx_run(struct vmx_vcpu *vcpu)
{
	int how;

	flush_stale_ept(vcpu);
	vmx_inject(vcpu);
	vmx_budget_before_entry(vcpu);
	/* RIP is read for the trace alone, and not kept: it is the exit's that is cached. */
	if (trace_xvcpu_entry_enabled())
		trace_xvcpu_entry(&vcpu->identity, vmcs_read_natural(GUEST_RIP));
	vmx_context_before_entry(vcpu);
	vtime_account_guest_enter();
	how = enter_guest(vcpu);
	vmx_context_after_exit(vcpu);
	if (unlikely(vcpu->budget.on))
		vmx_budget_after_exit(vcpu);

	vcpu->cached = 0;
	vcpu->counters[XVCPU_COUNT_ENTRIES]++;
	if (unlikely(how != VMX_ENTERED))
		return enter_failed(vcpu, how);

	vcpu->exit_reason = vmcs_read32(VM_EXIT_REASON);
	if (unlikely(vcpu->exit_reason & EXIT_REASON_FAILED)) {
		if ((u16)vcpu->exit_reason == EXIT_REASON_MCE_DURING_VMENTRY)
			host_machine_check();
		return VMX_RESUME;
	}
	vcpu->vmcs.launched = true;
	vcpu->vectoring = vmcs_read32(IDT_VECTORING_INFO_FIELD);
	if (unlikely(vcpu->exit_reason == EXIT_REASON_EXCEPTION_NMI))
		host_exception(vcpu);
	return VMX_RESUME;
}
