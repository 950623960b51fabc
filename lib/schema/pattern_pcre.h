/*
 * pattern_pcre: runs patterns by PCRE2; pattern_pcre.c alone includes its
 * header, and is left out of a build without it.
 */
#ifndef DP_SCHEMA_PATTERN_PCRE_H
#define DP_SCHEMA_PATTERN_PCRE_H

#include <stddef.h>

#include "schema/pattern.h"

/*
 * Steps of PCRE at one place of a text before it gives up, fewer in a text
 * of more than 10,000 bytes; and milliseconds of processor time for all
 * places together.
 */
#define DP_PCRE_STEPS 1000000
#define DP_PCRE_MS 1000
/* Bytes of stack that a match may take, when the usual 32 KiB are short. */
#define DP_PCRE_STACK (8 << 20)

struct dp_pcre; /* opaque, immutable */

/* text is PCRE's, looks_ahead as schema/pattern_parse.h has it. */
struct dp_pcre *dp_pcre_new(const char *text, size_t len, bool looks_ahead,
    struct dp_err *err);
void dp_pcre_free(struct dp_pcre *p);
enum dp_pattern_result dp_pcre_match(const struct dp_pcre *p, const char *text,
    size_t len);

#endif
