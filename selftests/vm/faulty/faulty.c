// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module that does wrong on demand, to see that selftests/vm/run notices: write the name of a
 * fault to /sys/module/faulty/parameters/fault. Loading it with fault=load is refused. And one that
 * behaves like another hypervisor: the parameter vmxe is the mask of CPUs that have CR4.VMXE set; a
 * word written to vmx turns VMX off and on, or takes the current VMCS away, on the writer's CPU.
 */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <asm/asm.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
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

/* ---- one that takes VMX away from who has it ---- */

/* In use while VMX is on by us: whoever has it off again may unload the module. */
static u32 *vmxon_region;

/* 0, -EIO where the instruction fails, -ENXIO where it faults. */
#define VMX_INSN(insn, phys)					\
({								\
	u64 operand = (phys);					\
	int ret = -ENXIO;					\
								\
	asm volatile("1: " insn " %[operand]\n"			\
		     "   mov $0, %[ret]\n"			\
		     "   ja 2f\n"				\
		     "   mov %[eio], %[ret]\n"			\
		     "2:\n"					\
		     _ASM_EXTABLE(1b, 2b)			\
		     : [ret] "+r" (ret)				\
		     : [operand] "m" (operand), [eio] "i" (-EIO) : "cc", "memory");	\
	ret;							\
})

static int vmx_off(void)
{
	int err = -ENXIO;

	asm volatile("1: vmxoff\n"
		     "   mov $0, %[err]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [err] "+r" (err) : : "cc", "memory");
	return err;
}

static int vmx_on(void)
{
	u64 basic;

	rdmsrl(MSR_IA32_VMX_BASIC, basic);
	*vmxon_region = basic & GENMASK(30, 0);
	return VMX_INSN("vmxon", __pa(vmxon_region));
}

static int current_vmcs(u64 *phys)
{
	*phys = ~0ull;
	asm volatile("1: vmptrst %[phys]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [phys] "+m" (*phys) : : "cc", "memory");
	return *phys == ~0ull ? -ENOENT : 0;
}

/* IRQs off. */
static int vmx_take(const char *how)
{
	u64 phys;
	int err;

	if (sysfs_streq(how, "off"))
		return vmx_off();
	if (sysfs_streq(how, "on"))
		return vmx_on();
	err = current_vmcs(&phys);
	if (!err)
		err = VMX_INSN("vmclear", phys);
	if (err || sysfs_streq(how, "clear"))
		return err;
	if (sysfs_streq(how, "relaunch"))
		return VMX_INSN("vmptrld", phys);
	if (!sysfs_streq(how, "revision"))
		return -EINVAL;
	*(u32 *)__va(phys) ^= 1;
	return 0;
}

static int vmx_set(const char *text, const struct kernel_param *param)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = vmx_take(text);
	local_irq_restore(flags);
	return err;
}

static const struct kernel_param_ops vmx_ops = {
	.set = vmx_set,
};

module_param_cb(vmx, &vmx_ops, NULL, 0200);
MODULE_PARM_DESC(vmx, "off, on; of the current VMCS: clear, relaunch (clear and load), revision (clear, and a wrong one)");

static int __init faulty_init(void)
{
	vmxon_region = (void *)get_zeroed_page(GFP_KERNEL);
	return vmxon_region ? 0 : -ENOMEM;
}

static void __exit faulty_exit(void)
{
	free_page((unsigned long)vmxon_region);
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("Faults for testing the test machine");
MODULE_LICENSE("GPL");
