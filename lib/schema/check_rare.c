/* The rare cases of the streaming check: any width will do. */
#include <string.h>

#include "json/scan_body.h"
#include "json/unescape.h"
#include "schema/catalog_state.h"
#include "schema/pattern.h"
#include "schema/scalar.h"

/* The slot of a key, with or without escapes; -1: unknown. */
static int64_t
slot_of(struct dp_check *k, const struct dp_plan_object *o, const char *key,
    size_t len, bool escaped)
{
	struct dp_unescape u;

	if (!escaped)
		return dp_keytable_find(&o->table, key, len);
	dp_buf_clear(&k->text);
	if (dp_buf_reserve(&k->text, len + DP_SCAN_PAD) == -1)
		return -1;
	u = dp_unescape_of(key, len);
	return dp_keytable_find(&o->table, k->text.data,
	    dp_unescape_some(&u, k->text.data, len));
}

/* An unknown key into the set of keys.  False: it is there already. */
static bool
first_time(struct dp_check *k, struct dp_frame *f, const char *key, size_t len,
    bool escaped)
{
	f->count++;
	if (k->work.dup_passes)
		return true;
	dp_check_begin_keys(k);
	if (f->number == 0)
		f->number = dp_keyset_object(&k->work.keys);
	return dp_keyset_add(&k->work.keys, f->number, key, len, escaped) == 0;
}

/*
 * Whether the key, given as the string it is, matches.  It is unescaped for
 * each pattern: a value that was tried in between has used the memory.
 */
static enum dp_pattern_result
key_matches(struct dp_check *k, const struct dp_pattern *pattern,
    const struct dp_scan_value *name)
{
	const size_t len = name->len - 2;
	struct dp_unescape u = dp_unescape_of(name->text + 1, len);

	if (!name->escaped)
		return dp_pattern_match(pattern, name->text + 1, len);
	dp_buf_clear(&k->text);
	if (dp_buf_reserve(&k->text, len + DP_SCAN_PAD) == -1)
		return DP_PATTERN_LIMIT;
	return dp_pattern_match(pattern, k->text.data,
	    dp_unescape_some(&u, k->text.data, len));
}

/* The patterns that the key matches, each with the value at p. */
static bool
group_holds(struct dp_check *k, struct dp_frame *f,
    const struct dp_key_group *g, const struct dp_scan_value *name,
    const char *p, const struct dp_plan **next)
{
	bool found = false;
	size_t i;

	for (i = 0; i < g->plans.n; i++) {
		const enum dp_pattern_result r =
		    key_matches(k, g->patterns[i], name);

		if (r == DP_PATTERN_LIMIT)
			k->gave_up = true;
		if (k->gave_up)
			return false;
		if (r == DP_PATTERN_NO)
			continue;
		found = true;
		if (!dp_check_also(k, f, p, g->plans.at[i], next))
			return false;
	}
	return found || dp_check_also(k, f, p, g->additional, next);
}

/* What is asked of a key that no schema lists, p being at its value. */
static bool
key_holds(struct dp_check *k, struct dp_frame *f, const char *raw, size_t len,
    bool escaped, const char *p)
{
	const struct dp_key_checks *keys = f->object->keys;
	const struct dp_scan_value name = { .type = DP_JSON_STRING,
		.text = raw - 1,
		.len = len + 2,
		.escaped = escaped };
	size_t i;

	for (i = 0; i < keys->names.n; i++)
		if (!dp_check_deep(k, keys->names.at[i], &name))
			return false;
	for (i = 0; i < keys->ngroups; i++)
		if (!group_holds(k, f, &keys->groups[i], &name, p, &k->unknown))
			return false;
	return true;
}

