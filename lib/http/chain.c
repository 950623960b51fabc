#include "http/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "http/gen.h"

#define PROBE_MS 5000
#define PAUSE_FIRST_MS 50
#define PAUSE_MAX_MS 5000
#define STEADY_MS 1000 /* up for so long: the next pause is short again */
#define OLD_MAX 4      /* generations that are ending at a time */

struct dp_chain {
	struct dp_loop *loop;
	struct dp_chain_opts opts;
	char *const *argvs[DP_CHAIN_STAGES];
	size_t nstages;
	struct dp_gen *now;    /* takes events once it is up; may be NULL */
	struct dp_gen *coming; /* after dp_chain_reload(), until it is up */
	struct dp_gen *old[OLD_MAX];
	uint64_t restart_ms, pause_ms, up_since_ms;
	uint64_t restarts, last_receipt_ms;
	bool is_used; /* now has come up */
	bool has_been_up, stillborn, closing;
	struct dp_err why; /* stillborn */
};

static int
split_stages(struct dp_chain *c, struct dp_err *err)
{
	size_t i, start = 0;

	for (i = 0; i <= c->opts.argc && c->opts.argc > 0; i++) {
		if (i < c->opts.argc && strcmp(c->opts.argv[i], "|") != 0)
			continue;
		if (i == start)
			return dp_err_set(err, DP_USAGE,
			    "the chain has an empty stage");
		if (c->nstages == DP_CHAIN_STAGES)
			return dp_err_set(err, DP_USAGE,
			    "the chain has more than %d stages",
			    DP_CHAIN_STAGES);
		c->opts.argv[i] = NULL;
		c->argvs[c->nstages++] = c->opts.argv + start;
		start = i + 1;
	}
	return 0;
}

static struct dp_gen *
start(struct dp_chain *c, struct dp_err *err)
{
	return dp_gen_new(c->loop, &c->opts, c->argvs, c->nstages, err);
}

struct dp_chain *
dp_chain_new(struct dp_loop *loop, const struct dp_chain_opts *opts,
    struct dp_err *err)
{
	struct dp_chain *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	c->loop = loop;
	c->opts = *opts;
	c->pause_ms = PAUSE_FIRST_MS;
	if (split_stages(c, err) == 0)
		c->now = start(c, err);
	if (c->now == NULL) {
		dp_chain_free(c);
		return NULL;
	}
	c->has_been_up = c->nstages == 0;
	return c;
}

void
dp_chain_free(struct dp_chain *c)
{
	size_t i;

	if (c == NULL)
		return;
	dp_gen_free(c->now);
	dp_gen_free(c->coming);
	for (i = 0; i < OLD_MAX; i++)
		dp_gen_free(c->old[i]);
	free(c);
}

bool
dp_chain_is_up(const struct dp_chain *c)
{
	return c->now != NULL && c->now->state == DP_GEN_UP;
}

bool
dp_chain_is_stillborn(const struct dp_chain *c, struct dp_err *err)
{
	if (c->stillborn)
		*err = c->why;
	return c->stillborn;
}

bool
dp_chain_has_room(const struct dp_chain *c)
{
	return dp_chain_is_up(c) && dp_gen_has_room(c->now);
}

int
dp_chain_feed(struct dp_chain *c, void *owner, uint32_t ref, const char *event,
    size_t len)
{
	return dp_gen_feed(c->now, owner, ref, event, len);
}

int
dp_chain_flush(struct dp_chain *c, struct dp_err *err)
{
	size_t i;

	for (i = 0; i < OLD_MAX; i++)
		if (c->old[i] != NULL && dp_gen_flush(c->old[i], err) == -1)
			return -1;
	if (c->coming != NULL && dp_gen_flush(c->coming, err) == -1)
		return -1;
	return c->now == NULL ? 0 : dp_gen_flush(c->now, err);
}

/* g is no longer used for new events; it goes when it has ended. */
static void
retire(struct dp_chain *c, struct dp_gen *g)
{
	size_t i;

	for (i = 0; i < OLD_MAX; i++) {
		if (c->old[i] != NULL)
			continue;
		c->old[i] = g;
		return;
	}
	dp_gen_free(c->old[0]);
	c->old[0] = g;
}

static void
tell(const struct dp_chain *c, const char *what, const struct dp_gen *g)
{
	char text[400];

	(void)snprintf(text, sizeof text, "%s: %s", what, g->why);
	c->opts.tell(c->opts.arg, text);
}

/* Hung processes, and lines without a receipt. */
static void
check(struct dp_chain *c, struct dp_gen *g)
{
	const uint64_t quiet = c->loop->now_ms - g->last_ms;

	if (g->state == DP_GEN_ENDED || g->nstages == 0)
		return;
	if (quiet >= c->opts.timeout_ms &&
	    (g->first != g->next || g->state == DP_GEN_DRAINING))
		dp_gen_fail(g, "no receipt for %ju ms%s", (uintmax_t)quiet,
		    dp_gen_hint(g));
	else if (quiet >= PROBE_MS && g->first == g->next &&
	    g->state == DP_GEN_UP)
		dp_gen_probe(g);
}

