// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modes, tables and exception handlers of test guests. See guest.h.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "guest.h"

/* SDM "Segment Descriptors": access rights in VMCS form are the descriptor's bits 40 to 55. */
#define AR_CODE32	0xc09b
#define AR_CODE64	0xa09b
#define AR_CODE16	0x009b
#define AR_DATA		0xc093
#define AR_DATA16	0x0093
#define AR_REAL		0x0093
#define AR_TSS_32	0x008b
#define AR_LDT		0x0082
#define AR_DPL3		0x0060

#define TSS_LIMIT	0x67

const char *const guest_mode_names[MODES] = {
	"real", "16-bit protected", "32-bit protected", "32-bit paging", "PAE", "compatibility",
	"long",
};

/* ---- tables ---- */

static uint64_t descriptor(uint64_t base, uint32_t limit, uint32_t ar)
{
	uint64_t bytes = ar & 0x8000 ? limit >> 12 : limit;

	return (bytes & 0xffff) | (base & 0xffffff) << 16 | (uint64_t)(ar & 0xff) << 40 |
	       (bytes >> 16 & 0xf) << 48 | (uint64_t)(ar & 0xf000) << 40 |
	       (base >> 24 & 0xff) << 56;
}

static void init_gdt(struct test_vm *vm)
{
	uint64_t *gdt = guest_at(vm, GUEST_GDT);

	gdt[0] = 0;
	gdt[SEL_CODE32 / 8] = descriptor(0, ~0u, AR_CODE32);
	gdt[SEL_DATA / 8] = descriptor(0, ~0u, AR_DATA);
	gdt[SEL_CODE64 / 8] = descriptor(0, ~0u, AR_CODE64);
	gdt[SEL_CODE16 / 8] = descriptor(0, 0xffff, AR_CODE16);
	gdt[SEL_DATA16 / 8] = descriptor(0, 0xffff, AR_DATA16);
	gdt[SEL_CODE32_3 / 8] = descriptor(0, ~0u, AR_CODE32 | AR_DPL3);
	gdt[SEL_DATA_3 / 8] = descriptor(0, ~0u, AR_DATA | AR_DPL3);
	gdt[SEL_CODE64_3 / 8] = descriptor(0, ~0u, AR_CODE64 | AR_DPL3);
	gdt[SEL_TSS / 8] = descriptor(GUEST_TSS, TSS_LIMIT, AR_TSS_32);
	gdt[SEL_TSS / 8 + 1] = 0;
}

static void init_paging(struct test_vm *vm)
{
	uint64_t *pml4 = guest_at(vm, GUEST_PML4), *pdpt = guest_at(vm, GUEST_PDPT);
	uint64_t *pd = guest_at(vm, GUEST_PD), *pae = guest_at(vm, GUEST_PDPT_PAE);
	uint32_t *pd32 = guest_at(vm, GUEST_PD_32);
	unsigned int i;

	memset(pml4, 0, PAGE_BYTES);
	memset(pdpt, 0, PAGE_BYTES);
	memset(pae, 0, PAGE_BYTES);
	pml4[0] = GUEST_PDPT | PTE_P | PTE_W | PTE_U;
	pdpt[0] = GUEST_PD | PTE_P | PTE_W | PTE_U;
	pae[0] = GUEST_PD | PTE_P;
	for (i = 0; i < 512; i++)
		pd[i] = MIB(2) * i | PTE_P | PTE_W | PTE_U | PTE_PS;
	for (i = 0; i < 1024; i++)
		pd32[i] = MIB(4) * i | PTE_P | PTE_W | PTE_U | PTE_PS;
}

uint64_t *guest_split(struct test_vm *vm)
{
	uint64_t *pt = guest_at(vm, GUEST_PT), *pd = guest_at(vm, GUEST_PD);
	unsigned int i;

	for (i = 0; i < 512; i++)
		pt[i] = (uint64_t)PAGE_BYTES * i | PTE_P | PTE_W | PTE_U;
	pd[0] = GUEST_PT | PTE_P | PTE_W | PTE_U;
	return pt;
}

