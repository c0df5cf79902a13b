/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM and a vCPU for tests, on raw ioctls: nothing here goes through tools/libxvcpu.
 *
 * Calls come in two forms. vm_open(), vcpu_open() and the like end the test with a message when
 * they fail, because nothing can be tested then. Those that return a long give what the kernel
 * gave: the result of the ioctl, or the negative errno, for the test to judge.
 */
#ifndef XVCPU_TEST_MACHINE_H
#define XVCPU_TEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "xvcpu.h"

#define PAGE_BYTES	4096u
#define KIB(n)		((uint64_t)(n) << 10)
#define MIB(n)		((uint64_t)(n) << 20)
#define GIB(n)		((uint64_t)(n) << 30)

/* What outputs are filled with before a call, so that an untouched one shows. */
#define POISON		0xcc

#define ALL_SYNCED	(XVCPU_GROUP_BIT(XVCPU_GROUP_REGS) | XVCPU_GROUP_BIT(XVCPU_GROUP_SREGS) | \
			 XVCPU_GROUP_BIT(XVCPU_GROUP_CREGS))

/**
 * struct test_vm - a VM with memory from guest-physical address 0 on
 * @dev:    /dev/xvcpu
 * @fd:     the VM
 * @info:   XVCPU_GET_INFO
 * @memory: what backs slot 0
 * @size:   its bytes
 * @error:  the error record of the last call made through vm_slots() and vm_slot()
 */
struct test_vm {
	int dev;
	int fd;
	struct xvcpu_info info;
	uint8_t *memory;
	uint64_t size;
	struct xvcpu_error error;
};

/**
 * struct test_vcpu - a vCPU and its run area
 * @vm:      its VM
 * @fd:      the vCPU
 * @area:    the run area, and the sections in it
 * @request: .
 * @exit:    .
 * @sync:    .
 * @stats:   the counters
 * @error:   the error record of the last state call
 */
struct test_vcpu {
	struct test_vm *vm;
	int fd;
	uint8_t *area;
	volatile struct xvcpu_run_request *request;
	volatile struct xvcpu_run_exit *exit;
	struct xvcpu_run_sync *sync;
	const volatile struct xvcpu_run_stats *stats;
	struct xvcpu_error error;
};

/* Moves a thread, 0 for the caller. */
void to_cpu(pid_t tid, unsigned int cpu);

/* End the test: the environment is broken, nothing can be said about the module. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ioctl(), but a failure is the negative errno. */
long call(int fd, unsigned long number, void *arg);

int dev_open(void);
void get_info(int fd, struct xvcpu_info *info);

/* A VM without memory; create_vm() gives fd or errno. */
long create_vm(int dev, uint32_t flags);
long create_vcpu(int vm_fd, uint32_t id, uint32_t apic_id);

/* A VM with @size bytes of shared anonymous memory in slot 0. */
void vm_open_sized(struct test_vm *vm, uint32_t flags, uint64_t size);
void vm_open(struct test_vm *vm, uint32_t flags);
void vm_close(struct test_vm *vm);

long vm_slots(struct test_vm *vm, const struct xvcpu_memory_slot *slots, uint32_t nr);
long vm_slot(struct test_vm *vm, uint32_t slot, uint64_t gpa, uint64_t size, const void *hva,
	     uint32_t flags);
/* Memory for another slot: zeroed, page-aligned, private or shared anonymous. */
void *pages_alloc(uint64_t size, int map_flags);

void vcpu_open(struct test_vcpu *vcpu, struct test_vm *vm, uint32_t id);
void vcpu_close(struct test_vcpu *vcpu);
void vcpu_map(struct test_vcpu *vcpu, int fd, const struct xvcpu_info *info);
void vcpu_unmap(struct test_vcpu *vcpu);

long vcpu_run(struct test_vcpu *vcpu);
long vcpu_kick(struct test_vcpu *vcpu);
long vcpu_reset(struct test_vcpu *vcpu);
long vcpu_interrupt(struct test_vcpu *vcpu, uint32_t vector);
long vcpu_nmi(struct test_vcpu *vcpu);
/* Its size is filled in. */
long vcpu_exception(struct test_vcpu *vcpu, const struct xvcpu_exception *exception);

/* XVCPU_SET_POLICY of ranges alone, or of what else @policy has; XVCPU_SET_INTERCEPTS. */
long vm_policy(struct test_vm *vm, const struct xvcpu_policy *policy,
	       const struct xvcpu_policy_range *ranges, uint32_t nr);
long vcpu_intercepts(struct test_vcpu *vcpu, uint32_t instructions, uint32_t exceptions);

/* One group, @size bytes of it. vcpu_get() wants @size to be exactly the kernel's. */
long vcpu_get(struct test_vcpu *vcpu, enum xvcpu_group group, void *data, uint32_t size);
long vcpu_set(struct test_vcpu *vcpu, enum xvcpu_group group, const void *data, uint32_t size);

/* All of XVCPU_GET_MSR_LIST, as the MSRS group holds them. */
#define MSRS_MAX	64

struct msr_group {
	struct xvcpu_msrs head;
	struct xvcpu_msr msr[MSRS_MAX];
};

uint64_t vcpu_msr(struct test_vcpu *vcpu, uint32_t index);
long vcpu_set_msr(struct test_vcpu *vcpu, uint32_t index, uint64_t value);

#define CPUID_MAX	128

struct cpuid_group {
	struct xvcpu_cpuid_table head;
	struct xvcpu_cpuid_entry entry[CPUID_MAX];
};

void vcpu_get_cpuid(struct test_vcpu *vcpu, struct cpuid_group *table);
long vcpu_set_cpuid(struct test_vcpu *vcpu, const struct cpuid_group *table);
struct xvcpu_cpuid_entry *cpuid_find(struct cpuid_group *table, uint32_t leaf, uint32_t subleaf);

/* Whether its guest may use AVX, and so XSAVE: not where the host's kernel does not use them. */
bool vcpu_has_avx(struct test_vcpu *vcpu);

/*
 * What XVCPU_GET_STATE tells, for comparison: byte by byte, except the guest's TSC, which runs, and
 * XSAVE, which has several forms of the same. snapshots_differ() gives the group, or -1.
 */
struct snapshot {
	struct xvcpu_state_group groups[XVCPU_GROUP_SLOTS];
	uint32_t length;
	uint8_t bytes[16384];
};

void vcpu_snapshot(struct test_vcpu *vcpu, struct snapshot *snapshot);
int snapshots_differ(const struct snapshot *a, const struct snapshot *b);

uint64_t vcpu_counter(const struct test_vcpu *vcpu, unsigned int index);

#endif /* XVCPU_TEST_MACHINE_H */
