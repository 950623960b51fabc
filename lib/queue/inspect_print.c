/* What dp-queue stat and ls print. */
#include <stdio.h>

#include "base/time.h"
#include "queue/inspect.h"

/* "12 s", "3 m", "4 h", "2 d". */
static void
add_age(struct dp_buf *out, uint64_t then_us, uint64_t now_us)
{
	uint64_t s = now_us > then_us ? (now_us - then_us) / 1000000 : 0;

	if (s < 120)
		(void)dp_buf_addf(out, "%ju s", (uintmax_t)s);
	else if (s < 7200)
		(void)dp_buf_addf(out, "%ju m", (uintmax_t)(s / 60));
	else if (s < 172800)
		(void)dp_buf_addf(out, "%ju h", (uintmax_t)(s / 3600));
	else
		(void)dp_buf_addf(out, "%ju d", (uintmax_t)(s / 86400));
}

static void
add_size(struct dp_buf *out, uint64_t n)
{
	static const char units[] = "KMGTP";
	size_t u = 0;

	if (n < 1024) {
		(void)dp_buf_addf(out, "%ju bytes", (uintmax_t)n);
		return;
	}
	for (; n >= UINT64_C(1048576) && units[u + 1] != '\0'; u++)
		n /= 1024;
	(void)dp_buf_addf(out, "%ju.%ju %ciB", (uintmax_t)(n / 1024),
	    (uintmax_t)(n % 1024 * 10 / 1024), units[u]);
}

static void
add_time(struct dp_buf *out, uint64_t us)
{
	char text[DP_TIME_TEXT_SIZE];

	dp_time_text((time_t)(us / 1000000), text);
	(void)dp_buf_adds(out, text);
}

static void
add_status(struct dp_buf *out, unsigned status)
{
	if (status > 256)
		(void)dp_buf_addf(out, "signal %u", status - 256);
	else
		(void)dp_buf_addf(out, "exit status %u", status);
}

static void
add_group(const struct dp_inspect *i, const struct dp_inspect_group *g,
    struct dp_buf *out)
{
	(void)dp_buf_addf(out, "group %s: ", g->name);
	if (g->lines == 0) {
		(void)dp_buf_adds(out, "nothing waits");
	} else {
		(void)dp_buf_addf(out, "%ju lines wait (", (uintmax_t)g->lines);
		add_size(out, g->bytes);
		(void)dp_buf_adds(out, "), the oldest for up to ");
		add_age(out, g->oldest_us, i->now_us);
	}
	if (g->leases > 0 && g->pid != 0)
		(void)dp_buf_addf(out, "; %u lanes leased, by process %d\n",
		    g->leases, (int)g->pid);
	else if (g->leases > 0)
		(void)dp_buf_addf(out, "; %u lanes leased\n", g->leases);
	else
		(void)dp_buf_adds(out,
		    g->lines > 0 ? "; NOBODY DRAINS IT\n" : "\n");
	(void)dp_buf_adds(out, "  last settled: ");
	if (g->settled_us == 0) {
		(void)dp_buf_adds(out, "never\n");
	} else {
		add_age(out, g->settled_us, i->now_us);
		(void)dp_buf_adds(out, " ago\n");
	}
	if (g->failure.time_us != 0) {
		(void)dp_buf_adds(out, "  last failure: ");
		add_age(out, g->failure.time_us, i->now_us);
		(void)dp_buf_adds(out, " ago, ");
		add_status(out, g->failure.status);
		(void)dp_buf_addf(out, ", attempt %ju of %s:%ju-%ju\n",
		    (uintmax_t)g->failure.attempt, g->failure.lane,
		    (uintmax_t)g->failure.first, (uintmax_t)g->failure.end);
	}
	if (g->dead > 0)
		(void)dp_buf_addf(out,
		    "  dead letters: %ju files (dp-queue dead)\n",
		    (uintmax_t)g->dead);
}