static void init_handlers(struct test_vm *vm)
{
	uint32_t *ivt = guest_at(vm, GUEST_IVT);
	unsigned int i;

	memset(guest_at(vm, GUEST_TRAPS), 0xf4 /* HLT */, GUEST_VECTORS * 16);
	for (i = 0; i < GUEST_VECTORS; i++)
		ivt[i] = GUEST_TRAPS + 16 * i;
}

/* Interrupt gates (SDM "IDT Descriptors"), open to CPL 3 so that INT n works there. */
static void init_idt(struct test_vm *vm, enum guest_mode mode)
{
	uint64_t *idt = guest_at(vm, GUEST_IDT);
	bool wide = mode == MODE_LONG || mode == MODE_COMPAT;
	uint64_t selector = wide ? SEL_CODE64 : SEL_CODE32, gate;
	unsigned int i;

	memset(idt, 0, PAGE_BYTES);
	for (i = 0; i < GUEST_VECTORS; i++) {
		gate = (GUEST_TRAPS + 16 * i) | selector << 16 | 0xeeull << 40;
		if (wide)
			idt[2 * i] = gate;
		else
			idt[i] = gate;
	}
}

static void init_tss(struct test_vm *vm, enum guest_mode mode)
{
	uint32_t *tss = guest_at(vm, GUEST_TSS);

	memset(tss, 0, TSS_LIMIT + 1);
	if (mode == MODE_LONG || mode == MODE_COMPAT) {
		tss[1] = GUEST_STACK;	/* RSP0 */
	} else {
		tss[1] = GUEST_STACK;	/* ESP0 */
		tss[2] = SEL_DATA;	/* SS0 */
	}
	tss[25] = (TSS_LIMIT + 1) << 16;	/* no I/O permission bitmap */
}

void guest_memory_init(struct test_vm *vm)
{
	init_handlers(vm);
	init_gdt(vm);
	init_paging(vm);
}

/* ---- registers ---- */

static struct xvcpu_segment segment(uint16_t selector, uint64_t base, uint32_t limit, uint16_t ar)
{
	return (struct xvcpu_segment) {
		.base = base, .limit = limit, .selector = selector, .ar = ar,
	};
}

static void set_data_segments(struct xvcpu_sregs *sregs, struct xvcpu_segment data)
{
	sregs->es = data;
	sregs->ss = data;
	sregs->ds = data;
	sregs->fs = data;
	sregs->gs = data;
}

static void segments_of(struct xvcpu_sregs *sregs, enum guest_mode mode)
{
	struct xvcpu_segment data = segment(SEL_DATA, 0, ~0u, AR_DATA);

	memset(sregs, 0, sizeof(*sregs));
	sregs->gdtr.base = GUEST_GDT;
	sregs->gdtr.limit = SEL_TSS + 15;
	sregs->idtr.base = GUEST_IDT;
	sregs->idtr.limit = 0xfff;
	sregs->ldtr = segment(0, 0, 0xffff, AR_LDT);
	sregs->tr = segment(SEL_TSS, GUEST_TSS, TSS_LIMIT, AR_TSS_32);
	switch (mode) {
	case MODE_REAL:
		data = segment(0, 0, 0xffff, AR_REAL);
		sregs->cs = segment(0, 0, 0xffff, 0x9b);
		sregs->idtr.base = GUEST_IVT;
		sregs->idtr.limit = 0x3ff;
		break;
	case MODE_PROT16:
		data = segment(SEL_DATA16, 0, 0xffff, AR_DATA16);
		sregs->cs = segment(SEL_CODE16, 0, 0xffff, AR_CODE16);
		break;
	case MODE_LONG:
		sregs->cs = segment(SEL_CODE64, 0, ~0u, AR_CODE64);
		break;
	default:
		sregs->cs = segment(SEL_CODE32, 0, ~0u, AR_CODE32);
	}
	set_data_segments(sregs, data);
}

