/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine: VM and vCPU handles, memory, devices, one thread per vCPU, and how it ended.
 *
 * The main thread creates it, starts the vCPU threads, handles events (events.h) until the machine
 * has ended, joins the threads, and reads @result. Any thread may end it with vmm_end(); the first
 * one decides how.
 *
 * Locks: vmm.lock protects @result; machine.lock the devices. Under machine.lock, vmm.lock (a
 * device that ends the machine), intr.lock and console.lock may be taken; nothing else nests.
 */
#ifndef XVCPUCTL_VMM_H
#define XVCPUCTL_VMM_H

#include <backend.h>
#include <pthread.h>
#include <stdatomic.h>

#include "console.h"
#include "debug_file.h"
#include "guest_memory.h"
#include "interrupt.h"
#include "loaders/loader.h"
#include "machine.h"
#include "message.h"
#include "status.h"
#include "types.h"

/**
 * enum vmm_end_kind - how a machine ended
 * @VMM_RUNNING:    it did not yet
 * @VMM_POWEROFF:   the guest switched the power off
 * @VMM_DEBUG_EXIT: the guest wrote to the debug-exit port
 * @VMM_SEEN:       every --until pattern was seen
 * @VMM_RESET:      the guest reset the machine
 * @VMM_TRIPLE:     triple fault
 * @VMM_PANIC:      a Linux guest panicked, with --panic-exit
 * @VMM_ENTRY:      the processor refused the VM entry
 * @VMM_HALTED:     HLT, and nothing can wake it
 * @VMM_MEMORY:     an access that no memory answers and no device can take
 * @VMM_UNHANDLED:  an exit that this VMM has no handling for
 * @VMM_INTERNAL:   the module gave the VM up
 * @VMM_HOST:       a call failed that should not
 * @VMM_TIMEOUT:    --timeout
 * @VMM_USER:       Ctrl-a x
 * @VMM_SIGNAL:     a signal asked the process to end
 */
enum vmm_end_kind {
	VMM_RUNNING,
	VMM_POWEROFF,
	VMM_DEBUG_EXIT,
	VMM_SEEN,
	VMM_RESET,
	VMM_TRIPLE,
	VMM_PANIC,
	VMM_ENTRY,
	VMM_HALTED,
	VMM_MEMORY,
	VMM_UNHANDLED,
	VMM_INTERNAL,
	VMM_HOST,
	VMM_TIMEOUT,
	VMM_USER,
	VMM_SIGNAL,
};

/**
 * struct vmm_result - how it ended
 * @kind:    see &enum vmm_end_kind
 * @number:  %VMM_DEBUG_EXIT: the status; %VMM_SIGNAL: the signal
 * @vcpu:    id of the vCPU that ended it, -1: none did
 * @message: one line
 * @report:  further lines: what the vCPU was doing; NULL: none
 */
struct vmm_result {
	enum vmm_end_kind kind;
	u32 number;
	int vcpu;
	struct message message;
	char *report;
};

struct vmm;

/**
 * struct vmm_vcpu - a vCPU and its thread
 * @vmm:     the machine
 * @id:      its number
 * @handle:  the library's
 * @thread:  runs it
 * @started: @thread is to be joined
 * @halted:  the guest waits for an interrupt; its thread's
 */
struct vmm_vcpu {
	struct vmm *vmm;
	unsigned int id;
	struct xvcpu_vcpu handle;
	pthread_t thread;
	bool started;
	bool halted;
};

/**
 * struct vmm - a machine
 * @backend:  who runs it
 * @dev:      the device
 * @fd:       the VM
 * @info:     what the device says
 * @memory:   the guest's RAM
 * @machine:  its devices
 * @console:  what it prints
 * @intr:     what its interrupt controller wants of the first vCPU
 * @vcpus:    @nr_vcpus of them
 * @nr_vcpus: how many were created
 * @started:  CLOCK_MONOTONIC at vmm_start()
 * @stopping: vCPU threads leave their loop
 * @wake:     eventfd that wakes the main thread
 * @timer:    timerfd that wakes it when a device's time has come
 * @debug:    what the guest writes to the debug port; under machine.lock
 * @lock:     protects @result
 * @result:   how it ended
 */
