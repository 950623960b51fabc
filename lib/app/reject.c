#include "app/reject.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/app.h"
#include "base/buf.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/time.h"
#include "json/text.h"

#define HELD_MAX 32768
#define HEADS 32 /* the first letter of a code chooses one */

/* What the rejects with a code begin with. */
struct head {
	const char *code; /* NULL: none yet */
	size_t len;
	char text[128];
};

/* What most rejects of a run have in common is written once, and kept. */
struct dp_rejects {
	char *path;
	int fd;
	struct head heads[HEADS];
	struct dp_buf source, quoted; /* of the last reject: name and JSON */
	time_t now;
	char when[64]; /* the member that tells now, or nothing yet */
	size_t when_len;
	struct dp_buf held;
};

static bool
is_given(const char *path)
{
	const char *given = getenv("DP_REJECTS");

	return given != NULL && path != NULL && strcmp(path, given) == 0;
}

/*
 * Takes away what earlier attempts have left.  The programs of a pipeline
 * come here at any time: the first one finds the stamp that it had then.
 */
static int
empty_stale(int fd)
{
	const char *was = getenv("DP_REJECTS_STAMP");
	struct stat st;
	int rc;

	while ((rc = flock(fd, LOCK_EX)) == -1 && errno == EINTR)
		;
	if (rc == 0)
		rc = fstat(fd, &st);
	if (rc == 0 && st.st_size > 0 &&
	    (was == NULL || strtoull(was, NULL, 16) == dp_io_stamp(&st)))
		rc = ftruncate(fd, 0);
	(void)flock(fd, LOCK_UN);
	return rc;
}

static int
open_path(const char *path, enum dp_rejects_mode mode, struct dp_err *err)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
	int fd;

	if (strncmp(path, "fd:", 3) == 0) {
		char *end;
		long n = strtol(path + 3, &end, 10);

		if (end == path + 3 || *end != '\0' || n < 0 || n > 65535)
			return dp_err_set(err, DP_USAGE,
			    "--rejects=%s: no such descriptor", path);
		fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
	} else {
		if (mode == DP_REJECTS_EMPTY)
			flags |= O_TRUNC;
		fd = open(path, flags, 0600);
	}
	if (fd != -1 && mode == DP_REJECTS_ATTEMPT && is_given(path) &&
	    empty_stale(fd) == -1) {
		const int saved = errno;

		(void)close(fd);
		errno = saved;
		fd = -1;
	}
	if (fd == -1)
		return dp_err_sys(err, dp_err_status_of_setting(errno), errno,
		    "cannot write the rejects to %s", path);
	return fd;
}

struct dp_rejects *
dp_rejects_open(const char *path, enum dp_rejects_mode mode, struct dp_err *err)
{
	struct dp_rejects *r = calloc(1, sizeof *r);

	if (r == NULL || (r->path = strdup(path)) == NULL) {
		free(r);
		(void)dp_err_nomem(err);
		return NULL;
	}
	dp_buf_init(&r->source, 0);
	dp_buf_init(&r->quoted, 0);
	dp_buf_init(&r->held, 0);
	r->fd = open_path(path, mode, err);
	if (r->fd == -1) {
		free(r->path);
		free(r);
		return NULL;
	}
	return r;
}

