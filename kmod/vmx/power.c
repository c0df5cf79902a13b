// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX on and off: a reference per VM, all CPUs or none.
 *
 * power_mutex protects power_users and the VMXON regions. Everything in struct vmx_cpu else
 * belongs to its CPU and is touched there with IRQs off. Lock order: power_mutex >
 * cpu_hotplug_lock; the hotplug callbacks therefore never take power_mutex but read power_users,
 * which changes only under both.
 *
 * This is where a host dies if we are wrong. VMX blocks INIT, so a CPU that stays in VMX
 * operation cannot be reset, kexec'ed away from, or brought back online:
 *  - CPU offline: vmx_cpu_offline() clears what the CPU holds and turns VMX off while tasks still
 *    run there; vmx_load() sees @on clear and the run loop goes elsewhere.
 *  - suspend: a syscore callback on the last CPU; the others went offline before.
 *  - reboot: a reboot notifier; crash: the emergency callback, from NMI context.
 * IA32_FEATURE_CONTROL is never written: what the firmware decided stands.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#include <asm/perf_event.h>
#include <asm/tlbflush.h>

#include <xvcpu.h>

#include "../compat.h"
#include "caps.h"
#include "context.h"
#include "crash.h"
#include "exit.h"
#include "ops.h"
#include "power.h"
#include "vmcs.h"

DEFINE_PER_CPU(struct vmx_cpu, vmx_cpu);

static DEFINE_MUTEX(power_mutex);
static unsigned int power_users;
static bool power_rebooting;
static enum cpuhp_state power_hp_state;

/*
 * IRQs off. CR4.VMXE set by somebody else means that VMX is theirs (SDM "Enabling and Entering
 * VMX").
 */
static int vmx_cpu_on(void)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);
	int err;

	if (cpu->on)
		return 0;
	if (!cpu->region)
		return -ENOMEM;
	if (cr4_read_shadow() & X86_CR4_VMXE || READ_ONCE(power_rebooting))
		return -EBUSY;
	if (!vmx_caps_same_on_this_cpu())
		return -EOPNOTSUPP;

	intel_pt_handle_vmx(1);
	cr4_set_bits(X86_CR4_VMXE);
	err = vmx_vmxon(__pa(cpu->region));
	if (err) {
		cr4_clear_bits(X86_CR4_VMXE);
		intel_pt_handle_vmx(0);
		return -EIO;
	}
	/* Translations of an earlier life of VMX on this CPU may still be cached. */
	if (vmx_caps.ept_vpid & VMX_EPT_EXTENT_GLOBAL_BIT)
		vmx_invept(INVEPT_GLOBAL, 0);
	cpu->on = true;
	return 0;
}

/* IRQs off. VMCSs first: VMXOFF would leave their state in the processor (SDM "VMXOFF"). */
static void vmx_cpu_off(void)
{
	struct vmx_cpu *cpu = this_cpu_ptr(&vmx_cpu);

	if (!cpu->on)
		return;
	vmx_context_cpu_off();
	vmcs_clear_all_on_this_cpu();
	cpu->on = false;
	vmx_vmxoff();
	cr4_clear_bits(X86_CR4_VMXE);
	intel_pt_handle_vmx(0);
}

static void vmx_cpu_on_ipi(void *data)
{
	atomic_t *failed = data;
	int err = vmx_cpu_on();

	if (err)
		atomic_cmpxchg(failed, 0, err);
}

static void vmx_cpu_off_ipi(void *unused)
{
	vmx_cpu_off();
}

static int region_alloc(unsigned int cpu)
{
	struct vmx_cpu *state = per_cpu_ptr(&vmx_cpu, cpu);

	if (state->region)
		return 0;
	state->region = (void *)get_zeroed_page(GFP_KERNEL);
	if (!state->region)
		return -ENOMEM;
	*(u32 *)state->region = vmx_caps.revision;
	return 0;
}

static void regions_free(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		free_page((unsigned long)per_cpu(vmx_cpu, cpu).region);
		per_cpu(vmx_cpu, cpu).region = NULL;
	}
}

/* All online CPUs or none. Called with power_mutex and cpus_read_lock held. */
static int vmx_all_on(void)
{
	atomic_t failed = ATOMIC_INIT(0);
	unsigned int cpu;
	int err;

	for_each_online_cpu(cpu) {
		err = region_alloc(cpu);
		if (err)
			return err;
	}
	err = vmx_crash_arm();
	if (err)
		return err;
	on_each_cpu(vmx_cpu_on_ipi, &failed, 1);
	err = atomic_read(&failed);
	if (err) {
		on_each_cpu(vmx_cpu_off_ipi, NULL, 1);
		vmx_crash_disarm();
	}
	return err;
}

