/* The rare cases of the streaming check: any width will do. */
#include <string.h>

#include "json/scan_body.h"
#include "json/unescape.h"
#include "schema/catalog_state.h"
#include "schema/scalar.h"

/* The slot of a key, with or without escapes; -1: unknown. */
static int64_t
slot_of(struct dp_check *k, const struct dp_object *o, const char *key,
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
	if (!k->keys_begun) {
		dp_keyset_begin(&k->work.keys, key);
		k->keys_begun = true;
	}
	if (f->number == 0)
		f->number = dp_keyset_object(&k->work.keys);
	return dp_keyset_add(&k->work.keys, f->number, key, len, escaped) == 0;
}

const char *
dp_check_key(struct dp_check *k, struct dp_frame *f, const char *key,
    const struct dp_prop **guess)
{
	const struct dp_object *o = f->object;
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
	slot = slot_of(k, o, key, len, escaped);
	if (slot >= 0) {
		k->found = &o->props[slot];
		if (k->found->skip > 0)
			*guess = k->found;
	} else {
		k->found = NULL;
		if (!first_time(k, f, key, len, escaped))
			return NULL;
	}
	return dp_lex_ws(p + 1);
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

bool
dp_check_rest(const struct dp_frame *f, uint64_t seen)
{
	const struct dp_object *o = f->object;
	uint64_t count =
	    f->count + (uint64_t)__builtin_popcountll(seen & ~DP_SEEN_SHARED);
	uint32_t i;

	for (i = 0; i < o->words; i++) {
		if ((~f->more[i] & o->required_more[i]) != 0)
			return false;
		count += (uint64_t)__builtin_popcountll(f->more[i]);
	}
	return count >= o->min && count <= o->max;
}

const struct dp_node *
dp_check_root(struct dp_check *k, const char *p)
{
	if (k->root != NULL)
		return k->root;
	k->unplanned = false;
	k->schema = *p == '{' ? dp_check_type(k, p) : NULL;
	if (k->schema != NULL)
		return k->schema->root;
	return k->unplanned && k->catalog->opts.unplanned_passes ? &dp_node_any
								 : NULL;
}

/*
 * Many programs write the type last.  What looks like it at the end of the
 * line may be something else: the caller must not take it for more than a
 * guess.
 */
const struct dp_node *
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
	return s->root;
}

bool
dp_check_tape(struct dp_check *k, const struct dp_node *n, const char *text)
{
	if (dp_tape_read(&k->tape, text) == -1)
		return false;
	dp_eval_start(&k->eval);
	return dp_eval(&k->eval, n, 0);
}

bool
dp_check_scalar(struct dp_check *k, const struct dp_node *n,
    enum dp_json_type type, const char *text, const char *end, bool escaped)
{
	const struct dp_scan_value v = { .type = type,
		.text = text,
		.len = (size_t)(end - text),
		.escaped = escaped };

	if (DP_UNLIKELY((n->tape & type) != 0))
		return dp_check_tape(k, n, text);
	return dp_scalar_check(n, &v, &k->text) == NULL;
}

/*
 * Seeks a key in the object at p: *value is its value, or NULL when it is
 * not there.  Returns -1 when it is there twice, or no JSON is.
 */
static int
seek(struct dp_check *k, const char *p, const struct dp_key *name,
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
		/* Where keys may stand twice, this one may not. */
		if (is && !k->catalog->opts.scan.dup_passes)
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
	const bool dup_passes = k->work.dup_passes;
	const struct dp_schema *s;
	size_t i;
	int rc = 0;

	/* Keys are looked at when the line is checked. */
	k->work.dup_passes = true;
	for (i = 0; i < c->ntokens && rc == 0 && p != NULL; i++)
		rc = *p == '{' ? seek(k, p, &c->tokens[i], &p) : -1;
	k->work.dup_passes = dup_passes;
	if (rc != 0 || p == NULL || *p != '"')
		return NULL;
	s = type_named(k, p);
	k->unplanned = s == NULL;
	return s;
}
