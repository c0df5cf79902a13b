/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest whose VM exits are known beforehand, and a reader of the ring of last exits.
 */
#ifndef XVCPU_TEST_EXITS_H
#define XVCPU_TEST_EXITS_H

#include "guest.h"

/**
 * struct known_exit - what a record of it must hold
 * @reason:        basic exit reason
 * @name:          as traces and debugfs have it
 * @offset:        of RIP, from GUEST_CODE_AT
 * @flags:         XVCPU_RECORD_*
 * @qualification: .
 * @mask:          bits of @qualification that every processor gives
 * @detail:        .
 */
struct known_exit {
	uint32_t reason;
	const char *name;
	uint32_t offset;
	uint16_t flags;
	uint64_t qualification;
	uint64_t mask;
	uint64_t detail;
};

#define KNOWN_EXITS	7

extern const struct known_exit known_exits[KNOWN_EXITS];

/* The guest that makes them, in MODE_LONG; and a run of it to its HLT. */
void known_exits_begin(struct test_vcpu *vcpu);
void known_exits_run(struct test_vcpu *vcpu);

/* Exits that come when they like: the host's interrupts, and first touches of memory. */
bool exit_is_noise(const struct test_vm *vm, uint32_t reason, uint64_t detail);

/* VM exits by the counters. */
uint64_t exits_counted(const struct test_vcpu *vcpu);

/* A copy of record @number by the protocol of struct xvcpu_run_stats; false: it is lost. */
bool ring_read(const struct test_vcpu *vcpu, uint64_t number, struct xvcpu_exit_record *copy);

#endif /* XVCPU_TEST_EXITS_H */
