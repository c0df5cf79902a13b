/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this host can run guests, why not, and what to do: the answer of doctor, and the message
 * of every other command that cannot get at the device.
 */
#ifndef XVCPUCTL_DIAGNOSIS_H
#define XVCPUCTL_DIAGNOSIS_H

#include <xvcpu.h>

#include "host.h"
#include "message.h"
#include "status.h"

/**
 * struct diagnosis - what was seen and what follows from it
 * @host:      the host without the module
 * @device:    path of the device
 * @error:     0, or the errno with which opening it or asking it failed
 * @have_info: the module answered: @info is valid
 * @info:      what it said
 * @required:  bit n: feature n is required, from @info or as known here
 * @features:  for each &enum xvcpu_feature an &enum xvcpu_reason, from @info or from @host
 * @status:    %STATUS_OK: ready
 * @cause:     identifier of the finding
 * @finding:   one sentence
 * @advice:    what to do; empty when ready
 */
struct diagnosis {
	struct host host;
	const char *device;
	int error;
	bool have_info;
	struct xvcpu_info info;
	u64 required;
	const u8 *features;
	enum status status;
	const char *cause;
	struct message finding;
	struct message advice;
};

/**
 * diagnose() - look at the host and the device
 * @diagnosis: filled
 * @device:    path
 *
 * Changes nothing: VMX is not turned on for it.
 */
void diagnose(struct diagnosis *diagnosis, const char *device);

/**
 * diagnose_refusal() - put a failed XVCPU_CREATE_VM in words
 * @device: path
 * @ret:    the negative errno
 * @error:  the call's record
 * @msg:    finding and advice, in two lines
 *
 * Return: the status for it.
 */
enum status diagnose_refusal(const char *device, int ret, const struct xvcpu_error *error,
			     struct message *msg);

/**
 * diagnosis_open() - open the device, or say why not and what to do
 * @device: path
 * @info:   filled on success
 * @status: set on failure
 * @msg:    finding and advice on failure
 *
 * Return: a file descriptor or -1.
 */
int diagnosis_open(const char *device, struct xvcpu_info *info, enum status *status,
		   struct message *msg);

#endif /* XVCPUCTL_DIAGNOSIS_H */
