// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs: xvcpu/totals, and per VM a directory xvcpu/OWNER-SERIAL with a file vm and, per vCPU, a
 * file vcpuID. Lines "name value", for root only.
 *
 * Life: a file is removed before what it shows is freed, and removing waits for those who are in
 * the middle of reading it (debugfs_create_file() promises both). So a reader needs no reference,
 * and takes no lock: what it shows is read from under running vCPUs, each number by itself.
 * Adding and removing sleep; vm->lock may be held.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include <xvcpu.h>

#include "debugfs.h"
#include "names.h"
#include "vcpu.h"
#include "vm.h"

static struct dentry *debugfs_root;

/* How many there are, and have been. */
static atomic_t vms, vms_ever, vcpus, vcpus_ever;

static const struct xvcpu_name exit_names[] = XVCPU_HW_EXIT_NAMES(xvcpu_names, 0);
static const struct xvcpu_name counter_names[] = XVCPU_COUNTER_NAMES(xvcpu_names, 0);
static const struct xvcpu_name state_names[] = XVCPU_STATE_NAMES(xvcpu_names, 0);

static int totals_show(struct seq_file *file, void *unused)
{
	seq_printf(file, "vms %d\n", atomic_read(&vms));
	seq_printf(file, "vcpus %d\n", atomic_read(&vcpus));
	seq_printf(file, "vms_ever %u\n", atomic_read(&vms_ever));
	seq_printf(file, "vcpus_ever %u\n", atomic_read(&vcpus_ever));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(totals);

static int vm_show(struct seq_file *file, void *unused)
{
	struct xvcpu_vm *vm = file->private;
	unsigned int i, nr = 0;

	for (i = 0; i < XVCPU_MAX_VCPUS; i++)
		nr += !!READ_ONCE(vm->vcpus[i]);
	seq_printf(file, "owner %u\n", vm->owner);
	seq_printf(file, "serial %u\n", vm->serial);
	seq_printf(file, "vcpus %u\n", nr);
	seq_printf(file, "flags %u\n", vm->flags);
	seq_printf(file, "dead %d\n", READ_ONCE(vm->dead));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vm);

/* Of exits those that there were: the processor has some eighty reasons. */
static int vcpu_show(struct seq_file *file, void *unused)
{
	const struct xvcpu_vcpu *vcpu = file->private;
	const u64 *counters = vcpu->vmx.counters;
	u32 state = xvcpu_vcpu_life(vcpu);
	unsigned int i;
	u64 value;

	for (i = 0; i < ARRAY_SIZE(state_names); i++)
		if (state_names[i].number == state)
			seq_printf(file, "state %s\n", state_names[i].name);
	seq_printf(file, "cpu %d\n", vmx_loaded_on(&vcpu->vmx));
	for (i = 0; i < ARRAY_SIZE(counter_names); i++)
		seq_printf(file, "%s %llu\n", counter_names[i].name,
			   READ_ONCE(counters[counter_names[i].number]));
	for (i = 0; i < ARRAY_SIZE(exit_names); i++) {
		value = READ_ONCE(counters[exit_names[i].number]);
		if (value)
			seq_printf(file, "exit_%s %llu\n", exit_names[i].name, value);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcpu);

void xvcpu_debugfs_init(void)
{
	debugfs_root = debugfs_create_dir("xvcpu", NULL);
	debugfs_create_file("totals", 0400, debugfs_root, NULL, &totals_fops);
}

void xvcpu_debugfs_exit(void)
{
	debugfs_remove(debugfs_root);
}

/**
 * xvcpu_debugfs_vm_add - count a VM and make its directory
 * @vm: the VM, before anybody else can close it
 */
void xvcpu_debugfs_vm_add(struct xvcpu_vm *vm)
{
	char name[24];

	atomic_inc(&vms);
	atomic_inc(&vms_ever);
	snprintf(name, sizeof(name), "%u-%u", vm->owner, vm->serial);
	vm->debugfs = debugfs_create_dir(name, debugfs_root);
	debugfs_create_file("vm", 0400, vm->debugfs, vm, &vm_fops);
}

/**
 * xvcpu_debugfs_vm_remove - the end of xvcpu_debugfs_vm_add(); its vCPUs' files have gone
 * @vm: the VM; nothing if it was never added
 */
void xvcpu_debugfs_vm_remove(struct xvcpu_vm *vm)
{
	if (!vm->debugfs)
		return;
	debugfs_remove(vm->debugfs);
	atomic_dec(&vms);
}

/**
 * xvcpu_debugfs_vcpu_add - count a vCPU and make its file
 * @vcpu: the vCPU, before anybody else can close it
 */
void xvcpu_debugfs_vcpu_add(struct xvcpu_vcpu *vcpu)
{
	char name[16];

	atomic_inc(&vcpus);
	atomic_inc(&vcpus_ever);
	snprintf(name, sizeof(name), "vcpu%u", vcpu->id);
	vcpu->debugfs = debugfs_create_file(name, 0400, vcpu->vm->debugfs, vcpu, &vcpu_fops);
}

/**
 * xvcpu_debugfs_vcpu_remove - the end of xvcpu_debugfs_vcpu_add()
 * @vcpu: the vCPU
 */
void xvcpu_debugfs_vcpu_remove(struct xvcpu_vcpu *vcpu)
{
	debugfs_remove(vcpu->debugfs);
	atomic_dec(&vcpus);
}
