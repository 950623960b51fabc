/* A member that decides which branches of an object are meant. */
#include <string.h>

#include "base/err.h"
#include "schema/plan_state.h"

#define KEYS_MAX 16   /* candidates that are compared */
#define LOOK_MAX 4096 /* keys that are looked at for them */
#define DEPTH_MAX 8   /* of references and allOf around a branch */

struct candidate {
	struct dp_key key;
	size_t score;
};

struct choice {
	struct dp_planner *p;
	const struct dp_case *at;
	struct candidate keys[KEYS_MAX];
	size_t n, looks;
	/* The strings that branches have for the key that was chosen. */
	const struct dp_key *key;
	struct dp_buf strings; /* struct dp_key */
};

static const struct dp_values *
strings_of(const struct dp_node *n)
{
	const struct dp_values *v = n->only != NULL ? n->only : n->values;

	return v != NULL && v->types == DP_JSON_STRING ? v : NULL;
}

static void
vote(struct choice *c, const struct dp_key *key, size_t score)
{
	size_t i;

	if (dp_plan_known(c->at, key) != NULL)
		return;
	for (i = 0; i < c->n; i++)
		if (c->keys[i].key.len == key->len &&
		    memcmp(c->keys[i].key.text, key->text, key->len) == 0) {
			c->keys[i].score += score;
			return;
		}
	if (c->n < KEYS_MAX)
		c->keys[c->n++] = (struct candidate){ *key, score };
}

static void
add_strings(struct choice *c, const struct dp_values *v)
{
	(void)dp_planner_add(c->p, &c->strings, v->strings,
	    v->nstrings * sizeof *v->strings);
}

/* Keys of one schema: votes for them, or their strings. */
static void
look_at(struct choice *c, const struct dp_object *o, bool counts_presence)
{
	uint32_t i;

	for (i = 0; i < o->nlisted && c->looks < LOOK_MAX; i++, c->looks++) {
		const struct dp_key *key = &o->table.keys[i];
		const struct dp_values *v = strings_of(o->nodes[i]);

		if (v == NULL || v->nstrings == 0)
			continue;
		if (c->key == NULL)
			vote(c, key, 4);
		else if (c->key->len == key->len &&
		    memcmp(c->key->text, key->text, key->len) == 0)
			add_strings(c, v);
	}
	for (i = 0;
	     counts_presence && c->key == NULL && i < o->nneeds && i < KEYS_MAX;
	     i++)
		vote(c, &o->table.keys[o->needs[i]], 1);
}

/* A branch, and what it refers to for the same value. */
static void
look_into(struct choice *c, const struct dp_node *n, bool counts_presence,
    unsigned depth)
{
	const struct dp_combine *m = n->combine;
	size_t i;

	if (depth == DEPTH_MAX || c->looks >= LOOK_MAX)
		return;
	c->looks++;
	if (n->object != NULL)
		look_at(c, n->object, counts_presence);
	if (m == NULL)
		return;
	if (m->ref != NULL)
		look_into(c, m->ref, counts_presence, depth + 1);
	for (i = 0; i < m->all.n; i++)
		look_into(c, m->all.at[i], counts_presence, depth + 1);
	for (i = 0; i < m->any.n; i++)
		look_into(c, m->any.at[i], counts_presence, depth + 1);
	for (i = 0; i < m->one.n; i++)
		look_into(c, m->one.at[i], counts_presence, depth + 1);
	if (m->not != NULL)
		look_into(c, m->not, counts_presence, depth + 1);
	if (m->cond != NULL)
		look_into(c, m->cond, counts_presence, depth + 1);
}

static void
look_at_all(struct choice *c, const struct dp_open *open, size_t n)
{
	size_t i, k;

	c->looks = 0;
	for (i = 0; i < n; i++) {
		if (open[i].kind == DP_TRY_WHEN && c->key == NULL)
			vote(c, &open[i].depend->key, 1);
		if (open[i].kind == DP_TRY_WHEN)
			continue;
		/* Of an if, what decides is in the condition. */
		for (k = 0; k < open[i].nodes.n &&
		     (k == 0 || open[i].kind != DP_TRY_IF);
		     k++)
			look_into(c, open[i].nodes.at[k],
			    open[i].kind == DP_TRY_IF ||
				open[i].kind == DP_TRY_NOT,
			    0);
	}
}

/* How much there is to decide. */
static size_t
measure(const struct dp_gather *g)
{
	size_t n, i, sum = 0;
	const struct dp_open *open = dp_gather_open(g, &n);

	for (i = 0; i < n; i++)
		sum += 1 + open[i].nodes.n;
	return g->dead ? 0 : sum;
}

