#include "schema/catalog.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "schema/catalog_state.h"
#include "schema/fetch.h"
#include "schema/registry.h"

#define SUFFIX ".json"
#define PATH_SIZE 4096

/* The tokens of a JSON Pointer (RFC 6901). */
static int
read_pointer(struct dp_catalog *c, const char *text, struct dp_err *err)
{
	struct dp_arena *a = &c->program.arena;
	const size_t len = strlen(text);
	const char *from = text;
	size_t n = 0, i;

	for (i = 0; i < len; i++)
		n += text[i] == '/';
	if (len == 0 || *text != '/')
		return dp_err_set(err, DP_USAGE,
		    "the type key \"%s\" is no JSON Pointer: it begins with /",
		    text);
	c->type_key = dp_arena_text(a, text, len);
	c->tokens = dp_arena_array(a, n, sizeof *c->tokens);
	if (c->type_key == NULL || c->tokens == NULL)
		return dp_err_nomem(err);
	while (*from == '/') {
		const size_t span = strcspn(++from, "/");
		char *token = dp_arena_text(a, from, span);
		size_t out = 0;

		if (token == NULL)
			return dp_err_nomem(err);
		for (i = 0; i < span; i++) {
			if (from[i] == '~' && i + 1 < span)
				token[out++] = from[++i] == '0' ? '~' : '/';
			else
				token[out++] = from[i];
		}
		memset(token + out, 0, span - out);
		c->tokens[c->ntokens++] = (struct dp_key){ token, out };
		from += span;
	}
	return 0;
}

/* The one string that a plan takes; NULL: it is another plan. */
static const struct dp_key *
only_string(const struct dp_plan *p)
{
	const struct dp_node *n = p->strings.n == 1 ? p->strings.at[0] : NULL;

	return n != NULL && !p->strings.deep && n->string == NULL &&
		n->values == NULL && n->only != NULL && n->only->nstrings == 1
	    ? &n->only->strings[0]
	    : NULL;
}

/* True when the schema asks nothing of the type's key but what we know. */
static bool
is_settled(const struct dp_schema *s, const struct dp_plan *p)
{
	const struct dp_key *only = only_string(p);

	if ((p->types & DP_JSON_STRING) == 0 || p->whole != 0)
		return false;
	return (p->easy & DP_JSON_STRING) != 0 ||
	    (only != NULL && only->len == s->name_len &&
		memcmp(only->text, s->name, s->name_len) == 0);
}

/* The name with the quote behind it, as it stands in most records. */
static void
write_tag(struct dp_tag_of *tag, const struct dp_schema *s)
{
	struct dp_prop name;

	dp_prop_name(&name, s->name, s->name_len);
	if (name.skip == 0)
		return;
	memcpy(tag->text, name.text, sizeof tag->text);
	tag->mask = name.mask >> 1;
	tag->skip = name.skip - 1u;
	tag->number = s->type_prop->number;
	tag->bit = s->type_prop->bit;
	tag->object = s->plan->object;
}

static void
find_type_prop(const struct dp_catalog *c, struct dp_schema *s)
{
	const struct dp_plan_object *o = s->plan->object;
	int64_t i;

	if (c->ntokens != 1 || o == NULL ||
	    ((s->plan->odd | s->plan->whole) & DP_JSON_OBJECT) != 0)
		return;
	i = dp_keytable_find(&o->table, c->tokens[0].text, c->tokens[0].len);
	if (i < 0 || !is_settled(s, o->props[i].plan))
		return;
	s->type_prop = &o->props[i];
	s->proves_type = only_string(s->type_prop->plan) != NULL &&
	    (o->required & s->type_prop->bit & ~DP_SEEN_SHARED) != 0;
	write_tag(&c->tags[s->index], s);
}

/*
 * A schema that is to be compiled once all are known.  source may be NULL,
 * with err set.
 */
static int
add_schema(struct dp_catalog *c, struct dp_source *source, struct dp_err *err)
{
	struct dp_schema *s = &c->schemas[c->n];
	const char *uri;

	if (source == NULL)
		return -1;
	s->index = c->n++;
	s->name_len = strlen(source->name);
	s->name = dp_arena_text(&c->program.arena, source->name, s->name_len);
	uri = dp_registry_file_uri(&c->program, source->path);
	if (s->name == NULL || uri == NULL) {
		dp_source_free(source);
		return dp_err_nomem(err);
	}
	s->document = dp_registry_add(&c->program, source, uri, err);
	return s->document == NULL ? -1 : 0;
}

static int
plan_all(struct dp_catalog *c, struct dp_err *err)
{
	struct dp_arena *a = &c->program.arena;
	const struct dp_node **roots = dp_arena_array(a, c->n, sizeof *roots);
	const struct dp_plan **plans = dp_arena_array(a, c->n, sizeof *plans);
	size_t i;

	if (roots == NULL || plans == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < c->n; i++)
		roots[i] = c->schemas[i].root;
	if (dp_program_plan(&c->program, c->opts.scan.dup_passes, roots, plans,
		c->n, err) == -1)
		return -1;
	for (i = 0; i < c->n; i++)
		c->schemas[i].plan = plans[i];
	return 0;
}

