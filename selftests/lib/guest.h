/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest code for tests: a few instructions in the test's own source, a mode to run them in, and
 * what became of them.
 *
 *	GUEST_CODE(leaf_1, 64, "mov $1, %eax; cpuid; hlt");
 *
 *	guest_begin(&vcpu, MODE_LONG, &leaf_1);
 *	ASSERT_EQ(NO_TRAP, guest_run(&vcpu));
 *
 * Memory is mapped to itself, from 0 on, in every mode with paging. Every exception has a handler
 * that is one HLT instruction: the host finds the registers as the fault left them, and the frame
 * that the processor pushed on the stack (guest_trap()).
 */
#ifndef XVCPU_TEST_GUEST_H
#define XVCPU_TEST_GUEST_H

#include "machine.h"

/* Guest-physical layout, below 2 MiB. Real mode sees the first 64 KiB. */
#define GUEST_IVT	0x0000u		/* real mode's vectors */
#define GUEST_IDT	0x1000u		/* 256 gates of 16 or 8 bytes */
#define GUEST_GDT	0x2000u
#define GUEST_TSS	0x2800u
#define GUEST_TRAPS	0x3000u		/* handler of vector n at + 16 * n */
#define GUEST_VECTORS	64u		/* those that have a handler */
#define GUEST_CODE_AT	0x4000u
#define GUEST_STACK3	0x7000u		/* top of the stack at CPL 3 */
#define GUEST_STACK	0x9000u		/* top of the stack */
#define GUEST_DATA	0xa000u		/* to 0xffff: the test's */
#define GUEST_PML4	0x10000u
#define GUEST_PDPT	0x11000u
#define GUEST_PD	0x12000u	/* of long mode and PAE: the first GiB in pages of 2 MiB */
#define GUEST_PT	0x13000u	/* the first 2 MiB, once guest_split() was called */
#define GUEST_PDPT_PAE	0x14000u
#define GUEST_PD_32	0x15000u	/* of 32-bit paging: 4 GiB in pages of 4 MiB */
#define GUEST_FREE	0x20000u	/* from here on: the test's */

/* Selectors of the GDT at GUEST_GDT. */
#define SEL_CODE32	0x08
#define SEL_DATA	0x10
#define SEL_CODE64	0x18
#define SEL_CODE16	0x20
#define SEL_DATA16	0x28
#define SEL_CODE32_3	0x33
#define SEL_DATA_3	0x3b
#define SEL_CODE64_3	0x43
#define SEL_TSS		0x48

/* Bits of control registers, EFER, RFLAGS and page-table entries that tests name. */
#define CR0_PE		0x1ull
#define CR0_MP		0x2ull
#define CR0_EM		0x4ull
#define CR0_TS		0x8ull
#define CR0_ET		0x10ull
#define CR0_NE		0x20ull
#define CR0_WP		0x10000ull
#define CR0_AM		0x40000ull
#define CR0_NW		0x20000000ull
#define CR0_CD		0x40000000ull
#define CR0_PG		0x80000000ull
#define CR4_VME		0x1ull
#define CR4_DE		0x8ull
#define CR4_PSE		0x10ull
#define CR4_PAE		0x20ull
#define CR4_MCE		0x40ull
#define CR4_PGE		0x80ull
#define CR4_OSFXSR	0x200ull
#define CR4_OSXMMEXCPT	0x400ull
#define CR4_VMXE	0x2000ull
#define CR4_SMXE	0x4000ull
#define CR4_FSGSBASE	0x10000ull
#define CR4_PCIDE	0x20000ull
#define CR4_OSXSAVE	0x40000ull
#define CR4_SMEP	0x100000ull
#define CR4_SMAP	0x200000ull
#define EFER_SCE	0x1ull
#define EFER_LME	0x100ull
#define EFER_LMA	0x400ull
#define EFER_NXE	0x800ull
#define RFLAGS_1	0x2ull
#define RFLAGS_CF	0x1ull
#define RFLAGS_ZF	0x40ull
#define RFLAGS_TF	0x100ull
#define RFLAGS_IF	0x200ull
#define RFLAGS_DF	0x400ull
#define RFLAGS_NT	0x4000ull
#define RFLAGS_VM	0x20000ull
#define PTE_P		0x1ull
#define PTE_W		0x2ull
#define PTE_U		0x4ull
#define PTE_A		0x20ull
#define PTE_D		0x40ull
#define PTE_PS		0x80ull
#define PTE_NX		(1ull << 63)

enum trap_vector {
	VEC_DE = 0, VEC_DB = 1, VEC_NMI = 2, VEC_BP = 3, VEC_OF = 4, VEC_BR = 5, VEC_UD = 6,
	VEC_NM = 7, VEC_DF = 8, VEC_TS = 10, VEC_NP = 11, VEC_SS = 12, VEC_GP = 13, VEC_PF = 14,
	VEC_MF = 16, VEC_AC = 17,
};

/* What guest_run() gives besides a vector. */
#define NO_TRAP		(-1)		/* HLT, and not in a handler */
#define OTHER_EXIT(reason)	(-1000 - (int)(reason))

struct guest_code {
	const char *name;
	const uint8_t *begin;
	const uint8_t *end;
};

#ifdef __x86_64__
#define GUEST_HOST_BITS	".code64"
#else
#define GUEST_HOST_BITS	".code32"
#endif

/*
 * Position-independent instructions in AT&T syntax, assembled for @bits (16, 32, 64), as a constant
 * @name. Local labels are numbers.
 */
