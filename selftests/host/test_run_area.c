// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run area belongs to a hostile VMM too: what RUN reads there may be something else a moment
 * later. Here it is, after each single instruction that has touched it: the area is protected, the
 * fault lets one instruction through, and the trap behind that changes the whole area. So whatever
 * is read twice is found different, however the compiler read it.
 *
 * The module's own functions, as extract.sh finds them; the processor's side is made up.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "../../uapi/xvcpu.h"
#include "tap.h"

#define PAGE_SIZE	4096ul
#define RUN_REQUEST	0
#define RUN_EXIT	(1 * PAGE_SIZE)
#define RUN_SYNC	(2 * PAGE_SIZE)
#define RUN_SIZE	(4 * PAGE_SIZE)
#define RFLAGS_TF	0x100
#define FAULT_WRITE	2
#define ACCESSES	4096

/* ---- the kernel and the module, as far as they go here ---- */

#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	((*(volatile typeof(x) *)&(x)) = (v))
#define barrier()		__atomic_signal_fence(__ATOMIC_SEQ_CST)
#define lower_32_bits(v)	((u32)(v))
#define upper_32_bits(v)	((u32)((v) >> 32))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define HAS(mask, group)	((mask) & XVCPU_GROUP_BIT(XVCPU_GROUP_##group))
#define X86_TRAP_DB		1
#define X86_TRAP_NMI		2
#define VMX_DR6_SETTABLE	0xe00f

struct vmx_limits { int none; };
struct vmx_vcpu {
	struct vmx_limits limits;
	unsigned long gpr[16];
	struct { int kind, reason; u32 size, insn_len; } wait;
	struct { u32 info; } event;
	bool shutdown;
	u32 cr8;
};

struct xvcpu_vcpu {
	struct vmx_vcpu vmx;
	void *run;
};

/* What was judged, and what was then applied. */
static struct {
	struct xvcpu_regs regs[2];
	struct xvcpu_cregs cregs[2];
	struct xvcpu_sregs sregs[2];
	u64 mmio;
	unsigned int vector, error_code;
	u64 payload;
} seen;

static int vmx_check_regs(const struct xvcpu_regs *regs, struct xvcpu_error *error)
{
	(void)error;
	seen.regs[0] = *regs;
	return 0;
}

static int vmx_check_cregs(struct vmx_vcpu *vmx, const struct vmx_limits *limits,
			   const struct xvcpu_cregs *cregs, struct xvcpu_error *error)
{
	(void)vmx;
	(void)limits;
	(void)error;
	seen.cregs[0] = *cregs;
	return 0;
}

static int vmx_check_sregs(const struct xvcpu_sregs *sregs, struct xvcpu_error *error)
{
	(void)error;
	seen.sregs[0] = *sregs;
	return 0;
}

static void vmx_set_regs(struct vmx_vcpu *vmx, const struct xvcpu_regs *regs)
{
	(void)vmx;
	seen.regs[1] = *regs;
}

static void vmx_set_cregs(struct vmx_vcpu *vmx, const struct xvcpu_cregs *cregs)
{
	(void)vmx;
	seen.cregs[1] = *cregs;
}

static void vmx_set_sregs(struct vmx_vcpu *vmx, const struct xvcpu_sregs *sregs)
{
	(void)vmx;
	seen.sregs[1] = *sregs;
}

static void vmx_get_regs(struct vmx_vcpu *vmx, struct xvcpu_regs *regs)
{
	(void)vmx;
	memset(regs, 1, sizeof(*regs));
}

static void vmx_get_cregs(struct vmx_vcpu *vmx, struct xvcpu_cregs *cregs)
{
	(void)vmx;
	memset(cregs, 2, sizeof(*cregs));
}

static void vmx_get_sregs(struct vmx_vcpu *vmx, struct xvcpu_sregs *sregs)
{
	(void)vmx;
	memset(sregs, 3, sizeof(*sregs));
}

static void vmx_write_reg(struct vmx_vcpu *vmx, unsigned int reg, unsigned long value)
{
	vmx->gpr[reg] = value;
}

static void vmx_raise_with_payload(struct vmx_vcpu *vmx, unsigned int vector, u32 error_code,
				   u64 payload)
{
	(void)vmx;
	seen.vector = vector;
	seen.error_code = error_code;
	seen.payload = payload;
}

static void vmx_complete_instruction(struct vmx_vcpu *vmx, u64 value, u32 carry)
{
	(void)carry;
	vmx->gpr[0] = value;
}

static bool xvcpu_mmio_complete(struct xvcpu_vcpu *vcpu, u64 data)
{
	(void)vcpu;
	seen.mmio = data;
	return false;
}

