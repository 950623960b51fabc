#include "schema/source.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"

#define READ_SIZE 65536

void
dp_source_free(struct dp_source *s)
{
	if (s == NULL)
		return;
	free(s->path);
	free(s->name);
	dp_buf_fini(&s->text);
	dp_buf_fini(&s->newlines);
	dp_tape_fini(&s->tape);
	free(s);
}

static struct dp_source *
new_source(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	const char *dot = strrchr(base, '.');
	struct dp_source *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	dp_buf_init(&s->text, DP_SOURCE_MAX + 2 * DP_SCAN_PAD);
	dp_buf_init(&s->newlines, 0);
	dp_tape_init(&s->tape);
	s->path = strdup(path);
	s->name = dot == NULL || strcmp(dot, ".json") != 0 || dot == base
	    ? strdup(base)
	    : strndup(base, (size_t)(dot - base));
	if (s->path == NULL || s->name == NULL) {
		dp_source_free(s);
		return NULL;
	}
	return s;
}

static int
read_all(struct dp_source *s, int fd, struct dp_err *err)
{
	size_t some = READ_SIZE;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return dp_err_sys(err, DP_NOINPUT, EISDIR, "%s", s->path);
	/* There may be many, and most are small. */
	if (st.st_size > 0 && st.st_size < READ_SIZE)
		some = (size_t)st.st_size + 1;
	do {
		if (dp_buf_reserve(&s->text, some) == -1)
			return s->text.len + some > DP_SOURCE_MAX
			    ? dp_err_set(err, DP_CONFIG,
				  "%s: larger than a schema may be", s->path)
			    : dp_err_nomem(err);
		n = dp_io_read(fd, s->text.data + s->text.len, some);
		if (n == -1)
			return dp_err_sys(err, dp_err_status_of(errno), errno,
			    "%s", s->path);
		s->text.len += (size_t)n;
	} while (n > 0);
	return 0;
}

/* One line for the scanner: newlines become blanks, and are remembered. */
static int
make_line(struct dp_source *s)
{
	static const char pad[DP_SCAN_PAD + 1] = "\n";
	char *p, *from = s->text.data;
	size_t left;

	if (s->text.len >= 3 && memcmp(from, "\xef\xbb\xbf", 3) == 0)
		memset(from, ' ', 3);
	s->len = left = s->text.len;
	while (left > 0 && (p = memchr(from, '\n', left)) != NULL) {
		const size_t at = (size_t)(p - s->text.data);

		if (dp_buf_add(&s->newlines, &at, sizeof at) == -1)
			return -1;
		/* Inside of a string a CR is no better than a newline. */
		*p = '\r';
		left -= (size_t)(p + 1 - from);
		from = p + 1;
	}
	return dp_buf_add(&s->text, pad, sizeof pad);
}

/* Line and column of an offset, both from 1. */
static void
place(const struct dp_source *s, size_t at, size_t *line, size_t *column)
{
	const size_t *nl = (const void *)s->newlines.data;
	size_t low = 0, high = s->newlines.len / sizeof *nl;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (nl[mid] < at)
			low = mid + 1;
		else
			high = mid;
	}
	*line = low + 1;
	*column = low == 0 ? at + 1 : at - nl[low - 1];
}

static int
bad_json(const struct dp_source *s, enum dp_scan_fault fault, size_t at,
    struct dp_err *err)
{
	size_t line, column;
	const char *why = dp_scan_code(fault);

	if (fault == DP_SCAN_MEMORY)
		return dp_err_nomem(err);
	if (fault == DP_SCAN_MALFORMED)
		why = "not JSON here";
	else if (fault == DP_SCAN_INCOMPLETE)
		why = "the file ends inside of a value";
	else if (fault == DP_SCAN_DUPLICATE)
		why = "the object has this key already";
	else if (fault == DP_SCAN_ENCODING)
		why = "not UTF-8";
	place(s, at, &line, &column);
	return dp_err_set(err, DP_CONFIG, "%s:%zu:%zu: %s", s->path, line,
	    column, why);
}

static int
take_apart(struct dp_source *s, struct dp_err *err)
{
	const struct dp_scan_opts opts = { .nul_passes = true };
	struct dp_scan_value root;
	enum dp_scan_fault fault;
	size_t at;

	if (make_line(s) == -1)
		return dp_err_nomem(err);
	fault = dp_scan_line(s->text.data, s->len, &opts, &root, &at);
	if (fault != DP_SCAN_OK)
		return bad_json(s, fault, at, err);
	return dp_tape_read(&s->tape, root.text) == -1 ? dp_err_nomem(err) : 0;
}

struct dp_source *
dp_source_read(const char *path, struct dp_err *err)
{
	struct dp_source *s = new_source(path);
	int fd, rc;

	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		(void)dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
		dp_source_free(s);
		return NULL;
	}
	rc = read_all(s, fd, err);
	(void)close(fd);
	if (rc == -1 || take_apart(s, err) == -1) {
		dp_source_free(s);
		return NULL;
	}
	return s;
}

struct dp_source *
dp_source_text(const char *path, const char *text, size_t len,
    struct dp_err *err)
{
	struct dp_source *s = new_source(path);

	if (s == NULL || dp_buf_add(&s->text, text, len) == -1) {
		(void)dp_err_nomem(err);
		dp_source_free(s);
		return NULL;
	}
	if (take_apart(s, err) == -1) {
		dp_source_free(s);
		return NULL;
	}
	return s;
}

int
dp_source_error(const struct dp_source *s, uint32_t i, struct dp_err *err,
    const char *fmt, ...)
{
	const struct dp_tape_item *it = dp_tape_at(&s->tape, i);
	const char *from = it->key != NULL ? it->key - 1 : it->text;
	size_t line, column;
	char text[512];
	struct dp_buf pointer;
	const char *at;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	place(s, (size_t)(from - s->text.data), &line, &column);
	dp_buf_init(&pointer, 0);
	dp_tape_pointer(&s->tape, i, &pointer);
	at = dp_buf_text(&pointer);
	(void)dp_err_set(err, DP_CONFIG, "%s:%zu:%zu: %.300s%s%s", s->path,
	    line, column, at == NULL ? "" : at,
	    at == NULL || *at == '\0' ? "" : ": ", text);
	dp_buf_fini(&pointer);
	return -1;
}
