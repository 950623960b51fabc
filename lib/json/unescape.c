#include "json/unescape.h"

#include <string.h>

#include "json/text.h"

static unsigned
hex4(const char *p)
{
	unsigned v = 0;
	int i;

	for (i = 0; i < 4; i++) {
		const unsigned c = (unsigned char)p[i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

/* Takes the escape at u->at apart into u->left. */
static void
take_escape(struct dp_unescape *u)
{
	static const char names[] = "bfnrt", bytes[] = "\b\f\n\r\t";
	const char *name;
	unsigned c = (unsigned char)u->at[1];

	if (c == 'u') {
		c = hex4(u->at + 2);
		u->at += 6;
		if (c >= 0xd800 && c < 0xdc00) {
			c = 0x10000 + ((c - 0xd800) << 10) +
			    (hex4(u->at + 2) - 0xdc00);
			u->at += 6;
		}
	} else {
		name = strchr(names, (int)c);
		if (name != NULL)
			c = (unsigned char)bytes[name - names];
		u->at += 2;
	}
	u->left_at = 0;
	u->left_n = (unsigned char)dp_json_put_utf8(c, u->left);
}

size_t
dp_unescape_some(struct dp_unescape *u, char *out, size_t cap)
{
	size_t n = 0;

	while (n < cap) {
		const char *slash;
		size_t run;

		if (u->left_at < u->left_n) {
			out[n++] = u->left[u->left_at++];
			continue;
		}
		if (u->at == u->end)
			break;
		if (*u->at == '\\') {
			take_escape(u);
			continue;
		}
		run = (size_t)(u->end - u->at);
		if (run > cap - n)
			run = cap - n;
		slash = memchr(u->at, '\\', run);
		if (slash != NULL)
			run = (size_t)(slash - u->at);
		memcpy(out + n, u->at, run);
		u->at += run;
		n += run;
	}
	return n;
}

bool
dp_unescape_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct dp_unescape x = dp_unescape_of(a, a_len);
	struct dp_unescape y = dp_unescape_of(b, b_len);
	char p[64], q[64];
	size_t n;

	do {
		n = dp_unescape_some(&x, p, sizeof p);
		if (n != dp_unescape_some(&y, q, sizeof q) ||
		    memcmp(p, q, n) != 0)
			return false;
	} while (n == sizeof p);
	return true;
}
