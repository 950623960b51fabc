#include "schema/plan_tell.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "schema/catalog_state.h"
#include "schema/pattern.h"
#include "schema/plan_how.h"
#include "schema/plan_state.h"

#define WIDTH 44 /* of the column of names; longer ones push the rest */

static const char *const words[] = { "unused", "never", "any", "ref", "merged",
	"pass", "switch", "tries", "tape" };
static const char *const meanings[] = {
	"no value gets there",
	"nothing passes",
	"everything passes",
	"is the other one",
	"checked with the one that it is a part of",
	"checked while the record is read, once",
	"a member is sought first: it tells what to check",
	"branches are read one by one; a const in each would tell which",
	"read once more, as a list of its parts: slowest",
};

struct line {
	enum dp_how_kind kind;
	const struct dp_source *source;
	uint32_t item;
	const struct dp_node *node;
};

struct tell {
	struct dp_buf out, label, why;
	const struct dp_how *how; /* by the index of the node */
	const struct line *lines;
	size_t n, width;
	bool json;
};

/* The slowest last; else in the order of the files, and of their texts. */
static int
by_kind_and_place(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	const int rc = strcmp(x->source->path, y->source->path);

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (rc != 0)
		return rc;
	return x->item < y->item ? -1 : x->item > y->item;
}

/*
 * "purchase#/properties/sku", as rejects have it, visible; beside another
 * place of that file, "#/properties/sku".
 */
static void
add_place(struct dp_buf *b, const struct dp_source *s, uint32_t item,
    const struct dp_source *beside)
{
	struct dp_buf raw;

	dp_buf_init(&raw, 0);
	if (s != beside)
		(void)dp_buf_adds(&raw, s->name);
	(void)dp_buf_addc(&raw, '#');
	dp_tape_pointer(&s->tape, item, &raw);
	dp_json_visible(b, raw.data, raw.len);
	b->failed = b->failed || raw.failed;
	dp_buf_fini(&raw);
}

/* One more of what there is to say. */
static struct dp_buf *
more(struct tell *t)
{
	if (t->why.len > 0)
		(void)dp_buf_adds(&t->why, "; ");
	return &t->why;
}

static void
say_key(struct dp_buf *b, const struct dp_key *key)
{
	dp_json_quote_any(b, key->text, key->len);
}

static void
say_known(struct tell *t, const struct dp_known *k)
{
	struct dp_buf *b = &t->why;

	for (; k != NULL; k = k->outer) {
		(void)dp_buf_adds(b, b->len > 0 ? ", where " : "where ");
		say_key(b, &k->key);
		if (k->kind == DP_KNOWN_TEXT) {
			(void)dp_buf_adds(b, " is ");
			say_key(b, &k->text);
		} else {
			(void)dp_buf_adds(b,
			    k->kind == DP_KNOWN_ABSENT ? " is missing"
						       : " is another");
		}
	}
}

/* "anyOf of 3; 2 x not": those of one kind that stand in a row are one. */
static void
say_tries(struct tell *t, const struct dp_tries *tries, const char *of)
{
	static const char *const kinds[] = { "anyOf", "oneOf", "not", "if",
		"dependentSchemas" };
	size_t i, n;

	for (i = 0; i < tries->n; i += n) {
		const struct dp_try *at = &tries->at[i];
		struct dp_buf *b = more(t);

		for (n = 1; at->kind > DP_TRY_ONE && i + n < tries->n &&
		     at[n].kind == at->kind;
		     n++)
			;
		if (n > 1)
			(void)dp_buf_addf(b, "%zu x ", n);
		(void)dp_buf_adds(b, kinds[at->kind]);
		if (at->kind <= DP_TRY_ONE)
			(void)dp_buf_addf(b, " of %zu", at->plans.n);
	}
	if (tries->n > 0)
		(void)dp_buf_adds(&t->why, of);
}

static void
say_whole(struct tell *t, const struct dp_plan *p)
{
	const bool object = (p->whole & DP_JSON_OBJECT) != 0;
	const bool array = (p->whole & DP_JSON_ARRAY) != 0;
	struct dp_buf *b = more(t);

	(void)dp_buf_adds(b, p->why);
	if (p->whole != DP_TYPES_ALL && object != array)
		(void)dp_buf_adds(b, object ? " for objects" : " for arrays");
}

/* What costs more than it looks, in a plan that is one pass. */
static void
say_pass(struct tell *t, const struct dp_plan *p, const struct dp_node *n)
{
	if (n->string != NULL && n->string->pattern != NULL &&
	    !dp_pattern_linear(n->string->pattern))
		(void)dp_buf_adds(more(t), "pattern by PCRE2");
	if (p->strings.deep || p->integers.deep || p->numbers.deep)
		(void)dp_buf_adds(more(t), "branches of scalars one by one");
	if (p->object != NULL && p->object->keys != NULL)
		(void)dp_buf_adds(more(t),
		    p->object->keys->ngroups > 0 ? "keys by patterns"
						 : "keys by propertyNames");
	if (p->array != NULL && p->array->ncontains > 0)
		(void)dp_buf_adds(more(t), "contains: elements read twice");
	if (p->array != NULL && p->array->unique)
		(void)dp_buf_adds(more(t),
		    "uniqueItems: by a list, but for few plain strings");
}