bool
dp_rejects_are_shared(const char *path)
{
	struct stat st;

	if (path != NULL && strncmp(path, "fd:", 3) == 0)
		return false;
	return path == NULL || stat(path, &st) == -1 ||
	    !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

int
dp_rejects_of_batch(struct dp_rejects **r, const char *path, const char *batch,
    int known, struct dp_err *err)
{
	*r = NULL;
	if (path == NULL && batch != NULL)
		return dp_err_set(err, DP_CONFIG,
		    "DP_BATCH without DP_REJECTS: rejects would be lost");
	if (path == NULL || (is_given(path) && known == 2))
		return 0;
	*r = dp_rejects_open(path,
	    known == 1 ? DP_REJECTS_APPEND : DP_REJECTS_ATTEMPT, err);
	return *r == NULL ? -1 : 0;
}

int
dp_rejects_flush(struct dp_rejects *r, struct dp_err *err)
{
	int bad = r->held.failed;

	errno = ENOMEM;
	if (!bad && r->held.len > 0)
		bad = dp_io_write(r->fd, r->held.data, r->held.len) == -1;
	dp_buf_clear(&r->held);
	return !bad ? 0
		    : dp_err_sys(err, DP_FAILED, errno,
			  "cannot write the rejects to %s", r->path);
}

/* No printf here: with many rejects it would be most of a run's time. */
#define ADD(b, literal) (void)dp_buf_add((b), (literal), sizeof(literal) - 1)
#define NAME(name) ",\"" name "\":"

static void
add_text(struct dp_buf *b, const char *name, const char *text, size_t len)
{
	(void)dp_buf_adds(b, name);
	dp_json_quote_any(b, text, len);
}

static void
add_number(struct dp_buf *b, const char *name, uint64_t n)
{
	(void)dp_buf_adds(b, name);
	(void)dp_buf_addu(b, n);
}

/* The first len bytes of some, which are size: all are moved at once. */
static inline void
add_kept(struct dp_buf *b, const char *some, size_t size, size_t len)
{
	if (dp_buf_reserve(b, size) == 0) {
		memcpy(b->data + b->len, some, size);
		b->len += len;
	}
}

static void
add_head(struct dp_rejects *r, const char *word)
{
	struct head *h = &r->heads[(unsigned char)word[0] % HEADS];
	const struct dp_code *code;
	struct dp_buf *b = &r->held;
	const size_t start = b->len;
	int number;

	if (h->code == word ||
	    (h->code != NULL && strcmp(h->code, word) == 0)) {
		add_kept(b, h->text, sizeof h->text, h->len);
		return;
	}
	code = dp_code_find(word, strlen(word));
	number = code != NULL ? code->number : 100;
	/* These texts are ours, and need no escapes. */
	ADD(b, "{\"status_code\":");
	(void)dp_buf_addu(b, (uint64_t)number);
	ADD(b, ",\"status_message\":\"");
	(void)dp_buf_adds(b, dp_code_text(number));
	ADD(b, "\",\"code\":\"");
	(void)dp_buf_adds(b, word);
	ADD(b, "\"");
	if (code == NULL || b->failed || b->len - start > sizeof h->text)
		return;
	h->code = code->word;
	h->len = b->len - start;
	memcpy(h->text, b->data + start, h->len);
}

static void
add_source(struct dp_rejects *r, const char *source)
{
	const size_t size = strlen(source) + 1;

	if (r->source.len != size ||
	    memcmp(r->source.data, source, size) != 0) {
		dp_buf_clear(&r->source);
		(void)dp_buf_add(&r->source, source, size);
		dp_buf_clear(&r->quoted);
		add_text(&r->quoted, NAME("source"), source, size - 1);
	}
	(void)dp_buf_add(&r->held, r->quoted.data, r->quoted.len);
	r->held.failed |= r->source.failed || r->quoted.failed;
}

static void
add_time(struct dp_rejects *r)
{
	const time_t now = time(NULL);
	char text[DP_TIME_TEXT_SIZE];

	if (now != r->now || r->when_len == 0) {
		dp_time_text(now, text);
		r->now = now;
		r->when_len = (size_t)snprintf(r->when, sizeof r->when,
		    NAME("time") "\"%s\"", text);
	}
	add_kept(&r->held, r->when, sizeof r->when, r->when_len);
}

static void
add_raw(struct dp_buf *b, const struct dp_reject *j)
{
	const size_t start = b->len;

	if (!j->truncated) {
		ADD(b, NAME("raw"));
		if (dp_json_quote_utf8(b, j->raw, j->raw_len))
			return;
		b->len = start;
	}
	if (j->truncated) {
		add_number(b, NAME("bytes"), j->bytes);
		ADD(b, ",\"truncated\":true");
	}
	ADD(b, ",\"raw_base64\":\"");
	dp_json_base64(b, j->raw, j->raw_len);
	(void)dp_buf_addc(b, '"');
}

/* What is wrong, and where. */
static void
add_fault(struct dp_buf *b, const struct dp_reject *j)
{
	if (j->pointer != NULL)
		add_text(b, NAME("pointer"), j->pointer, j->pointer_len);
	if (j->schema != NULL)
		add_text(b, NAME("schema"), j->schema, strlen(j->schema));
	if (j->detail != NULL)
		add_text(b, NAME("detail"), j->detail, j->detail_len);
}

static void
add_all(struct dp_buf *b, const struct dp_reject *j)
{
	size_t i;

	ADD(b, ",\"errors\":[");
	for (i = 0; i < j->nall; i++) {
		add_text(b,
		    i == 0 ? "{\"code\":" : ",{\"code\":", j->all[i].code,
		    strlen(j->all[i].code));
		add_fault(b, &j->all[i]);
		if (j->all[i].column > 0)
			add_number(b, NAME("column"), j->all[i].column);
		(void)dp_buf_addc(b, '}');
	}
	(void)dp_buf_addc(b, ']');
}

int
dp_rejects_add(struct dp_rejects *r, const struct dp_reject *j,
    struct dp_err *err)
{
	struct dp_buf *b = &r->held;

	add_head(r, j->code);
	add_fault(b, j);
	if (j->sqlstate != NULL)
		add_text(b, NAME("sqlstate"), j->sqlstate, strlen(j->sqlstate));
	if (j->source != NULL)
		add_source(r, j->source);
	if (j->line > 0)
		add_number(b, NAME("line"), j->line);
	if (j->column > 0)
		add_number(b, NAME("column"), j->column);
	if (j->nall > 0)
		add_all(b, j);
	if (j->cut)
		ADD(b, ",\"errors_cut\":true");
	add_number(b, NAME("attempt"), j->attempt);
	add_time(r);
	add_raw(b, j);
	ADD(b, "}\n");
	return b->len >= HELD_MAX || b->failed ? dp_rejects_flush(r, err) : 0;
}

int
dp_app_reject(struct dp_app *app, struct dp_rejects *r,
    const struct dp_reject *j, struct dp_err *err)
{
	const struct dp_place at = { .file = j->source,
		.line = j->line,
		.column = j->column,
		.pointer = j->pointer,
		.pointer_len = j->pointer_len };

	/* A line of a queue is nowhere else: its head alone will not do. */
	if (j->truncated && getenv("DP_BATCH") != NULL)
		return dp_err_set(err, DP_CONFIG,
		    "line %ju of the batch has %ju bytes, more than "
		    "--max-record, and would be lost",
		    (uintmax_t)j->line, (uintmax_t)j->bytes);
	dp_app_note_text(app, &at, j->code, j->detail, j->detail_len);
	return r == NULL ? 0 : dp_rejects_add(r, j, err);
}

int
dp_rejects_sync(struct dp_rejects *r, struct dp_err *err)
{
	struct stat st;

	if (r == NULL)
		return 0;
	if (dp_rejects_flush(r, err) == -1)
		return -1;
	/* A pipe or a terminal has nothing to sync. */
	if (fstat(r->fd, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	if (fsync(r->fd) == -1)
		return dp_err_sys(err, DP_FAILED, errno,
		    "cannot sync the rejects to %s", r->path);
	return 0;
}

int
dp_rejects_close(struct dp_rejects *r, struct dp_err *err)
{
	int rc;

	if (r == NULL)
		return 0;
	rc = dp_rejects_flush(r, err);
	if (close(r->fd) == -1 && rc == 0)
		rc = dp_err_sys(err, DP_FAILED, errno,
		    "cannot write the rejects to %s", r->path);
	dp_buf_fini(&r->source);
	dp_buf_fini(&r->quoted);
	dp_buf_fini(&r->held);
	free(r->path);
	free(r);
	return rc;
}

/* Appends `"name":` and as much of text as fits below max with its end. */
static void
add_cut(struct dp_buf *b, const char *name, const char *text, size_t len,
    size_t max)
{
	size_t start = b->len, keep = len;

	for (;;) {
		add_text(b, name, text, keep);
		if (b->len < max || keep == 0)
			break;
		b->len = start;
		keep /= 2;
		while (keep > 0 && ((unsigned char)text[keep] & 0xc0) == 0x80)
			keep--;
	}
	if (b->len >= max)
		b->len = start;
}

void
dp_reject_message(struct dp_buf *b, const char *code, const char *pointer,
    size_t pointer_len, const char *detail, size_t detail_len)
{
	size_t max = b->len + DP_REJECT_MESSAGE_MAX - 1;

	(void)dp_buf_addf(b, "{\"code\":\"%s\"", code);
	if (pointer != NULL)
		add_cut(b, NAME("pointer"), pointer, pointer_len, max);
	if (detail != NULL)
		add_cut(b, NAME("detail"), detail, detail_len, max);
	(void)dp_buf_addc(b, '}');
}
