#include "queue/queue.h"

#include <string.h>

#include "base/err.h"
#include "queue/driver.h"

extern const struct dp_queue_ops dp_queue_spool_ops;
#ifdef DP_HAVE_PG
extern const struct dp_queue_ops dp_queue_pg_ops;
#endif

static const struct dp_queue_ops *const drivers[] = {
	&dp_queue_spool_ops,
#ifdef DP_HAVE_PG
	&dp_queue_pg_ops,
#endif
};

struct dp_queue *
dp_queue_open(const char *address, enum dp_queue_mode mode,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	size_t len = strcspn(address, ":/");
	size_t i;

	if (*address == '\0') {
		(void)dp_err_set(err, DP_USAGE, "the queue has no name");
		return NULL;
	}
	if (address[len] != ':')
		return drivers[0]->open(address, mode, opts, err);
	for (i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		const struct dp_queue_ops *d = drivers[i];

		if (strlen(d->scheme) == len &&
		    memcmp(d->scheme, address, len) == 0)
			return d->open(address + len + 1, mode, opts, err);
	}
	(void)dp_err_set(err, DP_USAGE,
	    "no such kind of queue: %.*s (a path with a colon: ./%s)", (int)len,
	    address, address);
	return NULL;
}

void
dp_queue_close(struct dp_queue *q)
{
	if (q != NULL)
		q->ops->close(q);
}

const char *
dp_queue_name(const struct dp_queue *q)
{
	return q->name;
}

const char *
dp_queue_id(const struct dp_queue *q)
{
	return q->id;
}

const struct dp_queue_damage *
dp_queue_damage(const struct dp_queue *q)
{
	return &q->damage;
}

bool
dp_queue_busy(const struct dp_queue *q, pid_t *pid)
{
	*pid = q->busy_pid;
	return q->busy;
}

int
dp_queue_check(struct dp_queue *q, struct dp_err *err)
{
	return q->ops->check(q, err);
}

size_t
dp_queue_room(const struct dp_queue *q)
{
	return q->ops->room(q);
}

int
dp_queue_put(struct dp_queue *q, const char *data, size_t len, uint64_t lines,
    struct dp_err *err)
{
	return q->ops->put(q, data, len, lines, err);
}

int
dp_queue_write(struct dp_queue *q, struct dp_err *err)
{
	return q->ops->write != NULL ? q->ops->write(q, err)
				     : q->ops->sync(q, err);
}

int
dp_queue_sync(struct dp_queue *q, struct dp_err *err)
{
	return q->ops->sync(q, err);
}

void
dp_queue_drop(struct dp_queue *q)
{
	q->ops->drop(q);
}

int
dp_queue_lease(struct dp_queue *q, struct dp_queue_lease **lease,
    struct dp_err *err)
{
	return q->ops->lease(q, lease, err);
}

int
dp_queue_batch(struct dp_queue_lease *lease,
    const struct dp_queue_limits *limits, dp_queue_sink *sink, void *arg,
    struct dp_queue_batch *batch, struct dp_err *err)
{
	return lease->queue->ops->batch(lease, limits, sink, arg, batch, err);
}

int
dp_queue_begin(struct dp_queue_lease *lease, int *fd, struct dp_err *err)
{
	return lease->queue->ops->begin(lease, fd, err);
}

void
dp_queue_running(struct dp_queue_lease *lease, pid_t pid)
{
	lease->queue->ops->running(lease, pid);
}

int
dp_queue_settle(struct dp_queue_lease *lease, uint64_t *dead,
    struct dp_err *err)
{
	return lease->queue->ops->settle(lease, dead, err);
}

int
dp_queue_failed(struct dp_queue_lease *lease, unsigned status, bool counts,
    const char *said, struct dp_err *err)
{
	return lease->queue->ops->failed(lease, status, counts, said, err);
}

int
dp_queue_split(struct dp_queue_lease *lease, bool nothing_stored,
    struct dp_err *err)
{
	return lease->queue->ops->split(lease, nothing_stored, err);
}

int
dp_queue_renew(struct dp_queue_lease *lease, struct dp_err *err)
{
	return lease->queue->ops->renew(lease, err);
}

void
dp_queue_release(struct dp_queue_lease *lease)
{
	if (lease != NULL)
		lease->queue->ops->release(lease);
}

int
dp_queue_tidy(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err)
{
	return q->ops->tidy(q, min_bytes, err);
}

int
dp_queue_watch(struct dp_queue *q, struct dp_err *err)
{
	return q->ops->watch(q, err);
}

void
dp_queue_watch_clear(struct dp_queue *q)
{
	q->ops->watch_clear(q);
}
