/*
 * compile: from a schema file to nodes.  For the files of lib/schema alone.
 */
#ifndef DP_SCHEMA_COMPILE_H
#define DP_SCHEMA_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "schema/arena.h"
#include "schema/keyword.h"
#include "schema/node.h"

struct dp_err;

struct dp_document;
struct dp_fetch;
struct dp_prefix;
struct dp_resource;

/* All schemas of a catalog; starts as { 0 }. */
struct dp_program {
	struct dp_arena arena;
	struct dp_buf patterns; /* struct dp_pattern *, to be freed */
	struct dp_buf sources;  /* struct dp_source *, likewise */
	struct dp_buf objects;  /* struct dp_plan_object *: all there are */
	struct dp_buf nodes;    /* struct dp_node *, likewise */
	struct dp_buf plans;    /* struct dp_plan *, likewise */
	struct dp_document *documents; /* schema/registry.h */
	struct dp_resource *resources;
	struct dp_prefix *prefixes;
	struct dp_fetch *fetch; /* NULL: nothing is fetched */
	uint32_t nguesses;      /* numbers given to keys and objects */
	uint32_t words;         /* of the object with most keys */
	bool formats_pass;      /* format is an annotation */
	bool lax;               /* a mistyped keyword is an annotation */
	void (*warn)(void *arg, const char *text); /* or told, and that */
	void *warn_arg;
	unsigned draft;  /* where $schema is not: 4, 6, 7, 2019, 0: 2020 */
	bool is_dynamic; /* some reference depends on where it is met */
};

/* What a subschema says: by keyword, the item of its value, or 0. */
struct dp_parts {
	uint32_t at[DP_KW_COUNT];
};

/* Where the compiler stands. */
struct dp_compile {
	struct dp_program *program;
	struct dp_document *document;
	const struct dp_source *source; /* the document's */
	const struct dp_resource *resource;
	unsigned drafts;       /* the resource's, as a bit */
	unsigned vocabularies; /* likewise */
	unsigned depth;
	struct dp_err *err;
};

/*
 * Compiles the root of a document, and all that it refers to.  NULL and err
 * set (DP_CONFIG with the place, or no memory).  The nodes are not to be
 * used before dp_program_link().
 */
const struct dp_node *dp_compile_document(struct dp_program *program,
    struct dp_document *document, struct dp_err *err);

/* After the last document, and before its plans (schema/plan.h). */
int dp_program_link(struct dp_program *program, struct dp_err *err);
void dp_program_fini(struct dp_program *program);

/* For compile*.c. */

/* The subschema at item i of the source; NULL and err set. */
const struct dp_node *dp_compile_schema(struct dp_compile *c, uint32_t i);

/* The subschema at item i of any document. */
const struct dp_node *dp_compile_at(struct dp_compile *c,
    struct dp_document *document, uint32_t i);

/* The schemas in the array at item i. */
int dp_compile_list(struct dp_compile *c, uint32_t i, struct dp_list *list);

/* The regular expression of that text, which the program owns. */
const struct dp_pattern *dp_compile_pattern(struct dp_compile *c, uint32_t i,
    const char *text, size_t len);

/* The schema that the reference at item i means. */
const struct dp_node *dp_compile_ref(struct dp_compile *c, uint32_t i);
const struct dp_dynamic *dp_compile_dynamic(struct dp_compile *c, uint32_t i,
    bool recursive);

/* Each takes its keywords from parts; 0, or -1 and err set. */
int dp_compile_types(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);
int dp_compile_values(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);
int dp_compile_number(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);
int dp_compile_string(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);
int dp_compile_array(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);
int dp_compile_object(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);
int dp_compile_combine(struct dp_compile *c, struct dp_node *n,
    const struct dp_parts *parts);

/* The count at item i (0 for none); -1 when it is no such number. */
int dp_compile_count(struct dp_compile *c, uint32_t i, uint64_t *n);

/* The text of a string or key, with escapes resolved and a NUL behind. */
const char *dp_compile_text(struct dp_compile *c, const char *raw, size_t len,
    size_t *text_len);

/* Zero bytes of the program's arena; NULL and err set. */
void *dp_compile_take(struct dp_compile *c, size_t n, size_t size);

#endif
