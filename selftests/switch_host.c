// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host's thread keeps across a RUN whose guest has changed everything it could: registers,
 * vector state, segment registers and bases, descriptor tables, MSRs, breakpoints.
 */
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

/* Fills every register that it has with all ones, then leaves by HLT. */
GUEST_CODE(clobber, 64,
	   "mov $-1, %rax\n"
	   "mov %rax, %rbx; mov %rax, %rcx; mov %rax, %rdx; mov %rax, %rsi; mov %rax, %rdi\n"
	   "mov %rax, %rbp; mov %rax, %r8; mov %rax, %r9; mov %rax, %r10; mov %rax, %r11\n"
	   "mov %rax, %r12; mov %rax, %r13; mov %rax, %r14; mov %rax, %r15\n"
	   "std\n"
	   "hlt\n");
GUEST_CODE(clobber_vectors, 64,
	   "vpcmpeqb %xmm0, %xmm0, %xmm0\n"
	   "vinsertf128 $1, %xmm0, %ymm0, %ymm0\n"
	   "vmovaps %ymm0, %ymm1; vmovaps %ymm0, %ymm2; vmovaps %ymm0, %ymm3\n"
	   "vmovaps %ymm0, %ymm4; vmovaps %ymm0, %ymm5; vmovaps %ymm0, %ymm6\n"
	   "vmovaps %ymm0, %ymm7; vmovaps %ymm0, %ymm8; vmovaps %ymm0, %ymm9\n"
	   "vmovaps %ymm0, %ymm10; vmovaps %ymm0, %ymm11; vmovaps %ymm0, %ymm12\n"
	   "vmovaps %ymm0, %ymm13; vmovaps %ymm0, %ymm14; vmovaps %ymm0, %ymm15\n"
	   "fninit\n"
	   "movl $0x1f00, 0xa000\n"
	   "ldmxcsr 0xa000\n"
	   "fldcw 0xa000\n"
	   "hlt\n");
/* Bases, selectors and MSRs of its own. */
GUEST_CODE(clobber_segments, 64,
	   "mov $0x10, %eax\n"
	   "mov %eax, %ds; mov %eax, %es; mov %eax, %fs; mov %eax, %gs\n"
	   "mov $0xc0000100, %ecx; mov $0x11110000, %eax; xor %edx, %edx; wrmsr\n"
	   "inc %ecx; mov $0x22220000, %eax; wrmsr\n"
	   "inc %ecx; mov $0x33330000, %eax; wrmsr\n"
	   "swapgs\n"
	   "inc %ecx; mov $0x4444, %eax; wrmsr\n"
	   "mov $0xc0000081, %ecx; mov $0x55550000, %eax; wrmsr\n"
	   "inc %ecx; mov $0x66660000, %eax; wrmsr\n"
	   "inc %ecx; mov $0x77770000, %eax; wrmsr\n"
	   "inc %ecx; mov $0x7700, %eax; wrmsr\n"
	   "mov $0x174, %ecx; mov $0x88, %eax; wrmsr\n"
	   "inc %ecx; mov $0x99990000, %eax; wrmsr\n"
	   "inc %ecx; mov $0xaaaa0000, %eax; wrmsr\n"
	   "hlt\n");

GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");

FIXTURE(host) {
	struct test_vm vm;
	struct test_vcpu vcpu;
};

