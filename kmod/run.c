// SPDX-License-Identifier: GPL-2.0-only
/*
 * XVCPU_RUN: into the guest, again and again, until something needs the VMM.
 *
 * The thread in RUN owns the vCPU (vcpu->running) and holds no lock while the guest runs.
 *
 * Getting it out of the guest: whoever wants that publishes a reason (a kick, a hold, a new EPT
 * generation, a signal), then a full barrier, then looks at vcpu->mode. This side publishes
 * XVCPU_IN_GUEST, then a full barrier, then looks for reasons, all with IRQs off, so that an IPI
 * sent to a vCPU in guest mode is pending at the latest when the guest is entered, and ends it at
 * once. One of the two always sees the other.
 */
#include <linux/entry-common.h>
#include <linux/entry-kvm.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kvm_host.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/thread_info.h>
#include <linux/wait.h>
#include <linux/vtime.h>
#include <asm/cpu.h>
#include <asm/fpu/api.h>

#include <xvcpu.h>

#include "args.h"
#include "trace.h"
#include "vcpu.h"
#include "vm.h"

/* What ends RUN, and what only takes the guest out for a while. */
#define SIGNAL_FLAGS	(_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL)
#define WORK_FLAGS	(_TIF_NEED_RESCHED | _TIF_NOTIFY_RESUME)
#define LEAVE_FLAGS	(SIGNAL_FLAGS | WORK_FLAGS)

/*
 * The kernel does the work of the way to userspace (the scheduler's, rseq's after each preemption,
 * task work) for guests too, but through KVM's struct: it counts a signal that comes meanwhile in
 * @stat and names it in @run. These are there to be written to; nobody reads them, so that threads
 * may do so at once.
 */
static struct kvm_run unread_run;
static struct kvm_vcpu unread_vcpu = { .run = &unread_run };

static void switched_in(struct preempt_notifier *notifier, int cpu)
{
	/* Loading waits until the run loop has IRQs off and knows that VMX is on here. */
}

static void switched_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	vmx_put(&container_of(notifier, struct xvcpu_vcpu, notifier)->vmx);
}

static struct preempt_ops run_preempt_ops = {
	.sched_in = switched_in,
	.sched_out = switched_out,
};

static void count(struct xvcpu_vcpu *vcpu, unsigned int counter)
{
	vcpu->vmx.counters[counter]++;
}

static bool must_leave(struct xvcpu_vcpu *vcpu)
{
	return (read_thread_flags() & LEAVE_FLAGS) || atomic_read(&vcpu->kicked) ||
	       atomic_read(&vcpu->vm->holders) || (atomic_read(&vcpu->stoppers) && !vcpu->owed) ||
	       READ_ONCE(vcpu->vm->dead);
}

/*
 * Reasons not to enter, in the order that xvcpu.h promises. May sleep.
 *
 * Return: 0: enter; 1: the exit section says why not; else the errno of RUN.
 */
static int pending_work(struct xvcpu_vcpu *vcpu, bool immediate_exit)
{
	unsigned long flags;

	if (unlikely(atomic_read(&vcpu->stoppers)) && !vcpu->owed)
		xvcpu_vcpu_park(vcpu);
	if (READ_ONCE(vcpu->vm->dead))
		return -ENOTRECOVERABLE;
	if (atomic_read(&vcpu->kicked) && atomic_xchg(&vcpu->kicked, 0)) {
		count(vcpu, XVCPU_COUNT_KICKS);
		vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_KICK, VMX_WAITS_NOT);
		return 1;
	}
	flags = read_thread_flags();
	if ((flags & SIGNAL_FLAGS) || immediate_exit)
		return -EINTR;
	if (unlikely(vcpu->vmx.shutdown)) {
		vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_SHUTDOWN, VMX_WAITS_NOT);
		return 1;
	}
	if (unlikely(flags & WORK_FLAGS)) {
		/* Task work may close the fd that RUN was called on, and that may be the last. */
		if (!vcpu->held)
			vcpu->held = get_file(vcpu->file);
		vcpu->vmx.l1d_touched = true;
		if (xfer_to_guest_mode_handle_work(&unread_vcpu))
			return -EINTR;
	}
	if (unlikely(vcpu->vmx.budget.on && !vcpu->vmx.budget.left)) {
		count(vcpu, XVCPU_COUNT_BUDGETS);
		vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_BUDGET, VMX_WAITS_NOT);
		return 1;
	}
	if (unlikely(atomic_read(&vcpu->vm->holders)))
		wait_event_interruptible(vcpu->vm->hold_wait, !atomic_read(&vcpu->vm->holders));
	return 0;
}

