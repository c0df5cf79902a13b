/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The setup header of the Linux/x86 boot protocol ("The Real-Mode Kernel Header"), checked field by
 * field. Pure functions of the image.
 */
#ifndef XVCPUCTL_LOADERS_BZIMAGE_HEADER_H
#define XVCPUCTL_LOADERS_BZIMAGE_HEADER_H

#include "image.h"

/* Offsets of the setup header's fields, the same in the file and in boot_params. */
#define HDR_SETUP_SECTS		0x1f1
#define HDR_SYSSIZE		0x1f4
#define HDR_BOOT_FLAG		0x1fe
#define HDR_JUMP_LENGTH		0x201
#define HDR_MAGIC		0x202
#define HDR_VERSION		0x206
#define HDR_TYPE_OF_LOADER	0x210
#define HDR_LOADFLAGS		0x211
#define HDR_CODE32_START	0x214
#define HDR_RAMDISK_IMAGE	0x218
#define HDR_RAMDISK_SIZE	0x21c
#define HDR_CMD_LINE_PTR	0x228
#define HDR_INITRD_ADDR_MAX	0x22c
#define HDR_KERNEL_ALIGNMENT	0x230
#define HDR_RELOCATABLE		0x234
#define HDR_MIN_ALIGNMENT	0x235
#define HDR_XLOADFLAGS		0x236
#define HDR_CMDLINE_SIZE	0x238
#define HDR_HARDWARE_SUBARCH	0x23c
#define HDR_PAYLOAD_OFFSET	0x248
#define HDR_PAYLOAD_LENGTH	0x24c
#define HDR_SETUP_DATA		0x250
#define HDR_PREF_ADDRESS	0x258
#define HDR_INIT_SIZE		0x260
#define HDR_KERNEL_INFO		0x268
#define HDR_END_MAX		0x290

/** define BZIMAGE_ENTRY_64 - offset of the 64-bit entry point in the protected-mode kernel */
#define BZIMAGE_ENTRY_64	0x200

/**
 * struct bzimage - what a setup header says; what its version does not have is as it was before
 * @version:        of the protocol, 0x020f for 2.15
 * @header_end:     offset behind the header in the file
 * @setup_size:     bytes in front of the protected-mode kernel
 * @size:           bytes of the protected-mode kernel in the file
 * @code32_start:   where it goes unless it is relocatable, at or above 1 MiB
 * @relocatable:    it runs wherever it is put, but not below @pref_address
 * @align:          what its address must be a multiple of if it is relocatable, a power of two
 * @pref_address:   where it wants to run; 0: @code32_start
 * @init_size:      memory from there on that it uses before it looks at the memory map; not less
 *                  than @size
 * @cmdline_max:    bytes of a command line without its zero
 * @initrd_end_max: the initrd ends at or below this address
 * @has_64:         it has a 64-bit entry point
 * @above_4g:       entered there, it and its initrd may be above 4 GiB
 * @takes_seed:     it knows setup_data entries of type SETUP_RNG_SEED
 */
struct bzimage {
	u16 version;
	u64 header_end;
	u64 setup_size;
	u64 size;
	u32 code32_start;
	bool relocatable;
	u64 align;
	u64 pref_address;
	u64 init_size;
	u32 cmdline_max;
	u64 initrd_end_max;
	bool has_64;
	bool above_4g;
	bool takes_seed;
};

/** bzimage_matches() - whether a file claims to follow the boot protocol */
bool bzimage_matches(const struct image *image);

/**
 * bzimage_parse() - check a setup header and read what a loader needs of it
 * @image:   any file
 * @bzimage: filled on success
 * @err:     names the field that is wrong, its value, and what would do
 *
 * Return: 0 or -ENOEXEC.
 */
int bzimage_parse(const struct image *image, struct bzimage *bzimage, struct message *err);

/** define bzimage_refuse - image_refuse() because of a field of the setup header */
#define bzimage_refuse(image, err, field, ...) \
	image_refuse(image, err, "setup header field " field, __VA_ARGS__)

#endif /* XVCPUCTL_LOADERS_BZIMAGE_HEADER_H */
