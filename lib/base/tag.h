/*
 * tag: lines of the tagged chain (data-pipe(7)).
 *
 *     request   TAG TAB EVENT LF
 *     verdict   TAG TAB CODE TAB EVENT-or-MESSAGE LF
 *     receipt   TAG TAB CODE [TAB MESSAGE] LF
 *
 * TAG is a decimal sequence number, CODE a status number.  MESSAGE is one
 * JSON object with members of a reject: "code" (the word), "pointer",
 * "detail", "schema"; none is a must, and a reader passes over the others.
 */
#ifndef DP_BASE_TAG_H
#define DP_BASE_TAG_H

#include <stddef.h>
#include <stdint.h>

struct dp_buf;

#define DP_TAG_MESSAGE_MAX 1024

struct dp_tag {
	uint64_t tag;
	int code;         /* 0 in a request */
	const char *rest; /* EVENT or MESSAGE, borrowed from the line */
	size_t rest_len;
};

/* Each takes a line without its newline.  0, or -1 when it is not one. */
int dp_tag_parse_request(const char *line, size_t len, struct dp_tag *t);
int dp_tag_parse_verdict(const char *line, size_t len, struct dp_tag *t);
int dp_tag_parse_receipt(const char *line, size_t len, struct dp_tag *t);

/* Appends a whole line; rest_len 0 leaves the last field out. */
void dp_tag_add_request(struct dp_buf *b, uint64_t tag, const char *event,
    size_t len);
void dp_tag_add(struct dp_buf *b, uint64_t tag, int code, const char *rest,
    size_t rest_len);

#endif
