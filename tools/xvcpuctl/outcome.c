// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a run as the user sees it (outcome.h). Standard output gets the guest's own words:
 * screen and console, or the JSON; ours go to standard error.
 */
#include "outcome.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

static const char * const mode_names[] = {
	[LOAD_AUTO] = "auto",
	[LOAD_REAL] = "real",
	[LOAD_PROTECTED] = "protected",
	[LOAD_LONG] = "long",
};

int outcome_check_path(const char *path, struct message *err)
{
	int fd, ret;

	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0) {
		ret = -errno;
		message_set(err, "--json: %s cannot be written: %s", path, strerror(errno));
		return ret;
	}
	close(fd);
	return 0;
}

/* Ends that a script counts as good are not worth a line. */
static bool worth_telling(const struct vmm_result *result)
{
	return result->kind != VMM_POWEROFF && result->kind != VMM_DEBUG_EXIT &&
	       result->kind != VMM_SEEN;
}

static int status_of(const struct vmm_result *result, const struct outcome_config *config)
{
	int status = vmm_status(result);

	return config->until && result->kind == VMM_POWEROFF ? STATUS_UNSEEN : status;
}

static void print_end(const struct vmm *vmm, const struct outcome_config *config, int status)
{
	const struct vmm_result *result = &vmm->result;

	if (worth_telling(result)) {
		fprintf(stderr, "%s: %s\n", config->command, result->message.text);
		if (result->report)
			fprintf(stderr, "vCPU %d\n%s", result->vcpu, result->report);
	}
	if (status == STATUS_UNSEEN)
		fprintf(stderr, "%s: %s, and what --until waits for was not seen\n",
			config->command, result->message.text);
}

static void print_screen(const struct textscreen *screen)
{
	for (unsigned int row = 0; row < TEXTSCREEN_ROWS; row++)
		puts(screen->lines[row]);
}

static u64 counter(const struct vmm_vcpu *vcpu, unsigned int index)
{
	/* KVM has none. */
	return vcpu->handle.stats ? vcpu->handle.stats->counters[index] : 0;
}

/* An exit is where the guest left non-root mode: entries count them all. */
static void print_rate(const struct vmm *vmm, const struct vmm_vcpu *vcpu)
{
	double seconds = (machine_now() - vmm->started) / 1e9;
	u64 exits = counter(vcpu, XVCPU_COUNT_ENTRIES);

	fprintf(stderr, "  %-22s %12llu in %.3f s: %.1f per second\n", "VM exits",
		(unsigned long long)exits, seconds, seconds > 0 ? exits / seconds : 0);
}

void outcome_print_stats(const struct vmm *vmm)
{
	for (unsigned int v = 0; v < vmm->nr_vcpus; v++) {
		const struct vmm_vcpu *vcpu = &vmm->vcpus[v];

		fprintf(stderr, "vCPU %u, VM exits by reason and other counters\n", vcpu->id);
		for (unsigned int i = 0; i < XVCPU_COUNTERS; i++) {
			const char *name = xvcpu_counter_name(i);

			if (counter(vcpu, i))
				fprintf(stderr, "  %-22s %12llu\n", name ? name : "?",
					(unsigned long long)counter(vcpu, i));
		}
		print_rate(vmm, vcpu);
	}
	fprintf(stderr, "ports nobody claims: %llu reads, %llu writes; memory: %llu, %llu\n",
		(unsigned long long)vmm->machine.ports.unclaimed_reads,
		(unsigned long long)vmm->machine.ports.unclaimed_writes,
		(unsigned long long)vmm->machine.mmio.unclaimed_reads,
		(unsigned long long)vmm->machine.mmio.unclaimed_writes);
}

static cJSON *json_vcpu(const struct vmm_vcpu *vcpu)
{
	cJSON *top = json_object(), *exits, *counters;

	json_number(top, "id", vcpu->id);
	exits = json_add(top, "exits", json_object());
	counters = json_add(top, "counters", json_object());
	for (unsigned int i = 0; i < XVCPU_COUNTERS; i++) {
		const char *name = xvcpu_counter_name(i);

		if (i >= XVCPU_COUNT_ENTRIES && name)
			json_number(counters, name, counter(vcpu, i));
		else if (name && counter(vcpu, i))
			json_number(exits, name, counter(vcpu, i));
	}
	return top;
}

