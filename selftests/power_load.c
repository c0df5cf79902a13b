// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module loaded and unloaded, and VMX on and off, many times over.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"
#include "kselftest_harness.h"

#define CR4_VMXE_BIT	13

static int command(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(the_module_is_loaded_and_unloaded)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, command("rmmod xvcpu"));
		EXPECT_EQ(-1, open("/dev/xvcpu", O_RDWR));
		ASSERT_EQ(0, command("modprobe xvcpu"));
		EXPECT_TRUE(guest_runs());
	}
}

TEST(vmx_goes_on_and_off_with_the_first_and_last_vm)
{
	int dev = dev_open(), first, second;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		first = create_vm(dev, 0);
		ASSERT_LE(0, first);
		second = create_vm(dev, 0);
		ASSERT_LE(0, second);
		close(first);
		EXPECT_TRUE(guest_runs());
		close(second);
		EXPECT_TRUE(guest_runs());
	}
	close(dev);
}

/* Unloading waits for nothing and leaves nothing: the device is gone at once. */
TEST(unloading_with_the_device_open_is_refused)
{
	int dev = dev_open();

	EXPECT_EQ(-1, syscall(SYS_delete_module, "xvcpu", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_TRUE(guest_runs());
	close(dev);
	EXPECT_EQ(0, command("rmmod xvcpu"));
	EXPECT_EQ(0, command("modprobe xvcpu"));
}

TEST_HARNESS_MAIN
