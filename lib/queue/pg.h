/*
 * pg: the inside of the PostgreSQL driver, for pg_*.c alone.
 *
 * dp-queue-postgresql(7) defines the tables, what is locked and committed,
 * and in which order.
 */
#ifndef DP_QUEUE_PG_H
#define DP_QUEUE_PG_H

#include "base/buf.h"
#include "queue/driver.h"
#include "queue/pg_lib.h"

#define PG_LANE_TEXT 34
#define PG_NAME_MAX 63
#define PG_ADDRESS_MAX 3072
#define PG_ARGS 9
#define PG_VERSION 2      /* of the schema */
#define PG_RETRY_MS 30000 /* how long to try to connect again */

/* The DDL, to be run in one transaction; NULL ends it. */
extern const char *const dp_queue_pg_schema[];

struct pg {
	struct dp_queue base; /* must be first */
	enum dp_queue_mode mode;
	bool unsafe, create;
	char *conninfo;  /* the address without what is ours */
	PGconn *c;       /* what commits at once */
	PGconn *waiting; /* NULL, or the one that listens */
	PGconn *spare;   /* NULL, or of a lease that was let go */
	char queue[16];  /* number of its row, as text */
	char group[PG_NAME_MAX + 2];
	char host[65];
	uint64_t seed;

	/* The writer. */
	char writer[33];
	uint64_t seq, lines, roll, max_bytes, batch_bytes;
	char lane[24]; /* the last one, as text */
	struct dp_buf batch;

	/* The consumer. */
	struct pg_lease *leases; /* those that are out */
	char *state;             /* the folder of rejects of the group */
	char state_id[33];
	uint64_t look_from; /* DP_QUEUE_LOOK: the last lane */
	bool armed;         /* whoever writes next tells us */
	int epoll;          /* -1, or what is watched: it outlives `waiting` */
};

/* -- pg_conn.c -- */

/* Arguments of a statement; they borrow what they are given. */
struct pg_args {
	const char *values[PG_ARGS];
	int lengths[PG_ARGS], formats[PG_ARGS];
	char numbers[PG_ARGS][24];
	int n;
};

void pg_arg(struct pg_args *a, const char *text);
void pg_arg_number(struct pg_args *a, uint64_t n);
void pg_arg_bytes(struct pg_args *a, const char *data, size_t len);

/* A new connection with our settings.  Waits for a server that restarts. */
PGconn *pg_connect(const struct pg *p, struct dp_err *err);

/*
 * Runs one statement, for its rows, as text or (binary) as they are.
 * NULL: err is set; DP_UNAVAILABLE if the connection is lost.
 */
PGresult *pg_query(const struct pg *p, PGconn *c, const char *sql,
    const struct pg_args *a, bool binary, struct dp_err *err);

/* The same when there are no rows to look at: how many it changed, or -1. */
int pg_run(const struct pg *p, PGconn *c, const char *sql,
    const struct pg_args *a, struct dp_err *err);

/* Fills err for a result of c that is a fault, or a connection that is. */
int pg_fail(const struct pg *p, PGconn *c, const PGresult *r,
    struct dp_err *err);
bool pg_is_lost(PGconn *c);

/* A field of row 0 as a number; text form. */
uint64_t pg_number(const PGresult *r, int row, int column);

/*
 * Gives up our end of a connection, but not the session: it goes on until
 * the last process that inherited the socket is gone.
 */
void pg_abandon(PGconn **c);
void pg_finish(PGconn **c); /* NULL is fine */

/* -- pg_open.c -- */

extern const struct dp_queue_ops dp_queue_pg_ops;
int pg_ready(struct pg *p, PGconn *c, struct dp_err *err);

/* -- pg_state.c: where rejects lie until their batch is settled -- */

int pg_state_open(struct pg *p, const char *dir, struct dp_err *err);
void pg_state_name(const struct pg *p, char *path, size_t size,
    const char *lane, uint64_t first, uint64_t end);
int pg_state_remove(const struct pg *p, const char *path, struct dp_err *err);

struct pg_letter {
	char lane[PG_LANE_TEXT];
	uint64_t first, end;
};

/*
 * The rejects of a batch that was divided are those of its first part, l:
 * their file gets the name path.
 */
int pg_state_inherit(const struct pg *p, const struct pg_letter *l,
    const char *path, struct dp_err *err);

