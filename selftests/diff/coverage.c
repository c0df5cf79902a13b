// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where programs came: items in each mode, exits that reached the VMM, VM exits, endings. Printed,
 * and compared with what every run must have had.
 */
#include <backend.h>
#include <inttypes.h>
#include <string.h>

#include "coverage.h"

void cover(struct coverage *c, const struct program *program, const struct record *record)
{
	for (unsigned int i = 0; i < record->executed && i < program->nr; i++)
		c->items[program->slots[i].item][program->slots[i].mode]++;
	c->endings[record->ending][program->mode]++;
	for (unsigned int i = 0; i < 64; i++) {
		c->exits[i][program->mode] += record->exits >> i & 1;
		c->hw[i][program->mode] += record->hw_exits >> i & 1;
	}
}

static void print_modes(const char *side, const char *name, const unsigned int *by_mode)
{
	printf("# %-6s %-20s", side, name);
	for (unsigned int i = 0; i < MODES; i++)
		printf(" %7u", by_mode[i]);
	printf("\n");
}

static void print_heading(const char *what)
{
	printf("# %-27s", what);
	for (unsigned int i = 0; i < MODES; i++)
		printf(" %7s", mode_names[i]);
	printf("\n");
}

static unsigned int sum(const unsigned int *by_mode)
{
	unsigned int total = 0;

	for (unsigned int i = 0; i < MODES; i++)
		total += by_mode[i];
	return total;
}

static bool is_known_difference(unsigned int item)
{
	for (unsigned int i = 0; i < known_nr; i++) {
		if (!strcmp(known[i].item, items[item].name))
			return true;
	}
	return false;
}

/* Every item in every mode in which it may stand; one that ends programs in any. */
unsigned int check_items(const char *side, const struct coverage *c)
{
	unsigned int missing = 0;

	print_heading("slots executed");
	for (unsigned int i = 0; i < items_nr; i++) {
		if (is_known_difference(i))
			continue;
		print_modes(side, items[i].name, c->items[i]);
		if (!sum(c->items[i])) {
			printf("# %s: %s was never executed\n", side, items[i].name);
			missing++;
			continue;
		}
		for (unsigned int mode = 0; mode < MODES; mode++) {
			if (!items[i].weight || !(items[i].modes & ONE(mode)) ||
			    c->items[i][mode])
				continue;
			printf("# %s: %s was never executed in %s\n", side, items[i].name,
			       mode_names[mode]);
			missing++;
		}
	}
	return missing;
}

/* Exits that every run must have had. KVM handles hypercalls by itself. */
unsigned int check_exits(const char *side, const struct coverage *c, bool kvm)
{
	static const uint8_t both[] = {
		XVCPU_EXIT_IO, XVCPU_EXIT_MMIO, XVCPU_EXIT_MSR_READ, XVCPU_EXIT_MSR_WRITE,
		XVCPU_EXIT_HLT, XVCPU_EXIT_SHUTDOWN, XVCPU_EXIT_WINDOW,
	};
	static const uint8_t own[] = {
		XVCPU_EXIT_HYPERCALL, XVCPU_EXIT_MEMORY_FAULT, XVCPU_EXIT_EVENT_FAULT,
	};
	unsigned int missing = 0;

	print_heading("programs with exit");
	for (unsigned int i = 0; i < 64; i++) {
		bool wanted = memchr(both, i, sizeof(both)) ||
			      (!kvm && memchr(own, i, sizeof(own)));

		if (wanted || sum(c->exits[i]))
			print_modes(side, xvcpu_exit_name(i), c->exits[i]);
		if (!wanted || sum(c->exits[i]))
			continue;
		printf("# %s: no exit %s\n", side, xvcpu_exit_name(i));
		missing++;
	}
	return missing;
}

/*
 * By basic exit reason (SDM "VMX Basic Exit Reasons"): on which sides generated programs must cause
 * this VM exit, and why not on both.
 */
