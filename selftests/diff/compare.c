// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two files of records: are they the same, and did they come everywhere? Prints TAP.
 */
#include <backend.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"

#define SHOWN		4	/* differences that are shown in full, for each mode */
#define COVERING	2000	/* programs that must come everywhere; fewer need not */

const char *const ending_names[ENDINGS] = {
	"halted", "shutdown", "stuck", "budget", "raw_mmio", "fail_entry", "other_exit", "run_failed",
};

static const char *const trace_names[] = {
	"in", "out", "mmio_read", "mmio_write", "rdmsr", "wrmsr", "hlt",
};

static const char *const msr_names[MSRS] = {
	"sysenter_cs", "sysenter_esp", "sysenter_eip", "pat", "star", "lstar", "cstar", "fmask",
	"kernel_gs_base", "tsc_aux",
};

#define U64(name, member) { name, offsetof(struct record, member), 8 }
/* What is compared by itself, in the order in which a difference is looked for. */
static const struct {
	const char *name;
	size_t offset;
	size_t size;
} fields[] = {
	U64("rip", regs.rip), U64("rflags", regs.rflags),
	U64("rax", regs.rax), U64("rcx", regs.rcx), U64("rdx", regs.rdx), U64("rbx", regs.rbx),
	U64("rsp", regs.rsp), U64("rbp", regs.rbp), U64("rsi", regs.rsi), U64("rdi", regs.rdi),
	U64("r8", regs.r8), U64("r9", regs.r9), U64("r10", regs.r10), U64("r11", regs.r11),
	U64("r12", regs.r12), U64("r13", regs.r13), U64("r14", regs.r14), U64("r15", regs.r15),
	U64("cr0", cregs.cr0), U64("cr2", cregs.cr2), U64("cr3", cregs.cr3),
	U64("cr4", cregs.cr4), U64("cr8", cregs.cr8), U64("efer", cregs.efer),
	U64("xcr0", cregs.xcr0),
	U64("dr0", debug.db[0]), U64("dr1", debug.db[1]), U64("dr2", debug.db[2]),
	U64("dr3", debug.db[3]), U64("dr6", debug.dr6), U64("dr7", debug.dr7),
	U64("interruptibility", interruptibility),
	U64("gdtr.base", sregs.gdtr.base), U64("idtr.base", sregs.idtr.base),
	{ "gdtr.limit", offsetof(struct record, sregs.gdtr.limit), 4 },
	{ "idtr.limit", offsetof(struct record, sregs.idtr.limit), 4 },
};

/* In the order of struct xvcpu_sregs. */
static const char *const segment_names[] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };

/* ---- one pair ---- */

/**
 * struct difference - the first thing in which two records differ
 * @name: .
 * @kvm:  what it is there
 * @xvcpu: .
 */
struct difference {
	char name[48];
	char kvm[96];
	char xvcpu[96];
};

static void say_trace(char *text, size_t size, const struct record *record, unsigned int i)
{
	const struct trace *t = &record->trace[i];

	if (i >= record->nr_trace)
		snprintf(text, size, "none");
	else
		snprintf(text, size, "%s %u %#" PRIx64 " %#" PRIx64, trace_names[t->kind], t->size,
			 t->at, t->data);
}

static bool trace_differs(const struct record *a, const struct record *b, struct difference *d)
{
	unsigned int nr = a->nr_trace > b->nr_trace ? a->nr_trace : b->nr_trace;

	for (unsigned int i = 0; i < nr && i < TRACE_MAX; i++) {
		if (!memcmp(&a->trace[i], &b->trace[i], sizeof(a->trace[i])))
			continue;
		snprintf(d->name, sizeof(d->name), "trace[%u]", i);
		say_trace(d->kvm, sizeof(d->kvm), a, i);
		say_trace(d->xvcpu, sizeof(d->xvcpu), b, i);
		return true;
	}
	return false;
}

static const struct word *word_at(const struct record *record, uint64_t at)
{
	for (unsigned int i = 0; i < record->nr_words && i < WORDS_MAX; i++) {
		if (record->words[i].at == at)
			return &record->words[i];
	}
	return NULL;
}