FIXTURE_SETUP(host)
{
	vm_open(&self->vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
}

FIXTURE_TEARDOWN(host)
{
	vcpu_close(&self->vcpu);
	vm_close(&self->vm);
}

static void begin(struct test_vcpu *vcpu, const struct guest_code *code)
{
	guest_begin(vcpu, MODE_LONG, code);
	guest_cregs(vcpu)->efer |= EFER_SCE;
	if (vcpu_has_avx(vcpu)) {
		guest_cregs(vcpu)->cr4 |= CR4_OSXSAVE;
		guest_cregs(vcpu)->xcr0 = 7;
	}
}

/* ---- general registers ---- */

/* Registers that a system call keeps, before and after it; the number in RAX, its result out. */
struct kept {
	uint64_t rbx, rbp, r12, r13, r14, r15, rdi, rsi, rdx, r8, r9, r10;
};

static long syscall_with(long number, struct kept *kept)
{
	long result;

	__asm__ volatile("push %%rbp; push %%rbx; push %%r12; push %%r13; push %%r14; push %%r15\n"
		"push %[kept]\n"
		"mov %[number], %%rax\n"
		"mov %[kept], %%r11\n"
		"mov 0(%%r11), %%rbx; mov 8(%%r11), %%rbp; mov 16(%%r11), %%r12\n"
		"mov 24(%%r11), %%r13; mov 32(%%r11), %%r14; mov 40(%%r11), %%r15\n"
		"mov 48(%%r11), %%rdi; mov 56(%%r11), %%rsi; mov 64(%%r11), %%rdx\n"
		"mov 72(%%r11), %%r8; mov 80(%%r11), %%r9; mov 88(%%r11), %%r10\n"
		"syscall\n"
		"pop %%r11\n"
		"mov %%rbx, 0(%%r11); mov %%rbp, 8(%%r11); mov %%r12, 16(%%r11)\n"
		"mov %%r13, 24(%%r11); mov %%r14, 32(%%r11); mov %%r15, 40(%%r11)\n"
		"mov %%rdi, 48(%%r11); mov %%rsi, 56(%%r11); mov %%rdx, 64(%%r11)\n"
		"mov %%r8, 72(%%r11); mov %%r9, 80(%%r11); mov %%r10, 88(%%r11)\n"
		"pop %%r15; pop %%r14; pop %%r13; pop %%r12; pop %%rbx; pop %%rbp\n"
		: "=&a"(result)
		: [number] "D"(number), [kept] "S"(kept)
		: "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
	return result;
}

TEST_F(host, general_registers_survive)
{
	struct kept before = {
		0xb0b0, 0xb1b1, 0x1212, 0x1313, 0x1414, 0x1515, 0, XVCPU_RUN, 0, 0x8888, 0x9999,
		0x1010,
	}, after;

	begin(&self->vcpu, &clobber);
	before.rdi = self->vcpu.fd;
	after = before;
	EXPECT_EQ(0, syscall_with(SYS_ioctl, &after));
	EXPECT_EQ(XVCPU_EXIT_HLT, self->vcpu.exit->reason);
	EXPECT_EQ(~0ull, self->vcpu.sync->regs.r12);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

static uint64_t flags(void)
{
	uint64_t value;

	__asm__ volatile("pushfq; pop %0" : "=r"(value));
	return value;
}

TEST_F(host, the_direction_flag_is_the_hosts)
{
	begin(&self->vcpu, &clobber);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(RFLAGS_DF, self->vcpu.sync->regs.rflags & RFLAGS_DF);
	EXPECT_EQ(0, flags() & RFLAGS_DF);
	EXPECT_EQ(RFLAGS_IF, flags() & RFLAGS_IF);
}

/* ---- vectors ---- */

struct vectors {
	uint8_t ymm[16][32];
	uint32_t mxcsr;
	uint16_t fcw;
};

/* One ioctl(fd, XVCPU_RUN, 0) with the vectors loaded right before it and stored right after. */
static long run_with_vectors(int fd, struct vectors *vectors)
{
	register long number __asm__("rax") = SYS_ioctl;

	__asm__ volatile("vmovups 0x000(%[v]), %%ymm0; vmovups 0x020(%[v]), %%ymm1\n"
		"vmovups 0x040(%[v]), %%ymm2; vmovups 0x060(%[v]), %%ymm3\n"
		"vmovups 0x080(%[v]), %%ymm4; vmovups 0x0a0(%[v]), %%ymm5\n"
		"vmovups 0x0c0(%[v]), %%ymm6; vmovups 0x0e0(%[v]), %%ymm7\n"
		"vmovups 0x100(%[v]), %%ymm8; vmovups 0x120(%[v]), %%ymm9\n"
		"vmovups 0x140(%[v]), %%ymm10; vmovups 0x160(%[v]), %%ymm11\n"
		"vmovups 0x180(%[v]), %%ymm12; vmovups 0x1a0(%[v]), %%ymm13\n"
		"vmovups 0x1c0(%[v]), %%ymm14; vmovups 0x1e0(%[v]), %%ymm15\n"
		"ldmxcsr 0x200(%[v])\n"
		"fldcw 0x204(%[v])\n"
		"syscall\n"
		"vmovups %%ymm0, 0x000(%[v]); vmovups %%ymm1, 0x020(%[v])\n"
		"vmovups %%ymm2, 0x040(%[v]); vmovups %%ymm3, 0x060(%[v])\n"
		"vmovups %%ymm4, 0x080(%[v]); vmovups %%ymm5, 0x0a0(%[v])\n"
		"vmovups %%ymm6, 0x0c0(%[v]); vmovups %%ymm7, 0x0e0(%[v])\n"
		"vmovups %%ymm8, 0x100(%[v]); vmovups %%ymm9, 0x120(%[v])\n"
		"vmovups %%ymm10, 0x140(%[v]); vmovups %%ymm11, 0x160(%[v])\n"
		"vmovups %%ymm12, 0x180(%[v]); vmovups %%ymm13, 0x1a0(%[v])\n"
		"vmovups %%ymm14, 0x1c0(%[v]); vmovups %%ymm15, 0x1e0(%[v])\n"
		"stmxcsr 0x200(%[v])\n"
		"fnstcw 0x204(%[v])\n"
		: "+a"(number)
		: "D"((long)fd), "S"((long)XVCPU_RUN), "d"(0l), [v] "r"(vectors)
		: "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
		  "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	return number;
}

TEST_F(host, vectors_and_control_words_survive)
{
	struct vectors before, after;
	uint8_t *bytes = &before.ymm[0][0];
	unsigned int i;

	if (!vcpu_has_avx(&self->vcpu))
		SKIP(return, "the processor has no AVX");
	for (i = 0; i < sizeof(before.ymm); i++)
		bytes[i] = i * 7 + 1;
	before.mxcsr = 0x3f80;
	before.fcw = 0x0b7f;
	after = before;
	begin(&self->vcpu, &clobber_vectors);
	EXPECT_EQ(0, run_with_vectors(self->vcpu.fd, &after));
	EXPECT_EQ(XVCPU_EXIT_HLT, self->vcpu.exit->reason);
	EXPECT_EQ(0, memcmp(before.ymm, after.ymm, sizeof(before.ymm)));
	EXPECT_EQ(before.mxcsr, after.mxcsr);
	EXPECT_EQ(before.fcw, after.fcw);
	__asm__ volatile("ldmxcsr %0; fninit" : : "m"((uint32_t){0x1f80}));
}

static uint64_t xgetbv(void)
{
	uint32_t low, high;

	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low | (uint64_t)high << 32;
}

TEST_F(host, xcr0_is_the_hosts)
{
	static const uint64_t xcr0[] = { 1, 3, 7 };
	uint64_t before;
	unsigned int i;

	if (!vcpu_has_avx(&self->vcpu))
		SKIP(return, "the processor has no AVX");
	before = xgetbv();
	for (i = 0; i < ARRAY_SIZE(xcr0); i++) {
		begin(&self->vcpu, &clobber);
		guest_cregs(&self->vcpu)->xcr0 = xcr0[i];
		ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
		EXPECT_EQ(before, xgetbv());
	}
}

/* ---- segments ---- */

static uint64_t gs_base(void)
{
	uint64_t base = 0;

	syscall(SYS_arch_prctl, ARCH_GET_GS, &base);
	return base;
}

TEST_F(host, segment_bases_survive)
{
	uint64_t fs_before, fs_after;

	ASSERT_EQ(0, syscall(SYS_arch_prctl, ARCH_SET_GS, 0x7e0000001000));
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_before);
	begin(&self->vcpu, &clobber_segments);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(0x33330000, self->vcpu.sync->sregs.gs.base);
	EXPECT_EQ(0x7e0000001000, gs_base());
	syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_after);
	EXPECT_EQ(fs_before, fs_after);
}

static void add_ldt_entry(unsigned int number, uint32_t base)
{
	struct user_desc entry = {
		.entry_number = number,
		.base_addr = base,
		.limit = 0xfffff,
		.seg_32bit = 1,
		.limit_in_pages = 1,
	};

	if (syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)))
		die("modify_ldt: %s", strerror(errno));
}

