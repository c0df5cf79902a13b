// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does wrong on demand, to see that selftests/vm/run notices: write the name of a
 * fault to /sys/module/faulty/parameters/fault. Loading it with fault=load is refused. And one that
 * behaves like another hypervisor: the parameter vmxe is the mask of CPUs that have CR4.VMXE set.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <asm/tlbflush.h>

static DEFINE_SPINLOCK(first_lock);
static DEFINE_SPINLOCK(second_lock);

static void use_after_free(void)
{
	char *bytes = kmalloc(100, GFP_KERNEL);

	kfree(bytes);
	WRITE_ONCE(*bytes, 1);
}

static void leak(void)
{
	void *lost;
	int i;

	for (i = 0; i < 8; i++) {
		lost = kmalloc(100, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(lost);
	}
}

/* Never a deadlock, since nobody else takes these two, but lockdep must object to the order. */
static void lock_in_both_orders(void)
{
	spin_lock(&first_lock);
	spin_lock(&second_lock);
	spin_unlock(&second_lock);
	spin_unlock(&first_lock);

	spin_lock(&second_lock);
	spin_lock(&first_lock);
	spin_unlock(&first_lock);
	spin_unlock(&second_lock);
}

static int fault_set(const char *name, const struct kernel_param *param)
{
	if (sysfs_streq(name, "load"))
		return -EUCLEAN;
	if (sysfs_streq(name, "warn"))
		WARN(1, "on purpose");
	else if (sysfs_streq(name, "oops"))
		WRITE_ONCE(*(int *)8, 1);
	else if (sysfs_streq(name, "panic"))
		panic("on purpose");
	else if (sysfs_streq(name, "reference"))
		__module_get(THIS_MODULE);
	else if (sysfs_streq(name, "use-after-free"))
		use_after_free();
	else if (sysfs_streq(name, "leak"))
		leak();
	else if (sysfs_streq(name, "lock"))
		lock_in_both_orders();
	else
		return -EINVAL;
	return 0;
}

static const struct kernel_param_ops fault_ops = {
	.set = fault_set,
};

module_param_cb(fault, &fault_ops, NULL, 0200);
MODULE_PARM_DESC(fault, "load, warn, oops, panic, reference, use-after-free, leak or lock");

/* ---- another hypervisor ---- */

static void vmxe_set_here(void *mask)
{
	if (*(unsigned long *)mask & BIT(smp_processor_id()))
		cr4_set_bits(X86_CR4_VMXE);
	else
		cr4_clear_bits(X86_CR4_VMXE);
}

static void vmxe_get_here(void *mask)
{
	if (native_read_cr4() & X86_CR4_VMXE)
		atomic_long_or(BIT(smp_processor_id()), mask);
}

static int vmxe_set(const char *text, const struct kernel_param *param)
{
	unsigned long mask;
	int err = kstrtoul(text, 0, &mask);

	if (!err)
		on_each_cpu(vmxe_set_here, &mask, 1);
	return err;
}

static int vmxe_get(char *buffer, const struct kernel_param *param)
{
	atomic_long_t mask = ATOMIC_LONG_INIT(0);

	on_each_cpu(vmxe_get_here, &mask, 1);
	return sysfs_emit(buffer, "%#lx\n", atomic_long_read(&mask));
}

static const struct kernel_param_ops vmxe_ops = {
	.set = vmxe_set,
	.get = vmxe_get,
};

module_param_cb(vmxe, &vmxe_ops, NULL, 0600);
MODULE_PARM_DESC(vmxe, "CPUs that have CR4.VMXE set");

static int __init faulty_init(void)
{
	return 0;
}

static void __exit faulty_exit(void)
{
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("Faults for testing the test machine");
MODULE_LICENSE("GPL");
