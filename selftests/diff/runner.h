/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM that runs programs, for what sets and reads its state (state.c) and what runs it (run.c).
 */
#ifndef DIFF_RUNNER_H
#define DIFF_RUNNER_H

#include <backend.h>

#include "record.h"
#include "vm_exits.h"

/**
 * struct runner - a VM and what runs it
 * @backend: .
 * @dev:     its device
 * @vm:      .
 * @vcpu:    .
 * @memory:  MEMORY_BYTES
 * @image:   what was in it before
 * @line:    a program wants an interrupt
 * @vm_exits: which there were
 * @error:   of the call that failed
 */
struct runner {
	const struct xvcpu_backend *backend;
	int dev;
	int vm;
	struct xvcpu_vcpu vcpu;
	uint8_t *memory;
	uint8_t *image;
	bool line;
	struct vm_exits vm_exits;
	struct xvcpu_error error;
};

/* A state group; what the backend says of a failure is in @runner's error. */
int set_group(struct runner *runner, enum xvcpu_group group, const void *data, size_t size);
int get_group(struct runner *runner, enum xvcpu_group group, void *data, size_t size);

/* Everything that a program starts with. */
int start(struct runner *runner, const struct program *program);

/* Everything that is compared. */
int read_state(struct runner *runner, struct record *record);
void read_memory(struct runner *runner, struct record *record);

#endif /* DIFF_RUNNER_H */