static int
compile_all(struct dp_catalog *c, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		struct dp_schema *s = &c->schemas[i];

		s->root = dp_compile_document(&c->program, s->document, err);
		if (s->root == NULL)
			return -1;
	}
	if (dp_program_link(&c->program, err) == -1 || plan_all(c, err) == -1)
		return -1;
	c->tags = dp_arena_array(&c->program.arena, c->n, sizeof *c->tags);
	if (c->tags == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < c->n; i++) {
		find_type_prop(c, &c->schemas[i]);
		if (dp_schema_describe(c, &c->schemas[i], err) == -1)
			return -1;
	}
	return 0;
}

static int
open_single(struct dp_catalog *c, struct dp_source *source, struct dp_err *err)
{
	c->single = true;
	c->schemas = dp_arena_array(&c->program.arena, 1, sizeof *c->schemas);
	if (c->schemas == NULL) {
		dp_source_free(source);
		return dp_err_nomem(err);
	}
	return add_schema(c, source, err);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The paths of the schemas in a folder, in the order of their names. */
static int
list(struct dp_catalog *c, const char *path, struct dp_buf *names,
    struct dp_err *err)
{
	DIR *dir = opendir(path);
	const struct dirent *d;
	int saved;

	if (dir == NULL)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
	while (errno = 0, (d = readdir(dir)) != NULL) {
		const size_t len = strlen(d->d_name);
		const size_t tail = sizeof SUFFIX - 1;
		const char *name;

		if (d->d_name[0] == '.' || len <= tail ||
		    strcmp(d->d_name + len - tail, SUFFIX) != 0)
			continue;
		name = dp_arena_text(&c->program.arena, d->d_name, len);
		if (name == NULL ||
		    dp_buf_add(names, &name, sizeof(void *)) == -1)
			break;
	}
	saved = errno;
	(void)closedir(dir);
	if (d != NULL)
		return dp_err_nomem(err);
	if (saved != 0)
		return dp_err_sys(err, DP_FAILED, saved, "%s", path);
	if (names->len == 0)
		return dp_err_set(err, DP_CONFIG,
		    "%s: no schemas: want files with names like TYPE.json",
		    path);
	qsort(names->data, names->len / sizeof(char *), sizeof(char *),
	    by_name);
	return 0;
}

static int
add_all(struct dp_catalog *c, const char *path, const struct dp_buf *names,
    struct dp_err *err)
{
	const size_t n = names->len / sizeof(char *);
	char *const *name = (const void *)names->data;
	const size_t len = strlen(path);
	char file[PATH_SIZE];
	size_t i;

	c->schemas = dp_arena_array(&c->program.arena, n, sizeof *c->schemas);
	if (c->schemas == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < n; i++) {
		const int m = snprintf(file, sizeof file, "%s%s%s", path,
		    len > 0 && path[len - 1] == '/' ? "" : "/", name[i]);

		if (m < 0 || (size_t)m >= sizeof file)
			return dp_err_set(err, DP_NOINPUT,
			    "%s: the name is too long", path);
		if (add_schema(c, dp_source_read(file, err), err) == -1)
			return -1;
	}
	return 0;
}

static int
open_folder(struct dp_catalog *c, const char *path, struct dp_err *err)
{
	struct dp_buf names;
	struct dp_key *keys;
	size_t i;
	int rc;

	dp_buf_init(&names, 0);
	rc = list(c, path, &names, err);
	if (rc == 0)
		rc = add_all(c, path, &names, err);
	dp_buf_fini(&names);
	if (rc == -1)
		return -1;
	keys = dp_arena_array(&c->program.arena, c->n, sizeof *keys);
	if (keys == NULL)
		return dp_err_nomem(err);
	for (i = 0; i < c->n; i++)
		keys[i] = (struct dp_key){ c->schemas[i].name,
			c->schemas[i].name_len };
	return dp_keytable_make(&c->names, keys, c->n, &c->program.arena) == -1
	    ? dp_err_nomem(err)
	    : 0;
}

/* "PREFIX=DIR" or "DIR". */
static int
add_refs(struct dp_catalog *c, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < c->opts.nrefs; i++) {
		const char *ref = c->opts.refs[i], *eq = strrchr(ref, '=');
		const char *prefix = eq == NULL
		    ? NULL
		    : dp_arena_text(&c->program.arena, ref, (size_t)(eq - ref));
		int rc;

		if (eq != NULL && prefix == NULL)
			return dp_err_nomem(err);
		rc = eq != NULL
		    ? dp_registry_prefix(&c->program, prefix, eq + 1, err)
		    : dp_registry_folder(&c->program, ref, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Schemas of one folder may refer to each other by their names. */
static int
know_folder(struct dp_catalog *c, const char *path, bool is_folder,
    struct dp_err *err)
{
	const size_t len = strlen(path);
	struct dp_buf b;
	const char *dir, *uri;
	size_t n = len;

	while (!is_folder && n > 0 && path[n - 1] != '/')
		n--;
	dp_buf_init(&b, 0);
	(void)dp_buf_add(&b, path, n);
	if (n == 0)
		(void)dp_buf_adds(&b, "./");
	else if (path[n - 1] != '/')
		(void)dp_buf_addc(&b, '/');
	dir = dp_buf_text(&b);
	uri = dir == NULL ? NULL : dp_registry_file_uri(&c->program, dir);
	n = uri == NULL ? 0 : 1;
	if (n == 1 && dp_registry_prefix(&c->program, uri, dir, err) == -1)
		n = 2;
	dp_buf_fini(&b);
	return n == 0 ? dp_err_nomem(err) : n == 1 ? 0 : -1;
}

static int
open_at(struct dp_catalog *c, const char *path, struct dp_err *err)
{
	struct stat st;

	c->path = dp_arena_text(&c->program.arena, path, strlen(path));
	if (c->path == NULL)
		return dp_err_nomem(err);
	if (stat(path, &st) == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
	if (know_folder(c, path, S_ISDIR(st.st_mode), err) == -1)
		return -1;
	return S_ISDIR(st.st_mode)
	    ? open_folder(c, path, err)
	    : open_single(c, dp_source_read(path, err), err);
}

static struct dp_catalog *
new_catalog(const struct dp_catalog_opts *opts, struct dp_err *err)
{
	struct dp_catalog *c = calloc(1, sizeof *c);
	const char *key = opts->type_key;

	if (c == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	c->opts = *opts;
	c->program.formats_pass = opts->formats_pass;
	c->program.lax = opts->lax;
	c->program.warn = opts->warn;
	c->program.warn_arg = opts->warn_arg;
	c->program.draft = opts->draft;
	if (opts->fetch &&
	    (c->program.fetch = dp_fetch_new(opts->fetch_ms, opts->tell,
		 opts->tell_arg, err)) == NULL) {
		dp_catalog_free(c);
		return NULL;
	}
	if (read_pointer(c, key == NULL ? "/event_name" : key, err) == -1 ||
	    add_refs(c, err) == -1) {
		dp_catalog_free(c);
		return NULL;
	}
	return c;
}

struct dp_catalog *
dp_catalog_open(const char *path, const struct dp_catalog_opts *opts,
    struct dp_err *err)
{
	struct dp_catalog *c = new_catalog(opts, err);

	if (c != NULL && path != NULL &&
	    (open_at(c, path, err) == -1 || compile_all(c, err) == -1)) {
		/* Schemas are settings, not input: dp-drain must stop. */
		if (err->status == DP_NOINPUT)
			err->status = DP_CONFIG;
		dp_catalog_free(c);
		return NULL;
	}
	/* No connection is left open to the records. */
	if (c != NULL) {
		dp_fetch_free(c->program.fetch);
		c->program.fetch = NULL;
	}
	return c;
}

struct dp_catalog *
dp_catalog_text(const char *text, size_t len,
    const struct dp_catalog_opts *opts, struct dp_err *err)
{
	struct dp_catalog *c = new_catalog(opts, err);

	if (c != NULL &&
	    (open_single(c, dp_source_text("schema.json", text, len, err),
		 err) == -1 ||
		compile_all(c, err) == -1)) {
		dp_catalog_free(c);
		return NULL;
	}
	return c;
}

void
dp_catalog_free(struct dp_catalog *c)
{
	if (c == NULL)
		return;
	dp_program_fini(&c->program);
	free(c);
}

size_t
dp_catalog_count(const struct dp_catalog *c)
{
	return c->n;
}

const struct dp_schema *
dp_catalog_at(const struct dp_catalog *c, size_t i)
{
	return i < c->n ? &c->schemas[i] : NULL;
}

const struct dp_schema *
dp_catalog_find(const struct dp_catalog *c, const char *name, size_t len)
{
	char few[8] = { 0 };
	int64_t i;

	if (c->single)
		return c->schemas[0].name_len == len &&
			memcmp(c->schemas[0].name, name, len) == 0
		    ? &c->schemas[0]
		    : NULL;
	if (c->n == 0)
		return NULL;
	if (len < sizeof few && len > 0) {
		memcpy(few, name, len);
		name = few;
	}
	i = dp_keytable_find(&c->names, len == 0 ? few : name, len);
	return i < 0 ? NULL : &c->schemas[i];
}

bool
dp_catalog_single(const struct dp_catalog *c)
{
	return c->single;
}
