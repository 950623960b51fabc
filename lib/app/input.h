/*
 * input: blocks of whole lines from files and stdin.
 *
 * Files are plain, gzip or zstd, told by their first bytes (RFC 1952, RFC
 * 8878), "-" is stdin.  Memory is bounded: 256 KiB, growing to max_record
 * when a line asks for it.  A line longer than max_record is skipped and
 * handed out as DP_BLOCK_LONG.  A UTF-8 BOM at the start of a file is left
 * out and told through `bom`.
 */
#ifndef DP_APP_INPUT_H
#define DP_APP_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/block.h"

struct dp_err;
struct dp_input; /* opaque */

/* Bytes behind a block that may be read; their content means nothing. */
#define DP_INPUT_PAD 64
#define DP_INPUT_LONG_HEAD 65536

struct dp_input_opts {
	size_t max_record;
	/* Time that more may take to come before before_wait is called, from
	 * when there was no more. */
	uint64_t linger_ms;
	/*
	 * Called before a read that may block, and before a fault is told:
	 * the place to flush output.  1: something was done, and there is
	 * more; it is called again, unless there is input now.  After -1,
	 * with err set, the input is at its end.  May be NULL.
	 */
	int (*before_wait)(void *arg, struct dp_err *err);
	/*
	 * Called with all of a line that is too long, in pieces, its newline
	 * included, before it is handed out.  May be NULL.
	 */
	void (*passed)(void *arg, const char *data, size_t len);
	void *arg;
};

/* paths: n operands, borrowed; none means stdin. */
struct dp_input *dp_input_new(char *const *paths, size_t n,
    const struct dp_input_opts *opts, struct dp_err *err);

/*
 * 1: *block is the next one.  0: the end of all files.  -1: err tells what
 * is wrong with the file at hand (missing, unreadable, a folder, cut or
 * broken compression: what was good before it has been handed out); the
 * next call goes on with the next file.  A stop signal is an end.
 */
int dp_input_next(struct dp_input *in, struct dp_block *block,
    struct dp_err *err);

/*
 * Must be called after each block with the number of lines it had: line
 * numbers are counted by who looks at the bytes anyway.
 */
void dp_input_count(struct dp_input *in, uint64_t lines);

/* True when the block is of the file at hand. */
bool dp_input_is_of(const struct dp_input *in, const struct dp_block *block);

/*
 * For who keeps a block beyond the next call: the block's data go to *buf,
 * of *cap bytes and the pad, whose memory the input takes in exchange.
 * NULL and 0 at first; in the end free(*buf).  -1: no memory.
 */
int dp_input_swap(struct dp_input *in, struct dp_block *block, char **buf,
    size_t *cap, struct dp_err *err);

/* For progress: bytes read of the files as they lie on disk, and the sum of
 * their sizes (0 when not known). */
uint64_t dp_input_bytes(const struct dp_input *in);
uint64_t dp_input_bytes_total(const struct dp_input *in);

/* fn is called when SIGUSR1 comes during a wait for input. */
void dp_input_on_ask(struct dp_input *in, void (*fn)(void *arg), void *arg);

void dp_input_free(struct dp_input *in); /* NULL is fine */

#endif
