// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPU thread: run, handle the exit, run again, until the machine ends.
 *
 * Everything here happens on the vCPU's own thread. Accesses to devices are made under
 * machine.lock. A guest can cause every exit as often as it likes: none of them prints, and none
 * is fatal to the process.
 */
#include <errno.h>
#include <string.h>

#include "interrupt.h"
#include "report.h"
#include "vmm.h"

#define VECTOR_GP	13
#define NO_HYPERCALL	(~0ull)

static void end(struct vmm_vcpu *vcpu, struct vmm_result *result)
{
	result->vcpu = vcpu->id;
	vmm_end(vcpu->vmm, result);
}

/* INS or OUTS: one access after the other, as the guest would make them. */
static void exit_string_io(struct vmm_vcpu *vcpu)
{
	struct machine *machine = &vcpu->vmm->machine;
	struct xvcpu_exit_io *io = &vcpu->handle.exit->io;
	u8 *element = vcpu->handle.data;
	u32 i, value;

	for (i = 0; i < io->count; i++, element += io->size) {
		value = 0;
		if (io->flags & XVCPU_IO_OUT) {
			memcpy(&value, element, io->size);
			machine_out(machine, io->port, io->size, value);
		} else {
			value = machine_in(machine, io->port, io->size);
			memcpy(element, &value, io->size);
		}
	}
}

static void exit_io(struct vmm_vcpu *vcpu)
{
	struct machine *machine = &vcpu->vmm->machine;
	struct xvcpu_exit_io *io = &vcpu->handle.exit->io;

	if (io->flags & XVCPU_IO_STRING)
		exit_string_io(vcpu);
	else if (io->flags & XVCPU_IO_OUT)
		machine_out(machine, io->port, io->size, io->data);
	else
		io->data = machine_in(machine, io->port, io->size);
}

/* No instruction is emulated here: what the module could not decode ends the run with its bytes. */
static void exit_mmio(struct vmm_vcpu *vcpu)
{
	struct machine *machine = &vcpu->vmm->machine;
	struct xvcpu_exit_mmio *mmio = &vcpu->handle.exit->mmio;
	struct vmm_result result = { .kind = VMM_UNHANDLED };

	if (!(mmio->flags & XVCPU_MMIO_DECODED)) {
		report_mmio(vcpu->vmm->backend, &vcpu->handle, &result);
		end(vcpu, &result);
	} else if (mmio->flags & XVCPU_MMIO_WRITE) {
		machine_mmio_write(machine, mmio->gpa, mmio->data, mmio->size);
	} else {
		machine_mmio_read(machine, mmio->gpa, mmio->data, mmio->size);
	}
}

/* There are no hypercalls: a guest that probes for them is told so, whatever the number. */
static void exit_hypercall(struct vmm_vcpu *vcpu)
{
	vcpu->handle.exit->hypercall.result = NO_HYPERCALL;
}

/* The VM is created without MSR exits; should one come, the guest gets what hardware would give. */
static void exit_msr(struct vmm_vcpu *vcpu)
{
	struct xvcpu_run_request *request = vcpu->handle.request;

	request->answer = XVCPU_ANSWER_EXCEPTION;
	request->vector = VECTOR_GP;
	request->error_code = 0;
}

