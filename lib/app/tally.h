/* tally: how many records of each type had each code, as a table. */
#ifndef DP_APP_TALLY_H
#define DP_APP_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct dp_err;
struct dp_tally; /* opaque */

/* A row for each of n types, and one for records without a type. */
struct dp_tally *dp_tally_new(size_t n, struct dp_err *err);
void dp_tally_free(struct dp_tally *t); /* NULL is fine */

/* Counts a record: type from 0, n for none; code a word of base/code.h. */
void dp_tally_add(struct dp_tally *t, size_t type, const char *code);

/* Sums: of all, of a type (n: none), of a code by its index; and one cell. */
size_t dp_tally_types(const struct dp_tally *t);
uint64_t dp_tally_all(const struct dp_tally *t);
uint64_t dp_tally_type(const struct dp_tally *t, size_t type);
uint64_t dp_tally_code(const struct dp_tally *t, size_t code);
uint64_t dp_tally_cell(const struct dp_tally *t, size_t type, size_t code);

/*
 * Prints rows and columns that are not all 0, and their sums; with json, an
 * object a line for each row instead.  name gives the name of a type.
 */
void dp_tally_print(const struct dp_tally *t, bool json,
    const char *(*name)(const void *arg, size_t type), const void *arg,
    FILE *out);

#endif
