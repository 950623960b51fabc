/*
 * fetch_cache: schemas that have been fetched, a file for each URI.
 *
 * The folder is $XDG_CACHE_HOME/data-pipe, or ~/.cache/data-pipe, made 0700;
 * one that is another user's, or that others may write to, is not used.
 * A file, 0600, is named by the XXH3-128 of its URI, and holds
 *
 *	HASH SP URI LF CONTENT
 *
 * with the XXH3-128 of CONTENT, as 32 hexadecimal digits.  It is written
 * beside and renamed.  A file whose URI or hash is another, as after a crash
 * of the machine, is as good as none.  Its time is that of the last answer
 * of the server.  All of it may be removed at any time.
 */
#ifndef DP_SCHEMA_FETCH_CACHE_H
#define DP_SCHEMA_FETCH_CACHE_H

#include <stdbool.h>
#include <stddef.h>

struct dp_buf;

/* The folder, as a descriptor; -1: there is none that can be used. */
int dp_fetch_cache_open(void);

/*
 * Appends the content of a URI.  Returns -1 when it is not there; sets *age
 * to the seconds since its server has answered.
 */
int dp_fetch_cache_load(int dir, const char *uri, struct dp_buf *to,
    long long *age);

/* Keeps the content; that it could not be kept is no fault. */
void dp_fetch_cache_store(int dir, const char *uri, const char *text,
    size_t len);

#endif
