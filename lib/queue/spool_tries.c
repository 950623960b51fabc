#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/time.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define RECORD 143
#define WORDS 24 /* "#dp1 m ", a checksum and a space; the text; a newline */
#define COMPACT 65536
#define FILE_MAX 16777216

static int
fail(const struct spool *s, struct dp_err *err)
{
	return dp_err_sys(err, dp_err_status_of(errno), errno,
	    "%s/group/%s/tries", s->base.name, s->group_name);
}

static char *
put(char *p, size_t width, uint64_t n, char behind)
{
	dp_fixed_put(p, width, n);
	p[width] = behind;
	return p + width + 1;
}

static void
format_try(char line[RECORD], const struct spool_try *t, uint64_t seed)
{
	char *p = line;

	memcpy(p, "#dp1 a K ", 9);
	p[7] = t->kind;
	p = put(p + 9, 16, t->number, '-');
	dp_fixed_put_hex(p, 16, t->nonce);
	p[16] = ' ';
	p = put(p + 17, 16, t->first, ' ');
	p = put(p, 16, t->end, ' ');
	p = put(p, 10, t->attempt, ' ');
	p = put(p, 16, t->value, ' ');
	p = put(p, 20, dp_time_wall_us(), ' ');
	dp_fixed_put_hex(p, 16, dp_hash64(line, (size_t)(p - line), seed));
	p[16] = '\n';
}

static uint64_t
take(struct dp_fixed *in, size_t width)
{
	uint64_t n = dp_fixed_take(in, width);

	dp_fixed_take_text(in, " ", 1);
	return n;
}

static int
parse_try(const char line[RECORD], uint64_t seed, struct spool_try *t)
{
	struct dp_fixed in = { .p = line, .left = RECORD };
	uint64_t check;

	dp_fixed_take_text(&in, "#dp1 a ", 7);
	t->kind = line[7];
	in.p++;
	in.left--;
	dp_fixed_take_text(&in, " ", 1);
	t->number = dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	t->nonce = dp_fixed_take_hex(&in, 16);
	dp_fixed_take_text(&in, " ", 1);
	t->first = take(&in, 16);
	t->end = take(&in, 16);
	t->attempt = take(&in, 10);
	t->value = take(&in, 16);
	t->time_us = take(&in, 20);
	check = dp_fixed_take_hex(&in, 16);
	dp_fixed_take_text(&in, "\n", 1);
	return in.bad || t->first >= t->end ||
		check != dp_hash64(line, RECORD - 17, seed)
	    ? -1
	    : 0;
}

static void
delete_parts(struct spool_tries *t, size_t at, size_t n)
{
	memmove(&t->parts[at], &t->parts[at + n],
	    (t->n - at - n) * sizeof t->parts[0]);
	t->n -= n;
}

/* The part with these bounds; new bounds take the place of what they hit. */
static struct spool_part *
part_of(struct spool_tries *t, uint64_t first, uint64_t end)
{
	const struct spool_part fresh = { .first = first, .end = end };
	size_t i = 0, hit = 0;

	while (i < t->n && t->parts[i].end <= first)
		i++;
	if (i < t->n && t->parts[i].first == first && t->parts[i].end == end)
		return &t->parts[i];
	while (i + hit < t->n && t->parts[i + hit].first < end)
		hit++;
	delete_parts(t, i, hit);
	if (t->n == SPOOL_PARTS)
		return NULL;
	memmove(&t->parts[i + 1], &t->parts[i],
	    (t->n - i) * sizeof t->parts[0]);
	t->parts[i] = fresh;
	t->n++;
	return &t->parts[i];
}

static void
divide(struct spool_tries *t, const struct spool_try *r)
{
	struct spool_part *p;

	if (r->value <= r->first || r->value >= r->end)
		return;
	p = part_of(t, r->first, r->value);
	if (p != NULL)
		p->part = true;
	p = part_of(t, r->value, r->end);
	if (p != NULL)
		p->part = true;
}

static void
take_try(struct spool_tries *t, const struct spool_try *r)
{
	struct spool_part *p;

	if (r->kind == 'd') {
		divide(t, r);
		return;
	}
	if (r->kind == 's' || r->kind == 'p')
		t->pid = (pid_t)r->value;
	p = part_of(t, r->first, r->end);
	if (p == NULL)
		return;
	if (r->attempt > p->attempts)
		p->attempts = r->attempt;
	p->failures += r->kind == 'e';
}

