// SPDX-License-Identifier: GPL-2.0-only
/* The text screen as text: see textscreen.h. Constant tables only. */
#include <string.h>

#include "textscreen.h"

#define CELL_COUNT	(TEXTSCREEN_SIZE / 2)

/* The glyphs of the VGA's ROM font, code page 437, that are not ASCII. */
static const u16 glyphs_low[32] = {
	0x0020, 0x263a, 0x263b, 0x2665, 0x2666, 0x2663, 0x2660, 0x2022,
	0x25d8, 0x25cb, 0x25d9, 0x2642, 0x2640, 0x266a, 0x266b, 0x263c,
	0x25ba, 0x25c4, 0x2195, 0x203c, 0x00b6, 0x00a7, 0x25ac, 0x21a8,
	0x2191, 0x2193, 0x2192, 0x2190, 0x221f, 0x2194, 0x25b2, 0x25bc,
};

static const u16 glyphs_high[128] = {
	0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7,
	0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5,
	0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
	0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192,
	0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
	0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
	0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556,
	0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510,
	0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
	0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
	0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b,
	0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
	0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
	0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229,
	0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
	0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x0020,
};

#define GLYPH_HOUSE	0x2302

static u16 glyph(u8 character)
{
	if (character < 32)
		return glyphs_low[character];
	if (character >= 128)
		return glyphs_high[character - 128];
	return character == 127 ? GLYPH_HOUSE : character;
}

/* All glyphs are below 0x10000: at most three bytes. */
static char *put_utf8(char *out, u16 code)
{
	if (code < 0x80) {
		*out++ = code;
	} else if (code < 0x800) {
		*out++ = 0xc0 | code >> 6;
		*out++ = 0x80 | (code & 0x3f);
	} else {
		*out++ = 0xe0 | code >> 12;
		*out++ = 0x80 | (code >> 6 & 0x3f);
		*out++ = 0x80 | (code & 0x3f);
	}
	return out;
}

static void render_row(char *line, const u8 *cells, unsigned int first)
{
	char *out = line, *end = line;
	unsigned int column;

	for (column = 0; column < TEXTSCREEN_COLUMNS; column++) {
		u16 code = glyph(cells[(first + column) % CELL_COUNT * 2]);

		out = put_utf8(out, code);
		if (code != ' ')
			end = out;
	}
	*end = '\0';
}

void textscreen_render(struct textscreen *screen, const u8 *cells, unsigned int start)
{
	unsigned int row;

	for (row = 0; row < TEXTSCREEN_ROWS; row++)
		render_row(screen->lines[row], cells, start + row * TEXTSCREEN_COLUMNS);
}

bool textscreen_take(struct textscreen *screen, const struct guest_memory *memory,
		     const struct vga_ports *vga)
{
	const u8 *cells = guest_memory_at(memory, TEXTSCREEN_GPA, TEXTSCREEN_SIZE);
	unsigned int start = vga ? vga_start(vga) : 0;
	unsigned int cursor;

	memset(screen, 0, sizeof(*screen));
	if (!cells)
		return false;
	textscreen_render(screen, cells, start);
	if (!vga || !vga_cursor(vga, &cursor))
		return true;
	cursor = (cursor - start) % CELL_COUNT;
	screen->cursor_row = cursor / TEXTSCREEN_COLUMNS;
	screen->cursor_column = cursor % TEXTSCREEN_COLUMNS;
	screen->cursor_on = screen->cursor_row < TEXTSCREEN_ROWS;
	return true;
}
