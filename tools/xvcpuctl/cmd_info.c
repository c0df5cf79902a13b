// SPDX-License-Identifier: GPL-2.0-only
/*
 * xvcpuctl info: everything that the module says about itself and about the guests it can run.
 */
#include "command.h"

#include <errno.h>
#include <libxvcpu.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diagnosis.h"
#include "json.h"
#include "query.h"

/* The answers of the device; the lists are ours to free. */
struct answers {
	struct xvcpu_info info;
	struct xvcpu_cpuid_entry *cpuid;
	__u32 nr_cpuid;
	__u32 *msrs;
	__u32 nr_msrs;
};

static const char doc[] =
	"Print the module's limits and features, the CPUID table that a guest can be given "
	"and the MSRs of a vCPU.";

/* The sizes are the module's own limits, so that one call each is enough. */
static int ask(int dev, struct answers *answers)
{
	int ret;

	answers->nr_cpuid = answers->info.max_cpuid;
	answers->nr_msrs = answers->info.max_msrs;
	answers->cpuid = calloc(answers->nr_cpuid + 1, sizeof(*answers->cpuid));
	answers->msrs = calloc(answers->nr_msrs + 1, sizeof(*answers->msrs));
	if (!answers->cpuid || !answers->msrs)
		return -ENOMEM;

	ret = xvcpu_get_supported_cpuid(dev, answers->cpuid, &answers->nr_cpuid, NULL);
	if (ret == -ENODEV)
		answers->nr_cpuid = 0;
	else if (ret)
		return ret;
	ret = xvcpu_get_msr_list(dev, answers->msrs, &answers->nr_msrs, NULL);
	if (ret == -ENODEV)
		answers->nr_msrs = 0;
	else if (ret)
		return ret;
	return 0;
}

static void print_text(const struct answers *answers)
{
	const struct xvcpu_info *info = &answers->info;

	printf("ABI version             %u\n", info->abi_version);
	printf("errata fixed            0x%llx\n", (unsigned long long)info->errata);
	printf("ready                   %s (%s)\n",
	       info->ready == XVCPU_REASON_OK ? "yes" : "no", xvcpu_reason_text(info->ready));
	printf("vCPUs per VM            %u\n", info->max_vcpus);
	printf("memory slots per VM     %u\n", info->max_slots);
	printf("CPUID entries per vCPU  %u\n", info->max_cpuid);
	printf("MSRs per vCPU           %u\n", info->max_msrs);
	printf("guest-physical address  %u bits\n", info->gpa_bits);
	printf("run area                %u bytes: request 0x%x, exit 0x%x, sync 0x%x, data 0x%x\n",
	       info->run_size, info->run_request, info->run_exit, info->run_sync, info->run_data);
	printf("statistics              %u bytes at 0x%x\n", info->stats_size, info->stats_offset);
	printf("state of a vCPU         %u bytes\n", info->state_size);
	printf("TSC                     %u kHz\n", info->tsc_khz);

	puts("\nfeatures");
	for (unsigned int i = 0; i < XVCPU_FEATURE_SLOTS; i++) {
		if (!xvcpu_feature_name(i))
			continue;
		printf("  %-13s %-10s%s\n", xvcpu_feature_name(i),
		       xvcpu_reason_name(info->features[i]),
		       info->required >> i & 1 ? " (required)" : "");
	}

	printf("\nCPUID for guests (%u entries)\n", answers->nr_cpuid);
	for (__u32 i = 0; i < answers->nr_cpuid; i++) {
		const struct xvcpu_cpuid_entry *e = &answers->cpuid[i];

		printf("  %08x.%02x  eax %08x  ebx %08x  ecx %08x  edx %08x\n", e->leaf, e->subleaf,
		       e->eax, e->ebx, e->ecx, e->edx);
	}

	printf("\nMSRs of a vCPU (%u)\n", answers->nr_msrs);
	for (__u32 i = 0; i < answers->nr_msrs; i++)
		printf("  0x%x\n", answers->msrs[i]);
}

static cJSON *json_cpuid(const struct answers *answers)
{
	cJSON *list = json_list();

	for (__u32 i = 0; i < answers->nr_cpuid; i++) {
		const struct xvcpu_cpuid_entry *e = &answers->cpuid[i];
		cJSON *item = json_append(list, json_object());

		json_hex(item, "leaf", e->leaf);
		if (e->flags & XVCPU_CPUID_SUBLEAF)
			json_number(item, "subleaf", e->subleaf);
		else
			json_null(item, "subleaf");
		json_hex(item, "eax", e->eax);
		json_hex(item, "ebx", e->ebx);
		json_hex(item, "ecx", e->ecx);
		json_hex(item, "edx", e->edx);
	}
	return list;
}

static int print_json(const struct answers *answers)
{
	const struct xvcpu_info *info = &answers->info;
	cJSON *top = json_object(), *list;

	json_number(top, "abi_version", info->abi_version);
	json_hex(top, "errata", info->errata);
	json_bool(top, "ready", info->ready == XVCPU_REASON_OK);
	json_text(top, "ready_reason", xvcpu_reason_name(info->ready));
	json_number(top, "max_vcpus", info->max_vcpus);
	json_number(top, "max_slots", info->max_slots);
	json_number(top, "max_cpuid", info->max_cpuid);
	json_number(top, "max_msrs", info->max_msrs);
	json_number(top, "gpa_bits", info->gpa_bits);
	json_number(top, "run_size", info->run_size);
	json_number(top, "run_request", info->run_request);
	json_number(top, "run_exit", info->run_exit);
	json_number(top, "run_sync", info->run_sync);
	json_number(top, "run_data", info->run_data);
	json_number(top, "stats_offset", info->stats_offset);
	json_number(top, "stats_size", info->stats_size);
	json_number(top, "state_size", info->state_size);
	json_number(top, "tsc_khz", info->tsc_khz);
	json_add(top, "features", json_features(info->features, info->required, true));
	json_add(top, "cpuid", json_cpuid(answers));
	list = json_add(top, "msrs", json_list());
	for (__u32 i = 0; i < answers->nr_msrs; i++) {
		char text[16];

		snprintf(text, sizeof(text), "0x%x", answers->msrs[i]);
		json_append(list, json_string(text));
	}
	return json_print(top, stdout);
}

int cmd_info(int argc, char **argv)
{
	const struct query query = query_parse(argc, argv, doc);
	struct answers answers = { 0 };
	enum status status = STATUS_OK;
	struct message msg;
	int dev, ret;

	dev = diagnosis_open(query.device, &answers.info, &status, &msg);
	if (dev < 0) {
		fprintf(stderr, "%s: %s\n", argv[0], msg.text);
		return status;
	}

	ret = ask(dev, &answers);
	if (ret) {
		fprintf(stderr, "%s: the device does not answer: %s\n", argv[0], strerror(-ret));
		status = STATUS_HOST;
	} else if (!query.json) {
		print_text(&answers);
	} else if (print_json(&answers)) {
		status = STATUS_HOST;
	}
	free(answers.cpuid);
	free(answers.msrs);
	close(dev);
	return status;
}
