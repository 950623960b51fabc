/*
 * standing: what the ledger says, as people and programs read it, and what
 * would become of files.
 *
 * Nothing is written anywhere; the sink is one that looks (opts.look), so
 * that a load may run meanwhile.  What is to be printed is gathered in out,
 * and no lock is held when it is: lines of 80 columns at most, or with json
 * an object a line.
 *
 *     the ledger   a line for each file, the oldest first, then one for
 *                  each group of a queue, with all of its lanes
 *     a file       skip, continue, load or wait, and its name; why
 */
#ifndef DP_SINK_STANDING_H
#define DP_SINK_STANDING_H

#include <stdbool.h>

#include "base/block.h"
#include "base/buf.h"
#include "sink/file.h"

struct dp_standing {
	const char *label; /* --source, or NULL */
	bool force, json;
	struct dp_buf out;

	/* The rest is the module's. */
	struct dp_sink *sink;
	struct dp_file file;
	struct dp_buf queues; /* of struct queue */
	char source[DP_MARK_SOURCE];
};

/*
 * init when the first fields are set, and then fini in any case; close
 * before out is printed.
 */
void dp_standing_init(struct dp_standing *s);
int dp_standing_open(struct dp_standing *s, const char *url,
    const struct dp_sink_opts *opts, struct dp_err *err);
void dp_standing_close(struct dp_standing *s);
void dp_standing_fini(struct dp_standing *s);

int dp_standing_ledger(struct dp_standing *s, struct dp_err *err);

/* For the loop over files; arg is the standing. */
extern const struct dp_files_ops dp_standing_files;

#endif
