/*
 * parse: the head of a request, strictly (RFC 9112, RFC 9110).
 *
 * A pure function from bytes to a request: no socket, no memory, no clock.
 * The bytes may come in any pieces; the answer is the same for each split.
 * What RFC 9112 calls invalid, or lets two readers take in two ways, is
 * refused: a bare LF or CR, a NUL or another control byte, a folded line, a
 * blank before a colon, two Content-Lengths, a length beside
 * Transfer-Encoding, a coding that is not exactly `chunked`, a Host that is
 * missing or there twice.  After a refusal the connection cannot be used.
 */
#ifndef DP_HTTP_PARSE_H
#define DP_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_HTTP_LINE_MAX 8192 /* of a line, without its CR LF */
#define DP_HTTP_HEAD_MAX 16384
#define DP_HTTP_FIELDS_MAX 100

enum dp_http_method {
	DP_HTTP_OTHER, /* a token that we do not know */
	DP_HTTP_GET,
	DP_HTTP_HEAD,
	DP_HTTP_POST,
	DP_HTTP_PUT,
	DP_HTTP_DELETE,
	DP_HTTP_CONNECT,
	DP_HTTP_OPTIONS,
	DP_HTTP_TRACE,
	DP_HTTP_PATCH
};

/* Bytes of the head, by their place in it. */
struct dp_http_span {
	uint32_t at, len;
};

/* Fields that may stand once only; bits of `seen`. */
enum dp_http_field {
	DP_HTTP_HOST = 1,
	DP_HTTP_LENGTH = 2,
	DP_HTTP_TYPE = 4,
	DP_HTTP_CODING = 8,
	DP_HTTP_AUTHORIZATION = 16,
	DP_HTTP_ORIGIN = 32
};

struct dp_http_head {
	/* Where the reading stands; all zero at first. */
	uint32_t line, scan;
	uint32_t fields;
	bool has_blank, has_request_line;

	/* The request; complete when dp_http_head_feed() says so. */
	enum dp_http_method method;
	unsigned minor; /* of HTTP/1: 0 or 1 */
	struct dp_http_span name, target;
	struct dp_http_span path; /* of target; length 0 means "/" */
	struct dp_http_span type, coding, authorization, origin;
	unsigned seen;
	uint64_t length; /* Content-Length; UINT64_MAX: more than that */
	bool chunked, keep_alive, expects_continue;
	uint32_t len; /* of the head, its empty line included */

	/* For the rules that need the whole head. */
	bool te, te_bad, te_unknown, te_last_chunked;
	bool says_close, says_keep_alive, expects_other;

	/* The refusal: a status of RFC 9110, and why. */
	int status;
	const char *why;
};

/*
 * data[0..len) is all there is of the head so far, from its first byte on.
 * Returns 1 when the head is complete, 0 when more is wanted, -1 when it is
 * refused.
 */
int dp_http_head_feed(struct dp_http_head *h, const char *data, size_t len);

/* For chunked.c and field.c: the classes of bytes. */
bool dp_http_is_token(unsigned char c);
int dp_http_refuse(struct dp_http_head *h, int status, const char *why);

/* One line of a field, without CR LF (field.c).  0 or -1. */
int dp_http_field_take(struct dp_http_head *h, const char *data, size_t at,
    size_t len);

/* The rules that need all fields.  0 or -1. */
int dp_http_field_finish(struct dp_http_head *h);

/* uri-host [ ":" port ]; empty passes. */
bool dp_http_is_authority(const char *text, size_t len);

/* Compares without regard to the case of letters; b is lower case. */
bool dp_http_equal(const char *a, size_t a_len, const char *b);

#endif