#define xvcpu_mmio_go_on(vcpu)			0
#define vmx_raise_intercepted			vmx_raise_with_payload
#define vmx_is_64bit(vmx)			true
#define vmx_rip(vmx)				0x1000ul
#define vmx_jump(vmx, rip)			((void)(rip))
#define vmx_skip(vmx, length)			((void)(length))
#define vmx_stop_blocking(vmx)			((void)(vmx))
#define vmx_event_flags(vmx)			XVCPU_EXIT_FLAG_IF
#define xvcpu_vcpu_load(vcpu)			0
#define xvcpu_vcpu_unload(vcpu)			((void)(vcpu))
#define xvcpu_string_io_complete(vcpu)		((void)(vcpu))
#define xvcpu_string_io_store(vcpu, error)	0

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "run_area_code.h"

/* ---- the area, and what happens to it ---- */

static uint8_t *area;
static struct {
	unsigned int offset;
	bool write;
} touch[ACCESSES];
static unsigned int accesses;

static void protect(int prot)
{
	if (mprotect(area, RUN_SIZE, prot))
		abort();
}

static void touched(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	uintptr_t offset = (uintptr_t)info->si_addr - (uintptr_t)area;

	(void)signal;
	if (offset >= RUN_SIZE || accesses == ACCESSES)
		abort();
	touch[accesses].offset = offset;
	touch[accesses++].write = u->uc_mcontext.gregs[REG_ERR] & FAULT_WRITE;
	protect(PROT_READ | PROT_WRITE);
	u->uc_mcontext.gregs[REG_EFL] |= RFLAGS_TF;
}

static void trapped(int signal, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	size_t i;

	(void)signal;
	(void)info;
	if (!touch[accesses - 1].write) {
		for (i = 0; i < RUN_SIZE / sizeof(u64); i++)
			((u64 *)area)[i] += 0x9e3779b97f4a7c15;
	}
	protect(PROT_NONE);
	u->uc_mcontext.gregs[REG_EFL] &= ~RFLAGS_TF;
}

static void begin(struct xvcpu_vcpu *vcpu, int kind)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	size_t i;

	if (!area) {
		area = mmap(NULL, RUN_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		action.sa_sigaction = touched;
		sigaction(SIGSEGV, &action, NULL);
		action.sa_sigaction = trapped;
		sigaction(SIGTRAP, &action, NULL);
	}
	protect(PROT_READ | PROT_WRITE);
	for (i = 0; i < RUN_SIZE; i++)
		area[i] = i * 7 + (i >> 8);
	memset(vcpu, 0, sizeof(*vcpu));
	memset(&seen, 0, sizeof(seen));
	vcpu->run = area;
	vcpu->vmx.wait.kind = kind;
	vcpu->vmx.wait.size = 4;
	accesses = 0;
	protect(PROT_NONE);
}

static void end(void)
{
	protect(PROT_READ | PROT_WRITE);
}

/* Reads of [from, to) of the area, by their first byte. */
static unsigned int reads(size_t from, size_t to)
{
	unsigned int i, nr = 0;

	for (i = 0; i < accesses; i++)
		nr += !touch[i].write && touch[i].offset >= from && touch[i].offset < to;
	return nr;
}

/* ---- tests ---- */

#define REQUEST_READ	(10)	/* members that a RUN reads */

static void each_member_of_the_request_is_read_once(void)
{
	struct xvcpu_run_request request = { 0 };
	struct xvcpu_vcpu vcpu;
	unsigned int i, k;

	begin(&vcpu, VMX_WAITS_NOT);
	request_read(&vcpu, &request);
	end();
	EXPECT_EQ(REQUEST_READ, accesses);
	for (i = 0; i < accesses; i++) {
		EXPECT(!touch[i].write, "wrote at %#x", touch[i].offset);
		for (k = 0; k < i; k++)
			EXPECT(touch[i].offset != touch[k].offset, "read twice: %#x",
			       touch[i].offset);
	}
}

static void what_is_judged_is_what_is_applied(void)
{
	struct xvcpu_run_request request = {
		.dirty = XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS) |
			 XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS),
	};
	struct xvcpu_error error = { 0 };
	struct xvcpu_vcpu vcpu;

	begin(&vcpu, VMX_WAITS_NOT);
	EXPECT_EQ(0, xvcpu_complete(&vcpu, &request, &error));
	end();
	EXPECT(reads(RUN_SYNC, RUN_SIZE) > 3, "%u reads", reads(RUN_SYNC, RUN_SIZE));
	EXPECT_EQ(0, reads(0, RUN_SYNC));
	EXPECT(!memcmp(&seen.regs[0], &seen.regs[1], sizeof(seen.regs[0])), "REGS");
	EXPECT(!memcmp(&seen.cregs[0], &seen.cregs[1], sizeof(seen.cregs[0])), "CREGS");
	EXPECT(!memcmp(&seen.sregs[0], &seen.sregs[1], sizeof(seen.sregs[0])), "SREGS");
}

