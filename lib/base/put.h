/* put: a file written whole, or not at all. */
#ifndef DP_BASE_PUT_H
#define DP_BASE_PUT_H

#include <stdbool.h>
#include <stddef.h>

struct dp_err;

/*
 * Writes data to a new file beside path, syncs it and renames it to path, so
 * that no reader ever sees a part.  An existing file is replaced only with
 * replace; else it is an error DP_USAGE.  The file's mode is 0640.
 */
int dp_put_file(const char *path, const void *data, size_t len, bool replace,
    struct dp_err *err);

#endif
