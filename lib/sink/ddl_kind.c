/* Which kind of column a property, or the name of a type, means. */
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "json/decimal.h"
#include "sink/ddl.h"

static const struct {
	const char *name;
	enum dp_column_kind kind;
} types[] = {
	{ "smallint", DP_COLUMN_INT2 },
	{ "int2", DP_COLUMN_INT2 },
	{ "integer", DP_COLUMN_INT4 },
	{ "int", DP_COLUMN_INT4 },
	{ "int4", DP_COLUMN_INT4 },
	{ "bigint", DP_COLUMN_INT8 },
	{ "int8", DP_COLUMN_INT8 },
	{ "numeric", DP_COLUMN_NUMERIC },
	{ "decimal", DP_COLUMN_NUMERIC },
	{ "real", DP_COLUMN_FLOAT4 },
	{ "float4", DP_COLUMN_FLOAT4 },
	{ "double precision", DP_COLUMN_FLOAT8 },
	{ "float8", DP_COLUMN_FLOAT8 },
	{ "boolean", DP_COLUMN_BOOL },
	{ "bool", DP_COLUMN_BOOL },
	{ "text", DP_COLUMN_TEXT },
	{ "varchar", DP_COLUMN_TEXT },
	{ "character varying", DP_COLUMN_TEXT },
	{ "char", DP_COLUMN_TEXT },
	{ "character", DP_COLUMN_TEXT },
	{ "timestamptz", DP_COLUMN_TIMESTAMPTZ },
	{ "timestamp with time zone", DP_COLUMN_TIMESTAMPTZ },
	{ "timestamp", DP_COLUMN_TIMESTAMP },
	{ "timestamp without time zone", DP_COLUMN_TIMESTAMP },
	{ "date", DP_COLUMN_DATE },
	{ "time", DP_COLUMN_TIME },
	{ "time without time zone", DP_COLUMN_TIME },
	{ "timetz", DP_COLUMN_TIMETZ },
	{ "time with time zone", DP_COLUMN_TIMETZ },
	{ "interval", DP_COLUMN_INTERVAL },
	{ "uuid", DP_COLUMN_UUID },
	{ "inet", DP_COLUMN_INET },
	{ "cidr", DP_COLUMN_CIDR },
	{ "macaddr", DP_COLUMN_MACADDR },
	{ "macaddr8", DP_COLUMN_MACADDR8 },
	{ "bytea", DP_COLUMN_BYTES },
	{ "json", DP_COLUMN_JSON },
	{ "jsonb", DP_COLUMN_JSONB },
};

enum dp_column_kind
dp_ddl_kind_of(const char *type)
{
	const size_t whole = strlen(type);
	const bool array = whole > 2 && strcmp(type + whole - 2, "[]") == 0;
	size_t i, len = strcspn(type, "([");

	while (len > 0 && type[len - 1] == ' ')
		len--;
	/* Of one dimension only. */
	if (strchr(type, '[') != NULL &&
	    (!array || strchr(type, '[') != type + whole - 2))
		return DP_COLUMN_NONE;
	for (i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strlen(types[i].name) == len &&
		    strncasecmp(types[i].name, type, len) == 0)
			return array ? DP_COLUMN_ARRAY : types[i].kind;
	return DP_COLUMN_NONE;
}

/* True when every integer from the minimum to the maximum lies in between. */
static bool
fits(const struct dp_property *p, const char *low, const char *high)
{
	return p->minimum != NULL && p->maximum != NULL &&
	    dp_decimal_compare(p->minimum, strlen(p->minimum), low,
		strlen(low)) >= 0 &&
	    dp_decimal_compare(p->maximum, strlen(p->maximum), high,
		strlen(high)) <= 0;
}

