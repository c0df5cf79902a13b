// SPDX-License-Identifier: GPL-2.0-only
/*
 * An instance of tracefs (tracing.h). The main thread's.
 */
#include "tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernelfs.h"

static const char * const events[] = { "entry", "exit", "inject", "ept_fault", "kick", "state" };

#define EVENT_PREFIX	": xvcpu_"

static int find_event(const char *name, size_t length)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
		if (strlen(events[i]) == length && !strncmp(events[i], name, length))
			return i;
	return -1;
}

int tracing_events(const char *list, u32 *mask, struct message *msg)
{
	*mask = list ? 0 : (1u << ARRAY_SIZE(events)) - 1;
	while (list) {
		size_t length = strcspn(list, ",");
		int event = find_event(list, length);

		if (event < 0) {
			message_set(msg, "there is no event '%.*s':", (int)length, list);
			for (unsigned int i = 0; i < ARRAY_SIZE(events); i++)
				message_append(msg, "%s %s", i ? "," : "", events[i]);
			return -EINVAL;
		}
		*mask |= 1u << event;
		list = list[length] ? list + length + 1 : NULL;
	}
	return 0;
}

/* Write @text to a file of the instance. Return: 0 or a negative errno. */
__attribute__((format(printf, 3, 4)))
static int put(const struct tracing *tracing, const char *text, const char *fmt, ...)
{
	char path[sizeof(tracing->instance) + 128];
	int length, fd, ret = 0;
	va_list args;

	length = snprintf(path, sizeof(path), "%s/", tracing->instance);
	va_start(args, fmt);
	vsnprintf(path + length, sizeof(path) - length, fmt, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int make_instance(struct tracing *tracing, const char *root)
{
	char path[sizeof(tracing->instance)];

	if (snprintf(path, sizeof(path), "%s/instances/xvcpuctl-%d", root, getpid()) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	/* One that a process of this number left when it was killed. */
	if (mkdir(path, 0700) && (errno != EEXIST || rmdir(path) || mkdir(path, 0700)))
		return -errno;
	strcpy(tracing->instance, path);
	return 0;
}

static int turn_on(const struct tracing *tracing, u32 mask, u32 owner)
{
	char filter[32];
	int ret = 0;

	snprintf(filter, sizeof(filter), "owner == %u", owner);
	for (unsigned int i = 0; i < ARRAY_SIZE(events) && !ret; i++) {
		if (!(mask >> i & 1))
			continue;
		if (owner)
			ret = put(tracing, filter, "events/xvcpu/xvcpu_%s/filter", events[i]);
		if (!ret)
			ret = put(tracing, "1", "events/xvcpu/xvcpu_%s/enable", events[i]);
	}
	return ret;
}

enum status tracing_begin(struct tracing *tracing, const char *root, u32 mask, u32 owner,
			  struct message *msg)
{
	char path[sizeof(tracing->instance) + 32];
	int ret;

	memset(tracing, 0, sizeof(*tracing));
	tracing->fd = -1;
	snprintf(path, sizeof(path), "%s/events/xvcpu", root);
	if (access(path, F_OK))
		return kernelfs_refusal(KERNELFS_IS_TRACE, root, errno, msg);
	ret = make_instance(tracing, root);
	if (!ret) {
		snprintf(path, sizeof(path), "%s/trace_pipe", tracing->instance);
		tracing->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		ret = tracing->fd < 0 ? -errno : turn_on(tracing, mask, owner);
	}
	return ret ? kernelfs_refusal(KERNELFS_IS_TRACE, root, -ret, msg) : STATUS_OK;
}

void tracing_stop(struct tracing *tracing)
{
	if (tracing->instance[0])
		put(tracing, "0", "events/xvcpu/enable");
}

void tracing_end(struct tracing *tracing)
{
	tracing_stop(tracing);
	if (tracing->fd >= 0)
		close(tracing->fd);
	tracing->fd = -1;
	if (tracing->instance[0])
		rmdir(tracing->instance);
	tracing->instance[0] = 0;
}

bool tracing_alive(const struct tracing *tracing)
{
	char path[sizeof(tracing->instance) + 32];

	snprintf(path, sizeof(path), "%s/events/xvcpu", tracing->instance);
	return !access(path, F_OK);
}

/* Cut the first line out of @raw. Return: whether there is a whole one. */
static bool take_line(struct tracing *tracing, char *line)
{
	char *end = memchr(tracing->raw, '\n', tracing->used);
	size_t length, all;

	if (!end && tracing->used < sizeof(tracing->raw))
		return false;
	length = end ? (size_t)(end - tracing->raw) : tracing->used;
	all = end ? length + 1 : length;
	snprintf(line, TRACING_LINE, "%.*s", (int)length, tracing->raw);
	memmove(tracing->raw, tracing->raw + all, tracing->used - all);
	tracing->used -= all;
	return true;
}

int tracing_next(struct tracing *tracing, char *line, bool *event)
{
	char raw[TRACING_LINE];
	ssize_t ret;

	while (!take_line(tracing, raw)) {
		ret = read(tracing->fd, tracing->raw + tracing->used,
			   sizeof(tracing->raw) - tracing->used);
		if (ret < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (ret <= 0)
			return 0;
		tracing->used += ret;
	}
	*event = tracing_format(raw, line);
	return 1;
}

/* "THREAD-TID [CPU] FLAGS TIME: xvcpu_EVENT: vm=VM vcpu=ID FIELDS" */
bool tracing_format(const char *raw, char *line)
{
	const char *at = strstr(raw, EVENT_PREFIX), *time = at, *bracket = at;
	char name[32], vm[32];
	unsigned int vcpu;
	int cpu, fields = 0;

	while (time && time > raw && time[-1] != ' ')
		time--;
	while (bracket && bracket > raw && *bracket != '[')
		bracket--;
	if (!at || sscanf(bracket, "[%d]", &cpu) != 1 ||
	    sscanf(at + strlen(EVENT_PREFIX), "%31[a-z_]: vm=%31s vcpu=%u %n", name, vm, &vcpu,
		   &fields) != 3 || !fields) {
		snprintf(line, TRACING_LINE, "%s", raw);
		return false;
	}
	snprintf(line, TRACING_LINE, "%.*s CPU %d VM %s vCPU %u %-9s %s", (int)(at - time), time,
		 cpu, vm, vcpu, name, at + strlen(EVENT_PREFIX) + fields);
	return true;
}