static void say_word(char *text, size_t size, const struct word *word)
{
	if (word)
		snprintf(text, size, "%#" PRIx64, word->value);
	else
		snprintf(text, size, "as at the start");
}

static bool words_differ(const struct record *a, const struct record *b, struct difference *d)
{
	for (uint64_t at = 0; at < MEMORY_BYTES; at += 8) {
		const struct word *in_a = word_at(a, at), *in_b = word_at(b, at);

		if (!in_a && !in_b)
			continue;
		if (in_a && in_b && in_a->value == in_b->value)
			continue;
		snprintf(d->name, sizeof(d->name), "memory[%#" PRIx64 "]", at);
		say_word(d->kvm, sizeof(d->kvm), in_a);
		say_word(d->xvcpu, sizeof(d->xvcpu), in_b);
		return true;
	}
	return false;
}

static bool memory_differs(const struct record *a, const struct record *b, struct difference *d)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		if (a->pages[i] == b->pages[i])
			continue;
		if (words_differ(a, b, d))
			return true;
		snprintf(d->name, sizeof(d->name), "page %#x", i * 4096);
		snprintf(d->kvm, sizeof(d->kvm), "hash %#" PRIx64, a->pages[i]);
		snprintf(d->xvcpu, sizeof(d->xvcpu), "hash %#" PRIx64, b->pages[i]);
		return true;
	}
	return false;
}

static bool number_differs(const char *name, uint64_t a, uint64_t b, struct difference *d)
{
	if (a == b)
		return false;
	snprintf(d->name, sizeof(d->name), "%s", name);
	snprintf(d->kvm, sizeof(d->kvm), "%#" PRIx64, a);
	snprintf(d->xvcpu, sizeof(d->xvcpu), "%#" PRIx64, b);
	return true;
}

static bool ending_differs(const struct record *a, const struct record *b, struct difference *d)
{
	if (a->ending == b->ending)
		return false;
	snprintf(d->name, sizeof(d->name), "ending");
	snprintf(d->kvm, sizeof(d->kvm), "%s (%#" PRIx64 ")", ending_names[a->ending], a->detail);
	snprintf(d->xvcpu, sizeof(d->xvcpu), "%s (%#" PRIx64 ")", ending_names[b->ending],
		 b->detail);
	return true;
}

static bool segments_differ(const struct record *a, const struct record *b, struct difference *d)
{
	const struct xvcpu_segment *in_a = &a->sregs.es, *in_b = &b->sregs.es;
	char name[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(segment_names); i++, in_a++, in_b++) {
		const struct {
			const char *name;
			uint64_t a, b;
		} parts[] = {
			{ "selector", in_a->selector, in_b->selector },
			{ "base", in_a->base, in_b->base },
			{ "limit", in_a->limit, in_b->limit },
			{ "ar", in_a->ar, in_b->ar },
			{ "unusable", in_a->unusable, in_b->unusable },
		};

		for (unsigned int k = 0; k < ARRAY_SIZE(parts); k++) {
			if (parts[k].a == parts[k].b)
				continue;
			snprintf(name, sizeof(name), "%s.%s", segment_names[i], parts[k].name);
			return number_differs(name, parts[k].a, parts[k].b, d);
		}
	}
	return false;
}

static bool state_differs(const struct record *a, const struct record *b, struct difference *d)
{
	char name[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(fields); i++) {
		uint64_t in_a = 0, in_b = 0;

		memcpy(&in_a, (const char *)a + fields[i].offset, fields[i].size);
		memcpy(&in_b, (const char *)b + fields[i].offset, fields[i].size);
		if (number_differs(fields[i].name, in_a, in_b, d))
			return true;
	}
	if (segments_differ(a, b, d))
		return true;
	for (unsigned int i = 0; i < MSRS; i++) {
		if (number_differs(msr_names[i], a->msrs[i], b->msrs[i], d))
			return true;
	}
	for (unsigned int i = 0; i < XSAVE_BYTES; i++) {
		if (a->xsave[i] == b->xsave[i])
			continue;
		snprintf(name, sizeof(name), "xsave[%u]", i);
		return number_differs(name, a->xsave[i], b->xsave[i], d);
	}
	return false;
}

