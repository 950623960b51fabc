#include "queue/worker.h"

#include <sys/random.h>
#include <sys/stat.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/time.h"

#define DELAY_FIRST_MS 100
#define DELAY_MAX_MS 30000
#define EMPTY_MAX 1000 /* leases in a row that turn out to be empty */
#define GRACE_MS 5000  /* between TERM and KILL */

void
dp_worker_init(struct dp_worker *w, struct dp_queue *q,
    const struct dp_worker_opts *opts)
{
	memset(w, 0, sizeof *w);
	w->q = q;
	w->opts = opts;
	dp_command_init(&w->command);
}

static void
let_go(struct dp_worker *w)
{
	dp_queue_release(w->lease);
	w->lease = NULL;
	w->state = DP_WORKER_IDLE;
}

void
dp_worker_fini(struct dp_worker *w)
{
	let_go(w);
	dp_command_fini(&w->command);
}

static void
tell(struct dp_worker *w, const char *what)
{
	char text[512];

	(void)snprintf(text, sizeof text, "%s: lines %ju to %ju: %s",
	    w->batch.lane, (uintmax_t)w->batch.first,
	    (uintmax_t)w->batch.end - 1, what);
	w->opts->tell(w->opts->arg, text);
}

/* "exit status 3", "signal 9", "no end within --timeout". */
static void
say_status(const struct dp_worker *w, char *text, size_t size)
{
	unsigned status = w->command.status;

	if (w->told_to_end)
		(void)snprintf(text, size, "no end within --timeout");
	else if (status >= DP_COMMAND_SIGNAL)
		(void)snprintf(text, size, "killed by signal %u",
		    status - DP_COMMAND_SIGNAL);
	else
		(void)snprintf(text, size, "exit status %u", status);
}

/* Doubles up to half a minute; half of it is chance, so that many workers
 * do not come back as one. */
static void
back_off(struct dp_worker *w)
{
	uint32_t chance = 0;
	uint64_t half;

	w->delay_ms = w->delay_ms == 0 ? DELAY_FIRST_MS : w->delay_ms * 2;
	if (w->delay_ms > DELAY_MAX_MS)
		w->delay_ms = DELAY_MAX_MS;
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) == -1)
		chance = (uint32_t)dp_time_wall_us();
	half = w->delay_ms / 2;
	w->until_ms = dp_time_now_ms() + half + chance % (half + 1);
	w->state = DP_WORKER_WAITING;
}

/* The next attempt, or the next batch of the lane, without delay. */
static void
go_on(struct dp_worker *w)
{
	w->delay_ms = 0;
	w->until_ms = 0;
	w->state = DP_WORKER_WAITING;
}

static int
settle(struct dp_worker *w, struct dp_err *err)
{
	uint64_t dead, lines = w->batch.end - w->batch.first;

	if (dp_queue_settle(w->lease, &dead, err) == -1)
		return -1;
	w->lines += lines;
	w->dead += dead < lines ? dead : lines;
	go_on(w);
	return 0;
}

/* The batch is one line: to the dead letters, which are synced first. */
static int
bury(struct dp_worker *w, const char *why, struct dp_err *err)
{
	size_t len = (size_t)w->command.size;
	char *line = malloc(len);
	int rc = -1;

	if (line == NULL)
		return dp_err_nomem(err);
	if (dp_io_pread(w->command.input, line, len, 0) == (ssize_t)len)
		rc = w->opts->dead(w->opts->arg, w, line, len - 1, why, err);
	else
		(void)dp_err_set(err, DP_FAILED, "the batch is gone");
	free(line);
	return rc == -1 ? -1 : settle(w, err);
}

static int
divide(struct dp_worker *w, bool nothing_stored, struct dp_err *err)
{
	char why[64];

	say_status(w, why, sizeof why);
	if (w->batch.end - w->batch.first == 1)
		return bury(w, why, err);
	if (!w->batch.part)
		tell(w, why);
	if (dp_queue_split(w->lease, nothing_stored, err) == -1)
		return -1;
	go_on(w);
	return 0;
}

/* With the last line that the command wrote to its standard error. */
static int
note_failure(struct dp_worker *w, bool counts, struct dp_err *err)
{
	char said[DP_QUEUE_SAID];

	dp_command_said(&w->command, said, sizeof said);
	return dp_queue_failed(w->lease, w->command.status, counts, said, err);
}

/* The run ends: what becomes of it is told even if that cannot be noted. */
static int
give_up(struct dp_worker *w, const char *why, struct dp_err *err)
{
	struct dp_err none = { 0 };

	(void)note_failure(w, false, &none);
	return dp_err_set(err, DP_CONFIG, "%s ended with status %u%s",
	    w->opts->argv[0], w->command.status, why);
}

static int
failed(struct dp_worker *w, bool counts, struct dp_err *err)
{
	uint64_t failures = w->batch.failures + counts;
	uint64_t allowed = w->opts->max_tries;
	char why[64];

	if (note_failure(w, counts, err) == -1)
		return -1;
	/* A part of a batch that was tried enough is only divided on. */
	if (w->batch.part && w->batch.end - w->batch.first > 1)
		allowed = 1;
	if (counts && failures >= allowed)
		return divide(w, false, err);
	say_status(w, why, sizeof why);
	if (w->delay_ms == 0)
		tell(w, why);
	back_off(w);
	return 0;
}

