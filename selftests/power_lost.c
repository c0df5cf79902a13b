// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX, or a VMCS, taken away behind the module's back: who finds out and how, what is left, and
 * what leads out of it. The module faulty takes it, on CPU 0, where all of this runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(count, 64, "1: incq (%rdi); jmp 1b");
GUEST_CODE(out_twice, 64, "out %al, $0x80; inc %rax; out %al, $0x80; hlt");
GUEST_CODE(breakpoint, 64, "int3; hlt");

#define RAX	0x1122334455667700ull

FIXTURE(lost) {
	struct test_vm vm, other_vm;
	struct test_vcpu vcpu, other;
	struct xvcpu_life life;
	struct snapshot fresh, after;
	bool loaded;
};

#define lost_data	FIXTURE_DATA(lost)

static int command(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What @how is: selftests/vm/faulty/faulty.c. */
static void take(const char *how)
{
	int fd = open("/sys/module/faulty/parameters/vmx", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, how, strlen(how)) != (ssize_t)strlen(how))
		die("faulty: vmx=%s: %s", how, strerror(errno));
	close(fd);
}

static uint32_t life_state(lost_data *self, int fd)
{
	memset(&self->life, 0, sizeof(self->life));
	self->life.size = sizeof(self->life);
	self->life.state = ~0;
	if (call(fd, XVCPU_GET_LIFE, &self->life))
		die("GET_LIFE");
	return self->life.state;
}

/* In the middle of its program, with an exit that waits. */
static void begin(struct test_vcpu *vcpu)
{
	guest_begin(vcpu, MODE_LONG, &out_twice);
	guest_regs(vcpu)->rax = RAX;
	if (guest_run(vcpu) != OTHER_EXIT(XVCPU_EXIT_IO))
		die("the guest does not run");
}

/* To the end of it, with all that it had in its registers. */
static bool ends(struct test_vcpu *vcpu)
{
	return !vcpu_run(vcpu) && vcpu->exit->reason == XVCPU_EXIT_IO &&
	       vcpu->exit->io.data == ((RAX + 1) & 0xff) &&
	       !vcpu_run(vcpu) && vcpu->exit->reason == XVCPU_EXIT_HLT &&
	       vcpu->sync->regs.rax == RAX + 1;
}

FIXTURE_SETUP(lost)
{
	to_cpu(0, 0);
	if (command("modprobe faulty 2>/dev/null"))
		SKIP(return, "no module faulty: selftests/vm/run has it");
	self->loaded = true;
	vm_open(&self->vm, 0);
	vm_open(&self->other_vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_open(&self->other, &self->other_vm, 0);
	vcpu_snapshot(&self->vcpu, &self->fresh);
	begin(&self->other);
	begin(&self->vcpu);
}

/* Whatever happened, what comes after it finds a host and a module as ever. */
FIXTURE_TEARDOWN(lost)
{
	if (!self->loaded)
		return;
	vcpu_close(&self->vcpu);
	vcpu_close(&self->other);
	vm_close(&self->vm);
	vm_close(&self->other_vm);
	EXPECT_EQ(0, command("rmmod faulty"));
	EXPECT_TRUE(guest_runs());
}

static void *run(void *arg)
{
	return (void *)vcpu_run(arg);
}

TEST_F(lost, vmx_off_ends_a_run_that_is_under_way)
{
	pthread_t thread;
	void *ret;

	guest_begin(&self->vcpu, MODE_LONG, &count);
	guest_interruptible(&self->vcpu);
	guest_regs(&self->vcpu)->rdi = GUEST_DATA;
	ASSERT_EQ(0, pthread_create(&thread, NULL, run, &self->vcpu));
	wait_for_guest(&self->vm);
	EXPECT_EQ(XVCPU_LIFE_RUNNING, life_state(self, self->vcpu.fd));
	take("off");
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(-ENODEV, (long)ret);
	EXPECT_EQ(XVCPU_LIFE_INVALID, life_state(self, self->vcpu.fd));
}

static long get_regs(struct test_vcpu *vcpu)
{
	struct xvcpu_regs regs;

	return vcpu_get(vcpu, XVCPU_GROUP_REGS, &regs, sizeof(regs));
}

static long set_debug(struct test_vcpu *vcpu)
{
	struct xvcpu_debug_regs debug = { .dr7 = 0x400 };

	return vcpu_set(vcpu, XVCPU_GROUP_DEBUG, &debug, sizeof(debug));
}

static long interrupt(struct test_vcpu *vcpu)
{
	return vcpu_interrupt(vcpu, 32);
}

static long intercepts(struct test_vcpu *vcpu)
{
	return vcpu_intercepts(vcpu, 0, 1 << VEC_BP);
}

static long translate(struct test_vcpu *vcpu)
{
	struct xvcpu_translate args = { .size = sizeof(args), .access = XVCPU_ACCESS_READ };

	return call(vcpu->fd, XVCPU_TRANSLATE, &args);
}

static long access_linear(struct test_vcpu *vcpu)
{
	uint64_t word;
	struct xvcpu_access args = {
		.size = sizeof(args), .flags = XVCPU_ACCESS_LINEAR, .address = GUEST_DATA,
		.buffer = (uintptr_t)&word, .length = sizeof(word),
	};

	return call(vcpu->fd, XVCPU_ACCESS, &args);
}

static const struct {
	const char *name;
	long (*call)(struct test_vcpu *vcpu);
} calls[] = {
	{ "RUN", vcpu_run },
	{ "GET_STATE", get_regs },
	{ "SET_STATE", set_debug },
	{ "RESET", vcpu_reset },
	{ "INTERRUPT", interrupt },
	{ "SET_INTERCEPTS", intercepts },
	{ "TRANSLATE", translate },
	{ "ACCESS", access_linear },
};

/* Nobody is given zeros for the guest's state: whoever comes first says what is wrong. */
TEST_F(lost, each_call_finds_out_by_itself)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		begin(&self->vcpu);
		EXPECT_EQ(XVCPU_LIFE_READY, life_state(self, self->vcpu.fd));
		take("off");
		EXPECT_EQ(-ENODEV, calls[i].call(&self->vcpu)) {
			TH_LOG("%s", calls[i].name);
		}
		EXPECT_EQ(XVCPU_LIFE_INVALID, life_state(self, self->vcpu.fd)) {
			TH_LOG("%s", calls[i].name);
		}
		take("on");
		ASSERT_EQ(0, vcpu_reset(&self->vcpu)) {
			TH_LOG("%s", calls[i].name);
		}
	}
}