/* IRQs off and on again; VMX_RESUME without @entered: look for pending work first. */
static enum vmx_next run_guest(struct xvcpu_vcpu *vcpu, bool *entered)
{
	enum vmx_next next = VMX_RESUME;

	local_irq_disable();
	vcpu->cpu = smp_processor_id();
	/* Pairs with the barrier of whoever wants the vCPU out: see the top of this file. */
	smp_store_mb(vcpu->mode, XVCPU_IN_GUEST);
	*entered = !must_leave(vcpu);
	if (*entered) {
		vcpu->owed = false;
		if (test_thread_flag(TIF_NEED_FPU_LOAD))
			switch_fpu_return();
		if (unlikely(vcpu->vmx.budget.on) && !vmx_has_timer())
			xvcpu_budget_arm(vcpu);
		next = vmx_run(&vcpu->vmx);
		/* What the stay changed is there for whoever sees the vCPU outside. */
		smp_store_release(&vcpu->mode, XVCPU_OUTSIDE);
		/*
		 * The interrupt that ended the stay is the guest's time, as is its tick. STI blocks
		 * interrupts for one more instruction, which must not be the CLI.
		 */
		local_irq_enable();
		asm volatile("nop");
		local_irq_disable();
		vtime_account_guest_exit();
	} else {
		/* Likewise. */
		smp_store_release(&vcpu->mode, XVCPU_OUTSIDE);
	}
	local_irq_enable();
	return next;
}

static bool read_pdptes(struct xvcpu_vcpu *vcpu, u64 cr3, u64 *pdpte)
{
	/* CR3[31:5] points to 32 bytes (SDM "PAE Paging", "PDPTE Registers"). */
	return !xvcpu_memory_read(&vcpu->vm->memory, cr3 & 0xffffffe0, pdpte, 4 * sizeof(*pdpte));
}

/* A change of CR0 or CR4 that turns on PAE paging, or XVCPU_CREGS_LOAD_PDPTE. Sleeps. */
static enum vmx_next paging_exit(struct xvcpu_vcpu *vcpu)
{
	u64 pdpte[4] = {};
	bool readable = read_pdptes(vcpu, vcpu->vmx.paging.cr3, pdpte);
	enum vmx_next next;

	if (xvcpu_vcpu_load(vcpu))
		return VMX_NOT_HERE;
	next = vmx_finish_paging(&vcpu->vmx, pdpte, readable);
	xvcpu_vcpu_unload(vcpu);
	return next;
}

/*
 * The host slows the thread down, or signals it: with the signal the loop leaves, else the guest's
 * instruction runs again with detection off. Sleeps.
 */
static enum vmx_next split_lock_exit(struct xvcpu_vcpu *vcpu)
{
	handle_guest_split_lock(vcpu->vmx.rip);
	return VMX_RESUME;
}

/* An EPT violation: memory, MMIO or neither. Sleeps. */
static enum vmx_next memory_exit(struct xvcpu_vcpu *vcpu)
{
	const struct vmx_fault *fault = &vcpu->vmx.fault;
	enum xvcpu_fault result;
	int err = 0;

