/* What is tried or sought before a container is read in earnest. */
#include <string.h>

#include "json/scan_body.h"
#include "json/unescape.h"
#include "schema/catalog_state.h"
#include "schema/scalar.h"

static int
seek(struct dp_check *k, const char *p, const struct dp_key *name, bool once,
    const char **value)
{
	bool escaped;
	enum dp_json_type type;
	const char *key;
	size_t len;

	*value = NULL;
	p = dp_lex_ws(p + 1);
	while (*p == '"') {
		bool is;

		escaped = false;
		key = p + 1;
		p = dp_lex_string(key, k->work.nul_passes, &escaped);
		if (p == NULL)
			return -1;
		len = (size_t)(p - 1 - key);
		is = !escaped
		    ? len == name->len && memcmp(key, name->text, len) == 0
		    : dp_scan_equal(key, len, true, name->text, name->len);
		p = dp_lex_ws(p);
		if (*p != ':' || (is && *value != NULL))
			return -1;
		p = dp_lex_ws(p + 1);
		if (is)
			*value = p;
		if (is && !once)
			return 0;
		p = dp_scan_value_any(&k->work, p, 1, &type);
		if (p == NULL)
			return -1;
		p = dp_lex_ws(p);
		if (*p == ',')
			p = dp_lex_ws(p + 1);
	}
	return *p == '}' ? 0 : -1;
}

int
dp_check_seek(struct dp_check *k, const char *p, const struct dp_key *name,
    bool once, const char **value)
{
	const bool dup_passes = k->work.dup_passes;
	int rc;

	/* Keys are looked at when the value is read in earnest. */
	dp_check_begin_keys(k);
	k->work.dup_passes = true;
	rc = seek(k, p, name, once, value);
	k->work.dup_passes = dup_passes;
	return rc;
}

bool
dp_check_deep(struct dp_check *k, const struct dp_node *n,
    const struct dp_scan_value *v)
{
	bool good;

	if (k->gave_up)
		return false;
	good = dp_scalar_holds(n, v, &k->text, &k->left);
	if (k->left == 0)
		k->gave_up = true;
	return good && !k->gave_up;
}

bool
dp_check_also(struct dp_check *k, struct dp_frame *f, const char *p,
    const struct dp_plan *plan, const struct dp_plan **next)
{
	const struct dp_plan *unknown = *next;
	bool good;

	if (plan->easy == DP_TYPES_ALL)
		return true;
	if ((*next)->easy == DP_TYPES_ALL) {
		*next = plan;
		return true;
	}
	good = k->value(k, p, plan, f) != NULL;
	/* The value may have had keys of its own. */
	*next = unknown;
	return good;
}

/* The case that a string leads to. */
static const struct dp_plan *
case_of(struct dp_check *k, const struct dp_split *s, const char *p)
{
	bool escaped = false;
	const char *end = dp_lex_string(p + 1, k->work.nul_passes, &escaped);
	const char *text = p + 1;
	size_t len;
	int64_t i;

	if (end == NULL)
		return NULL;
	len = (size_t)(end - 1 - text);
	if (escaped) {
		struct dp_unescape u = dp_unescape_of(text, len);

		dp_buf_clear(&k->text);
		if (dp_buf_reserve(&k->text, len + DP_SCAN_PAD) == -1)
			return NULL;
		text = k->text.data;
		len = dp_unescape_some(&u, k->text.data, len);
	}
	i = dp_keytable_find(&s->table, text, len);
	return i < 0 ? s->other : s->cases[i];
}

static const struct dp_plan *
choose(struct dp_check *k, const struct dp_split *s, const char *p)
{
	const char *value;

	if (dp_check_seek(k, p, &s->key, false, &value) == -1)
		return NULL;
	if (value == NULL)
		return s->absent;
	return *value == '"' ? case_of(k, s, value) : s->other;
}

static bool
if_holds(struct dp_check *k, const struct dp_try *t, const char *p,
    struct dp_frame *f)
{
	const bool is = k->value(k, p, t->plans.at[0], f) != NULL;
	const struct dp_plan *next = t->plans.at[is ? 1 : 2];

	if (k->gave_up)
		return false;
	return next == NULL || k->value(k, p, next, f) != NULL;
}

static bool
when_holds(struct dp_check *k, const struct dp_try *t, const char *p,
    struct dp_frame *f)
{
	const char *value;

	if (dp_check_seek(k, p, &t->key, false, &value) == -1)
		return false;
	return value == NULL || k->value(k, p, t->plans.at[0], f) != NULL;
}

