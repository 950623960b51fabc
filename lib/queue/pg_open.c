#include <sys/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "queue/pg.h"

#define DEFAULT_ROLL UINT64_C(67108864)
#define DEFAULT_BATCH UINT64_C(1048576)
#define BATCH_MAX UINT64_C(268435456) /* a field has less than 1 GiB */

static void
pg_close(struct dp_queue *q)
{
	struct pg *p = (struct pg *)q;
	struct dp_err none = { 0 };

	while (p->leases != NULL)
		pg_release(&p->leases->base);
	/* Our number is not asked for any more. */
	if (p->seq > 0 && !pg_is_lost(p->c)) {
		struct pg_args a = { 0 };

		pg_arg(&a, p->writer);
		(void)pg_run(p, p->c,
		    "delete from dp_queue.writer where writer = $1", &a, &none);
	}
	pg_finish(&p->spare);
	pg_finish(&p->waiting);
	pg_finish(&p->c);
	if (p->epoll > 0)
		(void)close(p->epoll);
	dp_buf_fini(&p->batch);
	free(p->conninfo);
	free(p->state);
	free(p->base.name);
	free(p);
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c == '\0' ? NULL : strchr(digits, c | 0x20);
	return at == NULL ? -1 : (int)(at - digits);
}

/* One parameter of a URI, percent-decoded. */
static int
decode(const char *p, size_t len, char *text, size_t size, const char *what,
    struct dp_err *err)
{
	size_t i, k = 0;

	for (i = 0; i < len && k + 1 < size; i++, k++) {
		text[k] = p[i];
		if (p[i] == '%' && i + 2 < len && hex_digit(p[i + 1]) >= 0 &&
		    hex_digit(p[i + 2]) >= 0) {
			text[k] = (char)(hex_digit(p[i + 1]) * 16 +
			    hex_digit(p[i + 2]));
			i += 2;
		}
		if (text[k] == '\0')
			break;
	}
	text[k] = '\0';
	if (i < len || k == 0)
		return dp_err_set(err, DP_USAGE,
		    "the queue's address: %s= is empty or too long", what);
	return 0;
}

/* What of the address is ours, and what is libpq's. */
struct address {
	char queue[PG_NAME_MAX + 1];
	char state[2048];
	char rest[PG_ADDRESS_MAX + 16];
};

static int
split_address(const char *uri, struct address *a, struct dp_err *err)
{
	const char *p = uri + strcspn(uri, "?");
	size_t len = (size_t)(p - uri);
	char mark = '?';

	memcpy(a->rest, uri, len);
	while (*p != '\0') {
		const char *word = p + 1;
		size_t n = strcspn(word, "&");
		int rc = 0;

		if (strncmp(word, "queue=", 6) == 0) {
			rc = decode(word + 6, n - 6, a->queue, sizeof a->queue,
			    "queue", err);
		} else if (strncmp(word, "state=", 6) == 0) {
			rc = decode(word + 6, n - 6, a->state, sizeof a->state,
			    "state", err);
		} else {
			a->rest[len++] = mark;
			memcpy(a->rest + len, word, n);
			len += n;
			mark = '&';
		}
		if (rc == -1)
			return -1;
		p = word + n;
	}
	a->rest[len] = '\0';
	return 0;
}

/* A password would stand in lists of processes. */
static int
refuse_password(const char *uri, struct dp_err *err)
{
	PQconninfoOption *o, *all = PQconninfoParse(uri, NULL);
	bool found = false;

	if (all == NULL)
		return dp_err_set(err, DP_USAGE,
		    "the queue's address is no URI of libpq");
	for (o = all; o->keyword != NULL; o++)
		if (strcmp(o->keyword, "password") == 0 && o->val != NULL)
			found = true;
	PQconninfoFree(all);
	if (found)
		return dp_err_set(err, DP_USAGE,
		    "the queue's address has a password in it: use ~/.pgpass "
		    "or a service file");
	return 0;
}

static int
take_address(struct pg *p, const char *rest, struct address *a,
    struct dp_err *err)
{
	char uri[PG_ADDRESS_MAX + 16];

	if (strncmp(rest, "//", 2) != 0 || strlen(rest) > PG_ADDRESS_MAX)
		return dp_err_set(err, DP_USAGE,
		    "want postgresql://...?queue=NAME");
	(void)snprintf(uri, sizeof uri, "postgresql:%s", rest);
	if (split_address(uri, a, err) == -1 ||
	    refuse_password(a->rest, err) == -1)
		return -1;
	if (a->queue[0] == '\0')
		return dp_err_set(err, DP_USAGE,
		    "the queue's address has no queue=NAME");
	p->base.name = strdup(uri);
	p->conninfo = strdup(a->rest);
	return p->base.name == NULL || p->conninfo == NULL ? dp_err_nomem(err)
							   : 0;
}

