/*
 * pairs [PAIRS [SEED]]: random schemas and values, each judged by lib/schema
 * in every way that it has, and by the reference.  A difference is made
 * small, printed, and ends the run with 1.
 *
 * pairs --one FILE: the schema of the first line, and a value on each other.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "generate.h"
#include "json/scan_variant.h"
#include "pairs.h"
#include "schema/catalog_state.h"
#include "suite.h"

#define VALUES 20      /* for one schema */
#define TYPES_EVERY 50 /* rounds, one is of several types */
#define ROOM (1u << 16)
#define TOLD (3 * ROOM)

static dp_check_lines_fn *const widths[] = {
	dp_check_lines_plain,
	dp_check_lines_words,
#ifdef DP_HAVE_AVX2
	dp_check_lines_avx2,
#endif
};

#define NWIDTHS (sizeof widths / sizeof widths[0])

/* The padded line in its block. */
static char *
lay(char *block, const char *text, size_t len)
{
	memcpy(block, text, len);
	block[len] = '\n';
	memset(block + len + 1, '"', DP_SCAN_PAD);
	return block;
}

static bool
has_width(size_t i)
{
#ifdef DP_HAVE_AVX2
	return widths[i] != dp_check_lines_avx2 || dp_scan_has_avx2();
#else
	return i < NWIDTHS;
#endif
}

/* What a fault says, as one text. */
static const char *
tell(char *text, const struct dp_fault *f)
{
	(void)snprintf(text, TOLD, "%s %zu %s %s %s", f->code, f->column,
	    f->pointer, f->schema == NULL ? "" : f->schema, f->detail);
	return text;
}

/* With all faults the first one stands for the record, and is among them. */
static bool
tells_all(struct dp_check *k, const char *block, size_t len,
    const struct dp_fault *first)
{
	static char told[TOLD], other[TOLD];
	struct dp_fault fault;
	struct dp_err err;
	size_t i;
	bool good;

	(void)tell(told, first);
	k->tell_all = true;
	good = dp_check_explain(k, block, len, &fault, &err) == 0 &&
	    strcmp(told, tell(other, &fault)) == 0;
	k->tell_all = false;
	if (!good || fault.all == NULL)
		return good && fault.nall == 0 && !fault.cut;
	for (i = 0; i < fault.nall; i++)
		if (strcmp(told, tell(other, &fault.all[i])) == 0)
			return true;
	return fault.cut;
}

/* Every way of the product: a word for its verdict. */
static const char *
product_says(struct dp_check *k, const char *text, size_t len)
{
	static char block[ROOM + 1 + DP_SCAN_PAD], code[64];
	const struct dp_schema *type;
	struct dp_fault fault;
	struct dp_err err;
	size_t i, good = 0, n = 0;

	(void)lay(block, text, len);
	for (i = 0; i < NWIDTHS; i++)
		if (has_width(i)) {
			dp_check_width(k, widths[i]);
			good += dp_check_line(k, block, len, &type) == 0;
			n++;
		}
	if (good != 0 && good != n)
		return "unlike in its widths";
	if (dp_check_explain(k, block, len, &fault, &err) == -1)
		return "out of memory";
	(void)snprintf(code, sizeof code, "%s", fault.code);
	if (!tells_all(k, block, len, &fault))
		return "unlike when all faults are told";
	if (strcmp(code, "too-complex") == 0 && good == 0)
		return "too-complex";
	/* One pass may have no need of the branch where the tape gets stuck. */
	if (good == n && strcmp(code, "pattern-limit") == 0)
		return "valid";
	if ((good == n) != (strcmp(code, "internal") == 0))
		return good == n ? "valid, but explained"
				 : "not valid, but not explained";
	return good == n ? "valid" : code;
}

/* The schema of a record's type, or NULL. */
static struct ref_schema *
schema_of(struct pair *p, const struct ref_value *v)
{
	const struct ref_value *name;
	size_t i;

	if (p->type_key == NULL)
		return &p->schema;
	name = ref_member(v, p->type_key);
	for (i = 0; name != NULL && i < PAIR_TYPES; i++)
		if (ref_text_is(name, pair_type_names[i]))
			return &p->types[i];
	return NULL;
}

static const char *
reference_says(struct pair *p, const struct ref_value *v)
{
	struct ref_schema *s;

	if (v == NULL || (!p->any_value && v->kind != REF_OBJECT))
		return "invalid";
	s = schema_of(p, v);
	if (s == NULL)
		return "invalid";
	switch (ref_judge(s, v)) {
	case REF_VALID:
		return "valid";
	case REF_INVALID:
		return "invalid";
	case REF_LONG:
		return "long";
	case REF_ENDLESS:
		return "endless";
	case REF_LOST:
	default:
		return "lost";
	}
}