#define GUEST_CODE(name, bits, ...)							\
	extern const uint8_t guest_begin_of_##name[], guest_end_of_##name[];		\
	__asm__(".pushsection .rodata.guest, \"a\"\n"					\
		"guest_begin_of_" #name ":\n"						\
		".code" #bits "\n"							\
		__VA_ARGS__ "\n"							\
		GUEST_HOST_BITS "\n"							\
		"guest_end_of_" #name ":\n"						\
		".popsection\n");							\
	static const struct guest_code name __attribute__((unused)) = {		\
		#name, guest_begin_of_##name, guest_end_of_##name,			\
	}

enum guest_mode {
	MODE_REAL,
	MODE_PROT16,	/* 16-bit segments, no paging */
	MODE_PROT32,	/* flat, no paging */
	MODE_PAGED32,	/* flat, 32-bit paging */
	MODE_PAE,	/* flat, PAE paging */
	MODE_COMPAT,	/* 32-bit code in long mode */
	MODE_LONG,
	MODES
};

/*
 * A text for each width; @name[mode] is the one that fits the mode. GUEST_CODE_MODES: the same
 * text. GUEST_CODE_AT_RSI: (%si), (%esi) or (%rsi) between the two parts of the text.
 */
#define GUEST_CODE_WIDTHS(name, text_16, text_32, text_64)				\
	GUEST_CODE(name##_16, 16, text_16);						\
	GUEST_CODE(name##_32, 32, text_32);						\
	GUEST_CODE(name##_64, 64, text_64);						\
	static const struct guest_code *const name[MODES] __attribute__((unused)) = {	\
		[MODE_REAL] = &name##_16, [MODE_PROT16] = &name##_16,			\
		[MODE_PROT32] = &name##_32, [MODE_PAGED32] = &name##_32,		\
		[MODE_PAE] = &name##_32, [MODE_COMPAT] = &name##_32,			\
		[MODE_LONG] = &name##_64,						\
	}

#define GUEST_CODE_MODES(name, text)	GUEST_CODE_WIDTHS(name, text, text, text)

#define GUEST_CODE_AT_RSI(name, before, after)						\
	GUEST_CODE_WIDTHS(name, before "(%si)" after, before "(%esi)" after, before "(%rsi)" after)

extern const char *const guest_mode_names[MODES];

/* Tables, gates and handlers for every mode, into the VM's memory. */
void guest_memory_init(struct test_vm *vm);

/* State after RESET, then @mode; goes in with the next RUN (dirty). Code is not touched. */
void guest_mode(struct test_vcpu *vcpu, enum guest_mode mode);

/* The same at CPL 3, in MODE_PROT32, MODE_PAGED32, MODE_PAE, MODE_COMPAT and MODE_LONG. */
void guest_user(struct test_vcpu *vcpu);

void guest_load(struct test_vm *vm, uint64_t gpa, const struct guest_code *code);

/* guest_memory_init(), guest_mode() and @code at GUEST_CODE_AT, where RIP goes. */
void guest_begin(struct test_vcpu *vcpu, enum guest_mode mode, const struct guest_code *code);

/* Other code in the mode that the vCPU is in; the registers stay but RIP. */
void guest_next(struct test_vcpu *vcpu, const struct guest_code *code);

/*
 * One RUN. NO_TRAP: the guest halted by itself; 0 to 63: in the handler of that vector;
 * OTHER_EXIT(): another exit. RUN's own failure ends the test.
 */
int guest_run(struct test_vcpu *vcpu);

/**
 * struct guest_trap - the frame of the exception whose handler the guest is in
 * @vector: .
 * @error:  error code; 0 where the vector has none
 * @rip:    of the faulting instruction, or of the next one
 * @cs:     .
 * @rflags: .
 * @rsp:    before the exception, where the frame has it; else computed
 */
struct guest_trap {
	int vector;
	uint64_t error;
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
};

bool guest_trapped(struct test_vcpu *vcpu, struct guest_trap *trap);

/* Leave the handler: RIP and RFLAGS as in the frame, then @skip bytes on; with the next RUN. */
void guest_return(struct test_vcpu *vcpu, const struct guest_trap *trap, unsigned int skip);

/* Map the first 2 MiB of long mode and PAE by pages of 4 KiB; gives the page table. */
uint64_t *guest_split(struct test_vm *vm);

/*
 * For guests that spin: RFLAGS.IF set. Nothing is injected, and on hardware it makes no
 * difference; but Bochs lets no interrupt take a guest out that was entered with IF clear.
 */
void guest_interruptible(struct test_vcpu *vcpu);

/* Waits until a guest that counts at GUEST_DATA has counted on. */
void wait_for_guest(struct test_vm *vm);

/* Whether a VM can be made now and runs a guest to its HLT. */
bool guest_runs(void);

/* Registers of the sync section, marked dirty by being asked for. */
struct xvcpu_regs *guest_regs(struct test_vcpu *vcpu);
struct xvcpu_sregs *guest_sregs(struct test_vcpu *vcpu);
struct xvcpu_cregs *guest_cregs(struct test_vcpu *vcpu);

static inline void *guest_at(struct test_vm *vm, uint64_t gpa)
{
	return vm->memory + gpa;
}

static inline uint64_t guest_read64(struct test_vm *vm, uint64_t gpa)
{
	return *(volatile uint64_t *)guest_at(vm, gpa);
}

static inline void guest_write64(struct test_vm *vm, uint64_t gpa, uint64_t value)
{
	*(volatile uint64_t *)guest_at(vm, gpa) = value;
}

#endif /* XVCPU_TEST_GUEST_H */
