// SPDX-License-Identifier: GPL-2.0-only
/*
 * The budget of a RUN: how long the guest may be in non-root mode until RUN returns.
 *
 * vmx/ measures the stays and, with a working VMX-preemption timer, ends them. Without one an
 * hrtimer does. It runs on wall-clock time, which is never behind what the guest has used: when it
 * fires too early it is armed again. What is left is looked at by the run loop only.
 *
 * @timer and @armed: the thread in RUN arms with IRQs off, having published IN_GUEST; the callback
 * clears @armed, and then looks at the mode. One of the two always sees the other.
 */
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <asm/tsc.h>

#include <xvcpu.h>

#include "vcpu.h"

#define KHZ_PER_TICK_PER_NS	1000000u

static enum hrtimer_restart fired(struct hrtimer *timer)
{
	struct xvcpu_vcpu *vcpu = container_of(timer, struct xvcpu_vcpu, budget.timer);

	WRITE_ONCE(vcpu->budget.armed, false);
	/* Pairs with the barrier in run_guest(): see the top of this file. */
	smp_mb();
	xvcpu_vcpu_kick_out(vcpu, false);
	return HRTIMER_NORESTART;
}

void xvcpu_budget_init(struct xvcpu_vcpu *vcpu)
{
	hrtimer_init(&vcpu->budget.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	vcpu->budget.timer.function = fired;
}

/* @value * @mul / @div, as large as it can be told. */
static u64 scale(u64 value, u32 mul, u32 div)
{
	u64 high, result;
	u32 rest;

	if (check_mul_overflow(div_u64_rem(value, div, &rest), (u64)mul, &high) ||
	    check_add_overflow(high, div_u64((u64)rest * mul, div), &result))
		return U64_MAX;
	return result;
}

static u64 ticks_of(u64 ns)
{
	return scale(ns, tsc_khz, KHZ_PER_TICK_PER_NS);
}

/* Rounded up: what is left is not told as nothing. */
static u64 ns_of(u64 ticks)
{
	u64 ns = scale(ticks, KHZ_PER_TICK_PER_NS, max(tsc_khz, 1u));

	return ns + (ticks && ns < U64_MAX);
}

/**
 * xvcpu_budget_begin - a RUN begins
 * @vcpu: the vCPU
 * @request: its request, checked
 */
void xvcpu_budget_begin(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request)
{
	struct vmx_budget *budget = &vcpu->vmx.budget;

	budget->on = request->flags & (XVCPU_RUN_BUDGET | XVCPU_RUN_BUDGET_TSC);
	budget->left = request->flags & XVCPU_RUN_BUDGET ? ticks_of(request->budget) :
							   request->budget;
}

/**
 * xvcpu_budget_end - a RUN ends
 * @vcpu: the vCPU
 * @request: its request
 *
 * Return: what is left, in the request's unit; 0 without a budget.
 */
u64 xvcpu_budget_end(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request)
{
	struct vmx_budget *budget = &vcpu->vmx.budget;

	if (!budget->on)
		return 0;
	if (!vmx_has_timer())
		hrtimer_cancel(&vcpu->budget.timer);
	vcpu->budget.armed = false;
	return request->flags & XVCPU_RUN_BUDGET ? min(ns_of(budget->left), request->budget) :
						   budget->left;
}

/**
 * xvcpu_budget_arm - the guest is about to be entered with a budget, and without a VMX timer
 * @vcpu: the vCPU
 *
 * IRQs off, mode published.
 */
void xvcpu_budget_arm(struct xvcpu_vcpu *vcpu)
{
	if (READ_ONCE(vcpu->budget.armed))
		return;
	WRITE_ONCE(vcpu->budget.armed, true);
	hrtimer_start(&vcpu->budget.timer, ns_to_ktime(min_t(u64, ns_of(vcpu->vmx.budget.left),
							     KTIME_MAX)),
		      HRTIMER_MODE_REL_PINNED_HARD);
}
