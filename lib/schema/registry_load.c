/* Where schemas of a URI are read from. */
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "schema/fetch.h"
#include "schema/meta.h"
#include "schema/registry.h"
#include "schema/uri.h"

#define DEPTH_MAX 16 /* of folders */
#define FILE_URI "file:///"

struct dp_prefix {
	const char *uri, *dir;
	struct dp_prefix *next;
};

static const char *
keep(struct dp_program *p, struct dp_buf *b)
{
	const char *text =
	    b->failed ? NULL : dp_arena_text(&p->arena, b->data, b->len);

	dp_buf_fini(b);
	return text;
}

const char *
dp_registry_file_uri(struct dp_program *p, const char *path)
{
	struct dp_buf b;

	dp_buf_init(&b, 0);
	dp_uri_resolve(&b, "file:///", "", 0);
	dp_buf_clear(&b);
	(void)dp_buf_adds(&b, "file://");
	if (*path != '/')
		(void)dp_buf_addc(&b, '/');
	(void)dp_buf_adds(&b, path);
	path = keep(p, &b);
	if (path == NULL)
		return NULL;
	dp_buf_init(&b, 0);
	dp_uri_resolve(&b, "file:///", path, strlen(path));
	return keep(p, &b);
}

int
dp_registry_prefix(struct dp_program *p, const char *prefix, const char *dir,
    struct dp_err *err)
{
	struct dp_prefix *x = dp_arena_take(&p->arena, sizeof *x);

	if (x == NULL)
		return dp_err_nomem(err);
	x->uri = dp_arena_text(&p->arena, prefix, strlen(prefix));
	x->dir = dp_arena_text(&p->arena, dir, strlen(dir));
	if (x->uri == NULL || x->dir == NULL)
		return dp_err_nomem(err);
	x->next = p->prefixes;
	p->prefixes = x;
	return 0;
}

/* True when a path would leave the folder it is in. */
static bool
leaves(const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (path[i] == '\0' ||
		    (path[i] == '.' && i + 1 < len && path[i + 1] == '.' &&
			(i == 0 || path[i - 1] == '/')))
			return true;
	return false;
}

/* The path of the file that a URI means below a prefix, or NULL. */
static const char *
path_of(struct dp_program *p, const struct dp_prefix *x, const char *uri)
{
	const size_t n = strlen(x->uri);
	struct dp_buf b;
	size_t dir;

	if (strncmp(uri, x->uri, n) != 0)
		return NULL;
	dp_buf_init(&b, 0);
	(void)dp_buf_adds(&b, x->dir);
	if (b.len > 0 && !b.failed && b.data[b.len - 1] != '/')
		(void)dp_buf_addc(&b, '/');
	dir = b.len;
	dp_uri_decode(&b, uri + n, strlen(uri + n));
	if (b.failed || leaves(b.data + dir, b.len - dir)) {
		dp_buf_fini(&b);
		return NULL;
	}
	return keep(p, &b);
}

static struct dp_resource *
find(const struct dp_program *p, const char *uri)
{
	struct dp_resource *r;

	for (r = p->resources; r != NULL; r = r->next)
		if (strcmp(r->uri, uri) == 0 ||
		    (r->found_as != NULL && strcmp(r->found_as, uri) == 0))
			return r;
	return NULL;
}

/* Takes in what was read for a URI.  source may be NULL, with err set. */
static struct dp_resource *
take(struct dp_program *p, struct dp_source *source, const char *uri,
    struct dp_err *err)
{
	struct dp_document *d;

	if (source == NULL)
		return NULL;
	uri = dp_arena_text(&p->arena, uri, strlen(uri));
	if (uri == NULL) {
		dp_source_free(source);
		(void)dp_err_nomem(err);
		return NULL;
	}
	d = dp_registry_add(p, source, uri, err);
	return d == NULL ? NULL : dp_registry_of(d, 0);
}

