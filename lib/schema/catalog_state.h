/* catalog_state: the inside of catalogs, schemas and checks. */
#ifndef DP_SCHEMA_CATALOG_STATE_H
#define DP_SCHEMA_CATALOG_STATE_H

#include "json/work.h"
#include "schema/catalog.h"
#include "schema/check.h"
#include "schema/compile.h"
#include "schema/eval.h"
#include "schema/plan.h"

struct dp_schema {
	const char *name;
	size_t name_len, index;
	struct dp_document *document;
	const struct dp_node *root;
	const struct dp_plan *plan;
	const char *description;
	struct dp_property *properties;

	/*
	 * The key of the type among root's, when nothing is asked of it but
	 * to be a string or this type's name; else NULL.
	 */
	const struct dp_prop *type_prop;
	bool proves_type; /* no record of another type matches */
};

/*
 * What the check of a record needs of its type, in one line of the cache:
 * the name with the quote behind it, and the key of the type in the object.
 */
struct dp_tag_of {
	_Alignas(64) char text[DP_PROP_TEXT];
	uint32_t mask;
	uint32_t number;
	uint64_t bit;
	const struct dp_plan_object *object; /* NULL: look at the schema */
	uint32_t skip;
};

struct dp_catalog {
	struct dp_program program;
	struct dp_schema *schemas;
	struct dp_tag_of *tags; /* by the number of the schema */
	size_t n;
	struct dp_keytable names;
	bool single;
	struct dp_catalog_opts opts;
	const char *path;
	const char *type_key;  /* the pointer as given */
	struct dp_key *tokens; /* of it */
	size_t ntokens;
};

/* A catalog of one schema from memory, for the tests. */
struct dp_catalog *dp_catalog_text(const char *text, size_t len,
    const struct dp_catalog_opts *opts, struct dp_err *err);

/* Reads the properties at the top of a schema.  0, or -1 and err set. */
int dp_schema_describe(struct dp_catalog *c, struct dp_schema *s,
    struct dp_err *err);

/* An open container. */
struct dp_frame {
	const struct dp_plan_object *object;
	const struct dp_plan_array *array; /* NULL: an object is open */
	const char *start;                 /* of an array: its bracket */
	uint64_t *more; /* bits of keys from DP_SEEN_OWN on */
	uint64_t count; /* elements, or unknown keys */
	/* While a member of it is open: */
	uint64_t seen;
	const struct dp_prop **guess;
	uint32_t number; /* in the set of keys; 0: none yet */
};

/*
 * Checks lines from p on, until end or one that is blank or bad, which it
 * returns.  One for each width of json/lex.h.
 */
typedef const char *dp_check_lines_fn(struct dp_check *k, const char *p,
    const char *end, uint64_t *good);

/* A value by its plan, in a frame that stays open; NULL: not good. */
typedef const char *dp_check_value_fn(struct dp_check *k, const char *p,
    const struct dp_plan *plan, struct dp_frame *f);

#define DP_CHECK_WORK 67108864 /* bytes that tries may read, for a record */
#define DP_CHECK_NESTED 1000   /* tries within tries */

#define DP_CHECK_PLACES 16

/* Where a fault stands in its schema, as it was told last. */
struct dp_place_of {
	const struct dp_node *node; /* NULL: none yet */
	const char *code;
	uint64_t n;
	struct dp_buf text;
};

struct dp_check {
	const struct dp_catalog *catalog;
	const struct dp_node *root;     /* of every record; NULL: by its type */
	const struct dp_plan *plan;     /* of root */
	const struct dp_schema *schema; /* of the line at hand */
	struct dp_frame *frames;
	uint64_t *more;                /* words of each frame */
	const struct dp_prop **guess;  /* by number: the key that came next */
	const struct dp_prop *found;   /* by dp_check_key() */
	const struct dp_plan *unknown; /* by the same, when found is NULL */
	struct dp_prop type_key;       /* to be told at once, if plain */
	const char *line;              /* at hand */
	bool objects_only, keys_begun;
	bool unplanned; /* a type was told, and is not known */
	bool gave_up;   /* at the line at hand: the tape decides */
	unsigned nested;
	uint64_t left; /* of DP_CHECK_WORK */
	dp_check_lines_fn *lines;
	dp_check_value_fn *value;
	struct dp_scan_work work;
	struct dp_buf text;
	struct dp_tape tape;
	struct dp_eval eval;
	struct dp_buf pointer, place, detail;       /* of the last fault */
	struct dp_place_of places[DP_CHECK_PLACES]; /* by node */