static size_t
measure_case(struct choice *c, const struct dp_plan *plan,
    const struct dp_known *known)
{
	struct dp_gather g;
	size_t n;

	dp_gather_init(&g, c->p, DP_JSON_OBJECT, known);
	dp_gather_all(&g, &plan->nodes);
	n = measure(&g);
	dp_gather_fini(&g);
	return n;
}

static struct dp_known *
new_known(struct choice *c, const struct dp_split *s, enum dp_known_kind kind)
{
	struct dp_known *k = dp_planner_take(c->p, 1, sizeof *k);

	if (k == NULL)
		return NULL;
	k->outer = c->at->known;
	k->key = s->key;
	k->kind = kind;
	k->table = &s->table;
	k->depth = k->outer == NULL ? 1 : k->outer->depth + 1;
	return k;
}

/* The strings without repetitions, and their table. */
static int
make_table(struct choice *c, struct dp_split *s)
{
	const size_t n = c->strings.len / sizeof(struct dp_key);
	const struct dp_key *from = (const void *)c->strings.data;
	struct dp_key *keys = dp_planner_take(c->p, n + 1, sizeof *keys);
	size_t i, k;

	if (keys == NULL)
		return -1;
	for (i = 0; i < n && s->n < DP_PLAN_STRINGS; i++) {
		for (k = 0; k < s->n; k++)
			if (keys[k].len == from[i].len &&
			    memcmp(keys[k].text, from[i].text, from[i].len) ==
				0)
				break;
		if (k == s->n)
			keys[s->n++] = from[i];
	}
	return dp_keytable_make(&s->table, keys, s->n, &c->p->program->arena) ==
		-1
	    ? dp_err_nomem(c->p->err)
	    : 0;
}

/* The cases; 0 when they are no better than what they are cases of. */
static int
make_cases(struct choice *c, struct dp_plan *plan, struct dp_split *s,
    size_t before)
{
	const struct dp_known **known =
	    dp_planner_take(c->p, s->n + 2, sizeof *known);
	const struct dp_plan **cases =
	    dp_planner_take(c->p, s->n + 1, sizeof *cases);
	size_t i, after = 0;

	if (known == NULL || cases == NULL)
		return -1;
	for (i = 0; i < s->n + 2; i++) {
		struct dp_known *k = new_known(c, s,
		    i < s->n        ? DP_KNOWN_TEXT
			: i == s->n ? DP_KNOWN_OTHER
				    : DP_KNOWN_ABSENT);

		if (k == NULL)
			return -1;
		if (i < s->n)
			k->text = s->table.keys[i];
		known[i] = k;
		after += measure_case(c, plan, k);
	}
	if (c->p->failed)
		return -1;
	if (after >= before * (s->n + 2))
		return 0;
	for (i = 0; i < s->n; i++)
		if ((cases[i] = dp_plan_case(c->p, plan, known[i])) == NULL)
			return -1;
	s->cases = cases;
	s->other = dp_plan_case(c->p, plan, known[s->n]);
	s->absent = dp_plan_case(c->p, plan, known[s->n + 1]);
	return s->other == NULL || s->absent == NULL ? -1 : 1;
}

static const struct candidate *
best_of(const struct choice *c)
{
	const struct candidate *best = NULL;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (best == NULL || c->keys[i].score > best->score)
			best = &c->keys[i];
	return best;
}

static int
split_by(struct choice *c, struct dp_plan *plan, const struct dp_gather *g)
{
	struct dp_split *s;
	const struct candidate *best;
	size_t n;
	const struct dp_open *open = dp_gather_open(g, &n);
	int rc;

	look_at_all(c, open, n);
	best = best_of(c);
	if (best == NULL)
		return 0;
	c->key = &best->key;
	look_at_all(c, open, n);
	s = dp_planner_take(c->p, 1, sizeof *s);
	if (s == NULL || c->p->failed)
		return -1;
	s->key = best->key;
	if (make_table(c, s) == -1)
		return -1;
	rc = make_cases(c, plan, s, measure(g));
	if (rc != 1)
		return rc;
	plan->split = s;
	plan->odd |= DP_JSON_OBJECT;
	plan->look |= DP_JSON_OBJECT;
	return 1;
}

int
dp_plan_split(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g)
{
	struct choice c = { .p = p, .at = &g->at };
	const unsigned depth = plan->known == NULL ? 0 : plan->known->depth;
	int rc;

	/* Which of two members of one name decides cannot be said. */
	if (p->dup_passes || depth == DP_PLAN_NESTED)
		return 0;
	dp_buf_init(&c.strings, 0);
	rc = split_by(&c, plan, g);
	dp_buf_fini(&c.strings);
	return rc;
}
