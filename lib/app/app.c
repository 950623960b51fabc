#include "app/app.h"

#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/config.h"
#include "app/input.h"
#include "app/metrics.h"
#include "app/state.h"
#include "base/stop.h"
#include "base/time.h"

enum dp_status
dp_app_status(const struct dp_app *app)
{
	return app->status;
}

bool
dp_app_json(const struct dp_app *app)
{
	return app->common->json;
}

int
dp_app_verbose(const struct dp_app *app)
{
	return app->common->quiet ? -1 : app->common->verbose;
}

const char *
dp_app_name(const struct dp_app *app)
{
	return app->cmd->name;
}

bool
dp_app_given(const struct dp_app *app, const char *long_name)
{
	const struct dp_opt *o;
	size_t i;

	for (i = 0; (o = dp_opt_at(app->set, i)) != NULL; i++)
		if (strcmp(o->long_name, long_name) == 0)
			return dp_opt_source_at(app->set, i) != DP_OPT_DEFAULT;
	return false;
}

void
dp_app_no_summary(struct dp_app *app)
{
	app->no_summary = true;
}

void
dp_app_rejected(struct dp_app *app)
{
	if (app->status == DP_OK)
		app->status = DP_REJECTED;
}

/* SIGUSR1 came while the input was waited for. */
static void
on_ask(void *arg)
{
	dp_app_progress(arg);
}

int
dp_app_each_block(struct dp_app *app, struct dp_input *in,
    int (*fn)(void *arg, const struct dp_block *block, struct dp_err *err),
    void *arg, struct dp_err *err)
{
	struct dp_block block;
	struct dp_err bad = { 0 };
	int got, rc = 0;

	app->input = in;
	dp_input_on_ask(in, on_ask, app);
	while (rc == 0 && (got = dp_input_next(in, &block, &bad)) != 0) {
		if (got == -1)
			dp_app_error(app, &bad);
		else
			rc = fn(arg, &block, err);
		dp_app_progress(app);
	}
	app->input = NULL;
	return rc;
}

/* A full disk often shows only when the last buffer is written. */
static void
close_stdout(struct dp_app *app)
{
	/* Who met the fault has told it, with the reason. */
	const bool told = ferror(stdout) && app->status == DP_FAILED;
	struct dp_err err = { 0 };
	int bad, saved;

	errno = 0;
	bad = fflush(stdout) == EOF || ferror(stdout);
	saved = errno;
	if (fclose(stdout) == EOF || bad) {
		/* A closed stdout that nobody wrote to is no loss. */
		if ((errno == EBADF && !bad) || told)
			return;
		(void)dp_err_sys(&err, DP_FAILED, bad ? saved : errno,
		    "cannot write standard output");
		dp_app_error(app, &err);
	}
}

int
dp_app_put(void *arg, const char *data, size_t len, struct dp_err *err)
{
	(void)arg;
	if (fwrite(data, 1, len, stdout) == len)
		return 0;
	return dp_err_sys(err, DP_FAILED, errno,
	    "cannot write standard output");
}

bool
dp_app_confirm(const char *question)
{
	char answer[8];

	if (isatty(STDIN_FILENO) != 1)
		return false;
	(void)fprintf(stderr, "%s (yes) ", question);
	return fgets(answer, sizeof answer, stdin) != NULL &&
	    strcmp(answer, "yes\n") == 0;
}

/* Held until the process ends. */
static int
take_lock(const char *path, struct dp_err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd == -1)
		return dp_err_sys(err, dp_err_status_of_setting(errno), errno,
		    "--lock=%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return dp_err_set(err, DP_TRYAGAIN,
		    "--lock=%s: another run holds it", path);
	return dp_err_sys(err, DP_FAILED, errno, "--lock=%s", path);
}

/*
 * Descriptors 0 to 2 must be open, or a file of ours takes their place.
 * What stands in for a closed one fails as that did: records that nobody
 * gets are no success.
 */
static int
open_standard(struct dp_err *err)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		if (open("/dev/null",
			fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY) != fd)
			return dp_err_sys(err, DP_FAILED, errno, "/dev/null");
	}
	return 0;
}

static int
work(struct dp_app *app, void *opt, int argc, char **argv, struct dp_err *err)
{
	const struct dp_common *common = app->common;

	if (common->lock != NULL && take_lock(common->lock, err) == -1)
		return -1;
	dp_stop_catch();
	dp_progress_init(app);
	if (!app->cmd->quiet_pipe)
		(void)signal(SIGPIPE, SIG_IGN);
	return app->cmd->run(app, opt, argc, argv, err);
}

/* The settings, and what only prints them.  1: there is nothing to run. */
static int
settle(struct dp_app *app, struct dp_config **config, int argc, char **argv,
    int *operands, struct dp_err *err)
{
	const struct dp_common *common = app->common;
	const struct dp_cmd *cmd = app->cmd;

	if (dp_opt_parse(app->set, argc, argv, operands, err) == -1)
		return -1;
	if (common->help) {
		dp_opt_help(app->set, cmd->operands, cmd->summary, stdout);
		return 1;
	}
	if (common->version) {
		(void)printf("%s (data-pipe) %s\n", cmd->name, DP_VERSION);
		return 1;
	}
	if (common->completion != NULL)
		return dp_opt_completion(app->set, common->completion, stdout,
			   err) == -1
		    ? -1
		    : 1;
	if (dp_opt_environment(app->set, err) == -1)
		return -1;
	*config = dp_config_read(app->set, err);
	if (*config == NULL)
		return -1;
	if (common->print_config) {
		dp_opt_print_config(app->set, dp_config_path(*config), stdout);
		return 1;
	}
	/* Told now, not when all is done. */
	return dp_summary_check(app, err) == -1 ? -1
						: dp_metrics_check(app, err);
}

static enum dp_status
finish(struct dp_app *app, int rc, struct dp_err *err)
{
	struct dp_err bad = { 0 };

	if (rc == -1)
		dp_app_error(app, err);
	close_stdout(app);
	dp_progress_erase(app);
	dp_note_rest(app);
	if (dp_summary_finish(app, &bad) == -1)
		dp_app_error(app, &bad);
	if (dp_metrics_write(app, &bad) == -1)
		dp_app_error(app, &bad);
	return app->status;
}

int
dp_app_main(const struct dp_cmd *cmd, void *opt, int argc, char **argv)
{
	struct dp_app *app = calloc(1, sizeof *app);
	struct dp_config *config = NULL;
	struct dp_err err = { 0 };
	enum dp_status status;
	int rc, operands = 0;

	if (app == NULL || open_standard(&err) == -1) {
		free(app);
		return DP_FAILED;
	}
	app->cmd = cmd;
	app->common = opt;
	app->started_ms = dp_time_now_ms();
	dp_buf_init(&app->text, 0);
	dp_buf_init(&app->extras, 0);
	app->set = dp_opt_new(cmd->name, cmd->opts, cmd->nopts, opt, &err);
	rc = app->set == NULL
	    ? -1
	    : settle(app, &config, argc, argv, &operands, &err);
	if (rc == 0) {
		rc = work(app, opt, argc - operands, argv + operands, &err);
		status = finish(app, rc, &err);
	} else {
		if (rc == -1)
			dp_app_error(app, &err);
		close_stdout(app);
		status = app->status;
	}
	dp_config_free(config);
	dp_opt_free(app->set);
	dp_buf_fini(&app->text);
	dp_buf_fini(&app->extras);
	free(app);
	dp_stop_die();
	return (int)status;
}