static void
print_text(const struct dp_inspect *i, struct dp_buf *out)
{
	const struct dp_inspect_segment *seg;
	const struct dp_inspect_group *g;
	size_t k, n, groups;

	seg = dp_inspect_segments(i, &n);
	g = dp_inspect_groups(i, &groups);
	(void)dp_buf_addf(out, "queue %s, id %s\n", i->name, i->id);
	(void)dp_buf_addf(out, "waiting: %ju lines, ", (uintmax_t)i->lines);
	add_size(out, i->bytes);
	(void)dp_buf_addf(out, ", in %zu segments\nlast line in: ", n);
	if (n == 0 || (n == 1 && seg[0].lines == 0)) {
		(void)dp_buf_adds(out, "none yet\n");
	} else {
		add_age(out, seg[n - 1].written_us, i->now_us);
		(void)dp_buf_adds(out, " ago\n");
	}
	if (groups == 0)
		(void)dp_buf_adds(out,
		    "groups: none: dp-drain has never run on this queue\n");
	for (k = 0; k < groups; k++)
		add_group(i, &g[k], out);
	(void)dp_buf_adds(out, "disk: ");
	add_size(out, i->disk_free);
	(void)dp_buf_adds(out, " free of ");
	add_size(out, i->disk_size);
	(void)dp_buf_addc(out, '\n');
	if (i->bad > 0)
		(void)dp_buf_addf(out,
		    "damage: %ju pieces in %s/bad (dp-queue check)\n",
		    (uintmax_t)i->bad, i->name);
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
	    "\"segments\":%zu,\"last_in\":%ju,\"disk_free\":%ju,"
	    "\"disk_size\":%ju,\"bad\":%ju,\"groups\":[",
	    name, i->id, (uintmax_t)i->lines, (uintmax_t)i->bytes, n,
	    (uintmax_t)(n == 0 ? 0 : seg[n - 1].written_us / 1000000),
	    (uintmax_t)i->disk_free, (uintmax_t)i->disk_size,
	    (uintmax_t)i->bad);
	for (k = 0; k < groups; k++) {
		(void)dp_buf_addf(out,
		    "%s{\"group\":\"%s\",\"lines\":%ju,\"bytes\":%ju,"
		    "\"oldest\":%ju,\"settled\":%ju,\"leases\":%u,\"pid\":%d,"
		    "\"dead_files\":%ju",
		    k == 0 ? "" : ",", g[k].name, (uintmax_t)g[k].lines,
		    (uintmax_t)g[k].bytes,
		    (uintmax_t)(g[k].oldest_us / 1000000),
		    (uintmax_t)(g[k].settled_us / 1000000), g[k].leases,
		    (int)g[k].pid, (uintmax_t)g[k].dead);
		if (g[k].failure.time_us != 0)
			(void)dp_buf_addf(out,
			    ",\"failure\":{\"time\":%ju,\"status\":%u,"
			    "\"attempt\":%ju,\"batch\":\"%s:%ju-%ju\"}",
			    (uintmax_t)(g[k].failure.time_us / 1000000),
			    g[k].failure.status,
			    (uintmax_t)g[k].failure.attempt, g[k].failure.lane,
			    (uintmax_t)g[k].failure.first,
			    (uintmax_t)g[k].failure.end);
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

static void
print_prometheus(const struct dp_inspect *i, const char *name,
    struct dp_buf *out)
{
	add_of_groups(i, name, out, "lines", "Lines that wait.", lines_of);
	add_of_groups(i, name, out, "bytes", "Bytes that wait.", bytes_of);
	add_of_groups(i, name, out, "age_seconds",
	    "Age of the segment that holds the oldest line, at most.", age_of);
	add_of_groups(i, name, out, "leases", "Lanes that are leased.",
	    leases_of);
	add_of_groups(i, name, out, "dead_files", "Files of dead letters.",
	    dead_of);
	add_metric(out, "disk_free_bytes", "Bytes free on the disk.");
	(void)dp_buf_addf(out, "datapipe_queue_disk_free_bytes{queue=%s} %ju\n",
	    name, (uintmax_t)i->disk_free);
	add_metric(out, "bad_files", "Pieces of damaged segments.");
	(void)dp_buf_addf(out, "datapipe_queue_bad_files{queue=%s} %ju\n", name,
	    (uintmax_t)i->bad);
}

static void
print_list(const struct dp_inspect *i, struct dp_buf *out)
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
		    k + 1 == n ? "active" : "final");
	}
}

void
dp_inspect_print(const struct dp_inspect *i, enum dp_inspect_form form,
    const char *name, struct dp_buf *out)
{
	if (name == NULL)
		out->failed = true;
	else if (form == DP_INSPECT_SEGMENTS)
		print_list(i, out);
	else if (form == DP_INSPECT_PROMETHEUS)
		print_prometheus(i, name, out);
	else if (form == DP_INSPECT_JSON)
		print_json(i, name, out);
	else
		print_text(i, out);
}
