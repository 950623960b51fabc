/*
 * queue: lines that wait, durably, between two programs.
 *
 * A queue is named by a PATH or spool:PATH (dp-spool(5)), or by an address
 * postgresql://...?queue=NAME (dp-queue-postgresql(7)); each engine is a
 * driver behind the same calls (queue/driver.h).  A producer puts whole
 * lines into an open batch and commits it with dp_queue_sync().  A consumer
 * leases a lane, takes a batch of it, and settles that batch; nothing of a
 * lane is handed out before what stands before it is settled.
 *
 * A position is (queue id, group, lane, line number in the lane), and never
 * names different lines.  One thread at a time.
 */
#ifndef DP_QUEUE_QUEUE_H
#define DP_QUEUE_QUEUE_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_queue;       /* opaque */
struct dp_queue_lease; /* opaque: a lane that is ours for now */

enum dp_queue_mode {
	DP_QUEUE_PRODUCE, /* creates the queue if it is not there */
	DP_QUEUE_CONSUME,
	DP_QUEUE_LOOK /* changes nothing: no lease, no settling */
};

struct dp_queue_opts {
	const char *group;      /* NULL: "main" */
	uint64_t segment_bytes; /* of a lane; 0: 64 MiB */
	uint64_t batch_bytes;   /* of the open batch; 0: 1 MiB */
	uint64_t max_bytes;     /* not settled by all; 0: no limit */
	uint64_t min_free;      /* bytes of the disk that stay free */
	bool unsafe_fs;         /* any file system, or server, will do */
	bool create;            /* the schema in a database, too */
};

/*
 * Opens the queue.  DP_CONFIG: another version, or a file system that is
 * not known to keep what it syncs.  DP_NOINPUT: no such queue.
 */
struct dp_queue *dp_queue_open(const char *address, enum dp_queue_mode mode,
    const struct dp_queue_opts *opts, struct dp_err *err);

#define DP_KEEP_UNSET UINT64_MAX

/* What of the lines that all groups have settled stays, for replay. */
struct dp_keep {
	uint64_t bytes;  /* of the files, in all; 0: no bound */
	uint64_t age_ms; /* 0: no bound */
	bool unknown;    /* it cannot be told: all stays */
};

/* Frees q in every case.  Lines put after the last sync are not stored. */
void dp_queue_close(struct dp_queue *q); /* NULL is fine */

/* The queue's absolute name, and its id: 32 hex digits. */
const char *dp_queue_name(const struct dp_queue *q);
const char *dp_queue_id(const struct dp_queue *q);

/* --check: that a batch could be stored now, syncs included. */
int dp_queue_check(struct dp_queue *q, struct dp_err *err);

/* -- For producers -- */

/*
 * Bytes that the open batch still takes.  An empty batch takes one line of
 * any size, alone.
 */
size_t dp_queue_room(const struct dp_queue *q);

/*
 * Copies whole lines into the open batch: the last byte is a newline, no
 * line begins with '#'.
 */
int dp_queue_put(struct dp_queue *q, const char *data, size_t len,
    uint64_t lines, struct dp_err *err);

/*
 * Sends the open batch on its way to the disk and opens a new one: the next
 * dp_queue_sync() makes both durable, and is due before anybody is told.
 * An engine for which that is no gain stores it.  Errors as with a sync.
 */
int dp_queue_write(struct dp_queue *q, struct dp_err *err);

/*
 * Stores the open batch.  When it returns 0, every line put so far outlives
 * a power cut, and a new batch is open.  DP_TRYAGAIN: full or locked;
 * nothing was stored and the batch is still open: try again, or drop it.
 * Any other error: it is not known whether the batch is stored; it is
 * still open too.
 */
int dp_queue_sync(struct dp_queue *q, struct dp_err *err);
void dp_queue_drop(struct dp_queue *q);

/* -- For consumers -- */

