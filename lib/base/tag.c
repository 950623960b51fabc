#include "base/tag.h"

#include <string.h>

#include "base/buf.h"

#define TAG_DIGITS_MAX 19 /* so that no tag overflows 64 bits */
#define CODE_DIGITS_MAX 6

/* A decimal number and, unless the line ends there, a TAB behind it. */
static int
take_number(const char **p, const char *end, size_t max, uint64_t *n)
{
	const char *start = *p, *at = start;

	*n = 0;
	for (; at < end && *at >= '0' && *at <= '9'; at++) {
		if ((size_t)(at - start) == max)
			return -1;
		*n = *n * 10 + (uint64_t)(*at - '0');
	}
	if (at == start || (at < end && *at != '\t'))
		return -1;
	*p = at;
	return 0;
}

int
dp_tag_parse_request(const char *line, size_t len, struct dp_tag *t)
{
	const char *p = line, *const end = line + len;

	t->code = 0;
	if (take_number(&p, end, TAG_DIGITS_MAX, &t->tag) == -1 || p == end)
		return -1;
	t->rest = p + 1;
	t->rest_len = (size_t)(end - t->rest);
	return 0;
}

/* TAG TAB CODE, and what follows. */
static int
parse_coded(const char *line, size_t len, struct dp_tag *t)
{
	const char *p = line, *const end = line + len;
	uint64_t code;

	if (take_number(&p, end, TAG_DIGITS_MAX, &t->tag) == -1 || p == end)
		return -1;
	p++;
	if (take_number(&p, end, CODE_DIGITS_MAX, &code) == -1)
		return -1;
	t->code = (int)code;
	t->rest = p < end ? p + 1 : end;
	t->rest_len = (size_t)(end - t->rest);
	return p < end ? 1 : 0;
}

int
dp_tag_parse_verdict(const char *line, size_t len, struct dp_tag *t)
{
	return parse_coded(line, len, t) == 1 ? 0 : -1;
}

int
dp_tag_parse_receipt(const char *line, size_t len, struct dp_tag *t)
{
	return parse_coded(line, len, t) == -1 ? -1 : 0;
}

void
dp_tag_add_request(struct dp_buf *b, uint64_t tag, const char *event,
    size_t len)
{
	(void)dp_buf_addu(b, tag);
	(void)dp_buf_addc(b, '\t');
	(void)dp_buf_add(b, event, len);
	(void)dp_buf_addc(b, '\n');
}

void
dp_tag_add(struct dp_buf *b, uint64_t tag, int code, const char *rest,
    size_t rest_len)
{
	(void)dp_buf_addu(b, tag);
	(void)dp_buf_addc(b, '\t');
	(void)dp_buf_addu(b, (uint64_t)code);
	if (rest_len > 0) {
		(void)dp_buf_addc(b, '\t');
		(void)dp_buf_add(b, rest, rest_len);
	}
	(void)dp_buf_addc(b, '\n');
}
