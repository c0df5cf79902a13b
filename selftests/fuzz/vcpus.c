// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the fuzzer does to vCPUs beside ioctls with a struct: RUN with guests and answers of all
 * kinds, writes to the run area, kicks, mappings, and state that is read and set again. See fuzz.h.
 *
 * A RUN ends by its guest's HLT, by immediate_exit, by a signal, by another thread's kick, or by
 * its budget, which ends guests with RFLAGS.IF clear in Bochs too (docs/testing.md).
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "fuzz.h"

#define ALARM_US	200
#define BUDGET_NS	20000
#define OPCODE_HLT	0xf4
#define CODE_BYTES	256

/* One instruction each. */
GUEST_CODE_MODES(cpuid, "cpuid");
GUEST_CODE_MODES(in8, "in $0x80, %al");
GUEST_CODE_MODES(in32, "in %dx, %eax");
GUEST_CODE_MODES(out8, "out %al, $0x92");
GUEST_CODE_MODES(out16, "out %ax, %dx");
GUEST_CODE_MODES(insb, "insb");
GUEST_CODE_MODES(rep_insl, "mov $20, %ecx; rep insl");
GUEST_CODE_MODES(outsw, "outsw");
GUEST_CODE_MODES(rep_outsb, "mov $20, %ecx; rep outsb");
GUEST_CODE_MODES(rdmsr, "rdmsr");
GUEST_CODE_MODES(wrmsr, "wrmsr");
GUEST_CODE_MODES(vmcall, "vmcall");
GUEST_CODE_MODES(clts, "clts");
GUEST_CODE_MODES(lmsw, "lmsw %ax");
GUEST_CODE_MODES(smsw, "smsw %ax");
GUEST_CODE_MODES(rdtsc, "rdtsc");
GUEST_CODE_MODES(rdtscp, "rdtscp");
GUEST_CODE_MODES(rdpmc, "rdpmc");
GUEST_CODE_MODES(xsetbv, "xsetbv");
GUEST_CODE_MODES(xgetbv, "xgetbv");
GUEST_CODE_MODES(wbinvd, "wbinvd");
GUEST_CODE_MODES(invd, "invd");
GUEST_CODE_MODES(int3, "int3");
GUEST_CODE_MODES(int1, ".byte 0xf1");
GUEST_CODE_MODES(int30, "int $0x30");
GUEST_CODE_MODES(ud2, "ud2");
GUEST_CODE_MODES(cli, "cli");
GUEST_CODE_MODES(sti, "sti");
GUEST_CODE_MODES(pushf, "pushf");
GUEST_CODE_MODES(popf, "popf");
GUEST_CODE_MODES(vmxoff, "vmxoff");
GUEST_CODE_MODES(vmlaunch, "vmlaunch");
GUEST_CODE_MODES(getsec, "getsec");
GUEST_CODE_MODES(monitor, "monitor");
GUEST_CODE_MODES(pausing, "pause");
GUEST_CODE_MODES(rdrand, "rdrand %eax");
GUEST_CODE_MODES(sysenter, "sysenter");
GUEST_CODE_MODES(load_ss, "mov %ax, %ss");
GUEST_CODE_MODES(load_ds, "mov %ax, %ds");
GUEST_CODE_MODES(locked, ".byte 0xf0, 0x90");
GUEST_CODE_MODES(fninit, "fninit");
GUEST_CODE_MODES(movaps, "movaps %xmm0, %xmm1");
GUEST_CODE_AT_RSI(load8, "movb ", ", %al");
GUEST_CODE_AT_RSI(load32, "movl ", ", %eax");
GUEST_CODE_AT_RSI(store16, "movw %bx, ", "");
GUEST_CODE_AT_RSI(store_imm, "movl $0x12345678, ", "");
GUEST_CODE_AT_RSI(movzx, "movzbl ", ", %ebx");
GUEST_CODE_AT_RSI(exchange, "xchg %ecx, ", "");
GUEST_CODE_AT_RSI(lock_or, "lock orl $1, ", "");
GUEST_CODE_AT_RSI(invlpg, "invlpg ", "");
GUEST_CODE_AT_RSI(load_idt, "lidt ", "");
GUEST_CODE_AT_RSI(far_call, "lcall *", "");
GUEST_CODE_WIDTHS(to_cr0, "mov %eax, %cr0", "mov %eax, %cr0", "mov %rax, %cr0");
GUEST_CODE_WIDTHS(to_cr2, "mov %eax, %cr2", "mov %eax, %cr2", "mov %rax, %cr2");
GUEST_CODE_WIDTHS(to_cr3, "mov %eax, %cr3", "mov %eax, %cr3", "mov %rax, %cr3");
GUEST_CODE_WIDTHS(to_cr4, "mov %eax, %cr4", "mov %eax, %cr4", "mov %rax, %cr4");
GUEST_CODE_WIDTHS(to_cr8, "nop", "nop", "mov %rax, %cr8");
GUEST_CODE_WIDTHS(from_cr0, "mov %cr0, %ebx", "mov %cr0, %ebx", "mov %cr0, %rbx");
GUEST_CODE_WIDTHS(from_cr4, "mov %cr4, %ebx", "mov %cr4, %ebx", "mov %cr4, %rbx");
GUEST_CODE_WIDTHS(to_dr7, "mov %eax, %dr7", "mov %eax, %dr7", "mov %rax, %dr7");
GUEST_CODE_WIDTHS(to_dr0, "mov %eax, %dr0", "mov %eax, %dr0", "mov %rax, %dr0");
GUEST_CODE_WIDTHS(from_dr6, "mov %dr6, %ebx", "mov %dr6, %ebx", "mov %dr6, %rbx");
GUEST_CODE_WIDTHS(to_hole, "nop", "mov $0x3f000ffe, %esi", "mov $0x3f000ffe, %esi");
GUEST_CODE_WIDTHS(stos_hole, "nop", "mov $0x3f000ffe, %edi; mov $3, %ecx; rep stosw",
		  "mov $0x3f000ffe, %edi; mov $3, %ecx; rep stosq");