struct vmm {
	const struct xvcpu_backend *backend;
	int dev;
	int fd;
	struct xvcpu_info info;
	struct guest_memory memory;
	struct machine machine;
	struct console console;
	struct interrupt_pin intr;
	struct vmm_vcpu *vcpus;
	unsigned int nr_vcpus;
	u64 started;
	atomic_bool stopping;
	int wake;
	int timer;
	struct debug_file *debug;
	pthread_mutex_t lock;
	struct vmm_result result;
};

/**
 * struct vmm_config - what to make
 * @memory:  bytes of RAM
 * @debug:   file for what the guest writes to the debug port; NULL: there is none
 * @machine: which devices; vmm_create() fills in sizes of RAM and whether there is a debug port
 */
struct vmm_config {
	u64 memory;
	struct debug_file *debug;
	struct machine_config machine;
};

/**
 * vmm_create() - make a machine with empty memory and devices, as yet without processors
 * @vmm:    filled
 * @config: what to make
 * @err:    what is wrong and what to do
 *
 * Needs nothing of the host but memory, so that wrong arguments and images are found before the
 * device is asked.
 *
 * Return: %STATUS_OK, or the status to exit with; nothing is left then.
 */
enum status vmm_create(struct vmm *vmm, const struct vmm_config *config, struct message *err);

/**
 * vmm_attach() - open the device and make the VM, its slots and its vCPUs
 * @vmm:      from vmm_create()
 * @backend:  xvcpu, or KVM for comparison
 * @device:   path; NULL: the backend's own
 * @nr_vcpus: how many
 * @err:      what is wrong and what to do
 *
 * Return: as vmm_create(); the machine is still to be destroyed on failure.
 */
enum status vmm_attach(struct vmm *vmm, const struct xvcpu_backend *backend, const char *device,
		       unsigned int nr_vcpus, struct message *err);

/**
 * vmm_boot() - put the first vCPU into a state
 * @vmm:   attached, not started
 * @state: from load_image()
 * @err:   what is wrong
 *
 * Return: as vmm_attach().
 */
enum status vmm_boot(struct vmm *vmm, const struct boot_state *state, struct message *err);

/**
 * vmm_start() - start the vCPU threads
 * @vmm: booted
 * @err: what is wrong
 *
 * Return: as vmm_attach(); threads that did start have ended then.
 */
enum status vmm_start(struct vmm *vmm, struct message *err);

/**
 * vmm_end() - end the machine; any thread
 * @vmm:    the machine
 * @result: how; its report is owned by the machine from now on, or freed if another end came first
 *
 * Returns at once: the vCPU threads are kicked, not joined.
 */
void vmm_end(struct vmm *vmm, const struct vmm_result *result);

/** vmm_end_simply() - vmm_end() by no vCPU and without a report */
void vmm_end_simply(struct vmm *vmm, enum vmm_end_kind kind, u32 number, const char *text);

/** vmm_join() - wait for the vCPU threads; the machine was ended */
void vmm_join(struct vmm *vmm);

/** vmm_destroy() - free everything; the threads are joined */
void vmm_destroy(struct vmm *vmm);

/** vmm_vcpu_main() - what a vCPU thread does; @arg: its &struct vmm_vcpu */
void *vmm_vcpu_main(void *arg);

/** vmm_end_name() - identifier of an &enum vmm_end_kind */
const char *vmm_end_name(enum vmm_end_kind kind);

/** vmm_status() - exit status for a result; not for %VMM_SIGNAL, which the process dies of */
int vmm_status(const struct vmm_result *result);

#endif /* XVCPUCTL_VMM_H */
