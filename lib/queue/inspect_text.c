/* What dp-queue stat and ls print for people. */
#include <string.h>

#include "base/time.h"
#include "queue/inspect_form.h"

void
dp_form_age(struct dp_buf *out, uint64_t s)
{
	if (s < 120)
		(void)dp_buf_addf(out, "%ju s", (uintmax_t)s);
	else if (s < 7200)
		(void)dp_buf_addf(out, "%ju m", (uintmax_t)(s / 60));
	else if (s < 172800)
		(void)dp_buf_addf(out, "%ju h", (uintmax_t)(s / 3600));
	else
		(void)dp_buf_addf(out, "%ju d", (uintmax_t)(s / 86400));
}

void
dp_form_ago(struct dp_buf *out, uint64_t then_us, uint64_t now_us)
{
	dp_form_age(out, now_us > then_us ? (now_us - then_us) / 1000000 : 0);
}

void
dp_form_count(struct dp_buf *out, uint64_t n, const char *one)
{
	(void)dp_buf_addf(out, "%ju %s%s", (uintmax_t)n, one,
	    n == 1 ? "" : "s");
}

void
dp_form_size(struct dp_buf *out, double n)
{
	static const char units[] = "KMGTP";
	size_t u = 0;

	if (n < 1024) {
		dp_form_count(out, (uint64_t)n, "byte");
		return;
	}
	for (n /= 1024; n >= 1024 && units[u + 1] != '\0'; u++)
		n /= 1024;
	(void)dp_buf_addf(out, "%.1f %ciB", n, units[u]);
}

static void
add_time(struct dp_buf *out, uint64_t us)
{
	char text[DP_TIME_TEXT_SIZE];

	dp_time_text((time_t)(us / 1000000), text);
	(void)dp_buf_adds(out, text);
}

void
dp_form_status(struct dp_buf *out, unsigned status)
{
	if (status > 256)
		(void)dp_buf_addf(out, "signal %u", status - 256);
	else
		(void)dp_buf_addf(out, "exit status %u", status);
}

/* "120 lines/s, 15.2 KiB/s (over the last 75 s)" */
static void
add_flow(struct dp_buf *out, const struct dp_inspect_flow *f)
{
	double lines = dp_inspect_rate(f, f->lines);

	if (f->time_us == 0) {
		(void)dp_buf_adds(out, "not known yet");
		return;
	}
	(void)dp_buf_addf(out,
	    lines < 10 && f->lines > 0 ? "%.2f lines/s" : "%.0f lines/s",
	    lines);
	if (f->bytes > 0) {
		(void)dp_buf_adds(out, ", ");
		dp_form_size(out, dp_inspect_rate(f, f->bytes));
		(void)dp_buf_adds(out, "/s");
	}
	(void)dp_buf_adds(out, " (over the last ");
	dp_form_age(out, f->time_us / 1000000);
	(void)dp_buf_addc(out, ')');
}

static void
add_leases(const struct dp_inspect *i, const struct dp_inspect_group *g,
    struct dp_buf *out)
{
	const struct dp_inspect_lease *l;
	size_t k, n;

	l = dp_inspect_leases(i, &n);
	for (k = 0; k < n; k++) {
		if (strcmp(l[k].group, g->name) != 0)
			continue;
		(void)dp_buf_addf(out, "  leased: lane %s", l[k].lane);
		if (l[k].drain != 0)
			(void)dp_buf_addf(out, ", by dp-drain %d",
			    (int)l[k].drain);
		if (l[k].command != 0)
			(void)dp_buf_addf(out, ", command %d",
			    (int)l[k].command);
		if (l[k].attempt != 0) {
			(void)dp_buf_addf(out, ", attempt %ju of %ju-%ju, ",
			    (uintmax_t)l[k].attempt, (uintmax_t)l[k].first,
			    (uintmax_t)l[k].end);
			dp_form_ago(out, l[k].time_us, i->now_us);
			(void)dp_buf_adds(out,
			    l[k].command != 0 ? " ago" : " ago, not running");
		}
		(void)dp_buf_addc(out, '\n');
	}
}

static void
add_failure(const struct dp_inspect *i, const struct dp_inspect_failure *f,
    struct dp_buf *out)
{
	if (f->time_us == 0)
		return;
	(void)dp_buf_adds(out, "  last failure: ");
	dp_form_ago(out, f->time_us, i->now_us);
	(void)dp_buf_adds(out, " ago, ");
	dp_form_status(out, f->status);
	(void)dp_buf_addf(out, ", attempt %ju of %s:%ju-%ju\n",
	    (uintmax_t)f->attempt, f->lane, (uintmax_t)f->first,
	    (uintmax_t)f->end);
	if (f->said[0] != '\0')
		(void)dp_buf_addf(out, "    it said: %s\n", f->said);
}