static void
say_split(struct tell *t, const struct dp_plan *p)
{
	struct dp_buf *b = more(t);

	(void)dp_buf_adds(b, "by ");
	say_key(b, &p->split->key);
	if (p->split->n > 0)
		(void)dp_buf_addf(b, ": %zu value%s", p->split->n,
		    p->split->n == 1 ? "" : "s");
	else
		(void)dp_buf_adds(b, ": there or not");
}

/* Why it is so, into t->why. */
static void
say_why(struct tell *t, const struct line *line, const struct dp_how *how)
{
	const struct dp_plan *p = how->plan;

	dp_buf_clear(&t->why);
	if (p != NULL && how->kind == DP_HOW_TAPE)
		say_whole(t, p);
	if (p != NULL) {
		say_tries(t, &p->of_object, "");
		say_tries(t, &p->of_array,
		    p->types == DP_JSON_ARRAY ? "" : " for arrays");
		if (p->split != NULL)
			say_split(t, p);
		say_known(t, p->known);
		say_pass(t, p, line->node);
	}
	if (how->with == NULL)
		return;
	if (how->kind != DP_HOW_REF)
		(void)dp_buf_adds(more(t),
		    how->kind == DP_HOW_MERGED ? "into " : "with ");
	add_place(&t->why, how->with->source, how->with->item, line->source);
}

static void
tell_text(struct tell *t, enum dp_how_kind kind)
{
	struct dp_buf *b = &t->out;

	(void)dp_buf_addf(b, t->why.len > 0 ? "%-*.*s  %-6s  " : "%-*.*s  %s",
	    (int)t->width, (int)t->label.len, t->label.data, words[kind]);
	(void)dp_buf_add(b, t->why.data, t->why.len);
	(void)dp_buf_addc(b, '\n');
}

static void
tell_json(struct tell *t, const struct line *line)
{
	struct dp_buf *b = &t->out;

	(void)dp_buf_adds(b, "{\"schema\":");
	dp_json_quote_any(b, t->label.data, t->label.len);
	(void)dp_buf_adds(b, ",\"file\":");
	dp_json_quote_any(b, line->source->path, strlen(line->source->path));
	(void)dp_buf_addf(b, ",\"how\":\"%s\",\"why\":", words[line->kind]);
	dp_json_quote_any(b, t->why.data, t->why.len);
	(void)dp_buf_adds(b, "}\n");
}

static void
tell_lines(struct tell *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct line *line = &t->lines[i];

		dp_buf_clear(&t->label);
		add_place(&t->label, line->source, line->item, NULL);
		say_why(t, line, &t->how[line->node->index]);
		if (t->json)
			tell_json(t, line);
		else
			tell_text(t, line->kind);
	}
}

/* How many of each kind, and what that means. */
static void
tell_sum(struct tell *t)
{
	size_t count[DP_HOW_COUNT] = { 0 }, i;

	for (i = 0; i < t->n; i++)
		count[t->lines[i].kind]++;
	(void)dp_buf_addf(&t->out, "\n%zu subschema%s:\n", t->n,
	    t->n == 1 ? "" : "s");
	for (i = DP_HOW_COUNT; i-- > 0;)
		if (count[i] > 0)
			(void)dp_buf_addf(&t->out, "%6zu  %-6s  %s\n", count[i],
			    words[i], meanings[i]);
}

static void
measure(struct tell *t)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		dp_buf_clear(&t->label);
		add_place(&t->label, t->lines[i].source, t->lines[i].item,
		    NULL);
		if (t->label.len > t->width)
			t->width = t->label.len;
	}
	if (t->width > WIDTH)
		t->width = WIDTH;
}

static void
sort_lines(struct line *lines, struct dp_node *const *nodes, size_t n,
    const struct dp_how *how)
{
	size_t i;

	for (i = 0; i < n; i++) {
		lines[i] = (struct line){ how[nodes[i]->index].kind,
			nodes[i]->source, nodes[i]->item, nodes[i] };
		if (nodes[i]->same != NULL) {
			lines[i].source = nodes[i]->own_source;
			lines[i].item = nodes[i]->own_item;
		}
	}
	qsort(lines, n, sizeof *lines, by_kind_and_place);
}

static int
tell(struct tell *t, FILE *out)
{
	measure(t);
	tell_lines(t);
	if (!t->json)
		tell_sum(t);
	if (t->label.failed || t->why.failed || t->out.failed)
		return -1;
	/* Whoever closes the stream sees whether it was written. */
	if (t->out.len > 0)
		(void)fwrite(t->out.data, 1, t->out.len, out);
	return 0;
}

int
dp_plan_tell(const struct dp_catalog *c, bool json, FILE *out,
    struct dp_err *err)
{
	const struct dp_buf *nodes = &c->program.nodes;
	const size_t n = nodes->len / sizeof(void *);
	struct dp_how *how = calloc(n + 1, sizeof *how);
	struct line *lines = calloc(n + 1, sizeof *lines);
	struct tell t = { .how = how, .lines = lines, .n = n, .json = json };
	int rc = -1;

	if (how != NULL && lines != NULL &&
	    dp_plan_how(&c->program, how) == 0) {
		sort_lines(lines, (const void *)nodes->data, n, how);
		rc = tell(&t, out);
	}
	dp_buf_fini(&t.out);
	dp_buf_fini(&t.label);
	dp_buf_fini(&t.why);
	free(how);
	free(lines);
	return rc == 0 ? 0 : dp_err_nomem(err);
}
