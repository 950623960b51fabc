/* text: JSON strings and pointers, written and read (RFC 8259, RFC 6901). */
#ifndef DP_JSON_TEXT_H
#define DP_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_buf;

/* True when data is valid UTF-8 (RFC 3629: no surrogates, shortest form). */
bool dp_json_utf8(const char *data, size_t len);

/* Writes the character c, up to U+10FFFF, in UTF-8: 1 to 4 bytes. */
unsigned dp_json_put_utf8(uint32_t c, char out[4]);

/* Appends data as a JSON string with its quotes.  data must be UTF-8. */
void dp_json_quote(struct dp_buf *b, const char *data, size_t len);

/* The same; false, and nothing, when data is not UTF-8. */
bool dp_json_quote_utf8(struct dp_buf *b, const char *data, size_t len);

/* The same for text of any bytes: what is not UTF-8 becomes U+FFFD. */
void dp_json_quote_any(struct dp_buf *b, const char *data, size_t len);

/*
 * Appends text of any bytes as a terminal may see it: control characters
 * and what is not UTF-8 as \x1b, marks that turn the direction of text and
 * separators of lines as \u202e.
 */
void dp_json_visible(struct dp_buf *b, const char *data, size_t len);

/* Appends base64 (RFC 4648) without quotes; decoding gives 0 or -1. */
void dp_json_base64(struct dp_buf *b, const char *data, size_t len);
int dp_json_unbase64(struct dp_buf *b, const char *data, size_t len);

/*
 * Appends the text of a string from what stands between its quotes, which
 * the scanner has already accepted.
 */
void dp_json_unescape(struct dp_buf *b, const char *raw, size_t len);

/*
 * Makes \ufffd of each \u0000 in the strings of a JSON text, which keeps its
 * length.  Returns whether there was one.
 */
bool dp_json_replace_nul(char *text, size_t len);

/* Appends "/" and the key with ~ and / escaped. */
void dp_json_pointer_add(struct dp_buf *b, const char *key, size_t len);

#endif
