/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's tracepoints through tracefs, in an instance of our own: other users of tracing, and
 * its global buffer, are not touched.
 */
#ifndef XVCPUCTL_TRACING_H
#define XVCPUCTL_TRACING_H

#include "message.h"
#include "status.h"
#include "types.h"

/** define TRACING_LINE - bytes of a line, with the terminating 0; longer ones are cut */
#define TRACING_LINE	512

/**
 * struct tracing - an instance of tracefs
 * @instance: its directory; empty: there is none
 * @fd:       its trace_pipe
 * @used:     bytes in @raw that are no whole line yet
 * @raw:      what was read and not given out
 */
struct tracing {
	char instance[4096];
	int fd;
	size_t used;
	char raw[8192];
};

/**
 * tracing_events() - a list of events as a mask
 * @list: names without "xvcpu_", separated by commas; NULL: all
 * @mask: set on success
 * @msg:  says which name is wrong, and lists the right ones
 *
 * Return: 0 or -EINVAL.
 */
int tracing_events(const char *list, u32 *mask, struct message *msg);

/**
 * tracing_begin() - turn events on; tracing_end() must follow, also after a failure
 * @tracing: filled
 * @root:    where tracefs is mounted
 * @events:  mask of tracing_events()
 * @owner:   only VMs created by this process; 0: all
 * @msg:     finding and advice on failure
 */
enum status tracing_begin(struct tracing *tracing, const char *root, u32 events, u32 owner,
			  struct message *msg);

/** tracing_stop() - turn the events off; what was traced can still be read */
void tracing_stop(struct tracing *tracing);

/** tracing_end() - turn the events off and remove the instance */
void tracing_end(struct tracing *tracing);

/** tracing_alive() - the module is still there */
bool tracing_alive(const struct tracing *tracing);

/**
 * tracing_next() - the next line, for people; never waits
 * @tracing: .
 * @line:    TRACING_LINE bytes
 * @event:   whether it is an event, and not something that tracefs says about itself
 *
 * Return: 1; 0: nothing is there now; a negative errno: tracefs cannot be read.
 */
int tracing_next(struct tracing *tracing, char *line, bool *event);

/**
 * tracing_format() - a line of trace_pipe for people: time, CPU, vCPU, event, fields
 * @raw:  the line, without its end
 * @line: TRACING_LINE bytes; @raw itself if it is no event of the module's
 *
 * Return: whether it is an event.
 */
bool tracing_format(const char *raw, char *line);

#endif /* XVCPUCTL_TRACING_H */
