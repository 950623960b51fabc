#include "queue/admin.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "queue/driver.h"
#include "queue/feed.h"
#include "queue/fixed.h"
#include "queue/inspect_form.h"

#define PEEK_BYTES 1048576

/* Decimal digits up to `end`; -1 when there are none, or others. */
static int
take_number(const char **p, uint64_t *n)
{
	const char *start = *p;

	for (*n = 0; **p >= '0' && **p <= '9'; ++*p) {
		if (*n > UINT64_C(999999999999999999))
			return -1;
		*n = *n * 10 + (uint64_t)(**p - '0');
	}
	return *p == start ? -1 : 0;
}

int
dp_position_parse(const char *text, struct dp_position *p)
{
	memset(p, 0, sizeof *p);
	if (take_number(&text, &p->number) == -1 || p->number == 0)
		return -1;
	if (*text == '-') {
		struct dp_fixed in = { .p = text + 1,
			.left = strlen(text + 1) };

		p->nonce = dp_fixed_take_hex(&in, 16);
		p->has_nonce = true;
		if (in.bad)
			return -1;
		text = in.p;
	}
	if (*text == ':') {
		text++;
		if (take_number(&text, &p->line) == -1)
			return -1;
	}
	return *text == '\0' ? 0 : -1;
}

/* An engine leaves out of its table what makes no sense for it. */
static int
refuse(const struct dp_queue *q, struct dp_err *err)
{
	return dp_err_set(err, DP_USAGE,
	    "%s: a queue of this kind has no such verb", q->name);
}

int
dp_admin_position(struct dp_queue *q, const char *text, struct dp_position *p,
    struct dp_err *err)
{
	uint64_t ago, at;

	if (text == NULL)
		return dp_err_set(err, DP_USAGE,
		    "want a position (17:500) or a time, as the operand of "
		    "rewind or with --before of purge");
	if (dp_position_parse(text, p) == 0)
		return 0;
	if (dp_time_of_text(text, &at) == 0)
		at *= 1000000;
	else if (dp_time_parse(text, &ago) == 0)
		at = dp_time_wall_us() - ago * 1000;
	else
		return dp_err_set(err, DP_USAGE,
		    "%s: neither a position (17:500) nor a time", text);
	return q->ops->admin->at_time(q, at, p, err);
}

/* "2 segments, 1 frame, 5 lines: intact" */
static int
tell_intact(const struct dp_check_report *r,
    void (*tell)(void *arg, const char *text), void *arg, struct dp_err *err)
{
	struct dp_buf b;
	const char *text;

	dp_buf_init(&b, 0);
	dp_form_count(&b, r->segments, r->unit);
	(void)dp_buf_adds(&b, ", ");
	dp_form_count(&b, r->frames, "frame");
	(void)dp_buf_adds(&b, ", ");
	dp_form_count(&b, r->lines, "line");
	(void)dp_buf_adds(&b, ": intact");
	text = dp_buf_text(&b);
	if (text != NULL)
		tell(arg, text);
	dp_buf_fini(&b);
	return text == NULL ? dp_err_nomem(err) : 0;
}

int
dp_admin_check(struct dp_queue *q, void (*tell)(void *arg, const char *text),
    void *arg, struct dp_check_report *report, struct dp_err *err)
{
	memset(report, 0, sizeof *report);
	if (q->ops->admin->check(q, tell, arg, report, err) == -1 ||
	    tell_intact(report, tell, arg, err) == -1)
		return -1;
	return report->damaged == 0
	    ? 0
	    : dp_err_set(err, DP_DATA, "%s: damaged in %ju places", q->name,
		  (uintmax_t)report->damaged);
}

int
dp_admin_cat(struct dp_queue *q, const struct dp_position *from, uint64_t max,
    dp_queue_sink *sink, void *arg, struct dp_err *err)
{
	return q->ops->admin->cat(q, from, max == 0 ? UINT64_MAX : max, sink,
	    arg, err);
}

int
dp_admin_rewind(struct dp_queue *q, const struct dp_position *to,
    struct dp_err *err)
{
	return q->ops->admin->rewind(q, to, err);
}

int
dp_admin_purge(struct dp_queue *q, const struct dp_queue_opts *opts,
    uint64_t number, struct dp_err *err)
{
	return q->ops->admin->purge(q, opts, number, err);
}

int
dp_admin_keep(struct dp_queue *q, const struct dp_keep *keep,
    struct dp_err *err)
{
	return q->ops->admin->keep == NULL ? refuse(q, err)
					   : q->ops->admin->keep(q, keep, err);
}

int
dp_admin_repair(struct dp_queue *q, struct dp_err *err)
{
	return q->ops->admin->repair == NULL ? refuse(q, err)
					     : q->ops->admin->repair(q, err);
}

int
dp_admin_dead(struct dp_queue *q, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	return q->ops->admin->dead(q, into, fn, arg, err);
}

int
dp_admin_peek(struct dp_queue *q, uint64_t max, dp_queue_sink *sink, void *arg,
    struct dp_err *err)
{
	struct dp_queue_limits limits = { PEEK_BYTES, max };
	uint64_t left = max > 0 ? max : UINT64_MAX, dead;
	struct dp_queue_lease *lease;
	struct dp_queue_batch b;
	int rc = 0;

	while (left > 0 && (rc = dp_queue_lease(q, &lease, err)) == 1) {
		while (left > 0 &&
		    (rc = dp_queue_batch(lease, &limits, sink, arg, &b, err)) ==
			1) {
			left -= b.end - b.first;
			limits.records = max > 0 ? left : 0;
			/* A queue that is looked at only goes on. */
			if (dp_queue_settle(lease, &dead, err) == -1)
				return -1;
		}
		dp_queue_release(lease);
		if (rc == -1)
			break;
	}
	return rc == -1 ? -1 : 0;
}

int
dp_admin_put(void *queue, const char *line, size_t len, struct dp_err *err)
{
	struct dp_queue *q = queue;

	if (dp_feed_is_blank(line, len) || *line == '#' ||
	    memchr(line, '\n', len) != NULL)
		return dp_err_set(err, DP_DATA,
		    "a line that a queue does not take");
	if (len + 1 > dp_queue_room(q) && dp_queue_sync(q, err) == -1)
		return -1;
	return dp_queue_put(q, line, len, 0, err) == -1
	    ? -1
	    : dp_queue_put(q, "\n", 1, 1, err);
}
