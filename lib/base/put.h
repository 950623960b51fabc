/* put: a file written whole, or not at all. */
#ifndef DP_BASE_PUT_H
#define DP_BASE_PUT_H

#include <stdbool.h>
#include <stddef.h>

struct dp_err;

/* It is there, and no regular file: a device, a pipe, a folder. */
bool dp_put_is_special(const char *path);

/*
 * Whether path can be written, or a new file put in its place: 0, or what
 * stands against it, as errno has it.
 */
int dp_put_room(const char *path);

/*
 * Writes data to a file `beside`, of that mode, and renames it to path; a
 * device or a pipe at path is written to.  Nothing is synced.  0, or what went
 * wrong, as errno has it; begun: after it was opened.
 */
int dp_put_by(const char *path, const char *beside, const void *data,
    size_t len, unsigned mode, bool *begun);

/*
 * Writes data to a new file beside path, syncs it and renames it to path, so
 * that no reader ever sees a part.  An existing file is replaced only with
 * replace; else it is an error DP_USAGE.  The file's mode is 0640.  A device
 * or a pipe is written to.
 */
int dp_put_file(const char *path, const void *data, size_t len, bool replace,
    struct dp_err *err);

#endif
