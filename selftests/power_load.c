// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module loaded and unloaded, and VMX on and off, many times over: XVCPU_CYCLES times, or so
 * often that it does not take long.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
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

static unsigned long cycles(void)
{
	const char *text = getenv("XVCPU_CYCLES");

	return text ? strtoul(text, NULL, 10) : 100;
}

/* Without modprobe, which is most of the time. */
static bool load(void)
{
	struct utsname name;
	char path[256];
	int fd, err;

	uname(&name);
	snprintf(path, sizeof(path), "/lib/modules/%s/xvcpu.ko", name.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	err = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return !err;
}

FIXTURE(lives) {
};

FIXTURE_SETUP(lives)
{
}

FIXTURE_TEARDOWN(lives)
{
}

TEST_F_TIMEOUT(lives, nothing_adds_up_over_many_loads_and_unloads, 3600)
{
	unsigned long i, nr = cycles();

	for (i = 0; i < nr; i++) {
		ASSERT_EQ(0, syscall(SYS_delete_module, "xvcpu", O_NONBLOCK)) {
			TH_LOG("cycle %lu: %s", i, strerror(errno));
		}
		ASSERT_TRUE(load()) {
			TH_LOG("cycle %lu: %s", i, strerror(errno));
		}
		if (i % 10 == 0)
			ASSERT_TRUE(guest_runs());
	}
	TH_LOG("%lu cycles", nr);
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
