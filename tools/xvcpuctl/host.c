// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host as seen without the module (host.h). Everything here may be missing or forbidden: what
 * cannot be read stays unknown and is no error.
 */
#include "host.h"

#include <cpuid.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MSR_FEATURE_CONTROL	0x3a
#define FC_LOCKED		(1u << 0)
#define FC_VMX_OUTSIDE_SMX	(1u << 2)

/*
 * A capability of VMX: all bits of @mask in an MSR (SDM appendix "VMX Capability Reporting
 * Facility"). Several rows of one feature must all hold. Controls stand in the MSR's high half, as
 * the settings that are allowed to be 1.
 */
struct capability {
	u32 msr;
	u8 feature;
	u64 mask;
};

#define ALLOWED(bit)	(1ull << (32 + (bit)))

static const struct capability capabilities[] = {
	{ 0x480, XVCPU_FEATURE_VMCS,	     6ull << 50 },	/* memory type: write-back */
	{ 0x480, XVCPU_FEATURE_TRUE_CTLS,    1ull << 55 },
	{ 0x482, XVCPU_FEATURE_SECONDARY,    ALLOWED(31) },
	{ 0x482, XVCPU_FEATURE_MSR_BITMAPS,  ALLOWED(28) | ALLOWED(25) },
	{ 0x482, XVCPU_FEATURE_TPR_SHADOW,   ALLOWED(21) },
	{ 0x48b, XVCPU_FEATURE_EPT,	     ALLOWED(1) },
	{ 0x48c, XVCPU_FEATURE_EPT,	     1ull << 6 | 1ull << 14 | 1ull << 20 | 1ull << 25 },
	{ 0x48c, XVCPU_FEATURE_EPT_AD,	     1ull << 21 },
	{ 0x48b, XVCPU_FEATURE_UNRESTRICTED, ALLOWED(7) },
	{ 0x48b, XVCPU_FEATURE_VPID,	     ALLOWED(5) },
	{ 0x48b, XVCPU_FEATURE_RDTSCP,	     ALLOWED(3) },
	{ 0x48b, XVCPU_FEATURE_INVPCID,	     ALLOWED(12) },
	{ 0x48b, XVCPU_FEATURE_XSAVES,	     ALLOWED(20) },
	{ 0x483, XVCPU_FEATURE_EFER,	     ALLOWED(20) | ALLOWED(21) },
	{ 0x484, XVCPU_FEATURE_EFER,	     ALLOWED(15) },
	{ 0x483, XVCPU_FEATURE_PAT,	     ALLOWED(18) | ALLOWED(19) },
	{ 0x484, XVCPU_FEATURE_PAT,	     ALLOWED(14) },
	{ 0x481, XVCPU_FEATURE_VNMI,	     ALLOWED(5) },
	{ 0x481, XVCPU_FEATURE_PREEMPTION_TIMER, ALLOWED(6) },
};

static const struct host_holder known_holders[] = {
	{ "kvm_intel", "KVM", 0 },
	{ "vboxdrv", "VirtualBox", 0 },
	{ "vmmon", "VMware", 0 },
	{ "haxm", "HAXM", 0 },
	{ "jailhouse", "Jailhouse", 0 },
	{ "prl_hypervisor", "Parallels", 0 },
	{ "acrn", "ACRN", 0 },
};

static void put_register(char *to, u32 value)
{
	memcpy(to, &value, sizeof(value));
}

