#include "base/tag.h"

#include <string.h>

#include "base/buf.h"

#define TAG_DIGITS_MAX 19 /* so that no tag overflows 64 bits */
#define CODE_DIGITS_MAX 6
#define NUMBER_MAX 20 /* digits of 64 bits */

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

/* A number and what stands behind it; 20 bytes and one are there. */
static char *
put_number(char *p, uint64_t n, char behind)
{
	char digits[NUMBER_MAX];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	memcpy(p, digits + at, sizeof digits - at);
	p += sizeof digits - at;
	*p = behind;
	return p + 1;
}

/* One look at the room of the buffer for the whole line. */
static char *
begin(struct dp_buf *b, size_t len)
{
	if (len > SIZE_MAX / 2 ||
	    dp_buf_reserve(b, len + 2 * (size_t)(NUMBER_MAX + 1) + 1) == -1)
		return NULL;
	return b->data + b->len;
}

static void
end(struct dp_buf *b, char *p, const char *text, size_t len)
{
	if (len > 0)
		memcpy(p, text, len);
	p[len] = '\n';
	b->len = (size_t)(p - b->data) + len + 1;
}

void
dp_tag_add_request(struct dp_buf *b, uint64_t tag, const char *event,
    size_t len)
{
	char *p = begin(b, len);

	if (p != NULL)
		end(b, put_number(p, tag, '\t'), event, len);
}

void
dp_tag_add(struct dp_buf *b, uint64_t tag, int code, const char *rest,
    size_t rest_len)
{
	char *p = begin(b, rest_len);

	if (p == NULL)
		return;
	p = put_number(p, tag, '\t');
	p = put_number(p, (uint64_t)code, '\t');
	end(b, rest_len > 0 ? p : p - 1, rest, rest_len);
}