/* Who could unmask an interrupt is the vCPU that halts, as long as there is only one. */
static void exit_hlt(struct vmm_vcpu *vcpu)
{
	struct vmm_result result = { .kind = VMM_HALTED };
	bool enabled = vcpu->handle.exit->flags & XVCPU_EXIT_FLAG_IF;

	if (enabled && !machine_interrupts_masked(&vcpu->vmm->machine)) {
		vcpu->halted = true;
		return;
	}
	message_set(&result.message, "the guest halted with %s: nothing can wake it", enabled ?
		    "every interrupt masked in the 8259s" : "interrupts off");
	report_registers(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void exit_shutdown(struct vmm_vcpu *vcpu)
{
	struct vmm_result result = { .kind = VMM_TRIPLE };

	message_set(&result.message, "triple fault");
	report_registers(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void exit_memory(struct vmm_vcpu *vcpu)
{
	struct vmm_result result = { .kind = VMM_MEMORY };

	report_memory(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void exit_fail_entry(struct vmm_vcpu *vcpu)
{
	struct vmm_result result = { .kind = VMM_ENTRY };

	report_fail_entry(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void exit_hardware(struct vmm_vcpu *vcpu)
{
	struct vmm_result result = { .kind = VMM_UNHANDLED };

	if (vcpu->handle.exit->reason == XVCPU_EXIT_INTERNAL)
		result.kind = VMM_INTERNAL;
	report_hardware(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

/* A kick, a signal, the window: the loop looks at its condition and at the interrupts again. */
static void exit_nothing(struct vmm_vcpu *vcpu)
{
	(void)vcpu;
}

static void exit_unnamed(struct vmm_vcpu *vcpu, int reason)
{
	struct vmm_result result = { .kind = VMM_UNHANDLED };

	message_set(&result.message, "exit %d (%s): this xvcpuctl does not know it", reason,
		    xvcpu_exit_name(reason));
	report_registers(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void interrupt_refused(struct vmm_vcpu *vcpu, int ret)
{
	struct vmm_result result = { .kind = VMM_HOST };

	message_set(&result.message, "an interrupt that the guest could take was refused: %s",
		    strerror(-ret));
	report_registers(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void run_failed(struct vmm_vcpu *vcpu, int ret)
{
	struct vmm_result result = { .kind = VMM_HOST };
	char text[256];

	xvcpu_vcpu_strerror(&vcpu->handle, text, sizeof(text));
	message_set(&result.message, "XVCPU_RUN failed: %s%s%s", strerror(-ret),
		    text[0] ? ": " : "", text);
	if (ret == -ENODEV)
		message_append(&result.message, "; VMX was turned off under the vCPU");
	report_registers(vcpu->vmm->backend, &vcpu->handle, &result);
	end(vcpu, &result);
}

static void (* const handlers[])(struct vmm_vcpu *vcpu) = {
	[XVCPU_EXIT_HYPERCALL]	  = exit_hypercall,
	[XVCPU_EXIT_IO]		  = exit_io,
	[XVCPU_EXIT_MMIO]	  = exit_mmio,
	[XVCPU_EXIT_MSR_READ]	  = exit_msr,
	[XVCPU_EXIT_MSR_WRITE]	  = exit_msr,
	[XVCPU_EXIT_MEMORY_FAULT] = exit_memory,
	[XVCPU_EXIT_EVENT_FAULT]  = exit_memory,
	[XVCPU_EXIT_HLT]	  = exit_hlt,
	[XVCPU_EXIT_SHUTDOWN]	  = exit_shutdown,
	[XVCPU_EXIT_SIGNAL]	  = exit_nothing,
	[XVCPU_EXIT_KICK]	  = exit_nothing,
	[XVCPU_EXIT_WINDOW]	  = exit_nothing,
	[XVCPU_EXIT_BUDGET]	  = exit_nothing,
	[XVCPU_EXIT_FAIL_ENTRY]	  = exit_fail_entry,
	[XVCPU_EXIT_INTERNAL]	  = exit_hardware,
	[XVCPU_EXIT_UNKNOWN]	  = exit_hardware,
};

static void handle_exit(struct vmm_vcpu *vcpu, int reason)
{
	if (reason < 0)
		run_failed(vcpu, reason);
	else if ((size_t)reason < ARRAY_SIZE(handlers) && handlers[reason])
		handlers[reason](vcpu);
	else
		exit_unnamed(vcpu, reason);
}

void *vmm_vcpu_main(void *arg)
{
	struct vmm_vcpu *vcpu = arg;
	struct vmm *vmm = vcpu->vmm;
	int ret;

	while (!atomic_load(&vmm->stopping)) {
		ret = interrupt_offer(vcpu);
		if (ret) {
			interrupt_refused(vcpu, ret);
			break;
		}
		ret = vmm->backend->run(&vcpu->handle);
		interrupt_left(vcpu);
		handle_exit(vcpu, ret);
		console_wait(&vmm->console);
	}
	return NULL;
}
