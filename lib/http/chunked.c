#include "http/chunked.h"

#include <stdbool.h>
#include <string.h>

#include "http/parse.h"

enum state {
	SIZE,
	SIZE_LF,
	EXT_BLANK, /* blanks in front of a semicolon */
	EXT_START, /* blanks in front of a name */
	EXT_NAME,
	EXT_NAME_BLANK,
	EXT_EQUALS, /* blanks in front of a value */
	EXT_VALUE,
	EXT_QUOTED,
	EXT_ESCAPED,
	EXT_DONE, /* behind a value */
	DATA,
	DATA_CR,
	DATA_LF,
	LINE, /* of the trailer: its first byte */
	NAME,
	VALUE,
	LINE_LF,
	END_LF,
	DONE
};

static int
refuse(struct dp_http_chunked *c, int status, const char *why)
{
	c->status = status;
	c->why = why;
	return -1;
}

static int
digit_of(unsigned char b)
{
	if (b >= '0' && b <= '9')
		return b - '0';
	b |= 0x20;
	return b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

static bool
is_blank(unsigned char b)
{
	return b == ' ' || b == '\t';
}

static bool
is_text(unsigned char b)
{
	return b == '\t' || (b >= 0x20 && b != 0x7f);
}

static int
take_size(struct dp_http_chunked *c, unsigned char b)
{
	const int digit = digit_of(b);

	if (digit >= 0) {
		/* 2^60 and more: no body of ours. */
		if (c->left >> 56 != 0)
			return refuse(c, 413, "the chunk is too large");
		if (++c->digits > 64)
			return refuse(c, 400, "too many digits of a chunk");
		c->left = c->left * 16 + (uint64_t)digit;
		return 0;
	}
	if (c->digits == 0)
		return refuse(c, 400, "bad size of a chunk");
	if (b == '\r')
		c->state = SIZE_LF;
	else if (b == ';')
		c->state = EXT_START;
	else if (is_blank(b))
		c->state = EXT_BLANK;
	else
		return refuse(c, 400, "bad size of a chunk");
	return 0;
}

static int
end_size(struct dp_http_chunked *c, unsigned char b)
{
	if (b != '\n')
		return refuse(c, 400, "a bare CR");
	if (c->left > c->max - c->body)
		return refuse(c, 413, "the body is too large");
	c->digits = 0;
	c->state = c->left == 0 ? LINE : DATA;
	return 0;
}

/* What may stand behind a name or a value, blanks or none in between. */
static int
behind(unsigned char b, bool after_name)
{
	if (b == ';')
		return EXT_START;
	return b == '=' && after_name ? EXT_EQUALS : -1;
}

/* chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted ) ] ) */
static int
next_of_extension(enum state s, unsigned char b)
{
	const bool token = dp_http_is_token(b), blank = is_blank(b);

	switch ((int)s) {
	case EXT_START:
		return blank ? EXT_START : token ? EXT_NAME : -1;
	case EXT_EQUALS:
		return blank   ? EXT_EQUALS
		    : token    ? EXT_VALUE
		    : b == '"' ? EXT_QUOTED
			       : -1;
	case EXT_QUOTED:
		return b == '"'  ? EXT_DONE
		    : b == '\\'  ? EXT_ESCAPED
		    : is_text(b) ? EXT_QUOTED
				 : -1;
	case EXT_ESCAPED:
		return is_text(b) ? EXT_QUOTED : -1;
	case EXT_BLANK:
	case EXT_NAME_BLANK:
		return blank ? (int)s : behind(b, s == EXT_NAME_BLANK);
	default: /* EXT_NAME, EXT_VALUE, EXT_DONE */
		if (b == '\r')
			return SIZE_LF;
		if (blank)
			return s == EXT_NAME ? EXT_NAME_BLANK : EXT_BLANK;
		return token && s != EXT_DONE ? (int)s
					      : behind(b, s == EXT_NAME);
	}
}

static int
take_extension(struct dp_http_chunked *c, unsigned char b)
{
	const int next = next_of_extension((enum state)c->state, b);

	if (next == -1)
		return refuse(c, 400, "bad extension of a chunk");
	c->state = next;
	return 0;
}

static int
take_trailer(struct dp_http_chunked *c, unsigned char b)
{
	switch (c->state) {
	case LINE:
		if (b == '\r') {
			c->state = END_LF;
			return 0;
		}
		c->state = NAME;
		return dp_http_is_token(b)
		    ? 0
		    : refuse(c, 400, "bad name of a trailer field");
	case NAME:
		if (b == ':')
			c->state = VALUE;
		else if (!dp_http_is_token(b))
			return refuse(c, 400, "bad name of a trailer field");
		return 0;
	case VALUE:
		if (b == '\r')
			c->state = LINE_LF;
		else if (!is_text(b))
			return refuse(c, 400, "bad trailer field");
		return 0;
	default:
		if (b != '\n')
			return refuse(c, 400, "a bare CR");
		c->state = c->state == LINE_LF ? LINE : DONE;
		return 0;
	}
}

/* One byte that is no data. */
static int
take(struct dp_http_chunked *c, unsigned char b)
{
	switch (c->state) {
	case SIZE:
		return take_size(c, b);
	case SIZE_LF:
		return end_size(c, b);
	case DATA_CR:
		c->state = DATA_LF;
		return b == '\r' ? 0 : refuse(c, 400, "no end of a chunk");
	case DATA_LF:
		c->state = SIZE;
		return b == '\n' ? 0 : refuse(c, 400, "no end of a chunk");
	default:
		if (++c->extra > DP_HTTP_CHUNKED_EXTRA_MAX)
			return refuse(c, 431,
			    "extensions or trailers too long");
		return c->state < DATA ? take_extension(c, b)
				       : take_trailer(c, b);
	}
}

int
dp_http_chunked_feed(struct dp_http_chunked *c, const char *data, size_t len,
    char *out, size_t *out_len, size_t *used)
{
	size_t i = 0, n;

	*out_len = 0;
	while (i < len && c->state != DONE) {
		if (c->state != DATA) {
			if (take(c, (unsigned char)data[i++]) == -1)
				return -1;
			continue;
		}
		n = len - i < c->left ? len - i : (size_t)c->left;
		memmove(out + *out_len, data + i, n);
		*out_len += n;
		c->body += n;
		c->left -= n;
		i += n;
		if (c->left == 0)
			c->state = DATA_CR;
	}
	*used = i;
	return c->state == DONE ? 1 : 0;
}
