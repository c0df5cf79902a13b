// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU whose thread is moved from CPU to CPU all the time: the guest checks its own registers
 * and MSRs in a loop, the host its own after each exit. Needs two CPUs.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define MOVES	100

#define MSR_TSC_AUX	0xc0000103u
#define MSR_LSTAR	0xc0000082u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_SYSENTER_ESP 0x175u

/*
 * Registers hold what the host gave them; every difference leaves by OUT to port 0xbad. Each
 * round counts at GUEST_DATA and, where R15 says so, leaves by OUT to port 0x80.
 */
GUEST_CODE(check_itself, 64,
	   "1: incq 0xa000\n"
	   "cmp $0x1234567, %rbx; jne 9f\n"
	   "cmp $0x2345678, %rbp; jne 9f\n"
	   "cmp $0x3456789, %rdi; jne 9f\n"
	   "cmp $0x456789a, %r8; jne 9f\n"
	   "cmp $0x56789ab, %r12; jne 9f\n"
	   "cmp $0x6789abc, %r14; jne 9f\n"
	   /* CR2, CR8, DR3 */
	   "mov %cr2, %rax; cmp $0x789abcd, %rax; jne 9f\n"
	   "mov %cr8, %rax; cmp $11, %rax; jne 9f\n"
	   "mov %db3, %rax; cmp $0xabcde, %rax; jne 9f\n"
	   /* XMM15, YMM14's upper half, MXCSR */
	   "vmovups 0xa100, %ymm0; vpcmpeqb %xmm0, %xmm15, %xmm1; vpmovmskb %xmm1, %eax\n"
	   "cmp $0xffff, %eax; jne 9f\n"
	   "vextractf128 $1, %ymm14, %xmm1; vextractf128 $1, %ymm0, %xmm0\n"
	   "vpcmpeqb %xmm0, %xmm1, %xmm1; vpmovmskb %xmm1, %eax; cmp $0xffff, %eax; jne 9f\n"
	   "stmxcsr 0xa008; cmpl $0x5f80, 0xa008; jne 9f\n"
	   /* MSRs and bases */
	   "mov $0xc0000082, %ecx; rdmsr; cmp $0x1111000, %eax; jne 9f\n"
	   "mov $0xc0000102, %ecx; rdmsr; cmp $0x2222000, %eax; jne 9f\n"
	   "mov $0x175, %ecx; rdmsr; cmp $0x3333000, %eax; jne 9f\n"
	   "mov %gs:0, %rax; cmp 0xa200, %rax; jne 9f\n"
	   "rdtscp; cmp $0x4444, %ecx; jne 9f\n"
	   "xor %ecx, %ecx; xgetbv; cmp $7, %eax; jne 9f\n"
	   "test %r15, %r15; jz 1b\n"
	   "out %al, $0x80\n"
	   "jmp 1b\n"
	   "9: mov $0xbad, %edx; out %eax, %dx\n");

GUEST_CODE(load_vectors, 64,
	   "vmovups 0xa100, %ymm15; vmovups 0xa100, %ymm14; ldmxcsr 0xa180; hlt");

GUEST_CODE(halt, 64, "hlt");

FIXTURE(moved) {
	struct test_vm vm;
	struct test_vcpu vcpu;
	pthread_t mover;
	pid_t tid;
	volatile bool stop;
	volatile unsigned int moves;
};

#define moved_data	FIXTURE_DATA(moved)

FIXTURE_SETUP(moved)
{
	struct xvcpu_debug_regs debug = {
		.db = { [3] = 0xabcde }, .dr6 = 0xffff0ff0, .dr7 = 0x400,
	};
	struct xvcpu_regs *regs;
	uint8_t *pattern;
	unsigned int i;

	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	self->tid = syscall(SYS_gettid);
	to_cpu(self->tid, 0);

	guest_begin(&self->vcpu, MODE_LONG, &load_vectors);
	guest_cregs(&self->vcpu)->cr4 |= CR4_OSXSAVE;
	guest_cregs(&self->vcpu)->xcr0 = 7;
	guest_cregs(&self->vcpu)->cr2 = 0x789abcd;
	guest_cregs(&self->vcpu)->cr8 = 11;
	guest_sregs(&self->vcpu)->gs.base = 0xa200;
	pattern = guest_at(&self->vm, 0xa100);
	for (i = 0; i < 32; i++)
		pattern[i] = 0x80 + i * 5;
	*(uint32_t *)guest_at(&self->vm, 0xa180) = 0x5f80;
	guest_write64(&self->vm, 0xa200, 0x5a5a5a5a12345678);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));

	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, MSR_LSTAR, 0x1111000));
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, MSR_KERNEL_GS_BASE, 0x2222000));
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, MSR_SYSENTER_ESP, 0x3333000));
	ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, MSR_TSC_AUX, 0x4444));
	guest_next(&self->vcpu, &check_itself);
	guest_interruptible(&self->vcpu);
	regs = guest_regs(&self->vcpu);
	regs->rbx = 0x1234567;
	regs->rbp = 0x2345678;
	regs->rdi = 0x3456789;
	regs->r8 = 0x456789a;
	regs->r12 = 0x56789ab;
	regs->r14 = 0x6789abc;
}

FIXTURE_TEARDOWN(moved)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

/* Moves the thread once the guest has run where it was, so that every move counts. */
static void *move_it(void *arg)
{
	moved_data *self = arg;
	uint64_t seen;

	while (self->moves < MOVES && !self->stop) {
		seen = guest_read64(&self->vm, GUEST_DATA);
		to_cpu(self->tid, self->moves & 1 ? 0 : 1);
		while (guest_read64(&self->vm, GUEST_DATA) == seen && !self->stop)
			sched_yield();
		self->moves++;
	}
	vcpu_kick(&self->vcpu);
	return NULL;
}