	result = xvcpu_memory_fault(&vcpu->vm->memory, &vcpu->cache, fault->gpa, fault->access,
				    &err);
	trace_xvcpu_ept_fault(&vcpu->vmx.identity, fault, result, err);
	switch (result) {
	case XVCPU_FAULT_MAPPED:
		count(vcpu, XVCPU_COUNT_EPT_MAPPED);
		return VMX_RESUME;
	case XVCPU_FAULT_RETRY:
		count(vcpu, XVCPU_COUNT_EPT_RETRY);
		return VMX_RESUME;
	case XVCPU_FAULT_NO_SLOT:
	case XVCPU_FAULT_READONLY:
		if (fault->access & (XVCPU_ACCESS_EXEC | XVCPU_ACCESS_WALK) ||
		    vcpu->vmx.event.info)
			return xvcpu_memory_exit_to_user(vcpu, 0);
		return xvcpu_mmio_exit(vcpu);
	case XVCPU_FAULT_ERROR:
		break;
	}
	return xvcpu_memory_exit_to_user(vcpu, -err);
}

/* One entry and its exit. */
static enum vmx_next run_once(struct xvcpu_vcpu *vcpu)
{
	enum vmx_next next;
	bool entered;

	if (xvcpu_vcpu_load(vcpu))
		return VMX_NOT_HERE;
	if (unlikely(vcpu->vmx.load_pdpte)) {
		vcpu->vmx.load_pdpte = false;
		if (vmx_paging_again(&vcpu->vmx)) {
			xvcpu_vcpu_unload(vcpu);
			return paging_exit(vcpu);
		}
	}
	vmx_prepare(&vcpu->vmx);
	next = run_guest(vcpu, &entered);
	if (entered && next == VMX_RESUME)
		next = vmx_handle_exit(&vcpu->vmx);
	xvcpu_vcpu_unload(vcpu);

	if (next == VMX_MEMORY)
		return memory_exit(vcpu);
	if (next == VMX_PAGING)
		return paging_exit(vcpu);
	if (next == VMX_STRING)
		return xvcpu_string_io_exit(vcpu);
	if (next == VMX_SPLIT_LOCK)
		return split_lock_exit(vcpu);
	return next;
}

static long run_loop(struct xvcpu_vcpu *vcpu, bool immediate_exit)
{
	int err;

	for (;;) {
		err = pending_work(vcpu, immediate_exit);
		if (err)
			return err < 0 ? err : 0;
		switch (run_once(vcpu)) {
		case VMX_TO_USER:
			return 0;
		case VMX_NOT_HERE:
			/* Either loading said so, or VMX was off at the entry itself. */
			WRITE_ONCE(vcpu->lost, true);
			return -ENODEV;
		default:
			break;
		}
	}
}

/* Each member is read once: the VMM may write to the page at any time. */
static void request_read(struct xvcpu_vcpu *vcpu, struct xvcpu_run_request *to)
{
	struct xvcpu_run_request *from = run_request(vcpu);

	to->flags = READ_ONCE(from->flags);
	to->immediate_exit = READ_ONCE(from->immediate_exit);
	to->answer = READ_ONCE(from->answer);
	to->vector = READ_ONCE(from->vector);
	to->error_code = READ_ONCE(from->error_code);
	to->payload = READ_ONCE(from->payload);
	to->sync = READ_ONCE(from->sync);
	to->dirty = READ_ONCE(from->dirty);
	to->budget = READ_ONCE(from->budget);
	to->reserved0 = READ_ONCE(from->reserved0);
}

#define SYNC_GROUPS	(XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS) | \
			 XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS))

#define BUDGET_FLAGS	(XVCPU_RUN_BUDGET | XVCPU_RUN_BUDGET_TSC)
#define RUN_FLAGS	(XVCPU_RUN_INTERRUPT_WINDOW | BUDGET_FLAGS)

static int request_check(const struct xvcpu_run_request *request, struct xvcpu_error *error)
{
	if (request->flags & ~RUN_FLAGS)
		return args_refuse(error, XVCPU_ERR_FLAGS,
				   RUN_REQUEST + offsetof(typeof(*request), flags),
				   request->flags, RUN_FLAGS);
	if (request->reserved0)
		return args_refuse(error, XVCPU_ERR_RESERVED,
				   RUN_REQUEST + offsetof(typeof(*request), reserved0),
				   request->reserved0, 0);
	if (request->sync & ~SYNC_GROUPS)
		return args_refuse(error, XVCPU_ERR_BITS,
				   RUN_REQUEST + offsetof(typeof(*request), sync),
				   request->sync, SYNC_GROUPS);
	if (request->dirty & ~SYNC_GROUPS)
		return args_refuse(error, XVCPU_ERR_BITS,
				   RUN_REQUEST + offsetof(typeof(*request), dirty),
				   request->dirty, SYNC_GROUPS);
	if ((request->flags & BUDGET_FLAGS) == BUDGET_FLAGS)
		return args_refuse(error, XVCPU_ERR_VALUE,
				   RUN_REQUEST + offsetof(typeof(*request), flags),
				   request->flags, request->flags & ~XVCPU_RUN_BUDGET_TSC);
	return 0;
}