static int
judge(struct dp_worker *w, bool stopping, struct dp_err *err)
{
	unsigned status = w->command.status;

	/* What was told to end says nothing about the batch. */
	if (w->told_to_end)
		return failed(w, true, err);
	switch (status) {
	case DP_OK:
		if (dp_command_read_all(&w->command) || w->opts->unread_ok)
			return settle(w, err);
		return give_up(w,
		    ", but did not read its input to the end: nothing is "
		    "acknowledged (--unread-ok allows it)",
		    err);
	case DP_UNAVAILABLE:
	case DP_TRYAGAIN:
		return failed(w, false, err);
	case DP_DATA:
		return note_failure(w, false, err) == -1 ? -1
							 : divide(w, true, err);
	case DP_USAGE:
	case DP_CONFIG:
		return give_up(w,
		    ": wrong options or configuration; the lines are kept",
		    err);
	default:
		/* A stop of the whole group is no fault of the batch. */
		return failed(w, !stopping, err);
	}
}

/* A program that has worked is being replaced: that passes. */
static int
be_patient(struct dp_worker *w, struct dp_err *err)
{
	if (w->delay_ms == 0)
		w->opts->tell(w->opts->arg, err->msg);
	w->command.status = DP_UNAVAILABLE;
	w->told_to_end = false;
	*err = (struct dp_err){ 0 };
	if (note_failure(w, false, err) == -1)
		return -1;
	back_off(w);
	return 0;
}

static uint64_t
stamp_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 ? 0 : dp_io_stamp(&st);
}

bool
dp_worker_has_rejects(const struct dp_worker *w)
{
	const uint64_t now = stamp_of(w->batch.rejects);

	return now != 0 && now != w->rejects;
}

static int
start(struct dp_worker *w, struct dp_err *err)
{
	char queue[4200], attempt[64], batch[256], rejects[4200], stamp[64];
	/* The service manager is ours to talk to. */
	char no_socket[] = "NOTIFY_SOCKET=", no_usec[] = "WATCHDOG_USEC=",
	     no_pid[] = "WATCHDOG_PID=";
	char *const set[] = { queue, attempt, batch, rejects, stamp, no_socket,
		no_usec, no_pid };
	int fd, rc;

	(void)snprintf(queue, sizeof queue, "DP_QUEUE=%s", dp_queue_name(w->q));
	(void)snprintf(attempt, sizeof attempt, "DP_ATTEMPT=%ju",
	    (uintmax_t)w->batch.attempt);
	(void)snprintf(batch, sizeof batch, "DP_BATCH=%s", w->batch.name);
	(void)snprintf(rejects, sizeof rejects, "DP_REJECTS=%s",
	    w->batch.rejects);
	if (dp_queue_begin(w->lease, &fd, err) == -1)
		return -1;
	w->rejects = stamp_of(w->batch.rejects);
	(void)snprintf(stamp, sizeof stamp, "DP_REJECTS_STAMP=%016jx",
	    (uintmax_t)w->rejects);
	rc = dp_command_start(&w->command, w->opts->argv, set,
	    sizeof set / sizeof set[0], fd, err);
	if (w->command.pid != 0)
		dp_queue_running(w->lease, w->command.pid);
	if (rc == -1)
		return err->status == DP_CONFIG && w->has_worked
		    ? be_patient(w, err)
		    : -1;
	w->has_worked = true;
	w->state = DP_WORKER_RUNNING;
	w->told_to_end = false;
	w->moved_ms = dp_time_now_ms();
	w->at = 0;
	w->until_ms = w->opts->timeout_ms == 0
	    ? 0
	    : dp_time_now_ms() + w->opts->timeout_ms;
	return 0;
}

/* The lane's next batch.  IDLE afterwards: it has none, and is let go. */
static int
next_batch(struct dp_worker *w, struct dp_err *err)
{
	int rc = dp_queue_renew(w->lease, err);

	if (rc == 1)
		rc = dp_command_input(&w->command, err) == -1
		    ? -1
		    : dp_queue_batch(w->lease, &w->opts->limits, dp_command_add,
			  &w->command, &w->batch, err);
	if (rc == 1)
		return start(w, err);
	if (rc == 0)
		let_go(w);
	return rc;
}

static int
check_time(struct dp_worker *w)
{
	uint64_t now = dp_time_now_ms();

	if (w->until_ms == 0 || now < w->until_ms)
		return 0;
	dp_command_kill(&w->command, w->told_to_end ? SIGKILL : SIGTERM);
	w->told_to_end = true;
	w->until_ms = now + GRACE_MS;
	return 0;
}

uint64_t
dp_worker_moved_ms(struct dp_worker *w, uint64_t now_ms)
{
	uint64_t at = dp_command_at(&w->command);

	if (at != w->at)
		w->moved_ms = now_ms;
	w->at = at;
	return w->moved_ms;
}

int
dp_worker_step(struct dp_worker *w, bool stopping, struct dp_err *err)
{
	unsigned empty = 0;
	int rc;

	dp_command_hear(&w->command);
	if (w->state == DP_WORKER_RUNNING) {
		if (!dp_command_ended(&w->command))
			return check_time(w);
		if (judge(w, stopping, err) == -1)
			return -1;
	}
	if (stopping) {
		let_go(w);
		return 0;
	}
	if (w->state == DP_WORKER_WAITING) {
		if (dp_time_now_ms() < w->until_ms)
			return 0;
		if (next_batch(w, err) == -1)
			return -1;
	}
	while (w->state == DP_WORKER_IDLE) {
		rc = dp_queue_lease(w->q, &w->lease, err);
		if (rc != 1)
			return rc;
		w->state = DP_WORKER_WAITING;
		w->delay_ms = 0;
		if (next_batch(w, err) == -1)
			return -1;
		if (++empty == EMPTY_MAX)
			return dp_err_set(err, DP_FAILED,
			    "%s: a lane has lines, and gives none",
			    dp_queue_name(w->q));
	}
	return 0;
}
