#include "base/near.h"

#define WORD_MAX 64

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
dp_near_limit(size_t len)
{
	return len < 3 ? 0 : len < 6 ? 1 : len < 12 ? 2 : 3;
}

/* Of two words that are not empty, and have not more than WORD_MAX bytes. */
static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len,
    unsigned limit)
{
	/* Rows of the table: the one at hand and the two before it. */
	unsigned row[3][WORD_MAX + 1];
	unsigned low = 0, last_low;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		row[0][j] = (unsigned)j;
	for (i = 1; i <= a_len; i++) {
		unsigned *now = row[i % 3], *up = row[(i - 1) % 3];

		last_low = low;
		low = now[0] = (unsigned)i;
		for (j = 1; j <= b_len; j++) {
			unsigned same = a[i - 1] == b[j - 1] ? 0 : 1;

			now[j] = least(up[j - 1] + same,
			    least(up[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] =
				    least(now[j], row[(i - 2) % 3][j - 2] + 1);
			low = least(low, now[j]);
		}
		/* Nothing further down is less than two rows are. */
		if (low > limit && last_low > limit)
			return limit + 1;
	}
	return row[a_len % 3][b_len];
}

unsigned
dp_near_distance(const char *a, size_t a_len, const char *b, size_t b_len,
    unsigned limit)
{
	if (a_len > WORD_MAX || b_len > WORD_MAX || a_len > b_len + limit ||
	    b_len > a_len + limit)
		return limit + 1;
	/* What both begin with, and end with, is no distance. */
	while (a_len > 0 && b_len > 0 && *a == *b) {
		a++;
		b++;
		a_len--;
		b_len--;
	}
	while (a_len > 0 && b_len > 0 && a[a_len - 1] == b[b_len - 1]) {
		a_len--;
		b_len--;
	}
	if (a_len == 0 || b_len == 0)
		return least((unsigned)(a_len + b_len), limit + 1);
	return least(distance(a, a_len, b, b_len, limit), limit + 1);
}
