/*
 * ledger: which lines are in the tables already.
 *
 * One table in the database of the rows, one row a position:
 *
 *     source      QUEUE-ID/GROUP, or "file", or "file:" and a label
 *     lane        a queue's lane; or the hash of a file's first line, ".",
 *                 and a number that tells files with the same one apart
 *     next        the first line (of a lane), or byte (of a file's
 *                 uncompressed content), that is not loaded
 *     rows, rejected   how many lines were, and were not, stored
 *     updated_at
 *     hash, inode, file     of a file: XXH3-128 of its first `next` bytes,
 *                 "DEVICE:INODE", and its name when last seen
 *
 * (source, lane) is the key, and the lock.
 */
#ifndef DP_SINK_LEDGER_H
#define DP_SINK_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_buf;
struct dp_err;
struct dp_hash128;

#define DP_LEDGER_NAME "dp_load_ledger"
#define DP_MARK_SOURCE 256
#define DP_MARK_LANE 128
#define DP_MARK_FILE 1024

/* A position, as the ledger has it. */
struct dp_mark {
	char source[DP_MARK_SOURCE];
	char lane[DP_MARK_LANE];
	uint64_t next;
	uint64_t rows, rejected;
	char hash[33]; /* "" for a queue's lane, or when next is 0 */
	char inode[48];
	char file[DP_MARK_FILE];
	char updated_at[40]; /* as the database writes it */
};

/* Below this, a prefix that is the same proves nothing. */
#define DP_KNOWN_PROOF 1024

/*
 * Finds out, while the content of a file passes, how much of it was loaded.
 *
 * The candidates are the marks of files that begin with the same line.
 * add() the content in order.  Once wants() is 0, or the file is at its
 * end, best is the mark to go on from, or NULL; if content behind best->next
 * has passed, begin anew at the front.  Marks that lie behind what has
 * passed when they are added cannot be told, and are not taken.
 */
struct dp_known {
	struct dp_mark *marks; /* next rising */
	size_t n, judged;
	const char *inode; /* of the file at hand */
	struct dp_hash128 *hash;
	uint64_t at; /* bytes that passed */
	const struct dp_mark *best;
	bool tiny; /* one has this content, but too little to be sure */
};

int dp_known_init(struct dp_known *k, struct dp_err *err);
void dp_known_fini(struct dp_known *k);
int dp_known_candidate(struct dp_known *k, const struct dp_mark *m,
    struct dp_err *err);

/* Bytes to the next point to judge, 0 when nothing is left to judge. */
uint64_t dp_known_wants(const struct dp_known *k);
void dp_known_add(struct dp_known *k, const char *data, size_t len);

/* A lane for a file with that head that no candidate has. */
void dp_known_lane(const struct dp_known *k, const char *head,
    char lane[DP_MARK_LANE]);

#endif
