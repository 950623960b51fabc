#include "schema/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "schema/diff_state.h"
#include "schema/folder.h"
#include "schema/source.h"

#define DEPTH 256
#define STEPS 10000000u
#define TEXT_SIZE 1024

void
dp_diff_tell(struct dp_diff *d, unsigned direction, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	const char *pointer = dp_buf_text(&d->pointer);
	struct dp_change c = { .type = d->type,
		.direction = direction,
		.pointer = pointer == NULL ? "" : pointer,
		.text = text };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d->opts->tell(d->opts->arg, &c);
}

size_t
dp_diff_enter(struct dp_diff *d, const char *key)
{
	const size_t before = d->pointer.len;

	dp_json_pointer_add(&d->pointer, key, strlen(key));
	return before;
}

size_t
dp_diff_enter_raw(struct dp_diff *d, const struct dp_tape_item *it)
{
	const size_t before = d->pointer.len;

	dp_buf_clear(&d->text);
	if (it->key == NULL)
		(void)dp_buf_addu(&d->text, it->index);
	else
		dp_json_unescape(&d->text, it->key, it->key_len);
	dp_json_pointer_add(&d->pointer, d->text.data, d->text.len);
	return before;
}

uint32_t
dp_diff_member(const struct dp_tape *t, uint32_t object, const char *name)
{
	uint32_t i;

	if (object == DP_DIFF_NONE ||
	    dp_tape_at(t, object)->type != DP_JSON_OBJECT)
		return DP_DIFF_NONE;
	i = dp_tape_member(t, object, name, strlen(name));
	return i == 0 ? DP_DIFF_NONE : i;
}

bool
dp_diff_same(struct dp_diff *d, uint32_t before, uint32_t after)
{
	if (before == DP_DIFF_NONE || after == DP_DIFF_NONE)
		return before == after;
	return dp_tape_equal(d->before, before, d->after, after, &d->steps);
}

static bool
refers(const struct dp_tape *t, uint32_t i)
{
	const struct dp_tape_item *it = dp_tape_at(t, i);

	return memmem(it->text, it->len, "$ref\"", 5) != NULL ||
	    memmem(it->text, it->len, "Ref\"", 4) != NULL ||
	    memmem(it->text, it->len, "\\u", 2) != NULL;
}

bool
dp_diff_same_schema(struct dp_diff *d, uint32_t before, uint32_t after)
{
	return dp_diff_same(d, before, after) &&
	    (before == DP_DIFF_NONE || !refers(d->before, before) ||
		dp_diff_same(d, 0, 0));
}

/* The item that a pointer of one document leads to, or NONE. */
static uint32_t
follow(const struct dp_tape *t, const char *pointer, size_t len)
{
	const char *p = pointer, *const end = pointer + len;
	uint32_t i = 0;

	while (p < end && i != DP_DIFF_NONE) {
		const char *slash;
		char name[256];
		size_t n = 0;

		if (*p != '/')
			return DP_DIFF_NONE;
		slash = memchr(p + 1, '/', (size_t)(end - p - 1));
		if (slash == NULL)
			slash = end;
		for (p++; p < slash && n < sizeof name - 1; p++) {
			const bool tilde = *p == '~' && p + 1 < slash;

			name[n++] =
			    tilde ? (char)(p[1] == '0' ? '~' : '/') : *p;
			p += tilde;
		}
		name[n] = '\0';
		i = p < slash ? DP_DIFF_NONE : dp_diff_member(t, i, name);
	}
	return i;
}

/* The target of a reference within the document, or NONE. */
static uint32_t
target(const struct dp_tape *t, uint32_t i)
{
	const uint32_t ref = dp_diff_member(t, i, "$ref");
	const struct dp_tape_item *it;

	if (ref == DP_DIFF_NONE)
		return DP_DIFF_NONE;
	it = dp_tape_at(t, ref);
	if (it->type != DP_JSON_STRING || it->escaped || it->len < 3 ||
	    it->text[1] != '#')
		return DP_DIFF_NONE;
	return follow(t, it->text + 2, it->len - 3);
}

/* True when the pair is being compared already, further up. */
static bool
on_the_way(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const struct dp_diff_pair *p = (const void *)d->pairs.data;
	const struct dp_diff_pair pair = { before, after };
	size_t i;

	for (i = 0; i < d->pairs.len / sizeof *p; i++)
		if (p[i].before == before && p[i].after == after)
			return true;
	(void)dp_buf_add(&d->pairs, &pair, sizeof pair);
	return d->pairs.failed;
}

