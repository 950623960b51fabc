/*
 * app: what every dp-* program has in common.
 *
 * A program is one const struct dp_cmd and one run function; main() is
 * `return dp_app_main(&cmd, &options, argc, argv);`.  This module parses
 * options, environment and configuration (app/opt.h), answers --help,
 * --version, --print-config and --completion, catches signals, prints
 * messages, checks that the counts add up, prints the summary, closes and
 * checks stdout, and turns all of it into the exit status.
 */
#ifndef DP_APP_APP_H
#define DP_APP_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/opt.h"
#include "base/err.h"

struct dp_app; /* opaque; one a process */
struct dp_block;
struct dp_input;

/* Where a message points to; fields that are 0 or NULL are not printed. */
struct dp_place {
	const char *file;
	uint64_t line;       /* from 1 */
	uint64_t column;     /* in bytes, from 1 */
	const char *pointer; /* JSON Pointer into the record (RFC 6901) */
	size_t pointer_len;
};

/*
 * One count of a run.  What came in must be what went out:
 * sum of DP_COUNT_IN == sum of DP_COUNT_OUT*, else the run fails with 74
 * (unless it failed already).
 */
enum dp_count_role {
	DP_COUNT_IN,
	DP_COUNT_OUT,
	DP_COUNT_OUT_SOME, /* printed if not 0 */
	DP_COUNT_OUT_TOLD, /* and worth a summary if not 0: rejected */
	DP_COUNT_INFO,
	DP_COUNT_INFO_TOLD /* likewise: files skipped */
};

struct dp_count {
	const char *name; /* "read", "passed", "rejected", "blank" */
	enum dp_count_role role;
	uint64_t n;
};

struct dp_cmd {
	const char *name;     /* "dp-validate" */
	const char *operands; /* as in the synopsis: "[FILE ...]" */
	const char *summary;  /* one line, as in the page's NAME */
	const struct dp_opt *opts;
	size_t nopts;
	struct dp_count *counts; /* a table the program adds to; may be NULL */
	size_t ncounts;
	bool quiet_pipe; /* a pure filter: SIGPIPE ends it without a word */

	/*
	 * Does the work.  Returns 0, or -1 with err set: printed, and its
	 * status is the exit status.  Rejected records are no error: they
	 * are dp_app_rejected().
	 */
	int (*run)(struct dp_app *app, void *opt, int argc, char **argv,
	    struct dp_err *err);
};

/*
 * opt is the program's option struct, whose first member is a struct
 * dp_common, and which must be all zero.  Returns the exit status.
 */
int dp_app_main(const struct dp_cmd *cmd, void *opt, int argc, char **argv);

/*
 * Prints `program: file:line:column: /pointer: text [code]` on stderr (with
 * --json, a JSON line), control bytes made visible.  The first 10 for each
 * (file, code) are printed, the rest counted and told at the end.
 */
void dp_app_note(struct dp_app *app, const struct dp_place *at,
    const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a doubt about a schema: app is a struct dp_app. */
void dp_app_warn(void *app, const char *text);

/* The same for what is worth knowing, and no doubt. */
void dp_app_tell(void *app, const char *text);

/* The same with text of any bytes. */
void dp_app_note_text(struct dp_app *app, const struct dp_place *at,
    const char *code, const char *text, size_t len);

/*
 * Prints an error that does not end the run (a missing file among several);
 * the exit status is at least err's.
 */
void dp_app_error(struct dp_app *app, const struct dp_err *err);

/* Some records were rejected: exit 1, unless something worse happened. */
void dp_app_rejected(struct dp_app *app);

/* 0: nothing yet; else the exit status as it stands. */
enum dp_status dp_app_status(const struct dp_app *app);

/*
 * Adds a field to the summary that is no count of records ("bytes", "batch").
 * text is copied; quoted in JSON unless it is a number.
 */
void dp_app_summary_text(struct dp_app *app, const char *name,
    const char *text);

/*
 * The loop over records of every filter: calls fn for each block of the
 * input until its end, a stop signal, or fn's failure.  A file that cannot
 * be read is told with dp_app_error() and the next one is taken.
 * Returns 0 at the end or a stop, -1 with err set if fn did.
 */
int dp_app_each_block(struct dp_app *app, struct dp_input *in,
    int (*fn)(void *arg, const struct dp_block *block, struct dp_err *err),
    void *arg, struct dp_err *err);

/*
 * Tells how far the run is, if SIGUSR1 asked or a terminal wants to see it:
 * called by the loop over blocks, and by every other loop of a program.
 */
void dp_app_progress(struct dp_app *app);

/* Asks on the terminal that is stdin: true for "yes".  Else false. */
bool dp_app_confirm(const char *question);

/*
 * To stdout, which dp_app_main() closes and checks at last; arg is not looked
 * at, so that it is a callback.  0, or -1 with err set.
 */
int dp_app_put(void *arg, const char *data, size_t len, struct dp_err *err);

/* Nothing is counted: there is no summary. */
void dp_app_no_summary(struct dp_app *app);

bool dp_app_json(const struct dp_app *app);   /* --json */
int dp_app_verbose(const struct dp_app *app); /* -1 with -q, 1 with -v */
const char *dp_app_name(const struct dp_app *app);

/* True when the named option was given by anyone (not the default). */
bool dp_app_given(const struct dp_app *app, const char *long_name);

#endif
