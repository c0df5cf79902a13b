// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is switched between host and guest outside the VMCS, and when.
 *
 *  - set once per VMCS:      host selectors, CR0, IDT, SYSENTER CS and EIP, PAT, EFER
 *  - when the CPU changes:   host TR, GDT, GS base and SYSENTER ESP
 *  - around a stay in RUN:   FS and GS, LDT, KERNEL_GS_BASE; GDT and TSS limits, which a VM exit
 *    changes (vmx_context_load() and vmx_put(), the latter also when the thread is switched out)
 *  - until the thread returns to userspace: STAR, LSTAR, FMASK, TSC_AUX, which the kernel itself
 *    does not use (user-return notifier)
 *  - around each entry, with IRQs off: host CR3 and CR4 fields, XCR0, XSS, PKRU, breakpoints,
 *    DEBUGCTL. Softirqs use the FPU and copy_to_user() obeys PKRU, so none of these may stay in
 *    the guest's state.
 *
 * The user-return state belongs to its CPU and is touched there with IRQs off.
 */
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/user-return-notifier.h>
#include <asm/cpu_entry_area.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/fsgsbase.h>
#include <asm/mmu_context.h>
#include <asm/msr.h>
#include <asm/perf_event.h>
#include <asm/pkru.h>
#include <asm/processor.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

#include "../compat.h"
#include "caps.h"
#include "context.h"
#include "entry.h"
#include "vmx.h"

/* Which MSRs the user-return notifier restores. */
static const struct {
	u32 index;
	u8 slot;
} user_msrs[] = {
	{ MSR_STAR,         VMX_MSR_STAR },
	{ MSR_LSTAR,        VMX_MSR_LSTAR },
	{ MSR_SYSCALL_MASK, VMX_MSR_FMASK },
	{ MSR_TSC_AUX,      VMX_MSR_TSC_AUX },
};

#define USER_MSR_TSC_AUX	3

/**
 * struct user_return - MSRs of this CPU that hold guest values until the next return to userspace
 * @notifier:   registered while any does
 * @registered: it is
 * @known:      @host was read
 * @host:       what the kernel put there at boot
 * @now:        what is there
 */
struct user_return {
	struct user_return_notifier notifier;
	bool registered;
	bool known;
	u64 host[ARRAY_SIZE(user_msrs)];
	u64 now[ARRAY_SIZE(user_msrs)];
};

static DEFINE_PER_CPU(struct user_return, user_return);

static u64 host_xcr0 __read_mostly;
static u64 host_xss __read_mostly;
static u64 host_efer __read_mostly;
static u64 host_pat __read_mostly;
static u32 host_sysenter_cs __read_mostly;
static unsigned long host_sysenter_eip __read_mostly;

/**
 * vmx_context_init - read the host state that is the same on every CPU and never changes
 */
void vmx_context_init(void)
{
	u64 value;

	if (boot_cpu_has(X86_FEATURE_OSXSAVE))
		host_xcr0 = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	if (boot_cpu_has(X86_FEATURE_XSAVES))
		rdmsrl(MSR_IA32_XSS, host_xss);
	rdmsrl(MSR_EFER, host_efer);
	rdmsrl(MSR_IA32_CR_PAT, host_pat);
	rdmsrl(MSR_IA32_SYSENTER_CS, value);
	host_sysenter_cs = value;
	rdmsrl(MSR_IA32_SYSENTER_EIP, host_sysenter_eip);
}

