/*
 * python: how Python 3 writes a JSON value with str(): None, True,
 * {'a': [1, 2.5]}.  For the answers of --compat.
 */
#ifndef DP_HTTP_PYTHON_H
#define DP_HTTP_PYTHON_H

struct dp_buf;
struct dp_scan_value;

/* Appends str(value); the scanner has accepted it. */
void dp_python_str(struct dp_buf *b, const struct dp_scan_value *v);

#endif
