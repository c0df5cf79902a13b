// SPDX-License-Identifier: GPL-2.0-only
/*
 * xvcpuctl doctor: can this host run guests, and if not, why, and what to do.
 *
 * Works with and without the module. Its exit status is the finding's, for scripts.
 */
#include "command.h"

#include <libxvcpu.h>
#include <stdio.h>
#include <string.h>

#include "diagnosis.h"
#include "json.h"
#include "query.h"

static const char doc[] =
	"Say whether this host can run guests, and if not, why, and what to do.";

static void print_host(const struct diagnosis *d)
{
	const struct host *host = &d->host;

	printf("processor   %s%s%s\n", host->vendor, host->brand[0] ? ", " : "", host->brand);
	if (host->virtual)
		printf("machine     virtual%s%s\n", host->hypervisor[0] ? ", under " : "",
		       host->hypervisor);
	if (d->have_info)
		printf("module      loaded, ABI version %u\n", d->info.abi_version);
	else
		printf("module      %s\n", host->module_loaded ? "loaded" : "not loaded");
	printf("device      %s: %s\n", d->device, d->error ? strerror(d->error) : "usable");
	for (unsigned int i = 0; i < host->nr_holders; i++) {
		const struct host_holder *holder = &host->holders[i];

		printf("also here   %s (%s)", holder->module, holder->product);
		if (holder->users >= 0)
			printf(", users: %d", holder->users);
		putchar('\n');
	}
}

/* "yes", "no", or "?" for what cannot be seen without the module. */
static const char *usable(const struct diagnosis *d, unsigned int reason)
{
	if (reason == XVCPU_REASON_OK)
		return "yes";
	return reason == XVCPU_REASON_UNKNOWN && !d->have_info ? "?" : "no";
}

static void print_features(const struct diagnosis *d)
{
	puts("\nfeature       needed  usable");
	for (unsigned int i = 0; i < XVCPU_FEATURE_SLOTS; i++) {
		unsigned int reason = d->features[i];
		const char *answer = usable(d, reason);

		if (!xvcpu_feature_name(i))
			continue;
		printf("%-13s %-7s %-7s %s", xvcpu_feature_name(i),
		       d->required >> i & 1 ? "yes" : "no", answer, xvcpu_feature_text(i));
		if (!strcmp(answer, "no"))
			printf(": %s", xvcpu_reason_text(reason));
		putchar('\n');
	}
	if (!d->have_info)
		puts("(? cannot be seen without the module)");
}

static void print_text(const struct diagnosis *d)
{
	print_host(d);
	print_features(d);
	printf("\n%s: %s\n", d->status == STATUS_OK ? "Ready" : "Not ready", d->finding.text);
	if (d->advice.text[0])
		printf("What to do: %s\n", d->advice.text);
}

static cJSON *json_holders(const struct host *host)
{
	cJSON *list = json_list();

	for (unsigned int i = 0; i < host->nr_holders; i++) {
		const struct host_holder *holder = &host->holders[i];
		cJSON *item = json_append(list, json_object());

		json_text(item, "module", holder->module);
		json_text(item, "product", holder->product);
		if (holder->users < 0)
			json_null(item, "users");
		else
			json_number(item, "users", holder->users);
	}
	return list;
}

static int print_json(const struct diagnosis *d)
{
	const struct host *host = &d->host;
	cJSON *top = json_object(), *part;

	json_bool(top, "ready", d->status == STATUS_OK);
	json_number(top, "status", d->status);
	json_text(top, "cause", d->cause);
	json_text(top, "message", d->finding.text);
	json_text(top, "advice", d->advice.text);

	part = json_add(top, "processor", json_object());
	json_text(part, "vendor", host->vendor);
	json_text(part, "brand", host->brand);
	json_hex(part, "signature", host->signature);
	json_bool(part, "virtual", host->virtual);
	json_text(part, "hypervisor", host->hypervisor);

	part = json_add(top, "module", json_object());
	json_bool(part, "loaded", d->have_info || host->module_loaded);
	if (d->have_info)
		json_number(part, "abi_version", d->info.abi_version);
	else
		json_null(part, "abi_version");

	part = json_add(top, "device", json_object());
	json_text(part, "path", d->device);
	json_bool(part, "usable", !d->error);
	json_text(part, "error", d->error ? strerror(d->error) : "");

	json_add(top, "holders", json_holders(host));
	json_add(top, "features", json_features(d->features, d->required, d->have_info));
	return json_print(top, stdout);
}

int cmd_doctor(int argc, char **argv)
{
	const struct query query = query_parse(argc, argv, doc);
	struct diagnosis d;

	diagnose(&d, query.device);
	if (!query.json)
		print_text(&d);
	else if (print_json(&d))
		return STATUS_HOST;
	return d.status;
}
