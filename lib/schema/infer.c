#include "schema/infer.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/text.h"
#include "schema/detail.h"
#include "schema/infer_shape.h"

#define TYPE_KEY "/event_name"
#define NAME_BYTES 200 /* of a file name, with room for what is put behind */

bool
dp_infer_name_good(const char *name, size_t len)
{
	size_t i;

	if (len == 0 || len > NAME_BYTES || *name == '.')
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == '/' ||
		    name[i] == 0x7f)
			return false;
	return true;
}

/* The names of the pointer, with ~1 and ~0 resolved (RFC 6901). */
static int
split(struct dp_infer *f, struct dp_err *err)
{
	const char *p = f->opts.type_key;
	struct dp_infer_token t;

	if (*p != '/')
		return dp_err_set(err, DP_USAGE,
		    "%s: a JSON Pointer to a member begins with /", p);
	while (*p == '/') {
		t.at = f->pointer.len;
		for (p++; *p != '\0' && *p != '/'; p++) {
			if (*p == '~' && p[1] != '0' && p[1] != '1')
				return dp_err_set(err, DP_USAGE,
				    "%s: ~ is written ~0 in a JSON Pointer",
				    f->opts.type_key);
			(void)dp_buf_addc(&f->pointer,
			    *p != '~' ? *p : (char)(p[1] == '0' ? '~' : '/'));
			p += *p == '~';
		}
		t.len = f->pointer.len - t.at;
		(void)dp_buf_add(&f->tokens, &t, sizeof t);
	}
	return f->tokens.failed || dp_buf_text(&f->pointer) == NULL
	    ? dp_err_nomem(err)
	    : 0;
}

struct dp_infer *
dp_infer_new(const struct dp_infer_opts *opts, struct dp_err *err)
{
	struct dp_infer *f = calloc(1, sizeof *f);

	if (f == NULL || dp_scan_work_init(&f->work, &opts->scan) == -1) {
		free(f);
		(void)dp_err_nomem(err);
		return NULL;
	}
	f->opts = *opts;
	f->opts.scan.work = &f->work;
	if (f->opts.type_key == NULL)
		f->opts.type_key = TYPE_KEY;
	f->left = opts->max_bytes == 0 ? DP_INFER_BYTES : opts->max_bytes;
	dp_buf_init(&f->tokens, 0);
	dp_buf_init(&f->text, 0);
	dp_buf_init(&f->detail, 0);
	dp_buf_init(&f->pointer, 0);
	if (opts->only == NULL && split(f, err) == -1) {
		dp_infer_free(f);
		return NULL;
	}
	return f;
}

void
dp_infer_free(struct dp_infer *f)
{
	if (f == NULL)
		return;
	dp_scan_work_fini(&f->work);
	dp_arena_fini(&f->arena);
	dp_buf_fini(&f->tokens);
	dp_buf_fini(&f->text);
	dp_buf_fini(&f->detail);
	dp_buf_fini(&f->pointer);
	free(f);
}

static int
refuse(struct dp_infer_fault *fault, const char *code, const char *detail,
    const char *pointer)
{
	*fault = (struct dp_infer_fault){ .code = code,
		.detail = detail,
		.pointer = pointer };
	return -1;
}

/* The value that the type key points to. */
static bool
find_type(const struct dp_infer *f, const struct dp_scan_value *record,
    struct dp_scan_value *type)
{
	const struct dp_infer_token *t = (const void *)f->tokens.data;
	const size_t n = f->tokens.len / sizeof *t;
	struct dp_scan_value v = *record;
	size_t i;

	for (i = 0; i < n; i++) {
		struct dp_scan_member m;
		const char *at = NULL;
		bool found = false;

		while (v.type == DP_JSON_OBJECT && !found &&
		    dp_scan_next_member(&v, &at, &m))
			found = dp_scan_equal(m.key, m.key_len, m.key_escaped,
			    f->pointer.data + t[i].at, t[i].len);
		if (!found)
			return false;
		v = m.value;
	}
	*type = v;
	return true;
}

