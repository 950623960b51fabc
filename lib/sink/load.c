#include "sink/load.h"

#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "json/lex.h"
#include "json/text.h"
#include "schema/check.h"

void
dp_load_at(struct dp_load *l, const struct dp_mark *mark,
    struct dp_hash128 *hash)
{
	l->marked = mark != NULL;
	l->hash = hash;
	if (mark == NULL)
		return;
	l->mark = *mark;
	l->to = *mark;
	l->to.rows = l->to.rejected = 0;
}

static void
add(struct dp_load_counts *to, const struct dp_load_counts *n)
{
	to->read += n->read;
	to->loaded += n->loaded;
	to->updated += n->updated;
	to->ignored += n->ignored;
	to->rejected += n->rejected;
	to->known += n->known;
	to->blank += n->blank;
	to->replaced += n->replaced;
}

struct dp_load_counts
dp_load_total(const struct dp_load *l)
{
	struct dp_load_counts all = l->done;

	add(&all, &l->sent);
	add(&all, &l->pending);
	return all;
}

static void
forget(struct dp_load_counts *n)
{
	*n = (struct dp_load_counts){ 0 };
}

/* The batch that is under way is done. */
static int
settle(struct dp_load *l, struct dp_err *err)
{
	if (dp_sink_wait(l->sink, err) == -1)
		return -1;
	add(&l->done, &l->sent);
	forget(&l->sent);
	return 0;
}

/* Sends the open batch on its way, once the one before is done. */
static int
start(struct dp_load *l, struct dp_err *err)
{
	struct dp_load_counts *p = &l->pending;

	if (settle(l, err) == -1)
		return -1;
	if (l->hash != NULL)
		dp_hash128_text(l->hash, l->to.hash);
	l->to.rows = p->loaded + p->updated;
	l->to.rejected = p->rejected;
	l->sent = *p;
	forget(p);
	l->bytes = 0;
	if ((l->sent.read > l->sent.known ||
		(l->marked && l->to.next != l->mark.next)) &&
	    dp_sink_start(l->sink, l->marked ? &l->mark : NULL,
		l->marked ? &l->to : NULL, err) == -1)
		return -1;
	l->mark = l->to;
	return 0;
}

int
dp_load_commit(struct dp_load *l, struct dp_err *err)
{
	return start(l, err) == -1 ? -1 : settle(l, err);
}

/* Of a batch that is sent in parts the rows are not settled yet. */
static struct dp_load_counts *
counts_of(struct dp_load *l)
{
	return l->whole && l->sent.loaded == 0 ? &l->pending : &l->sent;
}

void
dp_load_conflicts(void *load, uint64_t updated, uint64_t ignored)
{
	struct dp_load_counts *n = counts_of(load);

	n->loaded -= updated + ignored;
	n->updated += updated;
	n->ignored += ignored;
}

int
dp_load_refused(void *load, struct dp_reject *fault, struct dp_err *err)
{
	struct dp_load *l = load;
	struct dp_load_counts *n = counts_of(l);

	n->loaded--;
	n->rejected++;
	return l->reject(l->arg, fault, err);
}

void
dp_load_rollback(struct dp_load *l)
{
	dp_sink_rollback(l->sink);
	l->to = l->mark;
	forget(&l->sent);
	forget(&l->pending);
	l->bytes = 0;
}

void
dp_load_fini(struct dp_load *l)
{
	dp_buf_fini(&l->mended);
}

void
dp_load_listen(struct dp_load *l, struct dp_sink_opts *opts)
{
	opts->refused = dp_load_refused;
	opts->conflicts = dp_load_conflicts;
	opts->refused_arg = l;
}

static bool
is_blank(const char *text, size_t len)
{
	return *text != '{' && dp_lex_ws(text) == text + len;
}

static int
reject(struct dp_load *l, struct dp_reject *fault, struct dp_err *err)
{
	l->pending.read++;
	l->pending.rejected++;
	l->to.next += l->by_lines;
	return l->reject(l->arg, fault, err);
}

/* What the scanner or the schema found. */
static int
explain(struct dp_load *l, const struct dp_sink_line *at, struct dp_err *err)
{
	struct dp_reject fault = { 0 };
	struct dp_fault f;

	if (dp_check_explain(l->check, at->text, at->len, &f, err) == -1)
		return -1;
	fault.code = f.code;
	fault.pointer = f.pointer;
	fault.pointer_len = f.pointer_len;
	fault.schema = f.schema;
	fault.detail = f.detail;
	fault.detail_len = f.detail_len;
	fault.column = f.column;
	fault.raw = at->raw;
	fault.raw_len = at->len;
	fault.line = at->number;
	return reject(l, &fault, err);
}

