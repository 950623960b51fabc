#include "app/letters.h"

#include <stdlib.h>
#include <string.h>

#include "app/input.h"
#include "app/reject.h"
#include "base/code.h"
#include "base/err.h"

#define LINE_MAX_BYTES 4294967296 /* of a reject */

struct dp_letters *
dp_letters_new(struct dp_err *err)
{
	struct dp_letters *l = calloc(1, sizeof *l);

	if (l == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	while (dp_code_at(l->ncodes) != NULL)
		l->ncodes++;
	l->codes = calloc(l->ncodes + 1, sizeof *l->codes);
	if (l->codes == NULL) {
		(void)dp_err_nomem(err);
		free(l);
		return NULL;
	}
	return l;
}

void
dp_letters_free(struct dp_letters *l)
{
	if (l != NULL)
		free(l->codes);
	free(l);
}

static void
count(struct dp_letters *l, const char *word)
{
	size_t i = 0;

	while (i < l->ncodes && strcmp(dp_code_at(i)->word, word) != 0)
		i++;
	l->codes[i]++;
	l->lines++;
}

static int
one(struct dp_letters *l, struct dp_replay *r, const char *p, size_t len,
    struct dp_err *err)
{
	struct dp_replay_item item = { 0 };
	struct dp_err bad = { 0 };

	if (dp_replay_take(r, p, len, &item, &bad) == -1) {
		if (bad.status != DP_DATA || l->take != NULL) {
			*err = bad;
			return -1;
		}
	}
	count(l, item.code == NULL ? "" : item.code);
	return l->take == NULL ? 0
			       : l->take(l->arg, item.raw, item.raw_len, err);
}

static int
block(struct dp_letters *l, struct dp_replay *r, struct dp_input *in,
    const struct dp_block *b, struct dp_err *err)
{
	const char *p = b->data, *end = b->data + b->len;
	uint64_t lines = 0;

	if (b->kind == DP_BLOCK_LONG)
		return dp_err_set(err, DP_DATA, "line %ju is too long",
		    (uintmax_t)b->line);
	if (l->show != NULL &&
	    l->show(l->arg, p, b->len + (b->kind == DP_BLOCK_TAIL), err) == -1)
		return -1;
	for (; p < end; lines++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p) + 1);

		if (one(l, r, p, (size_t)(nl - p), err) == -1)
			return -1;
		p = nl + 1;
	}
	dp_input_count(in, lines);
	return 0;
}

int
dp_letters_read(void *letters, const char *name, int fd, struct dp_err *err)
{
	const struct dp_input_opts opts = { .max_record = LINE_MAX_BYTES };
	struct dp_letters *l = letters;
	char path[64], *paths[] = { path };
	struct dp_replay *r = dp_replay_new(err);
	struct dp_input *in = NULL;
	struct dp_block b;
	int rc = -1;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (r != NULL)
		in = dp_input_new(paths, 1, &opts, err);
	if (in != NULL)
		while ((rc = dp_input_next(in, &b, err)) == 1 &&
		    (rc = block(l, r, in, &b, err)) == 0)
			;
	dp_input_free(in);
	dp_replay_free(r);
	l->files++;
	if (rc == -1)
		dp_err_context(err, "%s", name);
	return rc;
}

void
dp_letters_table(const struct dp_letters *l, bool json, FILE *out)
{
	size_t i;

	for (i = 0; i <= l->ncodes; i++) {
		const char *word =
		    i < l->ncodes ? dp_code_at(i)->word : "other";

		if (l->codes[i] == 0)
			continue;
		(void)fprintf(out,
		    json ? "{\"lines\":%ju,\"code\":\"%s\"}\n" : "%8ju %s\n",
		    (uintmax_t)l->codes[i], word);
	}
	if (json)
		(void)fprintf(out, "{\"lines\":%ju,\"files\":%ju}\n",
		    (uintmax_t)l->lines, (uintmax_t)l->files);
	else
		(void)fprintf(out, "%8ju dead letter%s in %ju file%s\n",
		    (uintmax_t)l->lines, l->lines == 1 ? "" : "s",
		    (uintmax_t)l->files, l->files == 1 ? "" : "s");
}
