// SPDX-License-Identifier: GPL-2.0-only
/*
 * The terminal behind the serial port, as --until sees it: what matches, and at which moment.
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/tap.h"
#include "../vt.h"

static struct vt vt;
static struct until until;

static void begin(const char *first, const char *second)
{
	struct message err = { 0 };

	until_free(&until);
	CHECK_EQ(0, until_add(&until, first, &err));
	if (second)
		CHECK_EQ(0, until_add(&until, second, &err));
	vt_init(&vt, &until);
}

static void feed(const char *text)
{
	vt_feed(&vt, (const u8 *)text, strlen(text));
}

static void a_line_matches_before_it_is_finished(void)
{
	begin("^login: $|^login:$", NULL);
	feed("Welcome\r\nlog");
	CHECK(!vt.seen);
	feed("in: ");
	CHECK(vt.seen);
}

static void text_drawn_in_pieces_is_one_line(void)
{
	begin("^Test #6", NULL);
	feed("\033[4;6H#6\033[4;1HTest\033[10;1Helsewhere");
	CHECK(vt.seen);
}

static void what_was_overdrawn_is_gone(void)
{
	begin("Errors: 0$", NULL);
	feed("\033[5;1HErrors: 03");
	CHECK(!vt.seen);
	feed("\033[5;9H1\033[5;10H ");
	CHECK(!vt.seen);
	feed("\033[5;9H0");
	CHECK(vt.seen);
}

static void all_patterns_must_match_one_screen(void)
{
	begin("one", "two");
	feed("one\r\n\033[2J\033[Htwo\r\n");
	CHECK(!vt.seen);
	feed("and one");
	CHECK(vt.seen);
}

static void a_line_that_scrolls_away_was_seen(void)
{
	begin("^needle$", NULL);
	feed("needle\r\n");
	CHECK(vt.seen);
	begin("^needle$", "^thread$");
	feed("needle\r\n");
	for (int i = 0; i < 60; i++)
		feed("hay\r\n");
	feed("thread\r\n");
	CHECK(!vt.seen);
	feed("needle\r\n");
	CHECK(vt.seen);
}

static void erasures_erase(void)
{
	static const struct {
		const char *text;
		bool left;
	} cases[] = {
		{ "\033[3;1Hneedle\033[3;3H\033[K", false },
		{ "\033[3;1Hneedle\033[3;3H\033[1K", false },
		{ "\033[3;1Hneedle\033[3;9H\033[K", true },
		{ "\033[3;1Hneedle\033[3;1H\033[1J", false },
		{ "\033[3;1Hneedle\033[5;1H\033[J", true },
		{ "\033[3;1Hneedle\033[2;1H\033[J", false },
		{ "\033[3;1Hneedle\033[5;1H\033[1J", false },
		{ "\033[3;1Hneedle\033[2;1H\033[1J", true },
		{ "\033[3;1Hneedle\033[2J", false },
		{ "\033[3;1Hneedle\033c", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		tap_context("case %zu", i);
		/* The pattern "end" comes last: only then is "needle" looked for. */
		begin("needle", "^end$");
		feed(cases[i].text);
		feed("\033[40;1Hend");
		CHECK_EQ(cases[i].left, vt.seen);
	}
	tap_context(NULL);
}

static void cursor_movements_move(void)
{
	static const char * const drawings[] = {
		"\033[3;3HB\033[2DA",
		"A\bAB",
		"\033[10;1HxB\033[9;1H\033[BA",
		"\033[10;1HxB\033[11;1H\033[AA",
		"\033[10;2HB\033[GA",
		"\033[10;2HB\033[1;1H\033[10dA",
		"\033[sxB\033[uA",
		"B\rAB",
	};

	for (size_t i = 0; i < ARRAY_SIZE(drawings); i++) {
		tap_context("drawing %zu", i);
		begin("AB", NULL);
		feed(drawings[i]);
		CHECK(vt.seen);
	}
	tap_context(NULL);
}

static void sequences_may_come_byte_by_byte(void)
{
	static const char stream[] = "\033[1;37;44m\033[7;5HAB\033[0m\033]0;title\007\033(BC";

	begin("^    ABC$", NULL);
	for (size_t i = 0; i < strlen(stream); i++)
		vt_feed(&vt, (const u8 *)stream + i, 1);
	CHECK(vt.seen);
}

static void long_lines_stay_whole(void)
{
	char line[240];

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	memcpy(line + 200, "needle", 6);
	begin("^x{200}needlex+$", NULL);
	feed(line);
	CHECK(vt.seen);
}

/* Whatever a guest sends, the cursor stays on the screen: the sanitizers watch. */
static void garbage_does_no_harm(void)
{
	static const char pieces[] = "\033[;0123456789HJKABCDGdsuc\n\r\b\tx]P(#\007?";

	begin("\001never", NULL);
	srandom(1);
	for (int i = 0; i < 500000; i++) {
		u8 byte = i & 1 ? random() : pieces[random() % (sizeof(pieces) - 1)];

		vt_feed(&vt, &byte, 1);
		if (vt.row >= VT_ROWS || vt.column > VT_COLUMNS)
			break;
	}
	CHECK(vt.row < VT_ROWS);
	CHECK(vt.column <= VT_COLUMNS);
	feed("\033[9999;9999Hend\033[99999999999999999999;1H");
	CHECK_EQ(VT_ROWS - 1, vt.row);
}

static void bad_patterns_are_refused(void)
{
	struct message err = { 0 };

	until_free(&until);
	CHECK(until_add(&until, "a(b", &err) < 0);
	CHECK_CONTAINS(err.text, "a(b");
	CHECK(until_add(&until, "", &err) < 0);
	for (int i = 0; i < UNTIL_PATTERNS; i++)
		CHECK_EQ(0, until_add(&until, "a", &err));
	CHECK(until_add(&until, "a", &err) < 0);
	CHECK_EQ(~0u, until_all(&until));
}

static const struct tap_test tests[] = {
	TEST(a_line_matches_before_it_is_finished),
	TEST(text_drawn_in_pieces_is_one_line),
	TEST(what_was_overdrawn_is_gone),
	TEST(all_patterns_must_match_one_screen),
	TEST(a_line_that_scrolls_away_was_seen),
	TEST(erasures_erase),
	TEST(cursor_movements_move),
	TEST(sequences_may_come_byte_by_byte),
	TEST(long_lines_stay_whole),
	TEST(garbage_does_no_harm),
	TEST(bad_patterns_are_refused),
};

int main(void)
{
	int ret = tap_main(tests, ARRAY_SIZE(tests));

	until_free(&until);
	return ret;
}
