/*
 * column: what a column takes, and where its values come from.
 *
 * A column is described by the database's catalog (its kind, its bounds);
 * its key names the member of a record whose value goes there.
 */
#ifndef DP_SINK_COLUMN_H
#define DP_SINK_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_property;

enum dp_column_kind {
	DP_COLUMN_NONE, /* a type that is not written here */
	DP_COLUMN_INT2,
	DP_COLUMN_INT4,
	DP_COLUMN_INT8,
	DP_COLUMN_NUMERIC,
	DP_COLUMN_FLOAT4,
	DP_COLUMN_FLOAT8,
	DP_COLUMN_BOOL,
	DP_COLUMN_TEXT,
	DP_COLUMN_ENUM,
	DP_COLUMN_TIMESTAMPTZ,
	DP_COLUMN_TIMESTAMP, /* without a time zone: values in UTC */
	DP_COLUMN_DATE,
	DP_COLUMN_TIME,
	DP_COLUMN_TIMETZ,
	DP_COLUMN_INTERVAL,
	DP_COLUMN_UUID,
	DP_COLUMN_INET,
	DP_COLUMN_CIDR,
	DP_COLUMN_MACADDR,
	DP_COLUMN_MACADDR8,
	DP_COLUMN_BYTES,
	DP_COLUMN_ARRAY, /* of one dimension; elem says of what */
	DP_COLUMN_JSON,  /* the value's bytes as they stand */
	DP_COLUMN_JSONB, /* likewise, behind a version byte */
	DP_COLUMN_ANY    /* SQLite: each value in the class it has */
};

struct dp_column {
	char *name; /* in the database; NUL-terminated */
	char *type; /* its type there, for messages: "bigint" */
	char *base; /* the type that a domain is made of, or NULL */
	char *key;  /* of the record; NULL: no key goes there */
	size_t key_len;
	enum dp_column_kind kind;
	int precision, scale; /* NUMERIC(precision, scale); precision 0: any */
	uint64_t max_chars;   /* TEXT: 0 for no limit */
	bool not_null, has_default;
	bool hex;    /* BYTES: hexadecimal digits, whatever they look like */
	bool affine; /* SQLite makes numbers of texts that look like one */
	struct dp_column *elem; /* ARRAY: an element; not_null is its own */
	uint32_t oid;           /* of an element's type, in PostgreSQL */
	char **labels;          /* ENUM: in the order of the database */
	size_t nlabels;
};

/* A table, or what is left of it for a type: a list of columns. */
struct dp_columns {
	struct dp_column *at;
	size_t n;
};

/* Appends an empty one; NULL without memory, err set. */
struct dp_column *dp_columns_add(struct dp_columns *c, struct dp_err *err);
struct dp_column *dp_columns_find(const struct dp_columns *c, const char *name);
void dp_columns_fini(struct dp_columns *c);

/* Makes the description of an array's elements; NULL without memory. */
struct dp_column *dp_column_elem(struct dp_column *c, struct dp_err *err);

/* Copies all but the key. */
int dp_column_copy(struct dp_column *to, const struct dp_column *from,
    struct dp_err *err);

/* A copy with a NUL behind it, or NULL with err set. */
char *dp_column_text(const char *text, size_t len, struct dp_err *err);

#endif