static size_t
count(struct dp_check *k, const struct dp_try *t, const char *p,
    struct dp_frame *f, size_t enough)
{
	size_t i, n = 0;

	for (i = 0; i < t->plans.n && n < enough && !k->gave_up; i++)
		n += k->value(k, p, t->plans.at[i], f) != NULL;
	return n;
}

static bool
try_holds(struct dp_check *k, const struct dp_try *t, const char *p,
    struct dp_frame *f)
{
	switch (t->kind) {
	case DP_TRY_ANY:
		return count(k, t, p, f, 1) == 1;
	case DP_TRY_ONE:
		return count(k, t, p, f, 2) == 1;
	case DP_TRY_NOT:
		return count(k, t, p, f, 1) == 0;
	case DP_TRY_IF:
		return if_holds(k, t, p, f);
	case DP_TRY_WHEN:
	default:
		return when_holds(k, t, p, f);
	}
}

/* A value to behind its end, whatever it is. */
static const char *
pass(struct dp_check *k, const char *p)
{
	const bool dup_passes = k->work.dup_passes;
	enum dp_json_type type;

	k->work.dup_passes = true;
	p = dp_scan_value_any(&k->work, p, 1, &type);
	k->work.dup_passes = dup_passes;
	return p;
}

/* Elements that an array must have, or must not have too many of. */
static bool
contains_holds(struct dp_check *k, const struct dp_contains *c, const char *p,
    struct dp_frame *f)
{
	uint64_t found = 0;

	p = dp_lex_ws(p + 1);
	while (*p != ']') {
		const char *end = k->value(k, p, c->plan, f);

		if (k->gave_up)
			return false;
		found += end != NULL;
		if (found > c->max)
			return false;
		if (found >= c->min && c->max == UINT64_MAX)
			return true;
		if (end == NULL)
			end = pass(k, p);
		if (end == NULL)
			return false;
		p = dp_lex_ws(end);
		if (*p == ',')
			p = dp_lex_ws(p + 1);
		else if (*p != ']')
			return false;
	}
	return found >= c->min;
}

static bool
tries_hold(struct dp_check *k, const struct dp_plan *plan, const char *p,
    struct dp_frame *f)
{
	const bool is_array = *p == '[';
	const struct dp_tries *t =
	    is_array ? &plan->of_array : &plan->of_object;
	const struct dp_plan_array *a = plan->array;
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!try_holds(k, &t->at[i], p, f) || k->gave_up)
			return false;
	for (i = 0; is_array && a != NULL && i < a->ncontains; i++)
		if (!contains_holds(k, &a->contains[i], p, f))
			return false;
	return true;
}

const struct dp_plan *
dp_check_odd(struct dp_check *k, const char *p, const struct dp_plan *plan,
    struct dp_frame *f)
{
	const uint8_t type = *p == '[' ? DP_JSON_ARRAY : DP_JSON_OBJECT;

	while (plan != NULL && (plan->odd & type) != 0) {
		if (type == DP_JSON_OBJECT && plan->split != NULL) {
			plan = choose(k, plan->split, p);
			continue;
		}
		return tries_hold(k, plan, p, f) ? plan : NULL;
	}
	return plan == NULL || (plan->types & type) == 0 ? NULL : plan;
}

/* A few strings without escapes, compared each with each. */
#define FEW 16

static bool
few_unique(const char *p, size_t n, bool *known)
{
	const char *texts[FEW];
	size_t lens[FEW], i, k;

	p = dp_lex_ws(p + 1);
	for (i = 0; i < n; i++) {
		*known = *p == '"';
		if (!*known)
			return false;
		texts[i] = p + 1;
		p = dp_lex_plain(p + 1);
		*known = *p == '"';
		if (!*known)
			return false;
		lens[i] = (size_t)(p - texts[i]);
		for (k = 0; k < i; k++)
			if (lens[k] == lens[i] &&
			    memcmp(texts[k], texts[i], lens[i]) == 0)
				return false;
		p = dp_lex_ws(p + 1);
		p = dp_lex_ws(p + (*p == ','));
	}
	return true;
}

bool
dp_check_unique(struct dp_check *k, const struct dp_frame *f)
{
	bool known = false, good = false;

	if (f->count <= FEW)
		good = few_unique(f->start, (size_t)f->count, &known);
	if (known)
		return good;
	if (dp_tape_read(&k->tape, f->start) == -1)
		return false;
	dp_eval_start(&k->eval);
	good = dp_eval_unique(&k->eval, 0);
	if (k->eval.steps == 0)
		k->gave_up = true;
	return good && !k->gave_up;
}
