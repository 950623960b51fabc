/*
 * number: bounds and steps, exact, on numbers as they stand in the text.
 *
 * Integers of 18 digits at most are compared as such; all else by
 * json/decimal.h.  No double decides anything.
 */
#ifndef DP_SCHEMA_NUMBER_H
#define DP_SCHEMA_NUMBER_H

#include "schema/node.h"

#define DP_NUMBER_STEP_DIGITS 18

/* text must live as long as the bound. */
void dp_number_bound(struct dp_bound *b, const char *text, size_t len,
    enum dp_bound_kind kind);

/* Sets the step of multipleOf.  -1: not above 0, or of too many digits. */
int dp_number_step(struct dp_number *n, const char *text, size_t len);

/* The name of the keyword that the number does not keep to, or NULL. */
const char *dp_number_check(const struct dp_number *n, const char *text,
    size_t len);

/* The bound of that keyword. */
const struct dp_bound *dp_number_bound_of(const struct dp_number *n,
    const char *keyword);

#endif
