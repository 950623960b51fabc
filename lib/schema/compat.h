/*
 * compat: the checks of the service that Data-pipe replaces, in its order,
 * and no others.
 *
 * JSON; an object; event_name is there and not empty; a type of that name;
 * user_id and timestamp are there; user_id is an integer or a boolean; then,
 * for each further key that the type's schema requires: it is there, and has
 * a type that the schema allows.  Of a key that is there twice the last one
 * counts.
 */
#ifndef DP_SCHEMA_COMPAT_H
#define DP_SCHEMA_COMPAT_H

#include <stddef.h>

#include "schema/check.h"

struct dp_compat; /* opaque: scratch memory */

/* c is borrowed. */
struct dp_compat *dp_compat_new(const struct dp_catalog *c, struct dp_err *err);
void dp_compat_free(struct dp_compat *k);

/*
 * Checks one line, text[len] being a newline.  Returns 0 when it is good and
 * sets f->type, else -1 with *f set; its strings live until the next call.
 */
int dp_compat_line(struct dp_compat *k, const char *text, size_t len,
    struct dp_fault *f);

#endif