#define LDT_SELECTOR(n)	((n) << 3 | 7)

/* The host thread has an LDT, and selectors from it in DS, ES and GS, when it enters the guest. */
TEST_F(host, selectors_from_an_ldt_survive)
{
	uint16_t ds, es, gs;
	uint32_t through_gs;
	uint64_t base;
	long result;
	void *low = mmap((void *)0x10000000, PAGE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	ASSERT_EQ((void *)0x10000000, low);
	*(uint32_t *)low = 0x1234abcd;
	add_ldt_entry(0, 0);
	add_ldt_entry(1, 0x10000000);
	begin(&self->vcpu, &clobber_segments);
	base = gs_base();
	__asm__ volatile("mov %w[flat], %%ds\n"
		"mov %w[flat], %%es\n"
		"mov %w[based], %%gs\n"
		"mov %[number], %%eax\n"
		"syscall\n"
		"mov %%ds, %w[ds]\n"
		"mov %%es, %w[es]\n"
		"mov %%gs, %w[gs]\n"
		"mov %%gs:0, %[through]\n"
		"xor %%ecx, %%ecx\n"
		"mov %%ecx, %%ds\n"
		"mov %%ecx, %%es\n"
		"mov %%ecx, %%gs\n"
		: "=&a"(result), [ds] "=&r"(ds), [es] "=&r"(es), [gs] "=&r"(gs),
		  [through] "=&r"(through_gs)
		: [number] "i"(SYS_ioctl), "D"((long)self->vcpu.fd), "S"((long)XVCPU_RUN), "d"(0l),
		  [flat] "r"(LDT_SELECTOR(0)), [based] "r"(LDT_SELECTOR(1))
		: "rcx", "r11", "memory");
	EXPECT_EQ(0, result);
	EXPECT_EQ(XVCPU_EXIT_HLT, self->vcpu.exit->reason);
	EXPECT_EQ(LDT_SELECTOR(0), ds);
	EXPECT_EQ(LDT_SELECTOR(0), es);
	EXPECT_EQ(LDT_SELECTOR(1), gs);
	EXPECT_EQ(0x1234abcd, through_gs);
	syscall(SYS_arch_prctl, ARCH_SET_GS, base);
}

/* With UMIP the kernel answers SGDT from a program with made-up values. */
static bool tables_are_hidden(void)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && ecx & 1u << 2;
}

