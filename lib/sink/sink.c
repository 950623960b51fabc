#include "sink/sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/lex.h"
#include "sink/driver.h"
#include "sink/key.h"
#include "sink/tables.h"
#include "sink/target.h"

static const struct dp_sink_ops *const drivers[] = {
	&dp_sink_null,
#ifdef DP_HAVE_SQLITE
	&dp_sink_sqlite,
#endif
#ifdef DP_HAVE_PG
	&dp_sink_pg,
#endif
};
#define NDRIVERS (sizeof drivers / sizeof drivers[0])

/* True for what libpq takes: a URL of its own, or keyword=value. */
static bool
is_conninfo(const char *url)
{
	const char *equals = strchr(url, '=');
	const char *colon = strchr(url, ':');

	if (strncmp(url, "postgresql://", 13) == 0 ||
	    strncmp(url, "postgres://", 11) == 0)
		return true;
	return equals != NULL && (colon == NULL || equals < colon);
}

static const struct dp_sink_ops *
choose(const char *url, const char **rest, struct dp_err *err)
{
	const size_t len = strcspn(url, ":");
	size_t i;

	for (i = 0; i < NDRIVERS; i++) {
		const char *scheme = drivers[i]->scheme;

		if (scheme == NULL && is_conninfo(url)) {
			*rest = url;
			return drivers[i];
		}
		if (scheme != NULL && url[len] == ':' &&
		    strlen(scheme) == len && memcmp(scheme, url, len) == 0) {
			*rest = url + len + 1;
			return drivers[i];
		}
	}
	/* A password may stand behind the scheme: no more is told. */
	(void)dp_err_set(err, DP_CONFIG,
	    "%.*s: no such database is built in: want sqlite:PATH, "
	    "postgresql://..., a libpq conninfo, or null:",
	    (int)(len > 32 ? 32 : len), url);
	return NULL;
}

/* --evolve: what is missing is looked up. */
static int
missing(const char *url, const struct dp_sink_opts *opts, struct dp_buf *out,
    struct dp_err *err)
{
	struct dp_sink_opts look = *opts;
	struct dp_sink *s;
	int rc;

	look.look = true;
	s = dp_sink_open(url, &look, err);
	if (s == NULL)
		return -1;
	rc = dp_tables_missing(s, out, err);
	dp_sink_close(s);
	return rc;
}

int
dp_sink_ddl(const char *url, const struct dp_sink_opts *opts,
    struct dp_buf *out, struct dp_err *err)
{
	const char *rest;
	const struct dp_sink_ops *ops = choose(url, &rest, err);

	if (ops == NULL)
		return -1;
	if (opts->evolve)
		return missing(url, opts, out, err);
	if (dp_tables_all(opts, ops->dialect, out, err) == -1)
		return -1;
	if (opts->ledger != NULL)
		dp_ddl_ledger(out, opts->ledger, ops->dialect);
	return out->failed ? dp_err_nomem(err) : 0;
}

/* NULL when there is a problem, told or in err. */
static struct dp_target *
learn(struct dp_sink *s, struct dp_target *t, struct dp_buf *problems,
    struct dp_err *err)
{
	const size_t before = problems->len;

	if (t == NULL)
		return NULL;
	if ((s->opts.key != NULL &&
		dp_key_take(t, s->opts.key, problems, err) == -1) ||
	    (problems->len == before && s->ops->learn != NULL &&
		s->ops->learn(s, t, err) == -1)) {
		dp_target_free(t);
		return NULL;
	}
	return t;
}

/* NULL with problems: the table is not there. */
static struct dp_target *
make_target(struct dp_sink *s, const char *table, const struct dp_schema *type,
    struct dp_buf *problems, struct dp_err *err)
{
	struct dp_columns columns = { 0 };
	struct dp_target *t = NULL;
	bool there = false;

	if (dp_tables_describe(s, table, type, &columns, &there, err) == 0 &&
	    there)
		t = learn(s,
		    dp_target_new(table, type, &columns, &s->opts, problems,
			err),
		    problems, err);
	else if (!there)
		(void)dp_buf_addf(problems, "%stable %s is not there",
		    problems->len > 0 ? "; " : "", table);
	dp_columns_fini(&columns);
	return t;
}

