#include "sink/clear.h"

#include <string.h>

#include "base/err.h"
#include "sink/ddl.h"

/* The target is the first one of its table. */
static bool
is_first(const struct dp_sink *s, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(s->targets[k]->table, s->targets[i]->table) == 0)
			return false;
	return true;
}

static void
lock_tables(const struct dp_sink *s, struct dp_buf *b)
{
	size_t i;

	/* Who waits for a table has all others wait behind it. */
	(void)dp_buf_adds(b, "SET LOCAL lock_timeout = '2s'; LOCK TABLE ");
	for (i = 0; i < s->ntargets; i++) {
		if (!is_first(s, i))
			continue;
		(void)dp_buf_adds(b, i == 0 ? "" : ", ");
		dp_ddl_ident(b, s->targets[i]->table);
	}
	(void)dp_buf_adds(b,
	    " IN SHARE ROW EXCLUSIVE MODE; "
	    "SET LOCAL lock_timeout TO DEFAULT; ");
}

void
dp_clear_write(const struct dp_sink *s, struct dp_buf *b)
{
	uint32_t rank = 0, r;
	size_t i;

	if (s->ops->dialect != DP_DIALECT_SQLITE)
		lock_tables(s, b);
	for (i = 0; i < s->ntargets; i++)
		if (s->targets[i]->rank > rank)
			rank = s->targets[i]->rank;
	for (r = rank + 1; r-- > 0;)
		for (i = 0; i < s->ntargets; i++) {
			if (s->targets[i]->rank != r || !is_first(s, i))
				continue;
			(void)dp_buf_adds(b, "DELETE FROM ");
			dp_ddl_ident(b, s->targets[i]->table);
			(void)dp_buf_adds(b, "; ");
		}
}

int
dp_clear_refuse(const struct dp_sink *s, const char *table, const char *child,
    struct dp_err *err)
{
	size_t i;

	for (i = 0; i < s->ntargets; i++)
		if (strcmp(s->targets[i]->table, child) == 0)
			return 0;
	return dp_err_set(err, DP_CONFIG,
	    "--swap: to delete from %s would delete or change rows of %s, "
	    "whose foreign key says so",
	    table, child);
}
