/* folder: schema files by name: one file, or all NAME.json of a folder. */
#ifndef DP_SCHEMA_FOLDER_H
#define DP_SCHEMA_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct dp_err;
struct dp_source;

struct dp_folder {
	struct dp_source **at; /* in the order of their names */
	size_t n;
	bool single; /* path was a file */
	struct dp_buf list;
};

/*
 * Reads the file, or each file of the folder; hidden ones are left out.
 * -1 and err set: not there, no JSON (DP_CONFIG), none at all.  Either way
 * it is to be closed.
 */
int dp_folder_open(struct dp_folder *f, const char *path, struct dp_err *err);
void dp_folder_close(struct dp_folder *f);

/* The schema of that name, or NULL. */
const struct dp_source *dp_folder_find(const struct dp_folder *f,
    const char *name);

#endif
