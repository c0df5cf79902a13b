// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest whose VM exits are known beforehand. See exits.h.
 */
#include <string.h>

#include "exits.h"

#define MMIO_AT		0x20000000u	/* mapped by the guest, in no slot */

/* Lengths of the instructions make the offsets below. */
GUEST_CODE(known, 64,
	   "mov $0x40000000, %eax; mov $7, %ecx; cpuid\n"
	   "mov $0x80, %edx; mov $0x11223344, %eax; out %eax, %dx\n"
	   "mov $0x1b, %ecx; rdmsr\n"
	   "mov %cr8, %rbx\n"
	   "mov $5, %eax; vmcall\n"
	   "mov $0x20000000, %esi; mov (%rsi), %eax\n"
	   "hlt");

/* Qualifications: SDM "Exit Qualification for" I/O Instructions, CR Accesses, EPT Violations. */
const struct known_exit known_exits[KNOWN_EXITS] = {
	{ 10, "cpuid", 10, XVCPU_RECORD_DETAIL, 0, ~0ull, 0x740000000 },
	{ 30, "io_instruction", 22, XVCPU_RECORD_QUALIFICATION | XVCPU_RECORD_DETAIL, 0x800003,
	  ~0ull, 0x11223344 },
	{ 31, "rdmsr", 28, XVCPU_RECORD_DETAIL, 0, ~0ull, 0x1b },
	{ 28, "cr_access", 30, XVCPU_RECORD_QUALIFICATION, 0x318, ~0ull, 0 },
	{ 18, "vmcall", 39, XVCPU_RECORD_DETAIL, 0, ~0ull, 5 },
	{ 48, "ept_violation", 47, XVCPU_RECORD_QUALIFICATION | XVCPU_RECORD_DETAIL, 0x181, 0x1ff,
	  MMIO_AT },
	{ 12, "hlt", 49, 0, 0, ~0ull, 0 },
};

void known_exits_begin(struct test_vcpu *vcpu)
{
	guest_begin(vcpu, MODE_LONG, &known);
}

void known_exits_run(struct test_vcpu *vcpu)
{
	long ret;

	do {
		ret = vcpu_run(vcpu);
		if (ret)
			die("RUN: %s", strerror(-ret));
		switch (vcpu->exit->reason) {
		case XVCPU_EXIT_IO:
		case XVCPU_EXIT_HYPERCALL:
		case XVCPU_EXIT_MMIO:
		case XVCPU_EXIT_HLT:
			break;
		default:
			die("exit %u in the guest of known exits", vcpu->exit->reason);
		}
	} while (vcpu->exit->reason != XVCPU_EXIT_HLT);
}

bool exit_is_noise(const struct test_vm *vm, uint32_t reason, uint64_t detail)
{
	return reason == 1 || (reason == 48 && detail < vm->size);
}

uint64_t exits_counted(const struct test_vcpu *vcpu)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < XVCPU_COUNT_ENTRIES; i++)
		sum += vcpu_counter(vcpu, i);
	return sum;
}

bool ring_read(const struct test_vcpu *vcpu, uint64_t number, struct xvcpu_exit_record *copy)
{
	/* Without volatile, so that memcpy() takes it: the barriers are the loads around it. */
	struct xvcpu_run_stats *stats = (struct xvcpu_run_stats *)vcpu->stats;

	if (number >= __atomic_load_n(&stats->done, __ATOMIC_ACQUIRE))
		return false;
	memcpy(copy, &stats->ring[number % XVCPU_EXIT_RECORDS], sizeof(*copy));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return number + XVCPU_EXIT_RECORDS >= __atomic_load_n(&stats->begun, __ATOMIC_RELAXED);
}
