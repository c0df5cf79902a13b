/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctl fuzzer: what its parts share. fuzz_ioctl.c has the loop, calls.c the ioctls and their
 * arguments, vcpus.c what is done to a vCPU beside them, world.c the objects, rules.c what must
 * hold after each call.
 *
 * Everything random comes from the seed, the thread's number and the number of the call, so that a
 * call depends on what the calls before it did, but not on how much randomness they used up.
 */
#ifndef XVCPU_TEST_FUZZ_H
#define XVCPU_TEST_FUZZ_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define FUZZ_VMS	3
#define FUZZ_VCPUS	2	/* of each VM */
#define ROOM_BYTES	(20 * PAGE_BYTES)
#define ELEMENTS(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit reasons, all below 64. */
#define REASONS		64

/**
 * struct fuzz_vm - a VM, or the place for one
 * @there: the VM exists
 * @vm:    what the guest library knows of it; its memory lives as long as the fuzzer
 * @made:  vCPU exists
 * @vcpu:  vCPUs
 */
struct fuzz_vm {
	bool there;
	struct test_vm vm;
	bool made[FUZZ_VCPUS];
	struct test_vcpu vcpu[FUZZ_VCPUS];
};

/**
 * struct fuzz - a thread that fuzzes
 * @seed:    of the whole run
 * @thread:  number of this one
 * @calls:   to make
 * @call:    number of the one under way, from 0 on
 * @random:  state of the generator, set anew for each call
 * @shared:  other threads use the same VMs: nothing is known about their state
 * @trace:   print each call from this number on
 * @text:    what the call is, for messages
 * @vms:     the objects
 * @dev:     /dev/xvcpu
 * @info:    XVCPU_GET_INFO
 * @arg_end: end of the two pages for arguments; behind it nothing is mapped
 * @arg_read_only: a page for arguments that cannot be written to
 * @arg_written: the same page, where it can
 * @room:    ROOM_BYTES for what arguments point to; behind it nothing is mapped
 * @code:    the same, filled with HLT instructions: what is written to guests
 * @memory:  of each VM, that slots may name
 * @violations: broken rules
 * @passed:  calls that succeeded, by ioctl
 * @failed:  calls that were refused, by ioctl
 * @exits:   of RUN, by reason
 * @bochs_alone: entries that were refused against the SDM
 */
struct fuzz {
	uint64_t seed;
	unsigned int thread;
	uint64_t calls;
	uint64_t call;
	uint64_t random;
	bool shared;
	uint64_t trace;
	char text[256];

	struct fuzz_vm vms[FUZZ_VMS];
	int dev;
	struct xvcpu_info info;
	uint8_t *arg_end;
	uint8_t *arg_read_only;
	uint8_t *arg_written;
	uint8_t *room;
	uint8_t *code;

	unsigned int violations;
	unsigned int passed[32];
	unsigned int failed[32];
	unsigned int exits[REASONS];
	unsigned int bochs_alone;
};

/* ---- random.c ---- */

void random_begin(struct fuzz *f);
uint64_t random_bits(struct fuzz *f);
uint32_t below(struct fuzz *f, uint32_t limit);
bool one_in(struct fuzz *f, uint32_t n);
/* A number that some check might draw a line at. */
uint64_t tempting(struct fuzz *f);
/* A guest-physical or guest-linear address, near something more often than not. */
uint64_t guest_address(struct fuzz *f);
/* Mostly 0. */
uint32_t sometimes(struct fuzz *f);

/* ---- calls.c ---- */

enum fd_kind { FD_DEV, FD_VM, FD_VCPU };

/**
 * struct fuzz_ioctl - an ioctl
 * @name:   for messages
 * @number: .
 * @kind:   of fd that it works on
 * @weight: how often, relative to others
 * @size:   of its struct
 * @error:  offset of the error record, 0 if there is none
 * @out:    offset from which on success changes the struct
 * @out_end: offset up to which
 * @out2:   the same for a second piece
 * @out2_end: .
 * @errnos: it can give, besides EFAULT, EINVAL and E2BIG; ends with 0
 * @fill:   makes an argument whose @size and zeros are there already; @vcpu as @kind says
 */
struct fuzz_ioctl {
	const char *name;
	unsigned long number;
	enum fd_kind kind;
	unsigned int weight;
	uint32_t size, error;
	uint32_t out, out_end, out2, out2_end;
	int errnos[5];
	void (*fill)(struct fuzz *f, struct test_vcpu *vcpu, void *arg);
};

extern const struct fuzz_ioctl fuzz_ioctls[];
extern const unsigned int fuzz_ioctls_nr;

/* One of them, by weight, on one of the objects. */
void fuzz_one_ioctl(struct fuzz *f);
/* A number that no fd of this kind knows. */
void fuzz_unknown_ioctl(struct fuzz *f);

/* ---- vcpus.c ---- */

void fuzz_run(struct fuzz *f);
void fuzz_spin(struct fuzz *f);
void fuzz_kick(struct fuzz *f);
void fuzz_map(struct fuzz *f);
void fuzz_set_what_get_gave(struct fuzz *f);
/* Makes RUNs of the calling thread end by a signal. */
void fuzz_alarm_init(void);

/* ---- world.c ---- */

void world_init(struct fuzz *f);
/* Every VM and vCPU that is missing. */
void world_complete(struct fuzz *f);
/* One of them away, or made again. */
void world_change(struct fuzz *f);
void world_close(struct fuzz *f);
/* After world_init(): the objects of @from, by descriptors and mappings of its own. */
void world_share(struct fuzz *f, const struct fuzz *from);
struct fuzz_vm *any_vm(struct fuzz *f);
struct test_vcpu *any_vcpu(struct fuzz *f);

/* ---- rules.c ---- */

/**
 * struct fuzz_call - a call, before and after
 * @ioctl:  what
 * @arg:    the pointer that was given
 * @bytes:  of the argument that can be read, at @arg
 * @before: their copy
 * @result: 0 or more, or the negative errno
 */
struct fuzz_call {
	const struct fuzz_ioctl *ioctl;
	uint8_t *arg;
	uint32_t bytes;
	uint8_t before[1024];
	long result;
};

void broken(struct fuzz *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rules_of_call(struct fuzz *f, const struct fuzz_call *c);
void rules_of_run(struct fuzz *f, struct test_vcpu *vcpu, long result,
		  const struct xvcpu_run_request *request, const struct xvcpu_run_exit *before);
/* Prints the call, if that was asked for; @format tells what it is. */
void announce(struct fuzz *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif /* XVCPU_TEST_FUZZ_H */
