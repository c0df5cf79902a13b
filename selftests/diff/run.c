// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a program on a backend, and writing down what became of it. One VM serves all programs:
 * memory and the whole state are set anew for each.
 */
#include <cpuid.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runner.h"

#define CPUID_MAX	128
#define EXITS_MAX	256
#define SETTLE_MAX	8
#define INTERRUPTIBILITY_NMI	8
#define KVM_NO_CALL	(-1000ll)	/* what KVM answers to a hypercall that it does not know */

/* ---- the VM ---- */

static int add_slots(struct runner *runner)
{
	uintptr_t memory = (uintptr_t)runner->memory;
	struct xvcpu_memory_slot slots[] = {
		{ .slot = 0, .gpa = 0, .size = AT_ROM, .hva = memory },
		{ .slot = 1, .gpa = AT_ROM, .size = 4096, .hva = memory + AT_ROM,
		  .flags = XVCPU_SLOT_READONLY },
		{ .slot = 2, .gpa = AT_HOLE + 4096, .size = MEMORY_BYTES - AT_HOLE - 4096,
		  .hva = memory + AT_HOLE + 4096 },
	};

	return runner->backend->vm_set_memory(runner->vm, slots, 3, NULL);
}

/* The size of all that XSAVE can save: xvcpu puts it into leaf 0xd, KVM takes what it is told. */
static void tell_xsave_size(struct xvcpu_cpuid_entry *entry)
{
	__u32 eax, ebx, edx;

	if (entry->leaf == 0xd && !entry->subleaf)
		__cpuid_count(0xd, 0, eax, ebx, entry->ecx, edx);
}

/*
 * Both get what xvcpu supports, less the leaves that are the VMM's to choose. Its device answers
 * that while KVM has VMX.
 */
static int set_cpuid(struct runner *runner)
{
	struct {
		struct xvcpu_cpuid_table head;
		struct xvcpu_cpuid_entry entries[CPUID_MAX];
	} table = { .head.nr = CPUID_MAX, .head.entry_size = sizeof(table.entries[0]) };
	int dev = xvcpu_open(NULL), ret;
	__u32 nr = 0;

	if (dev < 0)
		return dev;
	ret = xvcpu_get_supported_cpuid(dev, table.entries, &table.head.nr, NULL);
	close(dev);
	if (ret)
		return ret;
	for (__u32 i = 0; i < table.head.nr; i++) {
		if (table.entries[i].leaf >> 28 != 4)
			table.entries[nr++] = table.entries[i];
		if (nr && runner->backend == &xvcpu_backend_kvm)
			tell_xsave_size(&table.entries[nr - 1]);
	}
	table.head.nr = nr;
	return runner->backend->state_set(&runner->vcpu, XVCPU_GROUP_CPUID, &table,
					  sizeof(table.head) + nr * sizeof(table.entries[0]), NULL);
}

static int create(struct runner *runner)
{
	struct xvcpu_create_vm config = { .flags = XVCPU_VM_MSR_EXIT };
	const struct xvcpu_backend *backend = runner->backend;
	struct xvcpu_info info;
	int ret;

	runner->dev = backend->open(NULL);
	if (runner->dev < 0)
		return runner->dev;
	ret = backend->get_info(runner->dev, &info);
	if (ret)
		return ret;
	runner->vm = backend->vm_create(runner->dev, &config, NULL);
	if (runner->vm < 0)
		return runner->vm;
	ret = add_slots(runner);
	if (!ret)
		ret = backend->vcpu_create(&runner->vcpu, runner->vm, &info, 0, 0, NULL);
	return ret ? ret : set_cpuid(runner);
}

static void destroy(struct runner *runner)
{
	runner->backend->vcpu_destroy(&runner->vcpu);
	close(runner->vm);
	close(runner->dev);
}

struct runner *runner_open(const char *name)
{
	struct runner *runner = calloc(1, sizeof(*runner));
	int ret;

	if (!runner)
		return NULL;
	runner->backend = xvcpu_backend_find(name);
	runner->image = malloc(MEMORY_BYTES);
	runner->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (!runner->backend || !runner->image || runner->memory == MAP_FAILED) {
		fprintf(stderr, "no backend %s, or no memory\n", name);
		return NULL;
	}
	ret = create(runner);
	if (!ret) {
		vm_exits_open(&runner->vm_exits, runner->backend == &xvcpu_backend_kvm);
		return runner;
	}
	fprintf(stderr, "a VM of %s cannot be made: %s\n", name, strerror(-ret));
	return NULL;
}

void runner_close(struct runner *runner)
{
	vm_exits_close(&runner->vm_exits);
	destroy(runner);
	munmap(runner->memory, MEMORY_BYTES);
	free(runner->image);
	free(runner);
}

/* ---- exits ---- */

