#include "queue/fixed.h"

#include <string.h>

void
dp_fixed_put(char *p, size_t width, uint64_t n)
{
	while (width > 0) {
		p[--width] = (char)('0' + n % 10);
		n /= 10;
	}
}

void
dp_fixed_put_hex(char *p, size_t width, uint64_t n)
{
	while (width > 0) {
		p[--width] = "0123456789abcdef"[n & 15];
		n >>= 4;
	}
}

static int
value_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static uint64_t
take(struct dp_fixed *f, size_t width, uint64_t base)
{
	uint64_t n = 0;
	size_t i;

	if (f->bad || f->left < width) {
		f->bad = 1;
		return 0;
	}
	for (i = 0; i < width; i++) {
		uint64_t v = (uint64_t)value_of(f->p[i]);

		if (v >= base || n > (UINT64_MAX - v) / base) {
			f->bad = 1;
			return 0;
		}
		n = n * base + v;
	}
	f->p += width;
	f->left -= width;
	return n;
}

uint64_t
dp_fixed_take(struct dp_fixed *f, size_t width)
{
	return take(f, width, 10);
}

uint64_t
dp_fixed_take_hex(struct dp_fixed *f, size_t width)
{
	return take(f, width, 16);
}

void
dp_fixed_take_text(struct dp_fixed *f, const char *text, size_t len)
{
	if (f->bad || f->left < len || memcmp(f->p, text, len) != 0) {
		f->bad = 1;
		return;
	}
	f->p += len;
	f->left -= len;
}
