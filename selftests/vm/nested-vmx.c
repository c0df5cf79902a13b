// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does /dev/kvm really give a guest VMX? Exit status 0: yes, 1: no. A host may offer /dev/kvm and
 * create VMs without any VMX to hand on, so only the CPUID that KVM supports for guests tells.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#define ENTRIES 256
#define CPUID_1_ECX_VMX (1u << 5)

int main(void)
{
	struct kvm_cpuid2 *cpuid;
	unsigned int i;
	int kvm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	cpuid = calloc(1, sizeof(*cpuid) + ENTRIES * sizeof(cpuid->entries[0]));
	if (kvm < 0 || !cpuid)
		return 1;
	cpuid->nent = ENTRIES;
	if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
		return 1;
	for (i = 0; i < cpuid->nent; i++)
		if (cpuid->entries[i].function == 1)
			return !(cpuid->entries[i].ecx & CPUID_1_ECX_VMX);
	return 1;
}
