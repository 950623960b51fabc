/*
 * Progress: a line on stderr, once a second if that is a terminal, and
 * whenever SIGUSR1 asks for it.
 */
#include <sys/ioctl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/input.h"
#include "app/state.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"

#define EVERY_MS 1000

/* "12.3 MB", of powers of 1000. */
static void
add_bytes(struct dp_buf *b, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double n = (double)bytes;
	size_t i = 0;

	while (n >= 1000 && i + 1 < sizeof units / sizeof units[0]) {
		n /= 1000;
		i++;
	}
	(void)dp_buf_addf(b, "%.*f %s", i == 0 || n >= 100 ? 0 : 1, n,
	    units[i]);
}

static void
add_input(struct dp_buf *b, const struct dp_input *in, uint64_t ms)
{
	uint64_t done = dp_input_bytes(in), all = dp_input_bytes_total(in);

	add_bytes(b, done);
	if (all > 0 && all >= done) {
		(void)dp_buf_adds(b, " of ");
		add_bytes(b, all);
		(void)dp_buf_addf(b, " (%d %%)",
		    (int)((double)done * 100 / (double)all));
	}
	if (ms > 0) {
		(void)dp_buf_adds(b, ", ");
		add_bytes(b, (uint64_t)((double)done * 1000 / (double)ms));
		(void)dp_buf_adds(b, "/s");
	}
	if (all > done && done > 0)
		(void)dp_buf_addf(b, ", %.0f s left",
		    (double)(all - done) / (double)done * (double)ms / 1000);
}

static void
compose(const struct dp_app *app, struct dp_buf *b)
{
	uint64_t ms = dp_time_now_ms() - app->started_ms;
	size_t i;

	(void)dp_buf_addf(b, "%s: ", app->cmd->name);
	if (app->input != NULL)
		add_input(b, app->input, ms);
	else
		(void)dp_buf_addf(b, "%ju s", (uintmax_t)(ms / 1000));
	for (i = 0; i < app->cmd->ncounts; i++) {
		const struct dp_count *c = &app->cmd->counts[i];

		if (c->n > 0 || c->role == DP_COUNT_IN)
			(void)dp_buf_addf(b, "%s%ju %s", i == 0 ? "; " : ", ",
			    (uintmax_t)c->n, c->name);
	}
}

static void
compose_json(const struct dp_app *app, struct dp_buf *b)
{
	dp_note_head(app, b, "info", "progress");
	if (app->input != NULL)
		(void)dp_buf_addf(b, ",\"bytes\":%ju,\"bytes_total\":%ju",
		    (uintmax_t)dp_input_bytes(app->input),
		    (uintmax_t)dp_input_bytes_total(app->input));
	dp_note_counts(app, b);
	(void)dp_buf_addc(b, '}');
}

/* Over the line before, and no wider than the terminal. */
static void
show(struct dp_app *app)
{
	struct winsize ws = { 0 };
	size_t width = 79;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 1)
		width = ws.ws_col - 1u;
	dp_buf_clear(&app->text);
	(void)dp_buf_addc(&app->text, '\r');
	compose(app, &app->text);
	if (app->text.len > width + 1)
		app->text.len = width + 1;
	(void)dp_buf_adds(&app->text, "\033[K");
	(void)dp_io_write(STDERR_FILENO, app->text.data, app->text.len);
	dp_buf_clear(&app->text);
	app->progress_shown = true;
}

void
dp_progress_erase(struct dp_app *app)
{
	if (app->progress_shown)
		(void)dp_io_write(STDERR_FILENO, "\r\033[K", 4);
	app->progress_shown = false;
}

void
dp_app_progress(struct dp_app *app)
{
	uint64_t now;

	if (dp_stop_asked_progress()) {
		struct dp_buf line;

		dp_buf_init(&line, 0);
		(app->common->json ? compose_json : compose)(app, &line);
		(void)dp_buf_addc(&line, '\n');
		dp_progress_erase(app);
		(void)dp_io_write(STDERR_FILENO, line.data, line.len);
		dp_buf_fini(&line);
	}
	if (!app->progress)
		return;
	now = dp_time_now_ms();
	if (now - app->progress_ms < EVERY_MS)
		return;
	app->progress_ms = now;
	show(app);
}

void
dp_progress_init(struct dp_app *app)
{
	app->progress_ms = app->started_ms;
	/* Records on the same terminal would be torn apart. */
	app->progress = !app->common->quiet && !app->common->json &&
	    isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) != 1;
}
