#include "schema/rule.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"
#include "schema/rule_worker.h"

#define BATCH_BYTES (1u << 20) /* a batch of this size is full */
#define BATCH_RECORDS 4096
#define START_MS 30000 /* to compile all filters, on a busy machine */
#define READ_SIZE 65536

/* Offsets, since what they point into may move. */
struct answered {
	enum dp_rule_kind kind;
	size_t at, len; /* in texts */
	size_t outputs;
};

struct dp_rule {
	struct dp_rule_opts opts;
	int fd; /* -1: no worker */
	pid_t pid;
	uint64_t restarts;

	struct dp_buf records; /* each with its length before it */
	struct dp_buf ends;    /* size_t: behind each record in records */
	size_t n, done;
	size_t sent; /* bytes of records that the worker has */

	struct dp_buf in;       /* of an answer that is not whole yet */
	struct dp_buf texts;    /* details and outputs */
	struct dp_buf answers;  /* struct answered */
	struct dp_buf verdicts; /* struct dp_verdict, at the end */
};

static size_t
end_of(const struct dp_rule *r, size_t i)
{
	size_t end;

	memcpy(&end, r->ends.data + i * sizeof end, sizeof end);
	return end;
}

/* Kills and reaps the worker; returns its status as waitpid() has it. */
static int
end_worker(struct dp_rule *r, bool now)
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

