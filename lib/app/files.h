/*
 * files: the loop over files of a program that treats each file by itself.
 *
 * Where app/input.h is one stream of blocks, here each file has a beginning
 * and an end, and may be read from its front again.
 */
#ifndef DP_APP_FILES_H
#define DP_APP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/input.h"

struct dp_app;
struct dp_err;

/* Each returns 0 to go on, 1 to read the file from its front again (not
 * without an inode), -1 with err set to end the run. */
struct dp_files_ops {
	/* inode: "DEVICE:INODE", "" for stdin and what is no regular file. */
	int (*begin)(void *arg, const char *name, const char *inode, bool again,
	    struct dp_err *err);

	/* *lines is raised by the number of lines of the block. */
	int (*block)(void *arg, const struct dp_block *b, uint64_t *lines,
	    struct dp_err *err);

	/* whole: false when the file could not be read to its end, which has
	 * been told, or a signal asked to stop. */
	int (*end)(void *arg, bool whole, struct dp_err *err);

	/* As in struct dp_input_opts. */
	int (*before_wait)(void *arg, struct dp_err *err);
	void (*passed)(void *arg, const char *data, size_t len);
};

/* paths: n operands; none means stdin.  0, or -1 with err set. */
int dp_files_each(struct dp_app *app, char *const *paths, size_t n,
    size_t max_record, const struct dp_files_ops *ops, void *arg,
    struct dp_err *err);

#endif
