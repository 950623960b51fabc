#include "app/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/reject.h"
#include "app/report_page.h"
#include "base/code.h"
#include "base/err.h"
#include "base/put.h"

#define BEFORE 60 /* bytes of a line that are shown before the place */

static int
not_written(const char *path, int sys_errno, struct dp_err *err)
{
	return dp_err_sys(err, dp_err_status_of_setting(sys_errno), sys_errno,
	    "cannot write the report to %s", path);
}

struct dp_report *
dp_report_new(const char *path, struct dp_err *err)
{
	const int bad = dp_put_room(path);
	struct dp_report *r;

	if (bad != 0) {
		(void)not_written(path, bad, err);
		return NULL;
	}
	r = calloc(1, sizeof *r);
	if (r == NULL)
		(void)dp_err_nomem(err);
	return r;
}

void
dp_report_free(struct dp_report *r)
{
	free(r);
}

static void
copy(char *to, size_t size, const char *text)
{
	(void)snprintf(to, size, "%s", text != NULL ? text : "");
}

/* Keeps the longest, in order. */
static void
keep_longest(struct dp_report *r, const char *file, uint64_t line, uint64_t len)
{
	size_t i = r->nlongest;

	while (i > 0 && r->longest[i - 1].len < len)
		i--;
	if (i == DP_REPORT_LONGEST)
		return;
	if (r->nlongest < DP_REPORT_LONGEST)
		r->nlongest++;
	memmove(&r->longest[i + 1], &r->longest[i],
	    (r->nlongest - i - 1) * sizeof r->longest[0]);
	copy(r->longest[i].file, sizeof r->longest[i].file, file);
	r->longest[i].line = line;
	r->longest[i].len = len;
}

void
dp_report_line(struct dp_report *r, const char *file, uint64_t line,
    uint64_t len)
{
	unsigned size = 0;

	while (size + 1 < DP_REPORT_SIZES && len >> size > 1)
		size++;
	r->sizes[size]++;
	r->bytes += len + 1;
	if (r->nlongest < DP_REPORT_LONGEST ||
	    len > r->longest[r->nlongest - 1].len)
		keep_longest(r, file, line, len);
}

static size_t
code_index(const char *word)
{
	size_t i = 0;

	while (dp_code_at(i) != NULL && strcmp(dp_code_at(i)->word, word) != 0)
		i++;
	return i;
}

/* The line around the fault. */
static void
keep_line(struct dp_report_fault *f, const struct dp_reject *j)
{
	size_t at = j->column > 0 ? (size_t)j->column - 1 : 0;
	size_t from, len;

	if (at > j->raw_len)
		at = j->raw_len;
	from = at > BEFORE ? at - BEFORE : 0;
	/* Not from the middle of a character. */
	while (from > 0 && ((unsigned char)j->raw[from] & 0xc0) == 0x80)
		from--;
	len = j->raw_len - from;
	f->cut_before = from > 0;
	f->cut_after = len > sizeof f->text;
	f->len = f->cut_after ? sizeof f->text : len;
	f->at = at - from;
	memcpy(f->text, j->raw + from, f->len);
}

void
dp_report_fault(struct dp_report *r, const struct dp_reject *j)
{
	size_t code = code_index(j->code);
	struct dp_report_fault *f;

	if (code >= DP_REPORT_CODES || r->nfaults == DP_REPORT_FAULTS ||
	    r->shown[code] == DP_REPORT_EXAMPLES)
		return;
	r->shown[code]++;
	f = &r->faults[r->nfaults++];
	f->code = code;
	f->line = j->line;
	f->column = j->column;
	copy(f->file, sizeof f->file, j->source);
	(void)snprintf(f->pointer, sizeof f->pointer, "%.*s",
	    (int)(j->pointer_len < sizeof f->pointer ? j->pointer_len
						     : sizeof f->pointer - 1),
	    j->pointer != NULL ? j->pointer : "");
	(void)snprintf(f->detail, sizeof f->detail, "%.*s",
	    (int)(j->detail_len < sizeof f->detail ? j->detail_len
						   : sizeof f->detail - 1),
	    j->detail != NULL ? j->detail : "");
	keep_line(f, j);
}

/* A regular file is replaced whole; anything else is written to. */
static int
write_file(const char *path, const struct dp_buf *b, struct dp_err *err)
{
	char made[4096];
	bool begun;
	int bad;

	if ((size_t)snprintf(made, sizeof made, "%s.new", path) >= sizeof made)
		return dp_err_set(err, DP_USAGE, "--report: too long a name");
	bad = dp_put_by(path, made, b->data, b->len, 0640, &begun);
	if (bad == 0)
		return 0;
	(void)not_written(path, bad, err);
	if (begun)
		err->status = DP_FAILED;
	return -1;
}

int
dp_report_write(struct dp_report *r, const char *path,
    const struct dp_report_page *page, struct dp_err *err)
{
	struct dp_buf b;
	int rc;

	dp_buf_init(&b, 0);
	dp_report_compose(r, page, &b);
	rc = b.failed ? dp_err_nomem(err) : write_file(path, &b, err);
	dp_buf_fini(&b);
	return rc;
}
