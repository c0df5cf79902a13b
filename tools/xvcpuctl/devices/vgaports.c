// SPDX-License-Identifier: GPL-2.0-only
/* Registers of a VGA in text mode (IBM VGA technical reference): see vgaports.h. */
#include <string.h>

#include "vgaports.h"

#define VGA_PORT	0x3c0
#define VGA_PORTS	16
#define CRTC_PORT	0x3d4
#define CRTC_PORTS	2
#define STATUS1_PORT	0x3da

/* Offsets from VGA_PORT. */
#define ATTRIBUTE_WRITE		0x0
#define ATTRIBUTE_READ		0x1
#define MISC_WRITE		0x2	/* input status 0 when read */
#define SEQUENCER_INDEX		0x4
#define SEQUENCER_DATA		0x5
#define DAC_MASK		0x6
#define DAC_READ_INDEX		0x7	/* DAC state when read */
#define DAC_WRITE_INDEX		0x8
#define DAC_DATA		0x9
#define MISC_READ		0xc
#define GRAPHICS_INDEX		0xe
#define GRAPHICS_DATA		0xf

#define ATTRIBUTE_INDEX_MASK	0x3f	/* with the bit that gives the palette to the display */
#define ATTRIBUTE_REGISTER	0x1f
#define DAC_STATE_READ		0x03

#define CRTC_CURSOR_START	0x0a
#define CURSOR_OFF		0x20
#define CRTC_START_HIGH		0x0c
#define CRTC_CURSOR_HIGH	0x0e
#define CRTC_PROTECT		0x11	/* bit 7 protects registers 0 to 7 */
#define PROTECTED		0x80
#define CRTC_OVERFLOW		0x07
#define OVERFLOW_LINE_COMPARE	0x10

#define STATUS1_BLANK		0x01
#define STATUS1_RETRACE		0x08

/* 720x400 at 70 Hz: 449 lines of 31.8 us, of which 400 show; two of the others are the retrace. */
#define LINE_NS			31778u
#define LINE_SHOWN_NS		25422u
#define FRAME_LINES		449u
#define SHOWN_LINES		400u
#define RETRACE_LINE		412u
#define RETRACE_LINES		2u

#define MISC_COLOUR_TEXT	0x67

/* CRTC registers of mode 3: 80x25, 9x16 cells, cursor in lines 13 and 14. */
static const u8 crtc_mode3[VGA_CRTC_REGISTERS] = {
	0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
	0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
};

static void bank_write(struct vga_bank *bank, u8 value)
{
	if (bank->index < sizeof(bank->registers))
		bank->registers[bank->index] = value;
}

static u8 bank_read(const struct vga_bank *bank)
{
	return bank->index < sizeof(bank->registers) ? bank->registers[bank->index] : 0;
}

/* The DAC takes and gives red, green and blue in turn, then goes to the next colour. */
static u8 dac_access(struct vga_ports *vga, u8 *colour, bool write, u8 value)
{
	u8 *component = &vga->dac[*colour * 3 + vga->dac_component];

	if (write)
		*component = value & 0x3f;
	if (++vga->dac_component == 3) {
		vga->dac_component = 0;
		++*colour;
	}
	return *component;
}

static void dac_select(struct vga_ports *vga, u8 colour, bool reading)
{
	vga->dac_reading = reading;
	vga->dac_component = 0;
	if (reading)
		vga->dac_read = colour;
	else
		vga->dac_write = colour;
}

/* Port 0x3c0 is index and data register in turn. */
static void attribute_write(struct vga_ports *vga, u8 value)
{
	if (vga->attribute_data)
		vga->attribute.registers[vga->attribute.index & ATTRIBUTE_REGISTER] = value;
	else
		vga->attribute.index = value & ATTRIBUTE_INDEX_MASK;
	vga->attribute_data = !vga->attribute_data;
}

static void vga_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct vga_ports *vga = dev;

	(void)size;
	switch (offset) {
	case ATTRIBUTE_WRITE:
		*value = vga->attribute.index;
		break;
	case ATTRIBUTE_READ:
		*value = vga->attribute.registers[vga->attribute.index & ATTRIBUTE_REGISTER];
		break;
	case MISC_WRITE:
		*value = 0;
		break;
	case SEQUENCER_INDEX:
		*value = vga->sequencer.index;
		break;
	case SEQUENCER_DATA:
		*value = bank_read(&vga->sequencer);
		break;
	case DAC_MASK:
		*value = vga->dac_mask;
		break;
	case DAC_READ_INDEX:
		*value = vga->dac_reading ? DAC_STATE_READ : 0;
		break;
	case DAC_WRITE_INDEX:
		*value = vga->dac_write;
		break;
	case DAC_DATA:
		*value = dac_access(vga, &vga->dac_read, false, 0);
		break;
	case MISC_READ:
		*value = vga->misc_output;
		break;
	case GRAPHICS_INDEX:
		*value = vga->graphics.index;
		break;
	case GRAPHICS_DATA:
		*value = bank_read(&vga->graphics);
		break;
	default:
		break;
	}
}