bool
pair_open(struct pair *p, const char *schema, size_t len)
{
	const struct ref_rules rules = { .max_depth = 512 };
	struct dp_catalog_opts opts = { .any_value = p->any_value };
	struct dp_err err = { 0 };
	bool endless;

	opts.scan.max_depth = p->max_depth;
	opts.scan.nul_passes = p->nul_passes;
	p->catalog = NULL;
	p->check = NULL;
	ref_reset(0);
	p->schema.root = ref_read(schema, len, &rules);
	if (p->schema.root == NULL) {
		p->trouble = "the reference cannot read the schema";
		return false;
	}
	ref_schema_open(&p->schema);
	endless = ref_schema_endless(&p->schema);
	p->catalog = dp_catalog_text(schema, len, &opts, &err);
	if (p->catalog != NULL)
		p->check = dp_check_new(p->catalog, &err);
	p->trouble = NULL;
	if (p->check == NULL && !endless) {
		(void)snprintf(p->text, sizeof p->text, "refused: %.1000s",
		    err.msg);
		p->trouble = p->text;
	} else if (p->check != NULL && endless) {
		p->trouble = "endless, but not refused";
	}
	return p->check != NULL && !endless;
}

void
pair_close(struct pair *p)
{
	dp_check_free(p->check);
	dp_catalog_free(p->catalog);
}

bool
pair_differs(struct pair *p, const char *text, size_t len)
{
	const struct ref_rules rules = { .max_depth = p->max_depth == 0
		    ? 512
		    : p->max_depth,
		.nul_passes = p->nul_passes };
	const size_t mark = ref_mark();

	p->product = product_says(p->check, text, len);
	p->reference = reference_says(p, ref_read(text, len, &rules));
	ref_reset(mark);
	p->valid = strcmp(p->reference, "valid") == 0;
	p->limited = strcmp(p->reference, "long") == 0 ||
	    strcmp(p->reference, "endless") == 0 ||
	    strcmp(p->product, "pattern-limit") == 0 ||
	    (strcmp(p->product, "too-complex") == 0 && p->schema.steps > 20000);
	if (strchr(p->product, ' ') != NULL)
		return true;
	if (p->limited)
		return false;
	return (strcmp(p->product, "valid") == 0) != p->valid;
}

static int
draft_of(struct random *r)
{
	static const int drafts[] = { 2020, 2020, 2020, 2020, 2019, 2019, 7, 7,
		6, 4 };

	return drafts[random_below(r, 10)];
}

/* Cut off anywhere, it is judged alike; else the length where it is not. */
static size_t
unlike_prefix(struct pair *p, const char *text, size_t len)
{
	static char cut[ROOM];
	size_t i;

	for (i = 1; i < len; i++) {
		memcpy(cut, text, i);
		if (strspn(text, " \t\r") < i && pair_differs(p, cut, i)) {
			return i;
		}
	}
	return 0;
}

static void
make_value(struct random *r, struct pair *p)
{
	const unsigned kind = random_below(r, 100);
	const unsigned sins = kind < 45 ? 0 : kind < 85 ? 4 : 30;

	r->n = 0;
	r->spaces = random_chance(r, 10);
	generate_value(r, &p->schema, sins);
	if (r->n + 64 < ROOM && random_chance(r, 12))
		r->n = random_damage(r, r->out, r->n);
	r->out[r->n] = '\0';
}

struct totals {
	uint64_t pairs, schemas, refused, valid, limited;
};

/* All values of a round in one block: the same verdicts, line by line. */
static bool
run_agrees(struct pair *p, const char *text, size_t len, const bool *good)
{
	const char *at = text, *const end = text + len;
	size_t line = 0;

	while (at < end) {
		uint64_t n = 0;

		at = dp_check_run(p->check, at, end, &n);
		for (; n > 0; n--)
			if (!good[line++])
				return false;
		if (at == end)
			break;
		if (good[line++])
			return false;
		at = memchr(at, '\n', (size_t)(end - at));
		at++;
	}
	return true;
}

/* A new value, left in r->out, is judged alike; with cuts, cut off too. */
static bool
one_value(struct random *r, struct pair *p, struct totals *t,
    const char *schema, size_t len, bool cuts, bool *good)
{
	size_t cut;

	make_value(r, p);
	t->pairs++;
	if (r->n == 0 || r->n >= ROOM || strspn(r->out, " \t\r") == r->n) {
		r->n = 1;
		r->out[0] = '}';
	}
	if (pair_differs(p, r->out, r->n)) {
		pair_shrink(p, schema, len, r->out, r->n);
		return false;
	}
	*good = strcmp(p->product, "valid") == 0;
	cut = cuts && random_chance(r, 5) ? unlike_prefix(p, r->out, r->n) : 0;
	if (cut > 0) {
		pair_shrink(p, schema, len, r->out, cut);
		return false;
	}
	t->valid += *good;
	t->limited += p->limited;
	return true;
}

