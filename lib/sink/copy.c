#include "sink/copy.h"

#include <string.h>

#include "base/err.h"
#include "json/unescape.h"
#include "sink/copy_field.h"
#include "sink/value.h"

const char dp_copy_head[DP_COPY_HEAD] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
const char dp_copy_tail[DP_COPY_TAIL] = { '\377', '\377' };

static uint16_t
get16(const char *p)
{
	return (uint16_t)((unsigned char)p[0] << 8 | (unsigned char)p[1]);
}

/* Bytes of a field, its length in front; -1 is the length of a null. */
static size_t
field_size(const char *p)
{
	uint32_t len;

	memcpy(&len, p, sizeof len);
	len = __builtin_bswap32(len);
	return len == UINT32_MAX ? 4 : 4 + (size_t)len;
}

static char *
put_field(char *p, const char *tuple, uint32_t field)
{
	const char *from = tuple + 2;
	size_t size;

	while (field-- > 0)
		from += field_size(from);
	size = field_size(from);
	memcpy(p, from, size);
	return p + size;
}

/* Of all fields none is there twice, so the tuple's size is enough. */
int
dp_copy_staged(struct dp_buf *out, uint64_t n, uint32_t shape,
    const char *tuple, size_t len, const uint32_t *fields, size_t nfields)
{
	const uint16_t all = __builtin_bswap16((uint16_t)(2u +
	    (fields == NULL ? get16(tuple) : (uint16_t)nfields)));
	char *p;
	size_t i;

	if (dp_buf_reserve(out, len + 20) == -1)
		return -1;
	p = out->data + out->len;
	memcpy(p, &all, 2);
	p = dp_copy_put64(dp_copy_put32(p + 2, 8), n);
	p = dp_copy_put32(dp_copy_put32(p, 4), shape);
	if (fields == NULL) {
		memcpy(p, tuple + 2, len - 2);
		p += len - 2;
	} else {
		for (i = 0; i < nfields; i++)
			p = put_field(p, tuple, fields[i]);
	}
	out->len = (size_t)(p - out->data);
	return 0;
}

/* A string's text, its length in front. */
static inline char *
put_text(char *p, const struct dp_scan_value *v)
{
	size_t len = v->len - 2;

	if (v->escaped) {
		struct dp_unescape u = dp_unescape_of(v->text + 1, len);

		len = dp_unescape_some(&u, p + 4, len);
	} else {
		memcpy(p + 4, v->text + 1, len);
	}
	return dp_copy_put32(p, (uint32_t)len) + len;
}

static dp_value_result
text(char **p, const struct dp_column *c, const struct dp_scan_value *v)
{
	static const struct dp_value_fault type = { "type", "a string" };
	static const struct dp_value_fault length = { "maxLength",
		"a shorter string" };

	if (v->type != DP_JSON_STRING)
		return &type;
	/* No string has more characters than bytes. */
	if (c->max_chars > 0 && v->len - 2 > c->max_chars &&
	    dp_value_chars(v) > c->max_chars)
		return &length;
	*p = put_text(*p, v);
	return NULL;
}

static dp_value_result
label(char **p, const struct dp_column *c, const struct dp_scan_value *v)
{
	static const struct dp_value_fault type = { "type", "a string" };
	static const struct dp_value_fault label = { "enum",
		"one of its labels" };
	size_t i;

	if (v->type != DP_JSON_STRING)
		return &type;
	for (i = 0; i < c->nlabels; i++)
		if (dp_scan_equal(v->text + 1, v->len - 2, v->escaped,
			c->labels[i], strlen(c->labels[i]))) {
			*p = put_text(*p, v);
			return NULL;
		}
	return &label;
}

static dp_value_result
integer(char **p, enum dp_column_kind kind, const struct dp_scan_value *v)
{
	dp_value_result bad;
	int64_t n;

	switch ((unsigned)kind) {
	case DP_COLUMN_INT2:
		bad = dp_value_int(v, INT16_MIN, INT16_MAX, &n);
		if (bad == NULL) {
			*p = dp_copy_put32(*p, 2);
			*(*p)++ = (char)((uint64_t)n >> 8);
			*(*p)++ = (char)n;
		}
		return bad;
	case DP_COLUMN_INT4:
		bad = dp_value_int(v, INT32_MIN, INT32_MAX, &n);
		if (bad == NULL)
			*p = dp_copy_put32(dp_copy_put32(*p, 4), (uint32_t)n);
		return bad;
	default:
		bad = dp_value_int(v, INT64_MIN, INT64_MAX, &n);
		if (bad == NULL)
			*p = dp_copy_put64(dp_copy_put32(*p, 8), (uint64_t)n);
		return bad;
	}
}

static dp_value_result
floating(char **p, enum dp_column_kind kind, const struct dp_scan_value *v)
{
	dp_value_result bad;
	uint64_t bits = 0;
	double d;
	float f;

	if (kind == DP_COLUMN_FLOAT4) {
		bad = dp_value_float(v, &f);
		if (bad == NULL) {
			memcpy(&bits, &f, sizeof f);
			*p =
			    dp_copy_put32(dp_copy_put32(*p, 4), (uint32_t)bits);
		}
		return bad;
	}
	bad = dp_value_double(v, &d);
	if (bad == NULL) {
		memcpy(&bits, &d, sizeof d);
		*p = dp_copy_put64(dp_copy_put32(*p, 8), bits);
	}
	return bad;
}

