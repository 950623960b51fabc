/* state: the inside of struct dp_app, for the files of this layer alone. */
#ifndef DP_APP_STATE_H
#define DP_APP_STATE_H

#include "app/app.h"
#include "base/buf.h"

#define DP_NOTE_FIRST 10 /* messages printed for each (file, code) */
#define DP_NOTE_KINDS 64 /* (file, code) pairs that are told apart */

struct dp_note_kind {
	char file[256];
	char code[32];
	uint64_t n;
};

struct dp_app {
	const struct dp_cmd *cmd;
	const struct dp_common *common;
	struct dp_opt_set *set;
	enum dp_status status;
	uint64_t started_ms;
	struct dp_note_kind kinds[DP_NOTE_KINDS];
	size_t nkinds;
	struct dp_buf text;   /* scratch of messages */
	struct dp_buf extras; /* fields for the summary, as JSON */

	bool no_summary;
	bool is_worker; /* of app/share.h: the run sums up, and tells */

	const struct dp_input *input; /* of the loop over blocks; or NULL */
	bool progress;                /* a terminal wants to see it */
	bool progress_shown;          /* its line stands there */
	uint64_t progress_ms;         /* when it was shown last */
};

/* Tells how many messages of each kind were not printed. */
void dp_note_rest(struct dp_app *app);

/*
 * Begins a JSON line: time, level, program, kind.  Every line that --json
 * makes of what is told begins so; the caller closes the object.
 */
void dp_note_head(const struct dp_app *app, struct dp_buf *b, const char *level,
    const char *kind);
/* The counts of a run, and how long it has been, as further members. */
void dp_note_counts(const struct dp_app *app, struct dp_buf *b);

/* Whether a terminal wants to see progress; and taking its line away. */
void dp_progress_init(struct dp_app *app);
void dp_progress_erase(struct dp_app *app);

/* Whether the file of --summary can be written; makes it. */
int dp_summary_check(const struct dp_app *app, struct dp_err *err);

/* Checks that the counts add up, prints and writes the summary. */
int dp_summary_finish(struct dp_app *app, struct dp_err *err);

#endif
