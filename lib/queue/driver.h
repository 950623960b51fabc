/*
 * driver: the other side of queue.h, for queue.c and the drivers alone.
 *
 * A driver is one const table; its files share a prefix.  The contracts are
 * those of the dp_queue_* functions of the same names.
 */
#ifndef DP_QUEUE_DRIVER_H
#define DP_QUEUE_DRIVER_H

#include "queue/queue.h"

struct dp_inspect;
struct dp_position;
struct dp_check_report;

/*
 * What dp-queue(1) wants to know and change: dp_inspect() of inspect.h and
 * the dp_admin_* functions of admin.h.
 */
struct dp_queue_admin {
	/* Fills in what there is; *i is empty but for name, id and time. */
	int (*inspect)(struct dp_queue *q, const struct dp_queue_opts *opts,
	    bool all, struct dp_inspect *i, struct dp_err *err);

	/* The lane that was active then; the first one if that was later. */
	int (*at_time)(struct dp_queue *q, uint64_t time_us,
	    struct dp_position *p, struct dp_err *err);
	int (*cat)(struct dp_queue *q, const struct dp_position *from,
	    uint64_t max, dp_queue_sink *sink, void *arg, struct dp_err *err);
	int (*check)(struct dp_queue *q,
	    void (*tell)(void *arg, const char *text), void *arg,
	    struct dp_check_report *report, struct dp_err *err);
	int (*rewind)(struct dp_queue *q, const struct dp_position *to,
	    struct dp_err *err);
	int (*purge)(struct dp_queue *q, const struct dp_queue_opts *opts,
	    uint64_t number, struct dp_err *err);
	int (*keep)(struct dp_queue *q, const struct dp_keep *keep,
	    struct dp_err *err);                               /* or NULL */
	int (*repair)(struct dp_queue *q, struct dp_err *err); /* or NULL */
	int (*dead)(struct dp_queue *q, struct dp_queue *into,
	    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
	    void *arg, struct dp_err *err);
};

struct dp_queue_ops {
	const char *scheme; /* "spool" */
	struct dp_queue *(*open)(const char *rest, enum dp_queue_mode mode,
	    const struct dp_queue_opts *opts, struct dp_err *err);
	void (*close)(struct dp_queue *q);
	int (*check)(struct dp_queue *q, struct dp_err *err);

	size_t (*room)(const struct dp_queue *q);
	int (*put)(struct dp_queue *q, const char *data, size_t len,
	    uint64_t lines, struct dp_err *err);
	int (*write)(struct dp_queue *q, struct dp_err *err); /* may be NULL */
	int (*sync)(struct dp_queue *q, struct dp_err *err);
	void (*drop)(struct dp_queue *q);

	int (*lease)(struct dp_queue *q, struct dp_queue_lease **lease,
	    struct dp_err *err);
	int (*batch)(struct dp_queue_lease *lease,
	    const struct dp_queue_limits *limits, dp_queue_sink *sink,
	    void *arg, struct dp_queue_batch *batch, struct dp_err *err);
	int (*begin)(struct dp_queue_lease *lease, int *fd, struct dp_err *err);
	void (*running)(struct dp_queue_lease *lease, pid_t pid);
	int (*settle)(struct dp_queue_lease *lease, uint64_t *dead,
	    struct dp_err *err);
	int (*failed)(struct dp_queue_lease *lease, unsigned status,
	    bool counts, const char *said, struct dp_err *err);
	int (*split)(struct dp_queue_lease *lease, bool nothing_stored,
	    struct dp_err *err);
	int (*renew)(struct dp_queue_lease *lease, struct dp_err *err);
	void (*release)(struct dp_queue_lease *lease);

	int (*tidy)(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err);
	int (*watch)(struct dp_queue *q, struct dp_err *err);
	void (*watch_clear)(struct dp_queue *q);

	const struct dp_queue_admin *admin;
};

/* First field of every driver's own struct. */
struct dp_queue {
	const struct dp_queue_ops *ops;
	char *name;  /* absolute; freed by queue.c */
	char id[33]; /* hex digits and a NUL */
	bool busy;   /* what dp_queue_busy() tells */
	pid_t busy_pid;
	struct dp_queue_damage damage;
};

/* Likewise. */
struct dp_queue_lease {
	struct dp_queue *queue;
};

#endif