/* The file.  A missing one is an empty one. */
static int
read_all(const struct spool *s, struct dp_buf *b, struct dp_err *err)
{
	int fd = openat(s->group, "tries", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	ssize_t n = -1;
	off_t at = 0;

	if (fd == -1)
		return errno == ENOENT ? 0 : fail(s, err);
	if (fstat(fd, &st) == -1) {
		(void)fail(s, err);
	} else {
		/* Of a file that is out of bounds, what was written last. */
		if (st.st_size > FILE_MAX) {
			at = st.st_size - FILE_MAX;
			st.st_size = FILE_MAX;
		}
		if (dp_buf_reserve(b, (size_t)st.st_size + 1) == -1)
			(void)dp_err_nomem(err);
		else if ((n = dp_io_pread(fd, b->data, (size_t)st.st_size,
			      at)) == -1)
			(void)fail(s, err);
		else
			b->len = (size_t)n;
	}
	(void)close(fd);
	return n == -1 ? -1 : 0;
}

/* Whether [line, nl) is a line of words that verifies. */
static bool
are_words(const char *line, const char *nl, uint64_t seed)
{
	struct dp_fixed in = { .p = line, .left = (size_t)(nl - line) };
	uint64_t check;

	dp_fixed_take_text(&in, "#dp1 m ", 7);
	check = dp_fixed_take_hex(&in, 16);
	dp_fixed_take_text(&in, " ", 1);
	return !in.bad && check == dp_hash64(in.p, in.left, seed);
}

/* The next record at or behind *at that verifies, with its words. */
static bool
next_try(const struct spool *s, const struct dp_buf *b, size_t *at,
    struct spool_try *r)
{
	const char *said = NULL;
	size_t len = 0;

	while (*at + RECORD <= b->len) {
		const char *line = b->data + *at, *nl;

		memset(r, 0, sizeof *r);
		if (parse_try(line, s->seed, r) == 0) {
			r->from = *at - (said == NULL ? 0 : WORDS + len + 1);
			r->said = said;
			r->said_len = len;
			*at += RECORD;
			return true;
		}
		nl = memchr(line, '\n', b->len - *at);
		if (nl == NULL)
			return false;
		said = are_words(line, nl, s->seed) ? line + WORDS : NULL;
		len = said == NULL ? 0 : (size_t)(nl - said);
		*at = (size_t)(nl + 1 - b->data);
	}
	return false;
}

int
spool_tries_load(const struct spool *s, uint64_t number, uint64_t nonce,
    uint64_t line, struct spool_tries *t, struct dp_err *err)
{
	struct dp_buf b;
	struct spool_try r;
	size_t at = 0;
	int rc;

	memset(t, 0, sizeof *t);
	if (s->group == -1)
		return 0;
	dp_buf_init(&b, 0);
	rc = read_all(s, &b, err);
	while (rc == 0 && next_try(s, &b, &at, &r))
		if (r.number == number && r.nonce == nonce && r.end > line)
			take_try(t, &r);
	dp_buf_fini(&b);
	while (t->n > 0 && t->parts[0].end <= line)
		delete_parts(t, 0, 1);
	return rc;
}

int
spool_tries_each(const struct spool *s,
    void (*fn)(void *arg, const struct spool_try *t), void *arg,
    struct dp_err *err)
{
	struct dp_buf b;
	struct spool_try r;
	size_t at = 0;
	int rc;

	if (s->group == -1)
		return 0;
	dp_buf_init(&b, 0);
	rc = read_all(s, &b, err);
	while (rc == 0 && next_try(s, &b, &at, &r))
		fn(arg, &r);
	dp_buf_fini(&b);
	return rc;
}

static bool
is_open(struct spool_cursor *c, const struct spool_try *r)
{
	const struct spool_pos *pos = spool_cursor_find(c, r->number, r->nonce);

	if (pos == NULL)
		return r->number >= c->floor;
	return !pos->done && r->end > pos->line;
}

static int
replace(const struct spool *s, const struct dp_buf *kept, struct dp_err *err)
{
	int fd = openat(s->group, "tries.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	int bad = fd == -1 || dp_io_write(fd, kept->data, kept->len) == -1 ||
	    fsync(fd) == -1 ||
	    renameat(s->group, "tries.new", s->group, "tries") == -1 ||
	    fsync(s->group) == -1;
	int rc = bad ? fail(s, err) : 0;

	if (fd != -1)
		(void)close(fd);
	return rc;
}

/*
 * Whether a record behind `at` says all that r does.  What failed and does
 * not count is only for people: a peer that is down for days must not fill
 * the disk.
 */
static bool
is_said_again(const struct spool *s, const struct dp_buf *b, size_t at,
    const struct spool_try *r)
{
	struct spool_try later;

	if (r->kind == 'u')
		return true;
	if (r->kind != 's' && r->kind != 'p')
		return false;
	while (next_try(s, b, &at, &later))
		if (later.kind == r->kind && later.number == r->number &&
		    later.nonce == r->nonce && later.first == r->first &&
		    later.end == r->end)
			return true;
	return false;
}

/* Where the last failure stands, which is kept for people. */
static size_t
last_failure(const struct spool *s, const struct dp_buf *b)
{
	struct spool_try r;
	size_t at = 0, last = SIZE_MAX;

	while (next_try(s, b, &at, &r))
		if (r.kind == 'e' || r.kind == 'u')
			last = r.from;
	return last;
}

/* Leaves out what is settled, and what is said again. */
static void
keep_open(const struct spool *s, struct spool_cursor *c, const struct dp_buf *b,
    struct dp_buf *kept)
{
	const size_t last = last_failure(s, b);
	struct spool_try r;
	size_t at = 0;

	while (next_try(s, b, &at, &r))
		if (r.from == last ||
		    (is_open(c, &r) && !is_said_again(s, b, at, &r)))
			(void)dp_buf_add(kept, b->data + r.from, at - r.from);
}

/* Of what is settled the bounds stay: the same rejects have the same name. */
static void
keep_bounds(const struct spool *s, struct spool_cursor *c,
    const struct dp_buf *b, struct dp_buf *kept)
{
	struct spool_try r;
	size_t at = 0;

	while (next_try(s, b, &at, &r)) {
		char line[RECORD];

		if (is_open(c, &r) || r.kind == 'd') {
			(void)dp_buf_add(kept, b->data + r.from, at - r.from);
		} else if (r.kind == 's' && !is_said_again(s, b, at, &r)) {
			r.attempt = 0;
			format_try(line, &r, s->seed);
			(void)dp_buf_add(kept, line, sizeof line);
		}
	}
}

/*
 * Writes the file anew with what keep keeps, if it has more than `over` times
 * as many bytes as that: one that is all open would be copied each time.
 */
static int
rewrite(const struct spool *s,
    void (*keep)(const struct spool *s, struct spool_cursor *c,
	const struct dp_buf *b, struct dp_buf *kept),
    size_t over, struct dp_err *err)
{
	struct dp_buf b, kept;
	struct spool_cursor c;
	int rc;

	dp_buf_init(&b, 0);
	dp_buf_init(&kept, 0);
	rc = spool_cursor_read(s, s->cursor, &c, err);
	if (rc == 0)
		rc = read_all(s, &b, err);
	if (rc == 0)
		keep(s, &c, &b, &kept);
	if (kept.failed)
		rc = dp_err_nomem(err);
	if (rc == 0 && b.len > kept.len * over)
		rc = replace(s, &kept, err);
	dp_buf_fini(&b);
	dp_buf_fini(&kept);
	return rc;
}

int
spool_tries_forget(const struct spool *s, struct dp_err *err)
{
	return rewrite(s, keep_bounds, 0, err);
}

/* A record that was cut short, or never got its bytes, ends here. */
static int
end_line(int fd, off_t size)
{
	char last = '\n';

	if (size > 0 && dp_io_pread(fd, &last, 1, size - 1) == -1)
		return -1;
	return last == '\n' ? 0 : dp_io_write(fd, "\n", 1);
}

static int
append(struct spool *s, const char *line, size_t len, bool sync,
    struct dp_err *err)
{
	int fd = openat(s->group, "tries",
	    O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	struct stat st = { 0 };
	int rc = 0;

	if (fd == -1 || fstat(fd, &st) == -1)
		rc = fail(s, err);
	if (rc == 0 &&
	    (end_line(fd, st.st_size) == -1 ||
		dp_io_write(fd, line, len) == -1 ||
		(sync && fdatasync(fd) == -1) ||
		(st.st_size == 0 && fsync(s->group) == -1)))
		rc = fail(s, err);
	if (fd != -1)
		(void)close(fd);
	if (rc == 0 && st.st_size > COMPACT)
		rc = rewrite(s, keep_open, 2, err);
	return rc;
}

/* The command's last words, in front of the record: "#dp1 m CHECK TEXT". */
static size_t
format_words(char *line, const struct spool_try *t, uint64_t seed)
{
	size_t len = t->said_len < DP_QUEUE_SAID ? t->said_len : DP_QUEUE_SAID;

	if (len == 0)
		return 0;
	memcpy(line, "#dp1 m ", 7);
	dp_fixed_put_hex(line + 7, 16, dp_hash64(t->said, len, seed));
	line[WORDS - 1] = ' ';
	memcpy(line + WORDS, t->said, len);
	line[WORDS + len] = '\n';
	return WORDS + len + 1;
}

int
spool_tries_add(struct spool *s, const struct spool_try *t, bool sync,
    struct dp_err *err)
{
	char lines[WORDS + DP_QUEUE_SAID + 1 + RECORD];
	size_t len = format_words(lines, t, s->seed);
	int rc;

	format_try(lines + len, t, s->seed);
	if (spool_cursor_lock(s, err) == -1)
		return -1;
	rc = append(s, lines, len + RECORD, sync, err);
	spool_cursor_unlock(s);
	return rc;
}
