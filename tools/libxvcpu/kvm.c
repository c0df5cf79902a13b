// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A second backend over /dev/kvm: tests and benchmarks only (backend.h).
 *
 * KVM completes an exit by itself when its vCPU is run again, with what stands in struct kvm_run:
 * the answer in the exit section goes there first. Without an in-kernel interrupt controller, as
 * here, HLT is an exit.
 */
#include "kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KVM_SLOTS	32
#define KVM_CPUID_MAX	256

/* ---- device, VM ---- */

static int kvm_open(const char *path)
{
	int fd = open(path ? path : xvcpu_backend_kvm.device, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, KVM_GET_API_VERSION, 0);
	if (ret == KVM_API_VERSION)
		return fd;
	close(fd);
	return -ENOTTY;
}

static int kvm_get_info(int dev, struct xvcpu_info *info)
{
	int run_size = ioctl(dev, KVM_GET_VCPU_MMAP_SIZE, 0);

	if (run_size < 0)
		return -errno;
	*info = (struct xvcpu_info) {
		.size = sizeof(*info),
		.abi_version = XVCPU_ABI_VERSION,
		.max_vcpus = 1,
		.max_slots = KVM_SLOTS,
		.run_size = run_size,
		.ready = XVCPU_REASON_OK,
	};
	return 0;
}

static int enable(int vm, __u32 cap, __u64 arg)
{
	struct kvm_enable_cap req = { .cap = cap, .args[0] = arg };

	return ioctl(vm, KVM_ENABLE_CAP, &req) < 0 ? -errno : 0;
}

/* What KVM does otherwise than hardware for the sake of old VMMs is turned off where it can be. */
static int vm_configure(int vm, __u32 flags)
{
	int quirks = ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_DISABLE_QUIRKS2);
	int ret = quirks > 0 ? enable(vm, KVM_CAP_DISABLE_QUIRKS2, quirks) : 0;

	if (!ret && (flags & XVCPU_VM_MSR_EXIT))
		ret = enable(vm, KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN);
	return ret;
}

static int kvm_vm_create(int dev, const struct xvcpu_create_vm *config, struct xvcpu_error *error)
{
	int vm = ioctl(dev, KVM_CREATE_VM, 0), ret;

	if (error)
		memset(error, 0, sizeof(*error));
	if (vm < 0)
		return -errno;
	ret = vm_configure(vm, config ? config->flags : 0);
	if (!ret)
		return vm;
	close(vm);
	return ret;
}

static int kvm_vm_set_memory(int vm, const struct xvcpu_memory_slot *slots, __u32 nr,
			     struct xvcpu_error *error)
{
	if (error)
		memset(error, 0, sizeof(*error));
	for (__u32 i = 0; i < nr; i++) {
		struct kvm_userspace_memory_region region = {
			.slot = slots[i].slot,
			.flags = slots[i].flags & XVCPU_SLOT_READONLY ? KVM_MEM_READONLY : 0,
			.guest_phys_addr = slots[i].gpa,
			.memory_size = slots[i].size,
			.userspace_addr = slots[i].hva,
		};

		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
			return -errno;
	}
	return 0;
}

/* ---- vCPU ---- */

/* The vCPU's CPUID table to begin with, as xvcpu has it. */
static int offer_cpuid(int fd)
{
	struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[KVM_CPUID_MAX];
	} cpuid = { .head.nent = KVM_CPUID_MAX };
	int dev = kvm_open(NULL), ret = 0;

	if (dev < 0)
		return dev;
	if (ioctl(dev, KVM_GET_SUPPORTED_CPUID, &cpuid) || ioctl(fd, KVM_SET_CPUID2, &cpuid))
		ret = -errno;
	close(dev);
	return ret;
}

static int vcpu_prepare(struct kvm_vcpu *kvm, int fd, size_t run_size)
{
	int ret;

	kvm->run_size = run_size;
	kvm->run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (kvm->run == MAP_FAILED)
		return -errno;
	ret = offer_cpuid(fd);
	if (ret)
		munmap(kvm->run, run_size);
	return ret;
}

static int kvm_vcpu_create(struct xvcpu_vcpu *vcpu, int vm, const struct xvcpu_info *info,
			   __u32 id, __u32 apic_id, struct xvcpu_error *error)
{
	struct kvm_vcpu *kvm = calloc(1, sizeof(*kvm));
	int ret, fd;

	(void)apic_id;
	if (error)
		memset(error, 0, sizeof(*error));
	if (!kvm)
		return -ENOMEM;
	fd = ioctl(vm, KVM_CREATE_VCPU, (unsigned long)id);
	ret = fd < 0 ? -errno : vcpu_prepare(kvm, fd, info->run_size);
	if (ret) {
		if (fd >= 0)
			close(fd);
		free(kvm);
		return ret;
	}

	*vcpu = (struct xvcpu_vcpu) {
		.fd = fd, .area = kvm, .area_size = sizeof(*kvm),
		.request = &kvm->request, .exit = &kvm->exit, .sync = &kvm->sync,
		.data = kvm->data,
	};
	return 0;
}

