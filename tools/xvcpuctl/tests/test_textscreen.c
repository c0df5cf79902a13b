// SPDX-License-Identifier: GPL-2.0-only
/* The text screen as text, and the VGA registers that say where it is. */
#include <iconv.h>
#include <string.h>

#include "../devices/textscreen.h"
#include "tap.h"

static struct bus ports;
static struct vga_ports vga;
static struct guest_memory memory;
static struct textscreen screen;
static u64 now;

static u64 now_ns(void *ctx)
{
	(void)ctx;
	return now;
}

static u8 in(u16 port)
{
	return bus_read(&ports, port, 1);
}

static void out(u16 port, u8 value)
{
	bus_write(&ports, port, 1, value);
}

static void setup(void)
{
	struct dev_clock clock = { .now_ns = now_ns };
	struct message err;

	bus_init(&ports);
	now = 0;
	CHECK_EQ(0, dev_vga_init(&vga, &ports, &clock));
	guest_memory_free(&memory);
	CHECK_EQ(0, guest_memory_init(&memory, 1 << 20, &err));
}

static void put(unsigned int cell, const char *text)
{
	u8 *cells = guest_memory_at(&memory, TEXTSCREEN_GPA, TEXTSCREEN_SIZE);

	for (; *text; text++, cell++) {
		cells[cell * 2] = *text;
		cells[cell * 2 + 1] = 0x07;
	}
}

static void crtc(u8 index, u8 value)
{
	bus_write(&ports, 0x3d4, 2, value << 8 | index);
}

static void lines_lose_trailing_blanks_and_keep_inner_ones(void)
{
	unsigned int row;

	setup();
	put(0, "top left");
	put(80 + 72, "  a  b  ");
	put(24 * 80 + 79, "x");
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK_STR("top left", screen.lines[0]);
	CHECK_EQ(72 + 6, strlen(screen.lines[1]));
	CHECK_STR("  a  b", screen.lines[1] + 72);
	CHECK_EQ(80, strlen(screen.lines[24]));
	for (row = 2; row < 24; row++)
		CHECK_STR("", screen.lines[row]);
}

/* Against the C library's idea of code page 437, where that is about glyphs and not controls. */
static void characters_are_code_page_437(void)
{
	iconv_t table = iconv_open("UTF-8", "CP437");
	unsigned int c;

	if (table == (iconv_t)-1) {
		tap_skip("the C library has no CP437");
		return;
	}
	for (c = 0x21; c < 0xff; c++) {
		char byte[1] = { c }, expected[8] = "", *from = byte, *to = expected;
		size_t from_left = 1, to_left = 7;

		if (c == 0x7f)
			continue;
		setup();
		put(0, (char[]){ c, 0 });
		CHECK_EQ(0, iconv(table, &from, &from_left, &to, &to_left));
		CHECK(textscreen_take(&screen, &memory, &vga));
		tap_context("character %#x", c);
		CHECK_STR(expected, screen.lines[0]);
	}
	iconv_close(table);
}

static void control_characters_have_glyphs(void)
{
	setup();
	put(0, "\x01\x03\x0a\x1b\x1e\x7f");
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK_STR("\xe2\x98\xba\xe2\x99\xa5\xe2\x97\x99\xe2\x86\x90\xe2\x96\xb2\xe2\x8c\x82",
		  screen.lines[0]);
}

/* 80 characters of three bytes are the longest line. */
static void a_line_of_the_widest_characters_fits(void)
{
	char line[81];

	setup();
	memset(line, 0xdb, 80);
	line[80] = '\0';
	put(0, line);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK_EQ(240, strlen(screen.lines[0]));
}

static void the_crtc_moves_the_screen_and_it_wraps(void)
{
	setup();
	put(80, "second");
	crtc(0x0d, 80);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK_STR("second", screen.lines[0]);
	put(80, "      ");
	put(TEXTSCREEN_SIZE / 2 - 40, "end");
	put(40, "start");
	crtc(0x0c, (TEXTSCREEN_SIZE / 2 - 40) >> 8);
	crtc(0x0d, (TEXTSCREEN_SIZE / 2 - 40) & 0xff);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK_STR("end", screen.lines[0]);
	CHECK_STR("start", screen.lines[1]);
}

static void the_cursor_is_where_the_crtc_says(void)
{
	setup();
	crtc(0x0e, (3 * 80 + 17) >> 8);
	crtc(0x0f, (3 * 80 + 17) & 0xff);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK(screen.cursor_on);
	CHECK_EQ(3, screen.cursor_row);
	CHECK_EQ(17, screen.cursor_column);
	crtc(0x0d, 80);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK_EQ(2, screen.cursor_row);
	crtc(0x0e, 0x3f);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK(!screen.cursor_on);
	crtc(0x0e, 0);
	crtc(0x0d, 0);
	crtc(0x0a, 0x2d);
	CHECK(textscreen_take(&screen, &memory, &vga));
	CHECK(!screen.cursor_on);
}