static cJSON *json_fail_entry(const struct xvcpu_vcpu *vcpu)
{
	const struct xvcpu_exit_fail_entry *fail = &vcpu->exit->fail_entry;
	cJSON *top = json_object();

	json_number(top, "instruction_error", fail->instruction_error);
	json_number(top, "hw_reason", fail->hw_reason);
	json_hex(top, "qualification", fail->qualification);
	json_number(top, "rule", fail->rule);
	json_text(top, "rule_name", xvcpu_rule_name(fail->rule));
	json_text(top, "rule_text", xvcpu_rule_text(fail->rule));
	json_hex(top, "field", fail->field);
	json_text(top, "field_name", xvcpu_field_name(fail->field));
	json_hex(top, "value", fail->value);
	json_hex(top, "expected", fail->expected);
	json_number(top, "cpu", fail->cpu);
	return top;
}

static cJSON *json_unclaimed(const struct bus *bus)
{
	cJSON *top = json_object();

	json_number(top, "reads", bus->unclaimed_reads);
	json_number(top, "writes", bus->unclaimed_writes);
	return top;
}

static void json_lines(cJSON *to, const char *name, const struct textscreen *screen)
{
	cJSON *list = json_add(to, name, json_list());

	for (unsigned int row = 0; row < TEXTSCREEN_ROWS; row++)
		json_append(list, json_string(screen->lines[row]));
}

static cJSON *json_result(const struct vmm *vmm, const struct boot_state *boot,
			  const struct textscreen *screen, int status)
{
	const struct vmm_result *result = &vmm->result;
	cJSON *top = json_object(), *list;

	json_text(top, "end", vmm_end_name(result->kind));
	if (result->kind == VMM_SIGNAL)
		json_null(top, "status");
	else
		json_number(top, "status", status);
	json_text(top, "message", result->message.text);
	json_text(top, "report", result->report ? result->report : "");
	if (result->kind == VMM_DEBUG_EXIT)
		json_number(top, "debug_exit", result->number >> 1);
	if (result->kind == VMM_SIGNAL)
		json_number(top, "signal", result->number);
	if (result->kind == VMM_ENTRY)
		json_add(top, "fail_entry", json_fail_entry(&vmm->vcpus[result->vcpu].handle));
	json_text(top, "format", boot->format);
	json_text(top, "mode", mode_names[boot->mode]);
	list = json_add(top, "vcpus", json_list());
	for (unsigned int v = 0; v < vmm->nr_vcpus; v++)
		json_append(list, json_vcpu(&vmm->vcpus[v]));
	json_add(top, "unclaimed_ports", json_unclaimed(&vmm->machine.ports));
	json_add(top, "unclaimed_memory", json_unclaimed(&vmm->machine.mmio));
	if (screen)
		json_lines(top, "screen", screen);
	return top;
}

static int write_json(cJSON *top, const struct outcome_config *config)
{
	FILE *out = config->json_path ? fopen(config->json_path, "we") : stdout;
	int ret;

	if (!out) {
		fprintf(stderr, "%s: %s cannot be written: %s\n", config->command,
			config->json_path, strerror(errno));
		cJSON_Delete(top);
		return -1;
	}
	ret = json_print(top, out);
	if (config->json_path && fclose(out))
		ret = -1;
	if (ret)
		fprintf(stderr, "%s: the JSON cannot be written: %s\n", config->command,
			strerror(errno));
	return ret;
}

/*
 * What we show begins on a line of its own, whatever the guest printed last. A file or pipe gets
 * the guest's bytes and nothing else.
 */
static void end_console_line(const struct console *console, bool screen)
{
	if (!screen && !isatty(STDOUT_FILENO))
		return;
	if (console->head && console->bytes[(console->head - 1) % CONSOLE_SIZE] != '\n')
		putchar('\n');
}

int outcome_show(struct vmm *vmm, const struct boot_state *boot,
		 const struct outcome_config *config)
{
	bool json_on_stdout = config->json && !config->json_path;
	int status = status_of(&vmm->result, config);
	struct textscreen screen;

	if (config->screen)
		machine_screen(&vmm->machine, &vmm->memory, &screen);
	if (config->console && !json_on_stdout)
		end_console_line(&vmm->console, config->screen);
	if (config->screen && !json_on_stdout)
		print_screen(&screen);
	fflush(stdout);
	print_end(vmm, config, status);
	if (config->stats)
		outcome_print_stats(vmm);
	if (!config->json)
		return status;
	if (write_json(json_result(vmm, boot, config->screen ? &screen : NULL, status), config))
		return STATUS_HOST;
	return status;
}
