#include "app/files.h"

#include <sys/stat.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/input.h"
#include "app/share.h"
#include "app/state.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"

#define INODE_SIZE 48

static void
inode_of(const char *path, char text[INODE_SIZE])
{
	struct stat st;

	text[0] = '\0';
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
	    S_ISREG(st.st_mode))
		(void)snprintf(text, INODE_SIZE, "%ju:%ju",
		    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
}

/* A clock that was set back makes no file young for ever: what lies in the
 * future is old. */
static bool
is_young(const char *path, uint64_t settle_ms)
{
	const uint64_t now = dp_time_wall_us() / 1000;
	struct stat st;
	uint64_t at;

	if (settle_ms == 0 || strcmp(path, "-") == 0 || stat(path, &st) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_mtim.tv_sec < 0)
		return false;
	at = (uint64_t)st.st_mtim.tv_sec * 1000 +
	    (uint64_t)st.st_mtim.tv_nsec / 1000000;
	return at <= now && now - at < settle_ms;
}

static void
on_ask(void *app)
{
	dp_app_progress(app);
}

/* The file once, from its front.  1: again. */
static int
pass(struct dp_app *app, struct dp_input *in, const struct dp_files_ops *ops,
    void *arg, struct dp_err *err)
{
	struct dp_block block;
	struct dp_err bad = { 0 };
	bool whole = true;
	int got, rc = 0;

	app->input = in;
	dp_input_on_ask(in, on_ask, app);
	while (rc == 0 && (got = dp_input_next(in, &block, &bad)) != 0) {
		uint64_t lines = 0;

		if (got == -1) {
			dp_app_error(app, &bad);
			whole = false;
		} else {
			rc = ops->block(arg, &block, &lines, err);
			dp_input_count(in, lines);
		}
		dp_app_progress(app);
	}
	app->input = NULL;
	return rc != 0 ? rc
		       : ops->end(arg, whole && dp_stop_signal() == 0, err);
}

static int
one(struct dp_app *app, char *path, const struct dp_files_opts *how,
    const struct dp_files_ops *ops, void *arg, struct dp_err *err)
{
	const struct dp_input_opts opts = { .max_record = how->max_record,
		.linger_ms = how->linger_ms,
		.before_wait = ops->before_wait,
		.passed = ops->passed,
		.arg = arg };
	char *const paths[] = { path };
	char inode[INODE_SIZE];
	bool again = false;
	int rc;

	if (is_young(path, how->settle_ms)) {
		ops->young(arg, path);
		return 0;
	}
	inode_of(path, inode);
	do {
		struct dp_input *in = dp_input_new(paths, 1, &opts, err);

		if (in == NULL)
			return -1;
		rc = ops->begin(arg, strcmp(path, "-") == 0 ? "(stdin)" : path,
		    inode, again, err);
		if (rc == 0)
			rc = pass(app, in, ops, arg, err);
		dp_input_free(in);
		again = true;
	} while (rc == 1 && dp_stop_signal() == 0);
	return rc == -1 ? -1 : 0;
}

/* As a worker, as long as there are any; a fault ends the others, too. */
static int
share(struct dp_app *app, char *const *paths, size_t n,
    const struct dp_files_opts *opts, const struct dp_files_ops *ops, void *arg,
    struct dp_err *err)
{
	size_t i;

	while (dp_stop_signal() == 0 && (i = dp_share_next(opts->share)) < n)
		if (one(app, paths[i], opts, ops, arg, err) == -1) {
			dp_share_stop(opts->share);
			return -1;
		}
	return 0;
}

int
dp_files_each(struct dp_app *app, char *const *paths, size_t n,
    const struct dp_files_opts *opts, const struct dp_files_ops *ops, void *arg,
    struct dp_err *err)
{
	char only_stdin[] = "-";
	size_t i;

	if (opts->share != NULL)
		return share(app, paths, n, opts, ops, arg, err);
	if (n == 0)
		return one(app, only_stdin, opts, ops, arg, err);
	for (i = 0; i < n && dp_stop_signal() == 0; i++)
		if (one(app, paths[i], opts, ops, arg, err) == -1)
			return -1;
	return 0;
}
