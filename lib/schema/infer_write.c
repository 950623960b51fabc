/* infer_write: the JSON Schema of a tree of shapes. */
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "json/write.h"
#include "schema/infer_shape.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"
#define REQUIRED_SEEN 10 /* objects; fewer do not show what is always there */
#define NUMBERS ((unsigned)(DP_JSON_INTEGER | DP_JSON_NUMBER))
#define BOOLEANS ((unsigned)(DP_JSON_FALSE | DP_JSON_TRUE))

struct writer {
	struct dp_infer *f;
	struct dp_json_writer json;
	struct dp_buf comment;
	const char *name;                    /* of the type */
	const struct dp_infer_token *tokens; /* NULL: no key has the type */
	size_t ntokens;
};

/* Where a shape stands. */
struct place {
	uint64_t of;      /* objects that could have it; 0: no member */
	const char *unit; /* "record", "element" */
	size_t on_way;    /* tokens of the type key that lead here, plus 1 */
};

/* "integer" stands for "number" where no other number was seen. */
static const struct {
	unsigned mask;
	const char *name;
} names[] = {
	{ DP_JSON_OBJECT, "object" },
	{ DP_JSON_ARRAY, "array" },
	{ DP_JSON_STRING, "string" },
	{ DP_JSON_NUMBER, "number" },
	{ DP_JSON_INTEGER, "integer" },
	{ BOOLEANS, "boolean" },
	{ DP_JSON_NULL, "null" },
};

#define NNAMES (sizeof names / sizeof names[0])

static void write_shape(struct writer *w, struct dp_shape *s,
    const struct place *at);

static void
key(struct writer *w, const char *name)
{
	dp_json_key(&w->json, name, strlen(name));
}

static void
text(struct writer *w, const char *name, const char *value)
{
	key(w, name);
	dp_json_put_text(&w->json, value, strlen(value));
}

static void
integer(struct writer *w, const char *name, int64_t n)
{
	dp_buf_clear(&w->comment);
	(void)dp_buf_addf(&w->comment, "%jd", (intmax_t)n);
	key(w, name);
	dp_json_put(&w->json, w->comment.data, w->comment.len);
}

static uint64_t
seen_of(const struct dp_shape *s, unsigned mask)
{
	uint64_t n = 0;

	for (; mask != 0; mask &= mask - 1)
		n += s->seen[__builtin_ctz(mask)];
	return n;
}

/* Why a shape says less than it might, or NULL. */
static const char *
limit_of(const struct writer *w, const struct dp_shape *s)
{
	if ((s->items_lost || s->object_lost) && s->depth >= DP_INFER_DEPTH)
		return "deeper levels are not looked into";
	if (s->items_lost || s->object_lost)
		return "not looked into: memory limit";
	if (s->object == NULL || !s->object->full)
		return NULL;
	return w->f->memory_out ? "some keys are not described: memory limit"
				: "some keys are not described: too many, "
				  "or too long";
}

static void
write_comment(struct writer *w, const struct dp_shape *s,
    const struct place *at)
{
	const unsigned types = dp_shape_types(s);
	const uint64_t of = at->of > 0 ? at->of : dp_shape_total(s);
	const char *limit = limit_of(w, s);
	struct dp_buf *b = &w->comment;
	const char *sep = ": ";
	size_t i, n = 0;

	dp_buf_clear(b);
	(void)dp_buf_addf(b, "%ju ", (uintmax_t)dp_shape_total(s));
	if (at->of > 0)
		(void)dp_buf_addf(b, "of %ju ", (uintmax_t)at->of);
	(void)dp_buf_addf(b, "%s%s", at->unit, of == 1 ? "" : "s");
	for (i = 0; i < NNAMES; i++)
		n += (names[i].mask & types) != 0;
	for (i = 0; n > 1 && i < NNAMES; i++) {
		if ((names[i].mask & types) == 0)
			continue;
		(void)dp_buf_addf(b, "%s%ju %s", sep,
		    (uintmax_t)seen_of(s, names[i].mask), names[i].name);
		sep = ", ";
	}
	if (s->values != NULL)
		(void)dp_buf_addf(b, "; %u different string%s", s->values->n,
		    s->values->n == 1 ? "" : "s");
	if (limit != NULL)
		(void)dp_buf_addf(b, "; %s", limit);
	key(w, "$comment");
	dp_json_put_text(&w->json, b->data, b->failed ? 0 : b->len);
}