static void a_guest_without_memory_there_has_no_screen(void)
{
	struct message err;

	guest_memory_free(&memory);
	CHECK_EQ(0, guest_memory_init(&memory, 640 << 10, &err));
	CHECK(!textscreen_take(&screen, &memory, NULL));
	CHECK_STR("", screen.lines[0]);
	guest_memory_free(&memory);
}

static void a_wide_write_sets_index_and_data(void)
{
	setup();
	crtc(0x0f, 0x5a);
	CHECK_EQ(0x0f, in(0x3d4));
	CHECK_EQ(0x5a, in(0x3d5));
	CHECK_EQ(0x5a0f, bus_read(&ports, 0x3d4, 2));
}

static void crtc_registers_0_to_7_are_protected(void)
{
	setup();
	crtc(0x00, 0x11);
	out(0x3d4, 0x00);
	CHECK_EQ(0x5f, in(0x3d5));
	crtc(0x07, 0x00);
	CHECK_EQ(0x0f, in(0x3d5));	/* but for bit 4 of register 7 */
	crtc(0x07, 0xff);
	CHECK_EQ(0x1f, in(0x3d5));
	crtc(0x11, 0x0e);
	crtc(0x00, 0x11);
	CHECK_EQ(0x11, in(0x3d5));
	crtc(0xff, 0x77);
	CHECK_EQ(0x00, in(0x3d5));
}

static void the_attribute_port_alternates_and_status_1_resets_it(void)
{
	setup();
	in(0x3da);
	out(0x3c0, 0x30);
	out(0x3c0, 0x0c);
	out(0x3c0, 0x30);
	CHECK_EQ(0x0c, in(0x3c1));
	in(0x3da);
	out(0x3c0, 0x31);
	CHECK_EQ(0x31, in(0x3c0));
	out(0x3c0, 0x55);
	CHECK_EQ(0x55, in(0x3c1));
}

static void the_dac_goes_through_its_components(void)
{
	unsigned int i;

	setup();
	out(0x3c8, 255);
	for (i = 0; i < 6; i++)
		out(0x3c9, 0x40 | i);
	out(0x3c7, 255);
	CHECK_EQ(3, in(0x3c7));
	for (i = 0; i < 6; i++)
		CHECK_EQ(i, in(0x3c9));
	out(0x3c8, 5);
	CHECK_EQ(5, in(0x3c8));
	CHECK_EQ(0, in(0x3c7));
}

static void other_registers_keep_what_is_written(void)
{
	setup();
	CHECK_EQ(0x67, in(0x3cc));
	out(0x3c2, 0x63);
	CHECK_EQ(0x63, in(0x3cc));
	bus_write(&ports, 0x3c4, 2, 0x0304);
	CHECK_EQ(0x03, in(0x3c5));
	bus_write(&ports, 0x3ce, 2, 0x0e06);
	CHECK_EQ(0x0e, in(0x3cf));
	CHECK_EQ(0xff, in(0x3c6));
}

/* A guest that waits for the retrace to come and go must not wait for ever. */
static void the_beam_moves(void)
{
	unsigned int blank = 0, retrace = 0, edges = 0;
	u8 before = 0;

	setup();
	for (now = 0; now < 1000000000; now += 10000) {
		u8 status = in(0x3da);

		blank += status & 1;
		retrace += status >> 3 & 1;
		edges += ~before & status & 8 ? 1 : 0;
		CHECK(!(status & 8) || (status & 1));
		before = status;
	}
	CHECK_EQ(70, edges);
	CHECK(blank > 20000 && blank < 40000);
	CHECK(retrace > 300 && retrace < 600);
}

static const struct tap_test tests[] = {
	TEST(lines_lose_trailing_blanks_and_keep_inner_ones),
	TEST(characters_are_code_page_437),
	TEST(control_characters_have_glyphs),
	TEST(a_line_of_the_widest_characters_fits),
	TEST(the_crtc_moves_the_screen_and_it_wraps),
	TEST(the_cursor_is_where_the_crtc_says),
	TEST(a_guest_without_memory_there_has_no_screen),
	TEST(a_wide_write_sets_index_and_data),
	TEST(crtc_registers_0_to_7_are_protected),
	TEST(the_attribute_port_alternates_and_status_1_resets_it),
	TEST(the_dac_goes_through_its_components),
	TEST(other_registers_keep_what_is_written),
	TEST(the_beam_moves),
};

int main(void)
{
	int status = tap_main(tests, ARRAY_SIZE(tests));

	guest_memory_free(&memory);
	return status;
}
