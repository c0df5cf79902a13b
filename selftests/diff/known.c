// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differences between KVM and xvcpu that are meant. Each has a program of its own that must show
 * it: a difference that has gone is a failure too.
 */
#include "record.h"

const struct known known[] = {
	{ "cpuid_beyond", LONG, "rax",
	  "a leaf above the highest basic one: KVM gives the highest one's data, as SDM "
	  "\"CPUID\" says of Intel's processors; xvcpu gives zeros, as its ABI says of leaves "
	  "without an entry" },
	{ "vmcall_user", USER64, "rax",
	  "VMCALL at CPL 3: KVM answers -KVM_EPERM; xvcpu raises #UD, so that only a guest's "
	  "kernel makes hypercalls; the SDM leaves it to the hypervisor" },
	{ "ins_fault", PROT32, "trace[0]",
	  "INS through a null ES: KVM reads the port and then raises #GP; xvcpu raises it at "
	  "once, as SDM \"INS\" has it, and the device has lost nothing" },
	{ "outs_alignment", USER32, "trace[0]",
	  "OUTS of misaligned memory where alignment is checked: KVM does not check; xvcpu raises "
	  "#AC, as SDM \"OUTS\" has it" },
	{ "movs_fault", PROT32, "trace[0]",
	  "MOVS from MMIO through a null ES: KVM reads the device and then raises #GP; xvcpu raises "
	  "it at once, and the device has lost nothing; the SDM leaves the order open" },
	{ "mmio_crossing", PROT32, "trace[0]",
	  "MMIO across a page: KVM splits it; xvcpu does not decode it, the VMM gets the bytes of "
	  "the instruction; the SDM leaves to the platform what reaches a device" },
	{ "cr4_mce", LONG, "rbx",
	  "CR4.MCE without CPUID's MCE: KVM takes it; xvcpu raises #GP, as SDM \"Control "
	  "Registers\" says of bits that are not supported" },
	{ "lost_user", USER64, "trace[0]",
	  "a fetch at CPL 3 from memory that is not there: KVM raises #UD, xvcpu tells the "
	  "VMM; hardware would execute what the bus gives" },
	{ "task_switch", PROT32, "ending",
	  "a far jump to a TSS: KVM emulates the task switch; xvcpu gives the exit to the VMM"
	  " as it is, no guest that it is made for switches tasks so" },
};

const unsigned int known_nr = ARRAY_SIZE(known);

void known_make(struct program *program, unsigned int nr)
{
	program_single(program, item_find(known[nr].item), known[nr].mode);
}