/* What a device answers: the same for the n-th access, whoever asks. */
static uint64_t answer_of(const struct record *record, unsigned int size)
{
	uint64_t state = (uint64_t)record->index << 32 | record->nr_trace;
	uint64_t value = random_next(&state);

	return size < 8 ? value & ((1ull << 8 * size) - 1) : value;
}

static void trace(struct record *record, enum trace_kind kind, unsigned int size, uint64_t at,
		  uint64_t data)
{
	if (record->nr_trace < TRACE_MAX)
		record->trace[record->nr_trace] = (struct trace) {
			.kind = kind, .size = size, .at = at, .data = data,
		};
	record->nr_trace++;
}

static int exit_io(struct runner *runner, struct record *record)
{
	struct xvcpu_exit_io *io = &runner->vcpu.exit->io;
	bool out = io->flags & XVCPU_IO_OUT;
	uint8_t *data = io->flags & XVCPU_IO_STRING ? runner->vcpu.data : (void *)&io->data;

	for (uint32_t i = 0; i < io->count; i++, data += io->size) {
		uint64_t value = out ? 0 : answer_of(record, io->size);

		memcpy(out ? (void *)&value : data, out ? data : (void *)&value, io->size);
		trace(record, out ? TRACE_OUT : TRACE_IN, io->size, io->port, value);
	}
	if (out && io->port == PORT_INTERRUPT)
		runner->line = true;
	if (out && io->port == PORT_NMI)
		return runner->backend->nmi(&runner->vcpu, &runner->error);
	return 0;
}

/* KVM gives long accesses in pieces of 8 bytes. */
static bool exit_mmio(struct runner *runner, struct record *record)
{
	struct xvcpu_exit_mmio *mmio = &runner->vcpu.exit->mmio;
	bool write = mmio->flags & XVCPU_MMIO_WRITE;

	if (!(mmio->flags & XVCPU_MMIO_DECODED)) {
		memcpy(&record->detail, mmio->insn, sizeof(record->detail));
		return false;
	}
	for (unsigned int done = 0; done < mmio->size; done += 8) {
		unsigned int size = mmio->size - done < 8 ? mmio->size - done : 8;
		uint64_t value = write ? 0 : answer_of(record, size);

		if (write)
			memcpy(&value, mmio->data + done, size);
		else
			memcpy(mmio->data + done, &value, size);
		trace(record, write ? TRACE_WRITE : TRACE_READ, size, mmio->gpa + done, value);
	}
	return true;
}

/* MSRs with even numbers are answered, the others refused. */
static void exit_msr(struct runner *runner, struct record *record, bool write)
{
	struct xvcpu_run_request *request = runner->vcpu.request;
	struct xvcpu_exit_msr *msr = &runner->vcpu.exit->msr;

	if (!write)
		msr->value = answer_of(record, 8);
	trace(record, write ? TRACE_WRMSR : TRACE_RDMSR, 8, msr->index, msr->value);
	if (msr->index & 1) {
		request->answer = XVCPU_ANSWER_EXCEPTION;
		request->vector = 13;
		request->error_code = 0;
	}
}

/* In its handler an NMI finds the next one latched. */
static int block_nmi(struct runner *runner)
{
	const struct xvcpu_events events = {
		.interruptibility = INTERRUPTIBILITY_NMI, .flags = XVCPU_EVENTS_NMI,
	};

	return set_group(runner, XVCPU_GROUP_EVENTS, &events, sizeof(events));
}

/* Whether the program goes on behind this HLT. */
static bool exit_hlt(struct runner *runner, const struct program *program, struct record *record)
{
	struct xvcpu_regs regs;
	const char *item;
	uint64_t slot;

	if (get_group(runner, XVCPU_GROUP_REGS, &regs, sizeof(regs)))
		return false;
	slot = (regs.rip - AT_CODE) / SLOT_BYTES;
	trace(record, TRACE_HLT, 0, regs.rip, 0);
	if (regs.rip < AT_CODE || slot >= program->nr)
		return false;
	item = items[program->slots[slot].item].name;
	return !strcmp(item, "hlt") || (!strcmp(item, "nmi_window") && !block_nmi(runner));
}

/* The interrupt that a program has asked for: now, or once the guest can take it. */
static int give_interrupt(struct runner *runner)
{
	struct xvcpu_vcpu *vcpu = &runner->vcpu;

	vcpu->request->flags = 0;
	if (!runner->line)
		return 0;
	if (!(vcpu->exit->flags & XVCPU_EXIT_FLAG_READY)) {
		vcpu->request->flags = XVCPU_RUN_INTERRUPT_WINDOW;
		return 0;
	}
	runner->line = false;
	return runner->backend->interrupt(vcpu, VECTOR_INTERRUPT, &runner->error);
}

static enum ending exit_unknown(struct runner *runner, struct record *record)
{
	const struct xvcpu_exit_hardware *hw = &runner->vcpu.exit->hardware;

