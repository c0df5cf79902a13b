// SPDX-License-Identifier: GPL-2.0-only
/*
 * load_image(): finds out what an image is, refuses what makes no sense for it, and hands it to the
 * loader of its format. No state.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../refuse.h"
#include "boot_state.h"
#include "format.h"
#include "multiboot.h"

/*
 * The most specific format first: a Multiboot or PVH kernel is usually an ELF file too, and its
 * header or note says how it wants to be started.
 */
static const struct load_format *const formats[] = {
	&format_bzimage,
	&format_multiboot,
	&format_pvh,
	&format_elf32,
	&format_elf64,
};

/* Files that people try, and what to do with them. */
static const struct {
	const char *magic;
	u8 length;
	const char *advice;
} known_strangers[] = {
	{ "\x7f" "ELF", 4, "is ELF, but its field e_ident[EI_CLASS] says neither 32 nor 64 bits" },
	{ "\x1f\x8b", 2, "is compressed with gzip: unpack it with gunzip first" },
	{ "\xfd" "7zXZ", 5, "is compressed with xz: unpack it with unxz first" },
	{ "\x28\xb5\x2f\xfd", 4, "is compressed with zstd: unpack it with unzstd first" },
	{ "MZ", 2, "is a DOS or EFI program without a Linux boot header: it needs firmware" },
	{ "#!", 2, "is a script, not a guest" },
};

static const struct load_format *format_of(const struct image *image)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (formats[i]->matches(image))
			return formats[i];
	return NULL;
}

static int refuse_unknown(const struct image *image, struct message *err)
{
	u64 offset;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known_strangers); i++)
		if (image_holds(image, 0, known_strangers[i].length) &&
		    !memcmp(image->data, known_strangers[i].magic, known_strangers[i].length))
			return refuse(err, ENOEXEC, "%s %s", image->name,
				      known_strangers[i].advice);
	if (multiboot_bad_header(image, &offset))
		return image_refuse(image, err, "Multiboot field checksum",
				    "is wrong or cut off, magic at %#" PRIx64, offset);
	return refuse(err, ENOEXEC,
		      "%s is neither ELF, Multiboot nor bzImage: for a flat binary give %s",
		      image->name, "--mode real, protected or long");
}

static const char *mode_name(enum load_mode mode)
{
	static const char *const names[] = {
		[LOAD_REAL] = "real", [LOAD_PROTECTED] = "protected", [LOAD_LONG] = "long",
	};

	return mode > LOAD_AUTO && mode <= LOAD_LONG ? names[mode] : "auto";
}

static int check_mode(const struct load_format *format, const struct load_request *request,
		      const char *name, struct message *err)
{
	static const unsigned int accepts[] = {
		[LOAD_AUTO] = ~0u,
		[LOAD_REAL] = LOAD_ACCEPTS_REAL,
		[LOAD_PROTECTED] = LOAD_ACCEPTS_PROTECTED,
		[LOAD_LONG] = LOAD_ACCEPTS_LONG,
	};

	if ((unsigned int)request->mode >= ARRAY_SIZE(accepts))
		return refuse(err, EINVAL, "%s: unknown start mode %d", name, request->mode);
	if (!(format->accepts & accepts[request->mode]))
		return refuse(err, EINVAL, "%s (%s) cannot start in %s mode: leave --mode away",
			      name, format->name, mode_name(request->mode));
	return 0;
}

/* Whatever the request contains and the format cannot use is an error, not ignored. */
static int check_request(const struct load_format *format, const struct load_request *request,
			 const char *name, struct message *err)
{
	const struct {
		bool given;
		unsigned int needs;
		const char *option;
		const char *what_for;
	} options[] = {
		{ request->has_load, LOAD_ACCEPTS_ADDRESS, "--load", "flat binaries" },
		{ request->has_entry, LOAD_ACCEPTS_ENTRY, "--entry", "flat binaries and ELF" },
		{ request->cmdline, LOAD_ACCEPTS_CMDLINE, "a command line",
		  "Multiboot, PVH and bzImage" },
		{ request->nr_modules, LOAD_ACCEPTS_MODULES, "--module", "Multiboot" },
		{ request->initrd, LOAD_ACCEPTS_INITRD, "--initrd", "PVH and bzImage" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (options[i].given && !(format->accepts & options[i].needs))
			return refuse(err, EINVAL, "%s (%s): %s is for %s only", name, format->name,
				      options[i].option, options[i].what_for);
	return check_mode(format, request, name, err);
}

int load_bytes(const struct load_request *request, const struct image *image,
	       struct guest_memory *memory, struct boot_state *state, struct message *err)
{
	struct load_job job = {
		.request = request, .image = image, .memory = memory, .state = state, .err = err,
	};
	const struct load_format *format = request->firmware ? &format_firmware :
							       format_of(image);
	int ret;

	if (!image->size)
		return refuse(err, ENOEXEC, "%s is empty", image->name);
	if (!format) {
		if (request->mode == LOAD_AUTO)
			return refuse_unknown(image, err);
		format = &format_flat;
	}
	ret = check_request(format, request, image->name, err);
	if (ret)
		return ret;
	ret = format->load(&job);
	if (ret)
		return ret;
	state->format = format->name;
	return 0;
}

int load_image(const struct load_request *request, struct guest_memory *memory,
	       struct boot_state *state, struct message *err)
{
	struct image image;
	int ret;

	if (request->firmware && request->image)
		return refuse(err, EINVAL, "%s: with --firmware there is no image: %s",
			      request->image, "the firmware could not find it");
	ret = image_read(&image, request->firmware ? request->firmware : request->image,
			 request->progress, err);
	if (ret)
		return ret;
	ret = load_bytes(request, &image, memory, state, err);
	image_free(&image);
	return ret;
}
