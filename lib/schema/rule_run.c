/* A batch and its worker: sent, answered, and what becomes of a loss. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"
#include "schema/rule_state.h"

#define START_MS 30000 /* to compile all filters, on a busy machine */
#define READ_SIZE 65536
#define LOSSES 3 /* of workers, until a record that has begun is blamed */

int
dp_rule_end_worker(struct dp_rule *r, bool now)
{
	int status = 0;

	if (r->fd == -1)
		return 0;
	(void)close(r->fd);
	r->fd = -1;
	if (now)
		(void)kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) == -1 && errno == EINTR)
		;
	return status;
}

/*
 * Looks at the answer that begins at at in what has been read.  Returns 1
 * with it, 0 when it is not whole, -1 when no worker of ours would give it.
 */
static int
take_answer(const struct dp_rule *r, size_t at, struct dp_rule_answer *a)
{
	const size_t len = r->in.len - at;

	if (len < sizeof *a)
		return 0;
	memcpy(a, r->in.data + at, sizeof *a);
	if (a->kind >= DP_RULE_KINDS ||
	    a->len > (a->kind == DP_RULE_PASSED ? r->opts.max_output
						: DP_RULE_DETAIL))
		return -1;
	return len - sizeof *a >= a->len;
}

/* Reads what is there.  Returns 0, or -1 when the worker is gone. */
static int
receive(struct dp_rule *r)
{
	ssize_t n;

	if (dp_buf_reserve(&r->in, READ_SIZE) != 0)
		return -1;
	n = recv(r->fd, r->in.data + r->in.len, READ_SIZE, MSG_DONTWAIT);
	if (n > 0) {
		r->in.len += (size_t)n;
		return 0;
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return -1;
}

int
dp_rule_start_worker(struct dp_rule *r, struct dp_err *err)
{
	const uint64_t until = dp_time_now_ms() + START_MS;
	struct dp_rule_answer a;
	int rc = 0;

	dp_buf_clear(&r->in);
	r->sent = dp_rule_end_of(r, r->done - 1);
	r->origin = r->done;
	r->begun = 0;
	if (dp_rule_start(&r->opts, r->page, &r->fd, &r->pid, err) != 0)
		return -1;
	while ((rc = take_answer(r, 0, &a)) == 0) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };

		if (dp_time_now_ms() > until ||
		    (poll(&p, 1, 100) > 0 && receive(r) != 0))
			break;
	}
	if (rc == 1 && a.kind == DP_RULE_PASSED) {
		dp_buf_drop(&r->in, sizeof a + a.len);
		return 0;
	}
	(void)dp_rule_end_worker(r, true);
	if (rc == 1)
		return dp_err_set(err, DP_USAGE, "%.*s", (int)a.len,
		    r->in.data + sizeof a);
	return dp_err_set(err, DP_FAILED,
	    "the worker for jq filters does not start");
}

/* Why a worker ended, by its status as waitpid() has it. */
static void
say_why(const struct dp_rule *r, int status, char why[DP_RULE_DETAIL])
{
	const int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGXCPU)
		(void)snprintf(why, DP_RULE_DETAIL,
		    "the filter took longer than %u ms", r->opts.deadline_ms);
	else if (sig == SIGABRT || sig == SIGSEGV)
		(void)snprintf(why, DP_RULE_DETAIL,
		    "jq gave up: it needs more than %zu MiB, or has a fault "
		    "(signal %d)",
		    r->opts.max_memory >> 20, sig);
	else if (sig != 0)
		(void)snprintf(why, DP_RULE_DETAIL, "jq died by signal %d",
		    sig);
	else
		(void)snprintf(why, DP_RULE_DETAIL, "jq ended with status %d",
		    WEXITSTATUS(status));
}

enum loss { LOST_LATE, LOST_GONE, LOST_NONSENSE };

/*
 * The record that the worker was at, or SIZE_MAX when it waited for one.  One
 * that was late may have gone on before it was killed: what counts is where
 * it was seen.
 */
static size_t
at_hand(const struct dp_rule *r, enum loss loss)
{
	const uint64_t begun = loss == LOST_LATE
	    ? r->begun
	    : atomic_load_explicit(&r->page->begun, memory_order_relaxed);
	const uint64_t i = r->origin + begun - 1;

	return i < r->done || i >= r->n ? SIZE_MAX : (size_t)i;
}

/* The blamed record is next: its verdict is known, and the worker goes on
 * behind it. */
static int
pass_blamed(struct dp_rule *r)
{
	r->blamed = SIZE_MAX;
	r->losses = 0;
	if (dp_rule_keep(r, DP_RULE_ERROR, r->why, strlen(r->why)) != 0)
		return -1;
	r->sent = dp_rule_end_of(r, r->done - 1);
	r->origin++;
	return 0;
}

