/*
 * catalog: the event types, each with its compiled schema.
 *
 * Opened from a folder (NAME.json is the type NAME) or from one schema file
 * that every record must match (then there is one type, named by the file).
 * A schema that is wrong, or uses a keyword that would constrain and that
 * is not built, is an error DP_CONFIG with file:line:column and pointer:
 * nothing is ever ignored.
 */
#ifndef DP_SCHEMA_CATALOG_H
#define DP_SCHEMA_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json/scan.h"

struct dp_err;
struct dp_catalog; /* opaque */
struct dp_schema;  /* opaque: the compiled schema of one type */

struct dp_catalog_opts {
	const char *type_key; /* JSON Pointer; NULL: "/event_name" */
	struct dp_scan_opts scan;
	bool any_value;        /* a record may be any JSON value */
	bool unplanned_passes; /* a record of a type that is not known */
	bool formats_pass;     /* format is an annotation, and not checked */

	/*
	 * A word that is like a keyword, and none, or one of another draft,
	 * constrains nothing: that is an error, unless warn is told of it,
	 * or lax says that nobody is.
	 */
	bool lax;
	void (*warn)(void *arg, const char *text);
	void *warn_arg;

	unsigned draft; /* where $schema is not: 4, 6, 7, 2019; 0: 2020 */

	/*
	 * Further schemas for $ref: "DIR", all below it being known by their
	 * $id, or "PREFIX=DIR", known by PREFIX and their path.
	 */
	const char *const *refs;
	size_t nrefs;

	/* What is found nowhere else is fetched (schema/fetch.h), for at most
	 * that time each; 0: the default.  tell hears of it; may be NULL. */
	bool fetch;
	uint64_t fetch_ms;
	void (*tell)(void *arg, const char *text);
	void *tell_arg;
};

/* path NULL: no types; well-formed objects pass. */
struct dp_catalog *dp_catalog_open(const char *path,
    const struct dp_catalog_opts *opts, struct dp_err *err);
void dp_catalog_free(struct dp_catalog *c);

/* Types in the order of their names. */
size_t dp_catalog_count(const struct dp_catalog *c);
const struct dp_schema *dp_catalog_at(const struct dp_catalog *c, size_t i);
const struct dp_schema *dp_catalog_find(const struct dp_catalog *c,
    const char *name, size_t len);
bool dp_catalog_single(const struct dp_catalog *c); /* from one file */
const char *dp_schema_name(const struct dp_schema *s);
const char *dp_schema_description(const struct dp_schema *s); /* or NULL */
size_t dp_schema_index(const struct dp_schema *s); /* its i of _at() */

/*
 * The properties at the top of a schema, in document order, for who makes
 * columns of them.
 */
struct dp_property {
	const char *name; /* UTF-8, NUL-terminated; holds no NUL itself */
	size_t name_len;
	unsigned types; /* mask of dp_json_type that the schema allows */
	bool required;
	const char *format;      /* "date-time" or NULL */
	const char *encoding;    /* contentEncoding or NULL */
	const char *description; /* or NULL */
	const char *minimum;     /* the number's text or NULL; inclusive */
	const char *maximum;
	const char *multiple_of; /* the number's text or NULL */
	uint64_t max_length;     /* UINT64_MAX: none */
	bool has_enum;
	const char *dp_column; /* x-dp-column: "" for none, NULL: not said */
	const char *dp_type;   /* x-dp-type or NULL */
};

size_t dp_schema_property_count(const struct dp_schema *s);
const struct dp_property *dp_schema_property(const struct dp_schema *s,
    size_t i);

/*
 * The index of the property named key (as it stands, escaped or not), or -1.
 * 8 bytes from key on must be readable.  Fast: for use on each member of
 * each record.
 */
int dp_schema_property_find(const struct dp_schema *s, const char *key,
    size_t len, bool escaped);

#endif
