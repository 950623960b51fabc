/*
 * scan_variant: the scanner in each width, for scan.c and the tests.
 *
 * All give the same verdicts.  Each scans the line at text to behind its
 * newline, or returns NULL when dp_scan_fault() has something to say.
 */
#ifndef DP_JSON_SCAN_VARIANT_H
#define DP_JSON_SCAN_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#include "json/scan.h"
#include "json/work.h"

typedef const char *dp_scan_line_fn(struct dp_scan_work *w, const char *text,
    struct dp_scan_value *value);

dp_scan_line_fn dp_scan_line_plain; /* SSE2 on x86-64, else words */
dp_scan_line_fn dp_scan_line_words;
#if defined(__x86_64__) && !defined(DP_PORTABLE)
#define DP_HAVE_AVX2 1
dp_scan_line_fn dp_scan_line_avx2;
#endif

/* True when the processor has AVX2, and the build knows it. */
bool dp_scan_has_avx2(void);

/* Names the first fault of a line, slowly: one byte at a time. */
enum dp_scan_fault dp_scan_fault(struct dp_scan_work *w, const char *text,
    size_t len, size_t *at);

#endif