/* A file that a URI names as such. */
static struct dp_source *
read_named(struct dp_program *p, const char *uri, struct dp_err *err)
{
	const char *path;
	struct dp_buf b;
	struct stat st;

	dp_buf_init(&b, 0);
	dp_uri_decode(&b, uri, strlen(uri));
	if (!b.failed && memchr(b.data, '\0', b.len) != NULL) {
		dp_buf_fini(&b);
		return NULL;
	}
	path = keep(p, &b);
	if (path == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	return stat(path, &st) == 0 && S_ISREG(st.st_mode)
	    ? dp_source_read(path, err)
	    : NULL;
}

static bool
is_file(const char *uri)
{
	return strncmp(uri, FILE_URI, sizeof FILE_URI - 1) == 0;
}

/* With --fetch-refs. */
static struct dp_source *
fetch(struct dp_program *p, const char *uri, struct dp_err *err)
{
	if (p->fetch == NULL)
		return NULL;
	return is_file(uri) ? read_named(p, uri + sizeof FILE_URI - 2, err)
			    : dp_fetch_source(p->fetch, uri, err);
}

struct dp_resource *
dp_registry_find(struct dp_program *p, const char *uri,
    const struct dp_document *by, struct dp_err *err)
{
	const struct dp_prefix *x;
	struct dp_resource *r = find(p, uri);
	struct dp_source *source;

	/* Another server's schema has no business with files. */
	if (by->source->fetched && is_file(uri))
		return NULL;
	for (x = p->prefixes; r == NULL && x != NULL; x = x->next) {
		const char *path = path_of(p, x, uri);
		struct stat st;

		if (path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return take(p, dp_source_read(path, err), uri, err);
	}
	if (r != NULL)
		return r;
	source = dp_meta_source(uri, err);
	if (source == NULL && err->status == DP_OK)
		source = fetch(p, uri, err);
	return source == NULL ? NULL : take(p, source, uri, err);
}

static int
take_file(struct dp_program *p, const char *path, struct dp_err *err)
{
	struct dp_source *s = dp_source_read(path, err);
	const char *uri = dp_registry_file_uri(p, path);

	if (s == NULL)
		return -1;
	if (uri == NULL) {
		dp_source_free(s);
		return dp_err_nomem(err);
	}
	return dp_registry_add(p, s, uri, err) == NULL ? -1 : 0;
}

static int take_folder(struct dp_program *p, const char *dir, unsigned depth,
    struct dp_err *err);

static int
take_entry(struct dp_program *p, const char *dir, const char *name,
    unsigned depth, struct dp_err *err)
{
	const size_t len = strlen(name);
	struct stat st;
	struct dp_buf b;
	const char *path;

	if (*name == '.')
		return 0;
	dp_buf_init(&b, 0);
	(void)dp_buf_addf(&b, "%s/%s", dir, name);
	path = keep(p, &b);
	if (path == NULL)
		return dp_err_nomem(err);
	if (stat(path, &st) == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
	if (S_ISDIR(st.st_mode))
		return take_folder(p, path, depth + 1, err);
	if (len < 5 || strcmp(name + len - 5, ".json") != 0)
		return 0;
	return take_file(p, path, err);
}

static int
take_folder(struct dp_program *p, const char *dir, unsigned depth,
    struct dp_err *err)
{
	DIR *d = depth > DEPTH_MAX ? NULL : opendir(dir);
	const struct dirent *e;
	int rc = 0;

	if (depth > DEPTH_MAX)
		return dp_err_set(err, DP_CONFIG, "%s: nests too deep", dir);
	if (d == NULL)
		return dp_err_sys(err, dp_err_status_of_setting(errno), errno,
		    "%s", dir);
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = take_entry(p, dir, e->d_name, depth, err);
	(void)closedir(d);
	return rc;
}

int
dp_registry_folder(struct dp_program *p, const char *dir, struct dp_err *err)
{
	return take_folder(p, dir, 0, err);
}
