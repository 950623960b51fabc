/* dp-queue: looks into a queue, and mends it. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/letters.h"
#include "app/screen.h"
#include "json/text.h"
#include "queue/admin.h"
#include "queue/inspect.h"

struct options {
	struct dp_common common; /* must be first */
	const char *group, *before;
	uint64_t lines;
	struct dp_keep keep;
	bool once, prometheus, show, unsafe_fs, yes;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "before", DP_OPT_TEXT, AT(before), "WHEN", NULL,
	    "purge: lines of segments before that time or position" },
	{ 0, "group", DP_OPT_TEXT, AT(group), "NAME", "main",
	    "the consumers that share a position" },
	{ 0, "keep-age", DP_OPT_TIME, AT(keep.age_ms), "TIME", NULL,
	    "keep: what all groups have settled stays that long" },
	{ 0, "keep-bytes", DP_OPT_SIZE, AT(keep.bytes), "SIZE", NULL,
	    "keep: so much of it stays at most" },
	{ 'n', "lines", DP_OPT_COUNT, AT(lines), "N", NULL,
	    "peek, cat: so many lines at most" },
	{ 0, "once", DP_OPT_FLAG, AT(once), NULL, NULL,
	    "top: one picture, as plain text" },
	{ 0, "prometheus", DP_OPT_FLAG, AT(prometheus), NULL, NULL,
	    "stat: in the text format of Prometheus" },
	{ 0, "show", DP_OPT_FLAG, AT(show), NULL, NULL,
	    "dead: print the dead letters themselves" },
	{ 0, "unsafe-fs", DP_OPT_FLAG, AT(unsafe_fs), NULL, NULL,
	    "allow any file system" },
	{ 0, "yes", DP_OPT_FLAG, AT(yes), NULL, NULL, "purge: do not ask" },
};

struct job {
	struct dp_app *app;
	const struct options *opt;
	struct dp_queue_opts q_opts;
	struct dp_queue *q;
	const char *verb, *operand; /* operand: behind QUEUE; NULL: none */
};

static int
look(struct job *j, struct dp_err *err)
{
	bool list = strcmp(j->verb, "ls") == 0;
	enum dp_inspect_form form = list ? DP_INSPECT_SEGMENTS
	    : j->opt->prometheus         ? DP_INSPECT_PROMETHEUS
	    : j->opt->common.json        ? DP_INSPECT_JSON
					 : DP_INSPECT_TEXT;
	struct dp_buf out = { 0 }, name = { 0 };
	struct dp_inspect i;
	int rc = dp_inspect(&i, j->q, &j->q_opts, list, err);

	dp_json_quote_any(&name, dp_queue_name(j->q),
	    strlen(dp_queue_name(j->q)));
	if (rc == 0) {
		dp_inspect_print(&i, form, dp_buf_text(&name), &out);
		rc = out.failed ? dp_err_nomem(err)
				: dp_app_put(NULL, out.data, out.len, err);
	}
	dp_buf_fini(&out);
	dp_buf_fini(&name);
	dp_inspect_fini(&i);
	return rc;
}

static int
top(struct job *j, struct dp_err *err)
{
	struct dp_top t = { .q = j->q, .opts = &j->q_opts };
	const struct dp_screen s = { j->opt->once, 1000, &t, dp_top_draw };
	int rc = dp_screen_run(&s, err);

	dp_top_fini(&t);
	return rc;
}

/* peek: what waits for the group; cat: all from a position on. */
static int
cat(struct job *j, struct dp_err *err)
{
	struct dp_position from = { 0 };

	if (strcmp(j->verb, "peek") == 0)
		return dp_admin_peek(j->q, j->opt->lines, dp_app_put, NULL,
		    err);
	if (j->operand != NULL &&
	    dp_admin_position(j->q, j->operand, &from, err) == -1)
		return -1;
	return dp_admin_cat(j->q, &from, j->opt->lines, dp_app_put, NULL, err);
}

static void
tell(void *arg, const char *text)
{
	(void)fprintf(arg, "%s\n", text);
}

static int
check(struct job *j, struct dp_err *err)
{
	struct dp_check_report r;

	int rc = dp_admin_check(j->q, tell, stdout, &r, err);

	if (rc == 0 && r.recoverable > 0)
		dp_app_rejected(j->app);
	return rc;
}