/*
 * The worker is lost: finds the record that is to blame, says why, and starts
 * again.  Answers before it that were not sent yet are asked for once more.
 */
static int
lose(struct dp_rule *r, enum loss loss, struct dp_err *err)
{
	const int status = dp_rule_end_worker(r, loss != LOST_GONE);
	size_t i = at_hand(r, loss);

	(void)snprintf(r->why, sizeof r->why, "the worker's answer is none");
	if (loss == LOST_LATE)
		say_why(r, SIGXCPU, r->why);
	else if (loss == LOST_GONE)
		say_why(r, status, r->why);
	/* Killed while it waited; but twice in a row is no accident, and
	 * each record has its end at last. */
	if (loss == LOST_NONSENSE || r->losses >= LOSSES ||
	    (i == SIZE_MAX && (r->losses > 0 || loss == LOST_LATE)))
		i = r->done;
	r->losses++;
	r->blamed = i;
	r->restarts++;
	if (i == r->done) {
		/* With nothing left to do the next batch starts it. */
		if (pass_blamed(r) != 0)
			return dp_err_nomem(err);
		if (r->done == r->n)
			return 0;
	}
	return dp_rule_start_worker(r, err);
}

/* Bytes that the worker may have now. */
static size_t
to_send(const struct dp_rule *r)
{
	return (r->blamed == SIZE_MAX ? r->records.len
				      : dp_rule_end_of(r, r->blamed - 1)) -
	    r->sent;
}

/* Sends what the worker takes now.  A worker that is gone shows in reads. */
static void
send_some(struct dp_rule *r)
{
	const ssize_t n = send(r->fd, r->records.data + r->sent, to_send(r),
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		r->sent += (size_t)n;
}

/*
 * Waits for the worker.  Returns 1 when there is something, 0 when it has
 * not come from one record to the next since `since` for too long.
 */
static int
wait_worker(struct dp_rule *r, uint64_t *since)
{
	const unsigned slice = r->opts.deadline_ms / 8 + 1;
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	if (to_send(r) > 0)
		p.events |= POLLOUT;
	while (poll(&p, 1, (int)slice) <= 0) {
		const uint64_t now = dp_time_now_ms();
		const uint64_t begun =
		    atomic_load_explicit(&r->page->begun, memory_order_relaxed);

		if (begun != r->begun)
			*since = now;
		r->begun = begun;
		if (now - *since >= r->opts.deadline_ms)
			return 0;
		if (dp_stop_over())
			return 1;
	}
	if ((p.revents & POLLOUT) != 0)
		send_some(r);
	return 1;
}

/* Takes all answers that are whole.  -1: nonsense; -2: no memory. */
static int
take_all(struct dp_rule *r, uint64_t *since)
{
	struct dp_rule_answer a;
	size_t used = 0;
	int rc = 0;

	while (r->done < r->n && r->done != r->blamed &&
	    (rc = take_answer(r, used, &a)) == 1) {
		const char *text = r->in.data + used + sizeof a;

		r->losses = 0;
		if (dp_rule_keep(r, a.kind, text, a.len) != 0)
			return -2;
		used += sizeof a + a.len;
	}
	if (used > 0)
		*since = dp_time_now_ms();
	dp_buf_drop(&r->in, used);
	return rc == -1 ? -1 : 0;
}

/* True when the records that are left are to be given again. */
static bool
is_enough(const struct dp_rule *r)
{
	return r->texts.len > DP_RULE_TEXTS || dp_stop_over();
}

/* One turn with the worker.  1: the batch is at its end. */
static int
turn(struct dp_rule *r, uint64_t *since, struct dp_err *err)
{
	const int ready = wait_worker(r, since);
	const bool gone = ready == 1 && receive(r) != 0;
	const int rc = take_all(r, since);

	if (rc == -2)
		return dp_err_nomem(err);
	if (r->done == r->n)
		return 1;
	/* The worker is at work on what nobody waits for. */
	if (is_enough(r)) {
		(void)dp_rule_end_worker(r, true);
		return 1;
	}
	if (r->done == r->blamed)
		return pass_blamed(r) != 0 ? dp_err_nomem(err)
					   : r->done == r->n;
	if (ready == 1 && !gone && rc == 0)
		return 0;
	*since = dp_time_now_ms();
	return lose(r,
	    rc == -1   ? LOST_NONSENSE
		: gone ? LOST_GONE
		       : LOST_LATE,
	    err);
}

int
dp_rule_work(struct dp_rule *r, struct dp_err *err)
{
	uint64_t since = dp_time_now_ms();
	int rc = 0;

	while (rc == 0 && r->done < r->n)
		rc = turn(r, &since, err);
	return rc == -1 ? -1 : 0;
}
