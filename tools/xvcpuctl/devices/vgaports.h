/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a colour VGA in text mode 3, as far as text-mode guests touch them: they can be
 * written and read back, the CRTC's say where the screen and the cursor are, and input status 1
 * shows a beam that moves. Nothing else has an effect: no fonts, no palette, no other modes.
 *
 * The VMM owns it and serialises access as for its bus.
 */
#ifndef XVCPUCTL_DEVICES_VGAPORTS_H
#define XVCPUCTL_DEVICES_VGAPORTS_H

#include "../bus.h"
#include "clock.h"

#define VGA_CRTC_REGISTERS	25

/** struct vga_bank - registers behind an index register; private to vgaports.c */
struct vga_bank {
	u8 index;
	u8 registers[32];
};

/** struct vga_ports - private to vgaports.c, but for vga_*() below */
struct vga_ports {
	struct dev_clock clock;
	u8 misc_output;
	bool attribute_data;	/* the next write to 0x3c0 is data */
	struct vga_bank attribute, sequencer, graphics, crtc;
	u8 dac_mask, dac_read, dac_write, dac_component;
	bool dac_reading;
	u8 dac[256 * 3];
};

/**
 * dev_vga_init() - put the registers on the bus
 * @vga:   the device
 * @ports: port bus; 0x3c0 to 0x3cf, 0x3d4, 0x3d5 and 0x3da are claimed
 * @clock: time; copied
 *
 * Return: 0, or as bus_add().
 */
int dev_vga_init(struct vga_ports *vga, struct bus *ports, const struct dev_clock *clock);

/** vga_start() - first cell of the screen in text memory */
unsigned int vga_start(const struct vga_ports *vga);

/**
 * vga_cursor() - where the cursor is
 * @vga:  the device
 * @cell: set to its cell in text memory
 *
 * Return: whether it is on.
 */
bool vga_cursor(const struct vga_ports *vga, unsigned int *cell);

#endif /* XVCPUCTL_DEVICES_VGAPORTS_H */
