/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vCPU object: run area, mode, requests.
 */
#ifndef XVCPU_VCPU_H
#define XVCPU_VCPU_H

#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <asm/fpu/types.h>

#include <xvcpu.h>

#include "budget.h"
#include "ept/ept.h"
#include "mmio.h"
#include "string_io.h"
#include "vmx/vmx.h"

struct dentry;
struct file;
struct xvcpu_vm;

/**
 * enum xvcpu_mode - where the thread in RUN is, for those who want it out of the guest
 * @XVCPU_OUTSIDE:  not in the guest
 * @XVCPU_IN_GUEST: in the guest or on the last steps to it, with IRQs off
 * @XVCPU_EXITING:  likewise, and an IPI that ends it is under way
 */
enum xvcpu_mode {
	XVCPU_OUTSIDE,
	XVCPU_IN_GUEST,
	XVCPU_EXITING,
};

/* Sections of the run area, a page each. */
#define RUN_REQUEST	0
#define RUN_EXIT	(1 * PAGE_SIZE)
#define RUN_SYNC	(2 * PAGE_SIZE)
#define RUN_DATA	(3 * PAGE_SIZE)
#define RUN_SIZE	(4 * PAGE_SIZE)
#define STATS_OFFSET	RUN_SIZE
#define STATS_SIZE	PAGE_SIZE

/**
 * struct xvcpu_vcpu - a virtual CPU
 *
 * @lock serialises everything that is not RUN, and the ends of RUN: RUN sets @running under it and
 * then owns the vCPU without it, so that nothing ever waits for a guest. Lock order:
 * docs/architecture.md.
 *
 * @vmx:       the VMX side
 * @vm:        referenced
 * @id:        0 to XVCPU_MAX_VCPUS - 1
 * @apic_id:   what the guest is told
 * @lock:      see above
 * @running:   a thread is in RUN; under @lock
 * @begun:     it was, since it was made or reset; under @lock
 * @lost:      what the processor held of its state is lost; until RESET
 * @affinity:  hint of XVCPU_SET_AFFINITY; under @lock
 * @parked:    that thread sleeps outside the guest; under @lock
 * @owed:      the thread in RUN enters whatever @stoppers is; only its own
 * @stoppers:  calls that want the vCPU stopped (stop.c)
 * @stop_wait: they wait for the thread, and it for them
 * @mode:      &enum xvcpu_mode
 * @cpu:       CPU of the thread while @mode is not OUTSIDE
 * @kicked:    a kick that no RUN has consumed
 * @file:      lives as long as the vCPU, which has no reference to it
 * @held:      @file, if the thread in RUN took a reference
 * @notifier:  tells when the thread in RUN is switched out
 * @budget:    ends a stay without the help of VMX
 * @fpu:       guest FPU
 * @cache:     EPT tables for the next fault
 * @mmio:      with VMX_WAITS_MMIO
 * @string:    with VMX_WAITS_INS and VMX_WAITS_OUTS
 * @run:       the run area, RUN_SIZE bytes
 * @stats:     the statistics page
 * @debugfs:   its file in debugfs, NULL or an error pointer if there is none
 * @rcu:       frees it
 */
struct xvcpu_vcpu {
	struct vmx_vcpu vmx;
	struct xvcpu_vm *vm;
	u32 id;
	u32 apic_id;

	struct mutex lock; /* everything that is not RUN, @running and @parked */
	bool running;
	bool begun;
	bool lost;
	struct {
		s32 preferred;
		__u64 set[XVCPU_AFFINITY_CPUS / 64];
	} affinity;
	bool parked;
	bool owed;
	atomic_t stoppers;
	wait_queue_head_t stop_wait;

	int mode;
	int cpu;
	atomic_t kicked;

	struct file *file;
	struct file *held;
	struct preempt_notifier notifier;
	struct xvcpu_budget budget;
	struct fpu_guest fpu;
	struct ept_cache cache;
	struct xvcpu_mmio mmio;
	struct xvcpu_string string;
	void *run;
	void *stats;
	struct dentry *debugfs;
	struct rcu_head rcu;
};