/* Only the data, once, and whole; size and kind are the kernel's own. */
static void data_of_an_answer_is_read_once(void)
{
	static const struct {
		int kind;
		size_t at;
		unsigned int reads;
	} kinds[] = {
		{ VMX_WAITS_IN, offsetof(struct xvcpu_run_exit, io.data), 1 },
		{ VMX_WAITS_RDMSR, offsetof(struct xvcpu_run_exit, msr.value), 1 },
		{ VMX_WAITS_HYPERCALL, offsetof(struct xvcpu_run_exit, hypercall.result), 1 },
		{ VMX_WAITS_CPUID, offsetof(struct xvcpu_run_exit, cpuid.eax), 4 },
		{ VMX_WAITS_INSTRUCTION, offsetof(struct xvcpu_run_exit, instruction.value), 2 },
		{ VMX_WAITS_MMIO, offsetof(struct xvcpu_run_exit, mmio.data), 1 },
	};
	struct xvcpu_run_request request = { .answer = XVCPU_ANSWER_DONE };
	struct xvcpu_error error = { 0 };
	struct xvcpu_vcpu vcpu;
	unsigned int i;
	u64 first;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		begin(&vcpu, kinds[i].kind);
		end();
		memcpy(&first, area + RUN_EXIT + kinds[i].at, sizeof(first));
		begin(&vcpu, kinds[i].kind);
		EXPECT_EQ(0, xvcpu_complete(&vcpu, &request, &error));
		end();
		EXPECT_EQ(kinds[i].reads, reads(0, RUN_SIZE));
		EXPECT_EQ(RUN_EXIT + kinds[i].at, touch[0].offset);
		if (kinds[i].kind == VMX_WAITS_RDMSR || kinds[i].kind == VMX_WAITS_IN ||
		    kinds[i].kind == VMX_WAITS_CPUID)
			first = (u32)first;
		EXPECT_EQ(first, kinds[i].kind == VMX_WAITS_MMIO ? seen.mmio : vcpu.vmx.gpr[0]);
	}
}

static void answers_without_data_read_nothing(void)
{
	static const u32 answers[] = {
		XVCPU_ANSWER_RETRY, XVCPU_ANSWER_EXCEPTION,
	};
	struct xvcpu_error error = { 0 };
	struct xvcpu_vcpu vcpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		struct xvcpu_run_request request = {
			.answer = answers[i], .vector = 14, .error_code = 2, .payload = 0x1234,
		};

		begin(&vcpu, VMX_WAITS_SKIP);
		EXPECT_EQ(0, xvcpu_complete(&vcpu, &request, &error));
		end();
		EXPECT_EQ(0, reads(0, RUN_SIZE));
	}
	EXPECT_EQ(14, seen.vector);
	EXPECT_EQ(2, seen.error_code);
	EXPECT_EQ(0x1234, seen.payload);
}

static void a_refused_answer_writes_nothing(void)
{
	struct xvcpu_run_request request = { .answer = XVCPU_ANSWER_SKIPPED };
	struct xvcpu_error error = { 0 };
	struct xvcpu_vcpu vcpu;

	begin(&vcpu, VMX_WAITS_IN);
	EXPECT_EQ(-EINVAL, xvcpu_complete(&vcpu, &request, &error));
	end();
	EXPECT_EQ(0, accesses);
	EXPECT_EQ(VMX_WAITS_IN, vcpu.vmx.wait.kind);
	EXPECT_EQ(XVCPU_ERR_MISSING, error.code);
}

static void the_way_out_only_writes(void)
{
	struct xvcpu_run_sync *sync;
	struct xvcpu_run_exit *exit;
	struct xvcpu_vcpu vcpu;

	begin(&vcpu, VMX_WAITS_IN);
	sync = run_sync(&vcpu);
	exit = run_exit(&vcpu);
	EXPECT_EQ(0, xvcpu_sync_out(&vcpu, 7));
	end();
	EXPECT_EQ(0, reads(0, RUN_SIZE));
	EXPECT_EQ(7, sync->valid);
	EXPECT_EQ(XVCPU_EXIT_FLAG_IF | XVCPU_EXIT_FLAG_WAITS, exit->flags);
	EXPECT_EQ(0x0101010101010101, sync->regs.rip);
	EXPECT_EQ(0x0202020202020202, sync->cregs.cr0);
	EXPECT_EQ(0x0303030303030303, sync->sregs.gdtr.base);
}

#define TEST(name)	{ #name, name }

int main(void)
{
	static const struct tap_test tests[] = {
		TEST(each_member_of_the_request_is_read_once),
		TEST(what_is_judged_is_what_is_applied),
		TEST(data_of_an_answer_is_read_once),
		TEST(answers_without_data_read_nothing),
		TEST(a_refused_answer_writes_nothing),
		TEST(the_way_out_only_writes),
	};

	return tap_run(tests, ARRAY_SIZE(tests));
}
