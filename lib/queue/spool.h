/*
 * spool: the inside of the spool driver, for spool*.c alone.
 *
 * dp-spool(5) defines what is on disk and in which order it gets there; the
 * numbers of invariants in comments are that page's.
 */
#ifndef DP_QUEUE_SPOOL_H
#define DP_QUEUE_SPOOL_H

#include <sys/stat.h>

#include "base/buf.h"
#include "queue/driver.h"
#include "queue/packed.h"

#define SPOOL_SEG_HEAD 256
#define SPOOL_FRAME_HEAD 93
#define SPOOL_FRAME_MAX UINT64_C(4294967296)
#define SPOOL_SEGMENT_MAX UINT64_C(900000000000) /* OFFSET has 12 digits */
#define SPOOL_TAIL_SIZE 67
#define SPOOL_LANES 56 /* that a cursor holds */
#define SPOOL_LANE_TEXT 34
#define SPOOL_NUMBER_MAX UINT64_C(9999999999999999)
#define SPOOL_NAME_SIZE 32 /* of a segment's file */
#define SPOOL_GROUP_MAX 64
#define SPOOL_PARTS 80
#define SPOOL_STEP UINT64_C(4194304) /* bytes allocated ahead */
#define SPOOL_KEPT 3 /* frames that wait for one sync with the next one */
#define SPOOL_LOCK_WAIT_MS 30000

/* -- spool_frame.c: lines of the format -- */

struct spool_frame {
	uint64_t segment, offset, bytes, first, lines, check;
};

struct spool_seg_head {
	uint64_t number, nonce;
	char id[33], boot[33];
	uint64_t inode, created_us;
};

struct spool_tail {
	uint64_t segment, offset, end;
};

uint64_t spool_seed(const char id[33]);

/* Computes f->check and writes the line. */
void spool_frame_write(char line[SPOOL_FRAME_HEAD], struct spool_frame *f,
    const char *payload, uint64_t seed);

/* The form alone: 0, or -1 when it is no such line. */
int spool_frame_parse(const char line[SPOOL_FRAME_HEAD], struct spool_frame *f);
bool spool_frame_verify(const struct spool_frame *f,
    const char line[SPOOL_FRAME_HEAD], const char *payload, uint64_t seed);

void spool_seg_head_write(char line[SPOOL_SEG_HEAD],
    const struct spool_seg_head *h, uint64_t seed);
int spool_seg_head_parse(const char line[SPOOL_SEG_HEAD], uint64_t seed,
    struct spool_seg_head *h);

void spool_tail_write(char line[SPOOL_TAIL_SIZE], const struct spool_tail *t,
    uint64_t seed);
int spool_tail_parse(const char line[SPOOL_TAIL_SIZE], uint64_t seed,
    struct spool_tail *t);

/* NUMBER-NONCE. */
void spool_lane_text(char text[SPOOL_LANE_TEXT], uint64_t number,
    uint64_t nonce);

/* -- The spool -- */

bool spool_good_group(const char *name);

/* What the writer knows of the active segment. */
struct spool_writer {
	int fd; /* -1: not open */
	uint64_t number;
	uint64_t end;        /* behind the last intact frame; 0: not known */
	uint64_t next_line;  /* number of the next frame's first line */
	bool synced_dirs;    /* before the first acknowledgement in here */
	bool broken;         /* a sync failed: nothing more goes in here */
	uint64_t used_at;    /* end, when `used` was counted; 0: never */
	uint64_t used;       /* bytes that are not settled by all */
	struct dp_buf batch; /* room for a frame line, then the payload */
	uint64_t lines;

	/*
	 * Frames that are written and not synced: while nkept > 0 they are
	 * in this segment, behind fd, unless they are lost; then they are
	 * written again before anything else.
	 */
	struct dp_buf kept[SPOOL_KEPT];
	uint64_t kept_lines[SPOOL_KEPT];
	size_t nkept;
	bool lost;
};

