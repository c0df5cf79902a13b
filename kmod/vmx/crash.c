// SPDX-License-Identifier: GPL-2.0-only
/*
 * The crash slot: who turns VMX off when the machine crashes or restarts in an emergency.
 *
 * The kernel has one callback slot for this and warns if it is taken twice, so we share it with
 * kvm_intel by its module life:
 *  - KVM takes the slot when its module loads (6.1): its callback turns VMX off wherever CR4.VMXE
 *    is set, ours too. While it is loaded we keep out; when it comes, we give the slot up before
 *    its init runs, and when it has gone we take the slot back.
 *  - KVM takes the slot when it turns VMX on (6.12): nothing would cover us in between, so we
 *    refuse to turn VMX on while it is loaded, and its load fails while VMX is ours (it would
 *    fail all the same when it finds CR4.VMXE set).
 * COMPAT_KVM_SLOT_AT_LOAD tells which (compat.h).
 *
 * crash_mutex protects the three flags. It is taken inside power_mutex, and by the module notifier.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <asm/processor-flags.h>
#include <asm/reboot.h>
#include <asm/special_insns.h>

#include "../compat.h"
#include "crash.h"
#include "ops.h"
#include "power.h"
#include "vmcs.h"

static DEFINE_MUTEX(crash_mutex);
static bool vmx_is_ours;	/* between arm and disarm */
static bool kvm_is_loaded;
static bool kvm_was_seen;	/* the notifier knows better than sysfs */
static bool slot_is_ours;

static void cr4_write(unsigned long cr4)
{
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
}

/*
 * NMI context, IRQs off, on every CPU. VMCLEAR before VMXOFF: a kernel that starts after the
 * crash must not find the processor writing to what was a VMCS.
 */
static void vmx_emergency_off(void)
{
	/* CR4 rather than @on, which is not there yet just behind VMXON and gone before VMXOFF. */
	if (!(native_read_cr4() & X86_CR4_VMXE))
		return;
	vmcs_clear_all_emergency();
	this_cpu_write(vmx_cpu.on, false);
	vmx_vmxoff();
	/* Not by cr4_clear_bits(): its shadow may be in the middle of a change. */
	cr4_write(native_read_cr4() & ~X86_CR4_VMXE);
}

static void slot_update(void)
{
	bool wanted = vmx_is_ours && !kvm_is_loaded;

	lockdep_assert_held(&crash_mutex);
	if (wanted == slot_is_ours)
		return;
	if (wanted)
		cpu_emergency_register_virt_callback(vmx_emergency_off);
	else
		cpu_emergency_unregister_virt_callback(vmx_emergency_off);
	slot_is_ours = wanted;
}

/**
 * vmx_crash_arm - VMX is about to be turned on
 *
 * Return: 0, or -EBUSY if a crash could not be covered because of kvm_intel.
 */
int vmx_crash_arm(void)
{
	int err = 0;

	mutex_lock(&crash_mutex);
	if (kvm_is_loaded && !COMPAT_KVM_SLOT_AT_LOAD)
		err = -EBUSY;
	else
		vmx_is_ours = true;
	slot_update();
	mutex_unlock(&crash_mutex);
	return err;
}

/**
 * vmx_crash_disarm - VMX was turned off everywhere
 */
void vmx_crash_disarm(void)
{
	mutex_lock(&crash_mutex);
	vmx_is_ours = false;
	slot_update();
	mutex_unlock(&crash_mutex);
}

static int crash_module_event(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;
	int ret = NOTIFY_OK;

	if (strcmp(mod->name, "kvm_intel"))
		return NOTIFY_DONE;

	mutex_lock(&crash_mutex);
	kvm_was_seen = true;
	if (state == MODULE_STATE_COMING && vmx_is_ours && !COMPAT_KVM_SLOT_AT_LOAD)
		ret = notifier_from_errno(-EBUSY);
	else if (state == MODULE_STATE_COMING)
		kvm_is_loaded = true;
	else if (state == MODULE_STATE_GOING)
		kvm_is_loaded = false;
	slot_update();
	mutex_unlock(&crash_mutex);
	return ret;
}

static struct notifier_block crash_module_nb = {
	.notifier_call = crash_module_event,
};

/* The modules' kset is the one our own module hangs in; find_module() is not exported. */
static bool kvm_in_sysfs(void)
{
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, "kvm_intel");

	kobject_put(kobj);
	return kobj;
}

int vmx_crash_init(void)
{
	int err = register_module_notifier(&crash_module_nb);

	if (err)
		return err;
	mutex_lock(&crash_mutex);
	if (!kvm_was_seen)
		kvm_is_loaded = kvm_in_sysfs();
	mutex_unlock(&crash_mutex);
	return 0;
}

void vmx_crash_exit(void)
{
	unregister_module_notifier(&crash_module_nb);
}
