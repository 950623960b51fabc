#include "sink/column.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

char *
dp_column_text(const char *text, size_t len, struct dp_err *err)
{
	char *copy = malloc(len + 1);

	if (copy == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

struct dp_column *
dp_columns_add(struct dp_columns *c, struct dp_err *err)
{
	struct dp_column *at = c->at;

	/* The room doubles at each power of two. */
	if ((c->n & (c->n - 1)) == 0) {
		at = calloc(c->n == 0 ? 1 : c->n * 2, sizeof *at);
		if (at == NULL) {
			(void)dp_err_nomem(err);
			return NULL;
		}
		if (c->n > 0)
			memcpy(at, c->at, c->n * sizeof *at);
		free(c->at);
		c->at = at;
	}
	return &at[c->n++];
}

struct dp_column *
dp_columns_find(const struct dp_columns *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->at[i].name, name) == 0)
			return &c->at[i];
	return NULL;
}

static void
fini(struct dp_column *c)
{
	size_t i;

	for (i = 0; i < c->nlabels; i++)
		free(c->labels[i]);
	free(c->labels);
	free(c->name);
	free(c->type);
	free(c->base);
	free(c->key);
}

void
dp_columns_fini(struct dp_columns *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->at[i].elem != NULL)
			fini(c->at[i].elem);
		free(c->at[i].elem);
		fini(&c->at[i]);
	}
	free(c->at);
	*c = (struct dp_columns){ 0 };
}

struct dp_column *
dp_column_elem(struct dp_column *c, struct dp_err *err)
{
	c->elem = calloc(1, sizeof *c->elem);
	if (c->elem == NULL)
		(void)dp_err_nomem(err);
	return c->elem;
}

static int
copy(struct dp_column *to, const struct dp_column *from, struct dp_err *err)
{
	size_t i;

	*to = *from;
	to->elem = NULL;
	to->key = NULL;
	to->key_len = 0;
	to->labels = NULL;
	to->nlabels = 0;
	to->type = NULL;
	to->base = NULL;
	to->name = dp_column_text(from->name, strlen(from->name), err);
	if (to->name == NULL)
		return -1;
	to->type = dp_column_text(from->type, strlen(from->type), err);
	if (to->type == NULL)
		return -1;
	if (from->base != NULL) {
		to->base = dp_column_text(from->base, strlen(from->base), err);
		if (to->base == NULL)
			return -1;
	}
	if (from->nlabels == 0)
		return 0;
	to->labels = calloc(from->nlabels, sizeof *to->labels);
	if (to->labels == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < from->nlabels; i++) {
		to->labels[i] = dp_column_text(from->labels[i],
		    strlen(from->labels[i]), err);
		if (to->labels[i] == NULL)
			return -1;
		to->nlabels++;
	}
	return 0;
}

int
dp_column_copy(struct dp_column *to, const struct dp_column *from,
    struct dp_err *err)
{
	if (copy(to, from, err) == -1)
		return -1;
	if (from->elem == NULL)
		return 0;
	return dp_column_elem(to, err) == NULL
	    ? -1
	    : copy(to->elem, from->elem, err);
}
