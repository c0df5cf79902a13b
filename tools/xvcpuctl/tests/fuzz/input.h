/* SPDX-License-Identifier: GPL-2.0-only */
/* What an input of fuzz_loaders looks like: how to load, then the image. */
#ifndef XVCPUCTL_TESTS_FUZZ_INPUT_H
#define XVCPUCTL_TESTS_FUZZ_INPUT_H

#include "../../types.h"

/**
 * struct fuzz_input - the first bytes of an input; any values will do
 * @flags:   INPUT_*; the lowest two bits are an &enum load_mode
 * @memory:  chooses the guest's size
 * @cmdline: bytes of the command line
 * @address: for --load and --entry
 */
struct fuzz_input {
	u8 flags;
	u8 memory;
	u16 cmdline;
	u32 address;
};

#define INPUT_MODE	0x03
#define INPUT_FIRMWARE	0x04	/* the image is the end of a firmware of 64 KiB */
#define INPUT_LOAD	0x08
#define INPUT_ENTRY	0x10
#define INPUT_CMDLINE	0x20
#define INPUT_INITRD	0x40
#define INPUT_MODULES	0x80	/* two */

/* What libFuzzer calls, and what it has for a mutator to call; it comes without a header. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);

#endif /* XVCPUCTL_TESTS_FUZZ_INPUT_H */
