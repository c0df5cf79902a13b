// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a program on a backend, and writing down what became of it. One VM serves all programs:
 * memory and the whole state are set anew for each.
 */
#include <backend.h>
#include <cpuid.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record.h"

#define CPUID_MAX	128
#define EXITS_MAX	256
#define APIC_BASE	0xfee00900	/* the only one that xvcpu takes */
#define APIC_BASE_KVM	0xfee00100	/* off, or KVM's CPUID says that there is an APIC */
#define KVM_NO_CALL	(-1000ll)	/* what KVM answers to a hypercall that it does not know */

#define CR0_BASE	0x31ull		/* PE, ET, NE */
#define CR0_PG		0x80000000ull
#define CR4_PAE		0x20ull
#define EFER_LONG	0x500ull

#define MXCSR_AT	24
#define XSTATE_BV_AT	512
#define AVX_AT		576
#define XSAVE_ROOM	4096	/* of which a backend takes what it needs */

const uint32_t msr_indices[MSRS] = {
	0x174, 0x175, 0x176, 0x277, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000102,
	0xc0000103,
};

/**
 * struct runner - a VM and what runs it
 * @backend: .
 * @dev:     its device
 * @vm:      .
 * @vcpu:    .
 * @memory:  MEMORY_BYTES
 * @image:   what was in it before
 * @error:   of the state call that failed
 */
struct runner {
	const struct xvcpu_backend *backend;
	int dev;
	int vm;
	struct xvcpu_vcpu vcpu;
	uint8_t *memory;
	uint8_t *image;
	struct xvcpu_error error;
};

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
	if (!ret)
		return runner;
	fprintf(stderr, "a VM of %s cannot be made: %s\n", name, strerror(-ret));
	return NULL;
}

void runner_close(struct runner *runner)
{
	runner->backend->vcpu_destroy(&runner->vcpu);
	close(runner->vm);
	close(runner->dev);
	munmap(runner->memory, MEMORY_BYTES);
	free(runner->image);
	free(runner);
}

static int set_group(struct runner *runner, enum xvcpu_group group, const void *data, size_t size)
{
	return runner->backend->state_set(&runner->vcpu, group, data, size, &runner->error);
}

static int get_group(struct runner *runner, enum xvcpu_group group, void *data, size_t size)
{
	return runner->backend->state_get(&runner->vcpu, group, data, size, &runner->error);
}

/* ---- the state at the start ---- */

static struct xvcpu_segment segment(uint16_t selector, uint32_t base, uint32_t limit, uint16_t ar)
{
	return (struct xvcpu_segment) {
		.base = base, .limit = limit, .selector = selector, .ar = ar,
	};
}

static void start_sregs(struct xvcpu_sregs *sregs, enum mode mode)
{
	struct xvcpu_segment data = segment(SEL_DATA, 0, ~0u, 0xc093);
	bool wide = mode == COMPAT || mode == LONG || mode == USER64;

	memset(sregs, 0, sizeof(*sregs));
	sregs->gdtr.base = AT_GDT;
	sregs->gdtr.limit = GDT_BYTES - 1;
	sregs->idtr.base = wide ? AT_IDT64 : AT_IDT32;
	sregs->idtr.limit = (wide ? 16 : 8) * VECTORS - 1;
	sregs->ldtr = segment(0, 0, 0xffff, 0x82);
	sregs->tr = segment(SEL_TSS, AT_TSS, 0x67, 0x8b);
	sregs->cs = segment(SEL_CODE32, 0, ~0u, 0xc09b);
	switch (mode) {
	case REAL:
		data = segment(0, 0, 0xffff, 0x93);
		sregs->cs = segment(0, 0, 0xffff, 0x9b);
		sregs->idtr.base = AT_IVT;
		sregs->idtr.limit = 4 * VECTORS - 1;
		break;
	case PROT16:
		data = segment(SEL_DATA16, 0, 0xffff, 0x93);
		sregs->cs = segment(SEL_CODE16, 0, 0xffff, 0x9b);
		break;
	case LONG:
		sregs->cs = segment(SEL_CODE64, 0, ~0u, 0xa09b);
		break;
	case USER32:
	case USER64:
		data = segment(SEL_DATA_3, 0, ~0u, 0xc0f3);
		sregs->cs = wide ? segment(SEL_CODE64_3, 0, ~0u, 0xa0fb) :
				   segment(SEL_CODE32_3, 0, ~0u, 0xc0fb);
		break;
	default:
		break;
	}
	sregs->es = data;
	sregs->ss = data;
	sregs->ds = data;
	sregs->fs = data;
	sregs->gs = data;
}

