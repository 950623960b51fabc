/*
 * body: a request's body, split into events.
 *
 * JSON: one event, or an array of events.  An event must be one line, so raw
 * newlines outside of strings become blanks; one inside of a string is no
 * JSON, and is refused here, before the blank could repair it.  An array is
 * checked as JSON whole before its first event is handed out: a broken one
 * is refused whole.  A single event is not checked further: the chain does.
 * LINES (application/x-ndjson): an event a line, blank lines passed over, a
 * last line without its newline taken, since the length of the body is known
 * to be right.
 */
#ifndef DP_HTTP_BODY_H
#define DP_HTTP_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/scan.h"

enum dp_body_kind {
	DP_BODY_JSON,
	DP_BODY_LINES,
	DP_BODY_ONE /* JSON, and an array is an event too (--compat) */
};

struct dp_body {
	uint32_t events; /* how many there are */
	bool batch;      /* an array or lines, of any number */

	enum dp_body_kind kind;
	char *text; /* without white space around it, for JSON */
	size_t len;
	char *end; /* where the newline is, and what was there */
	char saved;
	uint32_t next; /* the number of the next line or element, from 1 */
	const char *at;
	struct dp_scan_value array;
};

struct dp_body_event {
	const char *text; /* no newline in it */
	size_t len;
	uint32_t number; /* of its line, or in the array, from 1 */
};

struct dp_body_fault {
	const char *code; /* a word of base/code.h */
	const char *detail;
	size_t at; /* offset in the body */
};

/*
 * Opens data[0..len), which is changed in place and borrowed until
 * dp_body_close(); DP_SCAN_PAD bytes behind it must be there, of which the
 * first is changed and put back by dp_body_close().  work is scratch of the
 * scanner, with dup_passes and nul_passes: what an event may hold is for the
 * chain to say.  Returns 0, or -1 with *fault set, and closed; more events
 * than max_events is the fault "too-long".
 */
int dp_body_open(struct dp_body *b, enum dp_body_kind kind, char *data,
    size_t len, uint64_t max_events, struct dp_scan_work *work,
    struct dp_body_fault *fault);

/* The next event, or false at the end. */
bool dp_body_next(struct dp_body *b, struct dp_body_event *e);
void dp_body_close(struct dp_body *b); /* twice is once */

#endif