static void
add_group(const struct dp_inspect *i, const struct dp_inspect_group *g,
    struct dp_buf *out)
{
	(void)dp_buf_addf(out, "group %s: ", g->name);
	if (g->lines == 0) {
		(void)dp_buf_adds(out, "nothing waits\n");
	} else {
		dp_form_count(out, g->lines, "line");
		(void)dp_buf_adds(out, g->lines == 1 ? " waits (" : " wait (");
		dp_form_size(out, (double)g->bytes);
		(void)dp_buf_adds(out, "), the oldest for up to ");
		dp_form_ago(out, g->oldest_us, i->now_us);
		(void)dp_buf_adds(out,
		    g->leases > 0 ? "\n" : "; NOBODY DRAINS IT\n");
	}
	(void)dp_buf_adds(out, "  last settled: ");
	if (g->settled_us == 0) {
		(void)dp_buf_adds(out, "never\n");
	} else {
		dp_form_ago(out, g->settled_us, i->now_us);
		(void)dp_buf_adds(out, " ago\n  rate out: ");
		add_flow(out, &g->out);
		(void)dp_buf_addc(out, '\n');
	}
	add_leases(i, g, out);
	add_failure(i, &g->failure, out);
	if (g->dead > 0) {
		(void)dp_buf_adds(out, "  dead letters: ");
		dp_form_count(out, g->dead, "file");
		(void)dp_buf_adds(out, " (dp-queue dead)\n");
	}
}

static void
add_disk(const struct dp_inspect *i, struct dp_buf *out)
{
	uint64_t lasts = dp_inspect_lasts(i);

	if (i->disk_size == 0)
		return;
	(void)dp_buf_adds(out, "disk: ");
	dp_form_size(out, (double)i->disk_free);
	(void)dp_buf_adds(out, " free of ");
	dp_form_size(out, (double)i->disk_size);
	if (lasts > 0) {
		(void)dp_buf_adds(out,
		    "; at the rate in, with nothing "
		    "drained, that lasts ");
		dp_form_age(out, lasts);
	}
	(void)dp_buf_addc(out, '\n');
}

static void
add_kept(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_keep *k = &i->keep;

	if (i->kept_segments == 0 && k->bytes == 0 && k->age_ms == 0 &&
	    !k->unknown)
		return;
	(void)dp_buf_adds(out, "kept for replay: ");
	dp_form_count(out, i->kept_segments, "segment");
	(void)dp_buf_adds(out, ", ");
	dp_form_size(out, (double)i->kept_bytes);
	if (k->bytes > 0) {
		(void)dp_buf_adds(out, ", up to ");
		dp_form_size(out, (double)k->bytes);
	}
	if (k->age_ms > 0) {
		(void)dp_buf_adds(out, ", for ");
		dp_form_age(out, k->age_ms / 1000);
	}
	if (k->unknown)
		(void)dp_buf_addf(out,
		    "; %s/keep does not verify: nothing is removed", i->name);
	(void)dp_buf_addc(out, '\n');
}

void
dp_form_waiting(const struct dp_inspect *i, struct dp_buf *out)
{
	size_t n;

	(void)dp_inspect_segments(i, &n);
	(void)dp_buf_adds(out, "waiting: ");
	dp_form_count(out, i->lines, "line");
	(void)dp_buf_adds(out, ", ");
	dp_form_size(out, (double)i->bytes);
	(void)dp_buf_adds(out, ", in ");
	dp_form_count(out, n, "lane");
}

/* What was settled may be gone, with the time when it came. */
static void
add_last_in(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_segment *seg;
	const struct dp_inspect_group *g;
	size_t k, n, groups;
	bool ever;

	seg = dp_inspect_segments(i, &n);
	g = dp_inspect_groups(i, &groups);
	(void)dp_buf_adds(out, "last line in: ");
	if (n > 1 || (n == 1 && (seg[0].lines > 0 || i->kept_segments > 0))) {
		dp_form_ago(out, seg[n - 1].written_us, i->now_us);
		(void)dp_buf_adds(out, " ago\nrate in: ");
		add_flow(out, &i->in);
		(void)dp_buf_addc(out, '\n');
		return;
	}
	ever = n == 1 && seg[0].number > 1;
	for (k = 0; k < groups; k++)
		ever = ever || g[k].settled_us > 0;
	(void)dp_buf_adds(out,
	    ever ? "not known, all that came is settled and removed\n"
		 : "none yet\n");
}

void
dp_form_text(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_group *g;
	size_t k, groups;

	g = dp_inspect_groups(i, &groups);
	(void)dp_buf_addf(out, "queue %s, id %s\n", i->name, i->id);
	dp_form_waiting(i, out);
	(void)dp_buf_addc(out, '\n');
	add_last_in(i, out);
	if (groups == 0)
		(void)dp_buf_adds(out,
		    "groups: none: dp-drain has never run on this queue\n");
	for (k = 0; k < groups; k++)
		add_group(i, &g[k], out);
	add_kept(i, out);
	add_disk(i, out);
	if (i->bad > 0) {
		(void)dp_buf_adds(out, "damage: ");
		dp_form_count(out, i->bad, "piece");
		(void)dp_buf_addf(out, " in %s/bad (dp-queue check)\n",
		    i->name);
	}
}

static const char *
state_of(const struct dp_inspect_segment *seg, bool last)
{
	if (seg->packed)
		return seg->kept ? "kept zstd" : "final zstd";
	return seg->kept ? "kept" : (last ? "active" : "final");
}

void
dp_form_list(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_segment *seg;
	size_t k, n;

	seg = dp_inspect_segments(i, &n);
	for (k = 0; k < n; k++) {
		(void)dp_buf_addf(out, "%016ju-%016jx ",
		    (uintmax_t)seg[k].number, (uintmax_t)seg[k].nonce);
		add_time(out, seg[k].created_us);
		(void)dp_buf_addf(out, " %10ju lines %12ju bytes %s\n",
		    (uintmax_t)seg[k].lines, (uintmax_t)seg[k].bytes,
		    state_of(&seg[k], k + 1 == n));
	}
}
