/* The plan of an object: the schemas that it must match, made one. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "schema/pattern.h"
#include "schema/plan_state.h"
#include "schema/scalar.h"

#define KEYS_MAX 65536

/* Where the merging stands. */
struct merge {
	struct dp_planner *p;
	const struct dp_node *const *own;
	size_t nown;
	const struct dp_key_rule *rules;
	size_t nrules;
	struct dp_plan_object *o;
	struct dp_key *names;
	size_t n, max;
	uint32_t *table; /* of names: number + 1 */
	size_t mask;
	const struct dp_node **nodes; /* that a member must match */
	size_t nnodes;
	bool alone;      /* one schema, and its table of keys */
	const char *why; /* it cannot be done */
};

void
dp_prop_name(struct dp_prop *p, const char *name, size_t len)
{
	size_t i;

	memset(p, 0, sizeof *p);
	if (len + 2 > DP_PROP_TEXT)
		return;
	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == '"' ||
		    name[i] == '\\')
			return;
	memcpy(p->text, name, len);
	memcpy(p->text + len, "\":", 2);
	p->skip = (uint8_t)(len + 2);
	p->mask =
	    p->skip == DP_PROP_TEXT ? UINT32_MAX : (UINT32_C(1) << p->skip) - 1;
}

/* The place of a key, or where it would be. */
static uint32_t *
place_of(const struct merge *m, const struct dp_key *key)
{
	size_t at = dp_hash64(key->text, key->len, 0) & m->mask;

	for (;; at = (at + 1) & m->mask) {
		const uint32_t i = m->table[at];

		if (i == 0 ||
		    (m->names[i - 1].len == key->len &&
			memcmp(m->names[i - 1].text, key->text, key->len) == 0))
			return &m->table[at];
	}
}

static void
add_key(struct merge *m, const struct dp_key *key)
{
	uint32_t *place = place_of(m, key);

	if (*place == 0) {
		m->names[m->n++] = *key;
		*place = (uint32_t)m->n;
	}
}

static size_t
rule_keys(const struct dp_key_rule *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++)
		n += r->counts[i];
	return n;
}

/* Keys of rules come first, where they must be among those with a bit. */
static void
add_rule_keys(struct merge *m)
{
	size_t i, k;

	for (i = 0; i < m->nrules; i++)
		for (k = 0; k < rule_keys(&m->rules[i]); k++)
			add_key(m, m->rules[i].keys[k]);
}

static void
add_keys(struct merge *m)
{
	size_t i;
	uint32_t k;

	if (m->max > DP_SEEN_OWN)
		add_rule_keys(m);
	for (i = 0; i < m->nown; i++)
		for (k = 0; k < m->own[i]->object->nkeys; k++)
			add_key(m, &m->own[i]->object->table.keys[k]);
	add_rule_keys(m);
}

static int
collect_keys(struct merge *m)
{
	size_t i, size = 16;

	m->max = 0;
	for (i = 0; i < m->nown; i++)
		m->max += m->own[i]->object->nkeys;
	for (i = 0; i < m->nrules; i++)
		m->max += rule_keys(&m->rules[i]);
	if (m->max > KEYS_MAX || m->max * m->nown > m->p->work) {
		m->why = "too many keys";
		return 0;
	}
	m->p->work -= m->max * m->nown;
	/* One schema alone has them in order, and a table. */
	if (m->nown == 1 && m->nrules == 0) {
		m->names =
		    (struct dp_key *)(uintptr_t)m->own[0]->object->table.keys;
		m->n = m->own[0]->object->nkeys;
		m->alone = true;
		return 0;
	}
	while (size < m->max * 2)
		size *= 2;
	m->mask = size - 1;
	m->table = calloc(size, sizeof *m->table);
	m->names = dp_planner_take(m->p, m->max + 1, sizeof *m->names);
	if (m->table == NULL || m->names == NULL) {
		free(m->table);
		return dp_err_nomem(m->p->err);
	}
	add_keys(m);
	free(m->table);
	return 0;
}

