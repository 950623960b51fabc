/*
 * access: the access log, JSON lines on the standard error.
 *
 * Nobody waits for it: lines are collected and written once a turn of the
 * loop, as far as the reader takes them; what does not fit into the buffer
 * is dropped, whole lines only, and counted.
 */
#ifndef DP_HTTP_ACCESS_H
#define DP_HTTP_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct dp_access {
	int fd; /* -1: no log */
	bool is_socket, is_ours;
	struct dp_buf lines;
	uint64_t dropped;
};

struct dp_access_entry {
	const char *client, *method, *target;
	size_t method_len, target_len;
	int status;
	uint64_t events, bytes, ms;
};

void dp_access_open(struct dp_access *a, bool wanted);
void dp_access_add(struct dp_access *a, const struct dp_access_entry *e);
void dp_access_flush(struct dp_access *a); /* once a turn */
void dp_access_close(struct dp_access *a);

#endif
