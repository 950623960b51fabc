#include "app/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/err.h"
#include "json/text.h"

struct dp_tally {
	size_t ntypes, ncodes;
	uint64_t *cells; /* (ntypes + 1) rows of ncodes */
};

struct dp_tally *
dp_tally_new(size_t n, struct dp_err *err)
{
	struct dp_tally *t = calloc(1, sizeof *t);

	if (t != NULL) {
		t->ntypes = n;
		do
			t->ncodes++;
		while (dp_code_at(t->ncodes) != NULL);
		t->cells = calloc((n + 1) * t->ncodes, sizeof *t->cells);
	}
	if (t == NULL || t->cells == NULL) {
		free(t);
		(void)dp_err_nomem(err);
		return NULL;
	}
	return t;
}

void
dp_tally_free(struct dp_tally *t)
{
	if (t == NULL)
		return;
	free(t->cells);
	free(t);
}

void
dp_tally_add(struct dp_tally *t, size_t type, const char *code)
{
	size_t i = 0;

	while (i + 1 < t->ncodes && strcmp(dp_code_at(i)->word, code) != 0)
		i++;
	t->cells[type * t->ncodes + i]++;
}

uint64_t
dp_tally_type(const struct dp_tally *t, size_t type)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < t->ncodes; i++)
		sum += t->cells[type * t->ncodes + i];
	return sum;
}

uint64_t
dp_tally_code(const struct dp_tally *t, size_t code)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i <= t->ntypes; i++)
		sum += t->cells[i * t->ncodes + code];
	return sum;
}

size_t
dp_tally_types(const struct dp_tally *t)
{
	return t->ntypes;
}

uint64_t
dp_tally_cell(const struct dp_tally *t, size_t type, size_t code)
{
	return t->cells[type * t->ncodes + code];
}

uint64_t
dp_tally_all(const struct dp_tally *t)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i <= t->ntypes; i++)
		sum += dp_tally_type(t, i);
	return sum;
}

static const char *
name_of(const struct dp_tally *t, size_t row,
    const char *(*name)(const void *arg, size_t type), const void *arg)
{
	return row == t->ntypes ? "(none)" : name(arg, row);
}

static void
print_json(const struct dp_tally *t, size_t row, const char *name, FILE *out)
{
	struct dp_buf b;
	const char *text;
	size_t i;

	dp_buf_init(&b, 0);
	(void)dp_buf_adds(&b, "{\"type\":");
	if (row == t->ntypes)
		(void)dp_buf_adds(&b, "null");
	else
		dp_json_quote_any(&b, name, strlen(name));
	for (i = 0; i < t->ncodes; i++) {
		const uint64_t n = t->cells[row * t->ncodes + i];

		if (n > 0)
			(void)dp_buf_addf(&b, ",\"%s\":%ju",
			    dp_code_at(i)->word, (uintmax_t)n);
	}
	text = dp_buf_text(&b);
	(void)fprintf(out, "%s}\n", text == NULL ? "" : text);
	dp_buf_fini(&b);
}

/* A column's width: its word or its sum, whichever is longer. */
static int
width_of(const struct dp_tally *t, size_t code)
{
	const int word = (int)strlen(dp_code_at(code)->word);
	const int digits =
	    snprintf(NULL, 0, "%ju", (uintmax_t)dp_tally_code(t, code));

	return word > digits ? word : digits;
}

static void
print_row(const struct dp_tally *t, size_t row, int width, const char *name,
    FILE *out)
{
	const bool sums = row > t->ntypes;
	size_t i;

	(void)fprintf(out, "%-*s", width, name);
	for (i = 0; i < t->ncodes; i++)
		if (dp_tally_code(t, i) > 0)
			(void)fprintf(out, "  %*ju", width_of(t, i),
			    (uintmax_t)(sums ? dp_tally_code(t, i)
					     : t->cells[row * t->ncodes + i]));
	(void)fputc('\n', out);
}

void
dp_tally_print(const struct dp_tally *t, bool json,
    const char *(*name)(const void *arg, size_t type), const void *arg,
    FILE *out)
{
	int width = (int)sizeof "(none)" - 1;
	size_t i;

	for (i = 0; i <= t->ntypes; i++) {
		const char *text = name_of(t, i, name, arg);

		if (dp_tally_type(t, i) == 0)
			continue;
		if ((int)strlen(text) > width)
			width = (int)strlen(text);
		if (json)
			print_json(t, i, text, out);
	}
	if (json)
		return;
	(void)fprintf(out, "%-*s", width, "type");
	for (i = 0; i < t->ncodes; i++)
		if (dp_tally_code(t, i) > 0)
			(void)fprintf(out, "  %*s", width_of(t, i),
			    dp_code_at(i)->word);
	(void)fputc('\n', out);
	for (i = 0; i <= t->ntypes; i++)
		if (dp_tally_type(t, i) > 0)
			print_row(t, i, width, name_of(t, i, name, arg), out);
	print_row(t, t->ntypes + 1, width, "all", out);
}