static void probe_cpuid(struct host *host)
{
	u32 eax, ebx, ecx, edx;

	if (!__get_cpuid(0, &eax, &ebx, &ecx, &edx))
		return;
	put_register(host->vendor, ebx);
	put_register(host->vendor + 4, edx);
	put_register(host->vendor + 8, ecx);

	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) {
		host->signature = eax;
		host->virtual = ecx & (1u << 31);
		host->reasons[XVCPU_FEATURE_VMX] =
			ecx & (1u << 5) ? XVCPU_REASON_OK : XVCPU_REASON_NO_VMX;
		host->reasons[XVCPU_FEATURE_XSAVE] =
			ecx & (1u << 26) ? XVCPU_REASON_OK : XVCPU_REASON_NO_CPU;
	}
	if (host->virtual) {
		__cpuid(0x40000000, eax, ebx, ecx, edx);
		put_register(host->hypervisor, ebx);
		put_register(host->hypervisor + 4, ecx);
		put_register(host->hypervisor + 8, edx);
	}
	for (u32 i = 0; i < 3; i++) {
		if (!__get_cpuid(0x80000002 + i, &eax, &ebx, &ecx, &edx))
			break;
		put_register(host->brand + 16 * i, eax);
		put_register(host->brand + 16 * i + 4, ebx);
		put_register(host->brand + 16 * i + 8, ecx);
		put_register(host->brand + 16 * i + 12, edx);
	}
}

static bool read_msr(int fd, u32 msr, u64 *value)
{
	return pread(fd, value, sizeof(*value), msr) == sizeof(*value);
}

/* A feature is usable only if every CPU that was looked at has it. */
static void note(struct host *host, unsigned int feature, enum xvcpu_reason reason)
{
	if (host->reasons[feature] == XVCPU_REASON_UNKNOWN ||
	    host->reasons[feature] == XVCPU_REASON_OK)
		host->reasons[feature] = reason;
}

static void probe_cpu_msrs(struct host *host, int fd)
{
	u64 value;

	if (read_msr(fd, MSR_FEATURE_CONTROL, &value)) {
		if (!(value & FC_LOCKED))
			note(host, XVCPU_FEATURE_FIRMWARE, XVCPU_REASON_UNLOCKED);
		else if (!(value & FC_VMX_OUTSIDE_SMX))
			note(host, XVCPU_FEATURE_FIRMWARE, XVCPU_REASON_LOCKED);
		else
			note(host, XVCPU_FEATURE_FIRMWARE, XVCPU_REASON_OK);
	}
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++) {
		const struct capability *cap = &capabilities[i];

		/* An MSR that cannot be read: the processor does not have that part of VMX. */
		if (!read_msr(fd, cap->msr, &value))
			value = 0;
		note(host, cap->feature, (value & cap->mask) == cap->mask ? XVCPU_REASON_OK :
					 XVCPU_REASON_NO_CPU);
	}
}

static void probe_msrs(struct host *host)
{
	long nr = sysconf(_SC_NPROCESSORS_CONF);

	for (long cpu = 0; cpu < nr; cpu++) {
		char path[48];
		int fd;

		snprintf(path, sizeof(path), "/dev/cpu/%ld/msr", cpu);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		probe_cpu_msrs(host, fd);
		host->cpus++;
		close(fd);
	}
}

/* Behind those with more users: who has a VM running is more probable than who is merely loaded. */
static void add_holder(struct host *host, const struct host_holder *known, int users)
{
	unsigned int at = host->nr_holders;

	if (at == HOST_HOLDERS)
		return;
	while (at && host->holders[at - 1].users < users) {
		host->holders[at] = host->holders[at - 1];
		at--;
	}
	host->holders[at] = *known;
	host->holders[at].users = users;
	host->nr_holders++;
}

/* A module's reference count; -1 without one: built in. */
static int module_users(const char *name)
{
	char path[64];
	int users = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &users) != 1)
		users = -1;
	fclose(file);
	return users;
}

static bool module_present(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static void probe_modules(struct host *host)
{
	host->module_loaded = module_present("xvcpu");
	for (size_t i = 0; i < ARRAY_SIZE(known_holders); i++) {
		if (module_present(known_holders[i].module))
			add_holder(host, &known_holders[i],
				   module_users(known_holders[i].module));
	}
}

void host_probe(struct host *host)
{
	memset(host, 0, sizeof(*host));
	probe_cpuid(host);
	if (host->reasons[XVCPU_FEATURE_VMX] == XVCPU_REASON_OK)
		probe_msrs(host);
	probe_modules(host);
}
