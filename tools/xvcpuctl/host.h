/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be learned about the host's VMX without the module: from CPUID, the msr driver and the
 * list of loaded modules. A snapshot, filled once, then read only.
 */
#ifndef XVCPUCTL_HOST_H
#define XVCPUCTL_HOST_H

#include <xvcpu.h>

#include "types.h"

/** define HOST_HOLDERS - hypervisor modules that are told of at most */
#define HOST_HOLDERS	8

/**
 * struct host_holder - a loaded module that uses VMX
 * @module:  its name
 * @product: what people call it
 * @users:   its reference count; -1 if built into the kernel, where there is none
 */
struct host_holder {
	const char *module;
	const char *product;
	int users;
};

/**
 * struct host - the snapshot
 * @vendor:       CPUID's vendor string
 * @brand:        CPUID's brand string; empty if it has none
 * @signature:    CPUID.1:EAX
 * @virtual:      this host is a virtual machine itself
 * @hypervisor:   whose; empty if it does not say
 * @cpus:         CPUs whose MSRs were read; 0: the msr driver is not usable
 * @reasons:      for each &enum xvcpu_feature its &enum xvcpu_reason as far as can be seen from
 *                here; %XVCPU_REASON_UNKNOWN: not without the module
 * @module_loaded: xvcpu is loaded
 * @holders:      loaded modules that may hold VMX, the most probable first
 * @nr_holders:   entries in @holders
 */
struct host {
	char vendor[13];
	char brand[49];
	u32 signature;
	bool virtual;
	char hypervisor[13];
	unsigned int cpus;
	u8 reasons[XVCPU_FEATURE_SLOTS];
	bool module_loaded;
	struct host_holder holders[HOST_HOLDERS];
	unsigned int nr_holders;
};

/**
 * host_probe() - look around
 * @host: filled
 */
void host_probe(struct host *host);

#endif /* XVCPUCTL_HOST_H */