/* The vCPU is loaded; but for FS none of these changes for the rest of its life. */
void vmx_context_constant_host(struct vmx_vcpu *vcpu)
{
	struct desc_ptr idt;

	/* TS is the kernel's lazy-FPU bit of old and never set in a thread that can be here. */
	vmcs_write_natural(HOST_CR0, read_cr0() & ~X86_CR0_TS);
	vmcs_write16(HOST_CS_SELECTOR, __KERNEL_CS);
	vmcs_write16(HOST_SS_SELECTOR, __KERNEL_DS);
	vmcs_write16(HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8);
	/*
	 * Null, and reloaded by vmx_put() where the thread has others: entry wants TI and RPL
	 * clear.
	 */
	vmcs_write16(HOST_DS_SELECTOR, 0);
	vmcs_write16(HOST_ES_SELECTOR, 0);
	vmcs_write16(HOST_FS_SELECTOR, 0);
	vmcs_write16(HOST_GS_SELECTOR, 0);
	/* The VMCS may have had another life (vmx_vcpu_rebuild()). */
	vcpu->vmcs.host_fs_base = 0;
	vmcs_write_natural(HOST_FS_BASE, 0);

	store_idt(&idt);
	vmcs_write_natural(HOST_IDTR_BASE, idt.address);
	vmcs_write_natural(HOST_RIP, (unsigned long)vmx_exit_landing);
	vmcs_write32(HOST_IA32_SYSENTER_CS, host_sysenter_cs);
	vmcs_write_natural(HOST_IA32_SYSENTER_EIP, host_sysenter_eip);
	vmcs_write64(HOST_IA32_PAT, host_pat);
	vmcs_write64(HOST_IA32_EFER, host_efer);
}

/*
 * The vCPU is loaded on another CPU than before. If VMX was lost there, VMWRITEs were, too: what
 * shadows say is in the VMCS need not be. Those that the next entry compares get a value that
 * cannot be right, so that it writes the field; the others are written here.
 */
void vmx_context_moved(struct vmx_vcpu *vcpu)
{
	int cpu = smp_processor_id();

	vcpu->host_rsp = 0;
	vcpu->vmcs.host_cr3 = 0;
	vcpu->vmcs.host_cr4 = 0;
	vmcs_write_natural(HOST_FS_BASE, vcpu->vmcs.host_fs_base);
	vmcs_write32(PIN_BASED_VM_EXEC_CONTROL, vcpu->vmcs.pin);
	vmcs_write32(CPU_BASED_VM_EXEC_CONTROL, vcpu->vmcs.proc);
	vmcs_write32(SECONDARY_VM_EXEC_CONTROL, vcpu->vmcs.proc2);
	vmcs_write32(VM_ENTRY_CONTROLS, vcpu->vmcs.entry);
	vmcs_write_natural(HOST_TR_BASE, (unsigned long)&get_cpu_entry_area(cpu)->tss.x86_tss);
	vmcs_write_natural(HOST_GDTR_BASE, (unsigned long)get_current_gdt_ro());
	vmcs_write_natural(HOST_GS_BASE, cpu_kernelmode_gs_base(cpu));
	vmcs_write_natural(HOST_IA32_SYSENTER_ESP, (unsigned long)(cpu_entry_stack(cpu) + 1));
}

/**
 * vmx_context_load - take the thread's segment state out of the CPU, put the guest's in
 * @vcpu: the vCPU
 *
 * Preemption off, vCPU loaded. Undone by vmx_put().
 */
void vmx_context_load(struct vmx_vcpu *vcpu)
{
	if (vcpu->host_loaded)
		return;

	/* Userspace or another thread was here. */
	vcpu->l1d_touched = true;
	current_save_fsgs();
	vcpu->host.fs = current->thread.fsindex;
	vcpu->host.gs = current->thread.gsindex;
	vcpu->host.kernel_gs_base = current->thread.gsbase;
	store_ldt(vcpu->host.ldt);
	savesegment(ds, vcpu->host.ds);
	savesegment(es, vcpu->host.es);
	vmcs_shadow_write(&vcpu->vmcs.host_fs_base, _natural, HOST_FS_BASE,
			  current->thread.fsbase);
	wrmsrl(MSR_KERNEL_GS_BASE, vcpu->msr[VMX_MSR_KERNEL_GS_BASE]);
	vcpu->host_loaded = true;
}

/*
 * Whether a thread with this in FS or GS can have another base than the descriptor's: loading the
 * selector takes that one. Without FSGSBASE, Linux does not even keep it.
 */
static bool base_is_apart(u16 selector)
{
	return !selector || static_cpu_has(X86_FEATURE_FSGSBASE);
}

/**
 * vmx_put - give the CPU back to the thread: before it returns to userspace or is switched out
 * @vcpu: the vCPU
 *
 * Preemption off. Needs no VMX: the VMCS may have been cleared meanwhile.
 */