static void start_cregs(struct xvcpu_cregs *cregs, const struct program *program)
{
	*cregs = (struct xvcpu_cregs) {
		.cr0 = CR0_BASE, .cr4 = program->cr4, .apic_base = APIC_BASE,
		.xcr0 = program->xcr0, .flags = XVCPU_CREGS_LOAD_PDPTE,
	};
	switch (program->mode) {
	case REAL:
		cregs->cr0 &= ~1ull;
		return;
	case PROT16:
	case PROT32:
		return;
	case PAGED32:
	case USER32:
		cregs->cr3 = AT_PD32;
		break;
	case PAE:
		cregs->cr3 = AT_PDPT_PAE;
		cregs->cr4 |= CR4_PAE;
		break;
	default:
		cregs->cr3 = AT_PML4;
		cregs->cr4 |= CR4_PAE;
		cregs->efer = EFER_LONG;
	}
	cregs->cr0 |= CR0_PG;
}

static void start_regs(struct xvcpu_regs *regs, const struct program *program)
{
	memset(regs, 0, sizeof(*regs));
	memcpy(&regs->rax, program->gprs, sizeof(program->gprs));
	regs->rip = AT_CODE;
	regs->rflags = program->rflags;
}

static int start_msrs(struct runner *runner)
{
	struct xvcpu_msr msrs[MSRS] = { 0 };

	for (unsigned int i = 0; i < MSRS; i++)
		msrs[i].index = msr_indices[i];
	msrs[MSR_PAT].value = 0x0007040600070406;
	return runner->backend->msrs_set(&runner->vcpu, msrs, MSRS);
}

static int start_xsave(struct runner *runner)
{
	static uint8_t area[XSAVE_ROOM];
	const uint16_t fcw = 0x37f;
	const uint32_t mxcsr = 0x1f80;

	memcpy(area, &fcw, sizeof(fcw));
	memcpy(area + MXCSR_AT, &mxcsr, sizeof(mxcsr));
	area[XSTATE_BV_AT] = 7;
	return set_group(runner, XVCPU_GROUP_XSAVE, area, sizeof(area));
}

