// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands around VMLAUNCH, VMRESUME and the exit, and in which order: read from the objects as
 * the kernels' own flags and macros make them. Side channels cannot be shown in an emulator; that
 * the code against them is where it must be can.
 *
 * The objects are in the directories entry/KERNEL beside this program.
 */
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "disassembly.h"
#include "tap.h"

static const char *const kernels[] = { "cloud", "6.12" };
static const char *const objects[] = { "entry", "vmx", "l1d", "vmcs", "exit", "context" };

static char directory[PATH_MAX];
static struct object object;

static void read_object(const char *kernel, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/entry/%s/kmod/vmx/%s.o", directory, kernel, name);
	object_read(&object, path);
}

static bool is_op(const struct insn *insn, const char *op)
{
	return !strcmp(insn->op, op);
}

static bool is_entry(const struct insn *insn)
{
	return is_op(insn, "vmlaunch") || is_op(insn, "vmresume");
}

static bool is_return(const struct insn *insn)
{
	return is_op(insn, "ret") || !strcmp(insn->symbol, "__x86_return_thunk");
}

static bool touches_memory(const struct insn *insn)
{
	return strchr(insn->args, '(') || strstr(insn->args, "%gs:");
}

/* Where it goes is read from a register, memory or the return stack. */
static bool is_indirect(const struct insn *insn)
{
	return is_return(insn) || strchr(insn->args, '*') ||
	       !strncmp(insn->symbol, "__x86_indirect", 14);
}

/* From the first of the guest's registers on. */
static unsigned int guest_registers(const struct trace *trace)
{
	unsigned int i;

	for (i = 0; i < trace->nr; i++) {
		if (is_op(trace->insn[i], "mov") && !strncmp(trace->insn[i]->args, "0x8(%rdi)", 9))
			return i;
	}
	EXPECT(false, "the guest's RCX is not loaded");
	return 0;
}

/* The fill: calls that go behind a trap, the stack put right, and a fence. */
static int fill_begins(const struct trace *trace)
{
	unsigned int i;

	for (i = 0; i + 1 < trace->nr; i++) {
		if (is_op(trace->insn[i], "call") && !trace->insn[i]->symbol[0])
			return i;
	}
	return -1;
}

static int calls(const struct trace *trace, const char *symbol)
{
	unsigned int i;

	for (i = 0; i < trace->nr; i++) {
		if (is_op(trace->insn[i], "call") && !strcmp(trace->insn[i]->symbol, symbol))
			return i;
	}
	return -1;
}

struct both {
	struct trace entry[2];	/* VMRESUME, VMLAUNCH */
	struct trace exit;
};

static void traces(struct both *both, enum patched patched)
{
	trace_from(&both->entry[0], &object, patched, false, object.entry, is_entry);
	trace_from(&both->entry[1], &object, patched, true, object.entry, is_entry);
	trace_from(&both->exit, &object, patched, false, object.landing, is_return);
}

#define for_each_kernel(i)	for ((i) = 0; (i) < sizeof(kernels) / sizeof(*kernels); (i)++)

static void verw_is_the_last_before_entry(void)
{
	struct both both;
	unsigned int k, i;
	int verw, j;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_FIRST);
		EXPECT(is_op(both.entry[0].insn[both.entry[0].nr - 1], "vmresume"), "not resumed");
		EXPECT(is_op(both.entry[1].insn[both.entry[1].nr - 1], "vmlaunch"), "not launched");
		for (i = 0; i < 2; i++) {
			verw = trace_find(&both.entry[i], 0, "verw");
			EXPECT(verw >= (int)guest_registers(&both.entry[i]),
			       "%s: VERW is %d", kernels[k], verw);
			for (j = verw + 1; verw >= 0 && j < (int)both.entry[i].nr; j++)
				EXPECT(!touches_memory(both.entry[i].insn[j]),
				       "%s: %s %s behind VERW", kernels[k],
				       both.entry[i].insn[j]->op, both.entry[i].insn[j]->args);
		}
	}
}

