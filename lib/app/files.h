/*
 * files: the loop over files of a program that treats each file by itself.
 *
 * Where app/input.h is one stream of blocks, here each file has a beginning
 * and an end, and may be read from its front again.
 */
#ifndef DP_APP_FILES_H
#define DP_APP_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "base/block.h"

struct dp_app;
struct dp_err;
struct dp_share;

struct dp_files_opts {
	size_t max_record;
	uint64_t linger_ms;     /* as in app/input.h */
	uint64_t settle_ms;     /* files that were written to since: not yet */
	struct dp_share *share; /* take those that are left; NULL: all */
};

/* paths: n operands; none means stdin.  0, or -1 with err set. */
int dp_files_each(struct dp_app *app, char *const *paths, size_t n,
    const struct dp_files_opts *opts, const struct dp_files_ops *ops, void *arg,
    struct dp_err *err);

#endif