/* The generation in use has ended. */
static void
replace(struct dp_chain *c)
{
	struct dp_gen *g = c->now;

	if (!c->has_been_up) {
		/* Its processes' statuses say why; they are killed by now. */
		if (!dp_gen_is_gone(g))
			return;
		c->stillborn = true;
		(void)dp_err_set(&c->why, dp_gen_status(g),
		    "the chain does not start: %s", g->why);
		return;
	}
	c->now = NULL;
	if (g->failed)
		tell(c, "the chain has ended", g);
	retire(c, g);
	if (c->closing)
		return;
	if (c->is_used && c->loop->now_ms - c->up_since_ms >= STEADY_MS)
		c->pause_ms = PAUSE_FIRST_MS;
	c->restart_ms = c->loop->now_ms + c->pause_ms;
	c->pause_ms =
	    c->pause_ms * 2 < PAUSE_MAX_MS ? c->pause_ms * 2 : PAUSE_MAX_MS;
	c->opts.down(c->opts.arg);
}

static void
restart(struct dp_chain *c)
{
	struct dp_err err = { 0 };

	c->restarts++;
	c->is_used = false;
	c->now = start(c, &err);
	if (c->now != NULL)
		return;
	c->opts.tell(c->opts.arg, err.msg);
	c->restart_ms = c->loop->now_ms + c->pause_ms;
}

/* After a reload: the new one takes over once it has answered. */
static void
take_over(struct dp_chain *c)
{
	struct dp_gen *g = c->coming;

	if (g->state == DP_GEN_ENDED) {
		tell(c, "the new chain does not start, the old one stays", g);
		retire(c, g);
		c->coming = NULL;
	} else if (g->state == DP_GEN_UP) {
		if (c->now != NULL) {
			dp_gen_drain(c->now);
			retire(c, c->now);
		}
		c->now = g;
		c->coming = NULL;
		c->up_since_ms = c->loop->now_ms;
		c->opts.tell(c->opts.arg, "the new chain is in use");
	}
}

static void
bury(struct dp_chain *c)
{
	size_t i;

	for (i = 0; i < OLD_MAX; i++) {
		if (c->old[i] == NULL)
			continue;
		check(c, c->old[i]);
		if (dp_gen_is_gone(c->old[i])) {
			dp_gen_free(c->old[i]);
			c->old[i] = NULL;
		}
	}
}

int
dp_chain_tick(struct dp_chain *c)
{
	bury(c);
	if (c->coming != NULL) {
		check(c, c->coming);
		take_over(c);
	}
	if (c->now != NULL) {
		check(c, c->now);
		if (c->now->state == DP_GEN_ENDED)
			replace(c);
	} else if (!c->closing && c->coming == NULL &&
	    c->loop->now_ms >= c->restart_ms) {
		restart(c);
	}
	if (c->now != NULL && c->now->state == DP_GEN_UP) {
		c->last_receipt_ms = c->now->last_ms;
		if (!c->is_used)
			c->up_since_ms = c->loop->now_ms;
		c->has_been_up = c->is_used = true;
	}
	if (c->now == NULL && !c->closing && c->restart_ms > c->loop->now_ms)
		return (int)(c->restart_ms - c->loop->now_ms);
	return 1000;
}

void
dp_chain_reload(struct dp_chain *c)
{
	struct dp_err err = { 0 };

	if (c->nstages == 0 || c->coming != NULL || c->closing)
		return;
	c->coming = start(c, &err);
	if (c->coming == NULL)
		c->opts.tell(c->opts.arg, err.msg);
}

void
dp_chain_close(struct dp_chain *c)
{
	if (c->closing)
		return;
	c->closing = true;
	if (c->coming != NULL) {
		dp_gen_fail(c->coming, "stopped");
		retire(c, c->coming);
		c->coming = NULL;
	}
	if (c->now != NULL) {
		dp_gen_drain(c->now);
		retire(c, c->now);
		c->now = NULL;
	}
}

bool
dp_chain_is_closed(const struct dp_chain *c)
{
	size_t i;

	for (i = 0; i < OLD_MAX; i++)
		if (c->old[i] != NULL && !dp_gen_is_gone(c->old[i]))
			return false;
	return c->closing && c->now == NULL;
}

uint64_t
dp_chain_restarts(const struct dp_chain *c)
{
	return c->restarts;
}

uint64_t
dp_chain_pending(const struct dp_chain *c)
{
	uint64_t n = c->now == NULL ? 0 : c->now->next - c->now->first;
	size_t i;

	for (i = 0; i < OLD_MAX; i++)
		if (c->old[i] != NULL)
			n += c->old[i]->next - c->old[i]->first;
	return n;
}

uint64_t
dp_chain_last_receipt_ms(const struct dp_chain *c)
{
	return c->last_receipt_ms;
}
