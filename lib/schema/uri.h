/* uri: references resolved against a base (RFC 3986, section 5.2). */
#ifndef DP_SCHEMA_URI_H
#define DP_SCHEMA_URI_H

#include <stddef.h>

struct dp_buf;

/* Where the fragment of a reference begins, behind its #; len for none. */
size_t dp_uri_fragment(const char *ref, size_t len);

/*
 * Appends the absolute URI of ref, which may have a fragment that is left
 * out, with dot segments removed.  base is absolute, NUL-terminated.
 */
void dp_uri_resolve(struct dp_buf *b, const char *base, const char *ref,
    size_t len);

/* Appends text with %XX decoded. */
void dp_uri_decode(struct dp_buf *b, const char *text, size_t len);

#endif