/* VM exit leaves limits of 0xffff and 0x67 in GDTR and TR: they must not stay. */
TEST_F(host, descriptor_tables_are_the_hosts)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) gdt[2], idt[2];
	uint16_t tr[2], ldt[2];

	if (tables_are_hidden())
		SKIP(return, "the processor has UMIP");
	begin(&self->vcpu, &clobber_segments);
	__asm__ volatile("sgdt %0; sidt %1; str %2; sldt %3"
			 : "=m"(gdt[0]), "=m"(idt[0]), "=m"(tr[0]), "=m"(ldt[0]));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	__asm__ volatile("sgdt %0; sidt %1; str %2; sldt %3"
			 : "=m"(gdt[1]), "=m"(idt[1]), "=m"(tr[1]), "=m"(ldt[1]));
	EXPECT_EQ(0, memcmp(&gdt[0], &gdt[1], sizeof(gdt[0])));
	EXPECT_EQ(0, memcmp(&idt[0], &idt[1], sizeof(idt[0])));
	EXPECT_EQ(0x7f, gdt[1].limit);
	EXPECT_EQ(tr[0], tr[1]);
	EXPECT_EQ(ldt[0], ldt[1]);
}

static void *run_guest(void *arg)
{
	return (void *)(intptr_t)guest_run(arg);
}

/* The same for a thread that takes the CPU over in the middle of a RUN. */
TEST_F(host, another_thread_finds_the_hosts_tables)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) gdt;
	unsigned int i, wrong = 0;
	pthread_t thread;
	void *outcome;
	cpu_set_t cpu0;
	uint64_t from;

	if (tables_are_hidden())
		SKIP(return, "the processor has UMIP");
	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu0), &cpu0));
	begin(&self->vcpu, &spin);
	guest_interruptible(&self->vcpu);
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_guest, &self->vcpu));
	for (i = 0; i < 10; i++) {
		from = guest_read64(&self->vm, GUEST_DATA);
		while (guest_read64(&self->vm, GUEST_DATA) == from)
			sched_yield();
		__asm__ volatile("sgdt %0" : "=m"(gdt));
		wrong += gdt.limit != 0x7f;
	}
	vcpu_kick(&self->vcpu);
	pthread_join(thread, &outcome);
	EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_KICK), (intptr_t)outcome);
	EXPECT_EQ(0, wrong);
}

/* ---- MSRs ---- */

