/*
 * reject: rejected records, one JSON object a line (data-pipe(7)).
 *
 * Whole rejects only are written, by one write at a time, to a file opened
 * for appending, so that the programs of a pipeline may share one file.
 * They are held back until 32 KiB are there or dp_rejects_flush() is called:
 * call it before the good lines of the same input are flushed.
 */
#ifndef DP_APP_REJECT_H
#define DP_APP_REJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"

struct dp_err;
struct dp_rejects; /* opaque: an open rejects file */

enum dp_rejects_mode {
	DP_REJECTS_APPEND, /* create if missing, else go on behind */
	DP_REJECTS_EMPTY,  /* begin anew */

	/*
	 * In an attempt of dp-drain(1): the file that DP_REJECTS names
	 * begins anew, unless another program of the attempt has written to
	 * it (DP_REJECTS_STAMP); any other one goes on.
	 */
	DP_REJECTS_ATTEMPT
};

/* path may be fd:N.  Created 0600. */
struct dp_rejects *dp_rejects_open(const char *path, enum dp_rejects_mode mode,
    struct dp_err *err);

/* False for a pipe: what several processes write there can be mixed up. */
bool dp_rejects_are_shared(const char *path);

/*
 * The rejects of a program that may be the command of dp-drain(1), whose
 * DP_REJECTS is path's default: what an attempt has left that stored all
 * of its batch stays as it is.  batch: DP_BATCH, or NULL; known: none of it
 * was stored before (0), some (1), or all (2).  *r is NULL for no path.
 */
int dp_rejects_of_batch(struct dp_rejects **r, const char *path,
    const char *batch, int known, struct dp_err *err);
int dp_rejects_add(struct dp_rejects *r, const struct dp_reject *j,
    struct dp_err *err);
int dp_rejects_flush(struct dp_rejects *r, struct dp_err *err);
/* fsync; NULL is fine. */
int dp_rejects_sync(struct dp_rejects *r, struct dp_err *err);
int dp_rejects_close(struct dp_rejects *r, struct dp_err *err);

/*
 * Prints a reject's message, and adds it to the file; r may be NULL.  In a
 * batch of dp-drain(1) one that holds only the head of its line is a fault.
 */
struct dp_app;
int dp_app_reject(struct dp_app *app, struct dp_rejects *r,
    const struct dp_reject *j, struct dp_err *err);

/*
 * Appends the MESSAGE of the tagged chain for a fault: {"code":"required",
 * "pointer":"/user_id","detail":"..."}, at most DP_REJECT_MESSAGE_MAX bytes:
 * detail, then pointer, give way.
 */
#define DP_REJECT_MESSAGE_MAX 1024
struct dp_buf;
void dp_reject_message(struct dp_buf *b, const char *code, const char *pointer,
    size_t pointer_len, const char *detail, size_t detail_len);

/*
 * The other way, for --from-rejects: finds the original line in a reject.
 * raw is good until the next call.  Returns 0; -1 if line is no reject
 * (err says why), or if what it holds is truncated.
 */
struct dp_replay; /* opaque: buffers */

struct dp_replay_item {
	const char *raw; /* DP_INPUT_PAD readable bytes behind, '\n' first */
	size_t raw_len;
	uint64_t attempt; /* of the reject; the next one is one more */
	const char *source;
	const char *code; /* "" when it has none */
	uint64_t line;
};
struct dp_replay *dp_replay_new(struct dp_err *err);
int dp_replay_take(struct dp_replay *r, const char *line, size_t len,
    struct dp_replay_item *item, struct dp_err *err);
void dp_replay_free(struct dp_replay *r);

#endif