	/* When all faults are told: */
	bool tell_all;
	struct dp_buf all;    /* struct dp_eval_found */
	struct dp_buf faults; /* struct dp_fault */
	struct dp_buf texts;  /* theirs, each with a NUL behind */
};

/*
 * For explain*.c.  Sets what *f says of a fault of the schema, as texts of
 * pointer, place and detail; line is where the record's line begins.
 */
void dp_explain_fault(struct dp_check *k, const char *line,
    const struct dp_eval_fault *e, const struct dp_eval_fault *near,
    struct dp_fault *f);

/* Sets f->all from what is found, if that is more than one. */
void dp_explain_all(struct dp_check *k, const char *line, struct dp_fault *f);

/*
 * The rare cases, the same in each width.
 *
 * The type of the record at p, which stands on its brace; not checked yet.
 * NULL when it has none, or none that is known.
 */
const struct dp_schema *dp_check_type(struct dp_check *k, const char *p);

/* The plan that a record must match which has not told its type first. */
const struct dp_plan *dp_check_root(struct dp_check *k, const char *p);

/*
 * The plan of the type that the end of a line names, where the check itself
 * would find out that it is not the type; else NULL.
 */
const struct dp_plan *dp_check_hint(struct dp_check *k, const char *p);

/* A key whose bit is set: true when it is shared, and the key is new; or
 * when keys may stand twice. */
bool dp_check_twice(const struct dp_check *k, struct dp_frame *f,
    const struct dp_prop *prop);

/* Whether an object with many keys, with bounds or rules, is complete. */
bool dp_check_rest(const struct dp_frame *f, uint64_t seen);

/* Whether the elements of a complete array are all different. */
bool dp_check_unique(struct dp_check *k, const struct dp_frame *f);

/*
 * The key of an object that did not come as guessed, from behind its quote:
 * returns the first byte of its value, and sets k->found, or k->unknown and
 * k->found to NULL.  NULL: no key, or twice, or one that may not be.
 */
const char *dp_check_key(struct dp_check *k, struct dp_frame *f,
    const char *key, const struct dp_prop **guess);

/*
 * What comes before the container at p: tries, and switches that lead to
 * the plan that is returned.  NULL: it does not match.
 */
const struct dp_plan *dp_check_odd(struct dp_check *k, const char *p,
    const struct dp_plan *plan, struct dp_frame *f);

/* Begins the set of keys, once a line. */
static inline void
dp_check_begin_keys(struct dp_check *k)
{
	if (!k->keys_begun)
		dp_keyset_begin(&k->work.keys, k->line);
	k->keys_begun = true;
}

/*
 * Seeks a key in the object at p: *value is its first value, or NULL when it
 * is not there.  Returns -1 when no JSON is, or once and it is there twice.
 */
int dp_check_seek(struct dp_check *k, const char *p, const struct dp_key *name,
    bool once, const char **value);

/* Whether a scalar matches all that a node says; may give up. */
bool dp_check_deep(struct dp_check *k, const struct dp_node *n,
    const struct dp_scan_value *v);

/*
 * One more plan for the value at p: the first is *next, for the check that
 * goes on; if there is one already, this one is tried.
 */
bool dp_check_also(struct dp_check *k, struct dp_frame *f, const char *p,
    const struct dp_plan *plan, const struct dp_plan **next);

/* A value of text that has been scanned, by the tape. */
bool dp_check_tape(struct dp_check *k, const struct dp_plan *plan,
    const char *text);

bool dp_check_scalar(struct dp_check *k, const struct dp_plan *plan,
    enum dp_json_type type, const char *text, const char *end, bool escaped);

/* A line by the tape alone: slow, and what all else must agree with. */
const char *dp_check_by_tape(struct dp_check *k, const char *line);

dp_check_lines_fn dp_check_lines_plain; /* SSE2 on x86-64, else words */
dp_check_lines_fn dp_check_lines_words;
dp_check_value_fn dp_check_value_plain, dp_check_value_words;
#if defined(__x86_64__) && !defined(DP_PORTABLE)
dp_check_lines_fn dp_check_lines_avx2;
dp_check_value_fn dp_check_value_avx2;
#endif

/* A new check of a chosen width, for the tests. */
void dp_check_width(struct dp_check *k, dp_check_lines_fn *lines);

#endif
