/* What dp-queue stat and ls print; their JSON, and that for Prometheus. */
#include <string.h>

#include "queue/inspect_form.h"

/* text is printable ASCII. */
static void
add_quoted(struct dp_buf *out, const char *text)
{
	(void)dp_buf_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)dp_buf_addc(out, '\\');
		(void)dp_buf_addc(out, *text);
	}
	(void)dp_buf_addc(out, '"');
}

static void
add_flow(struct dp_buf *out, const char *name, const struct dp_inspect_flow *f)
{
	if (f->time_us == 0)
		return;
	(void)dp_buf_addf(out, ",\"%s_lines\":%.1f", name,
	    dp_inspect_rate(f, f->lines));
	if (f->bytes > 0)
		(void)dp_buf_addf(out, ",\"%s_bytes\":%.1f", name,
		    dp_inspect_rate(f, f->bytes));
	(void)dp_buf_addf(out, ",\"%s_seconds\":%.1f", name,
	    (double)f->time_us / 1e6);
}

static void
add_failure(struct dp_buf *out, const struct dp_inspect_failure *f)
{
	if (f->time_us == 0)
		return;
	(void)dp_buf_addf(out,
	    ",\"failure\":{\"time\":%ju,\"status\":%u,\"attempt\":%ju,"
	    "\"batch\":\"%s:%ju-%ju\",\"said\":",
	    (uintmax_t)(f->time_us / 1000000), f->status, (uintmax_t)f->attempt,
	    f->lane, (uintmax_t)f->first, (uintmax_t)f->end);
	add_quoted(out, f->said);
	(void)dp_buf_addc(out, '}');
}

static void
add_leases(const struct dp_inspect *i, const struct dp_inspect_group *g,
    struct dp_buf *out)
{
	const struct dp_inspect_lease *l;
	const char *before = "";
	size_t k, n;

	(void)dp_buf_adds(out, ",\"leases\":[");
	l = dp_inspect_leases(i, &n);
	for (k = 0; k < n; k++) {
		if (strcmp(l[k].group, g->name) != 0)
			continue;
		(void)dp_buf_addf(out,
		    "%s{\"lane\":\"%s\",\"attempt\":%ju,\"first\":%ju,"
		    "\"end\":%ju,\"since\":%ju,\"drain\":%d,\"command\":%d}",
		    before, l[k].lane, (uintmax_t)l[k].attempt,
		    (uintmax_t)l[k].first, (uintmax_t)l[k].end,
		    (uintmax_t)(l[k].time_us / 1000000), (int)l[k].drain,
		    (int)l[k].command);
		before = ",";
	}
	(void)dp_buf_addc(out, ']');
}

static void
print_json(const struct dp_inspect *i, const char *name, struct dp_buf *out)
{
	const struct dp_inspect_segment *seg;
	const struct dp_inspect_group *g;
	size_t k, n, groups;

	seg = dp_inspect_segments(i, &n);
	g = dp_inspect_groups(i, &groups);
	(void)dp_buf_addf(out,
	    "{\"queue\":%s,\"id\":\"%s\",\"lines\":%ju,\"bytes\":%ju,"
	    "\"segments\":%zu,\"last_in\":%ju",
	    name, i->id, (uintmax_t)i->lines, (uintmax_t)i->bytes, n,
	    (uintmax_t)(n == 0 ? 0 : seg[n - 1].written_us / 1000000));
	add_flow(out, "in", &i->in);
	(void)dp_buf_addf(out,
	    ",\"disk_free\":%ju,\"disk_size\":%ju,\"disk_lasts\":%ju,"
	    "\"bad\":%ju,\"kept\":{\"segments\":%ju,\"bytes\":%ju,"
	    "\"max_bytes\":%ju,\"max_age\":%ju},\"groups\":[",
	    (uintmax_t)i->disk_free, (uintmax_t)i->disk_size,
	    (uintmax_t)dp_inspect_lasts(i), (uintmax_t)i->bad,
	    (uintmax_t)i->kept_segments, (uintmax_t)i->kept_bytes,
	    (uintmax_t)i->keep.bytes, (uintmax_t)(i->keep.age_ms / 1000));
	for (k = 0; k < groups; k++) {
		(void)dp_buf_addf(out,
		    "%s{\"group\":\"%s\",\"lines\":%ju,\"bytes\":%ju,"
		    "\"oldest\":%ju,\"settled\":%ju,\"dead_files\":%ju",
		    k == 0 ? "" : ",", g[k].name, (uintmax_t)g[k].lines,
		    (uintmax_t)g[k].bytes,
		    (uintmax_t)(g[k].oldest_us / 1000000),
		    (uintmax_t)(g[k].settled_us / 1000000),
		    (uintmax_t)g[k].dead);
		add_flow(out, "out", &g[k].out);
		add_leases(i, &g[k], out);
		add_failure(out, &g[k].failure);
		(void)dp_buf_addc(out, '}');
	}
	(void)dp_buf_adds(out, "]}\n");
}