/* The trace first: what went wrong earliest is the most likely to say why. */
static bool differ(const struct record *a, const struct record *b, struct difference *d)
{
	return trace_differs(a, b, d) || ending_differs(a, b, d) || state_differs(a, b, d) ||
	       memory_differs(a, b, d);
}

/* ---- for people ---- */

void print_program(FILE *out, const struct program *program)
{
	fprintf(out, "# program %u of seed %#" PRIx64 ", starts in %s, RFLAGS %#" PRIx64
		", CR4 %#" PRIx64 ", XCR0 %#" PRIx64 "\n", program->index, program->seed,
		mode_names[program->mode], program->rflags, program->cr4, program->xcr0);
	for (unsigned int i = 0; i < program->nr; i++) {
		const uint8_t *code = program->code + i * SLOT_BYTES;
		unsigned int nr = SLOT_BYTES;

		while (nr > 1 && code[nr - 1] == 0x90)
			nr--;
		fprintf(out, "#   %#x %-8s %-16s", AT_CODE + i * SLOT_BYTES,
			mode_names[program->slots[i].mode], items[program->slots[i].item].name);
		for (unsigned int k = 0; k < nr; k++)
			fprintf(out, " %02x", code[k]);
		fprintf(out, "\n");
	}
}

static const struct word *log_word(const struct record *record, unsigned int entry,
				   unsigned int nr)
{
	return word_at(record, LOG_ENTRIES + 32 * entry + 8 * nr);
}

static void print_log(FILE *out, const struct record *record)
{
	for (unsigned int i = 0; i < LOG_MAX; i++) {
		const struct word *vector = log_word(record, i, 0), *rip = log_word(record, i, 1);
		const struct word *flags = log_word(record, i, 2), *cr2 = log_word(record, i, 3);

		if (!rip)
			break;
		fprintf(out, "#     exception %u error %#x at %#" PRIx64 " flags %#x cr2 %#" PRIx64
			"\n", vector ? (uint32_t)vector->value : 0,
			vector ? (uint32_t)(vector->value >> 32) : 0, rip->value,
			flags ? (uint32_t)(flags->value >> 32) : 0, cr2 ? cr2->value : 0);
	}
}

void print_record(FILE *out, const struct record *record)
{
	char text[96];

	fprintf(out, "#   %s (%#" PRIx64 "), executed %" PRIu64 " slots, rip %#llx"
		" rflags %#llx cr0 %#llx cr4 %#llx efer %#llx\n",
		ending_names[record->ending], record->detail, record->executed, record->regs.rip,
		record->regs.rflags, record->cregs.cr0, record->cregs.cr4, record->cregs.efer);
	for (unsigned int i = 0; i < record->nr_trace && i < TRACE_MAX; i++) {
		say_trace(text, sizeof(text), record, i);
		fprintf(out, "#     %s\n", text);
	}
	print_log(out, record);
}

static void print_pair(const struct program *program, const struct record *a,
		       const struct record *b, const struct difference *d, bool whole)
{
	printf("# program %u differs in %s: kvm %s, xvcpu %s\n", program->index, d->name, d->kvm,
	       d->xvcpu);
	if (!whole)
		return;
	print_program(stdout, program);
	printf("#  on kvm:\n");
	print_record(stdout, a);
	printf("#  on xvcpu:\n");
	print_record(stdout, b);
}

/* ---- all of them ---- */

static unsigned int results_nr, results_failed;

static void result(bool ok, const char *name)
{
	results_nr++;
	results_failed += !ok;
	printf("%sok %u %s\n", ok ? "" : "not ", results_nr, name);
	fflush(stdout);
}

/* One pair of records, or the files end early. */
static bool read_pair(FILE *kvm, FILE *xvcpu, struct record *a, struct record *b, uint32_t index)
{
	if (fread(a, sizeof(*a), 1, kvm) == 1 && fread(b, sizeof(*b), 1, xvcpu) == 1 &&
	    a->index == index && b->index == index)
		return true;
	printf("# program %u: a record is missing\n", index);
	return false;
}

