// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs and vCPUs for tests. See machine.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine.h"

#define MSR_TSC		0x10

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "# setup: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

long call(int fd, unsigned long number, void *arg)
{
	long ret = ioctl(fd, number, arg);

	return ret < 0 ? -errno : ret;
}

int dev_open(void)
{
	int fd = open("/dev/xvcpu", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("/dev/xvcpu: %s", strerror(errno));
	return fd;
}

void get_info(int fd, struct xvcpu_info *info)
{
	long err;

	memset(info, POISON, sizeof(*info));
	info->size = sizeof(*info);
	err = call(fd, XVCPU_GET_INFO, info);
	if (err)
		die("XVCPU_GET_INFO: %s", strerror(-err));
}

long create_vm(int dev, uint32_t flags)
{
	struct xvcpu_create_vm args = { .size = sizeof(args), .flags = flags };

	return call(dev, XVCPU_CREATE_VM, &args);
}

long create_vcpu(int vm_fd, uint32_t id, uint32_t apic_id)
{
	struct xvcpu_create_vcpu args = { .size = sizeof(args), .id = id, .apic_id = apic_id };

	return call(vm_fd, XVCPU_CREATE_VCPU, &args);
}

void *pages_alloc(uint64_t size, int map_flags)
{
	void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, map_flags | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		die("mmap of %llu bytes: %s", (unsigned long long)size, strerror(errno));
	return pages;
}

void vm_open_sized(struct test_vm *vm, uint32_t flags, uint64_t size)
{
	long ret;

	memset(vm, 0, sizeof(*vm));
	vm->dev = dev_open();
	get_info(vm->dev, &vm->info);
	ret = create_vm(vm->dev, flags);
	if (ret < 0)
		die("XVCPU_CREATE_VM: %s", strerror(-ret));
	vm->fd = ret;
	vm->size = size;
	if (!size)
		return;
	vm->memory = pages_alloc(size, MAP_SHARED);
	ret = vm_slot(vm, 0, 0, size, vm->memory, 0);
	if (ret)
		die("XVCPU_SET_MEMORY: %s", strerror(-ret));
}

void vm_open(struct test_vm *vm, uint32_t flags)
{
	vm_open_sized(vm, flags, MIB(2));
}

void vm_close(struct test_vm *vm)
{
	if (vm->memory)
		munmap(vm->memory, vm->size);
	close(vm->fd);
	close(vm->dev);
}

long vm_slots(struct test_vm *vm, const struct xvcpu_memory_slot *slots, uint32_t nr)
{
	struct xvcpu_memory args = {
		.size = sizeof(args),
		.nr = nr,
		.entry_size = sizeof(*slots),
		.slots = (uintptr_t)slots,
	};
	long ret = call(vm->fd, XVCPU_SET_MEMORY, &args);

	vm->error = args.error;
	return ret;
}

long vm_slot(struct test_vm *vm, uint32_t slot, uint64_t gpa, uint64_t size, const void *hva,
	     uint32_t flags)
{
	struct xvcpu_memory_slot entry = {
		.gpa = gpa,
		.size = size,
		.hva = (uintptr_t)hva,
		.slot = slot,
		.flags = flags,
	};

	return vm_slots(vm, &entry, 1);
}

void vcpu_map(struct test_vcpu *vcpu, int fd, const struct xvcpu_info *info)
{
	void *stats;

	vcpu->fd = fd;
	vcpu->area = mmap(NULL, info->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	stats = mmap(NULL, info->stats_size, PROT_READ, MAP_SHARED, fd, info->stats_offset);
	if (vcpu->area == MAP_FAILED || stats == MAP_FAILED)
		die("mmap of a vCPU: %s", strerror(errno));
	vcpu->request = (void *)(vcpu->area + info->run_request);
	vcpu->exit = (void *)(vcpu->area + info->run_exit);
	vcpu->sync = (void *)(vcpu->area + info->run_sync);
	vcpu->stats = stats;
	vcpu->request->sync = ALL_SYNCED;
}

void vcpu_unmap(struct test_vcpu *vcpu)
{
	munmap(vcpu->area, vcpu->vm->info.run_size);
	munmap((void *)vcpu->stats, vcpu->vm->info.stats_size);
}

void vcpu_open(struct test_vcpu *vcpu, struct test_vm *vm, uint32_t id)
{
	long ret = create_vcpu(vm->fd, id, id);

	memset(vcpu, 0, sizeof(*vcpu));
	if (ret < 0)
		die("XVCPU_CREATE_VCPU: %s", strerror(-ret));
	vcpu->vm = vm;
	vcpu_map(vcpu, ret, &vm->info);
}

void vcpu_close(struct test_vcpu *vcpu)
{
	vcpu_unmap(vcpu);
	close(vcpu->fd);
}

long vcpu_run(struct test_vcpu *vcpu)
{
	return call(vcpu->fd, XVCPU_RUN, NULL);
}

long vcpu_kick(struct test_vcpu *vcpu)
{
	return call(vcpu->fd, XVCPU_KICK, NULL);
}

long vcpu_reset(struct test_vcpu *vcpu)
{
	struct xvcpu_reset args = { .size = sizeof(args) };
	long ret = call(vcpu->fd, XVCPU_RESET, &args);

	vcpu->error = args.error;
	return ret;
}

long vcpu_interrupt(struct test_vcpu *vcpu, uint32_t vector)
{
	struct xvcpu_interrupt args = { .size = sizeof(args), .vector = vector };
	long ret = call(vcpu->fd, XVCPU_INTERRUPT, &args);

	vcpu->error = args.error;
	return ret;
}

long vm_policy(struct test_vm *vm, const struct xvcpu_policy *policy,
	       const struct xvcpu_policy_range *ranges, uint32_t nr)
{
	struct xvcpu_policy args = { 0 };
	long ret;

	if (policy)
		args = *policy;
	args.size = sizeof(args);
	args.nr = nr;
	args.entry_size = sizeof(*ranges);
	args.ranges = (uintptr_t)ranges;
	ret = call(vm->fd, XVCPU_SET_POLICY, &args);
	vm->error = args.error;
	return ret;
}

long vcpu_intercepts(struct test_vcpu *vcpu, uint32_t instructions, uint32_t exceptions)
{
	struct xvcpu_intercepts args = {
		.size = sizeof(args), .instructions = instructions, .exceptions = exceptions,
	};
	long ret = call(vcpu->fd, XVCPU_SET_INTERCEPTS, &args);

	vcpu->error = args.error;
	return ret;
}

long vcpu_nmi(struct test_vcpu *vcpu)
{
	struct xvcpu_nmi args = { .size = sizeof(args) };
	long ret = call(vcpu->fd, XVCPU_NMI, &args);

	vcpu->error = args.error;
	return ret;
}

long vcpu_exception(struct test_vcpu *vcpu, const struct xvcpu_exception *exception)
{
	struct xvcpu_exception args = *exception;
	long ret;

	args.size = sizeof(args);
	ret = call(vcpu->fd, XVCPU_EXCEPTION, &args);
	vcpu->error = args.error;
	return ret;
}

long vcpu_get(struct test_vcpu *vcpu, enum xvcpu_group group, void *data, uint32_t size)
{
	struct xvcpu_state args = {
		.size = sizeof(args),
		.mask = XVCPU_GROUP_BIT(group),
		.buffer = (uintptr_t)data,
		.length = size,
	};
	long ret = call(vcpu->fd, XVCPU_GET_STATE, &args);

	vcpu->error = args.error;
	return ret;
}

long vcpu_set(struct test_vcpu *vcpu, enum xvcpu_group group, const void *data, uint32_t size)
{
	struct xvcpu_state args = {
		.size = sizeof(args),
		.mask = XVCPU_GROUP_BIT(group),
		.buffer = (uintptr_t)data,
		.length = size,
	};
	long ret;

	args.groups[group].size = size;
	ret = call(vcpu->fd, XVCPU_SET_STATE, &args);

	vcpu->error = args.error;
	return ret;
}

uint64_t vcpu_msr(struct test_vcpu *vcpu, uint32_t index)
{
	struct msr_group group;
	long err = vcpu_get(vcpu, XVCPU_GROUP_MSRS, &group, sizeof(group));
	uint32_t i;

	if (err)
		die("GET_STATE of MSRs: %s", strerror(-err));
	for (i = 0; i < group.head.nr; i++) {
		if (group.msr[i].index == index)
			return group.msr[i].value;
	}
	die("MSR %#x is not in the list", index);
}

long vcpu_set_msr(struct test_vcpu *vcpu, uint32_t index, uint64_t value)
{
	struct msr_group group = {
		.head = { .nr = 1, .entry_size = sizeof(struct xvcpu_msr) },
		.msr[0] = { .index = index, .value = value },
	};

	return vcpu_set(vcpu, XVCPU_GROUP_MSRS, &group,
			sizeof(group.head) + sizeof(group.msr[0]));
}

void vcpu_get_cpuid(struct test_vcpu *vcpu, struct cpuid_group *table)
{
	long err = vcpu_get(vcpu, XVCPU_GROUP_CPUID, table, sizeof(*table));

	if (err)
		die("GET_STATE of CPUID: %s", strerror(-err));
}

long vcpu_set_cpuid(struct test_vcpu *vcpu, const struct cpuid_group *table)
{
	return vcpu_set(vcpu, XVCPU_GROUP_CPUID, table,
			sizeof(table->head) + table->head.nr * sizeof(table->entry[0]));
}

struct xvcpu_cpuid_entry *cpuid_find(struct cpuid_group *table, uint32_t leaf, uint32_t subleaf)
{
	uint32_t i;

	for (i = 0; i < table->head.nr; i++) {
		struct xvcpu_cpuid_entry *e = &table->entry[i];

		if (e->leaf == leaf && (!(e->flags & XVCPU_CPUID_SUBLEAF) || e->subleaf == subleaf))
			return e;
	}
	return NULL;
}

bool vcpu_has_avx(struct test_vcpu *vcpu)
{
	struct cpuid_group table;

	vcpu_get_cpuid(vcpu, &table);
	return cpuid_find(&table, 1, 0)->ecx & 1u << 28;
}

static void snapshot_stop_tsc(struct snapshot *snapshot)
{
	struct msr_group *group =
		(void *)(snapshot->bytes + snapshot->groups[XVCPU_GROUP_MSRS].offset);
	uint32_t i;

	for (i = 0; i < group->head.nr; i++) {
		if (group->msr[i].index == MSR_TSC)
			group->msr[i].value = 0;
	}
}

void vcpu_snapshot(struct test_vcpu *vcpu, struct snapshot *snapshot)
{
	struct xvcpu_state args = {
		.size = sizeof(args),
		.mask = XVCPU_GROUP_BIT(XVCPU_GROUP_EVENTS + 1) - 1,
		.buffer = (uintptr_t)snapshot->bytes,
		.length = sizeof(snapshot->bytes),
	};
	long err;

	memset(snapshot, POISON, sizeof(*snapshot));
	err = call(vcpu->fd, XVCPU_GET_STATE, &args);
	if (err)
		die("GET_STATE of every group: %s", strerror(-err));
	memcpy(snapshot->groups, args.groups, sizeof(snapshot->groups));
	snapshot->length = args.length;
	snapshot_stop_tsc(snapshot);
}

int snapshots_differ(const struct snapshot *a, const struct snapshot *b)
{
	int i;

	for (i = 0; i <= XVCPU_GROUP_EVENTS; i++) {
		const struct xvcpu_state_group *place = &a->groups[i];

		if (place->offset != b->groups[i].offset || place->size != b->groups[i].size ||
		    memcmp(a->bytes + place->offset, b->bytes + place->offset, place->size))
			return i;
	}
	return -1;
}

uint64_t vcpu_counter(const struct test_vcpu *vcpu, unsigned int index)
{
	return vcpu->stats->counters[index];
}

void to_cpu(pid_t tid, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		die("sched_setaffinity: %s", strerror(errno));
}
