/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A processor and a VMCS in memory, in known-good states, and the form of tests that break one
 * field at a time.
 */
#ifndef SELFTESTS_HOST_CHECK_MACHINE_H
#define SELFTESTS_HOST_CHECK_MACHINE_H

#include <linux/types.h>

#include "vmx/check_rule.h"

#define MACHINE_FIELDS		0x7000
#define MACHINE_PAGE		4096

/**
 * struct machine - what the checker sees
 * @env:     the processor
 * @field:   the VMCS, by encoding
 * @page_pa: where the one page of memory is
 * @page:    its contents
 * @lacks:   fields that this processor does not have
 * @strays:  reads of something that no VMCS or memory has
 */
struct machine {
	struct vmx_check_env env;
	u64 field[MACHINE_FIELDS];
	u64 page_pa;
	u8 page[MACHINE_PAGE];
	bool lacks[MACHINE_FIELDS];
	unsigned int strays;
};

/**
 * enum mode - what the guest runs
 * @REAL:       real mode as after reset, which takes an unrestricted guest
 * @UNPAGED:    flat protected mode without paging, likewise unrestricted
 * @PROTECTED:  32-bit paging, ring 0
 * @USER:       the same, ring 3
 * @PAE:        PAE paging
 * @V8086:      virtual-8086 mode
 * @LONG:       64-bit mode
 * @COMPAT:     compatibility mode, ring 3
 * @RESTRICTED: as PROTECTED, but without "unrestricted guest"
 * @HOST32:     as PROTECTED, but under a 32-bit host
 */
enum mode { REAL, UNPAGED, PROTECTED, USER, PAE, V8086, LONG, COMPAT, RESTRICTED, HOST32, MODES };

extern const char *const mode_names[MODES];

typedef bool (*machine_check)(const struct vmx_check_env *env, vmx_check_read read, void *ctx,
			      struct vmx_check_result *out);

/**
 * struct edit - change of one field
 * @field: encoding; 0 is VPID, so that @how says whether there is an edit
 * @how:   what is done with @value
 * @value: operand
 */
struct edit {
	u32 field;
	enum { NO_EDIT, SET, OR, CLEAR } how;
	u64 value;
};

#define SET(field, value)	{ field, SET, value }
#define OR(field, bits)		{ field, OR, bits }
#define CLEAR(field, bits)	{ field, CLEAR, bits }

/**
 * struct broken - a state that breaks one rule
 * @rule:    which
 * @mode:    the good state to begin with
 * @edit:    what breaks it
 * @setup:   changes before it, after which the state is still good
 * @prepare: changes to the processor or to memory before that
 * @field:   field to be named, if not that of @edit
 * @want:    the value expected for it, where more than one would do; 0: any that repairs it
 * @partial: with the value expected another rule is broken
 * @memory:  the value named comes from memory; there is no expected one
 */
struct broken {
	u32 rule;
	enum mode mode;
	struct edit edit;
	struct edit setup[6];
	void (*prepare)(struct machine *m);
	u32 field;
	u64 want;
	bool partial;
	bool memory;
};

/* @rule is a rule by its name without prefix, so that a failure can say which. */
#define BREAK(id, mode_, ...)	{ .rule = XVCPU_RULE_##id, .mode = mode_, __VA_ARGS__ }

/* A state that breaks none: its changes are all in @setup. */
#define ALLOW(mode_, ...)	{ .mode = mode_, __VA_ARGS__ }

void machine_init(struct machine *m, enum mode mode);
u64 machine_read(void *ctx, u32 field);
bool machine_memory(void *ctx, u64 pa, void *to, unsigned int size);

/* The bits that a field has. */
u64 field_mask(u32 field);

/* Expects that all checks pass. */
void expect_good(struct machine *m, const char *what);

/* Expects of every row that all checks pass after its changes. */
void expect_allowed(const struct broken *rows, unsigned int nr);

/* Expects of every row that @check names its rule, and a value with which the rule holds. */
void expect_broken(machine_check check, const struct broken *rows, unsigned int nr);

/* Expects that rows given to expect_broken() covered every rule numbered from @first to @last. */
void expect_covered(u32 first, u32 last);

/* Breaks many fields at once, at random, and expects of @check what must hold of every answer. */
void expect_consistent(machine_check check, const u32 *fields, unsigned int nr);

#endif /* SELFTESTS_HOST_CHECK_MACHINE_H */
