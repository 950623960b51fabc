#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 256

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

void
dp_buf_init(struct dp_buf *b, size_t max)
{
	memset(b, 0, sizeof *b);
	b->max = max;
}

void
dp_buf_fini(struct dp_buf *b)
{
	free(b->data);
	dp_buf_init(b, b->max);
}

void
dp_buf_clear(struct dp_buf *b)
{
	b->len = 0;
	b->failed = false;
}

int
dp_buf_grow(struct dp_buf *b, size_t n)
{
	size_t need, cap;
	char *data;

	if (b->failed || n > SIZE_MAX / 2 - b->len ||
	    (b->max != 0 && n > b->max - b->len))
		goto fail;
	need = b->len + n;
	if (need <= b->cap)
		return 0;
	cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap;
	while (cap < need)
		cap *= 2;
	data = realloc(b->data, cap);
	if (data == NULL)
		goto fail;
	b->data = data;
	b->cap = cap;
	return 0;
fail:
	b->failed = true;
	return -1;
}

int
dp_buf_add_bytes(struct dp_buf *b, const void *data, size_t len)
{
	if (dp_buf_reserve(b, len) == -1)
		return -1;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

int
dp_buf_addf(struct dp_buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->len;
	va_list ap;
	int n;

	/* The room that is there is enough most of the time. */
	va_start(ap, fmt);
	n = vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < room && !b->failed &&
	    (b->max == 0 || (size_t)n <= b->max - b->len)) {
		b->len += (size_t)n;
		return 0;
	}
	if (n < 0 || dp_buf_reserve(b, (size_t)n + 1) == -1) {
		b->failed = true;
		return -1;
	}
	va_start(ap, fmt);
	(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

int
dp_buf_addu(struct dp_buf *b, uint64_t n)
{
	size_t len = 1;
	uint64_t limit;
	char *out;

	if (n < 10)
		return dp_buf_addc(b, (char)('0' + n));
	/* 20 digits are the most there are. */
	for (limit = 10; len < 20 && n >= limit; limit *= 10)
		len++;
	if (dp_buf_reserve(b, len) == -1)
		return -1;
	b->len += len;
	out = b->data + b->len;
	for (; n >= 100; n /= 100) {
		out -= 2;
		memcpy(out, &pairs[n % 100 * 2], 2);
	}
	if (n >= 10)
		memcpy(out - 2, &pairs[n * 2], 2);
	else
		out[-1] = (char)('0' + n);
	return 0;
}

void
dp_buf_drop(struct dp_buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

const char *
dp_buf_text(struct dp_buf *b)
{
	if (b->failed || dp_buf_reserve(b, 1) == -1)
		return NULL;
	b->data[b->len] = '\0';
	return b->data;
}
