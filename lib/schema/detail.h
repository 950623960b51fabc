/* detail: the sentence that says what is wrong with a value. */
#ifndef DP_SCHEMA_DETAIL_H
#define DP_SCHEMA_DETAIL_H

#include "schema/eval.h"

/*
 * Appends the sentence for a fault; never NUL-terminated.  near is the fault
 * of the branch that came closest, for anyOf and oneOf.
 */
void dp_detail(struct dp_buf *b, const struct dp_tape *t,
    const struct dp_eval_fault *f, const struct dp_eval_fault *near);

/* Appends a value as it stands, or its head: at most some 60 bytes. */
void dp_detail_value(struct dp_buf *b, const struct dp_tape_item *it);

/* Appends a name in quotes, cut likewise. */
void dp_detail_name(struct dp_buf *b, const char *name, size_t len);

/* Appends "integer or null". */
void dp_detail_types(struct dp_buf *b, unsigned types);

/* Appends `; did you mean "..."?`, where one of n keys is near. */
void dp_detail_near(struct dp_buf *b, const char *name, size_t len,
    const struct dp_key *keys, size_t n);

/* Appends what the scanner did not like; at: the offset in the line. */
void dp_detail_syntax(struct dp_buf *b, enum dp_scan_fault fault,
    unsigned max_depth, const char *text, size_t len, size_t at);

#endif
