#include "app/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "app/sift.h"
#include "base/err.h"
#include "base/stop.h"

struct dp_crew {
	const struct dp_sift_opts *opts;
	pthread_t *threads;
	unsigned n,
	    started;       /* threads; those that have tried to open a judge */
	struct dp_err err; /* of the first that could not */

	/* A ring: popped <= given <= pushed <= popped + size. */
	struct dp_crew_work *ring;
	size_t size, popped, given, pushed;

	pthread_mutex_t lock; /* of all below `opts`, and of each `done` */
	pthread_cond_t more, ready;
	bool waiting, over;
};

static struct dp_crew_work *
at(const struct dp_crew *c, size_t i)
{
	return &c->ring[i % c->size];
}

/* Waits for the next work; NULL: there is none any more. */
static struct dp_crew_work *
next_work(struct dp_crew *c)
{
	struct dp_crew_work *w = NULL;

	(void)pthread_mutex_lock(&c->lock);
	while (c->given == c->pushed && !c->over)
		(void)pthread_cond_wait(&c->more, &c->lock);
	if (!c->over)
		w = at(c, c->given++);
	(void)pthread_mutex_unlock(&c->lock);
	return w;
}

static void
hand_back(struct dp_crew *c, struct dp_crew_work *w)
{
	(void)pthread_mutex_lock(&c->lock);
	w->done = true;
	if (c->waiting && w == at(c, c->popped))
		(void)pthread_cond_signal(&c->ready);
	(void)pthread_mutex_unlock(&c->lock);
}

static void
report_start(struct dp_crew *c, const struct dp_err *err)
{
	(void)pthread_mutex_lock(&c->lock);
	c->started++;
	if (err != NULL && c->err.status == DP_OK)
		c->err = *err;
	(void)pthread_cond_signal(&c->ready);
	(void)pthread_mutex_unlock(&c->lock);
}

static void *
work(void *arg)
{
	struct dp_crew *c = arg;
	struct dp_err err = { 0 };
	/* Its filters' process ends with the thread that opened it. */
	struct dp_sift *s = dp_sift_new(c->opts, &err);
	struct dp_crew_work *w;

	report_start(c, s == NULL ? &err : NULL);
	while (s != NULL && (w = next_work(c)) != NULL) {
		dp_part_begin(&w->part);
		dp_sift_block(s, &w->block, &w->part);
		hand_back(c, w);
	}
	dp_sift_free(s);
	return NULL;
}

static int
start_threads(struct dp_crew *c, unsigned n, struct dp_err *err)
{
	sigset_t all, before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	while (
	    c->n < n && pthread_create(&c->threads[c->n], NULL, work, c) == 0)
		c->n++;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_mutex_lock(&c->lock);
	while (c->started < c->n)
		(void)pthread_cond_wait(&c->ready, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	if (c->n < n)
		return dp_err_set(err, DP_TRYAGAIN,
		    "cannot start more than %u threads", c->n);
	if (c->err.status == DP_OK)
		return 0;
	*err = c->err;
	return -1;
}

struct dp_crew *
dp_crew_new(const struct dp_sift_opts *opts, unsigned n, struct dp_err *err)
{
	struct dp_crew *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	c->opts = opts;
	c->size = n * (size_t)2 + 2;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->more, NULL);
	(void)pthread_cond_init(&c->ready, NULL);
	c->ring = calloc(c->size, sizeof *c->ring);
	c->threads = calloc(n, sizeof *c->threads);
	if (c->ring == NULL || c->threads == NULL)
		(void)dp_err_nomem(err);
	else if (start_threads(c, n, err) == 0)
		return c;
	dp_crew_free(c);
	return NULL;
}

void
dp_crew_free(struct dp_crew *c)
{
	size_t i;

	if (c == NULL)
		return;
	dp_stop_end();
	(void)pthread_mutex_lock(&c->lock);
	c->over = true;
	(void)pthread_cond_broadcast(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
	for (i = 0; i < c->n; i++)
		(void)pthread_join(c->threads[i], NULL);
	for (i = 0; c->ring != NULL && i < c->size; i++) {
		dp_part_fini(&c->ring[i].part);
		free(c->ring[i].buf);
	}
	(void)pthread_cond_destroy(&c->ready);
	(void)pthread_cond_destroy(&c->more);
	(void)pthread_mutex_destroy(&c->lock);
	free(c->threads);
	free(c->ring);
	free(c);
}

/* popped and pushed are changed by the caller's thread alone. */
struct dp_crew_work *
dp_crew_take(struct dp_crew *c)
{
	return c->pushed - c->popped < c->size ? at(c, c->pushed) : NULL;
}

void
dp_crew_push(struct dp_crew *c)
{
	(void)pthread_mutex_lock(&c->lock);
	at(c, c->pushed)->done = false;
	c->pushed++;
	(void)pthread_cond_signal(&c->more);
	(void)pthread_mutex_unlock(&c->lock);
}

struct dp_crew_work *
dp_crew_oldest(struct dp_crew *c, bool wait)
{
	struct dp_crew_work *w = at(c, c->popped);
	bool done;

	if (c->pushed == c->popped)
		return NULL;
	(void)pthread_mutex_lock(&c->lock);
	c->waiting = wait;
	while (wait && !w->done)
		(void)pthread_cond_wait(&c->ready, &c->lock);
	c->waiting = false;
	done = w->done;
	(void)pthread_mutex_unlock(&c->lock);
	return done ? w : NULL;
}

void
dp_crew_pop(struct dp_crew *c)
{
	(void)pthread_mutex_lock(&c->lock);
	c->popped++;
	(void)pthread_mutex_unlock(&c->lock);
}