static void kvm_vcpu_destroy(struct xvcpu_vcpu *vcpu)
{
	struct kvm_vcpu *kvm = kvm_vcpu(vcpu);

	if (!kvm)
		return;
	munmap(kvm->run, kvm->run_size);
	close(vcpu->fd);
	free(kvm);
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->fd = -1;
}

/* ---- the answer ---- */

static void *io_data(const struct kvm_vcpu *kvm)
{
	return (__u8 *)kvm->run + kvm->run->io.data_offset;
}

/* Bytes of an I/O exit that fit between their place and the end of the data page. */
static size_t io_bytes(const struct kvm_vcpu *kvm)
{
	size_t bytes = (size_t)kvm->run->io.count * kvm->run->io.size;

	return bytes < KVM_DATA_SIZE ? bytes : KVM_DATA_SIZE;
}

static void answer_io(struct kvm_vcpu *kvm)
{
	if (kvm->run->io.count == 1)
		memcpy(io_data(kvm), &kvm->exit.io.data, kvm->run->io.size);
	else
		memcpy(io_data(kvm), kvm->data, io_bytes(kvm));
}

static int answer(struct kvm_vcpu *kvm)
{
	struct kvm_run *run = kvm->run;
	__u32 kind = kvm->request.answer;

	kvm->request.answer = XVCPU_ANSWER_DONE;
	switch (kvm->exit.reason) {
	case XVCPU_EXIT_MSR_READ:
	case XVCPU_EXIT_MSR_WRITE:
		run->msr.error = kind == XVCPU_ANSWER_EXCEPTION;
		run->msr.data = kvm->exit.msr.value;
		return 0;
	case XVCPU_EXIT_IO:
		if (kvm->in)
			answer_io(kvm);
		break;
	case XVCPU_EXIT_MMIO:
		if (kvm->in)
			memcpy(run->mmio.data, kvm->exit.mmio.data, run->mmio.len);
		break;
	}
	return kind == XVCPU_ANSWER_DONE ? 0 : -EOPNOTSUPP;
}

/* ---- the exit ---- */

static int exit_io(struct kvm_vcpu *kvm)
{
	const struct kvm_run *run = kvm->run;
	struct xvcpu_exit_io *io = &kvm->exit.io;

	kvm->in = run->io.direction == KVM_EXIT_IO_IN;
	*io = (struct xvcpu_exit_io) {
		.port = run->io.port, .size = run->io.size, .count = run->io.count,
		.flags = kvm->in ? 0 : XVCPU_IO_OUT,
	};
	if (io->count > 1) {
		io->flags |= XVCPU_IO_STRING;
		io->data_offset = offsetof(struct kvm_vcpu, data);
	}
	if (!kvm->in && io->count == 1)
		memcpy(&io->data, io_data(kvm), io->size);
	else if (!kvm->in)
		memcpy(kvm->data, io_data(kvm), io_bytes(kvm));
	return XVCPU_EXIT_IO;
}

static int exit_mmio(struct kvm_vcpu *kvm)
{
	const struct kvm_run *run = kvm->run;
	struct xvcpu_exit_mmio *mmio = &kvm->exit.mmio;

	kvm->in = !run->mmio.is_write;
	*mmio = (struct xvcpu_exit_mmio) {
		.gpa = run->mmio.phys_addr, .size = run->mmio.len,
		.flags = XVCPU_MMIO_DECODED | (kvm->in ? 0 : XVCPU_MMIO_WRITE),
	};
	if (!kvm->in)
		memcpy(mmio->data, run->mmio.data, run->mmio.len);
	return XVCPU_EXIT_MMIO;
}

static int exit_msr(struct kvm_vcpu *kvm, int reason)
{
	kvm->exit.msr = (struct xvcpu_exit_msr) {
		.index = kvm->run->msr.index,
		.value = reason == XVCPU_EXIT_MSR_WRITE ? kvm->run->msr.data : 0,
	};
	return reason;
}

static int exit_fail_entry(struct kvm_vcpu *kvm)
{
	kvm->exit.fail_entry = (struct xvcpu_exit_fail_entry) {
		.hw_reason = kvm->run->fail_entry.hardware_entry_failure_reason & 0xffff,
		.cpu = kvm->run->fail_entry.cpu,
	};
	return XVCPU_EXIT_FAIL_ENTRY;
}

static int exit_other(struct kvm_vcpu *kvm)
{
	const struct kvm_run *run = kvm->run;

	kvm->exit.hardware = (struct xvcpu_exit_hardware) {
		.hw_reason = run->exit_reason,
		.code = run->exit_reason == KVM_EXIT_INTERNAL_ERROR ? run->internal.suberror : 0,
	};
	return XVCPU_EXIT_UNKNOWN;
}

