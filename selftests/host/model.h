/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model checker for kernel code that a few threads run at once: every order of their accesses to
 * memory, and every delay of their stores that a processor with store buffers allows (SDM "Memory
 * Ordering": a load may pass an older store to another address; nothing else).
 *
 * Threads are coroutines that give way at each access. An execution is a list of choices, made
 * again from the start for each; states that were there before are not explored twice.
 */
#ifndef SELFTESTS_HOST_MODEL_H
#define SELFTESTS_HOST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_THREADS	3

/**
 * struct model - what is explored
 * @thread: the threads; NULL ends the list
 * @memory: all that they share
 * @size:   its bytes
 * @begin:  puts memory into its first state
 * @end:    called when nobody can go on: says what is wrong, or NULL
 */
struct model {
	void (*thread[MODEL_THREADS])(void);
	const void *memory;
	size_t size;
	void (*begin)(void);
	const char *(*end)(void);
};

/* Explores all; what was found wrong first, or NULL. */
const char *model_check(const struct model *model);
/* States of the last model. */
unsigned long model_states(void);

/* For the threads. */
uint64_t model_load(const void *at, size_t size);
void model_store(void *at, size_t size, uint64_t value);
/* Until the thread's stores are in memory. */
void model_barrier(void);
/* A step that others may come before, and after; gives way. */
void model_step(void);
/* Until somebody changes something; what has changed since model_look() counts. */
void model_look(void);
void model_wait(void);
/* Something that is not memory, like an interrupt line, has changed. */
void model_changed(void);
/* This execution must not happen. */
void model_wrong(const char *what);
/* Whether thread @nr has come to its end. */
bool model_ended(unsigned int nr);

#endif /* SELFTESTS_HOST_MODEL_H */
