// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a machine, ending it, and taking it apart (vmm.h).
 *
 * Creation goes memory, devices, then VM, slots, vCPUs; vmm_destroy() is right for a machine that
 * is only half made.
 */
#include "vmm.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "diagnosis.h"

static const struct {
	const char *name;
	enum status status;
} ends[] = {
	[VMM_RUNNING]	 = { "running", STATUS_HOST },
	[VMM_POWEROFF]	 = { "poweroff", STATUS_OK },
	[VMM_DEBUG_EXIT] = { "debug_exit", STATUS_OK },
	[VMM_SEEN]	 = { "seen", STATUS_OK },
	[VMM_RESET]	 = { "reset", STATUS_RESET },
	[VMM_TRIPLE]	 = { "triple_fault", STATUS_TRIPLE },
	[VMM_PANIC]	 = { "panic", STATUS_PANIC },
	[VMM_ENTRY]	 = { "fail_entry", STATUS_ENTRY },
	[VMM_HALTED]	 = { "halted", STATUS_HALTED },
	[VMM_MEMORY]	 = { "memory_fault", STATUS_MEMORY },
	[VMM_UNHANDLED]	 = { "unhandled", STATUS_UNHANDLED },
	[VMM_INTERNAL]	 = { "internal", STATUS_INTERNAL },
	[VMM_HOST]	 = { "host_error", STATUS_HOST },
	[VMM_TIMEOUT]	 = { "timeout", STATUS_TIMEOUT },
	[VMM_USER]	 = { "user", STATUS_USER },
	[VMM_SIGNAL]	 = { "signal", STATUS_USER },
};

const char *vmm_end_name(enum vmm_end_kind kind)
{
	return ends[kind].name;
}

int vmm_status(const struct vmm_result *result)
{
	if (result->kind == VMM_DEBUG_EXIT)
		return result->number;
	return ends[result->kind].status;
}

static enum status refuse(struct message *err, const char *what, int ret, unsigned int request,
			  const struct xvcpu_error *error)
{
	char text[256];

	xvcpu_strerror_record(request, error, text, sizeof(text));
	message_set(err, "%s: %s%s%s", what, strerror(-ret), text[0] ? ": " : "", text);
	return STATUS_HOST;
}

static enum status create_vm(struct vmm *vmm, const char *device, struct message *err)
{
	struct xvcpu_error error = { 0 };
	enum status status;
	int ret;

	vmm->dev = diagnosis_open(device, &vmm->info, &status, err);
	if (vmm->dev < 0)
		return status;
	ret = vmm->backend->vm_create(vmm->dev, NULL, &error);
	if (ret < 0)
		return diagnose_refusal(device, ret, &error, err);
	vmm->fd = ret;
	return STATUS_OK;
}

/* Another backend, without a diagnosis: it is there for comparison. */
static enum status create_other_vm(struct vmm *vmm, const char *device, struct message *err)
{
	int ret = vmm->backend->open(device);

	vmm->dev = ret;
	if (ret >= 0)
		ret = vmm->backend->get_info(vmm->dev, &vmm->info);
	if (ret >= 0)
		ret = vmm->backend->vm_create(vmm->dev, NULL, NULL);
	vmm->fd = ret;
	if (ret >= 0)
		return STATUS_OK;
	message_set(err, "%s cannot be used: %s", device, strerror(-ret));
	return STATUS_HOST;
}

static enum status create_slots(struct vmm *vmm, struct message *err)
{
	struct xvcpu_memory_slot slots[GUEST_MEMORY_REGIONS] = { 0 };
	struct xvcpu_error error = { 0 };
	int ret;

	for (unsigned int i = 0; i < vmm->memory.nr_regions; i++) {
		slots[i].slot = i;
		slots[i].gpa = vmm->memory.regions[i].gpa;
		slots[i].size = vmm->memory.regions[i].size;
		slots[i].hva = (uintptr_t)vmm->memory.regions[i].host;
		if (vmm->memory.regions[i].kind == GUEST_ROM)
			slots[i].flags = XVCPU_SLOT_READONLY;
	}
	ret = vmm->backend->vm_set_memory(vmm->fd, slots, vmm->memory.nr_regions, &error);
	if (ret)
		return refuse(err, "the guest's memory is refused", ret, XVCPU_SET_MEMORY, &error);
	return STATUS_OK;
}

