/* Fields of a binary COPY: addresses, bytes, durations, arrays. */
#include "sink/copy_field.h"

#define AF_PG_INET 2
#define AF_PG_INET6 3

/* Of an array's element that takes the least text: "1," becomes 4 + 10. */
#define GROWTH 8
#define ARRAY_HEAD 24

static dp_value_result
address(struct dp_copy *e, const struct dp_scan_value *v, bool cidr)
{
	struct dp_value_inet a;
	dp_value_result bad =
	    cidr ? dp_value_cidr(v, &a) : dp_value_inet(v, &a);

	if (bad != NULL)
		return bad;
	e->p = dp_copy_put32(e->p, 4u + a.len);
	*e->p++ = a.family == 6 ? AF_PG_INET6 : AF_PG_INET;
	*e->p++ = (char)a.bits;
	*e->p++ = (char)cidr;
	*e->p++ = (char)a.len;
	e->p = dp_copy_bytes(e->p, a.address, a.len);
	return NULL;
}

static dp_value_result
uuid(struct dp_copy *e, const struct dp_scan_value *v)
{
	uint8_t id[16];
	dp_value_result bad = dp_value_uuid(v, id);

	if (bad == NULL)
		e->p = dp_copy_bytes(dp_copy_put32(e->p, 16), id, 16);
	return bad;
}

static dp_value_result
macaddr(struct dp_copy *e, const struct dp_scan_value *v, uint32_t n)
{
	uint8_t id[8];
	dp_value_result bad = dp_value_macaddr(v, n, id);

	if (bad == NULL)
		e->p = dp_copy_bytes(dp_copy_put32(e->p, n), id, n);
	return bad;
}

static dp_value_result
bytes(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v)
{
	size_t n;
	dp_value_result bad = dp_value_bytes(v, c->hex, e->p + 4, &n);

	if (bad == NULL)
		e->p = dp_copy_put32(e->p, (uint32_t)n) + n;
	return bad;
}

static dp_value_result
interval(struct dp_copy *e, const struct dp_scan_value *v)
{
	struct dp_value_interval i;
	dp_value_result bad = dp_value_interval(v, &i);

	if (bad != NULL)
		return bad;
	e->p = dp_copy_put64(dp_copy_put32(e->p, 16), (uint64_t)i.us);
	e->p = dp_copy_put32(e->p, (uint32_t)i.days);
	e->p = dp_copy_put32(e->p, (uint32_t)i.months);
	return NULL;
}

/* PostgreSQL counts offsets to the west. */
static dp_value_result
timetz(struct dp_copy *e, const struct dp_scan_value *v)
{
	int32_t east;
	int64_t us;
	dp_value_result bad = dp_value_timetz(v, &us, &east);

	if (bad != NULL)
		return bad;
	e->p = dp_copy_put64(dp_copy_put32(e->p, 12), (uint64_t)us);
	e->p = dp_copy_put32(e->p, (uint32_t)-east);
	return NULL;
}

/* Elements, and how many; *nulls tells whether one is null. */
static dp_value_result
elements(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v, uint32_t *n, bool *nulls)
{
	static const struct dp_value_fault null = { "type",
		"no null among its elements" };
	struct dp_scan_value item;
	const char *at = NULL;
	dp_value_result bad = NULL;

	for (*n = 0; bad == NULL && dp_scan_next_element(v, &at, &item); ++*n) {
		if (item.type != DP_JSON_NULL) {
			bad = dp_copy_field(e, c, &item);
			continue;
		}
		if (c->not_null)
			return &null;
		*nulls = true;
		e->p = dp_copy_put32(e->p, UINT32_MAX);
	}
	return bad;
}

/*
 * Dimensions, a flag for nulls, the type of the elements; of the one
 * dimension its length and its first index; the elements.
 */
static dp_value_result
array(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v)
{
	static const struct dp_value_fault type = { "type", "an array" };
	struct dp_buf *out = e->out;
	const size_t start = (size_t)(e->p - out->data);
	dp_value_result bad;
	bool nulls = false;
	uint32_t n;
	char *head;

	if (v->type != DP_JSON_ARRAY)
		return &type;
	out->len = start;
	if (dp_buf_reserve(out, e->room + ARRAY_HEAD + GROWTH * v->len) == -1)
		return NULL;
	e->p = out->data + start + ARRAY_HEAD;
	bad = elements(e, c->elem, v, &n, &nulls);
	if (bad != NULL || out->failed)
		return bad;
	head = out->data + start;
	if (n == 0)
		e->p -= 8;
	head = dp_copy_put32(head, (uint32_t)(e->p - head - 4));
	head = dp_copy_put32(head, n == 0 ? 0 : 1);
	head = dp_copy_put32(head, nulls);
	head = dp_copy_put32(head, c->elem->oid);
	if (n > 0)
		(void)dp_copy_put32(dp_copy_put32(head, n), 1);
	return NULL;
}

dp_value_result
dp_copy_rare(struct dp_copy *e, const struct dp_column *c,
    const struct dp_scan_value *v)
{
	static const struct dp_value_fault none = { "type", "no value" };

	switch ((unsigned)c->kind) {
	case DP_COLUMN_UUID:
		return uuid(e, v);
	case DP_COLUMN_INET:
	case DP_COLUMN_CIDR:
		return address(e, v, c->kind == DP_COLUMN_CIDR);
	case DP_COLUMN_BYTES:
		return bytes(e, c, v);
	case DP_COLUMN_INTERVAL:
		return interval(e, v);
	case DP_COLUMN_TIMETZ:
		return timetz(e, v);
	case DP_COLUMN_MACADDR:
		return macaddr(e, v, 6);
	case DP_COLUMN_MACADDR8:
		return macaddr(e, v, 8);
	case DP_COLUMN_ARRAY:
		return array(e, c, v);
	default:
		return &none;
	}
}
