/*
 * file: what of a file is loaded already, and the loading of the rest.
 *
 * A file is known by its content: by the first line, which does not change
 * while the file grows, and then by the hash of all that was loaded of it.
 * So it is known under whatever name, rotated or compressed.  What is fed
 * here is the uncompressed content, in order, as the input hands it out.
 *
 *     new              no file that begins so was loaded: all is loaded
 *     known            nothing behind what was loaded
 *     grown, or interrupted   goes on behind what was loaded
 *     otherwise        as new
 *
 * A prefix below DP_KNOWN_PROOF bytes proves nothing: then the inode must
 * be the recorded one too.  The last line, if it has no newline, is loaded
 * only if it is complete JSON; else the next run reads it anew.
 */
#ifndef DP_SINK_FILE_H
#define DP_SINK_FILE_H

#include "sink/load.h"

/* The values are those of base/block.h. */
enum dp_file_next {
	DP_FILE_FAIL = -1,
	DP_FILE_MORE,  /* the next block, please */
	DP_FILE_AGAIN, /* from the front of the file, please */
	DP_FILE_ENOUGH /* look: there is something to load */
};

struct dp_file {
	struct dp_sink *sink; /* whose ledger it is */
	struct dp_load *load; /* NULL: look what would be done, and stop */
	const char *source;   /* of the ledger */
	bool ledger;          /* there is one */
	bool force;           /* load what is known all the same */
	bool streams;         /* stdin: there is no way back to the front */
	bool placed;          /* the load has its place: all is to be loaded */

	/* The rest is the module's. */
	struct dp_known known;
	struct dp_mark mark; /* where to go on */
	char name[DP_MARK_FILE], inode[48], head[33];

	enum { DP_FILE_HEAD, DP_FILE_JUDGE, DP_FILE_PASS, DP_FILE_LOAD } state;

	bool went_on;    /* from a mark of an earlier run */
	bool incomplete; /* the last line was left */
	bool like_known; /* one that begins with the same line was loaded */
	bool too_small;  /* one of this content was, but that is no proof */
};

/* The source of files in the ledger: label is that of --source, or NULL. */
void dp_file_source(const char *label, char source[DP_MARK_SOURCE]);

/* Before the first block, and again after DP_FILE_AGAIN (then again true). */
int dp_file_begin(struct dp_file *f, const char *name, const char *inode,
    bool again, struct dp_err *err);

/* *lines is raised by the number of the block's lines. */
enum dp_file_next dp_file_take(struct dp_file *f, const struct dp_block *b,
    uint64_t *lines, struct dp_err *err);

/* Pieces of a line that is too long, before its block. */
void dp_file_pass(struct dp_file *f, const char *data, size_t len);

/*
 * The end of the file, or, with whole false, of what could be read of it.
 * *known: nothing of it was new; its mark is mark.
 */
enum dp_file_next dp_file_end(struct dp_file *f, bool whole, bool *known,
    struct dp_err *err);
void dp_file_fini(struct dp_file *f);

#endif
