/*
 * receipt: answers of the tagged chain (base/tag.h) that wait for a commit.
 *
 * One is added for every line, in order; all go out together when it is
 * known whether what was put since the last time is stored.
 */
#ifndef DP_QUEUE_RECEIPT_H
#define DP_QUEUE_RECEIPT_H

#include "base/buf.h"

struct dp_err;
struct dp_feed;

struct dp_receipts {
	struct dp_buf entries; /* struct entry and its message, in turn */
	uint64_t stored;       /* how many wait for the commit */
};

void dp_receipts_init(struct dp_receipts *r);
void dp_receipts_fini(struct dp_receipts *r);

/* code 0: the line waits for the commit.  -1: no memory. */
int dp_receipts_add(struct dp_receipts *r, uint64_t tag, int code,
    const char *message, size_t len);

/*
 * Takes one line of the chain (a verdict, without its newline, which must
 * stand behind it): a good event goes into the batch.  *code is what its
 * receipt will say, 0 if it waits for the commit.  DP_DATA: no verdict.
 */
int dp_receipts_line(struct dp_receipts *r, struct dp_feed *f, const char *line,
    size_t len, int *code, struct dp_err *err);

/*
 * The same for whole lines.  *lines and *refused (code is not 0, nor 2: no
 * event is a probe) count those that were taken, on error too.
 */
int dp_receipts_lines(struct dp_receipts *r, struct dp_feed *f,
    const char *data, size_t len, uint64_t *lines, uint64_t *refused,
    struct dp_err *err);

/* The same for a line that is too long, of which this is the head. */
int dp_receipts_long(struct dp_receipts *r, const char *head, size_t len,
    struct dp_err *err);

/*
 * Appends the lines to out and forgets them.  fault: NULL when all is
 * stored; else lines that waited get code 100 and this message.
 */
int dp_receipts_take(struct dp_receipts *r, const char *fault,
    struct dp_buf *out);

#endif
