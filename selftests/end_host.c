// SPDX-License-Identifier: GPL-2.0-only
/*
 *	end_host reboot|kexec|kdump|panic
 *
 * Ends the machine while a guest runs on every CPU; run again when it is up once more, tests that
 * it came up whole, and that VMX is there to be turned on. A byte of the RTC's memory, which
 * survives, tells the two apart. For selftests/vm/run --boots 2; for kexec and kdump a kernel and
 * an initramfs are at /boot/vmlinuz and /tmp/initrd.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define CMOS_MARK	0x7e
#define MARK		0xa5
#define MAX_CPUS	8

GUEST_CODE(spin, 64, "1: incq 0xa000; jmp 1b");

struct one {
	struct test_vm vm;
	struct test_vcpu vcpu;
	unsigned int cpu;
	pthread_t thread;
};

static uint8_t mark_read(void)
{
	outb(CMOS_MARK, CMOS_INDEX);
	return inb(CMOS_DATA);
}

static void mark_write(uint8_t value)
{
	outb(CMOS_MARK, CMOS_INDEX);
	outb(value, CMOS_DATA);
}

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("%s: %s", path, strerror(errno));
	close(fd);
}

static void kernel_load(unsigned long flags, const char *more)
{
	char line[2048] = "";
	int kernel = open("/boot/vmlinuz", O_RDONLY), initrd = open("/tmp/initrd", O_RDONLY);
	int cmdline = open("/proc/cmdline", O_RDONLY);
	ssize_t length = read(cmdline, line, sizeof(line) - 64);

	if (kernel < 0 || initrd < 0 || length <= 0)
		die("no kernel, no initramfs or no command line");
	line[strcspn(line, "\n")] = '\0';
	strcat(line, more);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(line) + 1, line, flags))
		die("kexec_file_load: %s", strerror(errno));
}

static void *run(void *arg)
{
	struct one *one = arg;

	to_cpu(0, one->cpu);
	for (;;)
		vcpu_run(&one->vcpu);
	return NULL;
}

static void guests_start(unsigned int cpus)
{
	static struct one one[MAX_CPUS];
	unsigned int i;

	for (i = 0; i < cpus; i++) {
		one[i].cpu = i;
		vm_open(&one[i].vm, 0);
		vcpu_open(&one[i].vcpu, &one[i].vm, 0);
		guest_begin(&one[i].vcpu, MODE_LONG, &spin);
		guest_interruptible(&one[i].vcpu);
		if (pthread_create(&one[i].thread, NULL, run, &one[i]))
			die("pthread_create");
	}
	for (i = 0; i < cpus; i++)
		wait_for_guest(&one[i].vm);
}

static void end(const char *how)
{
	if (!strcmp(how, "reboot")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_RESTART, NULL);
	} else if (!strcmp(how, "kexec")) {
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_KEXEC, NULL);
	} else {
		file_write("/proc/sysrq-trigger", "c");
	}
	die("the machine goes on: %s", strerror(errno));
}

static int first_boot(const char *how, unsigned int cpus)
{
	if (!strcmp(how, "kexec"))
		kernel_load(0, "");
	else if (!strcmp(how, "kdump"))
		kernel_load(KEXEC_FILE_ON_CRASH, " nr_cpus=1 irqpoll reset_devices");
	else if (!strcmp(how, "panic"))
		file_write("/proc/sys/kernel/panic", "1");
	guests_start(cpus);
	mark_write(MARK);
	end(how);
	return 1;
}

/* VMXON fails in a processor that is in VMX operation still. */
static int second_boot(const char *how, unsigned int cpus)
{
	unsigned int i;
	bool all = true;

	mark_write(0);
	if (!strcmp(how, "kdump"))
		cpus = 1;
	printf("TAP version 13\n1..2\n");
	printf("%sok 1 after %s there are as many CPUs as before\n",
	       sysconf(_SC_NPROCESSORS_ONLN) == cpus ? "" : "not ", how);
	for (i = 0; i < cpus; i++) {
		to_cpu(0, i);
		all = all && guest_runs();
	}
	printf("%sok 2 after %s guests run on each CPU\n", all ? "" : "not ", how);
	return !all;
}

int main(int argc, char **argv)
{
	unsigned int cpus;

	if (argc != 3)
		die("end_host reboot|kexec|kdump|panic CPUS");
	cpus = strtoul(argv[2], NULL, 10);
	if (!cpus || cpus > MAX_CPUS)
		die("1 to %u CPUs", MAX_CPUS);
	if (ioperm(CMOS_INDEX, 2, 1))
		die("ioperm: %s", strerror(errno));
	setbuf(stdout, NULL);
	return mark_read() == MARK ? second_boot(argv[1], cpus) : first_boot(argv[1], cpus);
}
