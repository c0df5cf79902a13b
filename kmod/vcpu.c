// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPU objects: the fd, the run area, kicks.
 */
#include <linux/anon_inodes.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <trace/events/ipi.h>
#include <asm/fpu/api.h>
#include <asm/fpu/types.h>

#include <xvcpu.h>

#include "args.h"
#include "compat.h"
#include "debugfs.h"
#include "info.h"
#include "policy.h"
#include "trace.h"
#include "vcpu.h"
#include "vm.h"

#define APIC_ID_MAX	254

/* Upcalls of vmx/. */
unsigned int xvcpu_vcpu_apic_id(const struct vmx_vcpu *vmx)
{
	return vcpu_of(vmx)->apic_id;
}

bool xvcpu_vcpu_msr_exits(const struct vmx_vcpu *vmx)
{
	return vcpu_of(vmx)->vm->flags & XVCPU_VM_MSR_EXIT;
}

void xvcpu_vcpu_kill(struct vmx_vcpu *vmx)
{
	xvcpu_vm_kill(vcpu_of(vmx)->vm);
}

static void left_guest(void *unused)
{
}

/**
 * xvcpu_vcpu_kick_out - make a vCPU leave guest mode, if it is there
 * @vcpu: the vCPU
 * @wait: until it has left; else an IPI is sent and that is all
 *
 * The caller has published its reason, with a full barrier behind it: a vCPU that is found
 * outside looks for reasons after it has published that it goes in (run.c). IRQs on, any lock but
 * those of the run loop held.
 */
void xvcpu_vcpu_kick_out(struct xvcpu_vcpu *vcpu, bool wait)
{
	int mode = READ_ONCE(vcpu->mode);

	trace_xvcpu_kick(&vcpu->vmx.identity, mode, wait);
	if (mode == XVCPU_OUTSIDE)
		return;
	if (wait)
		smp_call_function_single(READ_ONCE(vcpu->cpu), left_guest, NULL, 1);
	else if (cmpxchg(&vcpu->mode, XVCPU_IN_GUEST, XVCPU_EXITING) == XVCPU_IN_GUEST)
		smp_send_reschedule(READ_ONCE(vcpu->cpu));
}

static long vcpu_kick(struct xvcpu_vcpu *vcpu)
{
	/* A full barrier, as xvcpu_vcpu_kick_out() wants. */
	atomic_xchg(&vcpu->kicked, 1);
	xvcpu_vcpu_kick_out(vcpu, false);
	return 0;
}

/*
 * The thread in RUN finds lost hardware when it enters the guest. Calls that do not enter would
 * take zeros for the guest's state.
 */
static int load_here(struct xvcpu_vcpu *vcpu)
{
	int err = vmx_load(&vcpu->vmx);

	if (!err && unlikely(!vcpu->running || vcpu->parked) && !vmx_is_here(&vcpu->vmx))
		return -EIO;
	return err;
}

/**
 * xvcpu_vcpu_load - make the vCPU's hardware state accessible on this CPU
 * @vcpu: the vCPU
 *
 * On success preemption is off until xvcpu_vcpu_unload().
 *
 * Return: 0; -ENODEV: VMX was turned off under us on a CPU that is not going away.
 */
int xvcpu_vcpu_load(struct xvcpu_vcpu *vcpu)
{
	bool active;
	int err;

	if (unlikely(READ_ONCE(vcpu->lost)))
		return -ENODEV;
	for (;;) {
		preempt_disable();
		err = load_here(vcpu);
		if (!err)
			return 0;
		active = cpu_active(smp_processor_id());
		preempt_enable();
		if (err != -EAGAIN || active) {
			WRITE_ONCE(vcpu->lost, true);
			return -ENODEV;
		}
		/* This CPU goes offline: the scheduler moves us when we ask it. */
		schedule_timeout_uninterruptible(1);
	}
}

void xvcpu_vcpu_unload(struct xvcpu_vcpu *vcpu)
{
	preempt_enable();
}

