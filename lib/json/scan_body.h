/*
 * scan_body: one value of any shape, for the files that choose a width of
 * json/lex.h before they include it.  No guard: it is a template.
 */
#include "json/keyset.h"
#include "json/lex.h"
#include "json/work.h"

/*
 * Reads a key, p on its quote, up to the value behind the colon.
 * Returns NULL at a fault or a key that object has already.
 */
DP_LEX_INLINE const char *
dp_scan_key(struct dp_scan_work *w, uint32_t object, const char *p)
{
	bool escaped = false;
	const char *key = p + 1;

	if (*p != '"')
		return NULL;
	p = dp_lex_string(key, w->nul_passes, &escaped);
	if (p == NULL)
		return NULL;
	if (!w->dup_passes &&
	    dp_keyset_add(&w->keys, object, key, (size_t)(p - 1 - key),
		escaped) != 0)
		return NULL;
	p = dp_lex_ws(p);
	return *p == ':' ? dp_lex_ws(p + 1) : NULL;
}

/*
 * Reads the container that p stands on, its depth being base (1 at the top
 * of a line), to behind its last bracket.  NULL: a fault.
 */
DP_LEX_COLD const char *
dp_scan_container(struct dp_scan_work *w, const char *p, unsigned base)
{
	unsigned depth = base - 1;
	enum dp_json_type type;

value:
	if (*p == '{' || *p == '[') {
		const bool object = *p == '{';

		if (++depth > w->max_depth)
			return NULL;
		w->open[depth] = object ? dp_keyset_object(&w->keys) : 0;
		p = dp_lex_ws(p + 1);
		if (*p == (object ? '}' : ']'))
			goto close;
		if (!object)
			goto value;
		goto member;
	}
	p = dp_lex_scalar(p, w->nul_passes, &type);
	if (p == NULL)
		return NULL;
after:
	p = dp_lex_ws(p);
	if (*p == ',') {
		p = dp_lex_ws(p + 1);
		if (w->open[depth] == 0)
			goto value;
		goto member;
	}
	if (*p != (w->open[depth] != 0 ? '}' : ']'))
		return NULL;
close:
	p++;
	if (depth-- == base)
		return p;
	goto after;
member:
	p = dp_scan_key(w, w->open[depth], p);
	if (p == NULL)
		return NULL;
	goto value;
}

/* Any value. */
DP_LEX_INLINE const char *
dp_scan_value_any(struct dp_scan_work *w, const char *p, unsigned depth,
    enum dp_json_type *type)
{
	if (*p != '{' && *p != '[')
		return dp_lex_scalar(p, w->nul_passes, type);
	*type = *p == '{' ? DP_JSON_OBJECT : DP_JSON_ARRAY;
	return dp_scan_container(w, p, depth);
}

/* A whole line, to behind its newline; sets *start and *end of the value. */
DP_LEX_INLINE const char *
dp_scan_whole(struct dp_scan_work *w, const char *p,
    struct dp_scan_value *value)
{
	dp_keyset_begin(&w->keys, p);
	p = dp_lex_ws(p);
	value->text = p;
	p = dp_scan_value_any(w, p, 1, &value->type);
	if (p == NULL)
		return NULL;
	value->len = (size_t)(p - value->text);
	p = dp_lex_ws(p);
	return *p == '\n' ? p + 1 : NULL;
}
