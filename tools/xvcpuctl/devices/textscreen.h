/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 80x25 text screen at 0xb8000, as text. The memory is plain guest RAM; there is nothing to
 * emulate, only to look at. It may change while it is looked at.
 */
#ifndef XVCPUCTL_DEVICES_TEXTSCREEN_H
#define XVCPUCTL_DEVICES_TEXTSCREEN_H

#include "../guest_memory.h"
#include "../types.h"
#include "vgaports.h"

#define TEXTSCREEN_GPA		0xb8000ull
#define TEXTSCREEN_SIZE		0x8000ull	/* bytes of text memory */
#define TEXTSCREEN_ROWS		25
#define TEXTSCREEN_COLUMNS	80

/** define TEXTSCREEN_LINE - bytes that hold one row: up to 3 for a character, and the NUL */
#define TEXTSCREEN_LINE		(TEXTSCREEN_COLUMNS * 3 + 1)

/**
 * struct textscreen - a picture of the screen
 * @lines:          UTF-8, NUL-terminated, blanks at the end cut off
 * @cursor_on:      whether there is a cursor on the screen
 * @cursor_row:     from 0
 * @cursor_column:  from 0
 */
struct textscreen {
	char lines[TEXTSCREEN_ROWS][TEXTSCREEN_LINE];
	bool cursor_on;
	unsigned int cursor_row, cursor_column;
};

/**
 * textscreen_take() - take a picture of the screen
 * @screen: filled
 * @memory: the guest's memory
 * @vga:    says where the screen starts and the cursor is; NULL: at the start of text memory, none
 *
 * Return: false if the guest has no RAM at text memory; @screen is then empty.
 */
bool textscreen_take(struct textscreen *screen, const struct guest_memory *memory,
		     const struct vga_ports *vga);

/**
 * textscreen_render() - convert cells to text
 * @screen: filled but for the cursor
 * @cells:  text memory: %TEXTSCREEN_SIZE bytes, character and attribute in turn
 * @start:  first cell of the screen; it wraps at the end of text memory
 */
void textscreen_render(struct textscreen *screen, const u8 *cells, unsigned int start);

#endif /* XVCPUCTL_DEVICES_TEXTSCREEN_H */
