// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what was seen to one finding with its advice (diagnosis.h). The most fundamental obstacle is
 * named first: loading a module does not help a processor without VMX.
 */
#include "diagnosis.h"

#include <errno.h>
#include <libxvcpu.h>
#include <string.h>
#include <unistd.h>

/* What a module of this version requires, for the time when there is none to ask. */
#define REQUIRED_FEATURES	((1ull << (XVCPU_FEATURE_TPR_SHADOW + 1)) - 1)

static void find_ready(struct diagnosis *d)
{
	d->status = STATUS_OK;
	d->cause = "ready";
	message_set(&d->finding, "this host can run guests");
}

static void find_no_vmx(struct diagnosis *d)
{
	d->status = STATUS_NO_VMX;
	d->cause = "no_vmx";
	message_set(&d->finding, "the processor does not offer VMX");
	if (!strcmp(d->host.vendor, "AuthenticAMD") || !strcmp(d->host.vendor, "HygonGenuine"))
		message_set(&d->advice,
			    "xvcpu needs an Intel processor; AMD's virtualization is not supported");
	else if (d->host.virtual)
		message_set(&d->advice,
			    "this is a virtual machine%s%s: turn on nested virtualization for it on its host",
			    d->host.hypervisor[0] ? " under " : "", d->host.hypervisor);
	else
		message_set(&d->advice,
			    "turn on Intel VT-x in the firmware's setup; if it is on, this processor has none");
}

static void find_firmware(struct diagnosis *d, unsigned int reason)
{
	d->status = STATUS_FIRMWARE;
	d->cause = xvcpu_reason_name(reason);
	message_set(&d->finding, "%s", xvcpu_reason_text(reason));
	message_set(&d->advice,
		    "turn on Intel VT-x (\"virtualization technology\") in the firmware's setup and switch the power off and on; xvcpu never changes this setting itself");
}

static void find_taken(struct diagnosis *d)
{
	const struct host_holder *holder = d->host.holders;

	d->status = STATUS_TAKEN;
	d->cause = "taken";
	if (!d->host.nr_holders) {
		message_set(&d->finding,
			    "VMX is taken by another hypervisor, and no module that is known to use it is loaded");
		message_set(&d->advice,
			    "find what turned VMX on (a hypervisor started before or beside this kernel) and stop it");
		return;
	}
	message_set(&d->finding, "VMX is taken; the probable holder is %s (%s)", holder->module,
		    holder->product);
	if (holder->users > 0)
		message_append(&d->finding, ", which has %d user%s", holder->users,
			       holder->users == 1 ? "" : "s");
	message_set(&d->advice, "end the virtual machines of %s%s%s", holder->product,
		    holder->users < 0 ? "" : "; if VMX stays taken, modprobe -r ",
		    holder->users < 0 ? "" : holder->module);
}

static void find_feature(struct diagnosis *d, unsigned int feature)
{
	unsigned int reason = d->features[feature];

	d->status = STATUS_FEATURE;
	d->cause = xvcpu_reason_name(reason);
	message_set(&d->finding, "a required feature is missing: %s (%s): %s",
		    xvcpu_feature_name(feature) ?: "?", xvcpu_feature_text(feature),
		    xvcpu_reason_text(reason));
	if (reason == XVCPU_REASON_PARAM)
		message_set(&d->advice, "load xvcpu without the parameter that turns it off");
	else if (d->host.virtual)
		message_set(&d->advice,
			    "this is a virtual machine: its host's nested virtualization must offer it");
	else
		message_set(&d->advice, "guests need a processor and a kernel that have it");
}

static void find_no_device(struct diagnosis *d)
{
	d->status = STATUS_NO_DEVICE;
	if (!d->host.module_loaded) {
		d->cause = "no_module";
		message_set(&d->finding, "the module xvcpu is not loaded: there is no %s",
			    d->device);
		message_set(&d->advice,
			    "load it as root: modprobe xvcpu, or insmod xvcpu.ko from the build directory");
		return;
	}
	d->cause = "no_device";
	message_set(&d->finding, "the module xvcpu is loaded, but there is no %s", d->device);
	message_set(&d->advice,
		    "mount devtmpfs on /dev, or make the node with the numbers in /sys/class/misc/xvcpu/dev");
}

static void find_permission(struct diagnosis *d)
{
	d->status = STATUS_PERMISSION;
	d->cause = "permission";
	message_set(&d->finding, "%s may not be opened by this user", d->device);
	message_set(&d->advice,
		    "become a member of its group (usermod -aG xvcpu USER, then log in again), or run as root");
}

