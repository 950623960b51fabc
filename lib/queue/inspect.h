/*
 * inspect: what a queue holds, and who is at work on it, for dp-queue(1).
 *
 * Nothing is changed, and no lock is taken.  Counts are those of a moment:
 * writers and readers go on meanwhile.
 */
#ifndef DP_QUEUE_INSPECT_H
#define DP_QUEUE_INSPECT_H

#include "base/buf.h"
#include "queue/queue.h"

#define DP_INSPECT_LANE 34 /* NUMBER-NONCE and a NUL */
#define DP_INSPECT_NAME 65

struct dp_inspect_segment {
	uint64_t number, nonce;
	uint64_t created_us, written_us; /* since 1970 */
	uint64_t lines, bytes;           /* of intact frames */
	bool kept;   /* settled by all groups, and there for replay */
	bool packed; /* compressed */
};

/* An attempt that failed. */
struct dp_inspect_failure {
	char lane[DP_INSPECT_LANE];
	uint64_t first, end, attempt;
	unsigned status;          /* exit status, or 256 + signal */
	char said[DP_QUEUE_SAID]; /* the command's last words; "" */
	uint64_t time_us;         /* 0: there is none */
};

/* A lane that somebody has, and the last attempt there. */
struct dp_inspect_lease {
	char group[DP_INSPECT_NAME], lane[DP_INSPECT_LANE];
	uint64_t number, nonce;
	uint64_t first, end, attempt; /* attempt 0: none is known */
	uint64_t time_us;             /* when it began */
	pid_t drain, command;         /* that live; 0: not known */
};

/* Lines in a time, for a rate; time_us 0: not known. */
struct dp_inspect_flow {
	uint64_t lines, bytes, time_us;
};

struct dp_inspect_group {
	char name[DP_INSPECT_NAME];
	uint64_t lines, bytes;      /* that wait for it */
	uint64_t oldest_us;         /* creation of the segment it stands in */
	uint64_t settled_us;        /* when its cursor was last written; 0 */
	struct dp_inspect_flow out; /* bytes 0: not counted */
	unsigned leases;            /* lanes that somebody has */
	uint64_t dead, dead_bytes;  /* files of dead letters */
	struct dp_inspect_failure failure; /* the last one */
};

struct dp_inspect {
	const char *name, *id; /* borrowed from the queue */
	uint64_t now_us;
	struct dp_buf segments; /* struct dp_inspect_segment, ascending */
	struct dp_buf groups;   /* struct dp_inspect_group */
	struct dp_buf leases;   /* struct dp_inspect_lease, by group */
	struct dp_inspect_flow in;
	uint64_t lines, bytes; /* that some group has not settled, or, if
				   there is no group, all */
	uint64_t disk_free, disk_size, bad; /* bad: files in Q/bad */

	/* What all groups have settled and is kept; bounds: 0 for none. */
	struct dp_keep keep;
	uint64_t kept_segments, kept_bytes; /* bytes: of the files */
};

/*
 * q was opened with DP_QUEUE_LOOK, and opts.  all: kept segments are listed
 * too, not only counted.
 */
int dp_inspect(struct dp_inspect *i, struct dp_queue *q,
    const struct dp_queue_opts *opts, bool all, struct dp_err *err);
void dp_inspect_fini(struct dp_inspect *i);

const struct dp_inspect_segment *dp_inspect_segments(const struct dp_inspect *i,
    size_t *n);
const struct dp_inspect_group *dp_inspect_groups(const struct dp_inspect *i,
    size_t *n);

const struct dp_inspect_lease *dp_inspect_leases(const struct dp_inspect *i,
    size_t *n);

/* Lines, or bytes, a second. */
double dp_inspect_rate(const struct dp_inspect_flow *f, uint64_t n);

/* Seconds until the disk is full if nothing is drained; 0: not known. */
uint64_t dp_inspect_lasts(const struct dp_inspect *i);

enum dp_inspect_form {
	DP_INSPECT_TEXT,       /* the answer to "why has nothing arrived?" */
	DP_INSPECT_JSON,       /* one object */
	DP_INSPECT_PROMETHEUS, /* its text format, 0.0.4 */
	DP_INSPECT_SEGMENTS    /* a line for each */
};

/* name is the queue's name as a JSON string, with its quotes. */
void dp_inspect_print(const struct dp_inspect *i, enum dp_inspect_form form,
    const char *name, struct dp_buf *out);

/* What was there at the last look, for rates that are of now. */
struct dp_top {
	struct dp_queue *q; /* these two are set by who begins it */
	const struct dp_queue_opts *opts;
	uint64_t at_us;                /* 0: not yet */
	uint64_t number, lines, bytes; /* of the last lane */
	double in_lines, in_bytes;     /* a second */
	struct dp_buf groups;
};

void dp_top_fini(struct dp_top *t);

/*
 * Looks once more, and adds what is there as one screen of 80 columns, but
 * for the ends of some lines.  arg: the struct dp_top.
 */
int dp_top_draw(void *arg, struct dp_buf *out, struct dp_err *err);

#endif