static void vga_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct vga_ports *vga = dev;

	(void)size;
	switch (offset) {
	case ATTRIBUTE_WRITE:
		attribute_write(vga, value);
		break;
	case MISC_WRITE:
		vga->misc_output = value;
		break;
	case SEQUENCER_INDEX:
		vga->sequencer.index = value;
		break;
	case SEQUENCER_DATA:
		bank_write(&vga->sequencer, value);
		break;
	case DAC_MASK:
		vga->dac_mask = value;
		break;
	case DAC_READ_INDEX:
		dac_select(vga, value, true);
		break;
	case DAC_WRITE_INDEX:
		dac_select(vga, value, false);
		break;
	case DAC_DATA:
		dac_access(vga, &vga->dac_write, true, value);
		break;
	case GRAPHICS_INDEX:
		vga->graphics.index = value;
		break;
	case GRAPHICS_DATA:
		bank_write(&vga->graphics, value);
		break;
	default:
		break;
	}
}

static void crtc_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	const struct vga_ports *vga = dev;

	(void)size;
	*value = offset ? bank_read(&vga->crtc) : vga->crtc.index;
}

static void crtc_write(void *dev, u64 offset, unsigned int size, u64 value)
{
	struct vga_ports *vga = dev;
	u8 *overflow = &vga->crtc.registers[CRTC_OVERFLOW];

	(void)size;
	if (!offset)
		vga->crtc.index = value;
	else if (vga->crtc.index > CRTC_OVERFLOW ||
		 !(vga->crtc.registers[CRTC_PROTECT] & PROTECTED))
		bank_write(&vga->crtc, value);
	else if (vga->crtc.index == CRTC_OVERFLOW)	/* one of its bits is never protected */
		*overflow = (*overflow & ~OVERFLOW_LINE_COMPARE) | (value & OVERFLOW_LINE_COMPARE);
}

static void status1_read(void *dev, u64 offset, unsigned int size, u64 *value)
{
	struct vga_ports *vga = dev;
	u64 now = dev_clock_now(&vga->clock);
	u64 line = now / LINE_NS % FRAME_LINES;

	(void)offset;
	(void)size;
	vga->attribute_data = false;
	*value = 0;
	if (line >= SHOWN_LINES || now % LINE_NS >= LINE_SHOWN_NS)
		*value |= STATUS1_BLANK;
	if (line >= RETRACE_LINE && line < RETRACE_LINE + RETRACE_LINES)
		*value |= STATUS1_RETRACE;
}

static const struct bus_device vga_device = {
	.name = "VGA", .width = 1, .read = vga_read, .write = vga_write,
};

static const struct bus_device crtc_device = {
	.name = "VGA CRTC", .width = 1, .read = crtc_read, .write = crtc_write,
};

static const struct bus_device status1_device = {
	.name = "VGA status", .width = 1, .read = status1_read,
};

int dev_vga_init(struct vga_ports *vga, struct bus *ports, const struct dev_clock *clock)
{
	int ret;

	memset(vga, 0, sizeof(*vga));
	vga->clock = *clock;
	vga->misc_output = MISC_COLOUR_TEXT;
	vga->dac_mask = 0xff;
	memcpy(vga->crtc.registers, crtc_mode3, sizeof(crtc_mode3));

	ret = bus_add(ports, VGA_PORT, VGA_PORTS, &vga_device, vga);
	if (ret)
		return ret;
	ret = bus_add(ports, CRTC_PORT, CRTC_PORTS, &crtc_device, vga);
	if (ret)
		return ret;
	return bus_add(ports, STATUS1_PORT, 1, &status1_device, vga);
}

static unsigned int crtc_pair(const struct vga_ports *vga, u8 high)
{
	return vga->crtc.registers[high] << 8 | vga->crtc.registers[high + 1];
}

unsigned int vga_start(const struct vga_ports *vga)
{
	return crtc_pair(vga, CRTC_START_HIGH);
}

bool vga_cursor(const struct vga_ports *vga, unsigned int *cell)
{
	*cell = crtc_pair(vga, CRTC_CURSOR_HIGH);
	return !(vga->crtc.registers[CRTC_CURSOR_START] & CURSOR_OFF);
}
