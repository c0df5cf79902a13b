// SPDX-License-Identifier: GPL-2.0-only
/* The setup header of the Linux/x86 boot protocol: see bzimage_header.h. The image is hostile. */
#include <inttypes.h>
#include <string.h>

#include "bzimage_header.h"
#include "layout.h"

#define BOOT_FLAG		0xaa55
#define LOADED_HIGH		0x01
#define XLF_KERNEL_64		0x0001
#define XLF_ABOVE_4G		0x0002

#define PARAGRAPH		16		/* unit of syssize */
#define SECTOR			512ull		/* unit of setup_sects */

/* Limits of kernels that are older than the fields. */
#define OLD_CMDLINE_MAX		255
#define OLD_INITRD_END_MAX	0x38000000

/* struct kernel_info */
#define INFO_MAGIC		0x506f544c	/* "LToP" */
#define INFO_SIZE		4
#define INFO_SETUP_TYPE_MAX	12
#define INFO_BYTES		16
#define SETUP_INDIRECT		(1u << 31)	/* a flag, no type */
#define SETUP_RNG_SEED		9

bool bzimage_matches(const struct image *image)
{
	return image_holds(image, HDR_MAGIC, 4) && !memcmp(image->data + HDR_MAGIC, "HdrS", 4);
}

/* The header must reach the end of the last field that its version has. */
static u64 header_end_of(u16 version)
{
	static const struct {
		u16 version;
		u16 end;
	} ends[] = {
		{ 0x020f, HDR_KERNEL_INFO + 4 },
		{ 0x020b, HDR_INIT_SIZE + 8 },		/* and handover_offset */
		{ 0x020a, HDR_INIT_SIZE + 4 },
		{ 0x0209, HDR_SETUP_DATA + 8 },
		{ 0x0208, HDR_PAYLOAD_LENGTH + 4 },
		{ 0x0207, HDR_PAYLOAD_OFFSET },
		{ 0x0206, HDR_CMDLINE_SIZE + 4 },
		{ 0x0205, HDR_CMDLINE_SIZE },
		{ 0x0203, HDR_INITRD_ADDR_MAX + 4 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++)
		if (version >= ends[i].version)
			return ends[i].end;
	return HDR_CMD_LINE_PTR + 4;
}

static int check_setup(const struct image *image, struct bzimage *bzimage, struct message *err)
{
	u16 boot_flag = image_u16(image, HDR_BOOT_FLAG);
	u8 setup_sects = image_u8(image, HDR_SETUP_SECTS);
	u64 needed;

	if (boot_flag != BOOT_FLAG)
		return bzimage_refuse(image, err, "boot_flag", "is %#x instead of 0xaa55",
				      boot_flag);
	bzimage->version = image_u16(image, HDR_VERSION);
	if (bzimage->version < 0x0202)
		return bzimage_refuse(image, err, "version", "is %u.%02u: 2.02 or later is needed",
				      bzimage->version >> 8, bzimage->version & 0xff);

	/* 0 means 4, for kernels older than the field. */
	bzimage->setup_size = ((setup_sects ? setup_sects : 4) + 1) * SECTOR;
	if (bzimage->setup_size >= image->size)
		return bzimage_refuse(image, err, "setup_sects",
				      "is %u, but the file ends before the kernel begins at %#"
				      PRIx64, setup_sects, bzimage->setup_size);

	bzimage->header_end = HDR_MAGIC + image_u8(image, HDR_JUMP_LENGTH);
	needed = header_end_of(bzimage->version);
	if (bzimage->header_end < needed || bzimage->header_end > HDR_END_MAX)
		return bzimage_refuse(image, err, "jump",
				      "ends the header at %#" PRIx64
				      ": version %u.%02u ends it between %#" PRIx64 " and %#x",
				      bzimage->header_end, bzimage->version >> 8,
				      bzimage->version & 0xff, needed, HDR_END_MAX);
	return 0;
}

/* syssize is rounded up; the file may go on (a signature), or miss the padding. */
static int check_size(const struct image *image, struct bzimage *bzimage, struct message *err)
{
	u64 rest = image->size - bzimage->setup_size;
	u32 syssize = image_u32(image, HDR_SYSSIZE);
	u64 size = (u64)syssize * PARAGRAPH;

	if (bzimage->version < 0x0204) {
		bzimage->size = rest;		/* the field had only 16 bits */
		return 0;
	}
	if (!size)
		return bzimage_refuse(image, err, "syssize", "is 0: there is no kernel in it");
	if (size - (PARAGRAPH - 1) > rest)
		return bzimage_refuse(image, err, "syssize",
				      "is %#" PRIx32 ": %#" PRIx64 " bytes, but the file has %#"
				      PRIx64 " behind its setup code: is it cut off?", syssize,
				      size, rest);
	bzimage->size = size < rest ? size : rest;
	return 0;
}

/* The payload is the kernel's own business; one that is not inside the kernel is a broken one. */
static int check_payload(const struct image *image, const struct bzimage *bzimage,
			 struct message *err)
{
	u64 offset = image_u32(image, HDR_PAYLOAD_OFFSET);
	u64 length = image_u32(image, HDR_PAYLOAD_LENGTH);

	if (bzimage->version < 0x0208)
		return 0;
	if (offset > bzimage->size)
		return bzimage_refuse(image, err, "payload_offset",
				      "is %#" PRIx64 ", beyond the kernel's %#" PRIx64 " bytes",
				      offset, bzimage->size);
	if (length > bzimage->size - offset)
		return bzimage_refuse(image, err, "payload_length",
				      "is %#" PRIx64 ": with payload_offset %#" PRIx64
				      " it passes the kernel's %#" PRIx64 " bytes", length, offset,
				      bzimage->size);
	return 0;
}

static int check_alignment(const struct image *image, struct bzimage *bzimage, struct message *err)
{
	u32 align = image_u32(image, HDR_KERNEL_ALIGNMENT);
	u8 min_alignment = image_u8(image, HDR_MIN_ALIGNMENT);

	bzimage->align = 1;
	bzimage->relocatable = bzimage->version >= 0x0205 && image_u8(image, HDR_RELOCATABLE);
	if (!bzimage->relocatable)
		return 0;
	if (!align || align & (align - 1))
		return bzimage_refuse(image, err, "kernel_alignment",
				      "is %#" PRIx32 ": a relocatable kernel needs a power of two",
				      align);
	if (bzimage->version >= 0x020a && (min_alignment > 31 || 1u << min_alignment > align))
		return bzimage_refuse(image, err, "min_alignment",
				      "is %u: two to the power of it passes kernel_alignment, %#"
				      PRIx32, min_alignment, align);
	bzimage->align = align;
	return 0;
}

static int check_addresses(const struct image *image, struct bzimage *bzimage, struct message *err)
{
	if (!(image_u8(image, HDR_LOADFLAGS) & LOADED_HIGH))
		return bzimage_refuse(image, err, "loadflags",
				      "is %#x, LOADED_HIGH is clear: a zImage, not a bzImage",
				      image_u8(image, HDR_LOADFLAGS));
	bzimage->code32_start = image_u32(image, HDR_CODE32_START);
	if (bzimage->code32_start < LAYOUT_HIGH_LOAD)
		return bzimage_refuse(image, err, "code32_start",
				      "is %#" PRIx32 ", not at or above 0x100000: there is no "
				      "32-bit entry point, only firmware can start it",
				      bzimage->code32_start);
	bzimage->init_size = bzimage->size;
	if (bzimage->version < 0x020a)
		return 0;
	bzimage->pref_address = image_u64(image, HDR_PREF_ADDRESS);
	if (image_u32(image, HDR_INIT_SIZE) > bzimage->size)
		bzimage->init_size = image_u32(image, HDR_INIT_SIZE);
	return 0;
}

static void read_limits(const struct image *image, struct bzimage *bzimage)
{
	u16 flags = image_u16(image, HDR_XLOADFLAGS);

	bzimage->cmdline_max = OLD_CMDLINE_MAX;
	if (bzimage->version >= 0x0206)
		bzimage->cmdline_max = image_u32(image, HDR_CMDLINE_SIZE);
	bzimage->initrd_end_max = OLD_INITRD_END_MAX;
	if (bzimage->version >= 0x0203)
		bzimage->initrd_end_max = (u64)image_u32(image, HDR_INITRD_ADDR_MAX) + 1;
	bzimage->has_64 = bzimage->version >= 0x020c && (flags & XLF_KERNEL_64);
	bzimage->above_4g = bzimage->has_64 && (flags & XLF_ABOVE_4G);
}

/* kernel_info is within the protected-mode kernel and says which setup_data it knows. */
static int check_kernel_info(const struct image *image, struct bzimage *bzimage,
			     struct message *err)
{
	u64 offset = image_u32(image, HDR_KERNEL_INFO);
	u64 at = bzimage->setup_size + offset;

	if (bzimage->version < 0x020f || !offset)
		return 0;
	if (offset > bzimage->size || bzimage->size - offset < INFO_BYTES)
		return bzimage_refuse(image, err, "kernel_info_offset",
				      "is %#" PRIx64 ", beyond the kernel's %#" PRIx64 " bytes",
				      offset, bzimage->size);
	if (image_u32(image, at) != INFO_MAGIC)
		return bzimage_refuse(image, err, "kernel_info_offset",
				      "is %#" PRIx64 ", where there is %#" PRIx32
				      " instead of the magic number \"LToP\"", offset,
				      image_u32(image, at));
	if (image_u32(image, at + INFO_SIZE) < INFO_BYTES)
		return image_refuse(image, err, "kernel_info field size",
				    "is %" PRIu32 ": it has at least %d bytes",
				    image_u32(image, at + INFO_SIZE), INFO_BYTES);
	bzimage->takes_seed = (image_u32(image, at + INFO_SETUP_TYPE_MAX) & ~SETUP_INDIRECT) >=
			      SETUP_RNG_SEED;
	return 0;
}

int bzimage_parse(const struct image *image, struct bzimage *bzimage, struct message *err)
{
	int ret;

	memset(bzimage, 0, sizeof(*bzimage));
	ret = check_setup(image, bzimage, err);
	if (ret)
		return ret;
	ret = check_size(image, bzimage, err);
	if (ret)
		return ret;
	ret = check_payload(image, bzimage, err);
	if (ret)
		return ret;
	ret = check_alignment(image, bzimage, err);
	if (ret)
		return ret;
	ret = check_addresses(image, bzimage, err);
	if (ret)
		return ret;
	read_limits(image, bzimage);
	return check_kernel_info(image, bzimage, err);
}
