#include "sink/standing.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "json/text.h"

#define NAME_WIDTH 35
#define ID_SHOWN 8

/* The lanes of a group of a queue, added up. */
struct queue {
	char source[DP_MARK_SOURCE];
	char updated_at[40];
	uint64_t rows, rejected, lanes;
};

void
dp_standing_init(struct dp_standing *s)
{
	dp_buf_init(&s->out, 0);
	dp_buf_init(&s->queues, 0);
	dp_file_source(s->label, s->source);
	s->file = (struct dp_file){ .source = s->source, .force = s->force };
}

int
dp_standing_open(struct dp_standing *s, const char *url,
    const struct dp_sink_opts *opts, struct dp_err *err)
{
	struct dp_sink_opts look = *opts;

	if (opts->ledger == NULL)
		return dp_err_set(err, DP_USAGE,
		    "--status reads the ledger: not with --ledger=none");
	look.look = true;
	s->sink = dp_sink_open(url, &look, err);
	s->file.sink = s->sink;
	return s->sink == NULL ? -1 : 0;
}

void
dp_standing_close(struct dp_standing *s)
{
	dp_file_fini(&s->file);
	dp_sink_close(s->sink);
	s->sink = NULL;
}

void
dp_standing_fini(struct dp_standing *s)
{
	dp_buf_fini(&s->out);
	dp_buf_fini(&s->queues);
}

static bool
is_file(const struct dp_mark *m)
{
	return strcmp(m->source, "file") == 0 ||
	    strncmp(m->source, "file:", 5) == 0;
}

static size_t
width_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* A name that is too wide loses its beginning. */
static void
add_name(struct dp_buf *out, const char *name, size_t width)
{
	struct dp_buf seen = { 0 };
	const char *text;
	size_t n;

	dp_json_visible(&seen, name, strlen(name));
	text = dp_buf_text(&seen);
	if (text == NULL) {
		out->failed = true;
		return;
	}
	n = width_of(text);
	if (n > width) {
		(void)dp_buf_adds(out, "...");
		for (n += 3; n > width; n--)
			do
				text++;
			while (((unsigned char)*text & 0xc0) == 0x80);
	}
	(void)dp_buf_adds(out, text);
	dp_buf_fini(&seen);
}

static void
add_line(struct dp_buf *out, const char *at, uint64_t rows, uint64_t rejected,
    const char *name)
{
	(void)dp_buf_addf(out, "%-20s %12ju %9ju  ", at, (uintmax_t)rows,
	    (uintmax_t)rejected);
	add_name(out, name, NAME_WIDTH);
	(void)dp_buf_addc(out, '\n');
}

static int
add_queue(struct dp_standing *s, const struct dp_mark *m, struct dp_err *err)
{
	struct queue *q = (struct queue *)(void *)s->queues.data, fresh = { 0 };
	size_t n = s->queues.len / sizeof *q;

	for (; n > 0; n--, q++)
		if (strcmp(q->source, m->source) == 0)
			break;
	if (n == 0) {
		memcpy(fresh.source, m->source, sizeof fresh.source);
		if (dp_buf_add(&s->queues, &fresh, sizeof fresh) == -1)
			return dp_err_nomem(err);
		q = (struct queue *)(void *)s->queues.data +
		    s->queues.len / sizeof *q - 1;
	}
	/* They come the oldest first. */
	memcpy(q->updated_at, m->updated_at, sizeof q->updated_at);
	q->rows += m->rows;
	q->rejected += m->rejected;
	q->lanes++;
	return 0;
}

/* "queue 1f00ba12../main, 3 lanes": dp-queue(1) has the whole of the id. */
static void
print_queue(struct dp_standing *s, const struct queue *q)
{
	const char *group = strrchr(q->source, '/');
	const size_t id = strcspn(q->source, "/");
	char name[DP_MARK_SOURCE + 64];

	(void)snprintf(name, sizeof name, "queue %.*s%s%s, %ju lane%s",
	    (int)(id > ID_SHOWN ? ID_SHOWN : id), q->source,
	    id > ID_SHOWN ? ".." : "", group == NULL ? "" : group,
	    (uintmax_t)q->lanes, q->lanes == 1 ? "" : "s");
	add_line(&s->out, q->updated_at, q->rows, q->rejected, name);
}

static void
add_json(struct dp_buf *out, const char *key, const char *text)
{
	(void)dp_buf_addf(out, "\"%s\":", key);
	dp_json_quote_any(out, text, strlen(text));
	(void)dp_buf_addc(out, ',');
}

static void
add_json_mark(struct dp_buf *out, const struct dp_mark *m)
{
	(void)dp_buf_addf(out,
	    "\"next\":%ju,\"rows\":%ju,\"rejected\":%ju,\"updated_at\":\"%s\"}\n",
	    (uintmax_t)m->next, (uintmax_t)m->rows, (uintmax_t)m->rejected,
	    m->updated_at);
}

