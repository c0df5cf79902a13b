// SPDX-License-Identifier: GPL-2.0-only
/*
 * The INTR pin (interrupt.h).
 *
 * No interrupt is overlooked between "is there one?" and RUN: this thread says that it runs before
 * it looks at the pin, and who raises the pin does so before he looks whether it runs. A kick stays
 * until a run has returned it.
 */
#include "interrupt.h"

#include "vmm.h"

void interrupt_init(struct interrupt_pin *pin)
{
	atomic_init(&pin->up, false);
	atomic_init(&pin->running, false);
	pthread_mutex_init(&pin->lock, NULL);
	pthread_cond_init(&pin->wake, NULL);
}

void interrupt_wake(struct interrupt_pin *pin)
{
	pthread_mutex_lock(&pin->lock);
	pthread_cond_broadcast(&pin->wake);
	pthread_mutex_unlock(&pin->lock);
}

void interrupt_set(struct vmm *vmm, bool up)
{
	struct interrupt_pin *pin = &vmm->intr;

	atomic_store(&pin->up, up);
	/* The vCPU's own accesses to devices need no kick: it looks before it runs again. */
	if (!up || !vmm->nr_vcpus || pthread_equal(pthread_self(), vmm->vcpus[0].thread))
		return;
	if (atomic_load(&pin->running))
		vmm->backend->kick(&vmm->vcpus[0].handle);
	else
		interrupt_wake(pin);
}

static bool is_wired(const struct vmm_vcpu *vcpu)
{
	return vcpu->id == 0;
}

static void wait_for_pin(struct vmm_vcpu *vcpu)
{
	struct interrupt_pin *pin = &vcpu->vmm->intr;

	pthread_mutex_lock(&pin->lock);
	while (!atomic_load(&pin->up) && !atomic_load(&vcpu->vmm->stopping))
		pthread_cond_wait(&pin->wake, &pin->lock);
	pthread_mutex_unlock(&pin->lock);
}

/* HLT ends with an interrupt, not with one that went away before it was acknowledged. */
static int wait_halted(struct vmm_vcpu *vcpu)
{
	int vector;

	while (!atomic_load(&vcpu->vmm->stopping)) {
		wait_for_pin(vcpu);
		vector = machine_acknowledge(&vcpu->vmm->machine);
		if (vector < 0)
			continue;
		vcpu->halted = false;
		return vcpu->vmm->backend->interrupt(&vcpu->handle, vector, NULL);
	}
	return 0;
}

static int deliver(struct vmm_vcpu *vcpu)
{
	int vector = machine_acknowledge(&vcpu->vmm->machine);

	if (vector < 0)
		return 0;
	return vcpu->vmm->backend->interrupt(&vcpu->handle, vector, NULL);
}

int interrupt_offer(struct vmm_vcpu *vcpu)
{
	struct interrupt_pin *pin = &vcpu->vmm->intr;
	struct xvcpu_run_request *request = vcpu->handle.request;
	int ret = 0;

	request->flags = 0;
	if (!is_wired(vcpu))
		return 0;
	if (vcpu->halted)
		ret = wait_halted(vcpu);
	else if (atomic_load(&pin->up) && (vcpu->handle.exit->flags & XVCPU_EXIT_FLAG_READY))
		ret = deliver(vcpu);
	atomic_store(&pin->running, true);
	/* What is still there, or again, waits until the guest can take it. */
	if (atomic_load(&pin->up))
		request->flags = XVCPU_RUN_INTERRUPT_WINDOW;
	return ret;
}

void interrupt_left(struct vmm_vcpu *vcpu)
{
	if (is_wired(vcpu))
		atomic_store(&vcpu->vmm->intr.running, false);
}