void vmx_put(struct vmx_vcpu *vcpu)
{
	if (!vcpu->host_loaded)
		return;

	vcpu->host_loaded = false;
	/* SWAPGS in the guest changes it without an exit. */
	rdmsrl(MSR_KERNEL_GS_BASE, vcpu->msr[VMX_MSR_KERNEL_GS_BASE]);
	if (unlikely(vcpu->host.ldt))
		asm volatile("lldt %0" : : "rm" (vcpu->host.ldt));
	if (unlikely(vcpu->host.gs))
		load_gs_index(vcpu->host.gs);
	if (unlikely(vcpu->host.fs)) {
		loadsegment(fs, vcpu->host.fs);
		if (base_is_apart(vcpu->host.fs))
			wrmsrl(MSR_FS_BASE, vcpu->vmcs.host_fs_base);
	}
	if (unlikely(vcpu->host.ds | vcpu->host.es)) {
		loadsegment(ds, vcpu->host.ds);
		loadsegment(es, vcpu->host.es);
	}
	if (base_is_apart(vcpu->host.gs))
		wrmsrl(MSR_KERNEL_GS_BASE, vcpu->host.kernel_gs_base);
	/*
	 * VM exit sets the GDT's limit to 0xffff and the TSS' to 0x67 (SDM "Loading Host
	 * Segment...").
	 */
	load_fixmap_gdt(smp_processor_id());
	invalidate_tss_limit();
}

/* IRQs off. */
static void user_return_restore(struct user_return *user)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(user_msrs); i++) {
		if (user->now[i] == user->host[i])
			continue;
		wrmsrl(user_msrs[i].index, user->host[i]);
		user->now[i] = user->host[i];
	}
	if (user->registered) {
		user->registered = false;
		user_return_notifier_unregister(&user->notifier);
	}
}

static void user_return_fired(struct user_return_notifier *notifier)
{
	unsigned long flags;

	local_irq_save(flags);
	user_return_restore(this_cpu_ptr(&user_return));
	local_irq_restore(flags);
}

/**
 * vmx_context_cpu_off - this CPU leaves VMX: no notifier of ours may outlive that
 *
 * IRQs off.
 */
void vmx_context_cpu_off(void)
{
	user_return_restore(this_cpu_ptr(&user_return));
}

static void user_return_know(struct user_return *user)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(user_msrs); i++) {
		if (i != USER_MSR_TSC_AUX || boot_cpu_has(X86_FEATURE_RDTSCP))
			rdmsrl(user_msrs[i].index, user->host[i]);
		user->now[i] = user->host[i];
	}
	user->notifier.on_user_return = user_return_fired;
	user->known = true;
}

static void user_return_set(struct user_return *user, unsigned int i, u64 value)
{
	if (user->now[i] == value)
		return;
	wrmsrl(user_msrs[i].index, value);
	user->now[i] = value;
	if (!user->registered) {
		user->registered = true;
		user_return_notifier_register(&user->notifier);
	}
}

/*
 * The guest reaches these MSRs only by SYSCALL, which needs EFER.SCE, and RDTSCP: where it
 * cannot, they stay as they are.
 */
static void user_msrs_load(struct vmx_vcpu *vcpu)
{
	struct user_return *user = this_cpu_ptr(&user_return);
	unsigned int i;

	if (unlikely(!user->known))
		user_return_know(user);
	if (vcpu->efer & EFER_SCE) {
		for (i = 0; i < USER_MSR_TSC_AUX; i++)
			user_return_set(user, i, vcpu->msr[user_msrs[i].slot]);
	}
	if (vcpu->vmcs.proc2 & SECONDARY_EXEC_ENABLE_RDTSCP)
		user_return_set(user, USER_MSR_TSC_AUX, vcpu->msr[VMX_MSR_TSC_AUX]);
}

static bool pkru_is_switched(const struct vmx_vcpu *vcpu)
{
	return cpu_feature_enabled(X86_FEATURE_OSPKE) &&
	       (vcpu->cr4 & X86_CR4_PKE || vcpu->xcr0 & XFEATURE_MASK_PKRU);
}