static void find_other(struct diagnosis *d)
{
	d->status = STATUS_HOST;
	if (d->error == ENOTTY || d->error == EINVAL) {
		d->cause = "wrong_device";
		message_set(&d->finding, "%s is not the device of xvcpu", d->device);
		message_set(&d->advice,
			    "give the right path with --device, or make the node again");
		return;
	}
	d->cause = "device_error";
	message_set(&d->finding, "%s cannot be used: %s", d->device, strerror(d->error));
	message_set(&d->advice, "the kernel's log (dmesg) may say more");
}

/* What a feature that is not usable says about the host. */
static void find_by_feature(struct diagnosis *d, unsigned int feature)
{
	unsigned int reason = d->features[feature];

	switch (reason) {
	case XVCPU_REASON_NO_VMX:
		find_no_vmx(d);
		break;
	case XVCPU_REASON_UNLOCKED:
	case XVCPU_REASON_LOCKED:
		find_firmware(d, reason);
		break;
	case XVCPU_REASON_TAKEN:
		find_taken(d);
		break;
	default:
		find_feature(d, feature);
	}
}

/* The first required feature that is known not to be usable; XVCPU_FEATURE_SLOTS: none is. */
static unsigned int first_missing(const struct diagnosis *d)
{
	unsigned int feature;

	for (feature = 0; feature < XVCPU_FEATURE_SLOTS; feature++) {
		unsigned int reason = d->features[feature];

		if (!(d->required & (1ull << feature)))
			continue;
		/* The module knows every required feature; from outside some cannot be seen. */
		if (reason != XVCPU_REASON_OK && (d->have_info || reason != XVCPU_REASON_UNKNOWN))
			break;
	}
	return feature;
}

static void ask_device(struct diagnosis *d)
{
	int fd = xvcpu_open(d->device);
	int ret = fd;

	if (fd >= 0) {
		ret = xvcpu_get_info(fd, &d->info);
		close(fd);
	}
	d->error = ret < 0 ? -ret : 0;
	d->have_info = !d->error;
	d->features = d->have_info ? d->info.features : d->host.reasons;
	d->required = d->have_info ? d->info.required : REQUIRED_FEATURES;
}

void diagnose(struct diagnosis *d, const char *device)
{
	unsigned int missing;

	memset(d, 0, sizeof(*d));
	d->device = device;
	host_probe(&d->host);
	ask_device(d);

	missing = first_missing(d);
	if (missing < XVCPU_FEATURE_SLOTS)
		find_by_feature(d, missing);
	else if (d->have_info)
		find_ready(d);
	else if (d->error == ENOENT || d->error == ENXIO || d->error == ENODEV)
		find_no_device(d);
	else if (d->error == EACCES || d->error == EPERM)
		find_permission(d);
	else
		find_other(d);
}

static enum status in_words(const struct diagnosis *d, struct message *msg)
{
	message_set(msg, "%s", d->finding.text);
	if (d->advice.text[0])
		message_append(msg, "\n%s", d->advice.text);
	return d->status;
}

enum status diagnose_refusal(const char *device, int ret, const struct xvcpu_error *error,
			     struct message *msg)
{
	char text[256];
	struct diagnosis d;

	diagnose(&d, device);
	if (d.status != STATUS_OK)
		return in_words(&d, msg);

	/* What stood in the way is gone by now, or is not a matter of features. */
	if (ret == -EBUSY) {
		find_taken(&d);
		return in_words(&d, msg);
	}
	xvcpu_strerror_record(XVCPU_CREATE_VM, error, text, sizeof(text));
	message_set(msg, "a VM cannot be created: %s%s%s\n'xvcpuctl doctor' and dmesg may say more",
		    strerror(-ret), text[0] ? ": " : "", text);
	return STATUS_HOST;
}

int diagnosis_open(const char *device, struct xvcpu_info *info, enum status *status,
		   struct message *msg)
{
	struct diagnosis d;
	int fd = xvcpu_open(device);

	if (fd >= 0) {
		if (!xvcpu_get_info(fd, info))
			return fd;
		close(fd);
	}
	diagnose(&d, device);
	*status = in_words(&d, msg);
	if (d.status == STATUS_OK) {
		message_set(msg, "%s could not be opened a moment ago; try again", device);
		*status = STATUS_HOST;
	}
	return -1;
}
