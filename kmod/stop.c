// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping a vCPU that another thread has in RUN, for as long as a call looks at it.
 *
 * Outside RUN, vcpu->lock is all that a call needs. In RUN the vCPU belongs to its thread, which
 * does not hold the lock: a call that must not fail because of that raises @stoppers and kicks; the
 * thread then takes its own state out of the CPU, says that it is parked, and sleeps until no
 * stopper is left. Parked, it is outside RUN for whoever holds the lock.
 *
 * A stopper never waits with the lock held, and the thread never waits for the lock with anything
 * else held, so neither can keep the other. Stoppers that follow each other closely must not keep
 * the guest from running: after it was parked the thread owes the guest a stay (@owed), which it
 * begins whatever stoppers there are; they kick again after a while.
 */
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include <asm/fpu/api.h>

#include "vcpu.h"

static bool vcpu_is_stopped(struct xvcpu_vcpu *vcpu)
{
	return !READ_ONCE(vcpu->running) || READ_ONCE(vcpu->parked);
}

/**
 * xvcpu_vcpu_stop - take vcpu->lock with the vCPU outside the guest
 * @vcpu: the vCPU
 *
 * Sleeps; what the thread in RUN is doing may take as long as a page of guest memory needs.
 * xvcpu_vcpu_continue() must follow.
 *
 * Return: 0 with the lock held; -EINTR: a fatal signal.
 */
int xvcpu_vcpu_stop(struct xvcpu_vcpu *vcpu)
{
	long left;

	atomic_inc(&vcpu->stoppers);
	/* As xvcpu_vcpu_kick_out() wants. */
	smp_mb__after_atomic();
	for (;;) {
		xvcpu_vcpu_kick_out(vcpu, false);
		left = wait_event_killable_timeout(vcpu->stop_wait, vcpu_is_stopped(vcpu), 1);
		if (left < 0)
			break;
		if (!left)
			continue;
		if (mutex_lock_killable(&vcpu->lock))
			break;
		/* It may have gone on, or a RUN may have begun, meanwhile. */
		if (vcpu_is_stopped(vcpu))
			return 0;
		mutex_unlock(&vcpu->lock);
	}
	atomic_dec(&vcpu->stoppers);
	wake_up_all(&vcpu->stop_wait);
	return -EINTR;
}

/**
 * xvcpu_vcpu_continue - the end of what xvcpu_vcpu_stop() began
 * @vcpu: the vCPU
 *
 * The thread goes on even if the next stopper is there already.
 */
void xvcpu_vcpu_continue(struct xvcpu_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->parked, false);
	atomic_dec(&vcpu->stoppers);
	mutex_unlock(&vcpu->lock);
	wake_up_all(&vcpu->stop_wait);
}

/**
 * xvcpu_vcpu_park - wait while somebody has the vCPU stopped
 * @vcpu: the vCPU
 *
 * Called by the run loop, which has the guest's FPU state and perhaps more in the CPU. A signal, or
 * the stopper's end, ends the sleep, not the stop: the lock is waited for.
 */
void xvcpu_vcpu_park(struct xvcpu_vcpu *vcpu)
{
	preempt_disable();
	vmx_put(&vcpu->vmx);
	preempt_enable();
	fpu_swap_kvm_fpstate(&vcpu->fpu, false);

	mutex_lock(&vcpu->lock);
	WRITE_ONCE(vcpu->parked, true);
	mutex_unlock(&vcpu->lock);
	wake_up_all(&vcpu->stop_wait);
	wait_event_interruptible(vcpu->stop_wait, !READ_ONCE(vcpu->parked) ||
				 !atomic_read(&vcpu->stoppers));
	mutex_lock(&vcpu->lock);
	WRITE_ONCE(vcpu->parked, false);
	mutex_unlock(&vcpu->lock);
	vcpu->owed = true;

	fpu_swap_kvm_fpstate(&vcpu->fpu, true);
}
