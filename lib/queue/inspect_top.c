/* What dp-queue top shows: one screen, and rates from look to look. */
#include <string.h>

#include "base/time.h"
#include "queue/inspect_form.h"

#define SHARE 0.3 /* of the last look in an average */

/* A group, as it was at the last look. */
struct seen {
	char name[DP_INSPECT_NAME];
	uint64_t lines;
	double out;
};

void
dp_top_fini(struct dp_top *t)
{
	dp_buf_fini(&t->groups);
}

/* Lines and bytes that came since the last look. */
static void
count_in(const struct dp_top *t, const struct dp_inspect *i, uint64_t *lines,
    uint64_t *bytes)
{
	const struct dp_inspect_segment *seg;
	size_t k, n;

	*lines = *bytes = 0;
	seg = dp_inspect_segments(i, &n);
	for (k = 0; k < n; k++) {
		if (seg[k].number < t->number)
			continue;
		*lines += seg[k].lines;
		*bytes += seg[k].bytes;
		if (seg[k].number == t->number && seg[k].lines >= t->lines) {
			*lines -= t->lines;
			*bytes -= t->bytes;
		}
	}
}

static double
average(double before, double now)
{
	return before + SHARE * (now - before);
}

static struct dp_inspect_flow
flow_of(double lines, double bytes)
{
	/* In ten seconds, for what is slow. */
	return (struct dp_inspect_flow){ .lines = (uint64_t)(lines * 10 + 0.5),
		.bytes = (uint64_t)(bytes * 10 + 0.5),
		.time_us = 10000000 };
}

/* What was settled is what came, less what waits more than before. */
static void
measure_group(struct dp_top *t, struct dp_inspect_group *g, uint64_t in,
    double seconds)
{
	struct seen *s = (struct seen *)(void *)t->groups.data;
	size_t k, n = t->groups.len / sizeof *s;
	struct seen fresh = { .lines = g->lines,
		.out = dp_inspect_rate(&g->out, g->out.lines) };
	double out;

	memcpy(fresh.name, g->name, sizeof fresh.name);
	for (k = 0; k < n && strcmp(s[k].name, g->name) != 0; k++)
		;
	if (k == n) {
		(void)dp_buf_add(&t->groups, &fresh, sizeof fresh);
		return;
	}
	out = (double)in + (double)s[k].lines - (double)g->lines;
	s[k].out = average(s[k].out, out > 0 ? out / seconds : 0);
	s[k].lines = g->lines;
	g->out = flow_of(s[k].out, 0);
}

/* Puts rates since the last look, smoothed, in place of those of i. */
static void
measure(struct dp_top *t, struct dp_inspect *i)
{
	const struct dp_inspect_segment *seg;
	struct dp_inspect_group *g =
	    (struct dp_inspect_group *)(void *)i->groups.data;
	double seconds = (double)(i->now_us - t->at_us) / 1e6;
	size_t k, n;
	uint64_t lines, bytes;
	bool first = t->at_us == 0 || i->now_us <= t->at_us;

	count_in(t, i, &lines, &bytes);
	if (first) {
		dp_buf_clear(&t->groups);
		seconds = 1;
		t->in_lines = dp_inspect_rate(&i->in, i->in.lines);
		t->in_bytes = dp_inspect_rate(&i->in, i->in.bytes);
	} else {
		t->in_lines = average(t->in_lines, (double)lines / seconds);
		t->in_bytes = average(t->in_bytes, (double)bytes / seconds);
		i->in = flow_of(t->in_lines, t->in_bytes);
	}
	for (k = 0; k < i->groups.len / sizeof *g; k++)
		measure_group(t, &g[k], lines, seconds);
	seg = dp_inspect_segments(i, &n);
	t->at_us = i->now_us;
	t->number = n == 0 ? 0 : seg[n - 1].number;
	t->lines = n == 0 ? 0 : seg[n - 1].lines;
	t->bytes = n == 0 ? 0 : seg[n - 1].bytes;
}

/* A form of dp_form_*, right-aligned behind a space. */
static void
pad(struct dp_buf *out, struct dp_buf *cell, size_t width)
{
	size_t n = cell->len;

	for (; n < width; n++)
		(void)dp_buf_addc(out, ' ');
	(void)dp_buf_add(out, cell->data, cell->len);
	dp_buf_clear(cell);
}

