/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module's debugfs files say about all VMs at one moment: for stat.
 *
 * Filled once, then read only. VMs that come or go meanwhile are in it or not.
 */
#ifndef XVCPUCTL_WATCH_H
#define XVCPUCTL_WATCH_H

#include "message.h"
#include "status.h"
#include "types.h"

/** define WATCH_NAME - bytes of a name or state, with the terminating 0 */
#define WATCH_NAME	40
/** define WATCH_COUNTERS - counters of a vCPU at most: the rest is left out */
#define WATCH_COUNTERS	192

/**
 * struct watch_counter - a line of a vCPU's file
 * @name:  as the module has it; those of VM exits begin with "exit_"
 * @value: .
 */
struct watch_counter {
	char name[WATCH_NAME];
	u64 value;
};

/**
 * struct watch_vcpu - a vCPU's file
 * @owner:    process that created its VM
 * @serial:   of its VM
 * @id:       in its VM
 * @cpu:      where its VMCS is active; -1: nowhere
 * @state:    life-cycle state
 * @nr:       counters
 * @counters: in the module's order
 */
struct watch_vcpu {
	u32 owner;
	u32 serial;
	u32 id;
	int cpu;
	char state[WATCH_NAME];
	unsigned int nr;
	struct watch_counter counters[WATCH_COUNTERS];
};

/**
 * struct watch - all vCPUs, and the VMs that have none
 * @time_ns:  of CLOCK_MONOTONIC
 * @nr_vms:   VMs that were asked for
 * @nr_vcpus: entries in @vcpus
 * @vcpus:    ordered by VM, then by id
 */
struct watch {
	u64 time_ns;
	unsigned int nr_vms;
	unsigned int nr_vcpus;
	struct watch_vcpu *vcpus;
};

/**
 * watch_read() - look at all VMs
 * @watch: filled on success; watch_free() frees what it has
 * @root:  where debugfs is mounted
 * @owner: only VMs created by this process; 0: all
 * @msg:   finding and advice on failure
 *
 * Return: %STATUS_OK, also when there is no VM; else what is wrong.
 */
enum status watch_read(struct watch *watch, const char *root, u32 owner, struct message *msg);

/** watch_free() - free what watch_read() allocated; zeroed is fine, too */
void watch_free(struct watch *watch);

/** watch_find() - the same vCPU in another @watch. Return: NULL if it is not there */
const struct watch_vcpu *watch_find(const struct watch *watch, const struct watch_vcpu *vcpu);

/** watch_value() - a counter by name. Return: 0 if the vCPU has none of that name */
u64 watch_value(const struct watch_vcpu *vcpu, const char *name);

#endif /* XVCPUCTL_WATCH_H */