static struct dp_shape_member *
type_of(struct dp_infer *f, const char *name, size_t len,
    struct dp_infer_fault *fault)
{
	const char *full = "more types than can be told apart";
	struct dp_shape_member *m = f->last;
	uint32_t hash;

	if (m != NULL && m->len == len && memcmp(m->key, name, len) == 0)
		return m;
	hash = dp_shape_hash(name, len);
	m = dp_shape_find(&f->types, name, len, hash);
	if (m == NULL && !dp_infer_name_good(name, len)) {
		(void)refuse(fault, "unknown-type",
		    "a type of that name cannot have a file", f->opts.type_key);
		return NULL;
	}
	if (m == NULL && f->types.n < DP_INFER_TYPES)
		m = dp_shape_add(f, &f->types, name, len, hash, 0);
	if (m == NULL)
		(void)refuse(fault, "unknown-type", full, f->opts.type_key);
	else
		f->last = m;
	return m;
}

static struct dp_shape_member *
route(struct dp_infer *f, const struct dp_scan_value *record,
    struct dp_infer_fault *fault)
{
	struct dp_scan_value type;

	if (f->opts.only != NULL)
		return type_of(f, f->opts.only, strlen(f->opts.only), fault);
	if (!find_type(f, record, &type)) {
		(void)refuse(fault, "required", "no key that tells the type",
		    f->opts.type_key);
		return NULL;
	}
	if (type.type != DP_JSON_STRING) {
		(void)refuse(fault, "type", "the type is no string",
		    f->opts.type_key);
		return NULL;
	}
	if (!type.escaped)
		return type_of(f, type.text + 1, type.len - 2, fault);
	dp_buf_clear(&f->text);
	dp_json_unescape(&f->text, type.text + 1, type.len - 2);
	return type_of(f, f->text.data, f->text.failed ? 0 : f->text.len,
	    fault);
}

static const char *
say(struct dp_infer *f, enum dp_scan_fault bad, const char *text, size_t len,
    size_t at)
{
	const unsigned depth = f->opts.scan.max_depth;
	const char *said;

	if (bad == DP_SCAN_DUPLICATE)
		return "a key is there twice";
	dp_buf_clear(&f->detail);
	dp_detail_syntax(&f->detail, bad, depth == 0 ? DP_SCAN_DEPTH : depth,
	    text, len, at);
	said = dp_buf_text(&f->detail);
	return said == NULL ? "" : said;
}

int
dp_infer_line(struct dp_infer *f, const char *text, size_t len,
    struct dp_infer_fault *fault)
{
	struct dp_shape_member *type;
	struct dp_scan_value v;
	size_t at;
	const enum dp_scan_fault bad =
	    dp_scan_line(text, len, &f->opts.scan, &v, &at);

	if (bad != DP_SCAN_OK) {
		(void)refuse(fault, dp_scan_code(bad),
		    say(f, bad, text, len, at), NULL);
		fault->column = at + 1;
		return -1;
	}
	if (v.type != DP_JSON_OBJECT && !f->opts.any_value)
		return refuse(fault, "not-object", "want an object", NULL);
	type = route(f, &v, fault);
	if (type == NULL)
		return -1;
	dp_shape_see(f, &type->shape, &v);
	return 0;
}

const char *
dp_infer_lines(void *infer, const char *text, const char *end, uint64_t *good)
{
	struct dp_infer *f = infer;
	struct dp_infer_fault fault;

	while (text < end) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));

		if (dp_infer_line(f, text, (size_t)(nl - text), &fault) == -1)
			break;
		++*good;
		text = nl + 1;
	}
	return text;
}

bool
dp_infer_is_one(const struct dp_infer *f)
{
	return f->opts.only != NULL;
}

size_t
dp_infer_count(const struct dp_infer *f)
{
	return f->types.n;
}

const char *
dp_infer_name(const struct dp_infer *f, size_t i)
{
	return f->types.at[i]->key;
}

uint64_t
dp_infer_seen(const struct dp_infer *f, size_t i)
{
	return dp_shape_total(&f->types.at[i]->shape);
}