/*
 * MSRs of perf that must not act in the guest: with PEBS on, the processor would write its
 * records to the host's buffer address as a guest-linear one. No PMU: no entries.
 */
static void perf_msrs_load(struct vmx_vcpu *vcpu)
{
	struct perf_guest_switch_msr *msrs;
	int nr = 0, i;

	msrs = perf_guest_get_msrs(&nr, NULL);
	vcpu->host.perf = 0;
	for (i = 0; i < nr; i++) {
		if (msrs[i].host == msrs[i].guest)
			continue;
		wrmsrl(msrs[i].msr, msrs[i].guest);
		vcpu->host.perf |= BIT(i);
	}
	vcpu->host.perf_msrs = msrs;
}

/* The array is this CPU's and stays as it is while IRQs are off. */
static void perf_msrs_restore(struct vmx_vcpu *vcpu)
{
	const struct perf_guest_switch_msr *msrs = vcpu->host.perf_msrs;
	int i;

	for (i = fls(vcpu->host.perf) - 1; i >= 0; i--) {
		if (vcpu->host.perf & BIT(i))
			wrmsrl(msrs[i].msr, msrs[i].host);
	}
}

static void breakpoints_load(const struct vmx_vcpu *vcpu)
{
	/* The host's enables must not apply to the guest's addresses; entry loads the guest's. */
	set_debugreg(0, 7);
	set_debugreg(vcpu->dr[0], 0);
	set_debugreg(vcpu->dr[1], 1);
	set_debugreg(vcpu->dr[2], 2);
	set_debugreg(vcpu->dr[3], 3);
}

/**
 * vmx_context_before_entry - the last things before the guest's registers
 * @vcpu: the vCPU
 *
 * IRQs off, vmx_context_load() was called.
 */
void vmx_context_before_entry(struct vmx_vcpu *vcpu)
{
	user_msrs_load(vcpu);
	/* VM exit clears it, and perf may change it between any two entries: one RDMSR each. */
	vcpu->host.debugctl = get_debugctlmsr();
	perf_msrs_load(vcpu);
	vmcs_shadow_write(&vcpu->vmcs.host_cr3, _natural, HOST_CR3, __get_current_cr3_fast());
	vmcs_shadow_write(&vcpu->vmcs.host_cr4, _natural, HOST_CR4, cr4_read_shadow());

	/* Without CR4.OSXSAVE no instruction of the guest looks at XCR0 or XSS. */
	if (vcpu->cr4 & X86_CR4_OSXSAVE) {
		if (vcpu->xcr0 != host_xcr0)
			xsetbv(XCR_XFEATURE_ENABLED_MASK, vcpu->xcr0);
		if (host_xss && vmx_caps.xsaves)
			wrmsrl(MSR_IA32_XSS, 0);
	}
	if (pkru_is_switched(vcpu)) {
		vcpu->host.pkru = rdpkru();
		wrpkru(vcpu->pkru);
	}
	if (unlikely(vcpu->dr7 & DR_GLOBAL_ENABLE_MASK || vcpu->dr7 & DR_LOCAL_ENABLE_MASK))
		breakpoints_load(vcpu);
}

/**
 * vmx_context_after_exit - the mirror image
 * @vcpu: the vCPU
 *
 * IRQs off.
 */
void vmx_context_after_exit(struct vmx_vcpu *vcpu)
{
	if (pkru_is_switched(vcpu)) {
		vcpu->pkru = rdpkru();
		wrpkru(vcpu->host.pkru);
	}
	if (vcpu->cr4 & X86_CR4_OSXSAVE) {
		if (vcpu->xcr0 != host_xcr0)
			xsetbv(XCR_XFEATURE_ENABLED_MASK, host_xcr0);
		if (host_xss && vmx_caps.xsaves)
			wrmsrl(MSR_IA32_XSS, host_xss);
	}
	perf_msrs_restore(vcpu);
	compat_ibpb_before_user();
	/* VM exit left DR7 at 0x400 and DEBUGCTL at 0. */
	if (unlikely(hw_breakpoint_active()))
		hw_breakpoint_restore();
	if (unlikely(vcpu->host.debugctl))
		update_debugctlmsr(vcpu->host.debugctl);
}
