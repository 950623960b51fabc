#include "sink/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "sink/ddl.h"

/* The next name of a list; false at its end. */
static bool
next_name(const char **names, const char **name, size_t *len)
{
	if (*names == NULL)
		return false;
	*name = *names;
	*len = strcspn(*names, ",");
	*names = (*names)[*len] == ',' ? *names + *len + 1 : NULL;
	return true;
}

int
dp_key_add(struct dp_target *t, size_t column, struct dp_err *err)
{
	if (t->key == NULL)
		t->key = calloc(t->columns.n + 1, sizeof *t->key);
	if (t->key == NULL)
		return dp_err_nomem(err);
	if (t->nkey < t->columns.n)
		t->key[t->nkey++] = (uint32_t)column;
	return 0;
}

int
dp_key_take(struct dp_target *t, const char *names, struct dp_buf *problems,
    struct dp_err *err)
{
	const char *name;
	size_t len, i;

	while (next_name(&names, &name, &len)) {
		for (i = 0; i < t->columns.n; i++)
			if (strlen(t->columns.at[i].name) == len &&
			    memcmp(t->columns.at[i].name, name, len) == 0)
				break;
		if (i == t->columns.n)
			(void)dp_buf_addf(problems,
			    "%stable %s has no column %.*s for --key",
			    problems->len > 0 ? "; " : "", t->table, (int)len,
			    name);
		else if (dp_key_add(t, i, err) == -1)
			return -1;
	}
	return 0;
}

void
dp_key_columns(struct dp_buf *b, const struct dp_target *t)
{
	size_t i;

	for (i = 0; i < t->nkey; i++) {
		(void)dp_buf_adds(b, i == 0 ? "" : ", ");
		dp_ddl_ident(b, t->columns.at[t->key[i]].name);
	}
}

static bool
in_key(const struct dp_target *t, uint32_t column)
{
	size_t i;

	for (i = 0; i < t->nkey; i++)
		if (t->key[i] == column)
			return true;
	return false;
}

static void
assign(struct dp_buf *b, const struct dp_target *t, uint32_t column, bool first)
{
	const char *name = t->columns.at[column].name;

	(void)dp_buf_adds(b, first ? "" : ", ");
	dp_ddl_ident(b, name);
	(void)dp_buf_adds(b, " = excluded.");
	dp_ddl_ident(b, name);
}

void
dp_key_clause(struct dp_buf *b, const struct dp_target *t,
    const struct dp_shape *shape, int on_conflict)
{
	bool first = true;
	size_t i;

	if (on_conflict == DP_CONFLICT_ERROR || shape->n == 0)
		return;
	(void)dp_buf_adds(b, " ON CONFLICT");
	if (t->nkey > 0 && !t->any_key) {
		(void)dp_buf_adds(b, " (");
		dp_key_columns(b, t);
		(void)dp_buf_addc(b, ')');
	}
	if (on_conflict == DP_CONFLICT_IGNORE) {
		(void)dp_buf_adds(b, " DO NOTHING");
		return;
	}
	(void)dp_buf_adds(b, " DO UPDATE SET ");
	for (i = 0; i < shape->n; i++)
		if (!in_key(t, shape->columns[i])) {
			assign(b, t, shape->columns[i], first);
			first = false;
		}
	/* Nothing but the key: it is what it is. */
	if (first)
		assign(b, t, t->key[0], true);
}

void
dp_key_index(struct dp_buf *b, const char *table, const char *names)
{
	struct dp_buf text;
	const char *name;
	char index[DP_DDL_NAME], column[DP_DDL_NAME];
	size_t len;
	bool first = true;

	dp_buf_init(&text, 0);
	(void)dp_buf_addf(&text, "%s_key", table);
	dp_ddl_name(text.data, text.len, index);
	dp_buf_fini(&text);
	(void)dp_buf_adds(b, "CREATE UNIQUE INDEX IF NOT EXISTS ");
	dp_ddl_ident(b, index);
	(void)dp_buf_adds(b, " ON ");
	dp_ddl_ident(b, table);
	(void)dp_buf_adds(b, " (");
	for (; next_name(&names, &name, &len); first = false) {
		dp_ddl_name(name, len, column);
		(void)dp_buf_adds(b, first ? "" : ", ");
		dp_ddl_ident(b, column);
	}
	(void)dp_buf_adds(b, ");\n");
}
