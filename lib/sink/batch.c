#include "sink/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define ATTEMPTS 3 /* a count that is wrong so often is no accident */

static int
number(const char *text, char stop, uint64_t *n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*n = strtoull(text, &end, 10);
	return errno == 0 && *end == stop ? 0 : -1;
}

int
dp_batch_parse(struct dp_batch *b, const char *text, struct dp_err *err)
{
	const char *colon = strrchr(text, ':');
	const char *slash = colon, *dash;
	size_t source, lane;

	while (slash != NULL && slash > text && *slash != '/')
		slash--;
	dash = colon == NULL ? NULL : strchr(colon, '-');
	if (slash == NULL || *slash != '/' || slash == text || dash == NULL)
		goto bad;
	source = (size_t)(slash - text);
	lane = (size_t)(colon - slash) - 1;
	if (source >= sizeof b->source || lane == 0 || lane >= sizeof b->lane)
		goto bad;
	*b = (struct dp_batch){ 0 };
	memcpy(b->source, text, source);
	memcpy(b->lane, slash + 1, lane);
	if (number(colon + 1, '-', &b->first) == 0 &&
	    number(dash + 1, '\0', &b->end) == 0 && b->first <= b->end &&
	    b->end <= INT64_MAX)
		return 0;
bad:
	return dp_err_set(err, DP_CONFIG,
	    "DP_BATCH=%s: want QUEUE-ID/GROUP/LANE:FIRST-END", text);
}

struct search {
	const struct dp_batch *batch;
	struct dp_mark *mark;
};

/* Lanes that begin like ours may be there. */
static int
take_mark(void *arg, const struct dp_mark *m, struct dp_err *err)
{
	struct search *s = arg;

	(void)err;
	if (strcmp(m->lane, s->batch->lane) == 0)
		*s->mark = *m;
	return 0;
}

int
dp_batch_begin(struct dp_batch *b, struct dp_load *l, bool ledger,
    struct dp_err *err)
{
	struct dp_mark mark = { 0 };
	struct search s = { b, &mark };

	l->whole = true;
	l->by_lines = true;
	if (!ledger) {
		dp_load_at(l, NULL, NULL);
		return 0;
	}
	if (dp_sink_marks(l->sink, b->source, b->lane, take_mark, &s, err) ==
	    -1)
		return -1;
	(void)snprintf(mark.source, sizeof mark.source, "%s", b->source);
	(void)snprintf(mark.lane, sizeof mark.lane, "%s", b->lane);
	dp_load_at(l, &mark, NULL);
	if (mark.next < b->first) {
		l->to.next = b->first;
	} else if (mark.next >= b->end) {
		/* Whatever a filter makes of it, nothing of it is stored. */
		l->skip = UINT64_MAX;
		b->known = DP_BATCH_ALL;
	} else {
		l->skip = mark.next - b->first;
		b->known = l->skip > 0 ? DP_BATCH_PART : DP_BATCH_NEW;
	}
	return 0;
}

int
dp_batch_end(struct dp_batch *b, struct dp_load *l, uint64_t attempt,
    struct dp_err *err)
{
	const uint64_t want = b->end - b->first;

	if (b->lines == want || b->known == DP_BATCH_ALL || !l->marked)
		return dp_load_commit(l, err);
	dp_load_rollback(l);
	return dp_err_set(err, attempt < ATTEMPTS ? DP_TRYAGAIN : DP_CONFIG,
	    "the batch has %ju lines, but %ju came, and nothing was stored: "
	    "is there a filter between dp-drain and dp-load? It belongs "
	    "before the queue",
	    (uintmax_t)want, (uintmax_t)b->lines);
}
