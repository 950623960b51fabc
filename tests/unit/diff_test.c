/*
 * What is said to be compatible is: for random pairs of schemas and random
 * values, a change that is not told never shows.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "schema/catalog_state.h"
#include "schema/diff.h"
#include "schema/source.h"
#include "tap.h"

#define PAIRS 4000
#define VALUES 60

/* xorshift, Marsaglia 2003 */
static uint64_t
next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static unsigned
below(uint64_t *seed, unsigned n)
{
	return (unsigned)(next(seed) % n);
}

static const char *const values[] = { "null", "true", "false", "0", "1", "2",
	"3", "-1", "1.5", "\"\"", "\"a\"", "\"ab\"", "\"abc\"", "[]", "[1]",
	"[1,2]", "[\"a\"]", "{}" };

static const char *
any_of(uint64_t *seed)
{
	return values[below(seed, sizeof values / sizeof values[0])];
}

static void
random_value(struct dp_buf *b, uint64_t *seed, unsigned depth)
{
	unsigned i, n = below(seed, 4);

	if (depth > 2 || below(seed, 3) == 0) {
		(void)dp_buf_adds(b, any_of(seed));
	} else if (below(seed, 3) == 0) {
		(void)dp_buf_adds(b, "[");
		for (i = 0; i < n; i++) {
			(void)dp_buf_adds(b, i == 0 ? "" : ",");
			random_value(b, seed, depth + 1);
		}
		(void)dp_buf_adds(b, "]");
	} else {
		(void)dp_buf_adds(b, "{");
		for (i = 0; i < n; i++) {
			(void)dp_buf_addf(b, "%s\"%c\":", i == 0 ? "" : ",",
			    'a' + (int)i);
			random_value(b, seed, depth + 1);
		}
		(void)dp_buf_adds(b, "}");
	}
}

static void random_schema(struct dp_buf *b, uint64_t *seed, unsigned depth);

static void
nested(struct dp_buf *b, uint64_t *seed, unsigned depth)
{
	static const char *const words[] = { "items", "contains", "not",
		"additionalProperties", "propertyNames" };
	static const char *const lists[] = { "allOf", "anyOf", "oneOf",
		"prefixItems" };
	unsigned i, n = 1 + below(seed, 2);

	if (below(seed, 3) == 0) {
		(void)dp_buf_addf(b, "\"%s\":", words[below(seed, 5)]);
		random_schema(b, seed, depth + 1);
		return;
	}
	if (below(seed, 2) == 0) {
		(void)dp_buf_addf(b, "\"%s\":[", lists[below(seed, 4)]);
		for (i = 0; i < n; i++) {
			(void)dp_buf_adds(b, i == 0 ? "" : ",");
			random_schema(b, seed, depth + 1);
		}
		(void)dp_buf_adds(b, "]");
		return;
	}
	(void)dp_buf_addf(b, "\"%sroperties\":{",
	    below(seed, 4) == 0 ? "patternP" : "p");
	for (i = 0; i < n; i++) {
		(void)dp_buf_addf(b, "%s\"%c\":", i == 0 ? "" : ",",
		    'a' + (int)(2 * i + below(seed, 2)));
		random_schema(b, seed, depth + 1);
	}
	(void)dp_buf_adds(b, "}");
}

static void
keyword(struct dp_buf *b, uint64_t *seed, unsigned depth)
{
	static const char *const types[] = { "\"integer\"", "\"number\"",
		"\"string\"", "\"object\"", "\"array\"",
		"[\"integer\",\"null\"]", "[\"string\",\"boolean\"]" };
	static const char *const bounds[] = { "minimum", "maximum",
		"exclusiveMinimum", "exclusiveMaximum", "minLength",
		"maxLength", "minItems", "maxItems", "minProperties",
		"maxProperties" };
	static const char *const rest[] = { "\"uniqueItems\":true",
		"\"uniqueItems\":false", "\"multipleOf\":2", "\"multipleOf\":1",
		"\"pattern\":\"^a\"", "\"required\":[\"a\"]",
		"\"required\":[\"a\",\"b\"]", "\"required\":[]",
		"\"$ref\":\"#/$defs/x\"",
		"\"dependentRequired\":{\"a\":[\"b\"]}" };

	switch (below(seed, depth < 3 ? 8 : 5)) {
	case 0:
	case 1:
		(void)dp_buf_addf(b, "\"type\":%s", types[below(seed, 7)]);
		break;
	case 2:
		(void)dp_buf_addf(b, "\"%s\":%u", bounds[below(seed, 10)],
		    below(seed, 4));
		break;
	case 3:
		(void)dp_buf_adds(b, rest[below(seed, 10)]);
		break;
	case 4:
		if (below(seed, 2) == 0)
			(void)dp_buf_addf(b, "\"enum\":[%s,%s]", any_of(seed),
			    any_of(seed));
		else
			(void)dp_buf_addf(b, "\"const\":%s", any_of(seed));
		break;
	default:
		nested(b, seed, depth);
		break;
	}
}

