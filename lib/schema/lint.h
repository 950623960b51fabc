/*
 * lint: what is doubtful in a schema that compiles.
 *
 *     dialect       no $schema: which draft is meant is a guess
 *     never         no value can match: bounds that cross, a const that the
 *                   type excludes, a required key that is not allowed
 *     no-effect     a keyword for a type that the schema does not allow
 *     required      a key is required that no property describes
 *     enum          values of several types, or one value twice
 *     format        a format that nobody knows, so that it says nothing
 *     pattern       may take very many steps on some texts
 *     unbounded     strings of any length (one message a schema)
 *     column        what dp-load cannot make a plain column of
 */
#ifndef DP_SCHEMA_LINT_H
#define DP_SCHEMA_LINT_H

struct dp_err;
struct dp_source;

/* what: "file:line:column: /pointer: text". */
typedef void dp_lint_fn(void *arg, const char *code, const char *what);

/* 0, or -1 without memory.  Does not compile the schema. */
int dp_lint(const struct dp_source *s, dp_lint_fn *fn, void *arg,
    struct dp_err *err);

#endif
