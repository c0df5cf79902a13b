/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the loaders put what a guest's start needs besides its image: the first 30 KiB above the
 * real mode interrupt table and BIOS data area, which stay zero; and behind them, where a kernel is
 * beyond the first GiB, what maps it.
 *
 *	0x0500	GDT                                          protected and long mode
 *	0x1000	PML4, PDPT, PD: first GiB onto itself        long mode
 *	0x4000	boot_params, Multiboot or start information  bzImage, Multiboot, PVH
 *	0x5000	command lines of modules, or setup_data      Multiboot, bzImage
 *	0x6000	command line                                 bzImage, Multiboot, PVH
 *	0x7000	stack, down from 0x7c00                      all
 *	0x8000	PDs: further GiBs onto themselves            bzImage, where needed
 *
 * Real mode uses nothing but the stack. In the other modes an image must stay clear of all of it.
 */
#ifndef XVCPUCTL_LOADERS_LAYOUT_H
#define XVCPUCTL_LOADERS_LAYOUT_H

#define LAYOUT_START		0x0500ull
#define LAYOUT_GDT		LAYOUT_START
#define LAYOUT_PML4		0x1000ull
#define LAYOUT_PDPT		0x2000ull
#define LAYOUT_PD		0x3000ull
#define LAYOUT_INFO		0x4000ull
#define LAYOUT_INFO_SIZE	0x1000ull
#define LAYOUT_STRINGS		0x5000ull
#define LAYOUT_STRINGS_SIZE	0x1000ull
#define LAYOUT_CMDLINE		0x6000ull
#define LAYOUT_CMDLINE_SIZE	0x1000ull
#define LAYOUT_STACK_TOP	0x7c00ull
#define LAYOUT_END		LAYOUT_STACK_TOP

/** define LAYOUT_PAGE - the parts above are a multiple of it */
#define LAYOUT_PAGE		0x1000ull

/** define LAYOUT_MORE_PDS - page directories for GiBs beyond the first, from here on */
#define LAYOUT_MORE_PDS		0x8000ull
/** define LAYOUT_MORE_PDS_MAX - how many there can be: more than any RAM of 4 GiB touches */
#define LAYOUT_MORE_PDS_MAX	8
/** define LAYOUT_MAP_MAX - what one PDPT can map ends here */
#define LAYOUT_MAP_MAX		0x8000000000ull

/** define LAYOUT_MAPPED - long mode starts with addresses below this mapped onto themselves */
#define LAYOUT_MAPPED		0x40000000ull

/** define LAYOUT_REAL_LOAD - where a real-mode flat binary goes unless told otherwise */
#define LAYOUT_REAL_LOAD	0x7c00ull
/** define LAYOUT_HIGH_LOAD - the same for protected and long mode */
#define LAYOUT_HIGH_LOAD	0x100000ull

/*
 * A firmware ends at 4 GiB, so that the reset vector is in its last bytes. What real-mode code can
 * reach of it has a copy in RAM that ends at 1 MiB and leaves the video memory alone: SeaBIOS of
 * 256 KiB begins in 0xc0000 already.
 */
#define LAYOUT_FIRMWARE_END	0x100000000ull
#define LAYOUT_FIRMWARE_MAX	0x1000000ull	/* below are the APICs */
#define LAYOUT_SHADOW_END	0x100000ull
#define LAYOUT_SHADOW_MAX	0x40000ull

/* Selectors in the GDT: those that the Linux boot protocol asks for. */
#define LAYOUT_CS		0x10
#define LAYOUT_DS		0x18

#endif /* XVCPUCTL_LOADERS_LAYOUT_H */