/* 1: the schema is there; 0: it is not; -1. */
static int
find_schema(struct pg *p, struct dp_err *err)
{
	PGresult *r = PQexec(p->c, "select version from dp_queue.format");
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	int rc = 1;

	if (PQresultStatus(r) == PGRES_TUPLES_OK) {
		if (PQntuples(r) != 1 || pg_number(r, 0, 0) != PG_VERSION)
			rc = dp_err_set(err, DP_CONFIG,
			    "%s: the schema dp_queue is of another version",
			    p->base.name);
	} else if (state != NULL &&
	    (strcmp(state, "3F000") == 0 || strcmp(state, "42P01") == 0)) {
		rc = 0;
	} else {
		rc = pg_fail(p, p->c, r, err);
	}
	PQclear(r);
	return rc;
}

static int
run_schema(struct pg *p, struct dp_err *err)
{
	struct dp_buf sql;
	const char *text;
	PGresult *r;
	size_t i;
	int rc;

	dp_buf_init(&sql, 0);
	for (i = 0; dp_queue_pg_schema[i] != NULL; i++)
		(void)dp_buf_adds(&sql, dp_queue_pg_schema[i]);
	text = dp_buf_text(&sql);
	/* Statements in one message are one transaction. */
	r = text == NULL ? NULL : PQexec(p->c, text);
	rc = text == NULL                           ? dp_err_nomem(err)
	    : PQresultStatus(r) == PGRES_COMMAND_OK ? 0
						    : pg_fail(p, p->c, r, err);
	PQclear(r);
	dp_buf_fini(&sql);
	return rc;
}

/* Two may do that at a time: the second one finds it made. */
static int
make_schema(struct pg *p, struct dp_err *err)
{
	struct dp_err none = { 0 };
	int rc = run_schema(p, err);

	return rc == -1 && find_schema(p, &none) == 1 ? 0 : rc;
}

/* Invariant 2. */
static int
check_server(struct pg *p, struct dp_err *err)
{
	static const char sql[] =
	    "select current_setting('fsync') = 'on' and not exists (select "
	    "from pg_class where relnamespace = 'dp_queue'::regnamespace and "
	    "relkind = 'r' and relpersistence <> 'p')";
	PGresult *r = pg_query(p, p->c, sql, NULL, false, err);
	int rc = r == NULL ? -1 : 0;

	if (rc == 0 && PQgetvalue(r, 0, 0)[0] != 't' && !p->unsafe)
		rc = dp_err_set(err, DP_CONFIG,
		    "%s: the server has fsync off, or the tables are not "
		    "logged: a crash would lose lines (--unsafe-fs allows it)",
		    p->base.name);
	PQclear(r);
	return rc;
}

static int
ensure_schema(struct pg *p, struct dp_err *err)
{
	int rc = find_schema(p, err);

	if (rc == 0 && p->create)
		rc = make_schema(p, err) == -1 ? -1 : 1;
	if (rc == 0)
		return dp_err_set(err, DP_CONFIG,
		    "%s: there is no schema dp_queue (dp-enqueue --create "
		    "makes it)",
		    p->base.name);
	return rc == -1 ? -1 : check_server(p, err);
}

/* The queue's row.  1; 0 there is none; -1. */
static int
find_queue(struct pg *p, const char *name, struct dp_err *err)
{
	struct pg_args a = { 0 };
	PGresult *r;
	int n;

	pg_arg(&a, name);
	r = pg_query(p, p->c,
	    "select queue, id from dp_queue.queue where name = $1", &a, false,
	    err);
	if (r == NULL)
		return -1;
	n = PQntuples(r);
	if (n > 0) {
		(void)snprintf(p->queue, sizeof p->queue, "%s",
		    PQgetvalue(r, 0, 0));
		(void)snprintf(p->base.id, sizeof p->base.id, "%s",
		    PQgetvalue(r, 0, 1));
		p->seed = dp_hash64(p->base.id, strlen(p->base.id), 0);
	}
	PQclear(r);
	return n;
}

