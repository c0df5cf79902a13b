// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's parameter l1d_flush: each value, and others. What is done then is api_l1d's.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "guest.h"
#include "kselftest_harness.h"

static int command(const char *line)
{
	int status = system(line);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

FIXTURE(param) {
};

FIXTURE_VARIANT(param) {
	const char *mode;
};

FIXTURE_VARIANT_ADD(param, never) { .mode = "never" };
FIXTURE_VARIANT_ADD(param, cond) { .mode = "cond" };
FIXTURE_VARIANT_ADD(param, always) { .mode = "always" };

FIXTURE_SETUP(param)
{
	ASSERT_EQ(0, command("rmmod xvcpu"));
}

FIXTURE_TEARDOWN(param)
{
	command("rmmod xvcpu 2>/dev/null");
	EXPECT_EQ(0, command("modprobe xvcpu"));
}

TEST_F(param, is_what_is_done)
{
	char line[128];

	snprintf(line, sizeof(line), "modprobe xvcpu l1d_flush=%s", variant->mode);
	ASSERT_EQ(0, command(line));
	snprintf(line, sizeof(line), "grep -qx %s /sys/module/xvcpu/parameters/l1d_flush",
		 variant->mode);
	EXPECT_EQ(0, command(line));
	EXPECT_EQ(0, command("./api_l1d >/tmp/api_l1d.log 2>&1")) {
		command("sed 's/^/# /' /tmp/api_l1d.log");
	}
}

TEST(another_word_is_refused)
{
	ASSERT_EQ(0, command("rmmod xvcpu"));
	EXPECT_NE(0, command("modprobe xvcpu l1d_flush=sometimes 2>/dev/null"));
	EXPECT_EQ(0, command("modprobe xvcpu"));
}

TEST_HARNESS_MAIN