TEST_F(host, msrs_are_the_hosts_again)
{
	static const uint32_t indices[] = {
		0x174, 0x175, 0x176, 0x277, 0x1d9, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083,
		0xc0000084, 0xc0000102, 0xc0000103,
	};
	uint64_t before[ARRAY_SIZE(indices)], after;
	int fd = open("/dev/cpu/0/msr", O_RDONLY);
	cpu_set_t cpu0;
	unsigned int i, round;

	ASSERT_LE(0, fd) {
		TH_LOG("modprobe msr");
	}
	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu0), &cpu0));
	for (i = 0; i < ARRAY_SIZE(indices); i++)
		ASSERT_EQ(8, pread(fd, &before[i], 8, indices[i]));
	for (round = 0; round < 3; round++) {
		begin(&self->vcpu, &clobber_segments);
		ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
		EXPECT_EQ(0x66660000, vcpu_msr(&self->vcpu, 0xc0000082));
		for (i = 0; i < ARRAY_SIZE(indices); i++) {
			ASSERT_EQ(8, pread(fd, &after, 8, indices[i]));
			EXPECT_EQ(before[i], after) {
				TH_LOG("MSR %#x", indices[i]);
			}
		}
	}
	close(fd);
}

static uint32_t tsc_aux(void)
{
	uint32_t low, high, aux;

	__asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(aux));
	return aux;
}

TEST_F(host, tsc_aux_names_the_cpu)
{
	uint32_t before = tsc_aux();
	cpu_set_t cpu0;

	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpu0), &cpu0));
	before = tsc_aux();
	EXPECT_EQ(0, before & 0xfff);
	begin(&self->vcpu, &clobber_segments);
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(before, tsc_aux());
	EXPECT_EQ(0x4444, vcpu_msr(&self->vcpu, 0xc0000103));
}

/* ---- breakpoints ---- */

static volatile uint64_t watched __attribute__((aligned(8)));

static int watch(volatile void *at)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)at,
		.bp_len = HW_BREAKPOINT_LEN_8,
		.sample_period = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static uint64_t hits(int fd)
{
	uint64_t count = ~0ull;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		die("reading a breakpoint's count");
	return count;
}

GUEST_CODE(write_there, 64, "mov %rax, (%rbx); hlt");

TEST_F(host, a_breakpoint_of_the_host_survives_the_guests)
{
	struct xvcpu_debug_regs debug = {
		.db = { GUEST_DATA, GUEST_DATA, GUEST_DATA, GUEST_DATA }, .dr6 = 0xffff0ff0,
		.dr7 = 0xdd550055,	/* all four, writes of four bytes */
	};
	int fd = watch(&watched);

	ASSERT_LE(0, fd);
	watched = 1;
	EXPECT_EQ(1, hits(fd));
	begin(&self->vcpu, &write_there);
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	guest_regs(&self->vcpu)->rbx = GUEST_DATA;
	EXPECT_EQ(VEC_DB, guest_run(&self->vcpu));
	watched = 2;
	EXPECT_EQ(2, hits(fd));
	close(fd);
}

TEST_F(host, breakpoints_of_the_host_do_not_fire_in_the_guest)
{
	struct xvcpu_debug_regs debug;
	void *low = mmap((void *)(uintptr_t)0x20000, PAGE_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	int fd;

	ASSERT_EQ((void *)0x20000, low);
	fd = watch(low);
	ASSERT_LE(0, fd);
	*(volatile uint64_t *)low = 1;
	EXPECT_EQ(1, hits(fd));
	/* The guest writes to the same linear address. */
	begin(&self->vcpu, &write_there);
	guest_regs(&self->vcpu)->rbx = 0x20000;
	EXPECT_EQ(NO_TRAP, guest_run(&self->vcpu));
	EXPECT_EQ(1, hits(fd));
	ASSERT_EQ(0, vcpu_get(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	EXPECT_EQ(0, debug.dr6 & 0xf);
	EXPECT_EQ(0, debug.db[0]);
	close(fd);
}

TEST_F(host, breakpoints_of_the_guest_do_not_fire_in_the_host)
{
	struct xvcpu_debug_regs debug = {
		.db = { (uintptr_t)&watched }, .dr6 = 0xffff0ff0, .dr7 = 0xd0003,
	};

	begin(&self->vcpu, &clobber);
	ASSERT_EQ(0, vcpu_set(&self->vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug)));
	ASSERT_EQ(NO_TRAP, guest_run(&self->vcpu));
	/* A trap here would be SIGTRAP, and the end of the test. */
	watched = 3;
	EXPECT_EQ(3, watched);
}

TEST_HARNESS_MAIN
