#include "app/metrics.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/state.h"
#include "base/err.h"
#include "base/io.h"
#include "base/put.h"
#include "base/time.h"

#define OLD_MAX 65536 /* of a file that is read */

/* "dp-load" as a prefix: "dp_load". */
static void
name_of(const char *from, char out[64])
{
	size_t i;

	for (i = 0; i < 63 && from[i] != '\0'; i++)
		out[i] = from[i] == '-' || from[i] == ' ' ? '_' : from[i];
	out[i] = '\0';
}

/* The value behind a name and its labels in the old text, or "". */
static void
find(const char *old, const char *name, char value[32])
{
	const size_t len = strlen(name);
	const char *p = old;

	value[0] = '\0';
	while (p != NULL && *p != '\0') {
		if (strncmp(p, name, len) == 0 && p[len] == ' ') {
			(void)snprintf(value, 32, "%.*s",
			    (int)strcspn(p + len + 1, "\n"), p + len + 1);
			return;
		}
		p = strchr(p, '\n');
		p += p != NULL;
	}
}

/* No old file, or one that cannot be read, is an empty one. */
static void
read_old(const char *path, char old[OLD_MAX])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const ssize_t n = fd == -1 ? -1 : dp_io_read(fd, old, OLD_MAX - 1);

	if (fd != -1)
		(void)close(fd);
	old[n > 0 ? n : 0] = '\0';
}

static void
gauge(struct dp_buf *b, const char *program, const char *name, const char *help,
    const char *value)
{
	(void)dp_buf_addf(b, "# HELP %s_%s %s\n", program, name, help);
	(void)dp_buf_addf(b, "# TYPE %s_%s gauge\n", program, name);
	(void)dp_buf_addf(b, "%s_%s %s\n", program, name, value);
}

static void
counters(const struct dp_app *app, struct dp_buf *b, const char *program,
    const char *old)
{
	char label[64], name[160], value[32];
	size_t i;

	(void)dp_buf_addf(b,
	    "# HELP %s_count_total What the runs have counted, by name.\n"
	    "# TYPE %s_count_total counter\n",
	    program, program);
	for (i = 0; i < app->cmd->ncounts; i++) {
		const struct dp_count *c = &app->cmd->counts[i];

		name_of(c->name, label);
		(void)snprintf(name, sizeof name, "%s_count_total{name=\"%s\"}",
		    program, label);
		find(old, name, value);
		(void)dp_buf_addf(b, "%s %" PRIu64 "\n", name,
		    (uint64_t)strtoull(value, NULL, 10) + c->n);
	}
}

static void
compose(const struct dp_app *app, struct dp_buf *b, const char *old)
{
	const uint64_t ms = dp_time_now_ms() - app->started_ms;
	char program[64], name[160], now[32], value[32];

	name_of(app->cmd->name, program);
	if (app->cmd->ncounts > 0)
		counters(app, b, program, old);
	(void)snprintf(now, sizeof now, "%" PRIu64,
	    dp_time_wall_us() / 1000000);
	gauge(b, program, "last_run_timestamp_seconds",
	    "When the last run ended.", now);
	(void)snprintf(value, sizeof value, "%" PRIu64 ".%03" PRIu64, ms / 1000,
	    ms % 1000);
	gauge(b, program, "last_run_duration_seconds",
	    "How long the last run took.", value);
	(void)snprintf(value, sizeof value, "%d", (int)app->status);
	gauge(b, program, "last_run_exit_status",
	    "Exit status of the last run.", value);
	(void)snprintf(name, sizeof name, "%s_last_success_timestamp_seconds",
	    program);
	find(old, name, value);
	if (app->status <= DP_REJECTED)
		(void)snprintf(value, sizeof value, "%s", now);
	if (value[0] != '\0')
		gauge(b, program, "last_success_timestamp_seconds",
		    "When a run last ended with 0 or 1.", value);
}

/* The collector runs as somebody else: there is nothing secret in it. */
static int
replace(const char *path, const struct dp_buf *b, struct dp_err *err)
{
	struct dp_buf beside;
	const char *name;
	bool begun;
	int bad;

	dp_buf_init(&beside, 0);
	(void)dp_buf_addf(&beside, "%s.%ld.tmp", path, (long)getpid());
	name = dp_buf_text(&beside);
	if (name == NULL)
		return dp_err_nomem(err);
	bad = dp_put_by(path, name, b->data, b->len, 0644, &begun);
	dp_buf_fini(&beside);
	return bad == 0
	    ? 0
	    : dp_err_sys(err, DP_FAILED, bad, "--metrics-file=%s", path);
}

int
dp_metrics_check(const struct dp_app *app, struct dp_err *err)
{
	const char *path = app->common->metrics_file;
	const int bad = path == NULL ? 0 : dp_put_room(path);

	return bad == 0 ? 0
			: dp_err_sys(err, dp_err_status_of_setting(bad), bad,
			      "--metrics-file=%s", path);
}

int
dp_metrics_write(const struct dp_app *app, struct dp_err *err)
{
	const char *path = app->common->metrics_file;
	struct dp_buf b;
	char *old;
	int rc;

	if (path == NULL || app->is_worker)
		return 0;
	old = malloc(OLD_MAX);
	if (old == NULL)
		return dp_err_nomem(err);
	dp_buf_init(&b, 0);
	read_old(path, old);
	compose(app, &b, old);
	rc = b.failed ? dp_err_nomem(err) : replace(path, &b, err);
	dp_buf_fini(&b);
	free(old);
	return rc;
}
