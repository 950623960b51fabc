/*
 * worker: gives batches of a queue to a command, and settles them by its
 * exit status.
 *
 * dp-drain(1) says what each status means.  A worker never blocks: step it
 * when its command has ended, or when its time has come.
 */
#ifndef DP_QUEUE_WORKER_H
#define DP_QUEUE_WORKER_H

#include "queue/command.h"
#include "queue/queue.h"

struct dp_worker;

struct dp_worker_opts {
	char *const *argv;
	struct dp_queue_limits limits;
	uint64_t max_tries;
	uint64_t timeout_ms; /* 0: none */
	bool unread_ok;
	void *arg;

	/*
	 * Writes the reject of a line that stands alone to the path
	 * w->batch.rejects.  why: "exit status 65".
	 */
	int (*dead)(void *arg, const struct dp_worker *w, const char *line,
	    size_t len, const char *why, struct dp_err *err);

	/* Something worth a message. */
	void (*tell)(void *arg, const char *text);
};

enum dp_worker_state {
	DP_WORKER_IDLE,    /* there was nothing to lease */
	DP_WORKER_WAITING, /* for the moment until_ms */
	DP_WORKER_RUNNING
};

struct dp_worker {
	struct dp_queue *q;
	const struct dp_worker_opts *opts;
	enum dp_worker_state state;
	struct dp_queue_lease *lease; /* NULL: none */
	struct dp_queue_batch batch;
	struct dp_command command;
	uint64_t until_ms;     /* WAITING; RUNNING: of --timeout, 0 for never */
	uint64_t delay_ms;     /* of the last back-off */
	uint64_t moved_ms, at; /* when it was last seen to read, and where */
	uint64_t rejects;      /* what they were before the command began */
	bool told_to_end;      /* TERM was sent */
	bool has_worked;       /* the command could be run */
	uint64_t lines, dead;  /* settled */
};

void dp_worker_init(struct dp_worker *w, struct dp_queue *q,
    const struct dp_worker_opts *opts);
void dp_worker_fini(struct dp_worker *w);

/*
 * Goes on as far as it can without waiting.  stopping: starts nothing new.
 * -1: the run must end; DP_CONFIG if the command said so.
 */
int dp_worker_step(struct dp_worker *w, bool stopping, struct dp_err *err);

/*
 * Whether the command that has ended wrote rejects.  What was there before
 * is of another attempt, and says nothing of this one's lines.
 */
bool dp_worker_has_rejects(const struct dp_worker *w);

/* While RUNNING: when the command began, or was found to have read on. */
uint64_t dp_worker_moved_ms(struct dp_worker *w, uint64_t now_ms);

#endif