static void
write_types(struct writer *w, unsigned types)
{
	const char *one = NULL;
	size_t i, n = 0;

	if ((types & DP_JSON_NUMBER) != 0)
		types &= ~(unsigned)DP_JSON_INTEGER;
	for (i = 0; i < NNAMES; i++) {
		n += (names[i].mask & types) != 0;
		if ((names[i].mask & types) != 0)
			one = names[i].name;
	}
	if (n == 0)
		return;
	if (n == 1) {
		text(w, "type", one);
		return;
	}
	key(w, "type");
	dp_json_open(&w->json, '[', true);
	for (i = 0; i < NNAMES; i++)
		if ((names[i].mask & types) != 0)
			dp_json_put_text(&w->json, names[i].name,
			    strlen(names[i].name));
	dp_json_close(&w->json, ']');
}

static void
write_strings(struct writer *w, const struct dp_shape *s, unsigned types)
{
	const struct dp_shape_values *v = s->values;
	const char *format = dp_shape_format(w->f, s);
	uint32_t i;

	if (format != NULL) {
		text(w, "format", format);
		return;
	}
	if ((types & ~(unsigned)(DP_JSON_STRING | DP_JSON_NULL)) != 0 ||
	    !dp_shape_is_enum(w->f, s))
		return;
	key(w, "enum");
	dp_json_open(&w->json, '[', true);
	for (i = 0; i < v->n; i++)
		dp_json_put_text(&w->json, v->text[i], v->len[i]);
	if ((types & DP_JSON_NULL) != 0)
		dp_json_put(&w->json, "null", 4);
	dp_json_close(&w->json, ']');
}

static void
write_numbers(struct writer *w, const struct dp_shape *s, unsigned types)
{
	if (w->f->opts.tight && (types & NUMBERS) == DP_JSON_INTEGER &&
	    !s->big && s->min <= s->max) {
		integer(w, "minimum", s->min);
		integer(w, "maximum", s->max);
	}
	/* What neither a bigint nor a double holds. */
	if ((s->big || s->exact) &&
	    (types & ~(NUMBERS | (unsigned)DP_JSON_NULL)) == 0)
		text(w, "x-dp-type", "numeric");
}

/* True for the member that the type's name is under, or on the way there. */
static bool
leads_to_type(const struct writer *w, const struct place *at,
    const struct dp_shape_member *m)
{
	const size_t i = at->on_way - 1;

	return at->on_way > 0 && i < w->ntokens && m->len == w->tokens[i].len &&
	    memcmp(m->key, w->f->pointer.data + w->tokens[i].at, m->len) == 0;
}

static void
write_required(struct writer *w, const struct dp_shape *s,
    const struct place *at)
{
	const struct dp_shape_members *m = &s->object->members;
	const uint64_t objects = dp_shape_seen(s, DP_JSON_OBJECT);
	const bool enough = dp_shape_enough(w->f, objects, REQUIRED_SEEN, 1);
	bool any = false;
	uint32_t i;

	/* Where a key may be there twice, counts do not say where it is not. */
	if (w->f->opts.scan.dup_passes)
		return;
	for (i = 0; i < m->n; i++) {
		if (dp_shape_total(&m->at[i]->shape) != objects ||
		    !(enough || leads_to_type(w, at, m->at[i])))
			continue;
		if (!any) {
			key(w, "required");
			dp_json_open(&w->json, '[', true);
		}
		any = true;
		dp_json_put_text(&w->json, m->at[i]->key, m->at[i]->len);
	}
	if (any)
		dp_json_close(&w->json, ']');
}

static void
write_object(struct writer *w, const struct dp_shape *s, const struct place *at)
{
	const struct dp_shape_object *o = s->object;
	const struct place rest = { .unit = "values of other keys" };
	uint32_t i;

	if (o->members.n > 0) {
		key(w, "properties");
		dp_json_open(&w->json, '{', false);
		for (i = 0; i < o->members.n; i++) {
			struct dp_shape_member *m = o->members.at[i];
			struct place in = {
				.of = dp_shape_seen(s, DP_JSON_OBJECT),
				.unit = s->depth == 0 ? "record" : "object",
			};

			if (leads_to_type(w, at, m))
				in.on_way = at->on_way + 1;
			dp_json_key(&w->json, m->key, m->len);
			write_shape(w, &m->shape, &in);
		}
		dp_json_close(&w->json, '}');
	}
	write_required(w, s, at);
	if (o->full)
		return;
	if (o->rest != NULL && o->rest_seen > 0) {
		key(w, "additionalProperties");
		write_shape(w, o->rest, &rest);
	} else if (w->f->opts.tight) {
		key(w, "additionalProperties");
		dp_json_put(&w->json, "false", 5);
	}
}

