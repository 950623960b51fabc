#include "http/body.h"

#include <string.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_blank(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && is_space(text[i]))
		i++;
	return i == len;
}

static int
refuse(struct dp_body *b, const char *code, const char *detail, size_t at,
    struct dp_body_fault *fault)
{
	*fault = (struct dp_body_fault){ code, detail, at };
	dp_body_close(b);
	return -1;
}

/* Behind the string whose opening quote is at p; NULL: a newline is in it. */
static char *
string_end(char *p, char *end)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p == '\n')
			return NULL;
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
	}
	return end;
}

/* NULL, or the newline inside of a string. */
static const char *
blank_newlines(char *text, size_t len)
{
	char *p = text, *const end = text + len;

	if (len == 0 || memchr(text, '\n', len) == NULL)
		return NULL;
	while (p < end) {
		char *const start = p;

		if (*p == '"') {
			p = string_end(p, end);
			if (p == NULL)
				return memchr(start, '\n',
				    (size_t)(end - start));
			continue;
		}
		if (*p == '\n')
			*p = ' ';
		p++;
	}
	return NULL;
}

static void
trim(struct dp_body *b)
{
	while (b->len > 0 && is_space(b->text[b->len - 1]))
		b->len--;
	while (b->len > 0 && is_space(*b->text)) {
		b->text++;
		b->len--;
	}
}

static int
open_lines(struct dp_body *b, uint64_t max, struct dp_body_fault *fault)
{
	const char *p = b->text, *const end = p + b->len;

	b->batch = true;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl == NULL ? end : nl;

		if (!is_blank(p, (size_t)(stop - p))) {
			if (b->events >= max)
				return refuse(b, "too-long", "too many events",
				    (size_t)(p - b->text), fault);
			b->events++;
		}
		p = stop + 1;
	}
	if (b->events == 0)
		return refuse(b, "empty", "no event", 0, fault);
	return 0;
}

static int
open_array(struct dp_body *b, const char *data, uint64_t max,
    struct dp_scan_work *work, struct dp_body_fault *fault)
{
	const struct dp_scan_opts opts = { .work = work };
	struct dp_scan_value element;
	enum dp_scan_fault bad;
	const char *at = NULL;
	size_t offset;

	b->batch = true;
	bad = dp_scan_line(b->text, b->len, &opts, &b->array, &offset);
	if (bad != DP_SCAN_OK)
		return refuse(b, dp_scan_code(bad), "the array is broken",
		    (size_t)(b->text - data) + offset, fault);
	while (dp_scan_next_element(&b->array, &at, &element)) {
		if (b->events >= max)
			return refuse(b, "too-long", "too many events",
			    (size_t)(element.text - data), fault);
		b->events++;
	}
	if (b->events == 0)
		return refuse(b, "empty", "no event", 0, fault);
	return 0;
}

int
dp_body_open(struct dp_body *b, enum dp_body_kind kind, char *data, size_t len,
    uint64_t max_events, struct dp_scan_work *work, struct dp_body_fault *fault)
{
	const char *newline;

	*b = (struct dp_body){ .kind = kind,
		.text = data,
		.len = len,
		.next = 1 };
	if (kind == DP_BODY_LINES) {
		b->end = data + len;
		b->saved = *b->end;
		*b->end = '\n';
		return open_lines(b, max_events, fault);
	}
	trim(b);
	if (b->len == 0)
		return refuse(b, "empty", "no event", 0, fault);
	newline = blank_newlines(b->text, b->len);
	if (newline != NULL)
		return refuse(b, "malformed", "a newline inside of a string",
		    (size_t)(newline - data), fault);
	b->end = b->text + b->len;
	b->saved = *b->end;
	*b->end = '\n';
	if (kind == DP_BODY_JSON && *b->text == '[')
		return open_array(b, data, max_events, work, fault);
	b->events = 1;
	b->at = b->text;
	return 0;
}

static bool
next_line(struct dp_body *b, struct dp_body_event *e)
{
	const char *const end = b->text + b->len;
	const char *p = b->at == NULL ? b->text : b->at;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p) + 1);
		const size_t len = (size_t)(nl - p);

		*e = (struct dp_body_event){ p, len, b->next++ };
		p = b->at = nl + 1;
		if (!is_blank(e->text, len))
			return true;
	}
	return false;
}

bool
dp_body_next(struct dp_body *b, struct dp_body_event *e)
{
	struct dp_scan_value v;

	if (b->end == NULL)
		return false;
	if (b->kind == DP_BODY_LINES)
		return next_line(b, e);
	if (!b->batch) {
		*e = (struct dp_body_event){ b->text, b->len, 1 };
		return b->next++ == 1;
	}
	if (!dp_scan_next_element(&b->array, &b->at, &v))
		return false;
	*e = (struct dp_body_event){ v.text, v.len, b->next++ };
	return true;
}

void
dp_body_close(struct dp_body *b)
{
	if (b->end != NULL)
		*b->end = b->saved;
	b->end = NULL;
}
