/*
 * registry: which schema a URI means.  For the files of lib/schema alone.
 *
 * A document is a schema file; it holds one resource or more: its root, and
 * every subschema with an $id.  Documents come from the catalog's folder and
 * from --refs; nothing is fetched but with --fetch-refs (schema/fetch.h).
 */
#ifndef DP_SCHEMA_REGISTRY_H
#define DP_SCHEMA_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "schema/compile.h"

/* A name for a subschema within its resource. */
struct dp_anchor {
	const char *name; /* "" for $recursiveAnchor */
	uint32_t item;
	bool dynamic;
	const struct dp_node *node; /* of a dynamic one, once compiled */
	struct dp_anchor *next;
};

struct dp_resource {
	const char *uri;      /* absolute, without fragment */
	const char *found_as; /* where it was read from, or NULL */
	struct dp_document *document;
	uint32_t item;   /* its root */
	unsigned drafts; /* the one that is in force, as a bit */
	unsigned vocabularies;
	struct dp_anchor *anchors;
	struct dp_resource *next;  /* of the program */
	struct dp_resource *other; /* of the document */
};

struct dp_document {
	const struct dp_source *source;
	const struct dp_node **nodes; /* by item: what is compiled */
	struct dp_resource *resources;
	struct dp_document *next; /* of the program */
};

/*
 * Takes a document in, under its URI, and under those that it gives itself.
 * The program owns the source from now on, success or not.
 */
struct dp_document *dp_registry_add(struct dp_program *p,
    struct dp_source *source, const char *uri, struct dp_err *err);

/* Files below dir are known as prefix and their path. */
int dp_registry_prefix(struct dp_program *p, const char *prefix,
    const char *dir, struct dp_err *err);

/* All schemas below dir become known by their $id. */
int dp_registry_folder(struct dp_program *p, const char *dir,
    struct dp_err *err);

/* The URI of a file, "file:///..."; NULL: no memory. */
const char *dp_registry_file_uri(struct dp_program *p, const char *path);

/*
 * The resource of that URI, which a document names, read if it must be.
 * NULL: none; err is set only if something is wrong.
 */
struct dp_resource *dp_registry_find(struct dp_program *p, const char *uri,
    const struct dp_document *by, struct dp_err *err);

/* Takes the dialect of a resource from its $schema, item i. */
int dp_dialect_take(struct dp_program *p, struct dp_resource *r, uint32_t i,
    struct dp_err *err);

/* The resource that an item belongs to. */
struct dp_resource *dp_registry_of(const struct dp_document *d, uint32_t item);

struct dp_anchor *dp_registry_anchor(const struct dp_resource *r,
    const char *name);

#endif