struct dp_queue_limits {
	uint64_t bytes;   /* of a batch; at least one line is in it */
	uint64_t records; /* 0: no limit */
};

/* A batch, borrowed from its lease until the next call with it. */
struct dp_queue_batch {
	const char *lane;
	const char *name;    /* QUEUE-ID/GROUP/LANE:FIRST-END */
	const char *rejects; /* absolute path for the batch's rejects */
	uint64_t first, end; /* line numbers of the lane, end exclusive */
	uint64_t bytes;
	uint64_t attempt;  /* of these bounds, from 1 */
	uint64_t failures; /* attempts that counted */
	bool part;         /* of a batch that was divided */
};

/* Takes len bytes of a batch. */
typedef int dp_queue_sink(void *arg, const char *data, size_t len,
    struct dp_err *err);

/* 1: *lease has lines.  0: there is no lane with lines that is free. */
int dp_queue_lease(struct dp_queue *q, struct dp_queue_lease **lease,
    struct dp_err *err);

/*
 * After dp_queue_lease() returned 0: whether a lane that has lines is
 * leased by somebody else.  *pid is a process of theirs, or 0.
 */
bool dp_queue_busy(const struct dp_queue *q, pid_t *pid);

/*
 * Hands the lane's next lines to sink, and says in *batch what they are: a
 * batch that was attempted before has the bounds that it had, else limits
 * count.  1; 0 when the lane has no lines now; -1.
 */
int dp_queue_batch(struct dp_queue_lease *lease,
    const struct dp_queue_limits *limits, dp_queue_sink *sink, void *arg,
    struct dp_queue_batch *batch, struct dp_err *err);

/*
 * Records, durably, that a command is about to be given the batch.  *fd is
 * the descriptor that holds the lane: who inherits it keeps the lease.
 */
int dp_queue_begin(struct dp_queue_lease *lease, int *fd, struct dp_err *err);
void dp_queue_running(struct dp_queue_lease *lease, pid_t pid);

/*
 * The batch is settled: its rejects become dead letters, *dead of them,
 * and the position moves behind it.
 */
int dp_queue_settle(struct dp_queue_lease *lease, uint64_t *dead,
    struct dp_err *err);

#define DP_QUEUE_SAID 240

/*
 * Records that the attempt failed; status as in exit, or 256 + signal.
 * said: the command's last words, printable ASCII, shorter than
 * DP_QUEUE_SAID; "": none.
 */
int dp_queue_failed(struct dp_queue_lease *lease, unsigned status, bool counts,
    const char *said, struct dp_err *err);

/*
 * Divides the batch, which has at least two lines: the next batches are its
 * halves.  nothing_stored: the rejects of the attempt mean nothing.
 */
int dp_queue_split(struct dp_queue_lease *lease, bool nothing_stored,
    struct dp_err *err);

/*
 * After a command: waits for no one, but makes sure that no process of the
 * last attempt is left.  1: the lane is ours, at the same line; 0: it is
 * not, and the lease must be released.
 */
int dp_queue_renew(struct dp_queue_lease *lease, struct dp_err *err);
void dp_queue_release(struct dp_queue_lease *lease); /* NULL is fine */

/*
 * The queue was found empty: gives space back (a spool rolls an active
 * segment that is wholly settled, when it holds at least min_bytes).
 */
int dp_queue_tidy(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err);

/*
 * A descriptor that is readable when lines may have come since the last
 * dp_queue_watch_clear().  Watch, then look, then wait.
 */
int dp_queue_watch(struct dp_queue *q, struct dp_err *err);
void dp_queue_watch_clear(struct dp_queue *q);

/* What was met on the way. */
struct dp_queue_damage {
	uint64_t places; /* where lines may have been lost */
	uint64_t bytes;
	uint64_t lines;
	uint64_t torn;  /* unfinished frames of writers that died */
	char text[256]; /* the first of the places */
};
const struct dp_queue_damage *dp_queue_damage(const struct dp_queue *q);

#endif
