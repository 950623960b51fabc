/* null: checks and converts, and stores nothing. */
#include <stdlib.h>

#include "base/err.h"
#include "sink/copy.h"
#include "sink/driver.h"

#define HELD_MAX 262144

struct dp_sink_null {
	struct dp_sink sink; /* must be first */
	struct dp_buf out;
};

static struct dp_sink *
null_open(const char *rest, const struct dp_sink_opts *opts, struct dp_err *err)
{
	struct dp_sink_null *s;

	if (*rest != '\0' || (opts->catalog == NULL && !opts->look)) {
		(void)dp_err_set(err, DP_CONFIG,
		    *rest != '\0' ? "null: has no name"
				  : "null: has no tables: use --schemas");
		return NULL;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	s->sink.no_ledger = true;
	dp_buf_init(&s->out, 0);
	return &s->sink;
}

static void
null_close(struct dp_sink *sink)
{
	struct dp_sink_null *s = (struct dp_sink_null *)sink;

	dp_buf_fini(&s->out);
	free(s);
}

static int
null_create(struct dp_sink *sink, const char *sql, struct dp_err *err)
{
	(void)sink;
	(void)sql;
	(void)err;
	return 0;
}

static int
null_row(struct dp_sink *sink, struct dp_target *t, struct dp_shape *shape,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	struct dp_sink_null *s = (struct dp_sink_null *)sink;

	if (s->out.len > HELD_MAX)
		dp_buf_clear(&s->out);
	return dp_copy_row(sink, t, shape, line, &s->out, fault, err);
}

static size_t
null_held(const struct dp_sink *sink)
{
	(void)sink;
	return 0;
}

static int
null_flush(struct dp_sink *sink, const struct dp_mark *mark, struct dp_err *err)
{
	(void)sink;
	(void)mark;
	(void)err;
	return 0;
}

static int
null_start(struct dp_sink *sink, const struct dp_mark *mark,
    const struct dp_mark *to, struct dp_err *err)
{
	(void)mark;
	(void)to;
	return sink->opts.sync(sink->opts.arg, err);
}

static int
null_wait(struct dp_sink *sink, struct dp_err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void
null_rollback(struct dp_sink *sink)
{
	(void)sink;
}

static int
null_marks(struct dp_sink *sink, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	(void)sink;
	(void)source;
	(void)lane;
	(void)fn;
	(void)arg;
	(void)err;
	return 0;
}

const struct dp_sink_ops dp_sink_null = {
	.scheme = "null",
	.dialect = DP_DIALECT_PG,
	.open = null_open,
	.close = null_close,
	.create = null_create,
	.describe = NULL,
	.row = null_row,
	.held = null_held,
	.flush = null_flush,
	.start = null_start,
	.wait = null_wait,
	.rollback = null_rollback,
	.marks = null_marks,
};
