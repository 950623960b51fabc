#include "sink/file.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "json/scan.h"

static int
candidate(void *arg, const struct dp_mark *m, struct dp_err *err)
{
	struct dp_file *f = arg;

	return dp_known_candidate(&f->known, m, err);
}

void
dp_file_source(const char *label, char source[DP_MARK_SOURCE])
{
	(void)snprintf(source, DP_MARK_SOURCE, "file%s%s",
	    label != NULL ? ":" : "", label != NULL ? label : "");
}

int
dp_file_begin(struct dp_file *f, const char *name, const char *inode,
    bool again, struct dp_err *err)
{
	dp_file_fini(f);
	f->state = again ? DP_FILE_PASS : DP_FILE_HEAD;
	f->incomplete = false;
	if (!again) {
		f->went_on = f->like_known = f->too_small = false;
		f->mark = (struct dp_mark){ 0 };
		(void)snprintf(f->name, sizeof f->name, "%s", name);
		(void)snprintf(f->inode, sizeof f->inode, "%s", inode);
	}
	if (dp_known_init(&f->known, err) == -1)
		return -1;
	f->known.inode = f->inode;
	return 0;
}

void
dp_file_fini(struct dp_file *f)
{
	if (f->known.hash == NULL)
		return;
	if (f->load != NULL && f->load->hash == f->known.hash)
		f->load->hash = NULL;
	dp_known_fini(&f->known);
}

static void
go_on(struct dp_file *f)
{
	f->state = DP_FILE_LOAD;
	if (f->placed || f->load == NULL)
		return;
	(void)snprintf(f->mark.inode, sizeof f->mark.inode, "%s", f->inode);
	(void)snprintf(f->mark.file, sizeof f->mark.file, "%s", f->name);
	dp_load_at(f->load, f->ledger ? &f->mark : NULL,
	    f->ledger ? f->known.hash : NULL);
	/* A BOM, or a line that is too long, may have passed. */
	f->load->to.next = f->known.at;
}

/*
 * All candidates are judged, or the file is at its end.  fresh: nothing
 * that is to be loaded has passed.
 */
static enum dp_file_next
decide(struct dp_file *f, bool fresh, struct dp_err *err)
{
	const struct dp_mark *best = f->force ? NULL : f->known.best;

	f->went_on = best != NULL;
	f->like_known = f->known.n > 0;
	f->too_small = f->known.tiny;
	if (best != NULL) {
		f->mark = *best;
	} else {
		f->mark = (struct dp_mark){ 0 };
		(void)snprintf(f->mark.source, sizeof f->mark.source, "%s",
		    f->source);
		dp_known_lane(&f->known, f->head, f->mark.lane);
	}
	if (f->mark.next == f->known.at || (fresh && best == NULL)) {
		go_on(f);
		return DP_FILE_MORE;
	}
	if (!f->streams)
		return DP_FILE_AGAIN;
	(void)dp_err_set(err, DP_DATA,
	    "%s: it does not go on where the last load under this --source "
	    "ended; nothing was loaded: use another one, or --force",
	    f->name);
	return DP_FILE_FAIL;
}

/* The hash of the first line; space at its end may yet come or go. */
static void
hash_head(const char *data, size_t len, char text[33], struct dp_hash128 *h)
{
	const char *nl = memchr(data, '\n', len);

	if (nl != NULL)
		len = (size_t)(nl - data);
	while (len > 0 && strchr(" \t\r", data[len - 1]) != NULL)
		len--;
	dp_hash128_reset(h);
	dp_hash128_add(h, data, len);
	dp_hash128_text(h, text);
}

/* The first block: which files begin with its line? */
static enum dp_file_next
take_head(struct dp_file *f, const char *data, size_t len, struct dp_err *err)
{
	struct dp_hash128 *h;
	char lane[64];

	if (!f->ledger || f->placed) {
		go_on(f);
		return DP_FILE_MORE;
	}
	h = dp_hash128_new(err);
	if (h == NULL)
		return DP_FILE_FAIL;
	hash_head(data, len, f->head, h);
	dp_hash128_free(h);
	(void)snprintf(lane, sizeof lane, "%s.", f->head);
	if (dp_sink_marks(f->sink, f->source, lane, candidate, f, err) == -1)
		return DP_FILE_FAIL;
	dp_known_add(&f->known, "", 0);
	f->state = DP_FILE_JUDGE;
	return f->force || dp_known_wants(&f->known) == 0 ? decide(f, true, err)
							  : DP_FILE_MORE;
}

/* Eight bytes at once: of those that are '\n' the high bit is left. */
static uint64_t
count_lines(const char *data, size_t len)
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t n = 0, eight;
	size_t i;

	for (i = 0; len - i >= sizeof eight; i += sizeof eight) {
		memcpy(&eight, data + i, sizeof eight);
		eight ^= UINT64_C(0x0a0a0a0a0a0a0a0a);
		eight = ~(((eight & low) + low) | eight | low);
		n += (uint64_t)__builtin_popcountll(eight);
	}
	for (; i < len; i++)
		n += data[i] == '\n';
	return n;
}

/* Content that was loaded before, or may have been; returns its length. */
static size_t
pass(struct dp_file *f, const char *data, size_t len)
{
	uint64_t n = f->state == DP_FILE_PASS ? f->mark.next - f->known.at
					      : dp_known_wants(&f->known);

	if (n > len)
		n = len;
	dp_known_add(&f->known, data, (size_t)n);
	return (size_t)n;
}

static enum dp_file_next
has_changed(const struct dp_file *f, struct dp_err *err)
{
	(void)dp_err_set(err, DP_TRYAGAIN,
	    "%s: it has changed while it was read", f->name);
	return DP_FILE_FAIL;
}

