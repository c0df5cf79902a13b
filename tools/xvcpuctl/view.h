/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's text screen, live on the user's terminal and under the eyes of --until.
 *
 * While it is live it has the terminal for itself: what the guest prints on its console is kept
 * back and shown when the view is closed. The main thread's.
 */
#ifndef XVCPUCTL_VIEW_H
#define XVCPUCTL_VIEW_H

#include "devices/textscreen.h"
#include "output.h"
#include "until.h"
#include "vmm.h"

/** define VIEW_KEPT - bytes of console that are kept back; older ones are lost */
#define VIEW_KEPT	65536

/**
 * struct view - the view
 * @vmm:    whose screen
 * @output: where it is drawn
 * @live:   it is drawn at all
 * @all:    the next drawing draws every line
 * @shown:  what the terminal shows
 * @notice: line below the screen
 * @kept:   bytes of console ever kept
 * @console: the last %VIEW_KEPT of them
 */
struct view {
	struct vmm *vmm;
	struct output *output;
	bool live;
	bool all;
	struct textscreen shown;
	const char *notice;
	u64 kept;
	u8 console[VIEW_KEPT];
};

/** view_init() - begin; with @live the terminal behind @output is taken over */
void view_init(struct view *view, struct vmm *vmm, struct output *output, bool live);

/**
 * view_draw() - look at the guest's screen, and draw what changed
 *
 * Return: whether all patterns of @until match lines of it.
 */
bool view_draw(struct view *view, const struct until *until);

/** view_console() - console bytes, at most %OUTPUT_SIZE; nothing waits in the output */
void view_console(struct view *view, const u8 *bytes, size_t size);

/** view_notice() - tell the user something; @text: constant */
void view_notice(struct view *view, const char *text);

/** view_suspend() - give the terminal back for a while */
void view_suspend(struct view *view);

/** view_resume() - take it over again, and draw everything */
void view_resume(struct view *view);

/** view_close() - give the terminal back and print the console that was kept back */
void view_close(struct view *view);

#endif /* XVCPUCTL_VIEW_H */
