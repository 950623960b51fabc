/* The fields of a request's header that decide its framing and its answer. */
#include <string.h>

#include "http/parse.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Without the blanks around it. */
static struct dp_http_span
trim(const char *data, size_t at, size_t end)
{
	while (at < end && is_blank(data[at]))
		at++;
	while (end > at && is_blank(data[end - 1]))
		end--;
	return (struct dp_http_span){ (uint32_t)at, (uint32_t)(end - at) };
}

/* The next element of a list with commas; false at its end. */
static bool
next_of_list(const char *data, struct dp_http_span value, uint32_t *cursor,
    struct dp_http_span *item)
{
	const uint32_t end = value.at + value.len;
	uint32_t at = value.at + *cursor, i = at;

	if (*cursor > value.len)
		return false;
	while (i < end && data[i] != ',')
		i++;
	*item = trim(data, at, i);
	*cursor = i + 1 - value.at;
	return true;
}

static int
take_length(struct dp_http_head *h, const char *data, struct dp_http_span v)
{
	uint32_t i;

	if (v.len == 0)
		return dp_http_refuse(h, 400, "bad Content-Length");
	for (i = 0; i < v.len; i++) {
		const char c = data[v.at + i];

		if (c < '0' || c > '9')
			return dp_http_refuse(h, 400, "bad Content-Length");
		if (h->length > (UINT64_MAX - 9) / 10)
			h->length = UINT64_MAX;
		else
			h->length = h->length * 10 + (uint64_t)(c - '0');
	}
	return 0;
}

/* Judged when the whole head is there: several lines are one list. */
static void
take_transfer_encoding(struct dp_http_head *h, const char *data,
    struct dp_http_span v)
{
	struct dp_http_span item;
	uint32_t cursor = 0, i;

	h->te = true;
	while (next_of_list(data, v, &cursor, &item)) {
		const char *text = data + item.at;
		const bool chunked = dp_http_equal(text, item.len, "chunked");

		for (i = 0; i < item.len; i++)
			if (!dp_http_is_token((unsigned char)text[i]))
				h->te_bad = true;
		/* Nothing may stand behind chunked, not even itself. */
		if (item.len == 0 || h->te_last_chunked)
			h->te_bad = true;
		h->te_unknown = h->te_unknown || !chunked;
		h->te_last_chunked = chunked;
	}
}

static int
take_connection(struct dp_http_head *h, const char *data, struct dp_http_span v)
{
	struct dp_http_span item;
	uint32_t cursor = 0, i;

	while (next_of_list(data, v, &cursor, &item)) {
		const char *text = data + item.at;

		for (i = 0; i < item.len; i++)
			if (!dp_http_is_token((unsigned char)text[i]))
				return dp_http_refuse(h, 400, "bad Connection");
		if (dp_http_equal(text, item.len, "close"))
			h->says_close = true;
		else if (dp_http_equal(text, item.len, "keep-alive"))
			h->says_keep_alive = true;
	}
	return 0;
}

/* A field that may stand once. */
static int
take_single(struct dp_http_head *h, enum dp_http_field field,
    struct dp_http_span *place, struct dp_http_span v)
{
	if ((h->seen & field) != 0)
		return dp_http_refuse(h, 400, "a field is there twice");
	h->seen |= field;
	if (place != NULL)
		*place = v;
	return 0;
}

static int
take_host(struct dp_http_head *h, const char *data, struct dp_http_span v)
{
	if (take_single(h, DP_HTTP_HOST, NULL, v) == -1)
		return -1;
	return dp_http_is_authority(data + v.at, v.len)
	    ? 0
	    : dp_http_refuse(h, 400, "bad Host");
}

/* Most names differ in their length. */
#define IS(name, word)                     \
	((name).len == sizeof(word) - 1 && \
	    dp_http_equal(text, (name).len, (word)))

static int
take_value(struct dp_http_head *h, const char *data, struct dp_http_span name,
    struct dp_http_span v)
{
	const char *text = data + name.at;

	if (IS(name, "host"))
		return take_host(h, data, v);
	if (IS(name, "content-length"))
		return take_single(h, DP_HTTP_LENGTH, NULL, v) == -1
		    ? -1
		    : take_length(h, data, v);
	if (IS(name, "content-type"))
		return take_single(h, DP_HTTP_TYPE, &h->type, v);
	if (IS(name, "connection"))
		return take_connection(h, data, v);
	if (IS(name, "transfer-encoding"))
		take_transfer_encoding(h, data, v);
	else if (IS(name, "content-encoding"))
		return take_single(h, DP_HTTP_CODING, &h->coding, v);
	else if (IS(name, "authorization"))
		return take_single(h, DP_HTTP_AUTHORIZATION, &h->authorization,
		    v);
	else if (IS(name, "origin"))
		return take_single(h, DP_HTTP_ORIGIN, &h->origin, v);
	else if (IS(name, "expect"))
		*(dp_http_equal(data + v.at, v.len, "100-continue")
			? &h->expects_continue
			: &h->expects_other) = true;
	return 0;
}

int
dp_http_field_take(struct dp_http_head *h, const char *data, size_t at,
    size_t len)
{
	const size_t end = at + len;
	size_t i = at;

	if (is_blank(data[at]))
		return dp_http_refuse(h, 400, "a folded line");
	while (i < end && dp_http_is_token((unsigned char)data[i]))
		i++;
	if (i == at || i == end || data[i] != ':')
		return dp_http_refuse(h, 400, "bad name of a field");
	return take_value(h, data,
	    (struct dp_http_span){ (uint32_t)at, (uint32_t)(i - at) },
	    trim(data, i + 1, end));
}

/* RFC 9112, 6.1 and 6.3: how long the body is, in one way or not at all. */
static int
finish_framing(struct dp_http_head *h)
{
	if (!h->te)
		return 0;
	if (h->minor == 0)
		return dp_http_refuse(h, 400, "Transfer-Encoding in HTTP/1.0");
	if ((h->seen & DP_HTTP_LENGTH) != 0)
		return dp_http_refuse(h, 400,
		    "Content-Length beside Transfer-Encoding");
	if (h->te_bad || !h->te_last_chunked)
		return dp_http_refuse(h, 400, "bad Transfer-Encoding");
	if (h->te_unknown)
		return dp_http_refuse(h, 501, "only chunked is understood");
	h->chunked = true;
	return 0;
}

int
dp_http_field_finish(struct dp_http_head *h)
{
	if (finish_framing(h) == -1)
		return -1;
	if (h->minor == 1 && (h->seen & DP_HTTP_HOST) == 0)
		return dp_http_refuse(h, 400, "no Host");
	if (h->expects_other)
		return dp_http_refuse(h, 417, "only 100-continue is known");
	/* RFC 9110, 10.1.1: an HTTP/1.0 client cannot mean it. */
	h->expects_continue = h->expects_continue && h->minor == 1;
	h->keep_alive = !h->says_close && (h->minor == 1 || h->says_keep_alive);
	return 0;
}