static enum status create_vcpus(struct vmm *vmm, unsigned int nr, struct message *err)
{
	struct xvcpu_error error = { 0 };
	int ret;

	vmm->vcpus = calloc(nr, sizeof(*vmm->vcpus));
	if (!vmm->vcpus) {
		message_set(err, "out of memory");
		return STATUS_HOST;
	}
	for (unsigned int id = 0; id < nr; id++) {
		struct vmm_vcpu *vcpu = &vmm->vcpus[id];

		vcpu->vmm = vmm;
		vcpu->id = id;
		ret = vmm->backend->vcpu_create(&vcpu->handle, vmm->fd, &vmm->info, id, id,
						&error);
		if (ret)
			return refuse(err, "a vCPU cannot be created", ret, XVCPU_CREATE_VCPU,
				      &error);
		vmm->nr_vcpus++;
	}
	return STATUS_OK;
}

/* What the devices tell the machine; they call with machine.lock held, on a vCPU's thread. */

static void on_output(void *ctx, u8 byte)
{
	struct vmm *vmm = ctx;

	console_put(&vmm->console, byte);
}

static void wake_main(struct vmm *vmm)
{
	u64 one = 1;

	/* An eventfd that is full has woken its reader already. */
	if (write(vmm->wake, &one, sizeof(one)) < 0)
		return;
}

static void on_input_room(void *ctx)
{
	wake_main(ctx);
}

static void on_power_off(void *ctx)
{
	vmm_end_simply(ctx, VMM_POWEROFF, 0, "the guest switched the power off");
}

static void on_reset(void *ctx)
{
	vmm_end_simply(ctx, VMM_RESET, 0, "the guest reset the machine");
}

static void on_debug_exit(void *ctx, u8 status)
{
	struct vmm_result result = { .kind = VMM_DEBUG_EXIT, .number = status, .vcpu = -1 };

	message_set(&result.message, "the guest ended with status %u through the debug-exit port",
		    status);
	vmm_end(ctx, &result);
}

static void on_interrupt(void *ctx, bool up)
{
	interrupt_set(ctx, up);
}

/*
 * Under machine.lock, so that two threads cannot set the timer in the wrong order. A time that has
 * passed makes it ready at once; 0 would stop it.
 */