static void nothing_is_guessed_behind_the_guests_registers(void)
{
	struct both both;
	unsigned int k, i, j;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_FIRST);
		for (i = 0; i < 2; i++) {
			for (j = guest_registers(&both.entry[i]); j < both.entry[i].nr; j++) {
				const struct insn *insn = both.entry[i].insn[j];

				EXPECT(!is_indirect(insn) && !is_op(insn, "call"),
				       "%s: %s %s", kernels[k], insn->op, insn->args);
			}
		}
	}
}

static void the_processors_speculation_control_stays_the_hosts(void)
{
	struct both both;
	unsigned int k;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_FIRST);
		EXPECT_EQ(-1, trace_find(&both.entry[0], 0, "wrmsr"));
		EXPECT_EQ(-1, trace_find(&both.entry[1], 0, "wrmsr"));
	}
}

/* The last of each must have become 0 or a number, with nothing that could use it in between. */
static void the_guests_registers_are_cleared_first(void)
{
	static const char *const clears[] = {
		"%ecx,%ecx", "%edx,%edx", "%esi,%esi", "%edi,%edi", "%ebp,%ebp", "%r8d,%r8d",
		"%r9d,%r9d", "%r10d,%r10d", "%r11d,%r11d", "%r12d,%r12d", "%r13d,%r13d",
		"%r14d,%r14d", "%r15d,%r15d",
	};
	struct both both;
	unsigned int k, i, j;
	int fill;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_FIRST);
		fill = fill_begins(&both.exit);
		for (i = 0; i < sizeof(clears) / sizeof(*clears); i++) {
			bool cleared = false;

			for (j = 0; fill >= 0 && j < (unsigned int)fill; j++)
				cleared |= is_op(both.exit.insn[j], "xor") &&
					   !strcmp(both.exit.insn[j]->args, clears[i]);
			EXPECT(cleared, "%s: no xor %s before the first call", kernels[k],
			       clears[i]);
		}
		for (j = 0; fill >= 0 && j < (unsigned int)fill; j++)
			EXPECT(!is_indirect(both.exit.insn[j]) &&
			       both.exit.insn[j]->op[0] != 'j',
			       "%s: a branch at %lx", kernels[k], both.exit.insn[j]->address);
		/* RAX and RBX hold what vmx_enter() returns. */
		for (j = 0; j < both.exit.nr && !is_op(both.exit.insn[j], "xor"); j++)
			;
		EXPECT(j && is_op(both.exit.insn[j - 1], "mov") &&
		       both.exit.insn[j - 1]->args[0] == '$', "%s: RAX", kernels[k]);
		for (i = j; i < both.exit.nr; i++) {
			if (!strcmp(both.exit.insn[i]->args, "%eax,%ebx"))
				break;
		}
		EXPECT(fill >= 0 && i < (unsigned int)fill, "%s: RBX", kernels[k]);
	}
}

static void the_return_stack_is_filled_before_the_first_return(void)
{
	enum patched patched;
	struct both both;
	unsigned int k;
	int fill, fence;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		for (patched = PATCHED_FIRST; patched <= PATCHED_LAST; patched++) {
			traces(&both, patched);
			fill = fill_begins(&both.exit);
			fence = trace_find(&both.exit, 0, "lfence");
			EXPECT(fill >= 0, "%s: no fill", kernels[k]);
			EXPECT(fence > fill, "%s: no fence behind the fill", kernels[k]);
			EXPECT(calls(&both.exit, "clear_bhb_loop") < 0 ||
			       calls(&both.exit, "clear_bhb_loop") > fence,
			       "%s: something returns before the fill", kernels[k]);
		}
		/* Thirty-two of them, where all are filled. */
		traces(&both, PATCHED_FIRST);
		fill = fill_begins(&both.exit);
		EXPECT(fill > 0 && !strncmp(both.exit.insn[fill - 1]->args, "$0x10,", 6),
		       "%s: the fill is not in 16 rounds of two", kernels[k]);
	}
}