struct spool {
	struct dp_queue base; /* must be first */
	enum dp_queue_mode mode;
	uint64_t seed;
	char boot[33];
	uint64_t segment_bytes, batch_bytes, max_bytes, min_free;
	int dir, seg, group, dead; /* folders; group and dead are NAME's */
	int above;                 /* the folder that Q stands in; -1: not ours
				      to read */
	int tail;                  /* -1: not open yet */
	int cursor;                /* the group's; -1 for producers */
	int inotify;               /* -1: nobody watches */
	char group_name[SPOOL_GROUP_MAX + 1];
	struct spool_writer w;
	struct spool_lease *leases;    /* list of those that are out */
	struct dp_buf spare;           /* memory of the last reader */
	uint64_t look_from;            /* DP_QUEUE_LOOK: the next segment */
	uint64_t floor_synced;         /* a floor whose entry is durable */
	uint64_t packed_to;            /* below it there is nothing to pack */
	struct spool_packing *packing; /* one that has begun; or NULL */
	bool divided;                  /* open rejects may have been left */
};

/* -- spool_open.c, spool_format.c -- */

extern const struct dp_queue_ops dp_queue_spool_ops;

int spool_fs_allowed(int fd, bool unsafe, const char *name, struct dp_err *err);

/* Makes Q and its folders; Q/format last. */
int spool_create(const char *path, uint64_t segment_bytes, bool unsafe,
    struct dp_err *err);

/* Reads Q/format.  1; 0 when there is none; -1. */
int spool_read_format(struct spool *s, struct dp_err *err);

/* Opens dir/name, a folder; creates it, durably, if create. */
int spool_open_dir(int dir, const char *name, bool create, struct dp_err *err);

/* -- spool_segment.c: the folder of segments -- */

void spool_seg_name(char name[SPOOL_NAME_SIZE], uint64_t number);
void spool_kept_name(char name[SPOOL_NAME_SIZE], uint64_t number);

/* The numbers there are, plain or kept, ascending, as uint64_t in b. */
int spool_list(const struct spool *s, struct dp_buf *b, struct dp_err *err);

/*
 * A file of Q/seg.  Descriptor; -1 with err set, or err->status DP_OK when
 * it is not there.
 */
int spool_seg_open(const struct spool *s, const char *name, int flags,
    struct dp_err *err);

/* Size of its file: the plain one, if there are two.  1; 0 gone. */
int spool_seg_size(const struct spool *s, uint64_t number, uint64_t *size);

/*
 * Takes the first line of a segment apart.  True: it is good.  If it is not
 * of this spool or damaged, the nonce is made of what is there, so that it
 * is the same each time.
 */
bool spool_seg_head(const struct spool *s, const char line[SPOOL_SEG_HEAD],
    uint64_t number, struct spool_seg_head *h);

/* Creates segment `number` and returns its descriptor. */
int spool_seg_create(const struct spool *s, uint64_t number,
    struct dp_err *err);

/* 1 when a segment of a higher number exists, 0, -1. */
int spool_seg_follows(struct spool *s, uint64_t number, struct dp_err *err);

/* -- spool_append.c, spool_active.c -- */

/* flock(), waiting at most SPOOL_LOCK_WAIT_MS; and of seg. */
int spool_lock_dir(const struct spool *s, int fd, const char *name,
    struct dp_err *err);
int spool_lock(const struct spool *s, struct dp_err *err);
void spool_unlock(const struct spool *s);

/*
 * Under the lock: makes the writer know the active segment, which is of
 * this boot and ends in an intact frame; rolls if need be.
 */
int spool_writer_ready(struct spool *s, struct dp_err *err);
int spool_writer_roll(struct spool *s, struct dp_err *err);
void spool_writer_close(struct spool *s);

/* The hint, if it is well-formed and of that segment: 0, else -1. */
int spool_read_tail(struct spool *s, uint64_t number, struct spool_tail *t);

size_t spool_room(const struct dp_queue *q);
int spool_put(struct dp_queue *q, const char *data, size_t len, uint64_t lines,
    struct dp_err *err);
