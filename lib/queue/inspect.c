#include "queue/inspect.h"

#include "base/err.h"
#include "base/time.h"
#include "queue/driver.h"

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

int
dp_inspect(struct dp_inspect *i, struct dp_queue *q,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	*i = (struct dp_inspect){ .name = q->name,
		.id = q->id,
		.now_us = dp_time_wall_us() };
	dp_buf_init(&i->segments, 0);
	dp_buf_init(&i->groups, 0);
	if (q->ops->admin == NULL)
		return dp_err_set(err, DP_USAGE, "%s: not a spool", q->name);
	if (q->ops->admin->inspect(q, opts, i, err) == -1)
		return -1;
	add_up(i);
	return 0;
}

void
dp_inspect_fini(struct dp_inspect *i)
{
	dp_buf_fini(&i->segments);
	dp_buf_fini(&i->groups);
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