static void legacy_ibrs_is_written_between_fill_and_return(void)
{
	struct both both;
	unsigned int k;
	int wrmsr;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_FIRST);
		wrmsr = trace_find(&both.exit, 0, "wrmsr");
		EXPECT(wrmsr > trace_find(&both.exit, 0, "lfence"), "%s: wrmsr is %d",
		       kernels[k], wrmsr);
		EXPECT(wrmsr > 0 && is_op(both.exit.insn[wrmsr + 1], "lfence"),
		       "%s: no fence behind it", kernels[k]);
		EXPECT_EQ(-1, trace_find(&both.exit, wrmsr + 1, "wrmsr"));
	}
}

static void branch_history_is_cleared_last(void)
{
	struct both both;
	unsigned int k, i;
	int clear;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_FIRST);
		clear = calls(&both.exit, "clear_bhb_loop");
		EXPECT(clear > trace_find(&both.exit, 0, "wrmsr"), "%s: the call is %d",
		       kernels[k], clear);
		for (i = clear + 1; clear >= 0 && i + 1 < both.exit.nr; i++)
			EXPECT(both.exit.insn[i]->op[0] != 'j' && !is_op(both.exit.insn[i], "call"),
			       "%s: a branch behind it", kernels[k]);
	}
}

/* What a kernel with mitigations=off leaves: no place is patched. */
static void patched_out_nothing_of_it_is_executed(void)
{
	static const char *const costly[] = { "verw", "wrmsr", "rdmsr", "call", "lfence", "cpuid" };
	struct both both;
	unsigned int k, i;

	for_each_kernel(k) {
		read_object(kernels[k], "entry");
		traces(&both, PATCHED_OUT);
		for (i = 0; i < sizeof(costly) / sizeof(*costly); i++) {
			EXPECT_EQ(-1, trace_find(&both.entry[0], 0, costly[i]));
			EXPECT_EQ(-1, trace_find(&both.entry[1], 0, costly[i]));
			EXPECT_EQ(-1, trace_find(&both.exit, 0, costly[i]));
		}
	}
}

/* Paravirtualised: the kernel makes a direct call or the instruction itself of it at load. */
static bool is_patched_at_load(const struct insn *insn)
{
	return !strcmp(insn->symbol, "pv_ops");
}

/* RET and whatever goes through a register: by the kernel's thunks, in C too. */
static void branches_go_through_thunks(void)
{
	unsigned int k, o, i, returns = 0, indirect = 0;

	for_each_kernel(k) {
		for (o = 0; o < sizeof(objects) / sizeof(*objects); o++) {
			read_object(kernels[k], objects[o]);
			for (i = 0; i < object.nr; i++) {
				const struct insn *insn = &object.insn[i];

				EXPECT(!is_op(insn, "ret") &&
				       (!strchr(insn->args, '*') || is_patched_at_load(insn)),
				       "%s: %s.o: %s %s at %lx", kernels[k], objects[o],
				       insn->op, insn->args, insn->address);
				returns += is_return(insn);
				indirect += !strncmp(insn->symbol, "__x86_indirect", 14);
			}
		}
	}
	/* There are some, so that this test has looked. */
	EXPECT(returns > 20 && indirect > 0, "%u returns, %u indirect branches", returns, indirect);
}

/* With IBT on, the processor checks it where a VM exit lands like behind any indirect branch. */
static void exits_land_on_endbr(void)
{
	struct both both;

	read_object("6.12", "entry");
	traces(&both, PATCHED_FIRST);
	EXPECT(is_op(both.exit.insn[0], "endbr64"), "%s instead", both.exit.insn[0]->op);
}

static int find_in_object(unsigned int from, const char *op, const char *symbol)
{
	unsigned int i;

	for (i = from; i < object.nr; i++) {
		if (is_op(&object.insn[i], op) && !strcmp(object.insn[i].symbol, symbol))
			return i;
	}
	return -1;
}

