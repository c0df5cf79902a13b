// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/xvcpu: what there is, and the way to a VM.
 *
 * The module always loads; what the machine lacks is told by XVCPU_GET_INFO and refused by
 * XVCPU_CREATE_VM.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <asm/tsc.h>

#include <xvcpu.h>

#include "args.h"
#include "debugfs.h"
#include "info.h"
#include "slots.h"
#include "vcpu.h"
#include "vm.h"

/**
 * xvcpu_get_info - XVCPU_GET_INFO, on every kind of fd
 * @arg: the caller's struct
 */
long xvcpu_get_info(struct xvcpu_info __user *arg)
{
	struct xvcpu_info info;
	u32 size;
	int err = args_get(&info, arg);

	if (err)
		return err;
	size = info.size;
	memset(&info, 0, sizeof(info));
	info.size = size;
	info.abi_version = XVCPU_ABI_VERSION;
	info.max_vcpus = XVCPU_MAX_VCPUS;
	info.max_slots = XVCPU_MAX_SLOTS;
	info.max_cpuid = VMX_CPUID_MAX;
	info.max_msrs = vmx_msr_list_nr;
	info.run_size = RUN_SIZE;
	info.run_request = RUN_REQUEST;
	info.run_exit = RUN_EXIT;
	info.run_sync = RUN_SYNC;
	info.run_data = RUN_DATA;
	info.stats_offset = STATS_OFFSET;
	info.stats_size = STATS_SIZE;
	info.state_size = xvcpu_state_size();
	info.tsc_khz = tsc_khz;
	vmx_info(&info);
	return copy_to_user(arg, &info, min_t(size_t, size, sizeof(info))) ? -EFAULT : 0;
}

static long array_out(u64 to, u32 room, u32 *entry_size, u32 known, struct xvcpu_error *error,
		      const void *from, u32 nr, size_t offset_nr)
{
	if (*entry_size != known)
		return args_refuse(error, XVCPU_ERR_SIZE, offset_nr + sizeof(u32), *entry_size,
				   known);
	if (room < nr) {
		args_refuse(error, XVCPU_ERR_SPACE, offset_nr, room, nr);
		return -ENOSPC;
	}
	return copy_to_user(u64_to_user_ptr(to), from, (size_t)nr * known) ? -EFAULT : 0;
}

static bool no_vmx(struct xvcpu_error *error)
{
	if (vmx_present() == XVCPU_REASON_OK)
		return false;
	args_refuse(error, XVCPU_ERR_FEATURE, 0, vmx_present(), XVCPU_FEATURE_VMX);
	return true;
}

static long get_supported_cpuid(struct xvcpu_cpuid __user *arg)
{
	struct xvcpu_cpuid args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	if (args.flags)
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS,
				  offsetof(typeof(args), flags), args.flags, 0);
	else if (no_vmx(&args.error))
		err = -ENODEV;
	else
		err = array_out(args.entries, args.nr, &args.entry_size,
				sizeof(struct xvcpu_cpuid_entry), &args.error,
				vmx_cpuid_supported, vmx_cpuid_supported_nr,
				offsetof(typeof(args), nr));
	if (!err && put_user(vmx_cpuid_supported_nr, &arg->nr))
		err = -EFAULT;
	return args_error(&args, arg, err);
}

static long get_msr_list(struct xvcpu_msr_list __user *arg)
{
	struct xvcpu_msr_list args;
	u32 entry_size = sizeof(u32);
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	if (args.flags)
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS,
				  offsetof(typeof(args), flags), args.flags, 0);
	else if (args.reserved)
		err = args_refuse(&args.error, XVCPU_ERR_RESERVED,
				  offsetof(typeof(args), reserved), args.reserved, 0);
	else if (no_vmx(&args.error))
		err = -ENODEV;
	else
		err = array_out(args.indices, args.nr, &entry_size, sizeof(u32), &args.error,
				vmx_msr_list, vmx_msr_list_nr, offsetof(typeof(args), nr));
	if (!err && put_user(vmx_msr_list_nr, &arg->nr))
		err = -EFAULT;
	return args_error(&args, arg, err);
}

static long xvcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case XVCPU_GET_INFO:
		return xvcpu_get_info(argp);
	case XVCPU_GET_SUPPORTED_CPUID:
		return get_supported_cpuid(argp);
	case XVCPU_GET_MSR_LIST:
		return get_msr_list(argp);
	case XVCPU_CREATE_VM:
		return xvcpu_vm_create(argp);
	}
	return -ENOTTY;
}

static const struct file_operations xvcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = xvcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice xvcpu_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xvcpu",
	.fops = &xvcpu_fops,
	.mode = 0660,
};

static int __init xvcpu_init(void)
{
	int err = vmx_init();

	if (err)
		return err;
	preempt_notifier_inc();
	xvcpu_debugfs_init();
	err = misc_register(&xvcpu_misc);
	if (err) {
		xvcpu_debugfs_exit();
		preempt_notifier_dec();
		vmx_exit();
	}
	return err;
}

static void __exit xvcpu_exit(void)
{
	misc_deregister(&xvcpu_misc);
	xvcpu_debugfs_exit();
	preempt_notifier_dec();
	xvcpu_memory_exit();
	vmx_exit();
}

module_init(xvcpu_init);
module_exit(xvcpu_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Virtual CPUs on Intel VMX");