/* Keeps an answer to the next record. */
static int
keep(struct dp_rule *r, enum dp_rule_kind kind, const char *text, size_t len)
{
	struct answered a = { .kind = kind, .at = r->texts.len, .len = len };
	const char *p = text, *const end = text + len;

	if (kind == DP_RULE_PASSED)
		for (; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
			a.outputs++;
	if (dp_buf_add(&r->texts, text, len) != 0 ||
	    dp_buf_add(&r->answers, &a, sizeof a) != 0)
		return -1;
	r->done++;
	return 0;
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

/* Starts a worker and waits until its filters are compiled. */
static int
start(struct dp_rule *r, struct dp_err *err)
{
	const uint64_t until = dp_time_now_ms() + START_MS;
	struct dp_rule_answer a;
	int rc = 0;

	dp_buf_clear(&r->in);
	r->sent = r->done == 0 ? 0 : end_of(r, r->done - 1);
	if (dp_rule_start(&r->opts, &r->fd, &r->pid, err) != 0)
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
	(void)end_worker(r, true);
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

/* The record at the head of the line is lost: says why, and starts again. */
static int
lose(struct dp_rule *r, enum loss loss, struct dp_err *err)
{
	const int status = end_worker(r, loss != LOST_GONE);
	char why[DP_RULE_DETAIL] = "the worker's answer is none";

	if (loss == LOST_LATE)
		say_why(r, SIGXCPU, why);
	else if (loss == LOST_GONE)
		say_why(r, status, why);
	if (keep(r, DP_RULE_ERROR, why, strlen(why)) != 0)
		return dp_err_nomem(err);
	r->restarts++;
	/* With nothing left to do the next batch starts it. */
	return r->done == r->n ? 0 : start(r, err);
}

/* Sends what the worker takes now.  A worker that is gone shows in reads. */
static void
send_some(struct dp_rule *r)
{
	const ssize_t n = send(r->fd, r->records.data + r->sent,
	    r->records.len - r->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		r->sent += (size_t)n;
}

/*
 * Waits for the worker until the deadline of its record.  Returns 1 when
 * there is something, 0 when it is late.
 */
static int
wait_worker(struct dp_rule *r, uint64_t since)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	const uint64_t until = since + r->opts.deadline_ms;
	uint64_t now = dp_time_now_ms();

	if (r->sent < r->records.len)
		p.events |= POLLOUT;
	for (;;) {
		const int rc =
		    poll(&p, 1, now < until ? (int)(until - now) : 0);

		if (rc > 0)
			break;
		now = dp_time_now_ms();
		if (rc == 0 && now >= until)
			return 0;
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

	while (r->done < r->n && (rc = take_answer(r, used, &a)) == 1) {
		const char *text = r->in.data + used + sizeof a;

		if (keep(r, a.kind, text, a.len) != 0)
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

static int
run(struct dp_rule *r, struct dp_err *err)
{
	uint64_t since = dp_time_now_ms();

	while (r->done < r->n) {
		const int ready = wait_worker(r, since);
		const bool gone = ready == 1 && receive(r) != 0;
		const int rc = take_all(r, &since);

		if (rc == -2)
			return dp_err_nomem(err);
		/* The worker is at work on what nobody waits for. */
		if (r->done < r->n && is_enough(r)) {
			(void)end_worker(r, true);
			break;
		}
		if (r->done == r->n || (ready == 1 && !gone && rc == 0))
			continue;
		if (lose(r,
			rc == -1   ? LOST_NONSENSE
			    : gone ? LOST_GONE
				   : LOST_LATE,
			err) != 0)
			return -1;
		since = dp_time_now_ms();
	}
	return 0;
}

/* Makes verdicts of the answers, once nothing moves any more. */
static int
make_verdicts(struct dp_rule *r)
{
	static const char *const codes[] = { NULL, "rule", "rule-error",
		"number-limit" };
	size_t i;

	for (i = 0; i < r->done; i++) {
		struct dp_verdict v = { .detail = "", .text = "" };
		struct answered a;

		memcpy(&a, r->answers.data + i * sizeof a, sizeof a);
		v.code = codes[a.kind];
		if (a.kind != DP_RULE_PASSED) {
			v.detail = r->texts.data + a.at;
			v.detail_len = a.len;
		} else if (a.len > 0) {
			v.text = r->texts.data + a.at;
			v.len = a.len;
			v.outputs = a.outputs;
		}
		if (dp_buf_add(&r->verdicts, &v, sizeof v) != 0)
			return -1;
	}
	return 0;
}

int
dp_rule_run(struct dp_rule *r, struct dp_err *err)
{
	if (r->n == 0)
		return 0;
	r->done = 0;
	r->sent = 0;
	if (r->fd == -1 && start(r, err) != 0)
		return -1;
	if (run(r, err) != 0)
		return -1;
	return make_verdicts(r) != 0 ? dp_err_nomem(err) : 0;
}

struct dp_rule *
dp_rule_new(const struct dp_rule_opts *opts, struct dp_err *err)
{
	struct dp_rule *r = calloc(1, sizeof *r);

	if (r == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	r->opts = *opts;
	if (r->opts.max_memory == 0)
		r->opts.max_memory = DP_RULE_MEMORY;
	if (r->opts.max_output == 0 || r->opts.max_output > INT32_MAX)
		r->opts.max_output = DP_RULE_OUTPUT;
	if (r->opts.deadline_ms == 0)
		r->opts.deadline_ms = DP_RULE_DEADLINE_MS;
	r->fd = -1;
	dp_buf_init(&r->records, 0);
	dp_buf_init(&r->ends, 0);
	dp_buf_init(&r->in, 0);
	dp_buf_init(&r->texts, 0);
	dp_buf_init(&r->answers, 0);
	dp_buf_init(&r->verdicts, 0);
	if (start(r, err) == 0)
		return r;
	dp_rule_free(r);
	return NULL;
}

void
dp_rule_free(struct dp_rule *r)
{
	if (r == NULL)
		return;
	(void)end_worker(r, true);
	dp_buf_fini(&r->records);
	dp_buf_fini(&r->ends);
	dp_buf_fini(&r->in);
	dp_buf_fini(&r->texts);
	dp_buf_fini(&r->answers);
	dp_buf_fini(&r->verdicts);
	free(r);
}

int
dp_rule_add(struct dp_rule *r, const char *line, size_t len, struct dp_err *err)
{
	const uint32_t head = (uint32_t)len;
	const size_t before = r->records.len;
	size_t end;

	if (len > INT32_MAX)
		return dp_err_set(err, DP_FAILED, "a record of 2 GiB for jq");
	if (dp_buf_add(&r->records, &head, sizeof head) != 0 ||
	    dp_buf_add(&r->records, line, len) != 0) {
		r->records.len = before;
		return dp_err_nomem(err);
	}
	end = r->records.len;
	if (dp_buf_add(&r->ends, &end, sizeof end) != 0) {
		r->records.len = before;
		return dp_err_nomem(err);
	}
	r->n++;
	return 0;
}

bool
dp_rule_full(const struct dp_rule *r)
{
	return r->records.len >= BATCH_BYTES || r->n >= BATCH_RECORDS;
}

size_t
dp_rule_count(const struct dp_rule *r)
{
	return r->n;
}

size_t
dp_rule_decided(const struct dp_rule *r)
{
	return r->done;
}

const struct dp_verdict *
dp_rule_verdict(const struct dp_rule *r, size_t i)
{
	/* What malloc returned and records of one size are aligned. */
	return (const struct dp_verdict *)(const void *)r->verdicts.data + i;
}

void
dp_rule_clear(struct dp_rule *r)
{
	dp_buf_clear(&r->records);
	dp_buf_clear(&r->ends);
	dp_buf_clear(&r->texts);
	dp_buf_clear(&r->answers);
	dp_buf_clear(&r->verdicts);
	r->n = r->done = 0;
	r->sent = 0;
}

uint64_t
dp_rule_restarts(const struct dp_rule *r)
{
	return r->restarts;
}