/* Files below the cursor become dead letters, unless they are. */
int pg_state_adopt(struct pg *p, struct dp_err *err);

/*
 * Sends the file, line by line, as rows of `dead` in the transaction of c.
 * *dead is how many they are; 0, too, if there is no file.
 */
int pg_dead_send(const struct pg *p, PGconn *c, const char *path,
    const struct pg_letter *l, uint64_t *dead, struct dp_err *err);

/* 1 when these letters are rows already, 0, -1. */
int pg_dead_known(const struct pg *p, PGconn *c, const char *path,
    const struct pg_letter *l, struct dp_err *err);

/* -- pg_put.c -- */

size_t pg_room(const struct dp_queue *q);
int pg_put(struct dp_queue *q, const char *data, size_t len, uint64_t lines,
    struct dp_err *err);
int pg_sync(struct dp_queue *q, struct dp_err *err);
void pg_drop(struct dp_queue *q);
int pg_check(struct dp_queue *q, struct dp_err *err);

/* What the checksum of a frame covers besides its bytes. */
uint64_t pg_checksum(const struct pg *p, const char *writer, uint64_t seq,
    uint64_t lines, const char *body, size_t len);

/* -- pg_inspect.c, pg_admin.c: for dp-queue(1) -- */

int pg_inspect(struct dp_queue *q, const struct dp_queue_opts *opts, bool all,
    struct dp_inspect *i, struct dp_err *err);
int pg_at_time(struct dp_queue *q, uint64_t time_us, struct dp_position *p,
    struct dp_err *err);
int pg_cat(struct dp_queue *q, const struct dp_position *from, uint64_t max,
    dp_queue_sink *sink, void *arg, struct dp_err *err);
int pg_look_all(struct dp_queue *q, void (*tell)(void *arg, const char *text),
    void *arg, struct dp_check_report *report, struct dp_err *err);
int pg_rewind(struct dp_queue *q, const struct dp_position *to,
    struct dp_err *err);
int pg_purge(struct dp_queue *q, const struct dp_queue_opts *opts,
    uint64_t number, struct dp_err *err);
int pg_dead(struct dp_queue *q, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err);

/* -- pg_lease.c, pg_batch.c, pg_wait.c -- */

/* A row of `frame`, in binary: first, lines, writer, seq, checksum, body. */
struct pg_frame {
	uint64_t first, lines;
	const char *body; /* of the result */
	size_t len;
	bool good; /* it verifies */
};

void pg_take_frame(const struct pg *p, const PGresult *r, int row,
    struct pg_frame *f);
uint64_t pg_binary(const PGresult *r, int row, int column);

struct pg_lease {
	struct dp_queue_lease base; /* must be first */
	struct pg *p;
	struct pg_lease *next;
	PGconn *c;
	bool locked;    /* in a transaction that has the cursor's row */
	bool passed_on; /* a command may have the socket, its end unknown */
	char number[24];
	char lane[PG_LANE_TEXT];
	uint64_t line; /* that is next */
	struct dp_queue_batch b;
	char name[192];
	char rejects[PG_ADDRESS_MAX + 256];
};

int pg_lease(struct dp_queue *q, struct dp_queue_lease **lease,
    struct dp_err *err);
int pg_renew(struct dp_queue_lease *lease, struct dp_err *err);
void pg_release(struct dp_queue_lease *lease);

/* 1: the lease has its row, at the line it knows; 0 it has not; -1. */
int pg_lock(struct pg_lease *l, struct dp_err *err);

int pg_batch(struct dp_queue_lease *lease, const struct dp_queue_limits *limits,
    dp_queue_sink *sink, void *arg, struct dp_queue_batch *batch,
    struct dp_err *err);
int pg_begin(struct dp_queue_lease *lease, int *fd, struct dp_err *err);
void pg_running(struct dp_queue_lease *lease, pid_t pid);
int pg_settle(struct dp_queue_lease *lease, uint64_t *dead, struct dp_err *err);
int pg_failed(struct dp_queue_lease *lease, unsigned status, bool counts,
    const char *said, struct dp_err *err);
int pg_split(struct dp_queue_lease *lease, bool nothing_stored,
    struct dp_err *err);

int pg_tidy(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err);
int pg_watch(struct dp_queue *q, struct dp_err *err);
void pg_watch_clear(struct dp_queue *q);

#endif