static bool compare_known(FILE *kvm, FILE *xvcpu, const struct results *head)
{
	static struct record a, b;
	struct difference d;
	struct program program;
	char name[96];

	for (unsigned int i = 0; i < known_nr; i++) {
		uint32_t index = head->first + head->count + i;
		bool as_known;

		if (!read_pair(kvm, xvcpu, &a, &b, index))
			return false;
		known_make(&program, i);
		program.index = index;
		as_known = differ(&a, &b, &d) && !strcmp(d.name, known[i].differs);
		if (!as_known)
			print_pair(&program, &a, &b, &d, true);
		printf("# %s\n", known[i].why);
		snprintf(name, sizeof(name), "known: %s in %s differs in %s", known[i].item,
			 mode_names[known[i].mode], known[i].differs);
		result(as_known, name);
	}
	return true;
}

static bool read_head(FILE *file, struct results *head, const char *backend)
{
	return fread(head, sizeof(*head), 1, file) == 1 && head->magic == FILE_MAGIC &&
	       head->size == sizeof(struct record) && !strcmp(head->backend, backend);
}

static bool compare_all(FILE *kvm, FILE *xvcpu, const struct results *head,
			struct coverage *covered, unsigned int *different)
{
	static struct record a, b;
	struct difference d;
	struct program program;

	for (uint32_t i = 0; i < head->count; i++) {
		if (!read_pair(kvm, xvcpu, &a, &b, head->first + i))
			return false;
		program_make(&program, head->seed, head->first + i);
		cover(&covered[0], &program, &a);
		cover(&covered[1], &program, &b);
		if (differ(&a, &b, &d))
			print_pair(&program, &a, &b, &d, different[program.mode]++ < SHOWN);
	}
	return true;
}

static void compare_coverage(const struct coverage *c)
{
	result(!check_items("kvm", &c[0]), "every item was executed in every mode on kvm");
	result(!check_items("xvcpu", &c[1]), "every item was executed in every mode on xvcpu");
	result(!check_exits("kvm", &c[0], true), "every exit reached the VMM on kvm");
	result(!check_exits("xvcpu", &c[1], false), "every exit reached the VMM on xvcpu");
	result(!check_hw("kvm", &c[0], true), "every VM exit was traced on kvm");
	result(!check_hw("xvcpu", &c[1], false), "every VM exit was counted on xvcpu");
	result(!check_ends("kvm", &c[0]), "every ending came on kvm");
	result(!check_ends("xvcpu", &c[1]), "every ending came on xvcpu");
}

int compare(FILE *kvm, FILE *xvcpu)
{
	static struct coverage covered[2];
	unsigned int different[MODES] = { 0 };
	struct results head, other;
	char name[96];
	bool whole;

	printf("TAP version 13\n");
	if (!read_head(kvm, &head, "kvm") || !read_head(xvcpu, &other, "xvcpu") ||
	    head.seed != other.seed || head.first != other.first || head.count != other.count) {
		printf("Bail out! not two files of the same programs\n");
		return 1;
	}
	printf("# seed %#" PRIx64 ", programs %u to %u\n", head.seed, head.first,
	       head.first + head.count - 1);
	whole = compare_all(kvm, xvcpu, &head, covered, different);
	snprintf(name, sizeof(name), "%u programs ran on both", head.count);
	result(whole, name);
	for (unsigned int i = 0; i < MODES; i++) {
		snprintf(name, sizeof(name), "programs that start in %s end alike", mode_names[i]);
		if (different[i])
			printf("# %u of them do not\n", different[i]);
		result(whole && !different[i], name);
	}
	result(!check_endings("kvm", &covered[0]), "programs ended as they may on kvm");
	result(!check_endings("xvcpu", &covered[1]), "programs ended as they may on xvcpu");
	if (head.count >= COVERING)
		compare_coverage(covered);
	else
		printf("# coverage is asked of %d programs or more\n", COVERING);
	print_left_out();
	if (!whole || !compare_known(kvm, xvcpu, &head))
		result(false, "the known differences are in the files");
	printf("1..%u\n", results_nr);
	return results_failed ? 1 : 0;
}