GUEST_CODE_WIDTHS(movs_hole, "nop", "mov $0x3f000ffe, %esi; movsl", "mov $0x3f000ffe, %esi; movsq");
GUEST_CODE_MODES(spin, "1: jmp 1b");

static const struct guest_code *const *const pieces[] = {
	cpuid, in8, in32, out8, out16, insb, rep_insl, outsw, rep_outsb, rdmsr, wrmsr, vmcall, clts,
	lmsw, smsw, rdtsc, rdtscp, rdpmc, xsetbv, xgetbv, wbinvd, invd, int3, int1, int30, ud2, cli,
	sti, pushf, popf,
	vmxoff, vmlaunch, getsec, monitor, pausing, rdrand, sysenter, load_ss, load_ds, locked,
	fninit, movaps, load8, load32, store16, store_imm, movzx, exchange, lock_or, invlpg,
	load_idt, far_call, to_cr0, to_cr2, to_cr3, to_cr4, to_cr8, from_cr0, from_cr4, to_dr7,
	to_dr0, from_dr6, to_hole, stos_hole, movs_hole,
};

static void alarm_rang(int signal)
{
	/* What it is for is the EINTR. */
}

void fuzz_alarm_init(void)
{
	struct sigaction action = { .sa_handler = alarm_rang };

	sigaction(SIGALRM, &action, NULL);
}

/* Again and again: the first may come before RUN. */
static void alarm_every(unsigned int us)
{
	struct itimerval timer = {
		.it_interval = { .tv_usec = us },
		.it_value = { .tv_usec = us },
	};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void write_code(struct fuzz *f, struct test_vm *vm, enum guest_mode mode)
{
	uint8_t *at = guest_at(vm, GUEST_CODE_AT);
	unsigned int i, nr = 1 + below(f, 6);

	memset(at, OPCODE_HLT, CODE_BYTES);
	for (i = 0; i < nr; i++) {
		const struct guest_code *code = pieces[below(f, ELEMENTS(pieces))][mode];

		memcpy(at, code->begin, code->end - code->begin);
		at += code->end - code->begin;
	}
	if (one_in(f, 4)) {
		for (i = 0; i < 16; i++)
			*at++ = random_bits(f);
	}
}

static uint64_t msr_number(struct fuzz *f)
{
	static const uint32_t ranges[] = { 0, 0x10, 0x174, 0x1d0, 0x277, 0x400, 0x480, 0x800,
					   0xd90, 0xc0000080, 0xc0000100, 0xc0010000 };

	return ranges[below(f, ELEMENTS(ranges))] + below(f, 16);
}

static void random_registers(struct fuzz *f, struct test_vcpu *vcpu)
{
	struct xvcpu_regs *regs = guest_regs(vcpu);
	__u64 *gpr = &regs->rax;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		if (i != 4)
			gpr[i] = tempting(f);
	}
	regs->rcx = one_in(f, 2) ? msr_number(f) : regs->rcx;
	regs->rsi = guest_address(f);
	/* No trap of debug registers or single steps is kept from the guest. */
	if (one_in(f, 8))
		regs->rflags |= RFLAGS_TF;
	if (one_in(f, 2))
		regs->rflags |= RFLAGS_IF;
	if (one_in(f, 8))
		regs->rsp = guest_address(f);
	if (one_in(f, 16))
		regs->rip = guest_address(f);
}