static int
tell_problems(struct dp_sink *s, struct dp_buf *problems, struct dp_err *err)
{
	const char *text = dp_buf_text(problems);

	if (text == NULL)
		return dp_err_nomem(err);
	(void)s;
	return dp_err_set(err, DP_CONFIG,
	    "%s (--create makes missing tables, --evolve adds "
	    "columns, --print-ddl shows them)",
	    text);
}

static int
add_target(struct dp_sink *s, struct dp_target *t, struct dp_err *err)
{
	if ((s->ntargets & (s->ntargets - 1)) == 0) {
		struct dp_target **targets =
		    calloc(s->ntargets == 0 ? 1 : s->ntargets * 2,
			sizeof(void *));

		if (targets == NULL) {
			dp_target_free(t);
			return dp_err_nomem(err);
		}
		if (s->ntargets > 0)
			memcpy(targets, s->targets,
			    s->ntargets * sizeof(void *));
		free(s->targets);
		s->targets = targets;
	}
	s->targets[s->ntargets++] = t;
	return 0;
}

/* A table for each type; all that is wrong is told at once. */
static int
open_targets(struct dp_sink *s, struct dp_buf *problems, struct dp_err *err)
{
	const size_t n = dp_tables_count(&s->opts);
	char name[DP_DDL_NAME];
	size_t i;

	for (i = 0; i < n || (i == 0 && s->opts.table != NULL); i++) {
		const struct dp_schema *type =
		    n == 0 ? NULL : dp_catalog_at(s->opts.catalog, i);
		struct dp_err bad = { 0 };
		struct dp_target *t = make_target(s,
		    dp_tables_name(&s->opts, type, name), type, problems, &bad);

		if (t == NULL && bad.msg[0] != '\0') {
			*err = bad;
			return -1;
		}
		if (add_target(s, t, err) == -1)
			return -1;
	}
	return problems->len > 0 ? tell_problems(s, problems, err) : 0;
}

static int
prepare(struct dp_sink *s, struct dp_err *err)
{
	struct dp_buf text;
	int rc = 0;

	dp_buf_init(&text, 0);
	if (s->opts.create || s->opts.evolve)
		rc = dp_tables_make(s, err);
	if (rc == 0)
		rc = open_targets(s, &text, err);
	dp_buf_fini(&text);
	return rc;
}

bool
dp_sink_one_writer(const char *url)
{
	struct dp_err none = { 0 };
	const char *rest;
	const struct dp_sink_ops *ops = choose(url, &rest, &none);

	return ops != NULL && ops->one_writer;
}

struct dp_sink *
dp_sink_open(const char *url, const struct dp_sink_opts *opts,
    struct dp_err *err)
{
	static const int64_t units[] = { 0, 1, 1000, 1000000, 1000000000 };
	const char *rest;
	const struct dp_sink_ops *ops = choose(url, &rest, err);
	struct dp_sink *s = ops == NULL ? NULL : ops->open(rest, opts, err);

	if (s == NULL)
		return NULL;
	s->ops = ops;
	s->opts = *opts;
	s->unit = units[opts->time_unit];
	dp_buf_init(&s->scratch, 0);
	if (!opts->look && prepare(s, err) == -1) {
		dp_sink_close(s);
		return NULL;
	}
	return s;
}

int
dp_sink_clear(struct dp_sink *s, struct dp_err *err)
{
	return s->ops->clear == NULL ? 0 : s->ops->clear(s, err);
}

void
dp_sink_close(struct dp_sink *s)
{
	struct dp_target **targets;
	size_t i, n;

	if (s == NULL)
		return;
	targets = s->targets;
	n = s->ntargets;
	dp_buf_fini(&s->scratch);
	s->ops->close(s);
	for (i = 0; i < n; i++)
		dp_target_free(targets[i]);
	free(targets);
}

/* The value that the pointer names, or NULL. */
static const struct dp_scan_value *
resolve(const char *pointer, struct dp_scan_value *v)
{
	struct dp_scan_member m;

	while (*pointer == '/') {
		const char *at = NULL;
		const size_t len = strcspn(pointer + 1, "/");
		bool found = false;

		while (!found && v->type == DP_JSON_OBJECT &&
		    dp_scan_next_member(v, &at, &m))
			found = dp_scan_equal(m.key, m.key_len, m.key_escaped,
			    pointer + 1, len);
		if (!found)
			return NULL;
		*v = m.value;
		pointer += len + 1;
	}
	return v;
}