static void cregs_of(struct xvcpu_cregs *cregs, enum guest_mode mode)
{
	static const struct {
		uint64_t cr0, cr3, cr4, efer;
	} modes[MODES] = {
		[MODE_REAL]    = { CR0_ET, 0, 0, 0 },
		[MODE_PROT16]  = { CR0_ET | CR0_PE, 0, 0, 0 },
		[MODE_PROT32]  = { CR0_ET | CR0_PE, 0, 0, 0 },
		[MODE_PAGED32] = { CR0_ET | CR0_PE | CR0_PG, GUEST_PD_32, CR4_PSE, 0 },
		[MODE_PAE]     = { CR0_ET | CR0_PE | CR0_PG, GUEST_PDPT_PAE, CR4_PAE, 0 },
		[MODE_COMPAT]  = { CR0_ET | CR0_PE | CR0_PG, GUEST_PML4, CR4_PAE,
				   EFER_LME | EFER_LMA },
		[MODE_LONG]    = { CR0_ET | CR0_PE | CR0_PG, GUEST_PML4, CR4_PAE,
				   EFER_LME | EFER_LMA },
	};

	cregs->cr0 = modes[mode].cr0 | CR0_NE;
	cregs->cr3 = modes[mode].cr3;
	cregs->cr4 = modes[mode].cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT;
	cregs->efer = modes[mode].efer;
	if (mode == MODE_PAE)
		cregs->pdpte[0] = GUEST_PD | PTE_P;
}

void guest_mode(struct test_vcpu *vcpu, enum guest_mode mode)
{
	struct xvcpu_run_sync *sync = vcpu->sync;
	long err = vcpu_reset(vcpu);

	if (!err)
		err = vcpu_get(vcpu, XVCPU_GROUP_CREGS, &sync->cregs, sizeof(sync->cregs));
	if (err)
		die("reset: %s", strerror(-err));
	memset(&sync->regs, 0, sizeof(sync->regs));
	sync->regs.rsp = GUEST_STACK;
	sync->regs.rip = GUEST_CODE_AT;
	sync->regs.rflags = RFLAGS_1;
	segments_of(&sync->sregs, mode);
	cregs_of(&sync->cregs, mode);
	init_idt(vcpu->vm, mode);
	init_tss(vcpu->vm, mode);
	vcpu->request->dirty = ALL_SYNCED;
}

void guest_user(struct test_vcpu *vcpu)
{
	struct xvcpu_sregs *sregs = guest_sregs(vcpu);
	bool wide = sregs->cs.selector == SEL_CODE64;

	set_data_segments(sregs, segment(SEL_DATA_3, 0, ~0u, AR_DATA | AR_DPL3));
	sregs->cs = segment(wide ? SEL_CODE64_3 : SEL_CODE32_3, 0, ~0u,
			    (wide ? AR_CODE64 : AR_CODE32) | AR_DPL3);
	guest_regs(vcpu)->rsp = GUEST_STACK3;
}

void guest_load(struct test_vm *vm, uint64_t gpa, const struct guest_code *code)
{
	size_t length = code->end - code->begin;

	if (gpa + length > vm->size)
		die("%s does not fit at %#llx", code->name, (unsigned long long)gpa);
	memcpy(guest_at(vm, gpa), code->begin, length);
}

void guest_begin(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code)
{
	guest_memory_init(vcpu->vm);
	guest_mode(vcpu, mode);
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
}

void guest_next(struct test_vcpu *vcpu, const struct guest_code *code)
{
	guest_load(vcpu->vm, GUEST_CODE_AT, code);
	guest_regs(vcpu)->rip = GUEST_CODE_AT;
}

struct xvcpu_regs *guest_regs(struct test_vcpu *vcpu)
{
	vcpu->request->dirty |= XVCPU_GROUP_BIT(XVCPU_GROUP_REGS);
	return &vcpu->sync->regs;
}

