// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMs and vCPUs that the fuzzer works on. See fuzz.h.
 *
 * Guest memory is full of HLT instructions, so that most guests end soon wherever they get to.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define OPCODE_HLT	0xf4
#define VM_BYTES	MIB(2)

static uint8_t *pages_before_hole(uint64_t size, int fill)
{
	uint8_t *pages = pages_alloc(size + PAGE_BYTES, MAP_SHARED);

	/* Not unmapped: something else would get the place. */
	mprotect(pages + size, PAGE_BYTES, PROT_NONE);
	memset(pages, fill, size);
	return pages;
}

/* One page, mapped twice. */
static void map_read_only(struct fuzz *f)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGE_BYTES))
		die("memfd_create: %s", strerror(errno));
	f->arg_read_only = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	f->arg_written = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (f->arg_read_only == MAP_FAILED || f->arg_written == MAP_FAILED)
		die("mmap of a page: %s", strerror(errno));
	close(fd);
}

void world_init(struct fuzz *f)
{
	f->dev = dev_open();
	get_info(f->dev, &f->info);
	f->arg_end = pages_before_hole(2 * PAGE_BYTES, 0) + 2 * PAGE_BYTES;
	map_read_only(f);
	f->room = pages_before_hole(ROOM_BYTES, POISON);
	f->code = pages_before_hole(ROOM_BYTES, OPCODE_HLT);
}

static void vm_make(struct fuzz *f, struct fuzz_vm *v)
{
	long fd = create_vm(f->dev, one_in(f, 2) ? XVCPU_VM_MSR_EXIT : 0);

	if (fd < 0) {
		broken(f, "CREATE_VM: %ld", fd);
		return;
	}
	if (!v->vm.memory)
		v->vm.memory = pages_before_hole(VM_BYTES, OPCODE_HLT);
	memset(v->vm.memory, OPCODE_HLT, VM_BYTES);
	v->vm.size = VM_BYTES;
	v->vm.dev = f->dev;
	v->vm.info = f->info;
	v->vm.fd = fd;
	v->there = true;
	guest_memory_init(&v->vm);
	if (vm_slot(&v->vm, 0, 0, v->vm.size, v->vm.memory, 0))
		broken(f, "SET_MEMORY of the first slot");
}

static void vcpu_make(struct fuzz *f, struct fuzz_vm *v, unsigned int i)
{
	long fd = create_vcpu(v->vm.fd, i, i);

	if (fd < 0) {
		broken(f, "CREATE_VCPU: %ld", fd);
		return;
	}
	v->vcpu[i].vm = &v->vm;
	vcpu_map(&v->vcpu[i], fd, &f->info);
	v->made[i] = true;
}

void world_complete(struct fuzz *f)
{
	unsigned int i, k;

	for (i = 0; i < FUZZ_VMS; i++) {
		if (!f->vms[i].there)
			vm_make(f, &f->vms[i]);
		for (k = 0; k < FUZZ_VCPUS; k++) {
			if (f->vms[i].there && !f->vms[i].made[k])
				vcpu_make(f, &f->vms[i], k);
		}
	}
}

static void vcpu_drop(struct fuzz_vm *v, unsigned int i)
{
	vcpu_close(&v->vcpu[i]);
	v->made[i] = false;
}

static void vm_drop(struct fuzz *f, struct fuzz_vm *v)
{
	bool first = one_in(f, 2);
	unsigned int i;

	/* In one order or the other: vCPUs keep their VM. */
	if (first)
		close(v->vm.fd);
	for (i = 0; i < FUZZ_VCPUS; i++) {
		if (v->made[i])
			vcpu_drop(v, i);
	}
	if (!first)
		close(v->vm.fd);
	v->there = false;
}

void world_change(struct fuzz *f)
{
	struct fuzz_vm *v = &f->vms[below(f, FUZZ_VMS)];
	unsigned int i = below(f, FUZZ_VCPUS);

	if (f->shared)
		return;
	announce(f, "close");
	if (one_in(f, 4))
		vm_drop(f, v);
	else if (v->made[i])
		vcpu_drop(v, i);
	world_complete(f);
}

void world_close(struct fuzz *f)
{
	unsigned int i;

	for (i = 0; i < FUZZ_VMS; i++) {
		if (f->vms[i].there)
			vm_drop(f, &f->vms[i]);
	}
	close(f->dev);
}

void world_share(struct fuzz *f, const struct fuzz *from)
{
	unsigned int i, k;

	for (i = 0; i < FUZZ_VMS; i++) {
		struct fuzz_vm *v = &f->vms[i];

		v->vm = from->vms[i].vm;
		v->vm.dev = f->dev;
		v->vm.fd = dup(from->vms[i].vm.fd);
		v->there = true;
		for (k = 0; k < FUZZ_VCPUS; k++) {
			v->vcpu[k].vm = &v->vm;
			vcpu_map(&v->vcpu[k], dup(from->vms[i].vcpu[k].fd), &f->info);
			v->made[k] = true;
		}
	}
}

struct fuzz_vm *any_vm(struct fuzz *f)
{
	return &f->vms[below(f, FUZZ_VMS)];
}

struct test_vcpu *any_vcpu(struct fuzz *f)
{
	return &any_vm(f)->vcpu[below(f, FUZZ_VCPUS)];
}
