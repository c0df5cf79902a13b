// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU's state and memory: set for a program to start with, read when it has ended.
 */
#include <string.h>

#include "runner.h"

#define APIC_BASE	0xfee00900	/* the only one that xvcpu takes */
#define APIC_BASE_KVM	0xfee00100	/* off, or KVM's CPUID says that there is an APIC */

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

int set_group(struct runner *runner, enum xvcpu_group group, const void *data, size_t size)
{
	return runner->backend->state_set(&runner->vcpu, group, data, size, &runner->error);
}

int get_group(struct runner *runner, enum xvcpu_group group, void *data, size_t size)
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
	bool wide = mode_is_ia32e(mode);

	memset(sregs, 0, sizeof(*sregs));
	sregs->gdtr.base = AT_GDT;
	sregs->gdtr.limit = GDT_BYTES - 1;
	sregs->idtr.base = wide ? AT_IDT64 : AT_IDT32;
	sregs->idtr.limit = (wide ? 16 : 8) * VECTORS - 1;
	sregs->ldtr = segment(0, 0, 0xffff, 0x82);
	sregs->tr = segment(SEL_TSS, AT_TSS, TSS_LIMIT, 0x8b);
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
	case COMPAT3:
		data = segment(SEL_DATA_3, 0, ~0u, 0xc0f3);
		sregs->cs = mode == USER64 ? segment(SEL_CODE64_3, 0, ~0u, 0xa0fb) :
					     segment(SEL_CODE32_3, 0, ~0u, 0xc0fb);
		break;
	case V86:
		data = segment(0, 0, 0xffff, 0xf3);
		sregs->cs = data;
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
		.cr0 = CR0_BASE | program->cr0, .cr4 = program->cr4, .apic_base = APIC_BASE,
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
	case V86:
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

int start(struct runner *runner, const struct program *program)
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

void read_memory(struct runner *runner, struct record *record)
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

int read_state(struct runner *runner, struct record *record)
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