static void
add_totals(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_segment *seg;
	char clock[DP_TIME_TEXT_SIZE];
	uint64_t lasts = dp_inspect_lasts(i);
	size_t n;

	seg = dp_inspect_segments(i, &n);
	dp_time_text((time_t)(i->now_us / 1000000), clock);
	(void)dp_buf_addf(out, "%s  %s  q: quit\n", clock, i->name);
	dp_form_waiting(i, out);
	if (n > 1 || (n == 1 && seg[0].lines > 0)) {
		(void)dp_buf_adds(out, "; last line ");
		dp_form_ago(out, seg[n - 1].written_us, i->now_us);
		(void)dp_buf_adds(out, " ago");
	}
	(void)dp_buf_addf(out, "\nin: %.0f lines/s, ",
	    dp_inspect_rate(&i->in, i->in.lines));
	dp_form_size(out, dp_inspect_rate(&i->in, i->in.bytes));
	(void)dp_buf_adds(out, "/s");
	if (i->disk_size > 0) {
		(void)dp_buf_adds(out, "; disk: ");
		dp_form_size(out, (double)i->disk_free);
		(void)dp_buf_adds(out, " free");
	}
	if (lasts > 0) {
		(void)dp_buf_adds(out, ", lasts ");
		dp_form_age(out, lasts);
	}
	(void)dp_buf_addc(out, '\n');
	if (i->bad > 0) {
		(void)dp_buf_adds(out, "damage: ");
		dp_form_count(out, i->bad, "piece");
		(void)dp_buf_adds(out, " in bad/\n");
	}
}

static void
add_group(const struct dp_inspect *i, const struct dp_inspect_group *g,
    struct dp_buf *cell, struct dp_buf *out)
{
	(void)dp_buf_addf(out, "%-16s %11ju", g->name, (uintmax_t)g->lines);
	dp_form_size(cell, (double)g->bytes);
	pad(out, cell, 11);
	if (g->lines > 0)
		dp_form_ago(cell, g->oldest_us, i->now_us);
	pad(out, cell, 7);
	(void)dp_buf_addf(cell, "%.0f", dp_inspect_rate(&g->out, g->out.lines));
	pad(out, cell, 9);
	if (g->settled_us == 0)
		(void)dp_buf_adds(cell, "never");
	else
		dp_form_ago(cell, g->settled_us, i->now_us);
	pad(out, cell, 8);
	(void)dp_buf_addf(out, "%7u %7ju\n", g->leases, (uintmax_t)g->dead);
}

static void
add_leases(const struct dp_inspect *i, struct dp_buf *cell, struct dp_buf *out)
{
	const struct dp_inspect_lease *l;
	size_t k, n;

	l = dp_inspect_leases(i, &n);
	if (n == 0)
		return;
	(void)dp_buf_adds(out,
	    "\nGROUP                   LANE    DRAIN  COMMAND  TRY   SINCE  "
	    "BATCH\n");
	for (k = 0; k < n; k++) {
		(void)dp_buf_addf(out, "%-16s %11ju %8d %8d %4ju", l[k].group,
		    (uintmax_t)l[k].number, (int)l[k].drain, (int)l[k].command,
		    (uintmax_t)l[k].attempt);
		if (l[k].attempt > 0)
			dp_form_ago(cell, l[k].time_us, i->now_us);
		pad(out, cell, 8);
		(void)dp_buf_addf(out, "  %ju-%ju\n", (uintmax_t)l[k].first,
		    (uintmax_t)l[k].end);
	}
}

static void
add_failures(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_group *g;
	const char *title = "\nLAST FAILURES\n";
	size_t k, n;

	g = dp_inspect_groups(i, &n);
	for (k = 0; k < n; k++) {
		if (g[k].failure.time_us == 0)
			continue;
		(void)dp_buf_addf(out, "%s%-16s ", title, g[k].name);
		dp_form_ago(out, g[k].failure.time_us, i->now_us);
		(void)dp_buf_adds(out, " ago, ");
		dp_form_status(out, g[k].failure.status);
		(void)dp_buf_addf(out, ": %s\n", g[k].failure.said);
		title = "";
	}
}

static void
print(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_group *g;
	struct dp_buf cell;
	size_t k, n;

	dp_buf_init(&cell, 0);
	add_totals(i, out);
	g = dp_inspect_groups(i, &n);
	(void)dp_buf_adds(out,
	    n == 0 ? "\nno group: dp-drain has never run on this queue\n"
		   : "\nGROUP                WAITING      BYTES OLDEST    "
		     "OUT/S SETTLED LEASES    DEAD\n");
	for (k = 0; k < n; k++)
		add_group(i, &g[k], &cell, out);
	add_leases(i, &cell, out);
	add_failures(i, out);
	if (cell.failed)
		out->failed = true;
	dp_buf_fini(&cell);
}

int
dp_top_draw(void *arg, struct dp_buf *out, struct dp_err *err)
{
	struct dp_top *t = arg;
	struct dp_inspect i;
	int rc = dp_inspect(&i, t->q, t->opts, false, err);

	if (rc == 0) {
		measure(t, &i);
		print(&i, out);
	}
	dp_inspect_fini(&i);
	return rc;
}
