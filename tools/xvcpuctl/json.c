// SPDX-License-Identifier: GPL-2.0-only
/*
 * cJSON without its ways to fail (json.h). No state, any thread.
 */
#include "json.h"

#include <inttypes.h>
#include <libxvcpu.h>
#include <stdlib.h>

#include "status.h"

static cJSON *must(cJSON *item)
{
	if (!item) {
		fputs("xvcpuctl: out of memory\n", stderr);
		exit(STATUS_HOST);
	}
	return item;
}

cJSON *json_object(void)
{
	return must(cJSON_CreateObject());
}

cJSON *json_list(void)
{
	return must(cJSON_CreateArray());
}

cJSON *json_string(const char *text)
{
	return must(cJSON_CreateString(text));
}

cJSON *json_add(cJSON *to, const char *name, cJSON *item)
{
	return cJSON_AddItemToObject(to, name, item) ? item : must(NULL);
}

cJSON *json_append(cJSON *list, cJSON *item)
{
	return cJSON_AddItemToArray(list, item) ? item : must(NULL);
}

void json_text(cJSON *to, const char *name, const char *text)
{
	must(cJSON_AddStringToObject(to, name, text));
}

void json_number(cJSON *to, const char *name, double number)
{
	must(cJSON_AddNumberToObject(to, name, number));
}

void json_bool(cJSON *to, const char *name, bool value)
{
	must(cJSON_AddBoolToObject(to, name, value));
}

void json_null(cJSON *to, const char *name)
{
	must(cJSON_AddNullToObject(to, name));
}

void json_hex(cJSON *to, const char *name, u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	json_text(to, name, text);
}

int json_print(cJSON *top, FILE *to)
{
	char *text = cJSON_Print(top);
	int ret = 0;

	cJSON_Delete(top);
	if (!text)
		must(NULL);
	if (fputs(text, to) < 0 || putc('\n', to) < 0 || fflush(to))
		ret = -1;
	free(text);
	return ret;
}

cJSON *json_features(const u8 *features, u64 required, bool complete)
{
	cJSON *list = json_list();

	for (unsigned int i = 0; i < XVCPU_FEATURE_SLOTS; i++) {
		unsigned int reason = features[i];
		cJSON *item;

		if (!xvcpu_feature_name(i))
			continue;
		item = json_append(list, json_object());
		json_text(item, "name", xvcpu_feature_name(i));
		json_text(item, "text", xvcpu_feature_text(i));
		json_bool(item, "required", required >> i & 1);
		if (reason == XVCPU_REASON_UNKNOWN && !complete)
			json_null(item, "usable");
		else
			json_bool(item, "usable", reason == XVCPU_REASON_OK);
		json_text(item, "reason", xvcpu_reason_name(reason));
	}
	return list;
}
