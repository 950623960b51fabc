#include "schema/compat.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/code.h"
#include "base/err.h"
#include "json/text.h"
#include "json/work.h"

#define DEPTH_MAX 4096 /* more than the limit of its length lets through */

struct dp_compat {
	const struct dp_catalog *catalog;
	struct dp_scan_work work;
	struct dp_buf name, pointer;
};

struct dp_compat *
dp_compat_new(const struct dp_catalog *c, struct dp_err *err)
{
	const struct dp_scan_opts opts = { .max_depth = DEPTH_MAX,
		.nul_passes = true,
		.dup_passes = true };
	struct dp_compat *k = calloc(1, sizeof *k);

	if (k == NULL || dp_scan_work_init(&k->work, &opts) == -1) {
		free(k);
		(void)dp_err_nomem(err);
		return NULL;
	}
	k->catalog = c;
	dp_buf_init(&k->name, 0);
	dp_buf_init(&k->pointer, 0);
	return k;
}

void
dp_compat_free(struct dp_compat *k)
{
	if (k == NULL)
		return;
	dp_scan_work_fini(&k->work);
	dp_buf_fini(&k->name);
	dp_buf_fini(&k->pointer);
	free(k);
}

/* The last member of that name; false when there is none. */
static bool
find(const struct dp_scan_value *object, const char *name, size_t len,
    struct dp_scan_value *value)
{
	struct dp_scan_member m;
	const char *at = NULL;
	bool found = false;

	while (dp_scan_next_member(object, &at, &m))
		if (dp_scan_equal(m.key, m.key_len, m.key_escaped, name, len)) {
			*value = m.value;
			found = true;
		}
	return found;
}

/* What Python takes for false: null, "", 0, false, [] and {}. */
static bool
is_nothing(const struct dp_scan_value *v)
{
	struct dp_scan_value element;
	struct dp_scan_member member;
	const char *at = NULL;
	size_t i;

	switch (v->type) {
	case DP_JSON_NULL:
	case DP_JSON_FALSE:
		return true;
	case DP_JSON_STRING:
		return v->len == 2;
	case DP_JSON_ARRAY:
		return !dp_scan_next_element(v, &at, &element);
	case DP_JSON_OBJECT:
		return !dp_scan_next_member(v, &at, &member);
	case DP_JSON_INTEGER:
	case DP_JSON_NUMBER:
		for (i = 0; i < v->len; i++) {
			if (v->text[i] == 'e' || v->text[i] == 'E')
				break;
			if (v->text[i] >= '1' && v->text[i] <= '9')
				return false;
		}
		return true;
	case DP_JSON_TRUE:
	default:
		return false;
	}
}

/* Python's int: no point, no exponent; a boolean is one too. */
static bool
is_python_int(const struct dp_scan_value *v)
{
	size_t i;

	if (v->type == DP_JSON_TRUE || v->type == DP_JSON_FALSE)
		return true;
	if (v->type != DP_JSON_INTEGER)
		return false;
	for (i = 0; i < v->len; i++)
		if (v->text[i] != '-' && (v->text[i] < '0' || v->text[i] > '9'))
			return false;
	return true;
}

static int
fail(struct dp_compat *k, struct dp_fault *f, const char *code, const char *key,
    size_t len)
{
	f->code = code;
	f->detail = dp_code_find(code, strlen(code))->means;
	f->detail_len = strlen(f->detail);
	if (key != NULL) {
		dp_buf_clear(&k->pointer);
		dp_json_pointer_add(&k->pointer, key, len);
		f->pointer = k->pointer.data;
		f->pointer_len = k->pointer.len;
	}
	return -1;
}

#define KEY(text) (text), sizeof(text) - 1

static int
find_type(struct dp_compat *k, const struct dp_scan_value *object,
    struct dp_fault *f)
{
	struct dp_scan_value v;

	if (!find(object, KEY("event_name"), &v) || is_nothing(&v))
		return fail(k, f, "required", KEY("event_name"));
	if (v.type == DP_JSON_STRING) {
		dp_buf_clear(&k->name);
		dp_json_unescape(&k->name, v.text + 1, v.len - 2);
		f->type =
		    dp_catalog_find(k->catalog, k->name.data, k->name.len);
	}
	return f->type == NULL ? fail(k, f, "unknown-type", KEY("event_name"))
			       : 0;
}

static bool
is_common(const struct dp_property *p)
{
	return strcmp(p->name, "event_name") == 0 ||
	    strcmp(p->name, "user_id") == 0 ||
	    strcmp(p->name, "timestamp") == 0;
}

static int
check_content(struct dp_compat *k, const struct dp_scan_value *object,
    struct dp_fault *f)
{
	const size_t n = dp_schema_property_count(f->type);
	struct dp_scan_value v;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct dp_property *p = dp_schema_property(f->type, i);

		if (!p->required || is_common(p))
			continue;
		if (!find(object, p->name, p->name_len, &v))
			return fail(k, f, "required", p->name, p->name_len);
		if ((p->types & v.type) == 0)
			return fail(k, f, "type", p->name, p->name_len);
	}
	return 0;
}

int
dp_compat_line(struct dp_compat *k, const char *text, size_t len,
    struct dp_fault *f)
{
	const struct dp_scan_opts opts = { .work = &k->work };
	struct dp_scan_value object, v;
	enum dp_scan_fault bad;
	size_t at;

	memset(f, 0, sizeof *f);
	bad = dp_scan_line(text, len, &opts, &object, &at);
	if (bad != DP_SCAN_OK) {
		f->column = at + 1;
		return fail(k, f, dp_scan_code(bad), NULL, 0);
	}
	if (object.type != DP_JSON_OBJECT)
		return fail(k, f, "not-object", NULL, 0);
	if (find_type(k, &object, f) == -1)
		return -1;
	if (!find(&object, KEY("user_id"), &v))
		return fail(k, f, "required", KEY("user_id"));
	if (!find(&object, KEY("timestamp"), &v))
		return fail(k, f, "required", KEY("timestamp"));
	(void)find(&object, KEY("user_id"), &v);
	if (!is_python_int(&v))
		return fail(k, f, "type", KEY("user_id"));
	return check_content(k, &object, f);
}