/* dead looks at dead letters, requeue takes them. */
static int
dead(struct job *j, struct dp_err *err)
{
	bool take = strcmp(j->verb, "requeue") == 0, show = j->opt->show;
	struct dp_letters *l = dp_letters_new(err);
	struct dp_queue *into = NULL;
	int rc = -1;

	if (l == NULL)
		return -1;
	if (take)
		into = dp_queue_open(dp_queue_name(j->q), DP_QUEUE_PRODUCE,
		    &j->q_opts, err);
	l->take = take ? dp_admin_put : NULL;
	l->arg = into;
	l->show = show && !take ? dp_app_put : NULL;
	if (into != NULL || !take)
		rc = dp_admin_dead(j->q, into, dp_letters_read, l, err);
	dp_queue_close(into);
	if (rc == 0 && take)
		(void)printf("%ju line%s of %ju file%s\n", (uintmax_t)l->lines,
		    l->lines == 1 ? "" : "s", (uintmax_t)l->files,
		    l->files == 1 ? "" : "s");
	else if (rc == 0 && !show)
		dp_letters_table(l, j->opt->common.json, stdout);
	dp_letters_free(l);
	return rc;
}

/* rewind and purge: the group goes back, or all lines before that go. */
static int
move(struct job *j, struct dp_err *err)
{
	bool back = strcmp(j->verb, "rewind") == 0;
	struct dp_position to;

	if (dp_admin_position(j->q, back ? j->operand : j->opt->before, &to,
		err) == -1)
		return -1;
	if (back)
		return dp_admin_rewind(j->q, &to, err);
	if (!j->opt->yes &&
	    !dp_app_confirm("Remove all lines before that, read or not?"))
		return dp_err_set(err, DP_USAGE,
		    "nothing is removed: purge wants --yes");
	return dp_admin_purge(j->q, &j->q_opts, to.number, err);
}

static int
tend(struct job *j, struct dp_err *err)
{
	return strcmp(j->verb, "keep") == 0
	    ? dp_admin_keep(j->q, &j->opt->keep, err)
	    : dp_admin_repair(j->q, err);
}

static const struct {
	const char *name;
	enum dp_queue_mode mode;
	int more; /* operands behind QUEUE at most */
	int (*run)(struct job *j, struct dp_err *err);
} verbs[] = {
	{ "cat", DP_QUEUE_LOOK, 1, cat },
	{ "check", DP_QUEUE_LOOK, 0, check },
	{ "dead", DP_QUEUE_LOOK, 0, dead },
	{ "keep", DP_QUEUE_LOOK, 0, tend },
	{ "ls", DP_QUEUE_LOOK, 0, look },
	{ "peek", DP_QUEUE_LOOK, 0, cat },
	{ "purge", DP_QUEUE_LOOK, 0, move },
	{ "repair", DP_QUEUE_CONSUME, 0, tend },
	{ "requeue", DP_QUEUE_LOOK, 0, dead },
	{ "rewind", DP_QUEUE_CONSUME, 1, move },
	{ "stat", DP_QUEUE_LOOK, 0, look },
	{ "top", DP_QUEUE_LOOK, 0, top },
};

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *o = arg;
	struct job j = { app, o, { .group = o->group }, NULL, NULL, NULL };
	size_t i;
	int rc;

	for (i = 0; argc > 0 && i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			break;
	if (argc < 2 || i == sizeof verbs / sizeof verbs[0] ||
	    argc - 2 > verbs[i].more)
		return dp_err_set(err, DP_USAGE,
		    "want stat, top, ls, peek, cat, check, dead, requeue, "
		    "rewind, keep, purge or repair, and a QUEUE");
	j.q_opts.unsafe_fs = o->unsafe_fs;
	j.verb = argv[0];
	j.operand = argv[2]; /* NULL ends them */
	j.q = dp_queue_open(argv[1], verbs[i].mode, &j.q_opts, err);
	rc = j.q == NULL ? -1 : o->common.check ? 0 : verbs[i].run(&j, err);
	dp_queue_close(j.q);
	return rc;
}

static const struct dp_cmd cmd = {
	.name = "dp-queue",
	.operands = "VERB QUEUE [POSITION]",
	.summary = "look into a queue, and mend it",
	.opts = opts,
	.nopts = sizeof opts / sizeof opts[0],
	.quiet_pipe = true,
	.run = run,
};

int
main(int argc, char **argv)
{
	struct options opt = { .keep = { DP_KEEP_UNSET, DP_KEEP_UNSET,
				   false } };

	return dp_app_main(&cmd, &opt, argc, argv);
}
