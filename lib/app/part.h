/*
 * part: what became of some lines of a block, in their order.
 *
 * Who looks at lines (app/sift.h) fills it, perhaps in a thread of its own;
 * who counts, tells and writes (app/filter.c) reads it.  Its memory is
 * bounded: a block of very short lines, or of long stories about them, makes
 * several parts, one after the other.
 */
#ifndef DP_APP_PART_H
#define DP_APP_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"
#include "base/buf.h"
#include "base/err.h"

#define DP_PART_EVENTS 4096      /* of one part */
#define DP_PART_TEXT (512 << 10) /* bytes kept; full when they are over it */

enum dp_event_kind {
	DP_EVENT_GOOD,    /* n lines that pass, as one piece */
	DP_EVENT_BAD,     /* a record that is rejected */
	DP_EVENT_BLANK,   /* a line that is no record */
	DP_EVENT_DROPPED, /* a record of which a filter made nothing */
	DP_EVENT_PENDING  /* the inside of app/sift.c: a stage has it */
};

struct dp_event {
	enum dp_event_kind kind;
	bool fixed;       /* text is what a filter made of raw */
	size_t row;       /* of the tally */
	const char *text; /* to the output, newline included; len 0: nothing */
	size_t len;
	uint64_t n;      /* records in it */
	uint64_t lines;  /* of text, when a filter made it */
	const char *raw; /* the record as it came, without its newline */
	size_t raw_len;
	uint64_t seq;     /* the number of its line in the part, from 0 */
	const char *file; /* where from, in a replay; else NULL */
	uint64_t line;    /* likewise, else 0 */
	uint64_t attempt;
	uint64_t tag;
	uint64_t bytes; /* of a line of which raw is the head; else 0 */
	size_t from;    /* where its line begins, in the block */
	size_t at;      /* PENDING: which of the batch */
	unsigned stage; /* of that stage */
	size_t bad;     /* BAD: which of the bads */
};

struct dp_part_chunk; /* opaque */

/* Starts as { 0 }; then dp_part_clear() for each use. */
struct dp_part {
	struct dp_buf events;        /* struct dp_event */
	struct dp_buf bads;          /* struct dp_reject, but for its place */
	struct dp_part_chunk *texts; /* do not move */
	size_t kept;                 /* bytes of texts */
	size_t taken;                /* bytes of the block, all parts */
	uint64_t lines;              /* of this part */
	bool whole;                  /* the block is at its end */
	bool failed;                 /* and err says why */
	uint64_t fault_line;         /* of the part, from 1; 0: err has none */
	struct dp_err err;
};

void dp_part_begin(struct dp_part *p); /* of a new block */
void dp_part_clear(struct dp_part *p); /* the next part of it */
void dp_part_fini(struct dp_part *p);
bool dp_part_full(const struct dp_part *p);

size_t dp_part_count(const struct dp_part *p);
struct dp_event *dp_part_event(const struct dp_part *p, size_t i);
struct dp_reject *dp_part_bad(const struct dp_part *p,
    const struct dp_event *e);

/* Appends an event, of which the caller must set all; NULL, failed and err
 * without memory. */
struct dp_event *dp_part_add(struct dp_part *p);

/* The event becomes BAD; the texts of r are copied.  -1: no memory. */
int dp_part_reject(struct dp_part *p, struct dp_event *e,
    const struct dp_reject *r);

/* A copy of text; a newline, and DP_INPUT_PAD bytes, may be read behind it.
 * NULL, failed and err without memory. */
char *dp_part_keep(struct dp_part *p, const char *text, size_t len);

/* A copy of a string. */
char *dp_part_keep_string(struct dp_part *p, const char *text);

/* Takes back the ith event and those behind it: their lines are to be
 * looked at once more. */
void dp_part_cut(struct dp_part *p, size_t i);

/* Records why the run must end; returns -1. */
int dp_part_fail(struct dp_part *p);

#endif
