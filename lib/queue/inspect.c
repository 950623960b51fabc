#include "queue/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "queue/driver.h"

#define FLOW_US UINT64_C(60000000)
#define FLOW_MIN_US UINT64_C(1000000)

static void
add_up(struct dp_inspect *i)
{
	const struct dp_inspect_segment *seg;
	const struct dp_inspect_group *g;
	size_t k, n, groups;

	g = dp_inspect_groups(i, &groups);
	for (k = 0; k < groups; k++) {
		if (g[k].lines > i->lines)
			i->lines = g[k].lines;
		if (g[k].bytes > i->bytes)
			i->bytes = g[k].bytes;
	}
	seg = dp_inspect_segments(i, &n);
	for (k = 0; groups == 0 && k < n; k++) {
		i->lines += seg[k].lines;
		i->bytes += seg[k].bytes;
	}
}

/*
 * Lines of the youngest lanes that together are at least a minute old, or of
 * all: lanes tell when they were made, and how much is in them.
 */
static void
measure_in(struct dp_inspect *i)
{
	const struct dp_inspect_segment *seg;
	struct dp_inspect_flow f = { 0 };
	size_t n;

	seg = dp_inspect_segments(i, &n);
	while (n > 0 && f.time_us < FLOW_US) {
		n--;
		if (seg[n].created_us > i->now_us)
			return; /* the clock was set back */
		f.lines += seg[n].lines;
		f.bytes += seg[n].bytes;
		if (i->now_us - seg[n].created_us > f.time_us)
			f.time_us = i->now_us - seg[n].created_us;
	}
	if (f.time_us >= FLOW_MIN_US)
		i->in = f;
}

double
dp_inspect_rate(const struct dp_inspect_flow *f, uint64_t n)
{
	return f->time_us == 0 ? 0 : (double)n * 1e6 / (double)f->time_us;
}

uint64_t
dp_inspect_lasts(const struct dp_inspect *i)
{
	double rate = dp_inspect_rate(&i->in, i->in.bytes);

	return rate <= 0 || i->disk_size == 0
	    ? 0
	    : (uint64_t)((double)i->disk_free / rate) + 1;
}

static int
by_name(const void *x, const void *y)
{
	const struct dp_inspect_group *a = x, *b = y;

	return strcmp(a->name, b->name);
}

int
dp_inspect(struct dp_inspect *i, struct dp_queue *q,
    const struct dp_queue_opts *opts, bool all, struct dp_err *err)
{
	*i = (struct dp_inspect){ .name = q->name,
		.id = q->id,
		.now_us = dp_time_wall_us() };
	dp_buf_init(&i->segments, 0);
	dp_buf_init(&i->groups, 0);
	dp_buf_init(&i->leases, 0);
	if (q->ops->admin->inspect(q, opts, all, i, err) == -1)
		return -1;
	if (i->groups.len > 0)
		qsort(i->groups.data,
		    i->groups.len / sizeof(struct dp_inspect_group),
		    sizeof(struct dp_inspect_group), by_name);
	add_up(i);
	measure_in(i);
	return 0;
}

void
dp_inspect_fini(struct dp_inspect *i)
{
	dp_buf_fini(&i->segments);
	dp_buf_fini(&i->groups);
	dp_buf_fini(&i->leases);
}

const struct dp_inspect_segment *
dp_inspect_segments(const struct dp_inspect *i, size_t *n)
{
	*n = i->segments.len / sizeof(struct dp_inspect_segment);
	return (
	    const struct dp_inspect_segment *)(const void *)i->segments.data;
}

const struct dp_inspect_group *
dp_inspect_groups(const struct dp_inspect *i, size_t *n)
{
	*n = i->groups.len / sizeof(struct dp_inspect_group);
	return (const struct dp_inspect_group *)(const void *)i->groups.data;
}

const struct dp_inspect_lease *
dp_inspect_leases(const struct dp_inspect *i, size_t *n)
{
	*n = i->leases.len / sizeof(struct dp_inspect_lease);
	return (const struct dp_inspect_lease *)(const void *)i->leases.data;
}
