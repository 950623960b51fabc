/*
 * token: who may post: the bearer tokens of a file (RFC 6750), one a line.
 *
 * A comparison takes the same time wherever two tokens of a length differ.
 */
#ifndef DP_HTTP_TOKEN_H
#define DP_HTTP_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

struct dp_buf;
struct dp_err;

/* Reads the file into b.  DP_CONFIG: it cannot be read, or holds none. */
int dp_token_read(const char *path, struct dp_buf *b, struct dp_err *err);

/* Whether the value of an Authorization field shows one of the tokens. */
bool dp_token_is_known(const char *tokens, size_t tokens_len, const char *field,
    size_t len);

#endif
