#include "schema/uri.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

/* Lengths of the parts in front of each other; the path ends at a query. */
struct parts {
	const char *text;
	size_t scheme;    /* with its colon; 0: none */
	size_t authority; /* with its slashes; 0: none */
	size_t path;
	size_t query; /* with its question mark */
	bool has_authority;
};

size_t
dp_uri_fragment(const char *ref, size_t len)
{
	const char *p = len == 0 ? NULL : memchr(ref, '#', len);

	return p == NULL ? len : (size_t)(p - ref) + 1;
}

static bool
is_scheme(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return true;
	return !first &&
	    ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.');
}

static struct parts
split(const char *text, size_t len)
{
	struct parts p = { .text = text };
	size_t at = 0, i;

	for (i = 0; i < len && is_scheme(text[i], i == 0); i++)
		;
	if (i > 0 && i < len && text[i] == ':')
		at = p.scheme = i + 1;
	if (len - at >= 2 && text[at] == '/' && text[at + 1] == '/') {
		for (i = at + 2; i < len && strchr("/?", text[i]) == NULL; i++)
			;
		p.authority = i - at;
		p.has_authority = true;
		at = i;
	}
	for (i = at; i < len && text[i] != '?'; i++)
		;
	p.path = i - at;
	p.query = len - i;
	return p;
}

/* Removes "." and ".." from the path that begins at start of b. */
static void
remove_dots(struct dp_buf *b, size_t start)
{
	char *path = b->data + start;
	const size_t len = b->len - start;
	size_t in = 0, out = 0;

	while (in < len) {
		size_t end = in + 1;

		while (end < len && path[end] != '/')
			end++;
		if (end - in == 2 && memcmp(path + in, "/.", 2) == 0) {
			if (end == len)
				path[out++] = '/';
		} else if (end - in == 3 && memcmp(path + in, "/..", 3) == 0) {
			while (out > 0 && path[--out] != '/')
				;
			if (end == len)
				path[out++] = '/';
		} else {
			memmove(path + out, path + in, end - in);
			out += end - in;
		}
		in = end;
	}
	b->len = start + out;
}

/* The path of base up to its last slash, and that of ref. */
static void
merge(struct dp_buf *b, const struct parts *base, const char *base_path,
    const char *path, size_t len)
{
	size_t keep = base->path;

	while (keep > 0 && base_path[keep - 1] != '/')
		keep--;
	if (keep == 0 && base->has_authority)
		(void)dp_buf_addc(b, '/');
	(void)dp_buf_add(b, base_path, keep);
	(void)dp_buf_add(b, path, len);
}

void
dp_uri_resolve(struct dp_buf *b, const char *base, const char *ref, size_t len)
{
	const size_t fragment = dp_uri_fragment(ref, len);
	const size_t n = fragment == len && (len == 0 || ref[len - 1] != '#')
	    ? len
	    : fragment - 1;
	const struct parts r = split(ref, n);
	const struct parts o = split(base, strlen(base));
	const char *path = ref + r.scheme + r.authority;
	const char *base_path = base + o.scheme + o.authority;
	size_t start;

	if (r.scheme > 0) {
		(void)dp_buf_add(b, ref, n);
		start = b->len - r.path - r.query;
		if (r.has_authority && r.query == 0 && !b->failed)
			remove_dots(b, start);
		return;
	}
	(void)dp_buf_add(b, base, o.scheme);
	if (r.has_authority)
		(void)dp_buf_add(b, ref, r.authority);
	else
		(void)dp_buf_add(b, base + o.scheme, o.authority);
	start = b->len;
	if (r.path == 0 && !r.has_authority)
		(void)dp_buf_add(b, base_path, o.path);
	else if (*path == '/' || r.has_authority)
		(void)dp_buf_add(b, path, r.path);
	else
		merge(b, &o, base_path, path, r.path);
	if (!b->failed)
		remove_dots(b, start);
	if (r.query > 0)
		(void)dp_buf_add(b, path + r.path, r.query);
	else if (r.path == 0 && !r.has_authority)
		(void)dp_buf_add(b, base_path + o.path, o.query);
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
dp_uri_decode(struct dp_buf *b, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		const int high =
		    i + 2 < len && text[i] == '%' ? hex(text[i + 1]) : -1;
		const int low = high == -1 ? -1 : hex(text[i + 2]);

		if (low == -1) {
			(void)dp_buf_addc(b, text[i]);
			continue;
		}
		(void)dp_buf_addc(b, (char)(high << 4 | low));
		i += 2;
	}
}