static void
random_schema(struct dp_buf *b, uint64_t *seed, unsigned depth)
{
	unsigned i, n = 1 + below(seed, depth == 0 ? 4 : 2);

	if (depth > 0 && below(seed, 8) == 0) {
		(void)dp_buf_adds(b, below(seed, 2) == 0 ? "true" : "false");
		return;
	}
	(void)dp_buf_adds(b, "{");
	for (i = 0; i < n; i++) {
		(void)dp_buf_adds(b, i == 0 ? "" : ",");
		keyword(b, seed, depth);
	}
	(void)dp_buf_adds(b, "}");
}

/* A document: the schema, and one that references may mean. */
static void
document(struct dp_buf *b, uint64_t seed)
{
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "{\"$defs\":{\"x\":");
	random_schema(b, &seed, 2);
	(void)dp_buf_adds(b, "},\"allOf\":[");
	random_schema(b, &seed, 0);
	(void)dp_buf_adds(b, "]}");
}

static void
note(void *arg, const struct dp_change *c)
{
	*(unsigned *)arg |= c->direction;
}

/* The directions that are told, or -1 when one is no schema. */
static int
told(const struct dp_buf *x, const struct dp_buf *y)
{
	struct dp_err err = { 0 };
	unsigned all = 0;
	const struct dp_diff_opts o = { true, note, &all };
	struct dp_source *a = dp_source_text("a.json", x->data, x->len, &err);
	struct dp_source *b = dp_source_text("b.json", y->data, y->len, &err);
	int rc = a == NULL || b == NULL ? -1 : dp_diff(a, b, &o, &err);

	dp_source_free(a);
	dp_source_free(b);
	return rc == -1 ? -1 : (int)all;
}

struct side {
	struct dp_catalog *catalog;
	struct dp_check *check;
};

static bool
open_side(struct side *s, const struct dp_buf *text)
{
	const struct dp_catalog_opts o = { .any_value = true };
	struct dp_err err = { 0 };

	s->check = NULL;
	s->catalog = dp_catalog_text(text->data, text->len, &o, &err);
	if (s->catalog != NULL)
		s->check = dp_check_new(s->catalog, &err);
	return s->check != NULL;
}

static void
close_side(struct side *s)
{
	dp_check_free(s->check);
	dp_catalog_free(s->catalog);
}

/* True when no value shows a direction that was not told. */
static bool
holds(struct side *x, struct side *y, unsigned directions, uint64_t *seed)
{
	struct dp_buf line;
	bool good = true;
	unsigned i;

	dp_buf_init(&line, 0);
	for (i = 0; i < VALUES && good; i++) {
		const struct dp_schema *type;
		unsigned shown = 0;
		size_t len;
		bool before, after;

		dp_buf_clear(&line);
		random_value(&line, seed, i < 20 ? 3 : 0);
		len = line.len;
		(void)dp_buf_addc(&line, '\n');
		(void)dp_buf_reserve(&line, DP_SCAN_PAD);
		before = dp_check_line(x->check, line.data, len, &type) == 0;
		after = dp_check_line(y->check, line.data, len, &type) == 0;
		if (before && !after)
			shown = DP_DIFF_NARROWS;
		if (!before && after)
			shown = DP_DIFF_WIDENS;
		good = (shown & ~directions) == 0;
		if (!good)
			printf("# %.*s: valid before %d, after %d\n", (int)len,
			    line.data, before, after);
	}
	dp_buf_fini(&line);
	return good;
}

int
main(void)
{
	uint64_t seed = 88172645463325252u;
	struct dp_buf a, b;
	unsigned i, ran = 0, bad = 0, silent = 0;

	dp_buf_init(&a, 0);
	dp_buf_init(&b, 0);
	for (i = 0; i < PAIRS; i++) {
		const uint64_t from = next(&seed);
		struct side x = { 0 }, y = { 0 };
		int directions;

		/* Not at random both: then all is always told. */
		document(&a, from);
		document(&b, from);
		if (b.len > 30) {
			static const char digits[] = "0123";
			size_t k;

			for (k = 30; k < b.len; k++)
				if (b.data[k] >= '0' && b.data[k] <= '3' &&
				    b.data[k - 1] == ':' &&
				    below(&seed, 2) == 0)
					b.data[k] = digits[below(&seed, 4)];
		}
		if (below(&seed, 3) == 0)
			document(&b, next(&seed));
		directions = told(&a, &b);
		if (directions >= 0 && open_side(&x, &a) && open_side(&y, &b)) {
			ran++;
			silent += directions != 3;
			if (!holds(&x, &y, (unsigned)directions, &seed)) {
				bad++;
				printf("# %.*s\n# %.*s\n", (int)a.len, a.data,
				    (int)b.len, b.data);
			}
		}
		close_side(&x);
		close_side(&y);
	}
	OK(ran > PAIRS / 3 && silent > ran / 10,
	    "%u pairs, %u of them compatible in a way", ran, silent);
	OK(bad == 0, "no value shows a change that was not told");
	dp_buf_fini(&a);
	dp_buf_fini(&b);
	return tap_done();
}