static inline struct xvcpu_vcpu *vcpu_of(const struct vmx_vcpu *vmx)
{
	return container_of(vmx, struct xvcpu_vcpu, vmx);
}

static inline struct xvcpu_run_request *run_request(struct xvcpu_vcpu *vcpu)
{
	return vcpu->run + RUN_REQUEST;
}

static inline struct xvcpu_run_exit *run_exit(struct xvcpu_vcpu *vcpu)
{
	return vcpu->run + RUN_EXIT;
}

static inline struct xvcpu_run_sync *run_sync(struct xvcpu_vcpu *vcpu)
{
	return vcpu->run + RUN_SYNC;
}

static inline void *run_data(struct xvcpu_vcpu *vcpu)
{
	return vcpu->run + RUN_DATA;
}

/* vcpu.c */
long xvcpu_vcpu_create(struct xvcpu_vm *vm, struct xvcpu_create_vcpu __user *arg);
void xvcpu_vcpu_kick_out(struct xvcpu_vcpu *vcpu, bool wait);
int xvcpu_vcpu_load(struct xvcpu_vcpu *vcpu);
void xvcpu_vcpu_unload(struct xvcpu_vcpu *vcpu);

/* run.c */
long xvcpu_vcpu_run(struct xvcpu_vcpu *vcpu);

/* life.c */
u32 xvcpu_vcpu_life(const struct xvcpu_vcpu *vcpu);
long xvcpu_vcpu_get_life(struct xvcpu_vcpu *vcpu, struct xvcpu_life __user *arg);
long xvcpu_vcpu_set_affinity(struct xvcpu_vcpu *vcpu, struct xvcpu_affinity __user *arg);

/* stop.c */
int xvcpu_vcpu_stop(struct xvcpu_vcpu *vcpu);
void xvcpu_vcpu_continue(struct xvcpu_vcpu *vcpu);
void xvcpu_vcpu_park(struct xvcpu_vcpu *vcpu);

/* event.c */
long xvcpu_vcpu_interrupt(struct xvcpu_vcpu *vcpu, struct xvcpu_interrupt __user *arg);
long xvcpu_vcpu_nmi(struct xvcpu_vcpu *vcpu, struct xvcpu_nmi __user *arg);
long xvcpu_vcpu_exception(struct xvcpu_vcpu *vcpu, struct xvcpu_exception __user *arg);

/* complete.c */
int xvcpu_complete(struct xvcpu_vcpu *vcpu, const struct xvcpu_run_request *request,
		   struct xvcpu_error *error);
int xvcpu_sync_out(struct xvcpu_vcpu *vcpu, u64 groups);

/* mmio.c */
enum vmx_next xvcpu_memory_exit_to_user(struct xvcpu_vcpu *vcpu, int error);
enum vmx_next xvcpu_mmio_exit(struct xvcpu_vcpu *vcpu);
bool xvcpu_mmio_complete(struct xvcpu_vcpu *vcpu, u64 data);
int xvcpu_mmio_go_on(struct xvcpu_vcpu *vcpu);

/* access.c */
extern const struct walk_ops xvcpu_walk_ops;
long xvcpu_vcpu_translate(struct xvcpu_vcpu *vcpu, struct xvcpu_translate __user *arg);
long xvcpu_vcpu_access(struct xvcpu_vcpu *vcpu, struct xvcpu_access __user *arg);

/* fpu.c */
u32 xvcpu_fpu_size_max(void);
void *xvcpu_fpu_reset_state(struct xvcpu_vcpu *vcpu);
int xvcpu_fpu_check(const struct xvcpu_vcpu *vcpu, const struct vmx_limits *limits,
		    const void *data, u32 size, struct xvcpu_error *error);
void xvcpu_fpu_set(struct xvcpu_vcpu *vcpu, const void *data);
void xvcpu_fpu_get(struct xvcpu_vcpu *vcpu, void *data);

/* state.c */
long xvcpu_vcpu_get_state(struct xvcpu_vcpu *vcpu, struct xvcpu_state __user *arg);
long xvcpu_vcpu_set_state(struct xvcpu_vcpu *vcpu, struct xvcpu_state __user *arg);

#endif /* XVCPU_VCPU_H */