static int
ensure_queue(struct pg *p, const char *name, struct dp_err *err)
{
	struct pg_args a = { 0 };
	int rc = find_queue(p, name, err);

	if (rc != 0)
		return rc == -1 ? -1 : 0;
	if (p->mode != DP_QUEUE_PRODUCE)
		return dp_err_set(err, DP_NOINPUT, "%s: no such queue",
		    p->base.name);
	pg_arg(&a, name);
	if (pg_run(p, p->c,
		"insert into dp_queue.queue (name) values ($1) "
		"on conflict do nothing",
		&a, err) == -1)
		return -1;
	return find_queue(p, name, err) == 1 ? 0 : -1;
}

static bool
good_group(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(name);

	return len > 0 && len <= PG_NAME_MAX + 1 && name[0] != '.' &&
	    strspn(name, ok) == len;
}

static int
join_group(struct pg *p, const char *state, struct dp_err *err)
{
	struct pg_args a = { 0 };

	if (p->mode != DP_QUEUE_CONSUME)
		return 0;
	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	if (pg_run(p, p->c,
		"insert into dp_queue.grp (queue, name) values ($1, $2) "
		"on conflict do nothing",
		&a, err) == -1 ||
	    pg_state_open(p, state, err) == -1)
		return -1;
	return pg_state_adopt(p, err);
}

static int
init(struct pg *p, enum dp_queue_mode mode, const struct dp_queue_opts *opts,
    struct dp_err *err)
{
	const char *group = opts->group == NULL ? "main" : opts->group;
	unsigned char random[16];
	size_t i;

	p->base.ops = &dp_queue_pg_ops;
	p->mode = mode;
	p->epoll = -1;
	p->unsafe = opts->unsafe_fs;
	p->create = opts->create;
	p->max_bytes = opts->max_bytes;
	p->roll = opts->segment_bytes > 0 ? opts->segment_bytes : DEFAULT_ROLL;
	p->batch_bytes =
	    opts->batch_bytes > 0 ? opts->batch_bytes : DEFAULT_BATCH;
	if (p->batch_bytes > BATCH_MAX)
		p->batch_bytes = BATCH_MAX;
	if (p->max_bytes > 0 && p->batch_bytes > p->max_bytes)
		p->batch_bytes = p->max_bytes;
	dp_buf_init(&p->batch, 0);
	(void)snprintf(p->lane, sizeof p->lane, "0");
	(void)gethostname(p->host, sizeof p->host - 1);
	if (getrandom(random, sizeof random, 0) != sizeof random)
		return dp_err_set(err, DP_FAILED, "no random numbers");
	for (i = 0; i < sizeof random; i++)
		(void)snprintf(p->writer + 2 * i, 3, "%02x", random[i]);
	if (!good_group(group))
		return dp_err_set(err, DP_USAGE, "--group=%s: not a name",
		    group);
	(void)snprintf(p->group, sizeof p->group, "%s", group);
	return 0;
}

static struct dp_queue *
pg_open(const char *rest, enum dp_queue_mode mode,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	struct pg *p = calloc(1, sizeof *p);
	struct address *a = calloc(1, sizeof *a);
	int rc = -1;

	if (p == NULL || a == NULL) {
		free(p);
		free(a);
		(void)dp_err_nomem(err);
		return NULL;
	}
	if (pg_lib_load(err) == 0 && init(p, mode, opts, err) == 0 &&
	    take_address(p, rest, a, err) == 0 &&
	    (p->c = pg_connect(p, err)) != NULL && ensure_schema(p, err) == 0 &&
	    ensure_queue(p, a->queue, err) == 0)
		rc = join_group(p, a->state, err);
	free(a);
	if (rc == 0)
		return &p->base;
	pg_close(&p->base);
	return NULL;
}

static const struct dp_queue_admin admin = {
	.inspect = pg_inspect,
	.at_time = pg_at_time,
	.cat = pg_cat,
	.check = pg_look_all,
	.rewind = pg_rewind,
	.purge = pg_purge,
	.dead = pg_dead,
};

const struct dp_queue_ops dp_queue_pg_ops = {
	.scheme = "postgresql",
	.open = pg_open,
	.close = pg_close,
	.check = pg_check,
	.room = pg_room,
	.put = pg_put,
	.sync = pg_sync,
	.drop = pg_drop,
	.lease = pg_lease,
	.batch = pg_batch,
	.begin = pg_begin,
	.running = pg_running,
	.settle = pg_settle,
	.failed = pg_failed,
	.split = pg_split,
	.renew = pg_renew,
	.release = pg_release,
	.tidy = pg_tidy,
	.watch = pg_watch,
	.watch_clear = pg_watch_clear,
	.admin = &admin,
};