#define KVM	1
#define XVCPU	2
#define BOTH	(KVM | XVCPU)
static const struct {
	uint8_t sides;
	const char *why;
} vm_exits[64] = {
	[0] = { BOTH },		/* exception */
	[1] = { BOTH },		/* external interrupt */
	[2] = { BOTH },		/* triple fault */
	[3] = { 0, "INIT: only a virtual APIC could send one" },
	[4] = { 0, "SIPI: likewise" },
	[5] = { 0, "an SMI belongs to the firmware" },
	[6] = { 0, "likewise" },
	[7] = { BOTH },		/* interrupt window */
	[8] = { BOTH },		/* NMI window */
	[9] = { 0, "task switch: KVM emulates it, xvcpu tells the VMM (known.c has it)" },
	[10] = { BOTH },	/* CPUID */
	[11] = { 0, "GETSEC is #UD while CR4.SMXE is clear, and neither lets a guest set it" },
	[12] = { BOTH },	/* HLT */
	[13] = { BOTH },	/* INVD */
	[14] = { 0, "INVLPG: with EPT neither intercepts it; the item invlpg runs it" },
	[15] = { BOTH },	/* RDPMC */
	[16] = { 0, "RDTSC: neither intercepts it, and its result is not the same twice" },
	[17] = { 0, "RSM outside SMM is #UD without an exit; the item vmx runs it" },
	[18] = { BOTH },	/* VMCALL */
	[19] = { BOTH }, [20] = { BOTH }, [21] = { BOTH }, [22] = { BOTH }, [23] = { BOTH },
	[24] = { BOTH }, [25] = { BOTH }, [26] = { BOTH }, [27] = { BOTH },	/* VMX */
	[28] = { BOTH },	/* control registers */
	[29] = { BOTH },	/* MOV DR */
	[30] = { BOTH },	/* I/O */
	[31] = { BOTH },	/* RDMSR */
	[32] = { BOTH },	/* WRMSR */
	[33] = { 0, "a refused entry is a failure here; guest_entry has them" },
	[34] = { 0, "likewise" },
	[36] = { BOTH },	/* MWAIT */
	[37] = { 0, "monitor trap flag: KVM uses it for nested guests only" },
	[39] = { BOTH },	/* MONITOR */
	[40] = { 0, "PAUSE: KVM's pause loops depend on time, xvcpu exits if the VMM asks" },
	[41] = { 0, "a machine check cannot be raised here" },
	[43] = { 0, "TPR shadow: needs a virtual APIC" },
	[44] = { 0, "likewise" },
	[45] = { 0, "likewise" },
	[46] = { 0, "descriptor tables: KVM emulates UMIP with it, the guest has none" },
	[47] = { 0, "likewise" },
	[48] = { BOTH },	/* EPT violation */
	[49] = { KVM, "EPT misconfiguration: how KVM marks MMIO; to xvcpu it is a violation" },
	[50] = { BOTH },	/* INVEPT */
	[51] = { 0, "RDTSCP: neither intercepts it; the item tsc_aux runs it" },
	[52] = { 0, "preemption timer: a budget of xvcpu's, KVM's APIC timer" },
	[53] = { BOTH },	/* INVVPID */
	[54] = { BOTH },	/* WBINVD */
	[55] = { BOTH },	/* XSETBV */
	[56] = { 0, "needs a virtual APIC" },
	[57] = { 0, "RDRAND: neither intercepts it, and its result is not the same twice" },
	[58] = { 0, "INVPCID: neither intercepts it; the item invpcid runs it" },
	[59] = { KVM, "VMFUNC: KVM enables it for nested guests; without that it is #UD, no exit" },
	[60] = { 0, "ENCLS is #UD without SGX; the item vmx runs it" },
	[61] = { 0, "RDSEED: as RDRAND" },
	[62] = { 0, "page-modification log: only while a VMM asks for dirty pages" },
	[63] = { 0, "XSAVES: no bit of IA32_XSS is intercepted by KVM" },
};

/* VM exits that every run must have had. What neither side promises is printed with its reason. */
unsigned int check_hw(const char *side, const struct coverage *c, bool kvm)
{
	unsigned int missing = 0;

	print_heading("programs with VM exit");
	for (unsigned int i = 0; i < ARRAY_SIZE(vm_exits); i++) {
		bool must = vm_exits[i].sides & (kvm ? KVM : XVCPU);

		if (must || sum(c->hw[i]))
			print_modes(side, xvcpu_hw_exit_name(i), c->hw[i]);
		if (!must || sum(c->hw[i]))
			continue;
		printf("# %s: no VM exit %u (%s)\n", side, i, xvcpu_hw_exit_name(i));
		missing++;
	}
	return missing;
}

void print_left_out(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(vm_exits); i++) {
		if (vm_exits[i].why)
			printf("# VM exit %u not compared: %s\n", i, vm_exits[i].why);
	}
}

/* How no program may end, be it on both sides. */
unsigned int check_endings(const char *side, const struct coverage *c)
{
	unsigned int wrong = 0;

	print_heading("programs that ended");
	for (unsigned int i = 0; i < ENDINGS; i++) {
		if (sum(c->endings[i]) || i <= ENDED_STUCK)
			print_modes(side, ending_names[i], c->endings[i]);
		wrong += i > ENDED_STUCK ? sum(c->endings[i]) : 0;
	}
	return wrong;
}

/* How some must have. */
unsigned int check_ends(const char *side, const struct coverage *c)
{
	unsigned int missing = 0;

	for (unsigned int i = 0; i <= ENDED_STUCK; i++) {
		if (sum(c->endings[i]))
			continue;
		printf("# %s: no program ended so: %s\n", side, ending_names[i]);
		missing++;
	}
	return missing;
}