/* Preemption off on success; @lost: the VMCS is empty. */
static int load_for_reset(struct xvcpu_vcpu *vcpu, bool *lost)
{
	*lost = true;
	if (!vcpu->lost && !xvcpu_vcpu_load(vcpu)) {
		*lost = false;
		return 0;
	}
	vmx_vcpu_forget(&vcpu->vmx);
	/* Loading says so again, if VMX has not come back. */
	vcpu->lost = false;
	return xvcpu_vcpu_load(vcpu);
}

/* Under vcpu->lock. */
static long vcpu_do_reset(struct xvcpu_vcpu *vcpu, struct xvcpu_error *error)
{
	bool lost;
	void *state;
	long err;

	if (vcpu->running) {
		args_refuse(error, XVCPU_ERR_RUNNING, 0, 0, 0);
		return -EBUSY;
	}
	state = xvcpu_fpu_reset_state(vcpu);
	if (!state)
		return -ENOMEM;
	err = load_for_reset(vcpu, &lost);
	if (!err) {
		if (lost)
			vmx_vcpu_rebuild(&vcpu->vmx);
		vcpu->begun = false;
		xvcpu_fpu_set(vcpu, state);
		vmx_vcpu_reset(&vcpu->vmx, vcpu->vm->tsc_offset, !vcpu->id);
		WRITE_ONCE(run_sync(vcpu)->valid, 0);
		xvcpu_vcpu_unload(vcpu);
		trace_xvcpu_state(&vcpu->vmx.identity, XVCPU_LIFE_CREATED);
	}
	kfree(state);
	return err;
}

static long vcpu_reset(struct xvcpu_vcpu *vcpu, struct xvcpu_reset __user *arg)
{
	struct xvcpu_reset args;
	long err = args_get(&args, arg);

	if (err)
		return err;
	args_clear_error(&args.error);
	if (args.flags)
		return args_error(&args, arg,
				  args_refuse(&args.error, XVCPU_ERR_FLAGS,
					      offsetof(typeof(args), flags), args.flags, 0));
	err = -EINTR;
	if (!mutex_lock_killable(&vcpu->lock)) {
		err = vcpu_do_reset(vcpu, &args.error);
		mutex_unlock(&vcpu->lock);
	}
	return args_error(&args, arg, err);
}

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct xvcpu_vcpu *vcpu = file->private_data;
	void __user *argp = (void __user *)arg;

	switch (cmd) {
	case XVCPU_RUN:
		return arg ? -EINVAL : xvcpu_vcpu_run(vcpu);
	case XVCPU_KICK:
		return arg ? -EINVAL : vcpu_kick(vcpu);
	case XVCPU_GET_STATE:
		return xvcpu_vcpu_get_state(vcpu, argp);
	case XVCPU_SET_STATE:
		return xvcpu_vcpu_set_state(vcpu, argp);
	case XVCPU_RESET:
		return vcpu_reset(vcpu, argp);
	case XVCPU_INTERRUPT:
		return xvcpu_vcpu_interrupt(vcpu, argp);
	case XVCPU_NMI:
		return xvcpu_vcpu_nmi(vcpu, argp);
	case XVCPU_TRANSLATE:
		return xvcpu_vcpu_translate(vcpu, argp);
	case XVCPU_ACCESS:
		return xvcpu_vcpu_access(vcpu, argp);
	case XVCPU_SET_AFFINITY:
		return xvcpu_vcpu_set_affinity(vcpu, argp);
	case XVCPU_GET_LIFE:
		return xvcpu_vcpu_get_life(vcpu, argp);
	case XVCPU_EXCEPTION:
		return xvcpu_vcpu_exception(vcpu, argp);
	case XVCPU_SET_INTERCEPTS:
		return xvcpu_vcpu_set_intercepts(vcpu, argp);
	case XVCPU_GET_INFO:
		return xvcpu_get_info(argp);
	}
	return -ENOTTY;
}