static int
print_mark(void *arg, const struct dp_mark *m, struct dp_err *err)
{
	struct dp_standing *s = arg;
	char name[DP_MARK_SOURCE + DP_MARK_FILE];

	if (s->json) {
		(void)dp_buf_addc(&s->out, '{');
		add_json(&s->out, "source", m->source);
		add_json(&s->out, "lane", m->lane);
		if (is_file(m))
			add_json(&s->out, "file", m->file);
		add_json_mark(&s->out, m);
		return 0;
	}
	if (s->out.len == 0)
		(void)dp_buf_adds(&s->out,
		    "LOADED                       ROWS  REJECTED  FROM\n");
	if (!is_file(m))
		return add_queue(s, m, err);
	(void)snprintf(name, sizeof name, "%s%s%s",
	    m->source[4] == ':' ? m->source + 5 : "",
	    m->source[4] == ':' ? ": " : "", m->file);
	add_line(&s->out, m->updated_at, m->rows, m->rejected, name);
	return 0;
}

int
dp_standing_ledger(struct dp_standing *s, struct dp_err *err)
{
	const struct queue *q;
	size_t n;

	if (dp_sink_marks(s->sink, NULL, NULL, print_mark, s, err) == -1)
		return -1;
	q = (const struct queue *)(const void *)s->queues.data;
	for (n = s->queues.len / sizeof *q; n > 0; n--)
		print_queue(s, q++);
	if (s->out.len == 0 && !s->json)
		(void)dp_buf_adds(&s->out,
		    dp_sink_has_ledger(s->sink)
			? "The ledger is empty: no file or batch is loaded yet.\n"
			: "There is no ledger: nothing was loaded with one.\n");
	return s->out.failed ? dp_err_nomem(err) : 0;
}

static void
print_json(struct dp_standing *s, const char *verb, const char *why,
    const struct dp_mark *m)
{
	(void)dp_buf_addc(&s->out, '{');
	add_json(&s->out, "file", s->file.name);
	add_json(&s->out, "action", verb);
	add_json(&s->out, "why", why);
	if (m != NULL) {
		add_json(&s->out, "loaded_as", m->file);
		add_json_mark(&s->out, m);
	} else {
		s->out.data[s->out.len - 1] = '}';
		(void)dp_buf_addc(&s->out, '\n');
	}
}

/* m: what is loaded of it, or NULL. */
static void
print_file(struct dp_standing *s, const char *verb, const char *why,
    const struct dp_mark *m)
{
	struct dp_buf *out = &s->out;

	if (s->json) {
		print_json(s, verb, why, m);
		return;
	}
	(void)dp_buf_addf(out, "%-8s  ", verb);
	add_name(out, s->file.name, 70);
	(void)dp_buf_addf(out, "\n          %s\n", why);
	if (m == NULL)
		return;
	(void)dp_buf_addf(out, "          loaded %s, %ju rows, %ju rejected\n",
	    m->updated_at, (uintmax_t)m->rows, (uintmax_t)m->rejected);
	if (strcmp(m->file, s->file.name) == 0)
		return;
	(void)dp_buf_adds(out, "          as ");
	add_name(out, m->file, 67);
	(void)dp_buf_addc(out, '\n');
}

static void
print_new(struct dp_standing *s)
{
	const struct dp_file *f = &s->file;
	char why[64];

	if (s->file.went_on) {
		(void)snprintf(why, sizeof why,
		    "grown or interrupted: from byte %ju on",
		    (uintmax_t)s->file.mark.next);
		print_file(s, "continue", why, &s->file.mark);
		return;
	}
	print_file(s, "load",
	    s->force            ? "--force"
		: f->too_small  ? "equal to one that was loaded, but too small "
				  "to be sure"
		: f->like_known ? "new: begins like one that was loaded, but "
				  "differs"
				: "new: none that begins like it was loaded",
	    NULL);
}

static int
begin(void *arg, const char *name, const char *inode, bool again,
    struct dp_err *err)
{
	struct dp_standing *s = arg;

	s->file.streams = *inode == '\0';
	s->file.ledger =
	    dp_sink_has_ledger(s->sink) && (*inode != '\0' || s->label != NULL);
	return dp_file_begin(&s->file, name, inode, again, err);
}

static int
block(void *arg, const struct dp_block *b, uint64_t *lines, struct dp_err *err)
{
	struct dp_standing *s = arg;
	const enum dp_file_next next = dp_file_take(&s->file, b, lines, err);

	if (next == DP_FILE_ENOUGH)
		print_new(s);
	return (int)next;
}

static int
end(void *arg, bool whole, struct dp_err *err)
{
	struct dp_standing *s = arg;
	enum dp_file_next next;
	bool known;

	next = dp_file_end(&s->file, whole, &known, err);
	if (next != DP_FILE_MORE || !whole)
		return (int)next;
	if (s->file.incomplete)
		print_file(s, "wait",
		    "the last line may be cut: not loaded until it ends",
		    known ? &s->file.mark : NULL);
	else
		print_file(s, "skip",
		    known ? "all of it is loaded" : "nothing is in it",
		    known ? &s->file.mark : NULL);
	return s->out.failed ? dp_err_nomem(err) : 0;
}

static int
before_wait(void *arg, struct dp_err *err)
{
	(void)arg;
	(void)err;
	return 0;
}

static void
young(void *arg, const char *name)
{
	struct dp_standing *s = arg;

	(void)snprintf(s->file.name, sizeof s->file.name, "%s", name);
	print_file(s, "wait", "written to since --settle", NULL);
}

static void
passed(void *arg, const char *data, size_t len)
{
	dp_file_pass(&((struct dp_standing *)arg)->file, data, len);
}

const struct dp_files_ops dp_standing_files = { begin, block, end, before_wait,
	young, passed };
