#include "schema/cases.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/text.h"
#include "schema/catalog_state.h"
#include "schema/subschema.h"

/* A group, while its cases run. */
struct group {
	const struct dp_cases *cases;
	const struct dp_source *file;
	struct dp_catalog *own;       /* of its schema, or NULL */
	struct dp_check *check;       /* NULL: why tells */
	const struct dp_schema *type; /* that a case must be; NULL: any */
	struct dp_err why;
	struct dp_buf description, name, line;
};

static const char *
text_at(struct dp_buf *b, const struct dp_tape *t, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(t, i);
	const char *text;

	dp_buf_clear(b);
	if (i != 0 && it->type == DP_JSON_STRING)
		dp_json_unescape(b, it->text + 1, it->len - 2);
	text = dp_buf_text(b);
	return text == NULL ? "" : text;
}

/* Sets up what checks the group's cases; g->why on failure. */
static void
prepare(struct group *g, const struct dp_tape *t, uint32_t i)
{
	const uint32_t schema = dp_subschema_get(t, i, "schema");
	const uint32_t type = dp_subschema_get(t, i, "type");
	struct dp_catalog_opts opts = g->cases->opts;
	const struct dp_catalog *c = g->cases->types;

	/* A case may be any value, and a keyword that is none is one. */
	opts.any_value = opts.scan.nul_passes = opts.lax = true;
	if (schema != 0) {
		g->own = dp_catalog_text(dp_tape_at(t, schema)->text,
		    dp_tape_at(t, schema)->len, &opts, &g->why);
		c = g->own;
	} else if (c != NULL && type != 0) {
		const char *name = text_at(&g->name, t, type);

		g->type = dp_catalog_find(c, name, g->name.len);
		if (g->type == NULL) {
			(void)dp_err_set(&g->why, DP_CONFIG,
			    "there is no type \"%s\"", name);
			return;
		}
	} else {
		(void)dp_err_set(&g->why, DP_CONFIG,
		    "want \"schema\", or \"type\" with --schemas");
		return;
	}
	if (c != NULL)
		g->check = dp_check_new(c, &g->why);
}

/* Is the value valid?  Else why says in which way. */
static bool
is_valid(struct group *g, const struct dp_tape_item *data, struct dp_err *why)
{
	static const char pad[DP_SCAN_PAD + 1] = "\n";
	const struct dp_schema *type = NULL;
	struct dp_fault f;

	dp_buf_clear(&g->line);
	(void)dp_buf_add(&g->line, data->text, data->len);
	(void)dp_buf_add(&g->line, pad, sizeof pad);
	if (g->line.failed)
		return dp_err_nomem(why) == 0;
	if (dp_check_line(g->check, g->line.data, data->len, &type) == 0) {
		if (g->type == NULL || type == g->type)
			return true;
		(void)dp_err_set(why, DP_DATA, "is of another type: %s",
		    type == NULL ? "none" : dp_schema_name(type));
		return false;
	}
	if (dp_check_explain(g->check, g->line.data, data->len, &f, why) == 0)
		(void)dp_err_set(why, DP_DATA, "%.*s: %.*s [%s]",
		    (int)f.pointer_len, f.pointer, (int)f.detail_len, f.detail,
		    f.code);
	return false;
}

static void
run_case(struct group *g, const struct dp_tape *t, uint32_t i)
{
	const uint32_t data = dp_subschema_get(t, i, "data");
	const uint32_t valid = dp_subschema_get(t, i, "valid");
	const bool wanted =
	    valid != 0 && dp_tape_at(t, valid)->type == DP_JSON_TRUE;
	struct dp_err why = g->why;
	struct dp_case c = { .group = dp_buf_text(&g->description),
		.file = g->file->path,
		.why = why.msg };

	if (g->check != NULL && (data == 0 || valid == 0))
		(void)dp_err_set(&why, DP_DATA,
		    "a case has \"data\" and \"valid\"");
	else if (g->check != NULL) {
		const bool got = is_valid(g, dp_tape_at(t, data), &why);

		c.passed = got == wanted;
		if (!c.passed && got)
			(void)dp_err_set(&why, DP_DATA,
			    "is valid, and should not be");
	}
	c.name = text_at(&g->name, t, dp_subschema_get(t, i, "description"));
	g->cases->tell(g->cases->arg, &c);
}

static int
run_group(const struct dp_cases *c, const struct dp_source *s, uint32_t i,
    struct dp_err *err)
{
	const struct dp_tape *t = &s->tape;
	const uint32_t tests = dp_subschema_get(t, i, "tests");
	struct group g = { .cases = c, .file = s };
	uint32_t k;

	if (tests == 0 || dp_tape_at(t, tests)->type != DP_JSON_ARRAY) {
		(void)dp_source_error(s, i, err,
		    "want a group of cases, with \"tests\"");
		err->status = DP_DATA;
		return -1;
	}
	dp_buf_init(&g.description, 0);
	dp_buf_init(&g.name, 0);
	dp_buf_init(&g.line, 0);
	(void)text_at(&g.description, t, dp_subschema_get(t, i, "description"));
	prepare(&g, t, i);
	for (k = tests + 1; k < dp_tape_at(t, tests)->next;
	     k = dp_tape_at(t, k)->next)
		run_case(&g, t, k);
	dp_check_free(g.check);
	dp_catalog_free(g.own);
	dp_buf_fini(&g.description);
	dp_buf_fini(&g.name);
	dp_buf_fini(&g.line);
	return 0;
}

int
dp_cases_run(const struct dp_cases *c, const char *path, struct dp_err *err)
{
	struct dp_source *s = dp_source_read(path, err);
	const struct dp_tape *t;
	uint32_t i;
	int rc = 0;

	if (s == NULL)
		return -1;
	t = &s->tape;
	if (dp_tape_at(t, 0)->type != DP_JSON_ARRAY) {
		rc = dp_source_error(s, 0, err, "want an array of groups");
		err->status = DP_DATA;
	}
	for (i = 1; rc == 0 && i < dp_tape_at(t, 0)->next;
	     i = dp_tape_at(t, i)->next)
		rc = run_group(c, s, i, err);
	dp_source_free(s);
	return rc;
}