static int start(struct runner *runner, const struct program *program)
{
	const struct xvcpu_debug_regs debug = { .dr6 = 0xffff0ff0, .dr7 = 0x400 };
	const struct xvcpu_events events = { 0 };
	struct xvcpu_regs regs;
	struct xvcpu_sregs sregs;
	struct xvcpu_cregs cregs;
	int ret;

	image_make(runner->image, program);
	for (unsigned int at = 0; at < MEMORY_BYTES; at += 4096) {
		if (memcmp(runner->memory + at, runner->image + at, 4096))
			memcpy(runner->memory + at, runner->image + at, 4096);
	}
	start_regs(&regs, program);
	start_sregs(&sregs, program->mode);
	start_cregs(&cregs, program);
	if (runner->backend == &xvcpu_backend_kvm)
		cregs.apic_base = APIC_BASE_KVM;
	ret = set_group(runner, XVCPU_GROUP_REGS, &regs, sizeof(regs));
	if (!ret)
		ret = set_group(runner, XVCPU_GROUP_SREGS, &sregs, sizeof(sregs));
	if (!ret)
		ret = set_group(runner, XVCPU_GROUP_CREGS, &cregs, sizeof(cregs));
	if (!ret)
		ret = set_group(runner, XVCPU_GROUP_DEBUG, &debug, sizeof(debug));
	if (!ret)
		ret = set_group(runner, XVCPU_GROUP_EVENTS, &events, sizeof(events));
	if (!ret)
		ret = start_msrs(runner);
	return ret ? ret : start_xsave(runner);
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

static void exit_io(struct runner *runner, struct record *record)
{
	struct xvcpu_exit_io *io = &runner->vcpu.exit->io;
	bool out = io->flags & XVCPU_IO_OUT;
	uint8_t *data = io->flags & XVCPU_IO_STRING ? runner->vcpu.data : (void *)&io->data;

	for (uint32_t i = 0; i < io->count; i++, data += io->size) {
		uint64_t value = out ? 0 : answer_of(record, io->size);

		memcpy(out ? (void *)&value : data, out ? data : (void *)&value, io->size);
		trace(record, out ? TRACE_OUT : TRACE_IN, io->size, io->port, value);
	}
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

/* Whether the program goes on behind this HLT. */
static bool exit_hlt(struct runner *runner, const struct program *program, struct record *record)
{
	struct xvcpu_regs regs;
	uint64_t slot;

	if (get_group(runner, XVCPU_GROUP_REGS, &regs, sizeof(regs)))
		return false;
	slot = (regs.rip - AT_CODE) / SLOT_BYTES;
	trace(record, TRACE_HLT, 0, regs.rip, 0);
	return regs.rip >= AT_CODE && slot < program->nr &&
	       !strcmp(items[program->slots[slot].item].name, "hlt");
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

	for (unsigned int i = 0; i < EXITS_MAX; i++) {
		int reason = runner->backend->run(vcpu);

		if (reason < 0) {
			record->detail = -reason;
			return ENDED_FAILED;
		}
		record->exits |= 1ull << (reason & 63);
		switch (reason) {
		case XVCPU_EXIT_IO:
			exit_io(runner, record);
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

/* An exit that waits is completed, or given up, without entering the guest again. */
static void settle(struct runner *runner, const struct record *record)
{
	struct xvcpu_run_request *request = runner->vcpu.request;

	if (record->ending == ENDED_RAW)
		request->answer = XVCPU_ANSWER_RETRY;
	else if (record->ending != ENDED_BUDGET)
		return;
	request->immediate_exit = 1;
	runner->backend->run(&runner->vcpu);
	request->immediate_exit = 0;
}

/* ---- what is left ---- */

/* Of an unusable segment only the selector is architectural, and the base of FS and GS. */
static void tidy_segment(struct xvcpu_segment *segment, bool base)
{
	if (!segment->unusable)
		return;
	segment->limit = 0;
	segment->ar = 0;
	if (!base)
		segment->base = 0;
}

static void tidy_sregs(struct xvcpu_sregs *sregs)
{
	tidy_segment(&sregs->es, false);
	tidy_segment(&sregs->ss, false);
	tidy_segment(&sregs->ds, false);
	tidy_segment(&sregs->fs, true);
	tidy_segment(&sregs->gs, true);
	tidy_segment(&sregs->ldtr, false);
}

/* A component that XSTATE_BV does not name is in its initial state, whatever stands there. */
static void tidy_xsave(uint8_t *area)
{
	static const uint8_t fcw[2] = { 0x7f, 0x03 };
	uint8_t bv = area[XSTATE_BV_AT];

	if (!(bv & 1)) {
		memset(area, 0, MXCSR_AT);
		memcpy(area, fcw, sizeof(fcw));
		memset(area + 32, 0, 128);
	}
	if (!(bv & 2))
		memset(area + 160, 0, 256);
	if (!(bv & 4))
		memset(area + AVX_AT, 0, XSAVE_BYTES - AVX_AT);
	memset(area + 416, 0, AVX_AT - 416);
	memset(area + MXCSR_AT + 4, 0, 4);	/* MXCSR_MASK */
}

static void read_memory(struct runner *runner, struct record *record)
{
	const uint64_t *now = (const void *)runner->memory, *then = (const void *)runner->image;

	for (unsigned int page = 0; page < PAGES; page++) {
		uint64_t hash = 0;

		if (page == AT_HOLE / 4096 || !memcmp(now + page * 512, then + page * 512, 4096))
			continue;
		for (unsigned int i = page * 512; i < (page + 1) * 512; i++) {
			if (now[i] == then[i])
				continue;
			hash = (hash ^ now[i] ^ i) * 0x9e3779b97f4a7c15;
			if (record->nr_words < WORDS_MAX)
				record->words[record->nr_words] = (struct word) { 8 * i, now[i] };
			record->nr_words++;
		}
		record->pages[page] = hash;
	}
}

static int read_state(struct runner *runner, struct record *record)
{
	struct xvcpu_msr msrs[MSRS] = { 0 };
	static uint8_t xsave[XSAVE_ROOM];
	struct xvcpu_events events;
	int ret;

	ret = get_group(runner, XVCPU_GROUP_REGS, &record->regs, sizeof(record->regs));
	if (!ret)
		ret = get_group(runner, XVCPU_GROUP_SREGS, &record->sregs, sizeof(record->sregs));
	if (!ret)
		ret = get_group(runner, XVCPU_GROUP_CREGS, &record->cregs, sizeof(record->cregs));
	if (!ret)
		ret = get_group(runner, XVCPU_GROUP_DEBUG, &record->debug, sizeof(record->debug));
	if (!ret)
		ret = get_group(runner, XVCPU_GROUP_EVENTS, &events, sizeof(events));
	if (!ret)
		ret = get_group(runner, XVCPU_GROUP_XSAVE, xsave, sizeof(xsave));
	for (unsigned int i = 0; i < MSRS; i++)
		msrs[i].index = msr_indices[i];
	if (!ret)
		ret = runner->backend->msrs_get(&runner->vcpu, msrs, MSRS);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < MSRS; i++)
		record->msrs[i] = msrs[i].value;
	record->interruptibility = events.interruptibility;
	memcpy(record->xsave, xsave, sizeof(record->xsave));
	tidy_xsave(record->xsave);
	tidy_sregs(&record->sregs);
	/* KVM does not tell the PDPTEs. */
	memset(record->cregs.pdpte, 0, sizeof(record->cregs.pdpte));
	record->cregs.flags = 0;
	return 0;
}

static uint64_t slots_executed(const struct program *program, const struct record *record)
{
	uint64_t rip = record->regs.rip;

	if (record->ending == ENDED_HALTED)
		return program->nr;
	if (rip < AT_CODE || rip >= AT_CODE + program->nr * SLOT_BYTES)
		return items[program->slots[program->nr - 1].item].ends ? program->nr : 0;
	return (rip - AT_CODE) / SLOT_BYTES + 1;
}

static uint64_t hw_exits(const struct runner *runner, uint64_t *counts)
{
	const struct xvcpu_run_stats *stats = runner->vcpu.stats;
	uint64_t seen = 0;

	for (unsigned int i = 0; stats && i < 64; i++) {
		if (stats->counters[i] != counts[i])
			seen |= 1ull << i;
		counts[i] = stats->counters[i];
	}
	return seen;
}

int runner_run(struct runner *runner, const struct program *program, struct record *record)
{
	static uint64_t counts[64];
	char text[256];
	int ret;

	memset(record, 0, sizeof(*record));
	record->index = program->index;
	ret = start(runner, program);
	if (!ret) {
		hw_exits(runner, counts);
		record->ending = execute(runner, program, record);
		record->hw_exits = hw_exits(runner, counts);
		settle(runner, record);
		ret = read_state(runner, record);
	}
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