void guest_interruptible(struct test_vcpu *vcpu)
{
	guest_regs(vcpu)->rflags |= RFLAGS_IF;
}

struct xvcpu_sregs *guest_sregs(struct test_vcpu *vcpu)
{
	vcpu->request->dirty |= XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS);
	return &vcpu->sync->sregs;
}

struct xvcpu_cregs *guest_cregs(struct test_vcpu *vcpu)
{
	vcpu->request->dirty |= XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS);
	return &vcpu->sync->cregs;
}

/* ---- what became of it ---- */

static int trap_vector(const struct test_vcpu *vcpu)
{
	uint64_t rip = vcpu->sync->regs.rip;

	/* RIP is behind the HLT. */
	if (vcpu->exit->reason != XVCPU_EXIT_HLT || rip <= GUEST_TRAPS ||
	    rip > GUEST_TRAPS + GUEST_VECTORS * 16 || (rip - 1 - GUEST_TRAPS) % 16)
		return NO_TRAP;
	return (rip - 1 - GUEST_TRAPS) / 16;
}

int guest_run(struct test_vcpu *vcpu)
{
	long err = vcpu_run(vcpu);

	/* Work of the host kernel that no test asked for. */
	while (err == -EINTR && !vcpu->request->immediate_exit)
		err = vcpu_run(vcpu);
	if (err)
		die("XVCPU_RUN: %s, error %u in field %u", strerror(-err), vcpu->exit->error.code,
		    vcpu->exit->error.field);
	if (vcpu->exit->reason != XVCPU_EXIT_HLT)
		return OTHER_EXIT(vcpu->exit->reason);
	return trap_vector(vcpu);
}

static bool has_error_code(int vector)
{
	return vector == VEC_DF || (vector >= VEC_TS && vector <= VEC_PF) || vector == VEC_AC;
}

bool guest_trapped(struct test_vcpu *vcpu, struct guest_trap *trap)
{
	const struct xvcpu_cregs *cregs = &vcpu->sync->cregs;
	unsigned int width = !(cregs->cr0 & CR0_PE) ? 2 : cregs->efer & EFER_LMA ? 8 : 4;
	uint64_t frame[6] = { 0 }, at = vcpu->sync->regs.rsp;
	unsigned int i = 0, k;

	memset(trap, 0, sizeof(*trap));
	trap->vector = trap_vector(vcpu);
	if (trap->vector == NO_TRAP || at > vcpu->vm->size - sizeof(frame))
		return false;
	for (k = 0; k < 6; k++)
		memcpy(&frame[k], guest_at(vcpu->vm, at + k * width), width);
	if (width != 2 && has_error_code(trap->vector))
		trap->error = frame[i++];
	trap->rip = frame[i++];
	trap->cs = frame[i++] & 0xffff;
	trap->rflags = frame[i++];
	/* SS:RSP is in the frame in long mode, and where the privilege changed. */
	trap->rsp = width == 8 || (trap->cs & 3) ? frame[i] : at + i * width;
	return true;
}

void guest_return(struct test_vcpu *vcpu, const struct guest_trap *trap, unsigned int skip)
{
	struct xvcpu_regs *regs = guest_regs(vcpu);

	regs->rip = trap->rip + skip;
	regs->rflags = trap->rflags;
	regs->rsp = trap->rsp;
}

void wait_for_guest(struct test_vm *vm)
{
	uint64_t from = guest_read64(vm, GUEST_DATA);

	while (guest_read64(vm, GUEST_DATA) == from)
		sched_yield();
}

GUEST_CODE(only_halt, 16, "hlt");

bool guest_runs(void)
{
	struct test_vm vm;
	struct test_vcpu vcpu;
	bool ran;

	vm_open(&vm, 0);
	vcpu_open(&vcpu, &vm, 0);
	guest_begin(&vcpu, MODE_REAL, &only_halt);
	ran = guest_run(&vcpu) == NO_TRAP;
	vcpu_close(&vcpu);
	vm_close(&vm);
	return ran;
}