static enum dp_column_kind
integer_kind(const struct dp_property *p)
{
	static const char low[] = "-9223372036854775808";
	static const char high[] = "9223372036854775807";

	if (fits(p, "-32768", "32767"))
		return DP_COLUMN_INT2;
	if (fits(p, "-2147483648", "2147483647"))
		return DP_COLUMN_INT4;
	/* Bounds that reach beyond are meant. */
	if ((p->minimum != NULL &&
		dp_decimal_compare(p->minimum, strlen(p->minimum), low,
		    sizeof low - 1) < 0) ||
	    (p->maximum != NULL &&
		dp_decimal_compare(p->maximum, strlen(p->maximum), high,
		    sizeof high - 1) > 0))
		return DP_COLUMN_NUMERIC;
	return DP_COLUMN_INT8;
}

bool
dp_ddl_is_hex(const struct dp_property *p)
{
	return p->encoding != NULL && strcmp(p->encoding, "base16") == 0;
}

static enum dp_column_kind
string_kind(const struct dp_property *p)
{
	static const struct {
		const char *format;
		enum dp_column_kind kind;
	} formats[] = { { "date-time", DP_COLUMN_TIMESTAMPTZ },
		{ "date", DP_COLUMN_DATE }, { "time", DP_COLUMN_TIME },
		{ "uuid", DP_COLUMN_UUID }, { "ipv4", DP_COLUMN_INET },
		{ "ipv6", DP_COLUMN_INET } };

	size_t i;

	if (p->encoding != NULL &&
	    (strcmp(p->encoding, "base64") == 0 || dp_ddl_is_hex(p)))
		return DP_COLUMN_BYTES;
	for (i = 0; p->format != NULL && i < sizeof formats / sizeof formats[0];
	     i++)
		if (strcmp(p->format, formats[i].format) == 0)
			return formats[i].kind;
	return DP_COLUMN_TEXT;
}

enum dp_column_kind
dp_ddl_kind(const struct dp_property *p)
{
	const unsigned t = p->types & ~(unsigned)DP_JSON_NULL;

	if (p->dp_type != NULL)
		return dp_ddl_kind_of(p->dp_type);
	if (t == DP_JSON_INTEGER)
		return integer_kind(p);
	if (t == (DP_JSON_INTEGER | DP_JSON_NUMBER) || t == DP_JSON_NUMBER)
		return p->multiple_of != NULL &&
			!dp_decimal_integral(p->multiple_of,
			    strlen(p->multiple_of))
		    ? DP_COLUMN_NUMERIC
		    : DP_COLUMN_FLOAT8;
	if (t != 0 && (t & ~(unsigned)(DP_JSON_FALSE | DP_JSON_TRUE)) == 0)
		return DP_COLUMN_BOOL;
	if (t == DP_JSON_STRING)
		return string_kind(p);
	return DP_COLUMN_JSONB;
}

const char *
dp_ddl_type(const struct dp_property *p, enum dp_dialect dialect)
{
	const enum dp_column_kind kind = dp_ddl_kind(p);
	size_t i;

	if (dialect == DP_DIALECT_SQLITE) {
		if (kind == DP_COLUMN_BYTES)
			return "BLOB";
		if (kind == DP_COLUMN_FLOAT4 || kind == DP_COLUMN_FLOAT8)
			return "REAL";
		return kind == DP_COLUMN_INT2 || kind == DP_COLUMN_INT4 ||
			kind == DP_COLUMN_INT8 || kind == DP_COLUMN_BOOL
		    ? "INTEGER"
		    : "TEXT";
	}
	if (p->dp_type != NULL)
		return p->dp_type;
	for (i = 0; types[i].kind != kind;)
		i++;
	return types[i].name;
}

int
dp_ddl_elem(struct dp_column *c, struct dp_err *err)
{
	const size_t len = strlen(c->type) - 2;
	struct dp_column *e = dp_column_elem(c, err);

	if (e == NULL)
		return -1;
	e->name = dp_column_text("", 0, err);
	e->type = dp_column_text(c->type, len, err);
	if (e->name == NULL || e->type == NULL)
		return -1;
	e->kind = dp_ddl_kind_of(e->type);
	return 0;
}