/* True for a line that an earlier run has settled. */
static bool
is_known(struct dp_load *l)
{
	if (l->skip == 0)
		return false;
	l->skip--;
	l->pending.read++;
	l->pending.known++;
	return true;
}

/* --nul=replace: 1 when at->text is another one now. */
static int
mend(struct dp_load *l, struct dp_sink_line *at, struct dp_err *err)
{
	static const char pad[DP_SCAN_PAD] = { '\n' };
	struct dp_buf *b = &l->mended;

	if (l->nul != DP_NUL_REPLACE)
		return 0;
	dp_buf_clear(b);
	if (dp_buf_add(b, at->raw, at->len) == -1 ||
	    dp_buf_add(b, pad, sizeof pad) == -1)
		return dp_err_nomem(err);
	at->text = b->data;
	if (!dp_json_replace_nul(b->data, at->len))
		return 0;
	l->pending.replaced++;
	return 1;
}

/* One line, without its place. */
static int
one(struct dp_load *l, const char *text, size_t len, uint64_t line,
    struct dp_err *err)
{
	struct dp_sink_line at = { text, len, text, line,
		l->marked ? &l->mark : NULL };
	const struct dp_schema *type;
	struct dp_reject fault = { 0 };
	int rc;

	if (is_known(l))
		return 0;
	if (is_blank(text, len)) {
		l->pending.blank++;
		l->to.next += l->by_lines;
		return 0;
	}
	if (dp_check_line(l->check, text, len, &type) == -1) {
		rc = mend(l, &at, err);
		if (rc == -1)
			return -1;
		if (rc == 0 ||
		    dp_check_line(l->check, at.text, len, &type) == -1)
			return explain(l, &at, err);
	}
	rc = dp_sink_row(l->sink, type, &at, &fault, err);
	if (rc == 1)
		return reject(l, &fault, err);
	l->pending.read++;
	l->pending.loaded++;
	l->to.next += l->by_lines;
	return rc;
}

int
dp_load_long(struct dp_load *l, const char *text, size_t len, uint64_t bytes,
    uint64_t line, struct dp_err *err)
{
	static const char why[] = "longer than --max-record";
	struct dp_reject fault = { .code = "too-long",
		.detail = why,
		.detail_len = sizeof why - 1,
		.raw = text,
		.raw_len = len,
		.truncated = true,
		.bytes = bytes,
		.line = line };

	return is_known(l) ? 0 : reject(l, &fault, err);
}

void
dp_load_pass(struct dp_load *l, const char *data, size_t len)
{
	if (l->hash != NULL)
		dp_hash128_add(l->hash, data, len);
	if (!l->by_lines)
		l->to.next += len;
}

static bool
is_full(const struct dp_load *l)
{
	return l->pending.read >= l->batch_records ||
	    l->bytes >= l->batch_bytes ||
	    dp_sink_held(l->sink) >= l->batch_bytes;
}

/* A batch that must be whole is sent in parts, the transaction stays. */
static int
ship(struct dp_load *l, struct dp_err *err)
{
	if (!l->whole)
		return start(l, err);
	if (dp_sink_held(l->sink) < l->batch_bytes)
		return 0;
	return dp_sink_flush(l->sink, l->marked ? &l->mark : NULL, err);
}

int
dp_load_lines(struct dp_load *l, const char *text, size_t len, uint64_t line,
    uint64_t *lines, struct dp_err *err)
{
	const char *p = text, *passed = text, *const end = text + len;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (one(l, p, (size_t)(nl - p), line + *lines, err) == -1)
			return -1;
		l->bytes += (size_t)(nl - p) + 1;
		++*lines;
		p = nl + 1;
		if (!is_full(l))
			continue;
		dp_load_pass(l, passed, (size_t)(p - passed));
		passed = p;
		if (ship(l, err) == -1)
			return -1;
	}
	dp_load_pass(l, passed, (size_t)(p - passed));
	return 0;
}

int
dp_load_line(struct dp_load *l, const char *text, size_t len, bool ends,
    uint64_t line, struct dp_err *err)
{
	if (one(l, text, len, line, err) == -1)
		return -1;
	l->bytes += len + ends;
	dp_load_pass(l, text, len + ends);
	return 0;
}
