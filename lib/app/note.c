/* Messages: how they look, and how many of them there are. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/state.h"
#include "base/io.h"
#include "base/time.h"
#include "json/text.h"

#define TEXT_MAX 2048

static void
put(struct dp_app *app)
{
	(void)dp_buf_addc(&app->text, '\n');
	dp_progress_erase(app);
	(void)dp_io_write(STDERR_FILENO, app->text.data, app->text.len);
	dp_buf_clear(&app->text);
}

static void
add_field(struct dp_buf *b, const char *name, const char *text, size_t len)
{
	(void)dp_buf_addf(b, ",\"%s\":", name);
	dp_json_quote_any(b, text, len);
}

static void
add_number(struct dp_buf *b, const char *name, uint64_t n)
{
	(void)dp_buf_addf(b, ",\"%s\":%ju", name, (uintmax_t)n);
}

void
dp_note_head(const struct dp_app *app, struct dp_buf *b, const char *level,
    const char *kind)
{
	char when[DP_TIME_TEXT_SIZE];

	dp_time_text(time(NULL), when);
	(void)dp_buf_addf(b,
	    "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\","
	    "\"kind\":\"%s\"",
	    when, level, app->cmd->name, kind);
}

void
dp_note_counts(const struct dp_app *app, struct dp_buf *b)
{
	size_t i;

	add_number(b, "milliseconds", dp_time_now_ms() - app->started_ms);
	for (i = 0; i < app->cmd->ncounts; i++)
		add_number(b, app->cmd->counts[i].name, app->cmd->counts[i].n);
}

void
dp_app_error(struct dp_app *app, const struct dp_err *err)
{
	const enum dp_status status =
	    err->status == DP_OK ? DP_FAILED : err->status;
	struct dp_buf *b = &app->text;

	dp_buf_clear(b);
	if (app->common->json) {
		dp_note_head(app, b, "error", "error");
		add_number(b, "status", (uint64_t)status);
		add_field(b, "message", err->msg, strlen(err->msg));
		(void)dp_buf_addc(b, '}');
	} else {
		(void)dp_buf_addf(b, "%s: ", app->cmd->name);
		dp_json_visible(b, err->msg, strlen(err->msg));
	}
	put(app);
	/* Anything is worse than rejects; of two faults the first counts. */
	if (app->status <= DP_REJECTED)
		app->status = status;
}

static void
note_json(struct dp_app *app, const struct dp_place *at, const char *code,
    const char *text, size_t len)
{
	struct dp_buf *b = &app->text;

	dp_note_head(app, b, code != NULL ? "warning" : "info", "note");
	if (at->file != NULL)
		add_field(b, "file", at->file, strlen(at->file));
	if (at->line > 0)
		add_number(b, "line", at->line);
	if (at->column > 0)
		add_number(b, "column", at->column);
	if (at->pointer != NULL)
		add_field(b, "pointer", at->pointer, at->pointer_len);
	if (code != NULL)
		add_field(b, "code", code, strlen(code));
	add_field(b, "message", text, len);
	(void)dp_buf_addc(b, '}');
}

static void
note_text(struct dp_app *app, const struct dp_place *at, const char *code,
    const char *text, size_t len)
{
	struct dp_buf *b = &app->text;

	(void)dp_buf_addf(b, "%s: ", app->cmd->name);
	if (at->file != NULL) {
		dp_json_visible(b, at->file, strlen(at->file));
		(void)dp_buf_addc(b, ':');
	}
	if (at->line > 0)
		(void)dp_buf_addf(b, "%ju:", (uintmax_t)at->line);
	if (at->column > 0)
		(void)dp_buf_addf(b, "%ju:", (uintmax_t)at->column);
	if (at->file != NULL || at->line > 0)
		(void)dp_buf_addc(b, ' ');
	if (at->pointer_len > 0) {
		dp_json_visible(b, at->pointer, at->pointer_len);
		(void)dp_buf_adds(b, ": ");
	}
	dp_json_visible(b, text, len);
	if (code != NULL)
		(void)dp_buf_addf(b, " [%s]", code);
}

/* True when this message is one of the first of its file and code. */
static bool
is_early(struct dp_app *app, const char *file, const char *code)
{
	struct dp_note_kind *k;
	size_t i;

	for (i = 0; i < app->nkinds; i++) {
		k = &app->kinds[i];
		if (strncmp(k->code, code, sizeof k->code - 1) == 0 &&
		    strncmp(k->file, file, sizeof k->file - 1) == 0)
			return k->n++ < DP_NOTE_FIRST;
	}
	if (app->nkinds == DP_NOTE_KINDS)
		app->nkinds--; /* the last place is shared by the rest */
	k = &app->kinds[app->nkinds];
	if (i < DP_NOTE_KINDS || k->n == 0) {
		(void)snprintf(k->file, sizeof k->file, "%s", file);
		(void)snprintf(k->code, sizeof k->code, "%s", code);
		k->n = 0;
	}
	app->nkinds++;
	return k->n++ < DP_NOTE_FIRST;
}

void
dp_app_note_text(struct dp_app *app, const struct dp_place *at,
    const char *code, const char *text, size_t len)
{
	static const struct dp_place nowhere = { 0 };

	if (app->common->quiet)
		return;
	if (at == NULL)
		at = &nowhere;
	if (code != NULL &&
	    !is_early(app, at->file != NULL ? at->file : "", code))
		return;
	dp_buf_clear(&app->text);
	if (app->common->json)
		note_json(app, at, code, text, len);
	else
		note_text(app, at, code, text, len);
	put(app);
}

void
dp_app_note(struct dp_app *app, const struct dp_place *at, const char *code,
    const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	dp_app_note_text(app, at, code, text, strlen(text));
}

/* What was not printed of a kind. */
static void
tell_rest(struct dp_app *app, const struct dp_note_kind *k)
{
	const uint64_t more = k->n - DP_NOTE_FIRST;
	struct dp_buf *b = &app->text;

	dp_buf_clear(b);
	if (app->common->json) {
		dp_note_head(app, b, "warning", "more");
		if (k->file[0] != '\0')
			add_field(b, "file", k->file, strlen(k->file));
		add_field(b, "code", k->code, strlen(k->code));
		add_number(b, "count", more);
		add_field(b, "message", "more of these", 13);
		(void)dp_buf_addc(b, '}');
	} else {
		(void)dp_buf_addf(b, "%s: ", app->cmd->name);
		dp_json_visible(b, k->file, strlen(k->file));
		(void)dp_buf_addf(b, "%s%ju more [%s]",
		    k->file[0] != '\0' ? ": " : "", (uintmax_t)more, k->code);
	}
	put(app);
}

void
dp_note_rest(struct dp_app *app)
{
	size_t i;

	for (i = 0; i < app->nkinds; i++)
		if (app->kinds[i].n > DP_NOTE_FIRST)
			tell_rest(app, &app->kinds[i]);
}

void
dp_app_warn(void *app, const char *text)
{
	dp_app_note_text(app, NULL, "keyword", text, strlen(text));
}

void
dp_app_tell(void *app, const char *text)
{
	dp_app_note_text(app, NULL, NULL, text, strlen(text));
}
