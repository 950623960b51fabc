#include "http/parse.h"

#include <string.h>

#define METHOD_MAX 32

int
dp_http_refuse(struct dp_http_head *h, int status, const char *why)
{
	h->status = status;
	h->why = why;
	return -1;
}

static bool
is_letter_or_digit(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9');
}

bool
dp_http_is_token(unsigned char c)
{
	return is_letter_or_digit(c) ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
dp_http_equal(const char *a, size_t a_len, const char *b)
{
	size_t i;

	for (i = 0; i < a_len && b[i] != '\0'; i++) {
		char c = a[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if (c != b[i])
			return false;
	}
	return i == a_len && b[i] == '\0';
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	    (c >= 'A' && c <= 'F');
}

/*
 * Letters, digits, the marks of `also`, and whole %XX; a %00 is refused,
 * since a reader in C behind us would end there.
 */
static bool
is_made_of(const char *text, size_t len, const char *also)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (is_letter_or_digit(c))
			continue;
		if (c == '%') {
			if (len - i < 3 ||
			    !is_hex((unsigned char)text[i + 1]) ||
			    !is_hex((unsigned char)text[i + 2]) ||
			    memcmp(text + i, "%00", 3) == 0)
				return false;
			i += 2;
		} else if (c == '\0' || strchr(also, c) == NULL) {
			return false;
		}
	}
	return true;
}

#define MARKS "-._~!$&'()*+,;="