/* It may have been deleted or replaced. False if another slot is in its place. */
static bool first_slot(struct test_vm *vm)
{
	return !vm_slot(vm, 0, 0, vm->size, vm->memory, 0);
}

/* A new guest, in any mode. */
static void begin_guest(struct fuzz *f, struct test_vcpu *vcpu)
{
	enum guest_mode mode = below(f, MODES);

	if (one_in(f, 4))
		first_slot(vcpu->vm);
	guest_begin(vcpu, mode, cpuid[mode]);
	write_code(f, vcpu->vm, mode);
	random_registers(f, vcpu);
	if (mode >= MODE_PROT32 && one_in(f, 4))
		guest_user(vcpu);
	if (one_in(f, 8))
		((uint32_t *)guest_sregs(vcpu))[below(f, sizeof(struct xvcpu_sregs) / 4)] ^=
			1u << below(f, 32);
	if (one_in(f, 8))
		((uint64_t *)guest_cregs(vcpu))[below(f, 8)] ^= 1ull << below(f, 64);
}

static void scribble(struct fuzz *f, struct test_vcpu *vcpu)
{
	uint32_t words = vcpu->vm->info.run_size / 4, nr = 1 + below(f, 8);
	/* Where something is, and everywhere. */
	uint32_t from = below(f, 3) * words / 4;

	while (nr--)
		((volatile uint32_t *)vcpu->area)[(from + below(f, one_in(f, 4) ? words : 300)) %
						  words] = tempting(f);
}

static void fill_request(struct fuzz *f, volatile struct xvcpu_run_request *request)
{
	request->flags = one_in(f, 16) ? tempting(f) : below(f, 2);
	request->flags |= one_in(f, 2) ? XVCPU_RUN_BUDGET : XVCPU_RUN_BUDGET_TSC;
	request->budget = below(f, BUDGET_NS);
	request->immediate_exit = one_in(f, 6);
	request->answer = one_in(f, 32) ? tempting(f) : one_in(f, 2) ? 0 : below(f, 4);
	request->vector = one_in(f, 16) ? tempting(f) : below(f, 32);
	request->error_code = one_in(f, 16) ? tempting(f) : below(f, 16);
	request->reserved0 = one_in(f, 64);
	request->payload = one_in(f, 4) ? tempting(f) : 0;
	request->sync = one_in(f, 32) ? tempting(f) : below(f, 8);
	if (one_in(f, 8))
		request->dirty |= one_in(f, 8) ? tempting(f) : below(f, 8);
}

void fuzz_run(struct fuzz *f)
{
	struct test_vcpu *vcpu = any_vcpu(f);
	struct xvcpu_run_request request;
	struct xvcpu_run_exit before;
	long result;

	if (f->shared) {
		if (one_in(f, 8))
			write_code(f, vcpu->vm, below(f, MODES));
	} else if (one_in(f, 3)) {
		vcpu->request->dirty = 0;
		begin_guest(f, vcpu);
	} else if (one_in(f, 4)) {
		vcpu->request->dirty = 0;
	}
	fill_request(f, vcpu->request);
	if (one_in(f, 8))
		scribble(f, vcpu);
	/* What was written over must still end. */
	if (!(vcpu->request->flags & XVCPU_RUN_BUDGET_TSC))
		vcpu->request->flags |= XVCPU_RUN_BUDGET;
	vcpu->request->budget &= 0xffff;
	request = *(struct xvcpu_run_request *)vcpu->request;
	before = *(struct xvcpu_run_exit *)vcpu->exit;
	announce(f, "RUN of fd %d: after exit %u, request %#x, %u, %u, sync %#llx, dirty %#llx",
		 vcpu->fd, before.reason, request.flags, request.immediate_exit, request.answer,
		 request.sync, request.dirty);
	if (!f->shared)
		alarm_every(ALARM_US);
	result = vcpu_run(vcpu);
	if (!f->shared)
		alarm_every(0);
	rules_of_run(f, vcpu, result, &request, &before);
}

void fuzz_spin(struct fuzz *f)
{
	enum guest_mode mode = below(f, MODES);
	struct test_vcpu *vcpu = any_vcpu(f);
	long result;

	if (f->shared || !first_slot(vcpu->vm))
		return;
	announce(f, "RUN of fd %d, spinning in mode %u", vcpu->fd, mode);
	memset((void *)vcpu->request, 0, sizeof(*vcpu->request));
	guest_begin(vcpu, mode, spin[mode]);
	guest_interruptible(vcpu);
	alarm_every(ALARM_US);
	result = vcpu_run(vcpu);
	/* A kick from before, perhaps. */
	if (!result && vcpu->exit->reason == XVCPU_EXIT_KICK)
		result = vcpu_run(vcpu);
	alarm_every(0);
	/* The mode may need what the CPUID table lacks. */
	if (result != -EINTR && result != -EINVAL)
		broken(f, "gives %ld, exit reason %u", result, vcpu->exit->reason);
	/* Whoever runs it next comes to an end. */
	memset(guest_at(vcpu->vm, GUEST_CODE_AT), OPCODE_HLT, CODE_BYTES);
}