/* Who writes 0.000 means a number, be it a whole one. */
static unsigned
types_of(const struct dp_shape *s)
{
	const unsigned types = dp_shape_types(s);

	return s->fraction && (types & DP_JSON_INTEGER) != 0
	    ? types | DP_JSON_NUMBER
	    : types;
}

/* The rules of one value, inside of its braces. */
static void
write_rules(struct writer *w, struct dp_shape *s, const struct place *at)
{
	const unsigned types = types_of(s);
	const struct place element = { .unit = "element" };

	write_comment(w, s, at);
	if (w->ntokens > 0 && at->on_way == w->ntokens + 1) {
		text(w, "const", w->name);
		return;
	}
	write_types(w, types);
	write_strings(w, s, types);
	write_numbers(w, s, types);
	if (s->object != NULL && !s->object_lost)
		write_object(w, s, at);
	if (s->items != NULL && !s->items_lost) {
		key(w, "items");
		write_shape(w, s->items, &element);
	}
}

static void
write_shape(struct writer *w, struct dp_shape *s, const struct place *at)
{
	dp_json_open(&w->json, '{', false);
	write_rules(w, s, at);
	dp_json_close(&w->json, '}');
}

int
dp_infer_write(struct dp_infer *f, size_t i, struct dp_buf *out,
    struct dp_err *err)
{
	struct dp_shape_member *type = f->types.at[i];
	struct place at = { .unit = "record", .on_way = 1 };
	struct writer w = { .f = f,
		.json = { .out = out },
		.name = type->key,
		.tokens = (const void *)f->tokens.data,
		.ntokens = f->tokens.len / sizeof *w.tokens };
	bool failed;

	dp_shape_settle(f, &type->shape);
	dp_buf_init(&w.comment, 0);
	dp_json_open(&w.json, '{', false);
	text(&w, "$schema", DRAFT);
	text(&w, "title", type->key);
	write_rules(&w, &type->shape, &at);
	dp_json_close(&w.json, '}');
	(void)dp_buf_addc(out, '\n');
	failed = w.comment.failed || out->failed;
	dp_buf_fini(&w.comment);
	return failed ? dp_err_nomem(err) : 0;
}

/* -- Notes -- */

struct notes {
	struct writer w;
	void (*tell)(void *arg, const char *type, const char *pointer,
	    const char *text);
	void *arg;
	struct dp_buf pointer;
};

static void walk(struct notes *n, const struct dp_shape *s);

static void
walk_into(struct notes *n, const struct dp_shape *s, const char *key_text,
    size_t len)
{
	const size_t before = n->pointer.len;

	dp_json_pointer_add(&n->pointer, key_text, len);
	walk(n, s);
	n->pointer.len = before;
}

static void
walk(struct notes *n, const struct dp_shape *s)
{
	const char *limit = limit_of(&n->w, s);
	uint32_t i;

	if (limit != NULL) {
		const char *pointer = dp_buf_text(&n->pointer);

		n->tell(n->arg, n->w.name, pointer == NULL ? "" : pointer,
		    limit);
	}
	if (s->items != NULL && !s->items_lost)
		walk_into(n, s->items, "*", 1);
	if (s->object == NULL || s->object_lost)
		return;
	for (i = 0; i < s->object->members.n; i++) {
		const struct dp_shape_member *m = s->object->members.at[i];

		walk_into(n, &m->shape, m->key, m->len);
	}
	if (s->object->rest != NULL && !s->object->full)
		walk_into(n, s->object->rest, "*", 1);
}

void
dp_infer_notes(struct dp_infer *f, size_t i,
    void (*tell)(void *arg, const char *type, const char *pointer,
	const char *text),
    void *arg)
{
	struct notes n = { .w = { .f = f, .name = f->types.at[i]->key },
		.tell = tell,
		.arg = arg };

	dp_buf_init(&n.pointer, 0);
	walk(&n, &f->types.at[i]->shape);
	dp_buf_fini(&n.pointer);
}
