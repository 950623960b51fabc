#include "schema/pattern_set.h"

#include <stdlib.h>
#include <string.h>

void
dp_set_add(struct dp_set *set, uint32_t from, uint32_t to)
{
	uint32_t c;

	for (c = from; c <= to && c < 0x80; c++)
		set->ascii[c >> 6] |= UINT64_C(1) << (c & 63);
	if (from <= 0x80 && to == DP_PATTERN_CHAR_MAX)
		set->high = DP_SET_HIGH_ALL;
	else if (to >= 0x80 && set->high == DP_SET_HIGH_NONE)
		set->high = DP_SET_HIGH_SOME;
	if (set->n == DP_SET_RANGES)
		set->unknown = true;
	else
		set->ranges[set->n++] = (struct dp_range){ from, to };
}

void
dp_set_invert(struct dp_set *set)
{
	set->ascii[0] = ~set->ascii[0];
	set->ascii[1] = ~set->ascii[1];
	if (set->high == DP_SET_HIGH_NONE)
		set->high = DP_SET_HIGH_ALL;
	else if (set->high == DP_SET_HIGH_ALL)
		set->high = DP_SET_HIGH_NONE;
	set->inverted = true;
}

static int
compare(const void *a, const void *b)
{
	const struct dp_range *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* What lies between sorted ranges. */
static size_t
complement(const struct dp_range *in, size_t n, struct dp_range *out)
{
	uint32_t next = 0;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (in[i].from > next)
			out[k++] = (struct dp_range){ next, in[i].from - 1 };
		next = in[i].to + 1;
	}
	if (next <= DP_PATTERN_CHAR_MAX)
		out[k++] = (struct dp_range){ next, DP_PATTERN_CHAR_MAX };
	return k;
}

size_t
dp_set_ranges(const struct dp_set *set, struct dp_range out[DP_SET_RANGES + 1])
{
	struct dp_range sorted[DP_SET_RANGES];
	size_t i, n = 0;

	if (set->n == 0) {
		out[0] = (struct dp_range){ 0, DP_PATTERN_CHAR_MAX };
		return set->inverted;
	}
	memcpy(sorted, set->ranges, set->n * sizeof sorted[0]);
	qsort(sorted, set->n, sizeof sorted[0], compare);
	for (i = 0; i < set->n; i++) {
		if (n > 0 && sorted[i].from <= sorted[n - 1].to + 1) {
			if (sorted[i].to > sorted[n - 1].to)
				sorted[n - 1].to = sorted[i].to;
		} else {
			sorted[n++] = sorted[i];
		}
	}
	if (set->inverted)
		return complement(sorted, n, out);
	memcpy(out, sorted, n * sizeof sorted[0]);
	return n;
}
