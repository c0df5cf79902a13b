/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit statuses, one meaning each in all commands; xvcpuctl(1) documents them.
 *
 * All are even: a guest's own status through --debug-exit is (value << 1) | 1, always odd, so that
 * a script never takes one for the other.
 */
#ifndef XVCPUCTL_STATUS_H
#define XVCPUCTL_STATUS_H

/**
 * enum status - what the process exits with
 * @STATUS_OK:         done; the host is ready; the guest powered off; --until was seen
 * @STATUS_USAGE:      a wrong command, option or argument
 * @STATUS_IMAGE:      a file cannot be read or is no image that can be loaded
 * @STATUS_NO_DEVICE:  /dev/xvcpu is missing: the module is not loaded
 * @STATUS_PERMISSION: /dev/xvcpu, debugfs or tracefs may not be used
 * @STATUS_NO_VMX:     the processor has no VMX
 * @STATUS_FIRMWARE:   the firmware turned VMX off, or left it undecided
 * @STATUS_TAKEN:      another hypervisor holds VMX
 * @STATUS_FEATURE:    the processor or the kernel lacks something required
 * @STATUS_HOST:       a call that should have worked did not: memory, another program's limits
 * @STATUS_NOT_MOUNTED: debugfs or tracefs is not mounted
 * @STATUS_NO_VM:      the process has no VM
 * @STATUS_RESET:      the guest reset the machine
 * @STATUS_TRIPLE:     triple fault
 * @STATUS_ENTRY:      the processor refused to enter the guest
 * @STATUS_HALTED:     HLT, and nothing can wake the guest
 * @STATUS_MEMORY:     the guest fetched or walked page tables where there is no memory
 * @STATUS_UNHANDLED:  a VM exit that the VMM has no handling for
 * @STATUS_INTERNAL:   the module met something it cannot handle
 * @STATUS_UNSEEN:     the guest powered off before --until was seen
 * @STATUS_PANIC:      a Linux guest panicked, with --panic-exit
 * @STATUS_TIMEOUT:    --timeout passed; as timeout(1)
 * @STATUS_USER:       ended from the terminal by Ctrl-a x
 */
enum status {
	STATUS_OK		= 0,
	STATUS_USAGE		= 2,
	STATUS_IMAGE		= 4,
	STATUS_NO_DEVICE	= 6,
	STATUS_PERMISSION	= 8,
	STATUS_NO_VMX		= 10,
	STATUS_FIRMWARE		= 12,
	STATUS_TAKEN		= 14,
	STATUS_FEATURE		= 16,
	STATUS_HOST		= 18,
	STATUS_NOT_MOUNTED	= 20,
	STATUS_NO_VM		= 22,
	STATUS_RESET		= 30,
	STATUS_TRIPLE		= 32,
	STATUS_ENTRY		= 34,
	STATUS_HALTED		= 36,
	STATUS_MEMORY		= 38,
	STATUS_UNHANDLED	= 40,
	STATUS_INTERNAL		= 42,
	STATUS_UNSEEN		= 44,
	STATUS_PANIC		= 46,
	STATUS_TIMEOUT		= 124,
	STATUS_USER		= 126,
};

#endif /* XVCPUCTL_STATUS_H */