bool
dp_http_is_authority(const char *text, size_t len)
{
	size_t host = len, i;

	if (len > 0 && text[0] == '[') {
		const char *close = memchr(text, ']', len);

		if (close == NULL)
			return false;
		host = (size_t)(close - text) + 1;
		for (i = 1; i + 1 < host; i++)
			if (!is_hex((unsigned char)text[i]) && text[i] != ':' &&
			    text[i] != '.')
				return false;
		if (host < 4)
			return false;
	} else {
		const char *colon = len > 0 ? memchr(text, ':', len) : NULL;

		if (colon != NULL)
			host = (size_t)(colon - text);
		if (!is_made_of(text, host, MARKS))
			return false;
	}
	if (host == len)
		return true;
	if (text[host] != ':' || len - host > 6)
		return false;
	for (i = host + 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return true;
}

/* From the path on: absolute-path [ "?" query ]. */
static int
take_path(struct dp_http_head *h, const char *data, uint32_t at, uint32_t end)
{
	const char *text = data + at;
	const char *query = at < end ? memchr(text, '?', end - at) : NULL;
	uint32_t len = query == NULL ? end - at : (uint32_t)(query - text);

	h->path = (struct dp_http_span){ at, len };
	if (!is_made_of(text, len, MARKS ":@/") ||
	    !is_made_of(text + len, end - at - len, MARKS ":@/?"))
		return dp_http_refuse(h, 400, "bad bytes in the target");
	return 0;
}

/* http://authority/path: a server must take it, whoever sends it. */
static int
take_absolute(struct dp_http_head *h, const char *data)
{
	static const char scheme[] = "http://";
	const char *text = data + h->target.at;
	uint32_t i, start = (uint32_t)(sizeof scheme - 1);

	if (h->target.len < start || !dp_http_equal(text, start, scheme))
		return dp_http_refuse(h, 400, "bad target");
	for (i = start; i < h->target.len && text[i] != '/' && text[i] != '?';
	     i++)
		;
	if (i == start || text[start] == ':' ||
	    !dp_http_is_authority(text + start, i - start))
		return dp_http_refuse(h, 400, "bad authority in the target");
	return take_path(h, data, h->target.at + i,
	    h->target.at + h->target.len);
}

static int
take_target(struct dp_http_head *h, const char *data)
{
	const char *text = data + h->target.at;
	const uint32_t len = h->target.len;

	if (h->method == DP_HTTP_CONNECT) {
		/* authority-form alone, and its port must be there. */
		if (memchr(text, ':', len) == NULL || text[0] == ':' ||
		    !dp_http_is_authority(text, len))
			return dp_http_refuse(h, 400, "bad target");
		h->path = h->target;
		return 0;
	}
	if (text[0] == '/')
		return take_path(h, data, h->target.at, h->target.at + len);
	if (len == 1 && text[0] == '*' && h->method == DP_HTTP_OPTIONS) {
		h->path = h->target;
		return 0;
	}
	return take_absolute(h, data);
}

static enum dp_http_method
method_of(const char *text, size_t len)
{
	static const char *const names[] = { "", "GET", "HEAD", "POST", "PUT",
		"DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH" };
	unsigned i;

	for (i = DP_HTTP_GET; i <= DP_HTTP_PATCH; i++)
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return (enum dp_http_method)i;
	return DP_HTTP_OTHER;
}

/* HTTP/1.0, or 1.1; a higher minor version is read as 1.1 (RFC 9110, 2.5). */
static int
take_version(struct dp_http_head *h, const char *text, size_t len)
{
	if (len != 8 || memcmp(text, "HTTP/", 5) != 0 || text[6] != '.' ||
	    text[5] < '0' || text[5] > '9' || text[7] < '0' || text[7] > '9')
		return dp_http_refuse(h, 400,
		    "bad version in the request line");
	if (text[5] != '1')
		return dp_http_refuse(h, 505, "only HTTP/1.0 and 1.1");
	h->minor = text[7] == '0' ? 0 : 1;
	return 0;
}

static int
take_request_line(struct dp_http_head *h, const char *data, uint32_t at,
    uint32_t end)
{
	uint32_t i = at, target;

	while (i < end && dp_http_is_token((unsigned char)data[i]))
		i++;
	if (i == at || i == end || data[i] != ' ' || i - at > METHOD_MAX)
		return dp_http_refuse(h, 400, "bad method in the request line");
	h->name = (struct dp_http_span){ at, i - at };
	h->method = method_of(data + at, i - at);
	target = ++i;
	while (i < end && data[i] != ' ')
		i++;
	if (i == target || i == end)
		return dp_http_refuse(h, 400, "bad request line");
	h->target = (struct dp_http_span){ target, i - target };
	if (take_version(h, data + i + 1, end - i - 1) == -1)
		return -1;
	return take_target(h, data);
}

/* A line is complete: data[h->line..end), CR LF behind it. */
static int
take_line(struct dp_http_head *h, const char *data, uint32_t end)
{
	const uint32_t at = h->line;

	h->line = h->scan;
	if (!h->has_request_line) {
		if (end == at) {
			/* RFC 9112, 2.2: one empty line may be in front. */
			if (h->has_blank)
				return dp_http_refuse(h, 400, "empty lines");
			h->has_blank = true;
			return 0;
		}
		h->has_request_line = true;
		return take_request_line(h, data, at, end);
	}
	if (end == at) {
		h->len = h->scan;
		return dp_http_field_finish(h) == -1 ? -1 : 1;
	}
	if (++h->fields > DP_HTTP_FIELDS_MAX)
		return dp_http_refuse(h, 431, "too many fields");
	return dp_http_field_take(h, data, at, end - at);
}

/* Looks at one byte that is not plain.  1: a line ends. */
static int
look_at(struct dp_http_head *h, const char *data, uint32_t at)
{
	const char c = data[at];

	if (c == '\n')
		return at > h->line && data[at - 1] == '\r'
		    ? 1
		    : dp_http_refuse(h, 400, "a bare LF");
	if (c == '\0')
		return dp_http_refuse(h, 400, "a NUL");
	if (c != '\r' && c != '\t')
		return dp_http_refuse(h, 400, "a control byte");
	return 0;
}

/*
 * Looks at the bytes of a line from h->scan to end, and leaves h->scan
 * behind the last one.  1: it is complete.
 */
static int
look(struct dp_http_head *h, const char *data, uint32_t end)
{
	uint32_t i = h->scan;
	int rc = 0;

	while (i < end && rc == 0) {
		/* Behind a CR only LF may stand. */
		if (i > h->line && data[i - 1] == '\r' && data[i] != '\n') {
			rc = dp_http_refuse(h, 400, "a bare CR");
			break;
		}
		while (i < end && (unsigned char)data[i] >= 0x20 &&
		    data[i] != 0x7f)
			i++;
		if (i < end)
			rc = look_at(h, data, i++);
	}
	h->scan = i;
	return rc;
}

/* How far the line at hand may go, its CR LF included. */
static uint32_t
line_limit(const struct dp_http_head *h)
{
	const uint32_t end = h->line + DP_HTTP_LINE_MAX + 2;

	return end < DP_HTTP_HEAD_MAX ? end : DP_HTTP_HEAD_MAX;
}

int
dp_http_head_feed(struct dp_http_head *h, const char *data, size_t len)
{
	for (;;) {
		const uint32_t limit = line_limit(h);
		const uint32_t end = len < limit ? (uint32_t)len : limit;
		int rc = look(h, data, end);

		if (rc == -1)
			return -1;
		if (rc == 0 && h->scan < limit)
			return 0;
		if (rc == 0)
			return h->has_request_line
			    ? dp_http_refuse(h, 431, "the header is too long")
			    : dp_http_refuse(h, 414, "the target is too long");
		rc = take_line(h, data, h->scan - 2);
		if (rc != 0)
			return rc;
	}
}
