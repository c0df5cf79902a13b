// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model checker. See model.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "model.h"

#define STACK_BYTES	65536
#define BUFFERED	8
#define CHOICES		4096
#define TABLE		(1u << 22)

struct buffered {
	void *at;
	size_t size;
	uint64_t value;
};

/**
 * struct thread - a coroutine and its processor
 * @context: .
 * @stack:   .
 * @buffer:  stores that are not in memory yet, oldest first
 * @nr:      of them
 * @seen:    a hash of all that it has read: with the code, that is its state
 * @looked:  @seen when it looked, before it waits
 * @changes: there were then
 * @waits:   for more
 * @drains:  until @nr is 0
 * @ended:   .
 */
struct thread {
	ucontext_t context;
	char stack[STACK_BYTES] __attribute__((aligned(16)));
	struct buffered buffer[BUFFERED];
	unsigned int nr;
	uint64_t seen, looked;
	uint64_t changes;
	bool waits;
	bool drains;
	bool ended;
};

static struct {
	const struct model *model;
	struct thread thread[MODEL_THREADS];
	unsigned int threads;
	struct thread *current;
	ucontext_t scheduler;
	uint64_t changes;	/* of memory, counted */
	const char *wrong;
	unsigned int choice[CHOICES], of[CHOICES], depth, prefix;
	uint64_t table[TABLE];
	unsigned long states;
} m;

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccd;
	return hash ^ (hash >> 32);
}

/* Being behind it is another state than being before it. */
static void give_way(void)
{
	swapcontext(&m.current->context, &m.scheduler);
	m.current->seen = mix(m.current->seen, 1);
}

void model_step(void)
{
	give_way();
}

static void put(const struct buffered *store)
{
	memcpy(store->at, &store->value, store->size);
	m.changes++;
}

uint64_t model_load(const void *at, size_t size)
{
	struct thread *t = m.current;
	uint64_t value = 0;
	unsigned int i;

	give_way();
	memcpy(&value, at, size);
	for (i = 0; i < t->nr; i++) {
		if (t->buffer[i].at == at)
			value = t->buffer[i].value;
	}
	t->seen = mix(t->seen, value + 2);
	return value;
}

void model_store(void *at, size_t size, uint64_t value)
{
	struct thread *t = m.current;

	give_way();
	if (t->nr == BUFFERED) {
		t->drains = true;
		give_way();
	}
	t->buffer[t->nr++] = (struct buffered){ at, size, value };
}

void model_barrier(void)
{
	m.current->drains = true;
	give_way();
}

void model_look(void)
{
	m.current->changes = m.changes;
	m.current->looked = m.current->seen;
}

void model_wait(void)
{
	m.current->waits = true;
	/* One that wakes up in vain is where it was. */
	m.current->seen = m.current->looked;
	swapcontext(&m.current->context, &m.scheduler);
}

void model_changed(void)
{
	m.changes++;
}

void model_wrong(const char *what)
{
	if (!m.wrong)
		m.wrong = what;
}

bool model_ended(unsigned int nr)
{
	return m.thread[nr].ended;
}

static void thread_main(unsigned int nr)
{
	give_way();
	m.model->thread[nr]();
	m.thread[nr].ended = true;
	m.changes++;
	give_way();
}

static void begin(void)
{
	unsigned int i;

	m.model->begin();
	m.changes = 0;
	m.depth = 0;
	for (i = 0; i < m.threads; i++) {
		struct thread *t = &m.thread[i];

		t->nr = 0;
		t->seen = i;
		t->waits = false;
		t->drains = false;
		t->ended = false;
		getcontext(&t->context);
		t->context.uc_stack.ss_sp = t->stack;
		t->context.uc_stack.ss_size = STACK_BYTES;
		makecontext(&t->context, (void (*)(void))thread_main, 1, i);
		m.current = t;
		swapcontext(&m.scheduler, &t->context);
	}
}

static bool can_run(const struct thread *t)
{
	return !t->ended && !(t->waits && t->changes == m.changes) && !(t->drains && t->nr);
}

/* False if the state was there before. */
static bool state_is_new(void)
{
	const uint8_t *memory = m.model->memory;
	uint64_t hash = 0;
	unsigned int i, k;

	for (i = 0; i < m.model->size; i++)
		hash = mix(hash, memory[i]);
	for (i = 0; i < m.threads; i++) {
		const struct thread *t = &m.thread[i];

		hash = mix(hash, t->seen);
		hash = mix(hash, t->ended << 3 | t->drains << 2 | t->waits << 1 |
			   (t->changes == m.changes));
		for (k = 0; k < t->nr; k++)
			hash = mix(mix(hash, (uintptr_t)t->buffer[k].at), t->buffer[k].value);
		hash = mix(hash, 5);
	}
	hash |= !hash;
	for (i = hash % TABLE; m.table[i]; i = (i + 1) % TABLE) {
		if (m.table[i] == hash)
			return false;
	}
	m.table[i] = hash;
	if (++m.states > TABLE / 2) {
		printf("Bail out! more states than expected\n");
		exit(1);
	}
	return true;
}

/* Number of things that can happen next, and does the one that was chosen: a thread, or a store. */
static unsigned int happen(int chosen)
{
	unsigned int i, nr = 0;

	for (i = 0; i < m.threads; i++) {
		struct thread *t = &m.thread[i];

		if (can_run(t) && (int)nr++ == chosen) {
			t->waits = false;
			t->drains = false;
			m.current = t;
			swapcontext(&m.scheduler, &t->context);
			return 0;
		}
		if (t->nr && (int)nr++ == chosen) {
			put(&t->buffer[0]);
			memmove(t->buffer, t->buffer + 1, --t->nr * sizeof(t->buffer[0]));
			return 0;
		}
	}
	return nr;
}

static void execute(void)
{
	unsigned int nr;

	begin();
	while (!m.wrong) {
		nr = happen(-1);
		if (!nr) {
			model_wrong(m.model->end());
			return;
		}
		if (m.depth == CHOICES) {
			model_wrong("an execution without an end");
			return;
		}
		if (m.depth >= m.prefix) {
			if (!state_is_new())
				return;
			m.choice[m.depth] = 0;
		}
		m.of[m.depth] = nr;
		happen(m.choice[m.depth++]);
	}
}

const char *model_check(const struct model *model)
{
	memset(&m.table, 0, sizeof(m.table));
	m.model = model;
	m.wrong = NULL;
	m.states = 0;
	m.prefix = 0;
	for (m.threads = 0; m.threads < MODEL_THREADS && model->thread[m.threads]; m.threads++)
		;
	do {
		execute();
		while (m.depth && m.choice[m.depth - 1] + 1 == m.of[m.depth - 1])
			m.depth--;
		if (m.depth)
			m.choice[m.depth - 1]++;
		m.prefix = m.depth;
	} while (m.prefix && !m.wrong);
	return m.wrong;
}

unsigned long model_states(void)
{
	return m.states;
}