/* The static branch is taken out of line: the flush, and a jump back in front of the entry. */
static void l1d_is_flushed_right_before_the_entry(void)
{
	unsigned long back = 0;
	unsigned int k, i;
	int flush, enter;

	for_each_kernel(k) {
		read_object(kernels[k], "vmx");
		flush = find_in_object(0, "call", "vmx_l1d_flush_now");
		enter = find_in_object(0, "call", "vmx_enter");
		EXPECT(flush >= 0 && enter >= 0, "%s: %d, %d", kernels[k], flush, enter);
		if (flush < 0 || enter < 0)
			continue;
		for (i = flush + 1; i < object.nr && !is_op(&object.insn[i], "jmp"); i++)
			;
		EXPECT(i < object.nr && sscanf(object.insn[i].args, "%lx", &back) == 1,
		       "%s: no way back", kernels[k]);
		EXPECT(object.insn[flush].section == object.insn[enter].section &&
		       back <= object.insn[enter].address, "%s: goes on at %lx", kernels[k], back);
		for (i = 0; i < object.nr; i++) {
			if (object.insn[i].section == object.insn[enter].section &&
			    object.insn[i].address >= back &&
			    object.insn[i].address < object.insn[enter].address)
				EXPECT(!is_op(&object.insn[i], "call"),
				       "%s: a call in between", kernels[k]);
		}
	}
}

/* IA32_FLUSH_CMD, and where there is none the fill with its fences. */
static void l1d_is_flushed_by_the_processor_or_filled(void)
{
	unsigned int k, i, flushes, fences;

	for_each_kernel(k) {
		read_object(kernels[k], "l1d");
		flushes = 0;
		fences = 0;
		for (i = 0; i < object.nr; i++) {
			if (is_op(&object.insn[i], "wrmsr") && i >= 3 &&
			    (!strcmp(object.insn[i - 3].args, "$0x10b,%ecx") ||
			     !strcmp(object.insn[i - 2].args, "$0x10b,%ecx")))
				flushes++;
			fences += is_op(&object.insn[i], "lfence");
		}
		EXPECT_EQ(1, flushes);
		EXPECT_EQ(2, fences);
	}
}

/* IA32_PRED_CMD is written after VMPTRLD, where the kernel patches that in. */
static void a_new_vmcs_brings_a_predictor_barrier(void)
{
	unsigned int k, i;
	int load;

	for_each_kernel(k) {
		read_object(kernels[k], "vmcs");
		load = find_in_object(0, "vmptrld", "");
		for (i = load + 1; load >= 0 && i < object.nr; i++) {
			if (!strcmp(object.insn[i].args, "$0x49,%ecx"))
				break;
		}
		EXPECT(load >= 0 && i < object.nr && i < (unsigned int)load + 20,
		       "%s: none behind VMPTRLD", kernels[k]);
	}
}

static const struct tap_test tests[] = {
	{ "verw_is_the_last_before_entry", verw_is_the_last_before_entry },
	{ "nothing_is_guessed_behind_the_guests_registers",
	  nothing_is_guessed_behind_the_guests_registers },
	{ "the_processors_speculation_control_stays_the_hosts",
	  the_processors_speculation_control_stays_the_hosts },
	{ "the_guests_registers_are_cleared_first", the_guests_registers_are_cleared_first },
	{ "the_return_stack_is_filled_before_the_first_return",
	  the_return_stack_is_filled_before_the_first_return },
	{ "legacy_ibrs_is_written_between_fill_and_return",
	  legacy_ibrs_is_written_between_fill_and_return },
	{ "branch_history_is_cleared_last", branch_history_is_cleared_last },
	{ "patched_out_nothing_of_it_is_executed", patched_out_nothing_of_it_is_executed },
	{ "branches_go_through_thunks", branches_go_through_thunks },
	{ "exits_land_on_endbr", exits_land_on_endbr },
	{ "l1d_is_flushed_right_before_the_entry", l1d_is_flushed_right_before_the_entry },
	{ "l1d_is_flushed_by_the_processor_or_filled",
	  l1d_is_flushed_by_the_processor_or_filled },
	{ "a_new_vmcs_brings_a_predictor_barrier", a_new_vmcs_brings_a_predictor_barrier },
};

int main(void)
{
	ssize_t length = readlink("/proc/self/exe", directory, sizeof(directory) - 1);

	if (length < 0) {
		perror("# /proc/self/exe");
		return EXIT_FAILURE;
	}
	directory[length] = '\0';
	dirname(directory);
	return tap_run(tests, sizeof(tests) / sizeof(*tests));
}
