/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the terminal behind the guest's serial port: what a person would see there now.
 *
 * Needed by --until: programs that redraw a screen send text in pieces between cursor movements.
 * It knows the movements and erasures of ECMA-48 that such programs use and skips the rest. It is
 * larger than a real terminal so that plain long lines stay whole. The main thread's.
 */
#ifndef XVCPUCTL_VT_H
#define XVCPUCTL_VT_H

#include "types.h"
#include "until.h"

#define VT_ROWS		50
#define VT_COLUMNS	256
#define VT_PARAMETERS	8

/**
 * enum vt_state - where in an escape sequence the stream is
 * @VT_TEXT:    in none
 * @VT_ESCAPE:  after ESC
 * @VT_CSI:     after ESC [
 * @VT_STRING:  in a string that ends with BEL or ESC \
 * @VT_CHARSET: before the one byte that names a character set
 */
enum vt_state {
	VT_TEXT,
	VT_ESCAPE,
	VT_CSI,
	VT_STRING,
	VT_CHARSET,
};

/**
 * struct vt - the screen and the state of the stream
 * @until:  patterns to look for
 * @seen:   all patterns matched at one time
 * @row:    of the cursor, from 0
 * @column: of the cursor, from 0; %VT_COLUMNS behind the last
 * @saved_row: of the saved cursor
 * @saved_column: of the saved cursor
 * @state:  see &enum vt_state
 * @nr:     parameters begun in @parameters
 * @parameters: of the control sequence
 * @dirty:  rows that changed since they were last matched
 * @masks:  for each row which patterns it matches
 * @cells:  the characters, blank is a space; the last column is always 0
 */
struct vt {
	const struct until *until;
	bool seen;
	unsigned int row, column;
	unsigned int saved_row, saved_column;
	enum vt_state state;
	unsigned int nr;
	unsigned int parameters[VT_PARAMETERS];
	bool dirty[VT_ROWS];
	u32 masks[VT_ROWS];
	char cells[VT_ROWS][VT_COLUMNS + 1];
};

/** vt_init() - an empty screen; @until: patterns, not owned */
void vt_init(struct vt *vt, const struct until *until);

/** vt_feed() - draw what the guest sent, and look for the patterns whenever a line is finished */
void vt_feed(struct vt *vt, const u8 *bytes, size_t size);

#endif /* XVCPUCTL_VT_H */
