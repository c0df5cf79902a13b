// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs and tracefs that cannot be used, in words (kernelfs.h). No state, any thread.
 */
#include "kernelfs.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned long magic;
	const char *config;
} systems[] = {
	[KERNELFS_IS_DEBUG] = { "debugfs", DEBUGFS_MAGIC, "CONFIG_DEBUG_FS" },
	[KERNELFS_IS_TRACE] = { "tracefs", TRACEFS_MAGIC, "CONFIG_EVENT_TRACING" },
};

bool kernelfs_module_loaded(void)
{
	return !access("/sys/module/xvcpu", F_OK);
}

enum status kernelfs_refusal(enum kernelfs which, const char *root, int error,
			     struct message *msg)
{
	const char *name = systems[which].name;
	struct statfs fs;

	if (!kernelfs_module_loaded()) {
		message_set(msg, "the module xvcpu is not loaded\nWhat to do: modprobe xvcpu");
		return STATUS_NO_DEVICE;
	}
	if (error == EACCES || error == EPERM) {
		message_set(msg, "%s at %s may not be used: %s\nWhat to do: run this as root",
			    name, root, strerror(error));
		return STATUS_PERMISSION;
	}
	if (error == ENOENT || error == ENOTDIR) {
		if (statfs(root, &fs) || (unsigned long)fs.f_type != systems[which].magic) {
			message_set(msg,
				    "%s is not mounted at %s\n"
				    "What to do: mount -t %s none %s, or --%s=PATH if it is "
				    "mounted elsewhere", name, root, name, root, name);
			return STATUS_NOT_MOUNTED;
		}
		message_set(msg, "the module shows nothing in %s: the kernel was built without %s",
			    name, systems[which].config);
		return STATUS_FEATURE;
	}
	message_set(msg, "%s at %s: %s", name, root, strerror(error));
	return STATUS_HOST;
}
