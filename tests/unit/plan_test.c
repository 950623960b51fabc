/*
 * Plans against the tape: random schemas of all keywords, random records.
 * ROUNDS=N schemas, SEED=N the first of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/scan_variant.h"
#include "schema/catalog_state.h"
#include "tap.h"

#define RECORDS 24 /* for each schema */

static uint64_t state;

static unsigned
any(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static const char *const keys[] = { "a", "b", "c", "kind", "type", "x-1",
	"long_key_of_many_bytes_and_then_some_more", "\\u0061", "k\\u00e9y" };
static const char *const texts[] = { "\"a\"", "\"b\"", "\"c\"", "\"on\"",
	"\"off\"", "\"\"", "\"\\u0061\"", "\"2026-01-01\"", "\"abcdef\"" };
static const char *const scalars[] = { "null", "true", "false", "0", "1", "2",
	"1.0", "1.5", "-3", "7e0" };
static const char *const types[] = { "\"null\"", "\"boolean\"", "\"integer\"",
	"\"number\"", "\"string\"", "\"array\"", "\"object\"" };
static const char *const patterns[] = { "^a", "b$", "^x-", "[a-c]", ".", "^k" };

#define PICK(table) (table[any(sizeof(table) / sizeof(table)[0])])

static void value(struct dp_buf *b, unsigned depth);
static void schema(struct dp_buf *b, unsigned depth);

static void
add(struct dp_buf *b, const char *text)
{
	(void)dp_buf_adds(b, text);
}

/* Members of an object of schemas or values, without repetitions. */
static void
members(struct dp_buf *b, unsigned most, unsigned depth,
    void (*of)(struct dp_buf *, unsigned), unsigned nkeys)
{
	unsigned seen = 0, n = any(most + 1), i;
	bool first = true;

	add(b, "{");
	for (i = 0; i < n; i++) {
		const unsigned k = any(nkeys);

		/* "a" and "\u0061" are one. */
		if ((seen & 1u << k) != 0 || (k == 7 && (seen & 1) != 0) ||
		    (k == 0 && (seen & 1u << 7) != 0))
			continue;
		seen |= 1u << k;
		add(b, first ? "\"" : ",\"");
		first = false;
		add(b, keys[k]);
		add(b, "\":");
		of(b, depth);
	}
	add(b, "}");
}

static void
list(struct dp_buf *b, unsigned least, unsigned most, unsigned depth,
    void (*of)(struct dp_buf *, unsigned))
{
	unsigned n = least + any(most - least + 1), i;

	add(b, "[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			add(b, any(4) == 0 ? " , " : ",");
		of(b, depth);
	}
	add(b, "]");
}

static void
value(struct dp_buf *b, unsigned depth)
{
	const unsigned r = any(10);

	if (depth == 0 || r < 3)
		add(b, any(2) == 0 ? PICK(texts) : PICK(scalars));
	else if (r < 8)
		members(b, 5, depth - 1, value, 9);
	else
		list(b, 0, 4, depth - 1, value);
}

static void
key_list(struct dp_buf *b, unsigned most)
{
	unsigned n = 1 + any(most), i;

	add(b, "[");
	for (i = 0; i < n; i++) {
		add(b, i > 0 ? ",\"" : "\"");
		add(b, keys[any(6)]);
		add(b, "\"");
	}
	add(b, "]");
}

static void
number_member(struct dp_buf *b, const char *name, unsigned below)
{
	(void)dp_buf_addf(b, "\"%s\":%u", name, any(below));
}

static void
say_type(struct dp_buf *b, unsigned depth)
{
	(void)depth;
	add(b, "\"type\":");
	if (any(3) == 0) {
		add(b, "[");
		add(b, PICK(types));
		add(b, ",");
		add(b, PICK(types));
		add(b, "]");
	} else {
		add(b, any(2) == 0 ? "\"object\"" : PICK(types));
	}
}

static void
say_const(struct dp_buf *b, unsigned depth)
{
	if (any(2) == 0) {
		add(b, "\"const\":");
		if (any(8) == 0)
			value(b, depth > 0 ? 1 : 0);
		else
			add(b, any(3) > 0 ? PICK(texts) : PICK(scalars));
		return;
	}
	add(b, "\"enum\":");
	list(b, 1, 4, 0, value);
}

static void
pattern_schema(struct dp_buf *b, unsigned depth)
{
	unsigned i, n = 1 + any(2), from = any(6);

	add(b, "\"patternProperties\":{");
	for (i = 0; i < n; i++) {
		add(b, i > 0 ? ",\"" : "\"");
		add(b, patterns[(from + i) % 6]);
		add(b, "\":");
		schema(b, depth);
	}
	add(b, "}");
}

static void
one(struct dp_buf *b, const char *name, unsigned depth)
{
	(void)dp_buf_addf(b, "\"%s\":", name);
	schema(b, depth);
}

static void
some(struct dp_buf *b, const char *name, unsigned depth)
{
	(void)dp_buf_addf(b, "\"%s\":", name);
	list(b, 1, 4, depth, schema);
}

/* A branch with a member that tells it, as people write them. */
static void
told(struct dp_buf *b, unsigned depth)
{
	static const char *const words[] = { "\"on\"", "\"off\"", "\"a\"" };
	const char *key = any(4) > 0 ? "kind" : "type";

	(void)dp_buf_addf(b, "{\"properties\":{\"%s\":{", key);
	if (any(3) > 0) {
		add(b, "\"const\":");
		add(b, PICK(words));
	} else {
		add(b, "\"enum\":[");
		add(b, PICK(words));
		add(b, ",");
		add(b, PICK(words));
		add(b, "]");
	}
	add(b, "}");
	if (any(2) == 0) {
		add(b, ",\"b\":");
		schema(b, depth);
	}
	add(b, "}");
	if (any(3) > 0)
		(void)dp_buf_addf(b, ",\"required\":[\"%s\"]", key);
	if (any(4) == 0)
		add(b, ",\"additionalProperties\":false");
	add(b, "}");
}

static void
told_list(struct dp_buf *b, const char *name, unsigned depth)
{
	(void)dp_buf_addf(b, "\"%s\":", name);
	list(b, 2, 4, depth, told);
}

static void
needs(struct dp_buf *b, unsigned depth)
{
	(void)depth;
	add(b, "{\"required\":");
	key_list(b, 2);
	add(b, "}");
}

/* Longer than 60 lines, because it is a list, a keyword a case. */
static void
keyword(struct dp_buf *b, unsigned which, unsigned depth)
{
	switch (which) {
	case 0:
		say_type(b, depth);
		break;
	case 1:
		say_const(b, depth);
		break;
	case 2:
		add(b, "\"properties\":");
		members(b, 4, depth, schema, 8);
		break;
	case 3:
		add(b, "\"required\":");
		key_list(b, 3);
		break;
	case 4:
		one(b, "additionalProperties", depth);
		break;
	case 5:
		pattern_schema(b, depth);
		break;
	case 6:
		one(b, "propertyNames", depth);
		break;
	case 7:
		number_member(b, "minProperties", 3);
		break;
	case 8:
		number_member(b, "maxProperties", 5);
		break;
	case 9:
		one(b, "items", depth);
		break;
	case 10:
		some(b, "prefixItems", depth);
		break;
	case 11:
		one(b, "contains", depth);
		break;
	case 12:
		number_member(b, "minContains", 3);
		break;
	case 13:
		number_member(b, "maxContains", 3);
		break;
	case 14:
		add(b, "\"uniqueItems\":true");
		break;
	case 15:
		some(b, "allOf", depth);
		break;
	case 16:
		some(b, "anyOf", depth);
		break;
	case 17:
		some(b, "oneOf", depth);
		break;
	case 18:
		one(b, "not", depth);
		break;
	case 19:
		one(b, "if", depth);
		add(b, ",");
		one(b, "then", depth);
		if (any(2) == 0) {
			add(b, ",");
			one(b, "else", depth);
		}
		break;
	case 20:
		add(b, "\"dependentRequired\":{\"a\":");
		key_list(b, 2);
		add(b, "}");
		break;
	case 21:
		add(b, "\"dependentSchemas\":");
		members(b, 2, depth, schema, 6);
		break;
	case 22:
		number_member(b, "minimum", 3);
		break;
	case 23:
		number_member(b, "minLength", 3);
		break;
	case 24:
		(void)dp_buf_addf(b, "\"pattern\":\"%s\"", PICK(patterns));
		break;
	case 25:
		(void)dp_buf_addf(b, "\"$ref\":\"#/$defs/%u\"", any(3));
		break;
	case 26:
		told_list(b, "oneOf", depth);
		break;
	case 27:
		told_list(b, "anyOf", depth);
		break;
	case 28:
		add(b, "\"if\":");
		told(b, depth);
		add(b, ",");
		one(b, "then", depth);
		add(b, ",");
		one(b, "else", depth);
		break;
	case 29:
		add(b, any(2) == 0 ? "\"anyOf\":" : "\"oneOf\":");
		list(b, 2, 3, depth, needs);
		break;
	case 30:
		add(b, "\"not\":");
		needs(b, depth);
		break;
	case 31:
		one(b, "unevaluatedProperties", depth);
		break;
	case 32:
		one(b, "unevaluatedItems", depth);
		break;
	default:
		add(b, "\"format\":\"date\"");
		break;
	}
}

/* Which keywords exclude each other, being the same word. */
static unsigned
word_of(unsigned which)
{
	return which == 26 ? 17
	    : which == 27  ? 16
	    : which == 28  ? 19
	    : which == 30  ? 18
	    : which == 29  ? 35
			   : which;
}

static void
schema(struct dp_buf *b, unsigned depth)
{
	uint64_t seen = 0;
	unsigned n, i;
	bool first = true;

	if (depth == 0 || any(12) == 0) {
		add(b, any(6) == 0 ? "false" : any(3) == 0 ? "true" : "{");
		if (b->data[b->len - 1] != '{')
			return;
		keyword(b, any(2) == 0 ? 0 : 1, 0);
		add(b, "}");
		return;
	}
	n = 1 + any(4);
	add(b, "{");
	for (i = 0; i < n; i++) {
		const unsigned which = any(34);
		uint64_t bit = UINT64_C(1) << word_of(which);

		if (which == 29)
			bit = UINT64_C(3) << 16;
		if ((seen & bit) != 0)
			continue;
		seen |= bit;
		if (!first)
			add(b, ",");
		first = false;
		keyword(b, which, depth - 1);
	}
	add(b, "}");
}

/* The schema of a document, with what is referred to. */
static void
document(struct dp_buf *b)
{
	unsigned i;

	add(b, "{\"$defs\":{");
	for (i = 0; i < 3; i++) {
		(void)dp_buf_addf(b, "%s\"%u\":", i > 0 ? "," : "", i);
		schema(b, 2);
	}
	add(b, "},\"allOf\":[");
	schema(b, 4);
	add(b, "]}");
}

static dp_check_lines_fn *const widths[] = {
	dp_check_lines_plain,
	dp_check_lines_words,
#ifdef DP_HAVE_AVX2
	dp_check_lines_avx2,
#endif
};

/* The record by its plan, in each width, and by the tape. */
static bool
agrees(struct dp_check *k, const char *record, size_t len, bool *good)
{
	const bool wanted = dp_check_by_tape(k, record) != NULL;
	const struct dp_schema *type;
	bool same = true;
	size_t i;

	for (i = 0; i < sizeof widths / sizeof widths[0]; i++) {
#ifdef DP_HAVE_AVX2
		if (widths[i] == dp_check_lines_avx2 && !dp_scan_has_avx2())
			continue;
#endif
		dp_check_width(k, widths[i]);
		same = same &&
		    (dp_check_line(k, record, len, &type) == 0) == wanted;
	}
	*good = wanted;
	return same;
}

/* Now and then a record is broken, or has a key twice. */
static void
spoil(struct dp_buf *b)
{
	if (any(30) == 0 && b->len > 1)
		b->data[any((unsigned)b->len)] = "{}[],:\"0"[any(8)];
	else if (any(40) == 0 && b->len > 2)
		b->len -= 1 + any((unsigned)b->len - 1);
}

static bool
one_schema(uint64_t seed, uint64_t *good, uint64_t *bad)
{
	struct dp_catalog_opts opts = { .any_value = true };
	struct dp_buf text, record;
	struct dp_catalog *c;
	struct dp_check *k;
	struct dp_err err = { 0 };
	bool same = true, is_good;
	unsigned i;

	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	opts.scan.dup_passes = any(8) == 0;
	dp_buf_init(&text, 0);
	dp_buf_init(&record, 0);
	document(&text);
	c = dp_catalog_text(text.data, text.len, &opts, &err);
	k = c == NULL ? NULL : dp_check_new(c, &err);
	/* A reference to itself, or a pattern that is none. */
	if (k == NULL && err.status != DP_CONFIG)
		same = false;
	for (i = 0; i < RECORDS && k != NULL && same; i++) {
		dp_buf_clear(&record);
		value(&record, 3);
		spoil(&record);
		(void)dp_buf_addc(&record, '\n');
		(void)dp_buf_reserve(&record, DP_SCAN_PAD);
		memset(record.data + record.len, 0, DP_SCAN_PAD);
		same = agrees(k, record.data, record.len - 1, &is_good);
		++*(is_good ? good : bad);
	}
	if (!same)
		printf("# SEED=%llu ROUNDS=1\n# %.*s\n# %.*s",
		    (unsigned long long)seed, (int)text.len, text.data,
		    (int)record.len, record.data);
	dp_check_free(k);
	dp_catalog_free(c);
	dp_buf_fini(&text);
	dp_buf_fini(&record);
	return same;
}

int
main(void)
{
	const char *rounds = getenv("ROUNDS"), *first = getenv("SEED");
	const uint64_t n = rounds == NULL ? 4000 : strtoull(rounds, NULL, 10);
	const uint64_t seed = first == NULL ? 1 : strtoull(first, NULL, 10);
	uint64_t good = 0, bad = 0, i, differ = 0;

	for (i = 0; i < n && differ < 5; i++)
		differ += !one_schema(seed + i, &good, &bad);
	OK(differ == 0,
	    "plans and tape agree on %llu good and %llu bad records",
	    (unsigned long long)good, (unsigned long long)bad);
	return tap_done();
}