const char *
dp_check_key(struct dp_check *k, struct dp_frame *f, const char *key,
    const struct dp_prop **guess)
{
	const struct dp_plan_object *o = f->object;
	bool escaped = false;
	const char *p = dp_lex_string(key, k->work.nul_passes, &escaped);
	size_t len;
	int64_t slot;

	if (p == NULL)
		return NULL;
	len = (size_t)(p - 1 - key);
	p = dp_lex_ws(p);
	if (*p != ':')
		return NULL;
	p = dp_lex_ws(p + 1);
	slot = slot_of(k, o, key, len, escaped);
	if (slot >= 0) {
		k->found = &o->props[slot];
		if (k->found->skip > 0)
			*guess = k->found;
		return p;
	}
	if (!first_time(k, f, key, len, escaped))
		return NULL;
	k->unknown = o->additional;
	if (o->keys != NULL && !key_holds(k, f, key, len, escaped, p))
		return NULL;
	k->found = NULL;
	return p;
}

bool
dp_check_twice(const struct dp_check *k, struct dp_frame *f,
    const struct dp_prop *prop)
{
	const uint32_t late = prop->slot - DP_SEEN_OWN;
	const uint64_t bit = UINT64_C(1) << late % 64;
	bool twice = true;

	if (prop->bit == DP_SEEN_SHARED) {
		twice = (f->more[late / 64] & bit) != 0;
		f->more[late / 64] |= bit;
	}
	return !twice || k->work.dup_passes;
}

static bool
rule_holds(const struct dp_rule *r, uint64_t seen)
{
	size_t i, n = 0;

	if (r->kind == DP_RULE_WHEN)
		return (~seen & r->masks[0]) != 0 || (~seen & r->masks[1]) == 0;
	for (i = 0; i < r->n; i++)
		n += (~seen & r->masks[i]) == 0;
	if (r->kind == DP_RULE_NONE)
		return n == 0;
	return r->kind == DP_RULE_ONE ? n == 1 : n > 0;
}

bool
dp_check_rest(const struct dp_frame *f, uint64_t seen)
{
	const struct dp_plan_object *o = f->object;
	uint64_t count =
	    f->count + (uint64_t)__builtin_popcountll(seen & ~DP_SEEN_SHARED);
	uint32_t i;

	for (i = 0; i < o->words; i++) {
		if ((~f->more[i] & o->required_more[i]) != 0)
			return false;
		count += (uint64_t)__builtin_popcountll(f->more[i]);
	}
	for (i = 0; i < o->nrules; i++)
		if (!rule_holds(&o->rules[i], seen))
			return false;
	return count >= o->min && count <= o->max;
}

const struct dp_plan *
dp_check_root(struct dp_check *k, const char *p)
{
	if (k->plan != NULL)
		return k->plan;
	k->unplanned = false;
	k->schema = *p == '{' ? dp_check_type(k, p) : NULL;
	if (k->schema != NULL)
		return k->schema->plan;
	return k->unplanned && k->catalog->opts.unplanned_passes ? &dp_plan_any
								 : NULL;
}

/*
 * Many programs write the type last.  What looks like it at the end of the
 * line may be something else: the caller must not take it for more than a
 * guess.
 */
