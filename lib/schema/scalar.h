/* scalar: whether a value that is no container keeps to its node. */
#ifndef DP_SCHEMA_SCALAR_H
#define DP_SCHEMA_SCALAR_H

#include "base/buf.h"
#include "json/scan.h"
#include "schema/node.h"

/*
 * The code of the first fault: "const", "enum", "minimum", ..., "format",
 * "pattern-limit", "internal" (no memory); NULL when there is none.  The
 * type has been looked at.  text is scratch memory for a string's text.
 */
const char *dp_scalar_check(const struct dp_node *n,
    const struct dp_scan_value *v, struct dp_buf *text);

/*
 * Whether it matches all that the node says, through other schemas too.
 * Takes at most *steps steps, which count down; with none left the answer
 * means nothing.  A pattern that reaches its limit takes them all.
 */
bool dp_scalar_holds(const struct dp_node *n, const struct dp_scan_value *v,
    struct dp_buf *text, uint64_t *steps);

/* Characters of UTF-8 text. */
uint64_t dp_scalar_length(const char *text, size_t len);

#endif
