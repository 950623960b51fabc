/* The distance of two words is what the whole table says. */
#include <stdint.h>
#include <string.h>

#include "base/near.h"
#include "tap.h"

#define MAX 10

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment, as the textbooks have it. */
static unsigned
slowly(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[MAX + 1][MAX + 1];
	size_t i, j;

	for (i = 0; i <= a_len; i++)
		for (j = 0; j <= b_len; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] =
			    least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
				least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

int
main(void)
{
	uint32_t seed = 1;
	unsigned round, limit, wrong = 0;
	char words[2][MAX];
	size_t len[2], w, i;

	for (round = 0; round < 100000; round++) {
		for (w = 0; w < 2; w++) {
			seed = seed * 1103515245 + 12345;
			len[w] = (seed >> 16) % (MAX + 1);
			for (i = 0; i < len[w]; i++) {
				seed = seed * 1103515245 + 12345;
				words[w][i] = (char)('a' + (seed >> 16) % 3);
			}
		}
		for (limit = 0; limit < 5; limit++) {
			const unsigned d =
			    slowly(words[0], len[0], words[1], len[1]);

			wrong += dp_near_distance(words[0], len[0], words[1],
				     len[1], limit) != least(d, limit + 1);
		}
	}
	OK(wrong == 0, "distances up to a limit");
	OK(dp_near_distance("0123456789012345678901234567890123456789"
			    "0123456789012345678901234x",
	       66,
	       "0123456789012345678901234567890123456789"
	       "0123456789012345678901234y",
	       66, 3) == 4,
	    "long words are far from all others");
	return tap_done();
}