static dp_value_result
boolean(char **p, const struct dp_scan_value *v)
{
	static const struct dp_value_fault type = { "type", "true or false" };

	if (v->type != DP_JSON_TRUE && v->type != DP_JSON_FALSE)
		return &type;
	*p = dp_copy_put32(*p, 1);
	*(*p)++ = v->type == DP_JSON_TRUE;
	return NULL;
}

static dp_value_result
moment(char **p, enum dp_column_kind kind, int64_t unit,
    const struct dp_scan_value *v)
{
	dp_value_result bad;
	int32_t days;
	int64_t us;

	if (kind == DP_COLUMN_DATE) {
		bad = dp_value_date(v, &days);
		if (bad == NULL)
			*p =
			    dp_copy_put32(dp_copy_put32(*p, 4), (uint32_t)days);
		return bad;
	}
	if (kind == DP_COLUMN_TIME)
		bad = dp_value_time(v, &us);
	else if (v->type == DP_JSON_INTEGER && unit != 0)
		bad = dp_value_epoch(v, unit, &us);
	else
		bad = dp_value_timestamp(v, kind == DP_COLUMN_TIMESTAMPTZ, &us);
	if (bad == NULL)
		*p = dp_copy_put64(dp_copy_put32(*p, 8), (uint64_t)us);
	return bad;
}

static void
json(char **p, const struct dp_scan_value *v, bool version)
{
	*p = dp_copy_put32(*p, (uint32_t)v->len + version);
	if (version)
		*(*p)++ = 1;
	*p = dp_copy_bytes(*p, v->text, v->len);
}

/* numeric appends to the buffer itself. */
static dp_value_result
numeric(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v)
{
	struct dp_buf *out = e->out;
	const size_t at = (size_t)(e->p - out->data);
	dp_value_result bad;

	out->len = at + 4;
	bad = dp_value_numeric(v, c->precision, c->scale, out);
	if (bad == NULL && !out->failed) {
		(void)dp_copy_put32(out->data + at,
		    (uint32_t)(out->len - at - 4));
		e->p = out->data + out->len;
	}
	return bad;
}

dp_value_result
dp_copy_field(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v)
{
	switch ((unsigned)c->kind) {
	case DP_COLUMN_INT2:
	case DP_COLUMN_INT4:
	case DP_COLUMN_INT8:
		return integer(&e->p, c->kind, v);
	case DP_COLUMN_TEXT:
		return text(&e->p, c, v);
	case DP_COLUMN_FLOAT4:
	case DP_COLUMN_FLOAT8:
		return floating(&e->p, c->kind, v);
	case DP_COLUMN_BOOL:
		return boolean(&e->p, v);
	case DP_COLUMN_ENUM:
		return label(&e->p, c, v);
	case DP_COLUMN_NUMERIC:
		return numeric(e, c, v);
	case DP_COLUMN_TIMESTAMPTZ:
	case DP_COLUMN_TIMESTAMP:
	case DP_COLUMN_DATE:
	case DP_COLUMN_TIME:
		return moment(&e->p, c->kind, e->unit, v);
	case DP_COLUMN_JSON:
	case DP_COLUMN_JSONB:
		json(&e->p, v, c->kind == DP_COLUMN_JSONB);
		return NULL;
	default:
		return dp_copy_rare(e, c, v);
	}
}

int
dp_copy_row(struct dp_sink *s, struct dp_target *t,
    const struct dp_shape *shape, const struct dp_sink_line *line,
    struct dp_buf *out, struct dp_reject *fault, struct dp_err *err)
{
	static const struct dp_value_fault null = { "null", NULL };
	struct dp_copy e = { .out = out,
		.room = line->len + (shape->n + 1) * DP_COPY_ROOM,
		.unit = s->unit };
	const size_t start = out->len;
	size_t i;

	if (dp_buf_reserve(out, e.room) == -1)
		return dp_err_nomem(err);
	e.p = out->data + start;
	*e.p++ = (char)(shape->n >> 8);
	*e.p++ = (char)shape->n;
	for (i = 0; i < shape->n; i++) {
		const uint32_t column = shape->columns[i];
		const struct dp_column *c = &t->columns.at[column];
		const struct dp_scan_value *v = dp_target_value(t, column);
		dp_value_result bad = NULL;

		if (v != NULL)
			bad = dp_copy_field(&e, c, v);
		else if (c->not_null)
			bad = &null;
		else
			e.p = dp_copy_put32(e.p, UINT32_MAX);
		if (bad != NULL) {
			out->len = start;
			return dp_target_fault(t, column, bad, line->text,
			    fault, &s->scratch);
		}
	}
	out->len = (size_t)(e.p - out->data);
	return out->failed ? dp_err_nomem(err) : 0;
}
