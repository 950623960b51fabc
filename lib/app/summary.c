/* The summary: counts that add up, for people and as JSON. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/state.h"
#include "base/err.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"
#include "json/text.h"

static bool
is_out(enum dp_count_role role)
{
	return role == DP_COUNT_OUT || role == DP_COUNT_OUT_SOME ||
	    role == DP_COUNT_OUT_TOLD;
}

static bool
is_told(const struct dp_count *c)
{
	return c->n > 0 &&
	    (c->role == DP_COUNT_OUT_TOLD || c->role == DP_COUNT_INFO_TOLD);
}

static int
check_sums(const struct dp_app *app, struct dp_err *err)
{
	uint64_t in = 0, out = 0;
	size_t i;

	for (i = 0; i < app->cmd->ncounts; i++) {
		const struct dp_count *c = &app->cmd->counts[i];

		in += c->role == DP_COUNT_IN ? c->n : 0;
		out += is_out(c->role) ? c->n : 0;
	}
	if (in == out)
		return 0;
	return dp_err_set(err, DP_FAILED,
	    "the counts do not add up: %ju came in, %ju went out",
	    (uintmax_t)in, (uintmax_t)out);
}

/* The text of a number, copied through unquoted. */
static bool
is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && (text[0] != '0' || digits == 1) &&
	    text[digits] == '\0';
}

void
dp_app_summary_text(struct dp_app *app, const char *name, const char *text)
{
	(void)dp_buf_addf(&app->extras, ",\"%s\":", name);
	if (is_number(text))
		(void)dp_buf_adds(&app->extras, text);
	else
		dp_json_quote_any(&app->extras, text, strlen(text));
}

static void
summary_json(struct dp_app *app, struct dp_buf *b)
{
	dp_note_head(app, b,
	    app->status == DP_OK             ? "info"
		: app->status == DP_REJECTED ? "warning"
					     : "error",
	    "summary");
	(void)dp_buf_addf(b, ",\"exit\":%d", (int)app->status);
	dp_note_counts(app, b);
	(void)dp_buf_add(b, app->extras.data, app->extras.len);
	(void)dp_buf_adds(b, "}\n");
}

/* Before the nth count: "= passed + rejected", then what is beside it. */
static const char *
separator(bool out, unsigned nout)
{
	if (!out)
		return "; ";
	return nout == 0 ? "" : nout == 1 ? " = " : " + ";
}

/* "1 file known", "1 request" */
static const char *
name_of(const struct dp_count *c, char name[32])
{
	const size_t noun = strcspn(c->name, " ");

	(void)snprintf(name, 32, "%s", c->name);
	if (c->n == 1 && c->name[noun - 1] == 's' && noun < 32)
		(void)snprintf(name + noun - 1, 32 - noun, "%s",
		    c->name + noun);
	return name;
}

static void
summary_text(const struct dp_app *app, struct dp_buf *b)
{
	uint64_t ms = dp_time_now_ms() - app->started_ms;
	unsigned told = 0;
	char name[32];
	int beside;
	size_t i;

	(void)dp_buf_addf(b, "%s: ", app->cmd->name);
	for (beside = 0; beside < 2; beside++)
		for (i = 0; i < app->cmd->ncounts; i++) {
			const struct dp_count *c = &app->cmd->counts[i];
			const bool in = c->role == DP_COUNT_IN;

			if ((in || is_out(c->role)) == (beside == 1) ||
			    (c->n == 0 && !in && c->role != DP_COUNT_OUT))
				continue;
			(void)dp_buf_addf(b, "%s%ju %s",
			    told == 0 ? "" : separator(beside == 0, told),
			    (uintmax_t)c->n, name_of(c, name));
			told++;
		}
	(void)dp_buf_addf(b, " (%ju.%03ju s)\n", (uintmax_t)(ms / 1000),
	    (uintmax_t)(ms % 1000));
}

static int
open_file(const char *path)
{
	return strcmp(path, "-") == 0
	    ? dup(STDERR_FILENO)
	    : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

int
dp_summary_check(const struct dp_app *app, struct dp_err *err)
{
	const char *path = app->common->summary;
	const int fd = path == NULL ? -1 : open_file(path);

	if (path != NULL && fd == -1 && strcmp(path, "-") != 0)
		return dp_err_sys(err, dp_err_status_of_setting(errno), errno,
		    "--summary=%s", path);
	if (fd != -1)
		(void)close(fd);
	return 0;
}

static int
append_to(const char *path, const struct dp_buf *b, struct dp_err *err)
{
	int fd = open_file(path);
	int bad = fd == -1 || dp_io_write(fd, b->data, b->len) == -1;
	int saved = errno;

	if (fd != -1 && close(fd) == -1 && !bad) {
		bad = 1;
		saved = errno;
	}
	return bad ? dp_err_sys(err, DP_FAILED, saved, "--summary=%s", path)
		   : 0;
}

int
dp_summary_finish(struct dp_app *app, struct dp_err *err)
{
	const struct dp_common *common = app->common;
	/* How far a run came that is ended by a signal is news. */
	bool told = (isatty(STDERR_FILENO) == 1 || common->verbose ||
			dp_stop_signal() != 0) &&
	    app->status != DP_USAGE;
	struct dp_buf *b = &app->text;
	int rc = 0;
	size_t i;

	if (app->status <= DP_REJECTED && check_sums(app, err) == -1)
		return -1;
	if (app->cmd->ncounts == 0 || app->no_summary || app->is_worker)
		return 0;
	for (i = 0; i < app->cmd->ncounts; i++)
		told = told || is_told(&app->cmd->counts[i]);
	dp_buf_clear(b);
	if (common->summary != NULL) {
		summary_json(app, b);
		rc = append_to(common->summary, b, err);
		dp_buf_clear(b);
	}
	if (told && !common->quiet) {
		if (common->json)
			summary_json(app, b);
		else
			summary_text(app, b);
		(void)dp_io_write(STDERR_FILENO, b->data, b->len);
	}
	return rc;
}