static int
no_table(struct dp_reject *fault, const struct dp_sink_opts *opts,
    const char *code, const char *detail)
{
	fault->code = code;
	fault->pointer = opts->type_key;
	fault->pointer_len = strlen(opts->type_key);
	fault->detail = detail;
	fault->detail_len = strlen(detail);
	return 1;
}

/* Without schemas a record's type names one of the tables that are there. */
static int
route(struct dp_sink *s, const char *text, struct dp_target **target,
    struct dp_reject *fault, struct dp_err *err)
{
	struct dp_scan_value v = { .type = DP_JSON_OBJECT,
		.text = dp_lex_ws(text) };
	char name[DP_DDL_NAME];
	struct dp_err bad = { 0 };
	size_t i, len;

	if (resolve(s->opts.type_key, &v) == NULL)
		return no_table(fault, &s->opts, "required",
		    "the key that names the table is missing");
	if (v.type != DP_JSON_STRING)
		return no_table(fault, &s->opts, "type",
		    "the name of the table is no string");
	len = v.len - 2;
	if (v.escaped || len == 0 || len >= sizeof name)
		return no_table(fault, &s->opts, "unknown-type",
		    "there is no such table");
	for (i = 0; i < s->ntargets; i++)
		if (strlen(s->targets[i]->table) == len &&
		    memcmp(s->targets[i]->table, v.text + 1, len) == 0) {
			*target = s->targets[i];
			return 0;
		}
	memcpy(name, v.text + 1, len);
	name[len] = '\0';
	dp_buf_clear(&s->scratch);
	*target = s->opts.ledger != NULL && strcmp(name, s->opts.ledger) == 0
	    ? NULL
	    : make_target(s, name, NULL, &s->scratch, &bad);
	if (bad.msg[0] != '\0') {
		*err = bad;
		return -1;
	}
	if (*target == NULL)
		return no_table(fault, &s->opts, "unknown-type",
		    "there is no such table");
	if (s->scratch.len > 0) {
		dp_target_free(*target);
		return tell_problems(s, &s->scratch, err);
	}
	return add_target(s, *target, err);
}

int
dp_sink_row(struct dp_sink *s, const struct dp_schema *type,
    const struct dp_sink_line *line, struct dp_reject *fault,
    struct dp_err *err)
{
	struct dp_target *t;
	struct dp_shape *shape;
	int rc = 0;

	if (type != NULL)
		t = s->targets[dp_schema_index(type)];
	else if (s->opts.table != NULL)
		t = s->targets[0];
	else
		rc = route(s, line->text, &t, fault, err);
	if (rc == 0)
		rc = dp_target_take(t, line->text, &s->opts, &shape, fault,
		    &s->scratch, err);
	if (rc == 0)
		rc = s->ops->row(s, t, shape, line, fault, err);
	if (rc == 1) {
		fault->raw = line->raw;
		fault->raw_len = line->len;
		fault->line = line->number;
	}
	return rc;
}

size_t
dp_sink_held(const struct dp_sink *s)
{
	return s->ops->held(s);
}

int
dp_sink_flush(struct dp_sink *s, const struct dp_mark *mark, struct dp_err *err)
{
	return s->ops->flush(s, mark, err);
}

int
dp_sink_start(struct dp_sink *s, const struct dp_mark *mark,
    const struct dp_mark *to, struct dp_err *err)
{
	return s->ops->start(s, mark, to, err);
}

int
dp_sink_wait(struct dp_sink *s, struct dp_err *err)
{
	return s->ops->wait(s, err);
}

void
dp_sink_rollback(struct dp_sink *s)
{
	s->ops->rollback(s);
}

bool
dp_sink_has_ledger(const struct dp_sink *s)
{
	return s->opts.ledger != NULL && !s->no_ledger;
}

int
dp_sink_marks(struct dp_sink *s, const char *source, const char *lane,
    int (*fn)(void *arg, const struct dp_mark *mark, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	if (!dp_sink_has_ledger(s))
		return 0;
	return s->ops->marks(s, source, lane, fn, arg, err);
}

int
dp_sink_moved(const struct dp_mark *mark, const char *next, struct dp_err *err)
{
	return dp_err_set(err, DP_TRYAGAIN,
	    "%s%s%s: another run is loading it: the ledger says %s, not %ju",
	    mark->file[0] != '\0' ? mark->file : mark->source,
	    mark->file[0] != '\0' ? "" : "/",
	    mark->file[0] != '\0' ? "" : mark->lane, next,
	    (uintmax_t)mark->next);
}