/* True when all is well. */
static bool
one_round(struct random *r, struct totals *t)
{
	static char schema[ROOM], block[VALUES * ROOM + DP_SCAN_PAD];
	struct pair p = { .any_value = random_chance(r, 85),
		.nul_passes = random_chance(r, 20),
		.max_depth = random_chance(r, 4) ? 3 : 0 };
	bool good[VALUES];
	size_t len, used = 0;
	int i;

	r->n = 0;
	r->spaces = random_chance(r, 5);
	p.schema.draft = draft_of(r);
	generate_schema(r, p.schema.draft, true);
	len = r->n;
	if (len >= ROOM)
		return true;
	memcpy(schema, r->out, len + 1);
	t->schemas++;
	if (!pair_open(&p, schema, len)) {
		t->refused++;
		t->pairs++;
		if (p.trouble != NULL)
			pair_shrink(&p, schema, len, NULL, 0);
		pair_close(&p);
		return p.trouble == NULL;
	}
	for (i = 0; i < VALUES; i++) {
		if (!one_value(r, &p, t, schema, len, i == 0, &good[i])) {
			pair_close(&p);
			return false;
		}
		memcpy(block + used, r->out, r->n);
		used += r->n;
		block[used++] = '\n';
	}
	memset(block + used, '"', DP_SCAN_PAD);
	if (!run_agrees(&p, block, used, good)) {
		(void)printf("# a run of lines is judged unlike its lines:\n"
			     "# %s\n%.*s",
		    schema, (int)used, block);
		return false;
	}
	pair_close(&p);
	return true;
}

static int
one_file(const char *path)
{
	static char text[ROOM];
	FILE *f = fopen(path, "r");
	const size_t len = f == NULL ? 0 : fread(text, 1, sizeof text - 1, f);
	struct pair p = { .any_value = true, .schema.draft = 2020 };
	char *line = strchr(text, '\n'), *end;
	bool bad = false;

	if (f == NULL || line == NULL)
		return 2;
	(void)fclose(f);
	p.schema.draft = pair_draft(text);
	if (!pair_open(&p, text, (size_t)(line - text)))
		(void)printf("schema: %s\n",
		    p.trouble == NULL ? "endless, and refused" : p.trouble);
	for (line++; p.check != NULL && line < text + len; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			end = strchr(line, '\0');
		bad |= pair_differs(&p, line, (size_t)(end - line));
		(void)printf("%.*s\n    product: %s; reference: %s\n",
		    (int)(end - line), line, p.product, p.reference);
	}
	bad |= p.trouble != NULL;
	pair_close(&p);
	return bad;
}

/* The reference is one: it passes what it can know of the suite. */
static bool
suite(void)
{
	static const struct {
		const char *name;
		int draft;
	} drafts[] = { { "draft2020-12", 2020 }, { "draft2019-09", 2019 },
		{ "draft7", 7 }, { "draft6", 6 }, { "draft4", 4 } };

	const char *folder = getenv("DP_SUITES");
	struct suite_count n = { 0 };
	size_t i;

	for (i = 0; folder != NULL && i < sizeof drafts / sizeof drafts[0]; i++)
		suite_run(folder, drafts[i].name, drafts[i].draft, &n);
	if (n.good == 0) {
		(void)printf("ok 1 # SKIP no JSON-Schema-Test-Suite\n");
		return true;
	}
	(void)printf("%sok 1 - the reference passes %u tests of the suite; %u "
		     "need other documents\n",
	    n.bad == 0 ? "" : "not ", n.good, n.lost);
	return n.bad == 0;
}

static bool
types_round(struct random *r, struct totals *t)
{
	unsigned long values = 0;
	const bool good = pair_types(r, &values);

	t->schemas += PAIR_TYPES;
	t->pairs += values;
	return good;
}

static bool
campaign(uint64_t pairs, uint64_t seed)
{
	struct random r = { .out = malloc(RANDOM_ROOM) };
	struct totals t = { 0 };
	bool good = r.out != NULL;
	uint64_t round;

	for (round = 0; good && t.pairs < pairs; round++) {
		/* Each round can be made again by its own seed. */
		r.state = (seed << 40) + round;
		if (round % TYPES_EVERY == TYPES_EVERY - 1)
			good = types_round(&r, &t);
		else
			good = one_round(&r, &t);
		if (!good)
			(void)printf("# seed %" PRIu64 ", round %" PRIu64 "\n",
			    seed, round);
	}
	free(r.out);
	(void)printf("%sok 2 - %" PRIu64 " pairs, %" PRIu64 " schemas, %" PRIu64
		     " refused, %" PRIu64 " values valid, %" PRIu64
		     " beyond limits\n",
	    good ? "" : "not ", t.pairs, t.schemas, t.refused, t.valid,
	    t.limited);
	return good;
}

int
main(int argc, char **argv)
{
	const uint64_t pairs = argc > 1 ? strtoull(argv[1], NULL, 10) : 50000;
	const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	bool good;

	if (argc > 2 && strcmp(argv[1], "--one") == 0)
		return one_file(argv[2]);
	(void)printf("1..2\n");
	good = suite();
	return campaign(pairs, seed) && good ? 0 : 1;
}
