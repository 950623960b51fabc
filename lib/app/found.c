#include "app/found.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/reject.h"
#include "app/report.h"
#include "app/tally.h"
#include "base/err.h"
#include "base/time.h"

struct dp_found {
	struct dp_found_opts opts;
	uint64_t began_ms;
	struct dp_tally *tally;
	struct dp_report *report; /* NULL: no page is wanted */
};

struct dp_found *
dp_found_new(const struct dp_found_opts *opts, struct dp_err *err)
{
	struct dp_found *f = calloc(1, sizeof *f);

	if (f == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	f->opts = *opts;
	f->began_ms = dp_time_now_ms();
	f->tally = dp_tally_new(opts->ntypes, err);
	if (opts->report != NULL)
		f->report = dp_report_new(opts->report, err);
	if (f->tally != NULL && (f->report != NULL || opts->report == NULL))
		return f;
	dp_found_free(f);
	return NULL;
}

void
dp_found_free(struct dp_found *f)
{
	if (f == NULL)
		return;
	dp_report_free(f->report);
	dp_tally_free(f->tally);
	free(f);
}

void
dp_found_good(struct dp_found *f, size_t type, const char *file, uint64_t line,
    uint64_t len)
{
	dp_tally_add(f->tally, type, "ok");
	if (f->report != NULL)
		dp_report_line(f->report, file, line, len);
}

void
dp_found_bad(struct dp_found *f, size_t type, const struct dp_reject *r)
{
	dp_tally_add(f->tally, type, r->code);
	if (f->report == NULL)
		return;
	dp_report_line(f->report, r->source, r->line,
	    r->truncated ? r->bytes : r->raw_len);
	dp_report_fault(f->report, r);
}

int
dp_found_tell(struct dp_found *f, uint64_t blank, struct dp_err *err)
{
	const struct dp_report_page page = { .tally = f->tally,
		.type_name = f->opts.type_name,
		.arg = f->opts.arg,
		.blank = blank,
		.milliseconds = dp_time_now_ms() - f->began_ms,
		.schemas = f->opts.schemas };

	if (f->opts.table)
		dp_tally_print(f->tally, f->opts.json, f->opts.type_name,
		    f->opts.arg, stdout);
	return f->report == NULL
	    ? 0
	    : dp_report_write(f->report, f->opts.report, &page, err);
}