static void on_deadline(void *ctx, u64 ns)
{
	struct vmm *vmm = ctx;
	struct itimerspec when = {
		.it_value = { ns / 1000000000, ns % 1000000000 ?: 1 },
	};

	timerfd_settime(vmm->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void on_debug(void *ctx, u8 byte)
{
	struct vmm *vmm = ctx;

	debug_file_put(vmm->debug, byte);
}

static const struct machine_events machine_events = {
	.output = on_output,
	.input_room = on_input_room,
	.power_off = on_power_off,
	.reset = on_reset,
	.debug_exit = on_debug_exit,
	.interrupt = on_interrupt,
	.deadline = on_deadline,
	.debug = on_debug,
};

static enum status create_all(struct vmm *vmm, const struct vmm_config *config,
			      struct message *err)
{
	struct machine_config machine = config->machine;

	vmm->debug = config->debug;
	machine.debug_port = config->debug;
	vmm->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vmm->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (vmm->wake < 0 || vmm->timer < 0) {
		message_set(err, "an eventfd or a timerfd cannot be created: %s", strerror(errno));
		return STATUS_HOST;
	}
	console_init(&vmm->console, vmm->wake);
	if (guest_memory_init(&vmm->memory, config->memory, err))
		return STATUS_HOST;
	machine.low_ram = vmm->memory.regions[0].size;
	machine.high_ram = vmm->memory.size - machine.low_ram;
	if (machine_init(&vmm->machine, &machine, &machine_events, vmm, err))
		return STATUS_USAGE;
	return STATUS_OK;
}

enum status vmm_create(struct vmm *vmm, const struct vmm_config *config, struct message *err)
{
	enum status status;

	memset(vmm, 0, sizeof(*vmm));
	vmm->dev = -1;
	vmm->fd = -1;
	vmm->wake = -1;
	vmm->timer = -1;
	vmm->result.vcpu = -1;
	interrupt_init(&vmm->intr);
	pthread_mutex_init(&vmm->lock, NULL);
	status = create_all(vmm, config, err);
	if (status)
		vmm_destroy(vmm);
	return status;
}

enum status vmm_attach(struct vmm *vmm, const struct xvcpu_backend *backend, const char *device,
		       unsigned int nr_vcpus, struct message *err)
{
	enum status status;

	vmm->backend = backend;
	if (!device)
		device = backend->device;
	status = backend == &xvcpu_backend_xvcpu ? create_vm(vmm, device, err) :
						   create_other_vm(vmm, device, err);
	if (!status)
		status = create_slots(vmm, err);
	if (!status)
		status = create_vcpus(vmm, nr_vcpus, err);
	return status;
}

enum status vmm_boot(struct vmm *vmm, const struct boot_state *state, struct message *err)
{
	const struct xvcpu_vcpu *first = &vmm->vcpus[0].handle;
	const struct xvcpu_backend *backend = vmm->backend;
	struct xvcpu_error error = { 0 };
	int ret;

	ret = backend->state_set(first, XVCPU_GROUP_REGS, &state->regs, sizeof(state->regs),
				 &error);
	if (!ret)
		ret = backend->state_set(first, XVCPU_GROUP_SREGS, &state->sregs,
					 sizeof(state->sregs), &error);
	if (!ret)
		ret = backend->state_set(first, XVCPU_GROUP_CREGS, &state->cregs,
					 sizeof(state->cregs), &error);
	if (ret)
		return refuse(err, "the vCPU's first state is refused", ret, XVCPU_SET_STATE,
			      &error);
	return STATUS_OK;
}

/* Only interrupts the system call: immediate_exit is what ends the run (kick_vcpu()). */
static void on_kick_signal(int number)
{
	(void)number;
}

enum status vmm_start(struct vmm *vmm, struct message *err)
{
	struct sigaction action = { .sa_handler = on_kick_signal };
	int ret;

	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
	vmm->started = machine_now();
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++) {
		struct vmm_vcpu *vcpu = &vmm->vcpus[i];

		ret = pthread_create(&vcpu->thread, NULL, vmm_vcpu_main, vcpu);
		if (ret) {
			message_set(err, "a thread cannot be created: %s", strerror(ret));
			vmm_end_simply(vmm, VMM_HOST, 0, err->text);
			vmm_join(vmm);
			return STATUS_HOST;
		}
		vcpu->started = true;
	}
	return STATUS_OK;
}

/*
 * A kick is never lost and needs no signal. Should the ioctl fail, immediate_exit stops a vCPU
 * that is about to run and the signal one that runs.
 */
static void kick_vcpu(struct vmm_vcpu *vcpu)
{
	if (!vcpu->vmm->backend->kick(&vcpu->handle))
		return;
	vcpu->handle.request->immediate_exit = 1;
	if (vcpu->started)
		pthread_kill(vcpu->thread, SIGUSR1);
}

void vmm_end(struct vmm *vmm, const struct vmm_result *result)
{
	bool first;

	pthread_mutex_lock(&vmm->lock);
	first = vmm->result.kind == VMM_RUNNING;
	if (first)
		vmm->result = *result;
	pthread_mutex_unlock(&vmm->lock);
	if (!first) {
		free(result->report);
		return;
	}

	atomic_store(&vmm->stopping, true);
	console_close(&vmm->console);
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++)
		kick_vcpu(&vmm->vcpus[i]);
	interrupt_wake(&vmm->intr);
	wake_main(vmm);
}

void vmm_end_simply(struct vmm *vmm, enum vmm_end_kind kind, u32 number, const char *text)
{
	struct vmm_result result = { .kind = kind, .number = number, .vcpu = -1 };

	message_set(&result.message, "%s", text);
	vmm_end(vmm, &result);
}

void vmm_join(struct vmm *vmm)
{
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++) {
		if (vmm->vcpus[i].started)
			pthread_join(vmm->vcpus[i].thread, NULL);
		vmm->vcpus[i].started = false;
	}
}

void vmm_destroy(struct vmm *vmm)
{
	for (unsigned int i = 0; i < vmm->nr_vcpus; i++)
		vmm->backend->vcpu_destroy(&vmm->vcpus[i].handle);
	free(vmm->vcpus);
	if (vmm->fd >= 0)
		close(vmm->fd);
	if (vmm->dev >= 0)
		close(vmm->dev);
	guest_memory_free(&vmm->memory);
	if (vmm->wake >= 0)
		close(vmm->wake);
	if (vmm->timer >= 0)
		close(vmm->timer);
	free(vmm->result.report);
}
