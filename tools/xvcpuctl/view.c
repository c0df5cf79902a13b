// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text screen while the guest runs (view.h). Drawn with ECMA-48 sequences that every terminal
 * knows, on the alternate screen where there is one.
 */
#include "view.h"

#include <stdio.h>
#include <string.h>

#define ENTER_SCREEN	"\033[?1049h\033[2J"
#define LEAVE_SCREEN	"\033[?1049l"
#define NOTICE_ROW	(TEXTSCREEN_ROWS + 2)

void view_init(struct view *view, struct vmm *vmm, struct output *output, bool live)
{
	memset(view, 0, sizeof(*view));
	view->vmm = vmm;
	view->output = output;
	view->live = live;
	view->notice = "Ctrl-a x ends the guest, Ctrl-a h helps";
	view_resume(view);
}

__attribute__((__format__(__printf__, 2, 3)))
static void put(struct output *output, const char *fmt, ...)
{
	size_t room = OUTPUT_SIZE - output->end;
	va_list args;
	int ret;

	va_start(args, fmt);
	ret = vsnprintf((char *)output->bytes + output->end, room, fmt, args);
	va_end(args);
	if (ret > 0 && (size_t)ret < room)
		output->end += ret;
}

/* A drawing fits into the output; while an earlier one waits for a slow terminal none is begun. */
static void draw(struct view *view, const struct textscreen *now)
{
	struct output *output = view->output;

	if (output_waits(output))
		return;
	for (unsigned int row = 0; row < TEXTSCREEN_ROWS; row++) {
		if (view->all || strcmp(view->shown.lines[row], now->lines[row]))
			put(output, "\033[%u;1H%s\033[K", row + 1, now->lines[row]);
	}
	if (view->all)
		put(output, "\033[%u;1H[%s]\033[K", NOTICE_ROW, view->notice);
	if (now->cursor_on)
		put(output, "\033[%u;%uH\033[?25h", now->cursor_row + 1, now->cursor_column + 1);
	else
		put(output, "\033[?25l");
	view->shown = *now;
	view->all = false;
}

bool view_draw(struct view *view, const struct until *until)
{
	struct textscreen now;
	u32 mask = 0;

	machine_screen(&view->vmm->machine, &view->vmm->memory, &now);
	if (view->live)
		draw(view, &now);
	if (!until->nr)
		return false;
	for (unsigned int row = 0; row < TEXTSCREEN_ROWS; row++)
		mask |= until_line(until, now.lines[row]);
	return mask == until_all(until);
}

void view_console(struct view *view, const u8 *bytes, size_t size)
{
	if (!view->live) {
		memcpy(view->output->bytes, bytes, size);
		view->output->end = size;
		return;
	}
	for (size_t i = 0; i < size; i++)
		view->console[view->kept++ % VIEW_KEPT] = bytes[i];
}

void view_notice(struct view *view, const char *text)
{
	view->notice = text;
	view->all = true;
	if (!view->live)
		fprintf(stderr, "\r\n[%s]\r\n", text);
}

void view_suspend(struct view *view)
{
	if (!view->live)
		return;
	fputs(LEAVE_SCREEN "\033[?25h", stdout);
	fflush(stdout);
}

void view_resume(struct view *view)
{
	view->all = true;
	if (!view->live)
		return;
	fputs(ENTER_SCREEN, stdout);
	fflush(stdout);
}

void view_close(struct view *view)
{
	u64 first = view->kept > VIEW_KEPT ? view->kept - VIEW_KEPT : 0;

	if (!view->live)
		return;
	view_suspend(view);
	view->live = false;
	while (first < view->kept)
		putchar(view->console[first++ % VIEW_KEPT]);
	fflush(stdout);
}