/* What passed the second time may be another file of that name. */
static bool
is_the_same(const struct dp_file *f)
{
	char hash[33];

	dp_hash128_text(f->known.hash, hash);
	return f->mark.next == 0 || strcmp(hash, f->mark.hash) == 0;
}

static enum dp_file_next
look(struct dp_file *f, struct dp_err *err)
{
	if (f->state == DP_FILE_PASS && f->known.at >= f->mark.next) {
		if (!is_the_same(f))
			return has_changed(f, err);
		go_on(f);
	}
	if (f->state != DP_FILE_JUDGE || dp_known_wants(&f->known) > 0)
		return DP_FILE_MORE;
	return decide(f, false, err);
}

void
dp_file_pass(struct dp_file *f, const char *data, size_t len)
{
	if (f->state != DP_FILE_LOAD)
		dp_known_add(&f->known, data, len);
	else if (f->load != NULL)
		dp_load_pass(f->load, data, len);
}

/* A last line without a newline is one if it is complete. */
static bool
is_complete(const char *data, size_t len)
{
	const struct dp_scan_opts lax = { .nul_passes = true,
		.dup_passes = true };
	size_t at;

	switch (dp_scan_line(data, len, &lax, NULL, &at)) {
	case DP_SCAN_INCOMPLETE:
	case DP_SCAN_MALFORMED:
	case DP_SCAN_ENCODING:
		return false;
	case DP_SCAN_OK:
	case DP_SCAN_SURROGATE:
	case DP_SCAN_NUL:
	case DP_SCAN_DEPTH_OVER:
	case DP_SCAN_DUPLICATE:
	case DP_SCAN_MEMORY:
		break;
	}
	return true;
}

static enum dp_file_next
load_part(struct dp_file *f, enum dp_block_kind kind, const char *data,
    size_t len, uint64_t line, uint64_t *lines, struct dp_err *err)
{
	int rc;

	if (kind != DP_BLOCK_LINES) {
		if (strspn(data, " \t\r") >= len)
			return DP_FILE_MORE;
		/* Of what no later run reads anew, it is a line like others. */
		f->incomplete = (f->ledger || f->placed || !f->streams) &&
		    !is_complete(data, len);
		if (f->incomplete)
			return DP_FILE_MORE;
	}
	if (f->load == NULL)
		return DP_FILE_ENOUGH;
	if (kind == DP_BLOCK_LINES) {
		rc = dp_load_lines(f->load, data, len, line, lines, err);
	} else {
		line += *lines;
		++*lines;
		rc = dp_load_line(f->load, data, len, false, line, err);
	}
	return rc == -1 ? DP_FILE_FAIL : DP_FILE_MORE;
}

/* Its content has passed: only what becomes of the line is open. */
static enum dp_file_next
take_long(struct dp_file *f, const char *data, size_t len,
    const struct dp_block *b, struct dp_err *err)
{
	enum dp_file_next next = look(f, err);

	if (next != DP_FILE_MORE || f->state != DP_FILE_LOAD ||
	    b->offset + b->long_bytes <= f->mark.next)
		return next;
	if (f->load == NULL)
		return DP_FILE_ENOUGH;
	return dp_load_long(f->load, data, len, b->long_bytes, b->line, err) ==
		-1
	    ? DP_FILE_FAIL
	    : DP_FILE_MORE;
}

enum dp_file_next
dp_file_take(struct dp_file *f, const struct dp_block *b, uint64_t *lines,
    struct dp_err *err)
{
	enum dp_file_next next = DP_FILE_MORE;
	size_t n = 0;

	/* A BOM is content, but not part of the first line. */
	if (b->bom && f->state != DP_FILE_LOAD && f->known.at == 0)
		dp_known_add(&f->known, "\xef\xbb\xbf", 3);
	if (f->state == DP_FILE_HEAD)
		next = take_head(f, b->data, b->len, err);
	if (next == DP_FILE_MORE && b->kind == DP_BLOCK_LONG) {
		++*lines;
		return take_long(f, b->data, b->len, b, err);
	}
	if (next == DP_FILE_MORE)
		next = look(f, err);
	while (next == DP_FILE_MORE && f->state != DP_FILE_LOAD && n < b->len) {
		n += pass(f, b->data + n, b->len - n);
		next = look(f, err);
	}
	*lines += count_lines(b->data, n);
	if (next != DP_FILE_MORE || f->state != DP_FILE_LOAD || n == b->len)
		return next;
	return load_part(f, b->kind, b->data + n, b->len - n, b->line, lines,
	    err);
}

enum dp_file_next
dp_file_end(struct dp_file *f, bool whole, bool *known, struct dp_err *err)
{
	enum dp_file_next next = DP_FILE_MORE;

	*known = false;
	if (f->state == DP_FILE_JUDGE && whole)
		next = decide(f, false, err);
	/* Of a file that was not read so far nothing can be said. */
	if (next != DP_FILE_MORE || f->state == DP_FILE_HEAD ||
	    (f->state != DP_FILE_LOAD && !whole))
		return next;
	if (f->state == DP_FILE_PASS)
		return has_changed(f, err);
	if (f->load == NULL) {
		*known = f->went_on;
		return DP_FILE_MORE;
	}
	*known = f->went_on && f->load->to.next == f->mark.next;
	/* All files are one transaction. */
	if (f->load->whole)
		return DP_FILE_MORE;
	return dp_load_commit(f->load, err) == -1 ? DP_FILE_FAIL : DP_FILE_MORE;
}
