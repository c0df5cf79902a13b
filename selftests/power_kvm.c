// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMX belongs to one hypervisor at a time: KVM and xvcpu in one machine, whichever comes first.
 * Needs kvm_intel as a module. On some kernels it has VMX on while it has a VM, on others as long
 * as it is loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

GUEST_CODE(halt, 16, "hlt");

static int command(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static uint8_t available(int dev)
{
	struct xvcpu_info info;

	get_info(dev, &info);
	return info.features[XVCPU_FEATURE_AVAILABLE];
}

FIXTURE(kvm) {
	int dev;
	bool at_load;	/* kvm_intel turns VMX on when it is loaded */
};

FIXTURE_SETUP(kvm)
{
	self->dev = dev_open();
	ASSERT_EQ(0, command("modprobe kvm_intel"));
	self->at_load = available(self->dev) == XVCPU_REASON_TAKEN;
}

FIXTURE_TEARDOWN(kvm)
{
	command("rmmod kvm_intel 2>/dev/null");
	EXPECT_EQ(0, command("rmmod kvm"));
}

#define kvm_data	FIXTURE_DATA(kvm)

/* VMX is free when KVM has no VM, or only when it has gone. */
static void kvm_goes(kvm_data *self)
{
	if (self->at_load && command("rmmod kvm_intel"))
		die("rmmod kvm_intel");
}

static void kvm_comes(kvm_data *self)
{
	if (self->at_load && command("modprobe kvm_intel"))
		die("modprobe kvm_intel");
}

static int kvm_vm(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm;

	if (kvm < 0)
		return -errno;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		vm = -errno;
	close(kvm);
	return vm;
}

TEST_F(kvm, while_kvm_has_a_vm_vmx_is_taken)
{
	struct xvcpu_create_vm args = { .size = sizeof(args) };
	struct xvcpu_info info;
	int vm = kvm_vm();

	ASSERT_LE(0, vm);
	get_info(self->dev, &info);
	EXPECT_EQ(XVCPU_REASON_TAKEN, info.ready);
	EXPECT_EQ(XVCPU_REASON_TAKEN, info.features[XVCPU_FEATURE_AVAILABLE]);
	EXPECT_EQ(XVCPU_REASON_OK, info.features[XVCPU_FEATURE_VMX]);
	EXPECT_EQ(-EBUSY, call(self->dev, XVCPU_CREATE_VM, &args));
	EXPECT_EQ(XVCPU_ERR_FEATURE, args.error.code);
	EXPECT_EQ(XVCPU_FEATURE_AVAILABLE, args.error.expected);
	EXPECT_EQ(XVCPU_REASON_TAKEN, args.error.value);
	close(vm);
	kvm_goes(self);
	EXPECT_EQ(XVCPU_REASON_OK, available(self->dev));
	EXPECT_TRUE(guest_runs());
}

TEST_F(kvm, a_refused_vm_does_not_disturb_kvm)
{
	int vm = kvm_vm(), vcpu;
	unsigned int i;

	ASSERT_LE(0, vm);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(-EBUSY, create_vm(self->dev, 0));
	/* VMX is still on for KVM: a vCPU loads its VMCS. */
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	EXPECT_LE(0, vcpu);
	close(vcpu);
	close(vm);
}

TEST_F(kvm, while_we_have_a_vm_kvm_cannot_have_one)
{
	int ours, theirs;

	kvm_goes(self);
	ours = create_vm(self->dev, 0);
	ASSERT_LE(0, ours);
	EXPECT_TRUE(self->at_load ? command("modprobe kvm_intel 2>/dev/null") != 0 :
		    kvm_vm() == -EBUSY);
	EXPECT_EQ(XVCPU_REASON_OK, available(self->dev));
	EXPECT_TRUE(guest_runs());
	close(ours);
	kvm_comes(self);
	theirs = kvm_vm();
	EXPECT_LE(0, theirs);
	close(theirs);
}

TEST_F(kvm, they_take_turns)
{
	unsigned int i;
	int vm;

	for (i = 0; i < 4; i++) {
		kvm_goes(self);
		EXPECT_TRUE(guest_runs());
		kvm_comes(self);
		vm = kvm_vm();
		EXPECT_LE(0, vm);
		close(vm);
	}
}

TEST_F(kvm, kvm_can_be_loaded_and_unloaded_beside_a_running_guest)
{
	struct test_vm vm;
	struct test_vcpu vcpu;

	kvm_goes(self);
	vm_open(&vm, 0);
	vcpu_open(&vcpu, &vm, 0);
	EXPECT_EQ(0, command(self->at_load ? "true" : "rmmod kvm_intel"));
	guest_begin(&vcpu, MODE_REAL, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&vcpu));
	/* Where it would take VMX at once it is refused, else it may come. */
	EXPECT_EQ(self->at_load, !!command("modprobe kvm_intel 2>/dev/null"));
	guest_begin(&vcpu, MODE_REAL, &halt);
	EXPECT_EQ(NO_TRAP, guest_run(&vcpu));
	vcpu_close(&vcpu);
	vm_close(&vm);
}

TEST_HARNESS_MAIN