const struct dp_plan *
dp_check_hint(struct dp_check *k, const char *p)
{
	const struct dp_prop *key = &k->type_key;
	const char *end, *name;
	const struct dp_schema *s;
	size_t len;

	if (key->skip == 0 || k->catalog->single || *p != '{')
		return NULL;
	end = rawmemchr(p, '\n');
	while (end > p && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	if (end - p < 4 || end[-1] != '}' || end[-2] != '"')
		return NULL;
	end -= 2;
	for (name = end; name > p && name[-1] != '"'; name--)
		;
	len = (size_t)(end - name);
	name--;
	while (name > p && name[-1] == ' ')
		name--;
	if (name - p < (ptrdiff_t)key->skip ||
	    memcmp(name - key->skip, key->text, key->skip) != 0)
		return NULL;
	s = dp_catalog_find(k->catalog, end - len, len);
	if (s == NULL || !s->proves_type)
		return NULL;
	k->schema = s;
	return s->plan;
}

bool
dp_check_tape(struct dp_check *k, const struct dp_plan *plan, const char *text)
{
	bool good = true;
	uint64_t steps;
	size_t i;

	if (dp_tape_read(&k->tape, text) == -1)
		return false;
	dp_eval_start(&k->eval);
	for (i = 0; i < plan->nodes.n && good; i++)
		good = dp_eval(&k->eval, plan->nodes.at[i], 0);
	steps = DP_EVAL_STEPS - k->eval.steps;
	k->left -= steps < k->left ? steps : k->left;
	k->gave_up = k->gave_up || k->left == 0 || k->eval.steps == 0;
	return good && !k->gave_up;
}

const char *
dp_check_by_tape(struct dp_check *k, const char *line)
{
	struct dp_scan_value v;
	const char *p = dp_scan_whole(&k->work, line, &v);
	const struct dp_node *root = k->root;

	k->gave_up = false;
	k->left = DP_CHECK_WORK;
	if (p == NULL || (k->objects_only && v.type != DP_JSON_OBJECT))
		return NULL;
	if (root == NULL) {
		k->unplanned = false;
		k->schema = *v.text == '{' ? dp_check_type(k, v.text) : NULL;
		if (k->schema == NULL)
			return k->unplanned && k->catalog->opts.unplanned_passes
			    ? p
			    : NULL;
		root = k->schema->root;
	}
	if (dp_tape_read(&k->tape, v.text) == -1)
		return NULL;
	dp_eval_start(&k->eval);
	return dp_eval(&k->eval, root, 0) ? p : NULL;
}

bool
dp_check_scalar(struct dp_check *k, const struct dp_plan *plan,
    enum dp_json_type type, const char *text, const char *end, bool escaped)
{
	const struct dp_scan_value v = { .type = type,
		.text = text,
		.len = (size_t)(end - text),
		.escaped = escaped };
	const struct dp_checks *c = &plan->numbers;
	const char *code;
	size_t i;

	if (DP_UNLIKELY((plan->whole & type) != 0))
		return dp_check_tape(k, plan, text);
	if (type == DP_JSON_STRING)
		c = &plan->strings;
	else if (type == DP_JSON_INTEGER)
		c = &plan->integers;
	for (i = 0; i < c->n; i++) {
		if (c->deep) {
			if (!dp_check_deep(k, c->at[i], &v))
				return false;
			continue;
		}
		code = dp_scalar_check(c->at[i], &v, &k->text);
		/* Of a branch that is tried, it leaves the verdict open. */
		if (code != NULL && k->nested > 0 &&
		    (strcmp(code, "pattern-limit") == 0 ||
			strcmp(code, "internal") == 0))
			k->gave_up = true;
		if (code != NULL)
			return false;
	}
	return true;
}

static const struct dp_schema *
type_named(struct dp_check *k, const char *p)
{
	bool escaped = false;
	const char *end = dp_lex_string(p + 1, k->work.nul_passes, &escaped);
	struct dp_unescape u;
	size_t len;

	if (end == NULL)
		return NULL;
	len = (size_t)(end - 2 - p);
	if (!escaped)
		return dp_catalog_find(k->catalog, p + 1, len);
	dp_buf_clear(&k->text);
	if (dp_buf_reserve(&k->text, len + DP_SCAN_PAD) == -1)
		return NULL;
	u = dp_unescape_of(p + 1, len);
	len = dp_unescape_some(&u, k->text.data, len);
	return dp_catalog_find(k->catalog, k->text.data, len);
}

const struct dp_schema *
dp_check_type(struct dp_check *k, const char *p)
{
	const struct dp_catalog *c = k->catalog;
	/* Where keys may stand twice, this one may not. */
	const bool once = c->opts.scan.dup_passes;
	const struct dp_schema *s;
	size_t i;
	int rc = 0;

	for (i = 0; i < c->ntokens && rc == 0 && p != NULL; i++)
		rc = *p == '{' ? dp_check_seek(k, p, &c->tokens[i], once, &p)
			       : -1;
	if (rc != 0 || p == NULL || *p != '"')
		return NULL;
	s = type_named(k, p);
	k->unplanned = s == NULL;
	return s;
}