TEST_F(lost, an_invalid_vcpu_does_what_needs_no_hardware)
{
	unsigned int i;

	take("off");
	ASSERT_EQ(-ENODEV, vcpu_run(&self->vcpu));
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		EXPECT_EQ(-ENODEV, calls[i].call(&self->vcpu)) {
			TH_LOG("%s", calls[i].name);
		}
	}
	EXPECT_EQ(-ENODEV, create_vcpu(self->vm.fd, 1, 1));
	EXPECT_EQ(0, vcpu_kick(&self->vcpu));
	EXPECT_EQ(0, vcpu_nmi(&self->vcpu));
	EXPECT_EQ(0, vm_slot(&self->vm, 1, GIB(1), PAGE_BYTES, self->vm.memory, 0));
	EXPECT_EQ(XVCPU_LIFE_INVALID, life_state(self, self->vcpu.fd));
}

/* Not of itself: what the guest had is gone. */
TEST_F(lost, only_reset_leads_out_and_once_vmx_is_on)
{
	ASSERT_EQ(0, vcpu_run(&self->vcpu));
	ASSERT_EQ(0, vcpu_run(&self->vcpu));
	ASSERT_EQ(0, intercepts(&self->vcpu));
	take("off");
	ASSERT_EQ(-ENODEV, vcpu_run(&self->vcpu));
	EXPECT_EQ(-ENODEV, vcpu_reset(&self->vcpu));
	EXPECT_EQ(XVCPU_LIFE_INVALID, life_state(self, self->vcpu.fd));
	take("on");
	EXPECT_EQ(XVCPU_LIFE_INVALID, life_state(self, self->vcpu.fd));
	EXPECT_EQ(-ENODEV, vcpu_run(&self->vcpu));
	EXPECT_EQ(-ENODEV, get_regs(&self->vcpu));

	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	EXPECT_EQ(XVCPU_LIFE_CREATED, life_state(self, self->vcpu.fd));
	vcpu_snapshot(&self->vcpu, &self->after);
	EXPECT_EQ(-1, snapshots_differ(&self->fresh, &self->after));
	begin(&self->vcpu);
	EXPECT_TRUE(ends(&self->vcpu));
	EXPECT_EQ(XVCPU_LIFE_READY, life_state(self, self->vcpu.fd));
	/* Intercepts were kept. */
	guest_begin(&self->vcpu, MODE_LONG, &breakpoint);
	EXPECT_EQ(OTHER_EXIT(XVCPU_EXIT_EXCEPTION), guest_run(&self->vcpu));
}

static void gives_enodev_until_reset(struct __test_metadata *_metadata, lost_data *self)
{
	EXPECT_EQ(-ENODEV, vcpu_run(&self->vcpu));
	EXPECT_EQ(XVCPU_LIFE_INVALID, life_state(self, self->vcpu.fd));
	EXPECT_EQ(-ENODEV, vcpu_run(&self->vcpu));
	/* Another VM's guest goes on where it was. */
	EXPECT_TRUE(ends(&self->other));
	ASSERT_EQ(0, vcpu_reset(&self->vcpu));
	begin(&self->vcpu);
	EXPECT_TRUE(ends(&self->vcpu));
}

/* VMfailInvalid of VMREAD, VMWRITE, VMRESUME. */
TEST_F(lost, without_a_current_vmcs_the_vcpu_is_invalid)
{
	take("clear");
	gives_enodev_until_reset(_metadata, self);
}

/* VMfailValid of VMRESUME: the VMCS is there, and clear. */
TEST_F(lost, with_a_vmcs_that_was_not_launched_the_vcpu_is_invalid)
{
	take("relaunch");
	gives_enodev_until_reset(_metadata, self);
}

/* The same of a VMCS that was loaded again for another vCPU's sake. */
TEST_F(lost, a_vmcs_that_was_cleared_while_another_ran_makes_its_vcpu_invalid)
{
	take("clear");
	begin(&self->other);
	gives_enodev_until_reset(_metadata, self);
}

/* VMfail of VMPTRLD. */
TEST_F(lost, with_a_wrong_revision_the_vcpu_is_invalid)
{
	take("revision");
	begin(&self->other);
	gives_enodev_until_reset(_metadata, self);
}

/* VMX comes back with the next VM, and by nobody's help. */
TEST_F(lost, closing_works_without_vmx)
{
	take("off");
	EXPECT_EQ(-ENODEV, vcpu_run(&self->other));
	vcpu_close(&self->vcpu);
	vcpu_close(&self->other);
	vm_close(&self->vm);
	vm_close(&self->other_vm);
	vm_open(&self->vm, 0);
	vm_open(&self->other_vm, 0);
	vcpu_open(&self->vcpu, &self->vm, 0);
	vcpu_open(&self->other, &self->other_vm, 0);
	begin(&self->vcpu);
	EXPECT_TRUE(ends(&self->vcpu));
}

TEST_HARNESS_MAIN
