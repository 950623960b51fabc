#include "sink/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"

int
dp_known_init(struct dp_known *k, struct dp_err *err)
{
	*k = (struct dp_known){ 0 };
	k->hash = dp_hash128_new(err);
	return k->hash == NULL ? -1 : 0;
}

void
dp_known_fini(struct dp_known *k)
{
	dp_hash128_free(k->hash);
	free(k->marks);
	*k = (struct dp_known){ 0 };
}

int
dp_known_candidate(struct dp_known *k, const struct dp_mark *m,
    struct dp_err *err)
{
	size_t i = k->n;

	if ((k->n & (k->n - 1)) == 0) {
		struct dp_mark *marks =
		    calloc(k->n == 0 ? 1 : k->n * 2, sizeof *marks);

		if (marks == NULL)
			return dp_err_nomem(err);
		if (k->n > 0)
			memcpy(marks, k->marks, k->n * sizeof *marks);
		free(k->marks);
		k->marks = marks;
	}
	for (; i > 0 && k->marks[i - 1].next > m->next; i--)
		k->marks[i] = k->marks[i - 1];
	k->marks[i] = *m;
	k->n++;
	return 0;
}

uint64_t
dp_known_wants(const struct dp_known *k)
{
	return k->judged == k->n ? 0 : k->marks[k->judged].next - k->at;
}

/* Marks that end here; one that lies behind us cannot be told any more. */
static void
judge(struct dp_known *k)
{
	char hash[33];

	if (k->judged == k->n || k->marks[k->judged].next > k->at)
		return;
	dp_hash128_text(k->hash, hash);
	for (; k->judged < k->n && k->marks[k->judged].next <= k->at;
	     k->judged++) {
		const struct dp_mark *m = &k->marks[k->judged];

		if (m->next != k->at || strcmp(m->hash, hash) != 0)
			continue;
		if (k->at >= DP_KNOWN_PROOF || strcmp(m->inode, k->inode) == 0)
			k->best = m;
		else
			k->tiny = true;
	}
}

void
dp_known_add(struct dp_known *k, const char *data, size_t len)
{
	judge(k);
	while (len > 0) {
		const uint64_t wants = dp_known_wants(k);
		const size_t n = wants > 0 && wants < len ? (size_t)wants : len;

		dp_hash128_add(k->hash, data, n);
		k->at += n;
		data += n;
		len -= n;
		judge(k);
	}
}

void
dp_known_lane(const struct dp_known *k, const char *head,
    char lane[DP_MARK_LANE])
{
	unsigned long n = 0;
	size_t i;

	for (i = 0; i < k->n; i++) {
		const char *dot = strrchr(k->marks[i].lane, '.');
		unsigned long m = dot == NULL ? 0 : strtoul(dot + 1, NULL, 10);

		if (m >= n)
			n = m + 1;
	}
	(void)snprintf(lane, DP_MARK_LANE, "%s.%lu", head, n);
}
