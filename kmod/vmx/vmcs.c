// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMCS life: allocated with its vCPU, active on one CPU at a time, cleared before it goes
 * elsewhere.
 *
 * A VMCS that is active on a CPU may be held in that CPU's internal storage; only VMCLEAR there
 * writes it back (SDM "Overview of VMCS States"). Each CPU lists the VMCSs that are active on it,
 * so that they can be cleared when the CPU goes down. The list is touched on its CPU with IRQs
 * off, and nowhere else.
 */
#include <linux/gfp.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <asm/nospec-branch.h>

#include "caps.h"
#include "power.h"
#include "vmcs.h"

/*
 * Only a field that the tables in caps.c do not guard can get here: say so once, with its number.
 * Without a current VMCS it is not the field: that hardware was lost the next entry reports.
 */
void vmx_vmwrite_failed(unsigned long field, unsigned long value)
{
	if (vmx_vmptrst() == VMX_NO_VMCS)
		return;
	pr_err_once("xvcpu: VMWRITE of field %#lx refused (value %#lx)\n", field, value);
}

static void region_fill(struct vmx_vmcs *vmcs)
{
	memset(vmcs->region, 0, PAGE_SIZE);
	*(u32 *)vmcs->region = vmx_caps.revision;
}

/**
 * vmcs_init - allocate a VMCS region; it is clear and active nowhere
 * @vmcs: the VMCS
 */
int vmcs_init(struct vmx_vmcs *vmcs)
{
	vmcs->region = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!vmcs->region)
		return -ENOMEM;
	region_fill(vmcs);
	vmcs->phys = __pa(vmcs->region);
	vmcs->cpu = -1;
	vmcs->launched = false;
	INIT_LIST_HEAD(&vmcs->node);
	return 0;
}

void vmcs_destroy(struct vmx_vmcs *vmcs)
{
	vmcs_clear(vmcs);
	free_page((unsigned long)vmcs->region);
}

/* IRQs off, on the CPU where @vmcs is active. */
static void vmcs_clear_here(struct vmx_vmcs *vmcs)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);

	vmx_vmclear(vmcs->phys);
	if (cpu->current_vmcs == vmcs)
		cpu->current_vmcs = NULL;
	list_del_init(&vmcs->node);
	vmcs->launched = false;
	/* Whoever sees -1 may load it elsewhere: everything above must be done by then. */
	smp_store_release(&vmcs->cpu, -1);
}

static void vmcs_clear_ipi(void *data)
{
	struct vmx_vmcs *vmcs = data;

	/* The CPU may have been emptied, by going offline, since the caller looked. */
	if (vmcs->cpu == smp_processor_id())
		vmcs_clear_here(vmcs);
}

/**
 * vmcs_clear - make a VMCS active nowhere
 * @vmcs: the VMCS
 *
 * IRQs on. An IPI that finds its CPU offline has nothing to do: vmcs_clear_all_on_this_cpu() was
 * there.
 */
void vmcs_clear(struct vmx_vmcs *vmcs)
{
	/* Pairs with vmcs_clear_here() on another CPU. */
	int cpu = smp_load_acquire(&vmcs->cpu);

	if (cpu >= 0)
		smp_call_function_single(cpu, vmcs_clear_ipi, vmcs, 1);
}

/**
 * vmcs_renew - a VMCS whose content is lost becomes as vmcs_init() made it
 * @vmcs: the VMCS
 *
 * IRQs on. Whoever took VMX away may have written to the region, too.
 */
void vmcs_renew(struct vmx_vmcs *vmcs)
{
	vmcs_clear(vmcs);
	region_fill(vmcs);
}

/**
 * vmcs_is_current - whether the processor has the VMCS that vmcs_load() made current
 * @vmcs: the VMCS
 *
 * Preemption off since then. It has not where VMX was turned off, or VMCSs were cleared or loaded
 * behind our back.
 */
bool vmcs_is_current(const struct vmx_vmcs *vmcs)
{
	return vmx_vmptrst() == vmcs->phys;
}

/* IRQs off, before VMXOFF. */
void vmcs_clear_all_on_this_cpu(void)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	struct vmx_vmcs *vmcs, *next;

	list_for_each_entry_safe(vmcs, next, &cpu->loaded, node)
		vmcs_clear_here(vmcs);
}

/* NMI context in a crash: the list may be half-changed, so it is only read. */
void vmcs_clear_all_emergency(void)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	struct vmx_vmcs *vmcs;

	list_for_each_entry(vmcs, &cpu->loaded, node)
		vmx_vmclear(vmcs->phys);
}

/* IRQs off, VMX on here, @vmcs active here or nowhere. */
static int vmcs_make_current(struct vmx_vmcs *vmcs)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	int err;

	if (vmcs->cpu < 0) {
		/* VMCLEAR first: it sets the launch state to clear (SDM "VMCLEAR"). */
		err = vmx_vmclear(vmcs->phys);
		if (err)
			return err;
		vmcs->launched = false;
	}
	err = vmx_vmptrld(vmcs->phys);
	if (err)
		return err;
	if (vmcs->cpu < 0) {
		list_add(&vmcs->node, &cpu->loaded);
		vmcs->cpu = smp_processor_id();
	}
	cpu->current_vmcs = vmcs;
	/* What one guest taught the branch predictors must not steer the next. */
	indirect_branch_prediction_barrier();
	return 0;
}

/**
 * vmcs_load - make a VMCS the current one of this CPU
 * @vmcs: the VMCS
 * @moved: set if it was not active on this CPU before, so that per-CPU host state and
 *         translations are stale
 *
 * Preemption off, IRQs on.
 *
 * Return: 0; -EAGAIN: VMX is off on this CPU, which is going down: leave it and try again; -EIO:
 * refused.
 */
int vmcs_load(struct vmx_vmcs *vmcs, bool *moved)
{
	int cpu = smp_processor_id();
	int err = 0;

	*moved = false;
	if (likely(this_cpu_read(vmx_cpu.current_vmcs) == vmcs))
		return 0;

	if (READ_ONCE(vmcs->cpu) != cpu) {
		*moved = true;
		vmcs_clear(vmcs);
	}
	local_irq_disable();
	if (!this_cpu_read(vmx_cpu.on))
		err = -EAGAIN;
	else
		err = vmcs_make_current(vmcs);
	local_irq_enable();
	return err == -ENXIO ? -EAGAIN : err;
}
