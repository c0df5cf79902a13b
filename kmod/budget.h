/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The budget of a RUN.
 */
#ifndef XVCPU_BUDGET_H
#define XVCPU_BUDGET_H

#include <linux/hrtimer.h>
#include <linux/types.h>

#include <xvcpu.h>

struct xvcpu_vcpu;

/**
 * struct xvcpu_budget - what ends a stay where the processor has no timer for it
 * @timer: fires when the guest cannot have anything left
 * @armed: @timer has not fired
 */
struct xvcpu_budget {
	struct hrtimer timer;
	bool armed;
};

void xvcpu_budget_init(struct xvcpu_vcpu *vcpu);
void xvcpu_budget_begin(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request);
u64 xvcpu_budget_end(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request);
void xvcpu_budget_arm(struct xvcpu_vcpu *vcpu);

#endif /* XVCPU_BUDGET_H */
