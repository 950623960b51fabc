/*
 * load: the loop over lines, from a position in a ledger on.
 *
 * Lines are checked, routed to their tables, counted and committed in
 * batches; what cannot be stored goes to the reject callback.  Counts move
 * from pending to done by a commit, so that they tell what is in the
 * database.
 */
#ifndef DP_SINK_LOAD_H
#define DP_SINK_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "sink/sink.h"

struct dp_check;
struct dp_hash128;

/* What becomes of U+0000 in a string, which no text of a database holds. */
enum dp_load_nul { DP_NUL_REJECT, DP_NUL_REPLACE };

struct dp_load_counts {
	uint64_t read, loaded, updated, ignored, rejected, known, blank;
	uint64_t replaced; /* lines with a U+0000 that became U+FFFD */
};

struct dp_load {
	struct dp_sink *sink;
	struct dp_check *check;
	uint64_t batch_records, batch_bytes;
	bool whole;    /* one transaction, committed by dp_load_commit() */
	bool by_lines; /* positions are lines; else bytes */
	bool marked;   /* there is a ledger, and a place in it */
	int nul;       /* enum dp_load_nul */

	/* A line that is not stored.  -1: stop, err set. */
	int (*reject)(void *arg, struct dp_reject *fault, struct dp_err *err);
	void *arg;

	struct dp_load_counts done; /* in the database */
	struct dp_load_counts sent, pending;
	uint64_t bytes; /* in the open batch */
	uint64_t skip;  /* lines that are known, still to come */
	struct dp_mark mark, to;
	struct dp_hash128 *hash; /* of the content before to.next, or NULL */
	struct dp_buf mended;    /* the line at hand, without U+0000 */
};

/*
 * Sets the place that the next line has: mark is what the ledger says, or
 * NULL without one; hash has run over the content before it.
 */
void dp_load_at(struct dp_load *l, const struct dp_mark *mark,
    struct dp_hash128 *hash);

/* Whole lines; *lines is raised by their number. */
int dp_load_lines(struct dp_load *l, const char *text, size_t len,
    uint64_t line, uint64_t *lines, struct dp_err *err);

/* One line; text[len] is a newline, ends tells whether it is the input's. */
int dp_load_line(struct dp_load *l, const char *text, size_t len, bool ends,
    uint64_t line, struct dp_err *err);

/* Content of a line that is too long: passes by. */
void dp_load_pass(struct dp_load *l, const char *data, size_t len);

/* A line of `bytes` bytes, too long: text is its head. */
int dp_load_long(struct dp_load *l, const char *text, size_t len,
    uint64_t bytes, uint64_t line, struct dp_err *err);

/* All that was counted, stored or not yet. */
struct dp_load_counts dp_load_total(const struct dp_load *l);

/* The database refuses a line that was counted as loaded. */
int dp_load_refused(void *load, struct dp_reject *fault, struct dp_err *err);

/* Some of the lines that were counted as loaded. */
void dp_load_conflicts(void *load, uint64_t updated, uint64_t ignored);

/* Takes the sink's word of rows. */
void dp_load_listen(struct dp_load *l, struct dp_sink_opts *opts);

/* Stores the open batch, if there is anything in it. */
int dp_load_commit(struct dp_load *l, struct dp_err *err);
void dp_load_rollback(struct dp_load *l);
void dp_load_fini(struct dp_load *l); /* not the sink, nor the check */

#endif
