/*
 * screen: a text that is drawn on the terminal again and again, until
 * somebody presses q.
 *
 * Codes of ECMA-48 that every terminal knows; the screen as it was before
 * and the terminal's settings come back however the loop ends, but by a
 * signal that nobody can catch.
 */
#ifndef DP_APP_SCREEN_H
#define DP_APP_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

struct dp_buf;
struct dp_err;

struct dp_screen {
	bool once; /* as plain text, wherever stdout leads */
	uint64_t every_ms;
	void *arg;
	/* Adds lines; what does not fit on the screen is cut. */
	int (*draw)(void *arg, struct dp_buf *out, struct dp_err *err);
};

/* DP_USAGE: stdout is no terminal. */
int dp_screen_run(const struct dp_screen *s, struct dp_err *err);

#endif