static void
add_metric(struct dp_buf *out, const char *metric, const char *help)
{
	(void)dp_buf_addf(out, "# HELP datapipe_queue_%s %s\n", metric, help);
	(void)dp_buf_addf(out, "# TYPE datapipe_queue_%s gauge\n", metric);
}

static void
add_of_groups(const struct dp_inspect *i, const char *name, struct dp_buf *out,
    const char *metric, const char *help,
    uint64_t (*value)(const struct dp_inspect_group *g, uint64_t now_us))
{
	const struct dp_inspect_group *g;
	size_t k, groups;

	add_metric(out, metric, help);
	g = dp_inspect_groups(i, &groups);
	for (k = 0; k < groups; k++)
		(void)dp_buf_addf(out,
		    "datapipe_queue_%s{queue=%s,group=\"%s\"} %ju\n", metric,
		    name, g[k].name, (uintmax_t)value(&g[k], i->now_us));
}

static uint64_t
lines_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	(void)now_us;
	return g->lines;
}

static uint64_t
bytes_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	(void)now_us;
	return g->bytes;
}

static uint64_t
age_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	return g->lines == 0 || now_us < g->oldest_us
	    ? 0
	    : (now_us - g->oldest_us) / 1000000;
}

static uint64_t
leases_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	(void)now_us;
	return g->leases;
}

static uint64_t
dead_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	(void)now_us;
	return g->dead;
}

static uint64_t
out_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	(void)now_us;
	return (uint64_t)(dp_inspect_rate(&g->out, g->out.lines) + 0.5);
}

static uint64_t
failed_of(const struct dp_inspect_group *g, uint64_t now_us)
{
	(void)now_us;
	return g->failure.time_us / 1000000;
}

static void
add_one(struct dp_buf *out, const char *name, const char *metric,
    const char *help, double value)
{
	add_metric(out, metric, help);
	(void)dp_buf_addf(out, "datapipe_queue_%s{queue=%s} %.0f\n", metric,
	    name, value);
}

static void
print_prometheus(const struct dp_inspect *i, const char *name,
    struct dp_buf *out)
{
	uint64_t lasts = dp_inspect_lasts(i);

	add_of_groups(i, name, out, "lines", "Lines that wait.", lines_of);
	add_of_groups(i, name, out, "bytes", "Bytes that wait.", bytes_of);
	add_of_groups(i, name, out, "age_seconds",
	    "Age of the segment that holds the oldest line, at most.", age_of);
	add_of_groups(i, name, out, "leases", "Lanes that are leased.",
	    leases_of);
	add_of_groups(i, name, out, "dead_files", "Files of dead letters.",
	    dead_of);
	add_of_groups(i, name, out, "out_lines_per_second",
	    "Lines settled, over a minute or so.", out_of);
	add_of_groups(i, name, out, "last_failure_time_seconds",
	    "When an attempt failed last; 0: never.", failed_of);
	add_one(out, name, "in_lines_per_second",
	    "Lines stored, over a minute or so.",
	    dp_inspect_rate(&i->in, i->in.lines));
	add_one(out, name, "in_bytes_per_second",
	    "Bytes stored, over a minute or so.",
	    dp_inspect_rate(&i->in, i->in.bytes));
	add_one(out, name, "disk_free_bytes", "Bytes free on the disk.",
	    (double)i->disk_free);
	add_one(out, name, "disk_lasts_seconds",
	    "Until the disk is full if nothing is drained; 0: not known.",
	    (double)lasts);
	add_one(out, name, "kept_bytes", "Bytes kept for replay.",
	    (double)i->kept_bytes);
	add_one(out, name, "bad_files", "Pieces of damaged segments.",
	    (double)i->bad);
}

void
dp_inspect_print(const struct dp_inspect *i, enum dp_inspect_form form,
    const char *name, struct dp_buf *out)
{
	if (name == NULL)
		out->failed = true;
	else if (form == DP_INSPECT_SEGMENTS)
		dp_form_list(i, out);
	else if (form == DP_INSPECT_PROMETHEUS)
		print_prometheus(i, name, out);
	else if (form == DP_INSPECT_JSON)
		print_json(i, name, out);
	else
		dp_form_text(i, out);
}
