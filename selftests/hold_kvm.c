// SPDX-License-Identifier: GPL-2.0-only
/*
 * A KVM VM that lives until standard input ends: another hypervisor that holds VMX. Prints "held"
 * when it is there. Used by tool_doctor.sh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/kvm.h>

int main(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	char c;

	if (kvm < 0) {
		perror("/dev/kvm");
		return 1;
	}
	if (ioctl(kvm, KVM_CREATE_VM, 0) < 0) {
		perror("KVM_CREATE_VM");
		return 1;
	}
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}