static bool
matches(struct merge *m, const struct dp_pattern *pattern,
    const struct dp_key *key)
{
	const enum dp_pattern_result r =
	    dp_pattern_match(pattern, key->text, key->len);

	if (r == DP_PATTERN_LIMIT)
		m->why = "a pattern that takes too long";
	return r == DP_PATTERN_YES;
}

/* Adds what one schema asks of the member of that name. */
static void
add_nodes(struct merge *m, const struct dp_object *o, const struct dp_key *key)
{
	const int64_t slot = dp_keytable_find(&o->table, key->text, key->len);
	const size_t before = m->nnodes;
	size_t i;

	if (slot >= 0 && slot < (int64_t)o->nlisted)
		m->nodes[m->nnodes++] = o->nodes[slot];
	for (i = 0; i < o->npatterns; i++)
		if (matches(m, o->patterns[i].pattern, key))
			m->nodes[m->nnodes++] = o->patterns[i].node;
	if (m->nnodes == before)
		m->nodes[m->nnodes++] = o->additional;
}

/* Whether the name itself is one that all schemas take. */
static bool
name_holds(struct merge *m, const struct dp_key *key)
{
	const struct dp_scan_value v = { .type = DP_JSON_STRING,
		.text = key->text - 1,
		.len = key->len + 2 };
	size_t i;

	for (i = 0; i < m->nown; i++) {
		const struct dp_node *names = m->own[i]->object->names;

		if (names != NULL &&
		    !dp_scalar_holds(names, &v, &m->p->text, &m->p->steps)) {
			if (m->p->steps == 0)
				m->why = "propertyNames that take too long";
			return false;
		}
	}
	return true;
}

static int
plan_prop(struct merge *m, struct dp_prop *prop, uint32_t slot)
{
	const struct dp_key *key = &m->names[slot];
	size_t i;

	dp_prop_name(prop, key->text, key->len);
	prop->slot = slot;
	prop->bit = slot < DP_SEEN_OWN ? UINT64_C(1) << slot : DP_SEEN_SHARED;
	prop->number = m->p->program->nguesses++;
	if (!name_holds(m, key)) {
		prop->plan = &dp_plan_never;
		return 0;
	}
	m->nnodes = 0;
	for (i = 0; i < m->nown; i++)
		add_nodes(m, m->own[i]->object, key);
	prop->plan = dp_plan_of(m->p, m->nodes, m->nnodes);
	return prop->plan == NULL ? -1 : 0;
}

static int
plan_props(struct merge *m)
{
	struct dp_prop *props = dp_planner_take(m->p, m->n + 1, sizeof *props);
	uint32_t i;

	if (props == NULL)
		return -1;
	m->o->nprops = (uint32_t)m->n;
	m->o->props = props;
	for (i = 0; i < m->n; i++)
		if (plan_prop(m, &props[i], i) == -1)
			return -1;
	m->o->first = m->p->program->nguesses++;
	if (m->alone) {
		m->o->table = m->own[0]->object->table;
		return 0;
	}
	return dp_keytable_make(&m->o->table, m->names, m->n,
		   &m->p->program->arena) == -1
	    ? dp_err_nomem(m->p->err)
	    : 0;
}

/* The patterns of one schema, each with its plan. */
static int
plan_group(struct merge *m, struct dp_key_group *g, const struct dp_object *o)
{
	const struct dp_pattern **patterns =
	    dp_planner_take(m->p, o->npatterns, sizeof *patterns);
	const struct dp_plan **plans =
	    dp_planner_take(m->p, o->npatterns, sizeof *plans);
	size_t i;

	if (patterns == NULL || plans == NULL)
		return -1;
	for (i = 0; i < o->npatterns; i++) {
		patterns[i] = o->patterns[i].pattern;
		plans[i] = dp_plan_of(m->p, &o->patterns[i].node, 1);
		if (plans[i] == NULL)
			return -1;
	}
	g->patterns = patterns;
	g->plans = (struct dp_plans){ plans, o->npatterns };
	g->additional = dp_plan_of(m->p, &o->additional, 1);
	return g->additional == NULL ? -1 : 0;
}