static uint32_t tsc_aux(void)
{
	uint32_t low, high, aux;

	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
	return aux & 0xfff;
}

static void *run_on_cpu1(void *arg)
{
	moved_data *self = arg;

	to_cpu(0, 1);
	guest_run(&self->vcpu);
	return NULL;
}

/* In the guest all the time; only interrupts and moves take it out. */
TEST_F(moved, the_guest_keeps_its_state_in_the_kernels_loop)
{
	uint64_t before, flushes, moved;

	ASSERT_LE(2, sysconf(_SC_NPROCESSORS_ONLN));
	before = vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS);
	flushes = vcpu_counter(&self->vcpu, XVCPU_COUNT_EPT_FLUSH);
	ASSERT_EQ(0, pthread_create(&self->mover, NULL, move_it, self));
	ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), guest_run(&self->vcpu)) {
		TH_LOG("exit %u, RIP %#llx", self->vcpu.exit->reason,
		       (unsigned long long)self->vcpu.sync->regs.rip);
		self->stop = true;
	}
	pthread_join(self->mover, NULL);
	EXPECT_EQ(MOVES, self->moves);
	moved = vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS) - before;
	EXPECT_LE(MOVES / 2, moved);
	/* What a CPU still holds from an earlier visit must not be used. */
	EXPECT_LE(flushes + moved, vcpu_counter(&self->vcpu, XVCPU_COUNT_EPT_FLUSH));
}

/* In and out of RUN: the host's thread finds its own things wherever it comes out. */
TEST_F(moved, both_keep_their_state_across_runs)
{
	uint64_t before = vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS);
	unsigned int wrong = 0;
	unsigned int cpu, aux;
	int outcome;

	guest_regs(&self->vcpu)->r15 = 1;
	ASSERT_EQ(0, pthread_create(&self->mover, NULL, move_it, self));
	for (;;) {
		outcome = guest_run(&self->vcpu);
		if (outcome != OTHER_EXIT(XVCPU_EXIT_IO) || self->vcpu.exit->io.port != 0x80)
			break;
		/* Moved between the two: only a CPU that is the same before and after counts. */
		cpu = sched_getcpu();
		aux = tsc_aux();
		wrong += cpu == (unsigned int)sched_getcpu() && aux != cpu;
	}
	EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), outcome) {
		TH_LOG("exit %u, RIP %#llx", self->vcpu.exit->reason,
		       (unsigned long long)self->vcpu.sync->regs.rip);
	}
	self->stop = true;
	pthread_join(self->mover, NULL);
	EXPECT_EQ(0, wrong);
	EXPECT_LE(before + MOVES / 2, vcpu_counter(&self->vcpu, XVCPU_COUNT_MIGRATIONS));
}

static unsigned long nmis_on(unsigned int cpu)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned long counts[2] = { 0 };
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " NMI: %lu %lu", &counts[0], &counts[1]) == 2)
			break;
	}
	if (file)
		fclose(file);
	return counts[cpu];
}

/* An NMI of the host that hits the guest is handled by the host, there and then, and only there. */
TEST_F(moved, nmis_of_the_host_pass_the_guest_by)
{
	FILE *trigger = fopen("/proc/sysrq-trigger", "w");
	unsigned long before;
	unsigned int i;

	if (!trigger)
		SKIP(return, "no /proc/sysrq-trigger: a kernel without MAGIC_SYSRQ");
	setbuf(trigger, NULL);
	to_cpu(self->tid, 0);
	ASSERT_EQ(0, pthread_create(&self->mover, NULL, run_on_cpu1, self));
	wait_for_guest(&self->vm);
	before = nmis_on(1);
	/* Backtraces of all CPUs, asked for by NMI. */
	for (i = 0; i < 5; i++)
		ASSERT_EQ('l', fputc('l', trigger));
	wait_for_guest(&self->vm);
	EXPECT_LE(before + 5, nmis_on(1));
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	pthread_join(self->mover, NULL);
	EXPECT_EQ(XVCPU_EXIT_KICK, self->vcpu.exit->reason);
	fclose(trigger);
}

/* State read and written on another CPU than the one that ran the guest. */
TEST_F(moved, state_is_reached_from_any_cpu)
{
	struct xvcpu_regs regs;
	unsigned int i;

	guest_regs(&self->vcpu)->r15 = 1;
	for (i = 0; i < 20; i++) {
		to_cpu(self->tid, i & 1);
		ASSERT_EQ(OTHER_EXIT(XVCPU_EXIT_IO), guest_run(&self->vcpu));
		ASSERT_EQ(0x80, self->vcpu.exit->io.port);
		to_cpu(self->tid, ~i & 1);
		ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs)));
		EXPECT_EQ(0x1234567, regs.rbx);
		EXPECT_EQ(0x1111000, vcpu_msr(&self->vcpu, MSR_LSTAR));
		ASSERT_EQ(0, vcpu_set_msr(&self->vcpu, MSR_LSTAR, 0x1111000));
	}
}

/* Closed on another CPU than the one where it was loaded, and the next one takes its memory. */
TEST_F(moved, vcpus_are_closed_on_another_cpu)
{
	struct test_vcpu other;
	unsigned int i;

	for (i = 0; i < 20; i++) {
		to_cpu(self->tid, i & 1);
		vcpu_open(&other, &self->vm, 1);
		guest_begin(&other, MODE_LONG, &halt);
		ASSERT_EQ(NO_TRAP, guest_run(&other));
		to_cpu(self->tid, ~i & 1);
		vcpu_close(&other);
	}
}

TEST_HARNESS_MAIN
