// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM objects: the fd, the set of vCPUs, and getting all of them out of the guest.
 *
 * A VM lives as long as its fd or one of its vCPUs' fds. vm->lock serialises changes of
 * vm->vcpus; readers that only kick use RCU, because they run under ept->lock.
 */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <asm/msr.h>

#include <xvcpu.h>

#include "args.h"
#include "debugfs.h"
#include "info.h"
#include "policy.h"
#include "slots.h"
#include "vcpu.h"
#include "vm.h"

#define GPA_BITS_LEAST	30

static atomic_t vm_serials = ATOMIC_INIT(0);

static struct xvcpu_vm *vm_of(struct xvcpu_vm_memory *memory)
{
	return container_of(memory, struct xvcpu_vm, memory);
}

static void kick_guests(struct xvcpu_vm *vm, bool wait)
{
	struct xvcpu_vcpu *vcpu;
	unsigned int i;

	/* Whatever the caller changed must be seen by a vCPU that we find outside the guest. */
	smp_mb();
	rcu_read_lock();
	for (i = 0; i < XVCPU_MAX_VCPUS; i++) {
		vcpu = READ_ONCE(vm->vcpus[i]);
		if (vcpu)
			xvcpu_vcpu_kick_out(vcpu, wait);
	}
	rcu_read_unlock();
}

/**
 * xvcpu_vm_kill - an inconsistency was found: no vCPU of this VM enters the guest again
 * @vm: the VM
 *
 * May be called with preemption off.
 */
void xvcpu_vm_kill(struct xvcpu_vm *vm)
{
	WRITE_ONCE(vm->dead, true);
	kick_guests(vm, false);
}

/* Upcalls of memory.c: see memory.h for what each promises. */
void xvcpu_vm_kick_guests(struct xvcpu_vm_memory *memory)
{
	kick_guests(vm_of(memory), true);
}

void xvcpu_vm_hold(struct xvcpu_vm_memory *memory)
{
	atomic_inc(&vm_of(memory)->holders);
	xvcpu_vm_kick_guests(memory);
}

void xvcpu_vm_release(struct xvcpu_vm_memory *memory)
{
	struct xvcpu_vm *vm = vm_of(memory);

	if (atomic_dec_and_test(&vm->holders))
		wake_up_all(&vm->hold_wait);
}

void xvcpu_vm_get(struct xvcpu_vm *vm)
{
	kref_get(&vm->refs);
}

static void vm_free(struct kref *refs)
{
	struct xvcpu_vm *vm = container_of(refs, struct xvcpu_vm, refs);

	xvcpu_debugfs_vm_remove(vm);
	xvcpu_memory_destroy(&vm->memory);
	vmx_disable();
	/* Its vCPUs have gone: nobody reads it. */
	kvfree(rcu_dereference_protected(vm->policy, 1));
	kfree(vm);
}

void xvcpu_vm_put(struct xvcpu_vm *vm)
{
	kref_put(&vm->refs, vm_free);
}

static long vm_set_memory(struct xvcpu_vm *vm, struct xvcpu_memory __user *arg)
{
	struct xvcpu_memory_slot *entries;
	struct xvcpu_memory args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	if (!xvcpu_memory_is_owner(&vm->memory))
		err = -EIO;
	else if (args.flags)
		err = args_refuse(&args.error, XVCPU_ERR_FLAGS, offsetof(typeof(args), flags),
				  args.flags, 0);
	else if (args.entry_size != sizeof(*entries))
		err = args_refuse(&args.error, XVCPU_ERR_SIZE, offsetof(typeof(args), entry_size),
				  args.entry_size, sizeof(*entries));
	else if (!args.nr || args.nr > XVCPU_MAX_SLOTS)
		err = args_refuse(&args.error, XVCPU_ERR_RANGE, offsetof(typeof(args), nr),
				  args.nr, args.nr ? XVCPU_MAX_SLOTS : 1);
	if (err)
		return args_error(&args, arg, err);

	entries = vmemdup_user(u64_to_user_ptr(args.slots), array_size(args.nr, sizeof(*entries)));
	if (IS_ERR(entries))
		return args_error(&args, arg, PTR_ERR(entries));
	err = xvcpu_memory_set(&vm->memory, entries, args.nr, &args.error);
	kvfree(entries);
	return args_error(&args, arg, err);
}

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct xvcpu_vm *vm = file->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case XVCPU_GET_INFO:
		return xvcpu_get_info(argp);
	case XVCPU_CREATE_VCPU:
		return xvcpu_vcpu_create(vm, argp);
	case XVCPU_SET_MEMORY:
		return vm_set_memory(vm, argp);
	case XVCPU_SET_POLICY:
		return xvcpu_vm_set_policy(vm, argp);
	}
	return -ENOTTY;
}

