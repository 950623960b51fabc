/* codes: --explain=CODE, what a status code means. */
#ifndef DP_APP_CODES_H
#define DP_APP_CODES_H

#include <stdio.h>

struct dp_err;

/* Prints meaning, example and cure of a word.  -1: there is no such word. */
int dp_codes_explain(const char *word, FILE *out, struct dp_err *err);

#endif