/* Pages of the run area live as long as the file, which the mapping holds. */
static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct xvcpu_vcpu *vcpu = file->private_data;
	unsigned long size = vma->vm_end - vma->vm_start, offset;
	void *area;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff == 0 && size == RUN_SIZE)
		area = vcpu->run;
	else if (vma->vm_pgoff == STATS_OFFSET >> PAGE_SHIFT && size == STATS_SIZE)
		area = vcpu->stats;
	else
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	if (area == vcpu->stats && (vma->vm_flags & VM_WRITE))
		return -EACCES;

	compat_vm_flags_clear(vma, VM_MAYEXEC);
	if (area == vcpu->stats)
		compat_vm_flags_clear(vma, VM_MAYWRITE);
	compat_vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		err = vm_insert_page(vma, vma->vm_start + offset, virt_to_page(area + offset));
		if (err)
			return err;
	}
	return 0;
}

static void vcpu_free(struct xvcpu_vcpu *vcpu)
{
	ept_cache_drain(&vcpu->cache);
	fpu_free_guest_fpstate(&vcpu->fpu);
	if (vcpu->run)
		free_pages_exact(vcpu->run, RUN_SIZE);
	free_page((unsigned long)vcpu->stats);
	/* A kicker may still look at its mode. */
	kvfree_rcu(vcpu, rcu);
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct xvcpu_vcpu *vcpu = file->private_data;
	struct xvcpu_vm *vm = vcpu->vm;

	trace_xvcpu_state(&vcpu->vmx.identity, XVCPU_TRACE_DESTROYED);
	/* While the id is taken: the next vCPU of that id has a file of the same name. */
	xvcpu_debugfs_vcpu_remove(vcpu);
	mutex_lock(&vm->lock);
	WRITE_ONCE(vm->vcpus[vcpu->id], NULL);
	mutex_unlock(&vm->lock);
	vmx_vcpu_destroy(&vcpu->vmx);
	vcpu_free(vcpu);
	xvcpu_vm_put(vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = vcpu_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = vcpu_mmap,
	.release = vcpu_release,
	.llseek = noop_llseek,
};

static int vcpu_alloc_areas(struct xvcpu_vcpu *vcpu)
{
	void *state;

	BUILD_BUG_ON(sizeof(struct xvcpu_run_stats) > STATS_SIZE);

	vcpu->run = alloc_pages_exact(RUN_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	vcpu->stats = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vcpu->run || !vcpu->stats || !fpu_alloc_guest_fpstate(&vcpu->fpu))
		return -ENOMEM;
	state = xvcpu_fpu_reset_state(vcpu);
	if (!state)
		return -ENOMEM;
	xvcpu_fpu_set(vcpu, state);
	kfree(state);
	vcpu->vmx.run_exit = run_exit(vcpu);
	vcpu->vmx.stats = vcpu->stats;
	vcpu->vmx.counters = vcpu->vmx.stats->counters;
	return 0;
}

static struct xvcpu_vcpu *vcpu_new(struct xvcpu_vm *vm, u32 id, u32 apic_id)
{
	struct xvcpu_vcpu *vcpu = kvzalloc(sizeof(*vcpu), GFP_KERNEL_ACCOUNT);
	int err;

	if (!vcpu)
		return ERR_PTR(-ENOMEM);
	mutex_init(&vcpu->lock);
	init_waitqueue_head(&vcpu->stop_wait);
	xvcpu_budget_init(vcpu);
	vcpu->vm = vm;
	vcpu->vmx.policy = &vm->policy;
	vcpu->id = id;
	vcpu->apic_id = apic_id;
	vcpu->affinity.preferred = XVCPU_AFFINITY_ANY;
	vcpu->vmx.identity = (struct vmx_identity){ vm->owner, vm->serial, id };
	err = vcpu_alloc_areas(vcpu);
	if (err)
		goto out_free;
	err = vmx_vcpu_init(&vcpu->vmx, &vm->memory.ept);
	if (err)
		goto out_free;
	err = xvcpu_vcpu_load(vcpu);
	if (err)
		goto out_vmx;
	vmx_vcpu_setup(&vcpu->vmx, vm->tsc_offset, !id);
	xvcpu_vcpu_unload(vcpu);
	return vcpu;

out_vmx:
	vmx_vcpu_destroy(&vcpu->vmx);
out_free:
	vcpu_free(vcpu);
	return ERR_PTR(err);
}

/* Under vm->lock. */
static int vcpu_ids_free(struct xvcpu_vm *vm, struct xvcpu_create_vcpu *args)
{
	unsigned int i;

	if (vm->vcpus[args->id]) {
		args_refuse(&args->error, XVCPU_ERR_EXISTS, offsetof(typeof(*args), id),
			    args->id, 0);
		return -EEXIST;
	}
	for (i = 0; i < XVCPU_MAX_VCPUS; i++) {
		if (!vm->vcpus[i] || vm->vcpus[i]->apic_id != args->apic_id)
			continue;
		args_refuse(&args->error, XVCPU_ERR_EXISTS, offsetof(typeof(*args), apic_id),
			    args->apic_id, i);
		return -EEXIST;
	}
	return 0;
}

static int create_vcpu_check(struct xvcpu_create_vcpu *args)
{
	if (args->flags)
		return args_refuse(&args->error, XVCPU_ERR_FLAGS, offsetof(typeof(*args), flags),
				   args->flags, 0);
	if (args->id >= XVCPU_MAX_VCPUS)
		return args_refuse(&args->error, XVCPU_ERR_RANGE, offsetof(typeof(*args), id),
				   args->id, XVCPU_MAX_VCPUS - 1);
	if (args->apic_id > APIC_ID_MAX)
		return args_refuse(&args->error, XVCPU_ERR_RANGE,
				   offsetof(typeof(*args), apic_id), args->apic_id, APIC_ID_MAX);
	args->id = array_index_nospec(args->id, XVCPU_MAX_VCPUS);
	return 0;
}

/* Under vm->lock: the fd is installed last, when nothing can fail any more. */
static long vcpu_create(struct xvcpu_vm *vm, struct xvcpu_create_vcpu *args)
{
	struct xvcpu_vcpu *vcpu;
	struct file *file;
	int fd, err;

	err = vcpu_ids_free(vm, args);
	if (err)
		return err;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	vcpu = vcpu_new(vm, args->id, args->apic_id);
	if (IS_ERR(vcpu)) {
		err = PTR_ERR(vcpu);
		goto out_fd;
	}
	file = anon_inode_getfile("[xvcpu-vcpu]", &vcpu_fops, vcpu, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto out_vcpu;
	}
	vcpu->file = file;
	xvcpu_vm_get(vm);
	xvcpu_debugfs_vcpu_add(vcpu);
	trace_xvcpu_state(&vcpu->vmx.identity, XVCPU_LIFE_CREATED);
	/* Pairs with READ_ONCE() in xvcpu_vm_kick_guests(). */
	smp_store_release(&vm->vcpus[args->id], vcpu);
	fd_install(fd, file);
	return fd;

out_vcpu:
	vmx_vcpu_destroy(&vcpu->vmx);
	vcpu_free(vcpu);
out_fd:
	put_unused_fd(fd);
	return err;
}

/**
 * xvcpu_vcpu_create - XVCPU_CREATE_VCPU
 * @vm: the VM
 * @arg: the caller's struct
 */
long xvcpu_vcpu_create(struct xvcpu_vm *vm, struct xvcpu_create_vcpu __user *arg)
{
	struct xvcpu_create_vcpu args;
	long ret = args_get(&args, arg);

	if (ret)
		return ret;
	args_clear_error(&args.error);
	ret = create_vcpu_check(&args);
	if (!ret && mutex_lock_killable(&vm->lock)) {
		ret = -EINTR;
	} else if (!ret) {
		ret = vcpu_create(vm, &args);
		mutex_unlock(&vm->lock);
	}
	return args_error(&args, arg, ret);
}