	record->detail = (uint64_t)hw->code << 32 | hw->hw_reason;
	if (runner->backend == &xvcpu_backend_kvm && hw->hw_reason == KVM_EXIT_INTERNAL_ERROR &&
	    (hw->code == KVM_INTERNAL_ERROR_EMULATION ||
	     hw->code == KVM_INTERNAL_ERROR_DELIVERY_EV))
		return ENDED_STUCK;
	return ENDED_OTHER;
}

static enum ending execute(struct runner *runner, const struct program *program,
			   struct record *record)
{
	struct xvcpu_vcpu *vcpu = &runner->vcpu;

	runner->line = false;
	for (unsigned int i = 0; i < EXITS_MAX; i++) {
		int reason = give_interrupt(runner);

		if (!reason)
			reason = runner->backend->run(vcpu);
		if (reason < 0) {
			record->detail = -reason;
			return ENDED_FAILED;
		}
		record->exits |= 1ull << (reason & 63);
		switch (reason) {
		case XVCPU_EXIT_IO:
			if (exit_io(runner, record))
				return ENDED_FAILED;
			break;
		case XVCPU_EXIT_MMIO:
			if (!exit_mmio(runner, record))
				return ENDED_RAW;
			break;
		case XVCPU_EXIT_MSR_READ:
		case XVCPU_EXIT_MSR_WRITE:
			exit_msr(runner, record, reason == XVCPU_EXIT_MSR_WRITE);
			break;
		case XVCPU_EXIT_HYPERCALL:
			vcpu->exit->hypercall.result = KVM_NO_CALL;
			break;
		case XVCPU_EXIT_HLT:
			if (!exit_hlt(runner, program, record))
				return ENDED_HALTED;
			break;
		case XVCPU_EXIT_SIGNAL:
		case XVCPU_EXIT_WINDOW:
			break;
		case XVCPU_EXIT_SHUTDOWN:
			return ENDED_SHUTDOWN;
		case XVCPU_EXIT_MEMORY_FAULT:
		case XVCPU_EXIT_EVENT_FAULT:
			return ENDED_STUCK;
		case XVCPU_EXIT_FAIL_ENTRY:
			record->detail = vcpu->exit->fail_entry.rule;
			return ENDED_ENTRY;
		case XVCPU_EXIT_UNKNOWN:
			return exit_unknown(runner, record);
		default:
			record->detail = reason;
			return ENDED_OTHER;
		}
	}
	return ENDED_BUDGET;
}

/*
 * An exit that waits is completed, or given up, without entering the guest again; a read may have
 * its write behind it, a string its next element.
 */
static void settle(struct runner *runner, const struct record *record)
{
	struct xvcpu_run_request *request = runner->vcpu.request;

	if (record->ending == ENDED_RAW)
		request->answer = XVCPU_ANSWER_RETRY;
	else if (record->ending != ENDED_BUDGET)
		return;
	request->flags = 0;
	request->immediate_exit = 1;
	for (unsigned int i = 0; i < SETTLE_MAX; i++) {
		if (runner->backend->run(&runner->vcpu) == XVCPU_EXIT_SIGNAL)
			break;
	}
	request->immediate_exit = 0;
}

/* ---- a program ---- */

static uint64_t slots_executed(const struct program *program, const struct record *record)
{
	uint64_t rip = record->regs.rip;

	if (record->ending == ENDED_HALTED)
		return program->nr;
	if (rip < AT_CODE || rip >= AT_CODE + program->nr * SLOT_BYTES)
		return items[program->slots[program->nr - 1].item].ends ? program->nr : 0;
	return (rip - AT_CODE) / SLOT_BYTES + 1;
}

/*
 * What cannot go on leaves a vCPU that the next program must not have: after a refused entry KVM
 * keeps the event that was to be injected, whatever KVM_SET_VCPU_EVENTS says, and injects it again.
 */
static int renew(struct runner *runner, enum ending ending)
{
	if (ending != ENDED_ENTRY && ending != ENDED_FAILED)
		return 0;
	destroy(runner);
	return create(runner);
}

int runner_run(struct runner *runner, const struct program *program, struct record *record)
{
	char text[256];
	int ret;

	memset(record, 0, sizeof(*record));
	record->index = program->index;
	ret = start(runner, program);
	if (!ret) {
		vm_exits_take(&runner->vm_exits, &runner->vcpu);
		record->ending = execute(runner, program, record);
		record->hw_exits = vm_exits_take(&runner->vm_exits, &runner->vcpu);
		settle(runner, record);
		ret = read_state(runner, record);
	}
	if (!ret)
		ret = renew(runner, record->ending);
	if (ret) {
		xvcpu_strerror_record(XVCPU_SET_STATE, &runner->error, text, sizeof(text));
		fprintf(stderr, "program %u on %s: %s: %s\n", program->index,
			runner->backend->name, strerror(-ret), text);
		return -1;
	}
	record->executed = slots_executed(program, record);
	read_memory(runner, record);
	return 0;
}