int spool_write(struct dp_queue *q, struct dp_err *err);
int spool_sync(struct dp_queue *q, struct dp_err *err);
void spool_drop(struct dp_queue *q);
int spool_check(struct dp_queue *q, struct dp_err *err);
int spool_tidy(struct dp_queue *q, uint64_t min_bytes, struct dp_err *err);

/* Invariant 3: seg/, Q and the folder that Q stands in. */
int spool_sync_dirs(const struct spool *s, struct dp_err *err);

/* -- spool_read.c, spool_damage.c -- */

struct spool_reader {
	struct spool *s;
	int fd;
	struct dp_packed *packed; /* what fd holds; NULL: a plain segment */
	uint64_t number, nonce, created_us;
	bool final;        /* a higher segment was there before the last look */
	bool head_bad;     /* told once */
	bool cut;          /* likewise: a kept segment without its end */
	bool abandoned;    /* of another boot: nobody appends to it */
	uint64_t offset;   /* of the next frame */
	uint64_t line;     /* that comes next, for messages */
	uint64_t durable;  /* bytes before this one are on stable storage */
	struct dp_buf buf; /* bytes from `at` on */
	uint64_t at;
};

/* 1; 0 when it is gone; -1. */
int spool_reader_open(struct spool_reader *r, struct spool *s, uint64_t number,
    struct dp_err *err);
void spool_reader_close(struct spool_reader *r);

/*
 * The frame at r->offset: its payload is good until the next call.  1; 0:
 * nothing more by now; 2: the lane is at its end; -1.
 */
int spool_reader_next(struct spool_reader *r, struct spool_frame *f,
    const char **payload, struct dp_err *err);
void spool_reader_pass(struct spool_reader *r, const struct spool_frame *f);

/* Reads what is at offset into r->buf.  1 intact, 0 not, -1. */
int spool_reader_look(struct spool_reader *r, uint64_t offset,
    struct spool_frame *f, const char **payload, struct dp_err *err);

/* Sets *found to the next intact frame behind offset; 0 for none. */
int spool_resync(struct spool_reader *r, uint64_t offset, uint64_t *found,
    struct dp_err *err);

/* Bytes of the segment; short only at its end.  -1 with errno. */
ssize_t spool_reader_pread(const struct spool_reader *r, void *data, size_t len,
    uint64_t at);
int spool_reader_size(const struct spool_reader *r, uint64_t *size,
    struct dp_err *err);

/* Where its last intact frame ends, and how many lines it holds. */
int spool_last_frame(struct spool_reader *r, uint64_t *end, uint64_t *lines,
    struct dp_err *err);

/* True when [offset, end of file) is zeros. */
int spool_zeros(const struct spool_reader *r, uint64_t offset, bool *zeros,
    struct dp_err *err);

/* Copies [offset, end) to Q/bad, synced; end 0: to the end of the file. */
int spool_quarantine(struct spool_reader *r, uint64_t offset, uint64_t end,
    struct dp_err *err);

/* A final segment that ends in bytes that are no frame. */
int spool_bad_end(struct spool_reader *r, struct dp_err *err);
void spool_tell(struct spool_reader *r, uint64_t bytes, uint64_t lines,
    const char *what);

/* -- spool_cursor.c -- */

struct spool_pos {
	uint64_t number, nonce;
	uint64_t line, offset;
	bool done;
};

struct spool_cursor {
	uint64_t generation;
	uint64_t floor, floor_nonce; /* 0: none yet */

	/* Lines settled since two moments; 0: none is known. */
	struct spool_mark {
		uint64_t lines, since_us;
	} marks[2];

	size_t n;
	struct spool_pos lanes[SPOOL_LANES];
};

/* Both slots bad: all zero.  -1: it could not be read. */
int spool_cursor_read(const struct spool *s, int fd, struct spool_cursor *c,
    struct dp_err *err);
int spool_cursor_write(const struct spool *s, int fd, struct spool_cursor *c,
    struct dp_err *err);

/* Counts lines that are settled now. */
void spool_cursor_count(struct spool_cursor *c, uint64_t lines);

/* The byte that is held while a slot or the tries are written. */
int spool_cursor_open(struct spool *s, struct dp_err *err);
int spool_cursor_lock(struct spool *s, struct dp_err *err);
void spool_cursor_unlock(struct spool *s);

