/*
 * write: JSON text for people, indented by tabs.
 *
 * Values follow each other in the order of the calls; commas, newlines and
 * blanks come by themselves.  What is opened flat stays on one line, with
 * all it holds.  Faults are the buffer's: look at out->failed at the end.
 */
#ifndef DP_JSON_WRITE_H
#define DP_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>

struct dp_buf;

/* Starts as { .out = buffer }. */
struct dp_json_writer {
	struct dp_buf *out;
	unsigned depth;
	unsigned flat; /* the depth from which on all is on one line; 0: none */
	bool more;     /* an item stands before the next one */
	bool keyed;    /* the next value belongs to the key before it */
};

void dp_json_open(struct dp_json_writer *w, char bracket, bool flat);
void dp_json_close(struct dp_json_writer *w, char bracket);
void dp_json_key(struct dp_json_writer *w, const char *key, size_t len);

/* A value that is JSON text already, and a string. */
void dp_json_put(struct dp_json_writer *w, const char *json, size_t len);
void dp_json_put_text(struct dp_json_writer *w, const char *text, size_t len);

#endif
