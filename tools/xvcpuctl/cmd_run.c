// SPDX-License-Identifier: GPL-2.0-only
/*
 * xvcpuctl run: run a guest until it ends, and exit with a status that says how it did.
 *
 * Arguments and the image are checked before the device is opened. What the user gets to see goes
 * through outcome.h.
 */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acpi.h"
#include "console_file.h"
#include "events.h"
#include "outcome.h"
#include "progress.h"
#include "run_options.h"
#include "terminal.h"

static enum status load_status(int ret)
{
	switch (ret) {
	case -EINVAL:
		return STATUS_USAGE;
	case -ENOMEM:
		return STATUS_HOST;
	default:
		return STATUS_IMAGE;
	}
}

static int complain(const char *command, enum status status, const struct message *err)
{
	fprintf(stderr, "%s: %s\n", command, err->text);
	return status;
}

/* What lasts from boot to boot. */
struct session {
	const char *command;
	struct run_options opts;
	struct console_file console;
	struct debug_file debug;
	u64 end_ns;		/* of CLOCK_MONOTONIC, when --timeout is over; 0: never */
	unsigned int boots;
};

/* Make everything up to the point where the guest could run. */
static enum status prepare(struct vmm *vmm, struct session *session,
			   struct boot_state *boot, struct message *err)
{
	const struct run_options *opts = &session->opts;
	struct vmm_config config = {
		.memory = opts->mem_mib << 20,
		.debug = opts->debug_port ? &session->debug : NULL,
		.machine = { .debug_exit = opts->debug_exit },
	};
	enum status status = vmm_create(vmm, &config, err);
	struct load_request load = opts->load;
	struct image_progress sink;
	struct progress progress;
	int ret;

	if (status)
		return status;
	acpi_write_tables(&vmm->memory);
	load.progress = progress_init(&progress, STDERR_FILENO, &sink);
	ret = load_image(&load, &vmm->memory, boot, err);
	progress_end(&progress);
	status = ret ? load_status(ret) :
		       vmm_attach(vmm, opts->backend, opts->device, 1, err);
	if (!status)
		status = vmm_boot(vmm, boot, err);
	if (status)
		vmm_destroy(vmm);
	return status;
}

/* At least a moment: 0 would be for ever. */
static u64 time_left(const struct session *session)
{
	u64 now = machine_now();

	if (!session->end_ns)
		return 0;
	return session->end_ns > now ? session->end_ns - now : 1;
}

static enum status run(struct vmm *vmm, const struct session *session, struct message *err)
{
	const struct run_options *opts = &session->opts;
	struct events_config config = {
		.type = session->boots == 1 ? opts->type : NULL,
		.console = opts->serial ? session->console.output : -1,
		.input = opts->serial ? session->console.input : -1,
		.live = opts->screen && isatty(STDOUT_FILENO) && !opts->json,
		.panic_exit = opts->panic_exit,
		.timeout_ns = time_left(session),
		.until = &opts->until,
		.until_screen = &opts->until_screen,
	};
	enum status status;

	config.keys = opts->keys || (opts->screen && isatty(STDIN_FILENO));
	if (config.keys)
		config.input = STDIN_FILENO;
	if (events_begin(vmm, &config, err))
		status = STATUS_HOST;
	else
		status = vmm_start(vmm, err);
	events_run();
	return status;
}

static int show(struct vmm *vmm, const struct session *session, const struct boot_state *boot)
{
	const struct run_options *opts = &session->opts;
	struct outcome_config config = {
		.command = session->command,
		.console = opts->serial && session->console.output == STDOUT_FILENO,
		.screen = opts->screen,
		.stats = opts->stats,
		.json = opts->json,
		.json_path = opts->json_path,
		.until = opts->until.nr || opts->until_screen.nr,
	};

	return outcome_show(vmm, boot, &config);
}

static bool is_regular(const char *path, struct message *err)
{
	struct stat st;

	/* What is not there is somebody else's message. */
	if (!path || stat(path, &st) || S_ISREG(st.st_mode))
		return true;
	message_set(err, "--reboot reset reads %s again, and so it must be a regular file", path);
	return false;
}

static bool can_be_read_again(const struct run_options *opts, struct message *err)
{
	const struct load_request *load = &opts->load;

	for (unsigned int i = 0; i < load->nr_modules; i++) {
		if (!is_regular(load->modules[i].path, err))
			return false;
	}
	return is_regular(load->image, err) && is_regular(load->initrd, err) &&
	       is_regular(load->firmware, err);
}

static enum status open_files(struct session *session, struct message *err)
{
	const struct run_options *opts = &session->opts;

	if (outcome_check_path(opts->json_path, err))
		return STATUS_USAGE;
	if (opts->reboot && !can_be_read_again(opts, err))
		return STATUS_USAGE;
	if (debug_file_open(&session->debug, opts->debug_port, err))
		return STATUS_USAGE;
	if (console_file_open(&session->console, opts->console, opts->json && !opts->json_path,
			      err))
		return STATUS_USAGE;
	if (session->console.name[0])
		fprintf(stderr, "%s: the console is %s\n", session->command,
			session->console.name);
	return STATUS_OK;
}

static void close_files(struct session *session)
{
	console_file_close(&session->console);
	debug_file_close(&session->debug, session->command);
}

/* From power-on until the machine has ended; it is still to be destroyed unless this fails. */
static enum status boot_once(struct vmm *vmm, struct session *session, struct boot_state *boot,
			     struct message *err)
{
	enum status status;

	session->boots++;
	memset(boot, 0, sizeof(*boot));
	status = prepare(vmm, session, boot, err);
	if (status)
		return status;
	if (boot->note[0] && session->boots == 1)
		fprintf(stderr, "%s: note: %s\n", session->command, boot->note);
	status = run(vmm, session, err);
	if (status)
		vmm_destroy(vmm);
	return status;
}

static int run_session(struct session *session)
{
	static struct vmm vmm;		/* the console's ring makes it large */
	struct boot_state boot;
	struct message err = { 0 };
	enum status status;
	int ret;

	status = boot_once(&vmm, session, &boot, &err);
	while (!status && session->opts.reboot && vmm.result.kind == VMM_RESET) {
		if (session->end_ns && machine_now() >= session->end_ns) {
			vmm.result.kind = VMM_TIMEOUT;
			message_set(&vmm.result.message, "the time of --timeout is over");
			break;
		}
		fprintf(stderr, "%s: %s: boot %u\n", session->command, vmm.result.message.text,
			session->boots + 1);
		vmm_destroy(&vmm);
		status = boot_once(&vmm, session, &boot, &err);
	}
	if (status)
		return complain(session->command, status, &err);
	ret = show(&vmm, session, &boot);
	if (vmm.result.kind == VMM_SIGNAL)
		events_die(vmm.result.number);
	vmm_destroy(&vmm);
	return ret;
}

int cmd_run(int argc, char **argv)
{
	static struct session session = { .console = { .output = -1, .input = -1, .other = -1 } };
	struct message err = { 0 };
	enum status status;
	int ret;

	session.command = argv[0];
	run_options_parse(&session.opts, argc, argv);
	status = open_files(&session, &err);
	if (status)
		return complain(argv[0], status, &err);
	if (session.opts.timeout_ns)
		session.end_ns = machine_now() + session.opts.timeout_ns;
	ret = run_session(&session);
	close_files(&session);
	return ret;
}