/* The byte of the cursor that is held as the lease of a lane. */
off_t spool_lane_byte(uint64_t number);

/* 1 leased, 0 somebody has it, -1. */
int spool_lane_lock(int fd, uint64_t number, struct dp_err *err);

/* 1: fd is the file at the cursor's path.  0: it is not, or there is none. */
int spool_cursor_same(const struct spool *s, int fd, struct dp_err *err);

struct spool_pos *spool_cursor_find(struct spool_cursor *c, uint64_t number,
    uint64_t nonce);

/* Whether the segment that the floor names is there: 1, 0, -1. */
int spool_cursor_has_floor(struct spool *s, const struct spool_cursor *c,
    struct dp_err *err);

/*
 * Makes the floor fit the segments (list, n of them): an unknown floor is
 * the oldest one, and lanes that are done at the floor are passed.
 */
int spool_cursor_settle_floor(struct spool *s, struct spool_cursor *c,
    const uint64_t *list, size_t n, struct dp_err *err);

/* -- spool_floor.c: what all groups have settled -- */

/* The lowest floor of all groups, and its offset.  1; 0 not known; -1. */
int spool_floor(struct spool *s, uint64_t *number, uint64_t *offset,
    struct dp_err *err);

/*
 * Who holds this (close it) sees no segment removed, and no cursor go back
 * to one.
 */
int spool_floor_lock(const struct spool *s, struct dp_err *err);

/* Removes what all groups have settled, but for what Q/keep keeps. */
int spool_remove_settled(struct spool *s, struct dp_err *err);

/* Removes a segment, plain and kept. */
int spool_remove(const struct spool *s, uint64_t number, struct dp_err *err);
int spool_count_used(struct spool *s, uint64_t *bytes, struct dp_err *err);

/* -- spool_keep.c: how much of what is settled stays, for replay -- */

/* 1; 0: nothing is kept; -1. */
int spool_keep_read(const struct spool *s, struct dp_keep *k,
    struct dp_err *err);
int spool_keep_write(const struct spool *s, const struct dp_keep *k,
    struct dp_err *err);

/* How many of the first n segments of list, all settled, are over bounds. */
int spool_keep_over(struct spool *s, const uint64_t *list, size_t n,
    size_t *over, struct dp_err *err);

/* -- spool_pack.c: kept segments, compressed -- */

/*
 * Packs a piece of a kept segment.  1: there is more to do; 0: there is
 * not, or another process is at it.
 */
int spool_pack(struct spool *s, struct dp_err *err);
void spool_pack_end(struct spool *s);

/* -- spool_tries.c -- */

struct spool_part {
	uint64_t first, end;
	uint64_t attempts, failures;
	bool part; /* of a divided batch */
};

struct spool_tries {
	struct spool_part parts[SPOOL_PARTS]; /* ascending, not settled */
	size_t n;
	pid_t pid; /* the last process that was told */
};

int spool_tries_load(const struct spool *s, uint64_t number, uint64_t nonce,
    uint64_t line, struct spool_tries *t, struct dp_err *err);

struct spool_try {
	char kind; /* s p e u d */
	uint64_t number, nonce, first, end, attempt, value;
	const char *said; /* e, u: the command's last words; NULL: none */
	size_t said_len;

	/* Set when it is read. */
	uint64_t time_us;
	size_t from; /* where it begins in the file, its words included */
};

/* Calls fn for each record, in the order in which they were written. */
int spool_tries_each(const struct spool *s,
    void (*fn)(void *arg, const struct spool_try *t), void *arg,
    struct dp_err *err);

int spool_tries_add(struct spool *s, const struct spool_try *t, bool sync,
    struct dp_err *err);

/* Before the cursor, locked, goes back: of settled batches bounds stay. */
int spool_tries_forget(const struct spool *s, struct dp_err *err);

/* -- spool_dead.c -- */

/*
 * Renames the batch's rejects; *dead is how many lines they are.  again: it
 * was not the first attempt.
 */
