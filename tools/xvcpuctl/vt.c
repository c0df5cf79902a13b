// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal behind the serial port (vt.h).
 */
#include "vt.h"

#include <string.h>

#define ESC	0x1b
#define BEL	0x07

static void erase(struct vt *vt, unsigned int row, unsigned int from, unsigned int to)
{
	memset(&vt->cells[row][from], ' ', to - from);
	vt->dirty[row] = true;
}

void vt_init(struct vt *vt, const struct until *until)
{
	memset(vt, 0, sizeof(*vt));
	vt->until = until;
	for (unsigned int row = 0; row < VT_ROWS; row++)
		erase(vt, row, 0, VT_COLUMNS);
}

/* Patterns may end in $: blanks behind the last character of a row are not part of its line. */
static u32 match_row(const struct vt *vt, unsigned int row)
{
	char line[VT_COLUMNS + 1];
	size_t length = VT_COLUMNS;

	while (length && vt->cells[row][length - 1] == ' ')
		length--;
	memcpy(line, vt->cells[row], length);
	line[length] = '\0';
	return until_line(vt->until, line);
}

/* Rows that did not change keep what they matched: a redraw costs what it drew. */
static void look(struct vt *vt)
{
	u32 mask = 0;

	if (!vt->until->nr || vt->seen)
		return;
	for (unsigned int row = 0; row < VT_ROWS; row++) {
		if (vt->dirty[row]) {
			vt->masks[row] = match_row(vt, row);
			vt->dirty[row] = false;
		}
		mask |= vt->masks[row];
	}
	vt->seen = mask == until_all(vt->until);
}

static void scroll(struct vt *vt)
{
	memmove(vt->cells[0], vt->cells[1], sizeof(vt->cells) - sizeof(vt->cells[0]));
	memmove(&vt->masks[0], &vt->masks[1], sizeof(vt->masks) - sizeof(vt->masks[0]));
	memmove(&vt->dirty[0], &vt->dirty[1], sizeof(vt->dirty) - sizeof(vt->dirty[0]));
	erase(vt, VT_ROWS - 1, 0, VT_COLUMNS);
}

/* Guests that send no carriage return are met too: a line feed begins a line. */
static void line_feed(struct vt *vt)
{
	look(vt);
	vt->column = 0;
	if (vt->row + 1 < VT_ROWS)
		vt->row++;
	else
		scroll(vt);
}

static void move_to(struct vt *vt, unsigned int row, unsigned int column)
{
	look(vt);
	vt->row = row < VT_ROWS ? row : VT_ROWS - 1;
	vt->column = column < VT_COLUMNS ? column : VT_COLUMNS - 1;
}

static void put_character(struct vt *vt, u8 byte)
{
	if (vt->column == VT_COLUMNS)
		line_feed(vt);
	vt->cells[vt->row][vt->column++] = byte;
	vt->dirty[vt->row] = true;
}

static void control(struct vt *vt, u8 byte)
{
	switch (byte) {
	case '\n':
		line_feed(vt);
		break;
	case '\r':
		look(vt);
		vt->column = 0;
		break;
	case '\b':
		if (vt->column)
			vt->column--;
		break;
	case '\t':
		move_to(vt, vt->row, (vt->column | 7) + 1);
		break;
	case ESC:
		vt->state = VT_ESCAPE;
		break;
	}
}

/* A parameter of a control sequence that counts or is a coordinate: missing and 0 mean 1. */
static unsigned int count(const struct vt *vt, unsigned int index)
{
	return index < vt->nr && vt->parameters[index] ? vt->parameters[index] : 1;
}

static void erase_in_line(struct vt *vt, unsigned int what)
{
	unsigned int here = vt->column < VT_COLUMNS ? vt->column : VT_COLUMNS - 1;

	look(vt);
	if (what == 0)
		erase(vt, vt->row, here, VT_COLUMNS);
	else if (what == 1)
		erase(vt, vt->row, 0, here + 1);
	else
		erase(vt, vt->row, 0, VT_COLUMNS);
}

static void erase_in_display(struct vt *vt, unsigned int what)
{
	unsigned int first = what == 0 ? vt->row + 1 : 0;
	unsigned int end = what == 1 ? vt->row : VT_ROWS;

	look(vt);
	for (unsigned int row = first; row < end; row++)
		erase(vt, row, 0, VT_COLUMNS);
	if (what < 2)
		erase_in_line(vt, what);
}

static void control_sequence(struct vt *vt, u8 final)
{
	unsigned int n = count(vt, 0);

	switch (final) {
	case 'H':
	case 'f':
		move_to(vt, n - 1, count(vt, 1) - 1);
		break;
	case 'A':
		move_to(vt, vt->row > n ? vt->row - n : 0, vt->column);
		break;
	case 'B':
		move_to(vt, vt->row + n, vt->column);
		break;
	case 'C':
		move_to(vt, vt->row, vt->column + n);
		break;
	case 'D':
		move_to(vt, vt->row, vt->column > n ? vt->column - n : 0);
		break;
	case 'G':
		move_to(vt, vt->row, n - 1);
		break;
	case 'd':
		move_to(vt, n - 1, vt->column);
		break;
	case 'J':
		erase_in_display(vt, vt->parameters[0]);
		break;
	case 'K':
		erase_in_line(vt, vt->parameters[0]);
		break;
	case 's':
		vt->saved_row = vt->row;
		vt->saved_column = vt->column;
		break;
	case 'u':
		move_to(vt, vt->saved_row, vt->saved_column);
		break;
	}
}

static void csi_byte(struct vt *vt, u8 byte)
{
	unsigned int *parameter;

	if (byte >= '0' && byte <= '9') {
		parameter = &vt->parameters[vt->nr - 1];
		if (*parameter < 10000)
			*parameter = *parameter * 10 + byte - '0';
	} else if (byte == ';') {
		if (vt->nr < VT_PARAMETERS)
			vt->nr++;
	} else if (byte >= 0x40 && byte <= 0x7e) {
		control_sequence(vt, byte);
		vt->state = VT_TEXT;
	} else if (byte < 0x20 || byte >= 0x7f) {
		vt->state = VT_TEXT;		/* not a sequence after all */
	}
}

static void escape_byte(struct vt *vt, u8 byte)
{
	vt->state = VT_TEXT;
	switch (byte) {
	case '[':
		memset(vt->parameters, 0, sizeof(vt->parameters));
		vt->nr = 1;
		vt->state = VT_CSI;
		break;
	case ']':
	case 'P':
	case 'X':
	case '^':
	case '_':
		vt->state = VT_STRING;
		break;
	case '(':
	case ')':
	case '#':
		vt->state = VT_CHARSET;
		break;
	case 'c':
		erase_in_display(vt, 2);
		move_to(vt, 0, 0);
		break;
	}
}

static void feed_byte(struct vt *vt, u8 byte)
{
	switch (vt->state) {
	case VT_ESCAPE:
		escape_byte(vt, byte);
		break;
	case VT_CSI:
		csi_byte(vt, byte);
		break;
	case VT_STRING:
		if (byte == BEL)
			vt->state = VT_TEXT;
		else if (byte == ESC)
			vt->state = VT_ESCAPE;	/* the \ that follows does nothing there */
		break;
	case VT_CHARSET:
		vt->state = VT_TEXT;
		break;
	case VT_TEXT:
		if (byte < ' ')
			control(vt, byte);
		else if (byte != 0x7f)
			put_character(vt, byte);
		break;
	}
}

void vt_feed(struct vt *vt, const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		feed_byte(vt, bytes[i]);
	look(vt);
}