void fuzz_kick(struct fuzz *f)
{
	struct test_vcpu *vcpu = any_vcpu(f);
	void *arg = one_in(f, 4) ? (void *)(uintptr_t)(tempting(f) | 1) : NULL;
	long result;

	announce(f, "KICK or RUN of fd %d with %p", vcpu->fd, arg);
	result = call(vcpu->fd, arg && one_in(f, 2) ? XVCPU_RUN : XVCPU_KICK, arg);
	if (result != (arg ? -EINVAL : 0))
		broken(f, "gives %ld", result);
}

/* ---- mappings ---- */

static void use_mapping(struct fuzz *f, uint8_t *at, size_t length, bool stats)
{
	size_t part = PAGE_BYTES * below(f, length / PAGE_BYTES);

	if (!mprotect(at, length, PROT_READ | PROT_EXEC))
		broken(f, "a mapping became executable");
	if (stats != !!mprotect(at, length, PROT_READ | PROT_WRITE))
		broken(f, "a mapping's protection is not what it should be");
	if (!mprotect(at, length, PROT_READ) && *(volatile uint64_t *)at == ~0ull)
		broken(f, "a mapping has something strange in it");
	if (part)
		munmap(at, part);
	munmap(at + part, length - part);
}

void fuzz_map(struct fuzz *f)
{
	const struct xvcpu_info *info = &f->info;
	struct test_vcpu *vcpu = any_vcpu(f);
	int fd = one_in(f, 8) ? vcpu->vm->fd : one_in(f, 8) ? f->dev : vcpu->fd;
	size_t length = one_in(f, 2) ? info->run_size : (1 + below(f, 8)) * PAGE_BYTES;
	uint64_t offset = one_in(f, 2) ? 0 : one_in(f, 2) ? info->stats_offset :
			  tempting(f) & ~0xfffull;
	int prot = below(f, 8), flags = one_in(f, 4) ? MAP_PRIVATE : MAP_SHARED;
	bool stats, good, mapped;
	uint8_t *at;

	if (offset == info->stats_offset && one_in(f, 2))
		length = info->stats_size;
	stats = offset == info->stats_offset && length == info->stats_size;
	good = fd == vcpu->fd && flags == MAP_SHARED && !(prot & PROT_EXEC) &&
	       (stats ? !(prot & PROT_WRITE) : !offset && length == info->run_size);
	announce(f, "mmap of fd %d, %zu bytes at %#llx, prot %d, flags %d", fd, length,
		 (unsigned long long)offset, prot, flags);
	at = mmap(NULL, length, prot, flags, fd, offset);
	mapped = at != MAP_FAILED;
	if (mapped != good)
		broken(f, "mmap gives %s", mapped ? "a mapping" : strerror(errno));
	if (mapped)
		use_mapping(f, at, length, stats);
	else if (errno != EINVAL && errno != EACCES && errno != ENODEV && errno != EOVERFLOW)
		broken(f, "mmap gives %s", strerror(errno));
}

/* ---- state ---- */

void fuzz_set_what_get_gave(struct fuzz *f)
{
	static struct snapshot before, after;
	struct test_vcpu *vcpu = any_vcpu(f);
	struct xvcpu_pending pending;
	struct xvcpu_state args = {
		.size = sizeof(args),
		.mask = (XVCPU_GROUP_BIT(XVCPU_GROUP_TSC + 1) - 1) &
			~XVCPU_GROUP_BIT(XVCPU_GROUP_PENDING),
		.buffer = (uintptr_t)f->room,
		.length = ROOM_BYTES,
	};
	long result;

	if (f->shared)
		return;
	announce(f, "GET_STATE and SET_STATE of fd %d", vcpu->fd);
	vcpu_snapshot(vcpu, &before);
	result = call(vcpu->fd, XVCPU_GET_STATE, &args);
	if (!result)
		result = vcpu_get(vcpu, XVCPU_GROUP_PENDING, &pending, sizeof(pending));
	if (result)
		broken(f, "GET_STATE gives %ld", result);
	result = call(vcpu->fd, XVCPU_SET_STATE, &args);
	if (result != (pending.reason ? -EBUSY : 0))
		broken(f, "SET_STATE of what GET_STATE gave: %ld, error %u in group %u, %#x",
		       result, args.error.code, args.error.index, args.error.field);
	vcpu_snapshot(vcpu, &after);
	if (snapshots_differ(&before, &after) >= 0)
		broken(f, "group %d is not what it was", snapshots_differ(&before, &after));
}