/**
 * vmx_power_get - turn VMX on, on every CPU, for one more VM
 * @reason: set to an &enum xvcpu_reason when the hardware refuses
 *
 * Return: 0; -EBUSY: somebody else's VMX on some CPU; -EOPNOTSUPP: CPUs differ; -EIO: VMXON failed;
 * -ENOMEM.
 */
int vmx_power_get(u32 *reason)
{
	int err = 0;

	*reason = XVCPU_REASON_OK;
	mutex_lock(&power_mutex);
	cpus_read_lock();
	if (!power_users) {
		vmx_cpuid_timing();
		err = vmx_all_on();
	}
	if (!err)
		power_users++;
	cpus_read_unlock();
	mutex_unlock(&power_mutex);

	if (err == -EBUSY)
		*reason = XVCPU_REASON_TAKEN;
	else if (err == -EOPNOTSUPP)
		*reason = XVCPU_REASON_DIFFERS;
	return err;
}

/**
 * vmx_power_put - one VM less; the last one turns VMX off everywhere
 */
void vmx_power_put(void)
{
	mutex_lock(&power_mutex);
	cpus_read_lock();
	if (!--power_users) {
		on_each_cpu(vmx_cpu_off_ipi, NULL, 1);
		vmx_crash_disarm();
		regions_free();
	}
	cpus_read_unlock();
	mutex_unlock(&power_mutex);
}

bool vmx_power_is_ours(void)
{
	return READ_ONCE(power_users);
}

static void vmx_taken_ipi(void *data)
{
	if ((cr4_read_shadow() & X86_CR4_VMXE) && !this_cpu_read(vmx_cpu.on))
		WRITE_ONCE(*(bool *)data, true);
}

/**
 * vmx_power_taken - whether some CPU's VMX belongs to somebody else, at this moment
 */
bool vmx_power_taken(void)
{
	bool taken = false;

	on_each_cpu(vmx_taken_ipi, &taken, 1);
	return taken;
}

/* On the CPU that comes up, in its hotplug thread: a failure here keeps the CPU offline. */
static int vmx_cpu_online(unsigned int cpu)
{
	int err;

	if (!power_users)
		return 0;
	err = region_alloc(cpu);
	if (err)
		return err;
	local_irq_disable();
	err = vmx_cpu_on();
	local_irq_enable();
	if (err)
		pr_warn_once("xvcpu: CPU %u stays offline: VMX cannot be turned on there (%d)\n",
			     cpu, err);
	return err;
}

static int vmx_cpu_offline(unsigned int cpu)
{
	local_irq_disable();
	vmx_cpu_off();
	local_irq_enable();
	return 0;
}

static int vmx_suspend(COMPAT_SYSCORE_ARG)
{
	vmx_cpu_off();
	return 0;
}

/* A CPU on which VMX does not come back has @on clear: vCPUs leave it. */
static void vmx_resume(COMPAT_SYSCORE_ARG)
{
	if (power_users && vmx_cpu_on())
		pr_warn_once("xvcpu: VMX cannot be turned on again after suspend\n");
}

COMPAT_SYSCORE(vmx_syscore, vmx_suspend, vmx_resume);

/* Some firmware hangs on reboot with VMX on. Userspace may still run: nothing turns it on again. */
static int vmx_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	WRITE_ONCE(power_rebooting, true);
	on_each_cpu(vmx_cpu_off_ipi, NULL, 1);
	return NOTIFY_OK;
}

static struct notifier_block vmx_reboot_nb = {
	.notifier_call = vmx_reboot,
};

/**
 * vmx_power_init - hook into CPU hotplug, suspend, reboot and crash
 */
int vmx_power_init(void)
{
	unsigned int cpu;
	int err;

	for_each_possible_cpu(cpu)
		INIT_LIST_HEAD(&per_cpu(vmx_cpu, cpu).loaded);
	err = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "xvcpu:online",
					vmx_cpu_online, vmx_cpu_offline);
	if (err < 0)
		return err;
	power_hp_state = err;

	err = vmx_crash_init();
	if (err) {
		cpuhp_remove_state_nocalls(power_hp_state);
		return err;
	}
	compat_register_syscore(&vmx_syscore);
	register_reboot_notifier(&vmx_reboot_nb);
	return 0;
}

/**
 * vmx_power_exit - undo vmx_power_init(); no VM exists any more, so VMX is off
 */
void vmx_power_exit(void)
{
	unregister_reboot_notifier(&vmx_reboot_nb);
	compat_unregister_syscore(&vmx_syscore);
	vmx_crash_exit();
	cpuhp_remove_state_nocalls(power_hp_state);
	regions_free();
}
