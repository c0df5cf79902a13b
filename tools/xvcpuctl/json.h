/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building JSON for --json: cJSON with one way to run out of memory (the process ends).
 *
 * Numbers that need more than 53 bits are written as hexadecimal strings: most readers keep numbers
 * in doubles.
 */
#ifndef XVCPUCTL_JSON_H
#define XVCPUCTL_JSON_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "types.h"

/** json_object() - an empty object, owned by the caller until it is added to something */
struct cJSON *json_object(void);

/** json_list() - an empty array, owned by the caller until it is added to something */
cJSON *json_list(void);

/** json_add() - make @item a member of @to, which owns it from now on. Return: @item */
cJSON *json_add(cJSON *to, const char *name, cJSON *item);

/** json_append() - make @item the last element of @list, which owns it now. Return: @item */
cJSON *json_append(cJSON *list, cJSON *item);

/** json_string() - a string, owned by the caller until it is added to something */
cJSON *json_string(const char *text);

/** json_text() - add a string; bytes that are no UTF-8 must not be in it */
void json_text(cJSON *to, const char *name, const char *text);

/** json_number() - add a number of at most 53 bits */
void json_number(cJSON *to, const char *name, double number);

/** json_bool() - add true or false */
void json_bool(cJSON *to, const char *name, bool value);

/** json_null() - add null: not known, or not applicable */
void json_null(cJSON *to, const char *name);

/** json_hex() - add a number as a string with leading 0x */
void json_hex(cJSON *to, const char *name, u64 value);

/**
 * json_print() - print and free
 * @top: gone afterwards
 * @to:  where
 *
 * Return: 0, or -1 if it could not be written.
 */
int json_print(cJSON *top, FILE *to);

/**
 * json_features() - features with their reasons
 * @features: for each &enum xvcpu_feature an &enum xvcpu_reason
 * @required: bit n: feature n is required
 * @complete: an unknown reason means "no", not "cannot be seen"
 */
cJSON *json_features(const u8 *features, u64 required, bool complete);

#endif /* XVCPUCTL_JSON_H */
