/* A difference made small, by leaving out what it does not need: pairs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

#define ROOM (1u << 17)
#define NODES 4096

/* A text as a list of cuts that leave it JSON. */
struct text {
	char at[ROOM];
	size_t len;
};

struct both {
	struct pair how;
	struct text schema, value;
	bool has_value;
};

int
pair_draft(const char *schema)
{
	return strstr(schema, "draft-04") != NULL     ? 4
	    : strstr(schema, "draft-06") != NULL      ? 6
	    : strstr(schema, "draft-07") != NULL      ? 7
	    : strstr(schema, "draft/2019-09") != NULL ? 2019
						      : 2020;
}

/* What is wrong, without its place. */
static const char *
kind_of(const char *trouble)
{
	const char *at = strrchr(trouble, ':');

	return at == NULL ? trouble : at;
}

/* Whether the two of them still differ. */
static bool
still(const struct both *b)
{
	struct pair p = b->how;
	bool is;

	is = pair_open(&p, b->schema.at, b->schema.len);
	if (!b->has_value)
		is = p.trouble != NULL &&
		    strcmp(kind_of(p.trouble), kind_of(b->how.trouble)) == 0;
	else
		is = is && pair_differs(&p, b->value.at, b->value.len);
	pair_close(&p);
	return is;
}

/* Replaces bytes from..to by other ones, if the difference stays. */
static bool
replace(struct both *b, struct text *t, size_t from, size_t to,
    const char *with)
{
	static struct text before;
	const size_t n = strlen(with);

	if (to - from == n && memcmp(t->at + from, with, n) == 0)
		return false;
	before = *t;
	memmove(t->at + from + n, t->at + to, t->len - to);
	memcpy(t->at + from, with, n);
	t->len += n - (to - from);
	t->at[t->len] = '\0';
	if (t->len < before.len && still(b))
		return true;
	*t = before;
	return false;
}

/* Each value of a text, as its place: found anew after each change. */
struct span {
	size_t from, to;       /* the value */
	size_t member, behind; /* with its key, and one comma */
};

static size_t
spans_of(const struct text *t, const struct ref_value *v, struct span *spans,
    size_t n)
{
	const struct ref_value *c;
	struct span *s = &spans[n];

	if (n == NODES)
		return n;
	s->from = (size_t)(v->raw - t->at);
	s->to = s->from + v->raw_len;
	s->member = v->raw_key == NULL ? s->from : (size_t)(v->raw_key - t->at);
	s->behind = s->to;
	if (v->parent != NULL && v->next != NULL)
		s->behind =
		    (size_t)((v->next->raw_key != NULL ? v->next->raw_key
						       : v->next->raw) -
			t->at);
	else if (v->parent != NULL && v->index > 0)
		while (s->member > 0 && t->at[s->member] != ',')
			s->member--;
	n++;
	for (c = v->first; c != NULL; c = c->next)
		n = spans_of(t, c, spans, n);
	return n;
}

static bool
shrink_once(struct both *b, struct text *t)
{
	static const char *const simple[] = { "true", "{}", "[]", "0", "\"\"",
		"\"a\"", "1" };
	static struct span spans[NODES];
	const struct ref_rules rules = { 512, true };
	struct ref_value *root;
	size_t i, k, n;
	char child[2048];

	ref_reset(0);
	root = ref_read(t->at, t->len, &rules);
	if (root == NULL)
		return false;
	n = spans_of(t, root, spans, 0);
	for (i = 0; i < n; i++) {
		if (i > 0 &&
		    replace(b, t, spans[i].member, spans[i].behind, ""))
			return true;
		for (k = 0; k < sizeof simple / sizeof simple[0]; k++)
			if (replace(b, t, spans[i].from, spans[i].to,
				simple[k]))
				return true;
		/* A value by one inside of it. */
		for (k = i + 1; k < n && spans[k].to <= spans[i].to; k++) {
			if (spans[k].to - spans[k].from >= sizeof child)
				continue;
			memcpy(child, t->at + spans[k].from,
			    spans[k].to - spans[k].from);
			child[spans[k].to - spans[k].from] = '\0';
			if (replace(b, t, spans[i].from, spans[i].to, child))
				return true;
		}
	}
	return false;
}

/* What is no JSON loses bytes instead. */
static bool
shrink_bytes(struct both *b)
{
	size_t i;

	for (i = 0; i < b->value.len; i++)
		if (replace(b, &b->value, i, i + 1, ""))
			return true;
	return false;
}

void
pair_shrink(const struct pair *p, const char *schema, size_t len,
    const char *value, size_t value_len)
{
	static struct both b;
	struct pair last;

	b.how = *p;
	if (p->trouble == p->text)
		b.how.trouble = b.how.text;
	b.has_value = value != NULL;
	(void)printf("# schema: %.*s\n# value: %.*s\n", (int)len, schema,
	    (int)value_len, value == NULL ? "" : value);
	memcpy(b.schema.at, schema, len);
	b.schema.len = len;
	if (value != NULL)
		memcpy(b.value.at, value, value_len);
	b.value.len = value_len;
	while (shrink_once(&b, &b.schema) ||
	    (b.has_value && (shrink_once(&b, &b.value) || shrink_bytes(&b))))
		continue;
	last = b.how;
	(void)pair_open(&last, b.schema.at, b.schema.len);
	if (b.has_value && last.check != NULL)
		(void)pair_differs(&last, b.value.at, b.value.len);
	(void)printf("%.*s\n%.*s\ndraft %d: the product says %s, the "
		     "reference %s\n",
	    (int)b.schema.len, b.schema.at, (int)b.value.len, b.value.at,
	    last.schema.draft,
	    b.has_value && last.product != NULL ? last.product : last.trouble,
	    b.has_value && last.reference != NULL ? last.reference : "not");
	pair_close(&last);
}