static int vm_release(struct inode *inode, struct file *file)
{
	xvcpu_vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = vm_release,
	.llseek = noop_llseek,
};

static int create_vm_check(struct xvcpu_create_vm *args)
{
	struct xvcpu_error *error = &args->error;

	if (args->flags & ~XVCPU_VM_MSR_EXIT)
		return args_refuse(error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, XVCPU_VM_MSR_EXIT);
	if (args->lapic != XVCPU_LAPIC_NONE)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), lapic),
				   args->lapic, XVCPU_LAPIC_NONE);
	if (args->gpa_bits && args->gpa_bits < GPA_BITS_LEAST)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), gpa_bits),
				   args->gpa_bits, GPA_BITS_LEAST);
	if (args->gpa_bits > vmx_gpa_bits())
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), gpa_bits),
				   args->gpa_bits, vmx_gpa_bits());
	if (args->views)
		return args_refuse(error, XVCPU_ERR_RANGE, offsetof(typeof(*args), views),
				   args->views, 0);
	if (args->reserved)
		return args_refuse(error, XVCPU_ERR_RESERVED, offsetof(typeof(*args), reserved),
				   args->reserved, 0);
	return 0;
}

static struct xvcpu_vm *vm_new(struct xvcpu_create_vm *args)
{
	struct ept_config config;
	struct xvcpu_vm *vm;
	int err;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	kref_init(&vm->refs);
	mutex_init(&vm->lock);
	init_waitqueue_head(&vm->hold_wait);
	vm->flags = args->flags;
	vm->serial = atomic_inc_return(&vm_serials);
	vm->owner = task_tgid_nr(current);

	err = vmx_enable(&args->error);
	if (err)
		goto out_free;
	vmx_ept_config(&config);
	err = xvcpu_memory_init(&vm->memory, args->gpa_bits ?: vmx_gpa_bits(), &config);
	if (err)
		goto out_disable;
	vm->tsc_offset = args->tsc - rdtsc_ordered();
	return vm;

out_disable:
	vmx_disable();
out_free:
	kfree(vm);
	return ERR_PTR(err);
}

static long vm_create(struct xvcpu_create_vm *args)
{
	struct xvcpu_vm *vm;
	struct file *file;
	int fd, err;

	err = create_vm_check(args);
	if (err)
		return err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	vm = vm_new(args);
	if (IS_ERR(vm)) {
		err = PTR_ERR(vm);
		goto out_fd;
	}
	file = anon_inode_getfile("[xvcpu-vm]", &vm_fops, vm, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		xvcpu_vm_put(vm);
		goto out_fd;
	}
	xvcpu_debugfs_vm_add(vm);
	fd_install(fd, file);
	return fd;

out_fd:
	put_unused_fd(fd);
	return err;
}

/**
 * xvcpu_vm_create - XVCPU_CREATE_VM
 * @arg: the caller's struct
 */
long xvcpu_vm_create(struct xvcpu_create_vm __user *arg)
{
	struct xvcpu_create_vm args;
	long ret = args_get(&args, arg);

	if (ret)
		return ret;
	args_clear_error(&args.error);
	ret = vm_create(&args);
	return args_error(&args, arg, ret);
}
