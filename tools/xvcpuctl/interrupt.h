/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the interrupt controller's output to the vCPU that it is wired to, the first one.
 *
 * The controller is acknowledged on the vCPU's own thread, at the moment when the guest can take
 * the interrupt and not before. Whoever raises the output wakes a vCPU that halted and kicks one
 * that runs; a vCPU whose guest cannot take it yet asks for the interrupt window. Nothing polls.
 *
 * pin.lock protects nothing but the wait: pin.up and pin.running are atomic. It is a leaf.
 */
#ifndef XVCPUCTL_INTERRUPT_H
#define XVCPUCTL_INTERRUPT_H

#include <pthread.h>
#include <stdatomic.h>

#include "types.h"

struct vmm;
struct vmm_vcpu;

/**
 * struct interrupt_pin - the processor's INTR pin
 * @up:      its level
 * @running: the vCPU is in RUN, or about to be
 * @lock:    for @wake
 * @wake:    signalled when the pin goes up, and when the machine ends
 */
struct interrupt_pin {
	atomic_bool up;
	atomic_bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

/** interrupt_init() - the pin is down and nobody waits */
void interrupt_init(struct interrupt_pin *pin);

/**
 * interrupt_set() - the controller's output changed
 * @vmm: the machine
 * @up:  its level now
 *
 * Any thread, with machine.lock held.
 */
void interrupt_set(struct vmm *vmm, bool up);

/** interrupt_wake() - let a vCPU that waits look at vmm.stopping; any thread */
void interrupt_wake(struct interrupt_pin *pin);

/**
 * interrupt_offer() - before a run: give the vCPU the interrupt that waits, or ask for the window
 * @vcpu: the vCPU; its exit section says what the guest can take
 *
 * A vCPU that has halted waits here until there is an interrupt, or the machine ends.
 *
 * Return: 0, or a negative errno: the interrupt was acknowledged and the vCPU refuses it.
 */
int interrupt_offer(struct vmm_vcpu *vcpu);

/** interrupt_left() - the run that interrupt_offer() prepared is over */
void interrupt_left(struct vmm_vcpu *vcpu);

#endif /* XVCPUCTL_INTERRUPT_H */