/* The thread's FPU and segment state are out, the guest's may go in. */
static long run_inside(struct xvcpu_vcpu *vcpu, bool immediate_exit)
{
	long ret;

	fpu_swap_kvm_fpstate(&vcpu->fpu, true);
	preempt_notifier_init(&vcpu->notifier, &run_preempt_ops);
	preempt_disable();
	preempt_notifier_register(&vcpu->notifier);
	preempt_enable();

	ret = run_loop(vcpu, immediate_exit);

	preempt_disable();
	preempt_notifier_unregister(&vcpu->notifier);
	vmx_put(&vcpu->vmx);
	preempt_enable();
	fpu_swap_kvm_fpstate(&vcpu->fpu, false);
	return ret;
}

static long run_owned(struct xvcpu_vcpu *vcpu)
{
	struct xvcpu_run_request request;
	struct xvcpu_error error = {};
	long ret;
	u64 left;

	if (READ_ONCE(vcpu->vm->dead))
		return -ENOTRECOVERABLE;
	request_read(vcpu, &request);
	ret = request_check(&request, &error);
	if (!ret)
		ret = xvcpu_complete(vcpu, &request, &error);
	if (ret < 0) {
		run_exit(vcpu)->error = error;
		return ret;
	}
	vcpu->vmx.window = request.flags & XVCPU_RUN_INTERRUPT_WINDOW;
	xvcpu_budget_begin(vcpu, &request);
	/* An instruction that needs the VMM again comes before anything that ends RUN. */
	ret = ret ? 0 : run_inside(vcpu, request.immediate_exit);
	left = xvcpu_budget_end(vcpu, &request);
	if (ret == -EINTR) {
		count(vcpu, XVCPU_COUNT_SIGNALS);
		vmx_exit_to_user(&vcpu->vmx, XVCPU_EXIT_SIGNAL, VMX_WAITS_NOT);
	} else if (ret) {
		run_exit(vcpu)->error = error;
		return ret;
	}
	WRITE_ONCE(run_exit(vcpu)->budget_left, left);
	count(vcpu, XVCPU_COUNT_USER_EXITS);
	return xvcpu_sync_out(vcpu, request.sync) ?: ret;
}

/**
 * xvcpu_vcpu_run - XVCPU_RUN
 * @vcpu: the vCPU
 */
long xvcpu_vcpu_run(struct xvcpu_vcpu *vcpu)
{
	struct file *held;
	long ret;

	if (!xvcpu_memory_is_owner(&vcpu->vm->memory))
		return -EIO;
	/* Held by state ioctls only, which do not wait for guests. */
	if (mutex_lock_killable(&vcpu->lock))
		return -EINTR;
	if (vcpu->running) {
		mutex_unlock(&vcpu->lock);
		return -EBUSY;
	}
	WRITE_ONCE(vcpu->running, true);
	vcpu->begun = true;
	mutex_unlock(&vcpu->lock);
	trace_xvcpu_state(&vcpu->vmx.identity, XVCPU_LIFE_RUNNING);

	ret = run_owned(vcpu);

	held = vcpu->held;
	vcpu->held = NULL;
	mutex_lock(&vcpu->lock);
	WRITE_ONCE(vcpu->running, false);
	mutex_unlock(&vcpu->lock);
	trace_xvcpu_state(&vcpu->vmx.identity, xvcpu_vcpu_life(vcpu));
	if (unlikely(atomic_read(&vcpu->stoppers)))
		wake_up_all(&vcpu->stop_wait);
	if (unlikely(held))
		fput(held);
	return ret;
}