static void
references(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const uint32_t x = dp_diff_member(d->before, before, "$ref");
	const uint32_t y = dp_diff_member(d->after, after, "$ref");
	const uint32_t to_x = target(d->before, before);
	const uint32_t to_y = target(d->after, after);
	size_t back, pairs = d->pairs.len;

	if (x == DP_DIFF_NONE && y == DP_DIFF_NONE)
		return;
	back = dp_diff_enter(d, "$ref");
	if ((x == DP_DIFF_NONE || to_x != DP_DIFF_NONE) &&
	    (y == DP_DIFF_NONE || to_y != DP_DIFF_NONE)) {
		if (!on_the_way(d, to_x, to_y))
			dp_diff_schemas(d, to_x, to_y);
	} else if (!dp_diff_same(d, x, y)) {
		dp_diff_tell(d, DP_DIFF_NARROWS | DP_DIFF_WIDENS,
		    "refers to something else");
	}
	d->pairs.len = pairs;
	d->pointer.len = back;
}

/* A reference with nothing beside it stands for its target. */
static uint32_t
resolve(const struct dp_tape *t, uint32_t i)
{
	unsigned hops;

	for (hops = 0; hops < DEPTH && i != DP_DIFF_NONE &&
	     dp_tape_at(t, i)->type == DP_JSON_OBJECT &&
	     dp_tape_at(t, i)->count == 1;
	     hops++) {
		const uint32_t to = target(t, i);

		if (to == DP_DIFF_NONE)
			break;
		i = to;
	}
	return i;
}

static bool
is_never(const struct dp_tape *t, uint32_t i)
{
	return i != DP_DIFF_NONE && dp_tape_at(t, i)->type == DP_JSON_FALSE;
}

void
dp_diff_schemas(struct dp_diff *d, uint32_t before, uint32_t after)
{
	const uint32_t x = resolve(d->before, before);
	const uint32_t y = resolve(d->after, after);
	const bool none_x = is_never(d->before, x);
	const bool none_y = is_never(d->after, y);
	size_t pairs = d->pairs.len;

	if (none_x || none_y) {
		if (none_x != none_y)
			dp_diff_tell(d,
			    none_y ? DP_DIFF_NARROWS : DP_DIFF_WIDENS,
			    none_y ? "was allowed, no longer is"
				   : "was not allowed, now is");
		return;
	}
	if ((x != before || y != after) && on_the_way(d, x, y))
		return;
	if (d->depth >= DEPTH) {
		dp_diff_tell(d, DP_DIFF_NARROWS | DP_DIFF_WIDENS,
		    "not compared: too deep");
		return;
	}
	d->depth++;
	references(d, x, y);
	dp_diff_values(d, x, y);
	dp_diff_nested(d, x, y);
	d->depth--;
	d->pairs.len = pairs;
}

int
dp_diff(const struct dp_source *before, const struct dp_source *after,
    const struct dp_diff_opts *opts, struct dp_err *err)
{
	struct dp_diff d = { .opts = opts,
		.type = after->name,
		.before = &before->tape,
		.after = &after->tape,
		.steps = STEPS };
	bool failed;

	dp_buf_init(&d.pointer, 0);
	dp_buf_init(&d.text, 0);
	dp_buf_init(&d.pairs, 0);
	dp_diff_schemas(&d, 0, 0);
	failed = d.pointer.failed || d.text.failed || d.pairs.failed;
	dp_buf_fini(&d.pointer);
	dp_buf_fini(&d.text);
	dp_buf_fini(&d.pairs);
	return failed ? dp_err_nomem(err) : 0;
}

static void
tell_type(const struct dp_diff_opts *opts, const char *type, unsigned direction,
    const char *text)
{
	const struct dp_change c = { .type = type,
		.direction = direction,
		.pointer = "",
		.text = text };

	opts->tell(opts->arg, &c);
}

int
dp_diff_folders(const struct dp_folder *before, const struct dp_folder *after,
    const struct dp_diff_opts *opts, struct dp_err *err)
{
	size_t i;

	if (before->single && after->single)
		return dp_diff(before->at[0], after->at[0], opts, err);
	for (i = 0; i < before->n; i++) {
		const char *name = before->at[i]->name;
		const struct dp_source *s = dp_folder_find(after, name);

		if (s == NULL)
			tell_type(opts, name, DP_DIFF_NARROWS,
			    "the type is gone");
		else if (dp_diff(before->at[i], s, opts, err) == -1)
			return -1;
	}
	for (i = 0; i < after->n; i++)
		if (dp_folder_find(before, after->at[i]->name) == NULL)
			tell_type(opts, after->at[i]->name, DP_DIFF_WIDENS,
			    "the type is new");
	return 0;
}