int spool_dead_keep(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, bool again, uint64_t *dead, struct dp_err *err);
int spool_dead_drop(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, struct dp_err *err);

/*
 * Before the first part of a divided batch starts: the rejects of the whole
 * become those of this part.  If the whole is stored after all, the loader
 * leaves them as they are; if it is not, it begins them anew.
 */
int spool_dead_inherit(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, struct dp_err *err);

/* Makes them durable as they are, if there are any. */
int spool_dead_sync(const struct spool *s, const char *lane, uint64_t first,
    uint64_t end, struct dp_err *err);

/* Those that were left open below the cursor. */
int spool_dead_adopt(struct spool *s, struct dp_err *err);
void spool_dead_name(char *name, size_t size, const char *lane, uint64_t first,
    uint64_t end, const char *suffix);

/* -- spool_lease.c, spool_batch.c -- */

struct spool_lease {
	struct dp_queue_lease base; /* must be first */
	struct spool *s;
	struct spool_lease *next;
	int fd;         /* holds the lane's lock */
	bool passed_on; /* a command may hold it too */
	struct spool_reader r;
	uint64_t line;   /* that is next */
	uint64_t offset; /* of the frame it lies in */
	char lane[SPOOL_LANE_TEXT];

	/* The batch that is out. */
	struct dp_queue_batch b;
	uint64_t end_offset;
	char name[192];
	char rejects[3456];
};

int spool_lease(struct dp_queue *q, struct dp_queue_lease **lease,
    struct dp_err *err);
int spool_renew(struct dp_queue_lease *lease, struct dp_err *err);
void spool_release(struct dp_queue_lease *lease);
int spool_batch(struct dp_queue_lease *lease,
    const struct dp_queue_limits *limits, dp_queue_sink *sink, void *arg,
    struct dp_queue_batch *batch, struct dp_err *err);
int spool_begin(struct dp_queue_lease *lease, int *fd, struct dp_err *err);
void spool_running(struct dp_queue_lease *lease, pid_t pid);
int spool_settle(struct dp_queue_lease *lease, uint64_t *dead,
    struct dp_err *err);
int spool_failed(struct dp_queue_lease *lease, unsigned status, bool counts,
    const char *said, struct dp_err *err);
int spool_split(struct dp_queue_lease *lease, bool nothing_stored,
    struct dp_err *err);

/* Behind so many lines of [p, end). */
const char *spool_after_lines(const char *p, const char *end, uint64_t lines);

/* Writes what has become of a lane, then removes what all have settled. */
int spool_advance(struct spool *s, int lease_fd, const struct spool_pos *pos,
    struct dp_err *err);

/* -- spool_inspect.c, spool_admin.c, spool_move.c: for dp-queue(1) -- */

int spool_inspect(struct dp_queue *q, const struct dp_queue_opts *opts,
    bool all, struct dp_inspect *i, struct dp_err *err);
int spool_at_time(struct dp_queue *q, uint64_t time_us, struct dp_position *p,
    struct dp_err *err);
int spool_cat(struct dp_queue *q, const struct dp_position *from, uint64_t max,
    dp_queue_sink *sink, void *arg, struct dp_err *err);
int spool_look_all(struct dp_queue *q,
    void (*tell)(void *arg, const char *text), void *arg,
    struct dp_check_report *report, struct dp_err *err);
int spool_rewind(struct dp_queue *q, const struct dp_position *to,
    struct dp_err *err);
int spool_purge(struct dp_queue *q, const struct dp_queue_opts *opts,
    uint64_t number, struct dp_err *err);
int spool_keep(struct dp_queue *q, const struct dp_keep *keep,
    struct dp_err *err);
int spool_repair(struct dp_queue *q, struct dp_err *err);
int spool_dead(struct dp_queue *q, struct dp_queue *into,
    int (*fn)(void *arg, const char *name, int fd, struct dp_err *err),
    void *arg, struct dp_err *err);

/* -- spool_batch.c -- */

int spool_watch(struct dp_queue *q, struct dp_err *err);
void spool_watch_clear(struct dp_queue *q);

#endif