static int decode(struct kvm_vcpu *kvm)
{
	switch (kvm->run->exit_reason) {
	case KVM_EXIT_IO:
		return exit_io(kvm);
	case KVM_EXIT_MMIO:
		return exit_mmio(kvm);
	case KVM_EXIT_HLT:
		return XVCPU_EXIT_HLT;
	case KVM_EXIT_SHUTDOWN:
		return XVCPU_EXIT_SHUTDOWN;
	case KVM_EXIT_X86_RDMSR:
		return exit_msr(kvm, XVCPU_EXIT_MSR_READ);
	case KVM_EXIT_X86_WRMSR:
		return exit_msr(kvm, XVCPU_EXIT_MSR_WRITE);
	case KVM_EXIT_FAIL_ENTRY:
		return exit_fail_entry(kvm);
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		return XVCPU_EXIT_WINDOW;
	}
	return exit_other(kvm);
}

/*
 * What KVM completes by the next run may raise #DB then, and an interrupt that was given before
 * that is lost: behind such an exit the window tells.
 */
static __u32 exit_flags(const struct kvm_run *run, int reason)
{
	bool waits = reason == XVCPU_EXIT_IO || reason == XVCPU_EXIT_MMIO ||
		     reason == XVCPU_EXIT_MSR_READ || reason == XVCPU_EXIT_MSR_WRITE;
	__u32 flags = run->if_flag ? XVCPU_EXIT_FLAG_IF : 0;

	return flags | (run->ready_for_interrupt_injection && !waits ? XVCPU_EXIT_FLAG_READY : 0);
}

/* One KVM_RUN. KVM_EXIT_SET_TPR only tells of a write to CR8, which xvcpu does not. */
static int run_once(struct xvcpu_vcpu *vcpu, struct kvm_vcpu *kvm)
{
	int ret;

	atomic_store(&kvm->thread, syscall(SYS_gettid));
	kvm->run->immediate_exit = !!kvm->request.immediate_exit;
	kvm->run->request_interrupt_window = !!(kvm->request.flags & XVCPU_RUN_INTERRUPT_WINDOW);
	if (atomic_load(&kvm->kicked))
		kvm->run->immediate_exit = 1;
	do {
		ret = ioctl(vcpu->fd, KVM_RUN, 0) ? -errno : 0;
	} while (!ret && kvm->run->exit_reason == KVM_EXIT_SET_TPR);
	atomic_store(&kvm->thread, 0);
	if (ret == -EINTR)
		return atomic_exchange(&kvm->kicked, 0) ? XVCPU_EXIT_KICK : XVCPU_EXIT_SIGNAL;
	return ret ? ret : decode(kvm);
}

static int kvm_run(struct xvcpu_vcpu *vcpu)
{
	struct kvm_vcpu *kvm = kvm_vcpu(vcpu);
	int ret = kvm_load(vcpu), reason;

	if (!ret)
		ret = answer(kvm);
	if (ret)
		return ret;
	reason = run_once(vcpu, kvm);
	kvm->exit.reason = reason < 0 ? XVCPU_EXIT_NONE : reason;
	kvm->exit.flags = exit_flags(kvm->run, reason);
	if (kvm->request.sync)
		ret = kvm_sync(vcpu, kvm->request.sync);
	return ret ? ret : reason;
}

/*
 * Whoever kicks says so in memory before it looks for a thread, and run_once() names its thread
 * before it looks there. What it has entered is interrupted, and what it is about to enter finds
 * immediate_exit: between the two no kick gets lost.
 */
static int kvm_kick(const struct xvcpu_vcpu *vcpu)
{
	struct kvm_vcpu *kvm = kvm_vcpu(vcpu);
	int thread;

	atomic_store(&kvm->kicked, 1);
	*(volatile __u8 *)&kvm->run->immediate_exit = 1;
	thread = atomic_load(&kvm->thread);
	if (thread)
		syscall(SYS_tgkill, getpid(), thread, SIGUSR1);
	return 0;
}

static int kvm_interrupt(const struct xvcpu_vcpu *vcpu, __u32 vector, struct xvcpu_error *error)
{
	struct kvm_interrupt interrupt = { .irq = vector };

	if (error)
		memset(error, 0, sizeof(*error));
	if (!(vcpu->exit->flags & XVCPU_EXIT_FLAG_READY))
		return -EAGAIN;
	return ioctl(vcpu->fd, KVM_INTERRUPT, &interrupt) < 0 ? -errno : 0;
}

static int kvm_nmi(const struct xvcpu_vcpu *vcpu, struct xvcpu_error *error)
{
	if (error)
		memset(error, 0, sizeof(*error));
	return ioctl(vcpu->fd, KVM_NMI, 0) < 0 ? -errno : 0;
}

const struct xvcpu_backend xvcpu_backend_kvm = {
	.name = "kvm",
	.device = "/dev/kvm",
	.open = kvm_open,
	.get_info = kvm_get_info,
	.vm_create = kvm_vm_create,
	.vm_set_memory = kvm_vm_set_memory,
	.vcpu_create = kvm_vcpu_create,
	.vcpu_destroy = kvm_vcpu_destroy,
	.run = kvm_run,
	.kick = kvm_kick,
	.interrupt = kvm_interrupt,
	.nmi = kvm_nmi,
	.state_get = kvm_state_get,
	.state_set = kvm_state_set,
	.msrs_get = kvm_msrs_get,
	.msrs_set = kvm_msrs_set,
};
