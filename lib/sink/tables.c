#include "sink/tables.h"

#include <string.h>

#include "base/err.h"
#include "sink/key.h"

#define TRIES 3

size_t
dp_tables_count(const struct dp_sink_opts *opts)
{
	return opts->catalog == NULL ? 0 : dp_catalog_count(opts->catalog);
}

const char *
dp_tables_name(const struct dp_sink_opts *opts, const struct dp_schema *type,
    char name[DP_DDL_NAME])
{
	if (opts->table != NULL)
		return opts->table;
	dp_ddl_name(dp_schema_name(type), strlen(dp_schema_name(type)), name);
	return name;
}

int
dp_tables_describe(struct dp_sink *s, const char *table,
    const struct dp_schema *type, struct dp_columns *columns, bool *there,
    struct dp_err *err)
{
	if (s->ops->describe != NULL)
		return s->ops->describe(s, table, columns, there, err);
	*there = true;
	return dp_ddl_columns(type, s->opts.type_key, columns, err);
}

static int
check_create(const struct dp_sink_opts *opts, struct dp_err *err)
{
	const size_t n = dp_tables_count(opts);

	if (n == 0)
		return dp_err_set(err, DP_USAGE,
		    "tables are made from schemas: use --schemas");
	if (n > 1 && opts->table != NULL)
		return dp_err_set(err, DP_USAGE,
		    "--table with several types: one table cannot be made for "
		    "all of them");
	return 0;
}

int
dp_tables_all(const struct dp_sink_opts *opts, enum dp_dialect dialect,
    struct dp_buf *out, struct dp_err *err)
{
	const size_t n = dp_tables_count(opts);
	char name[DP_DDL_NAME];
	size_t i;

	if (check_create(opts, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		const struct dp_schema *type = dp_catalog_at(opts->catalog, i);

		if (dp_ddl_table(out, type, dp_tables_name(opts, type, name),
			opts->type_key, dialect, err) == -1)
			return -1;
		if (opts->key != NULL)
			dp_key_index(out, dp_tables_name(opts, type, name),
			    opts->key);
	}
	return 0;
}

/* The statements for one type. */
static int
missing_of(struct dp_sink *s, const struct dp_schema *type, struct dp_buf *text,
    struct dp_err *err)
{
	struct dp_columns columns = { 0 };
	char name[DP_DDL_NAME];
	const char *table = dp_tables_name(&s->opts, type, name);
	bool there = false;
	int rc = dp_tables_describe(s, table, type, &columns, &there, err);

	if (rc == 0 && there && s->opts.evolve)
		rc = dp_ddl_add_columns(text, type, table, s->opts.type_key,
		    &columns, s->ops->dialect, err);
	dp_columns_fini(&columns);
	if (rc == -1 || there || !s->opts.create)
		return rc;
	if (dp_ddl_table(text, type, table, s->opts.type_key, s->ops->dialect,
		err) == -1)
		return -1;
	if (s->opts.key != NULL)
		dp_key_index(text, table, s->opts.key);
	return 0;
}

int
dp_tables_missing(struct dp_sink *s, struct dp_buf *text, struct dp_err *err)
{
	const size_t n = dp_tables_count(&s->opts);
	size_t i;

	if (check_create(&s->opts, err) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (missing_of(s, dp_catalog_at(s->opts.catalog, i), text,
			err) == -1)
			return -1;
	return text->failed ? dp_err_nomem(err) : 0;
}

/* Another run may have made them meanwhile. */
int
dp_tables_make(struct dp_sink *s, struct dp_err *err)
{
	struct dp_err bad = { 0 };
	struct dp_buf text;
	size_t i;
	int rc = -1;

	dp_buf_init(&text, 0);
	for (i = 0; rc == -1 && i < TRIES; i++) {
		dp_buf_clear(&text);
		if (dp_tables_missing(s, &text, &bad) == -1)
			break;
		rc = text.len == 0 ? 0
		    : dp_buf_text(&text) == NULL
		    ? dp_err_nomem(&bad)
		    : s->ops->create(s, text.data, &bad);
		if (bad.status != DP_CONFIG)
			break;
	}
	dp_buf_fini(&text);
	if (rc == -1)
		*err = bad;
	return rc;
}