static int
plan_groups(struct merge *m, struct dp_key_checks *k)
{
	struct dp_key_group *groups =
	    dp_planner_take(m->p, m->nown + 1, sizeof *groups);
	const struct dp_node **names =
	    dp_planner_take(m->p, m->nown + 1, sizeof *names);
	size_t i;

	if (groups == NULL || names == NULL)
		return -1;
	for (i = 0; i < m->nown; i++) {
		const struct dp_object *o = m->own[i]->object;

		if (o->npatterns > 0 &&
		    plan_group(m, &groups[k->ngroups++], o) == -1)
			return -1;
		if (o->names != NULL && !dp_plan_is_any(o->names))
			names[k->names.n++] = o->names;
	}
	k->groups = groups;
	k->names.at = names;
	k->names.deep = true;
	return 0;
}

/* What is asked of keys that no schema lists. */
static int
plan_unknown(struct merge *m)
{
	struct dp_key_checks *k = dp_planner_take(m->p, 1, sizeof *k);
	size_t i;

	if (k == NULL || plan_groups(m, k) == -1)
		return -1;
	m->nnodes = 0;
	for (i = 0; i < m->nown; i++)
		if (m->own[i]->object->npatterns == 0)
			m->nodes[m->nnodes++] = m->own[i]->object->additional;
	m->o->additional = dp_plan_of(m->p, m->nodes, m->nnodes);
	if (k->ngroups > 0 || k->names.n > 0)
		m->o->keys = k;
	return m->o->additional == NULL ? -1 : 0;
}

static void
plan_counts(struct merge *m)
{
	size_t i;

	m->o->max = UINT64_MAX;
	for (i = 0; i < m->nown; i++) {
		const struct dp_object *o = m->own[i]->object;

		if (o->min > m->o->min)
			m->o->min = o->min;
		if (o->max < m->o->max)
			m->o->max = o->max;
	}
}

static int64_t
slot_of(const struct merge *m, const struct dp_key *key)
{
	return dp_keytable_find(&m->o->table, key->text, key->len);
}

static int
plan_required(struct merge *m)
{
	struct dp_plan_object *o = m->o;
	uint64_t *more;
	size_t i, k;

	o->words =
	    m->n <= DP_SEEN_OWN ? 0 : (uint32_t)((m->n - DP_SEEN_OWN) / 64 + 1);
	if (o->words > m->p->program->words)
		m->p->program->words = o->words;
	more = dp_planner_take(m->p, o->words + (size_t)1, sizeof *more);
	if (more == NULL)
		return -1;
	o->required_more = more;
	for (i = 0; i < m->nown; i++)
		for (k = 0; k < m->own[i]->object->nneeds; k++) {
			const struct dp_object *own = m->own[i]->object;
			const struct dp_prop *p = &o->props[slot_of(m,
			    &own->table.keys[own->needs[k]])];
			const uint32_t late = p->slot - DP_SEEN_OWN;

			if (p->bit != DP_SEEN_SHARED)
				o->required |= p->bit;
			else
				more[late / 64] |= UINT64_C(1) << late % 64;
		}
	return 0;
}

static int
plan_rule(struct merge *m, struct dp_rule *to, const struct dp_key_rule *from)
{
	uint64_t *masks = dp_planner_take(m->p, from->n + 1, sizeof *masks);
	size_t i, k, at = 0;

	if (masks == NULL)
		return -1;
	for (i = 0; i < from->n; i++)
		for (k = 0; k < from->counts[i]; k++, at++) {
			const int64_t slot = slot_of(m, from->keys[at]);

			masks[i] |= m->o->props[slot].bit;
			if (m->o->props[slot].bit == DP_SEEN_SHARED)
				m->why = "too many keys that others ask for";
		}
	*to = (struct dp_rule){ from->kind, masks, from->n };
	return 0;
}

static int
plan_rules(struct merge *m)
{
	struct dp_rule *rules =
	    dp_planner_take(m->p, m->nrules + 1, sizeof *rules);
	size_t i;

	if (rules == NULL)
		return -1;
	for (i = 0; i < m->nrules; i++)
		if (plan_rule(m, &rules[i], &m->rules[i]) == -1)
			return -1;
	m->o->rules = rules;
	m->o->nrules = m->nrules;
	return 0;
}

static int
merge(struct merge *m)
{
	size_t i, most = 1;

	m->o = dp_planner_take(m->p, 1, sizeof *m->o);
	for (i = 0; i < m->nown; i++)
		most += m->own[i]->object->npatterns + 1;
	m->nodes = malloc(most * sizeof *m->nodes);
	if (m->o == NULL || m->nodes == NULL) {
		free((void *)m->nodes);
		return dp_err_nomem(m->p->err);
	}
	plan_counts(m);
	if (collect_keys(m) == -1 ||
	    (m->why == NULL &&
		(plan_props(m) == -1 || plan_unknown(m) == -1 ||
		    plan_required(m) == -1 || plan_rules(m) == -1))) {
		free((void *)m->nodes);
		return -1;
	}
	free((void *)m->nodes);
	m->o->simple = m->o->words == 0 && m->o->min == 0 &&
	    m->o->max == UINT64_MAX && m->nrules == 0;
	return 0;
}

static int
add_object(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g, const struct dp_key_rule *rules, size_t nrules)
{
	struct merge m = { .p = p, .rules = rules, .nrules = nrules };

	m.own = dp_gather_own(g, &m.nown);
	if (m.nown == 0 && nrules == 0)
		return 0;
	if (merge(&m) == -1)
		return -1;
	if (m.why != NULL) {
		plan->odd &= (uint8_t)~DP_JSON_OBJECT;
		dp_plan_whole(plan, DP_JSON_OBJECT, m.why);
		return 0;
	}
	plan->look |= DP_JSON_OBJECT;
	plan->object = m.o;
	return dp_planner_add(p, &p->program->objects, &m.o, sizeof(void *));
}

/* What keys alone decide becomes rules, the rest stays open. */
static int
take_rules(struct dp_planner *p, const struct dp_gather *g,
    struct dp_key_rule *rules, size_t *nrules, struct dp_open *rest,
    size_t *nrest)
{
	size_t i, n;
	const struct dp_open *open = dp_gather_open(g, &n);

	for (i = 0; i < n && !p->failed; i++)
		if (dp_plan_rule(p, &open[i], &rules[*nrules]))
			++*nrules;
		else
			rest[(*nrest)++] = open[i];
	return p->failed ? -1 : 0;
}

int
dp_plan_object(struct dp_planner *p, struct dp_plan *plan,
    const struct dp_gather *g)
{
	const size_t n = g->open.len / sizeof(struct dp_open) + 1;
	struct dp_key_rule *rules = dp_planner_take(p, n, sizeof *rules);
	struct dp_open *rest = dp_planner_take(p, n, sizeof *rest);
	size_t nrules = 0, nrest = 0;

	if (rules == NULL || rest == NULL ||
	    take_rules(p, g, rules, &nrules, rest, &nrest) == -1)
		return -1;
	if (nrest > 0) {
		const int rc = dp_plan_split(p, plan, g);

		if (rc != 0)
			return rc == 1 ? 0 : -1;
		plan->odd |= DP_JSON_OBJECT;
		plan->look |= DP_JSON_OBJECT;
		if (dp_plan_tries(p, &plan->of_object, rest, nrest) == -1)
			return -1;
	}
	return add_object(p, plan, g, rules, nrules);
}
