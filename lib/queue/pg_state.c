/* The folder of rejects, and the dead letters that they become. */
#include <sys/random.h>
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/io.h"
#include "queue/fixed.h"
#include "queue/pg.h"

#define PIECE 65536
#define OLD_S 300 /* nobody writes to a file that is left and that old */

static int
fail(const char *path, struct dp_err *err)
{
	return dp_err_sys(err, dp_err_status_of(errno), errno, "%s", path);
}

/* The folder and those above it, durable; only its owner looks into it. */
static int
make_folder(const char *path, struct dp_err *err)
{
	char part[PG_ADDRESS_MAX];
	size_t i, above = 0;

	if (path[0] != '/' || strlen(path) >= sizeof part)
		return dp_err_set(err, DP_CONFIG,
		    "%s: the folder of rejects (state=) wants an absolute path",
		    path);
	for (i = 1;; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) == -1 && errno != EEXIST)
			return fail(part, err);
		part[above == 0 ? 1 : above] = '\0';
		/* Somebody else's folder may not let itself be synced. */
		if (dp_io_sync_dir(AT_FDCWD, part) == -1 && errno != EACCES)
			return fail(part, err);
		above = i;
		if (path[i] == '\0')
			return 0;
	}
}

static int
read_id(const char *path, char id[33])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd == -1 ? -1 : dp_io_pread(fd, id, 32, 0);

	if (fd != -1)
		(void)close(fd);
	id[32] = '\0';
	return n == 32 && strspn(id, "0123456789abcdef") == 32 ? 0 : -1;
}

/* Who is first makes it: link(2) does not replace. */
static int
make_id(const char *folder, const char *path, struct dp_err *err)
{
	char made[PG_ADDRESS_MAX + 64], text[34];
	unsigned char random[16];
	size_t i;
	int fd, bad;

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return dp_err_set(err, DP_FAILED, "no random numbers");
	for (i = 0; i < sizeof random; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", random[i]);
	text[32] = '\n';
	(void)snprintf(made, sizeof made, "%s/id.%d", folder, (int)getpid());
	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	bad = fd == -1 || dp_io_write(fd, text, 33) == -1 || fsync(fd) == -1 ||
	    (link(made, path) == -1 && errno != EEXIST) || unlink(made) == -1 ||
	    dp_io_sync_dir(AT_FDCWD, folder) == -1;
	if (bad)
		(void)fail(made, err);
	if (fd != -1)
		(void)close(fd);
	return bad ? -1 : 0;
}

static int
default_folder(char *path, size_t size, struct dp_err *err)
{
	const char *dir = getenv("STATE_DIRECTORY");

	if (dir != NULL && *dir == '/') {
		/* Several, with colons in between: the first one. */
		(void)snprintf(path, size, "%.*s", (int)strcspn(dir, ":"), dir);
		return 0;
	}
	dir = getenv("XDG_STATE_HOME");
	if (dir != NULL && *dir == '/') {
		(void)snprintf(path, size, "%s/data-pipe", dir);
		return 0;
	}
	dir = getenv("HOME");
	if (dir == NULL || *dir != '/')
		return dp_err_set(err, DP_CONFIG,
		    "no place for rejects: the queue's address has no state=, "
		    "and neither STATE_DIRECTORY nor HOME is set");
	(void)snprintf(path, size, "%s/.local/state/data-pipe", dir);
	return 0;
}

int
pg_state_open(struct pg *p, const char *dir, struct dp_err *err)
{
	char folder[PG_ADDRESS_MAX], path[PG_ADDRESS_MAX + 192];

	(void)snprintf(folder, sizeof folder, "%s", dir);
	if (*dir == '\0' &&
	    default_folder(folder, sizeof folder - 192, err) == -1)
		return -1;
	if (make_folder(folder, err) == -1)
		return -1;
	(void)snprintf(path, sizeof path, "%s/id", folder);
	if (read_id(path, p->state_id) == -1 &&
	    (make_id(folder, path, err) == -1 ||
		read_id(path, p->state_id) == -1))
		return err->status != DP_OK
		    ? -1
		    : dp_err_set(err, DP_FAILED, "%s: not an id", path);
	(void)snprintf(path, sizeof path, "%s/%s/%s", folder, p->base.id,
	    p->group);
	p->state = strdup(path);
	if (p->state == NULL)
		return dp_err_nomem(err);
	return make_folder(path, err);
}

void
pg_state_name(const struct pg *p, char *path, size_t size, const char *lane,
    uint64_t first, uint64_t end)
{
	(void)snprintf(path, size, "%s/%s-%016ju-%016ju.new",
	    p->state == NULL ? "" : p->state, lane, (uintmax_t)first,
	    (uintmax_t)end);
}

int
pg_state_remove(const struct pg *p, const char *path, struct dp_err *err)
{
	if (unlink(path) == -1 && errno != ENOENT)
		return fail(path, err);
	return dp_io_sync_dir(AT_FDCWD, p->state) == -1 ? fail(path, err) : 0;
}

/* All of the file.  1; 0: there is none, or it is empty; -1. */
static int
read_file(const char *path, struct dp_buf *b, struct dp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 0;

	dp_buf_init(b, 0);
	if (fd == -1)
		return errno == ENOENT ? 0 : fail(path, err);
	do {
		if (dp_buf_reserve(b, PIECE) == -1) {
			(void)dp_err_nomem(err);
			n = -1;
			break;
		}
		n = dp_io_read(fd, b->data + b->len, PIECE);
		if (n == -1)
			(void)fail(path, err);
		else
			b->len += (size_t)n;
	} while (n > 0);
	(void)close(fd);
	return n == -1 ? -1 : b->len > 0;
}

static void
put_bytes(struct dp_buf *b, const char *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	if (dp_buf_reserve(b, 2 * len + 4) == -1)
		return;
	/* The text form of COPY, which wants the backslash doubled. */
	(void)dp_buf_add(b, "\\\\x", 3);
	for (i = 0; i < len; i++) {
		b->data[b->len++] = digits[(unsigned char)data[i] >> 4];
		b->data[b->len++] = digits[(unsigned char)data[i] & 15];
	}
}

static int
send_rows(const struct pg *p, PGconn *c, const struct pg_letter *l,
    const struct dp_buf *file, uint64_t *dead)
{
	uint64_t sum = dp_hash64(file->data, file->len, p->seed);
	const char *at = file->data, *end = at + file->len;
	struct dp_buf row;
	int ok = 1;

	dp_buf_init(&row, 0);
	for (*dead = 0; at < end && ok == 1; ++*dead) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((nl == NULL ? end : nl) - at);

		dp_buf_clear(&row);
		(void)dp_buf_addf(&row, "%s\t%s\t%s\t%ju\t%ju\t%jd\t%ju\t",
		    p->queue, p->group, l->lane, (uintmax_t)l->first,
		    (uintmax_t)l->end, (intmax_t)sum, (uintmax_t)*dead);
		put_bytes(&row, at, len);
		(void)dp_buf_addc(&row, '\n');
		ok = row.failed ? -1 : PQputCopyData(c, row.data, (int)row.len);
		at += len + (nl != NULL);
	}
	dp_buf_fini(&row);
	return ok == 1 ? 0 : -1;
}

int
pg_dead_send(const struct pg *p, PGconn *c, const char *path,
    const struct pg_letter *l, uint64_t *dead, struct dp_err *err)
{
	struct dp_buf file;
	PGresult *r = NULL;
	int rc = read_file(path, &file, err), bad;

	*dead = 0;
	if (rc == 1) {
		r = PQexec(c,
		    "copy dp_queue.dead (queue, grp, lane, first, past, "
		    "checksum, n, reject) from stdin");
		bad = PQresultStatus(r) != PGRES_COPY_IN ||
		    send_rows(p, c, l, &file, dead) == -1 ||
		    PQputCopyEnd(c, NULL) != 1;
		if (!bad) {
			PQclear(r);
			r = PQgetResult(c);
			bad = PQresultStatus(r) != PGRES_COMMAND_OK;
		}
		if (bad)
			rc = pg_fail(p, c, r, err);
		PQclear(r);
		while ((r = PQgetResult(c)) != NULL)
			PQclear(r);
	}
	dp_buf_fini(&file);
	return rc == -1 ? -1 : 0;
}

int
pg_dead_known(const struct pg *p, PGconn *c, const char *path,
    const struct pg_letter *l, struct dp_err *err)
{
	struct pg_args a = { 0 };
	struct dp_buf file;
	int rc = read_file(path, &file, err);

	if (rc == 1) {
		pg_arg(&a, p->queue);
		pg_arg(&a, p->group);
		pg_arg(&a, l->lane);
		pg_arg_number(&a, l->first);
		pg_arg_number(&a, l->end);
		pg_arg_number(&a, dp_hash64(file.data, file.len, p->seed));
		rc = pg_run(p, c,
		    "select from dp_queue.dead where queue = $1 and grp = $2 "
		    "and lane = $3 and first = $4 and past = $5 and "
		    "checksum = $6 limit 1",
		    &a, err);
	} else if (rc == 0) {
		rc = 1; /* an empty one is nothing to know */
	}
	dp_buf_fini(&file);
	return rc;
}

static int
parse_name(const char *name, struct pg_letter *l)
{
	struct dp_fixed in = { .p = name, .left = strlen(name) };

	(void)dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	(void)dp_fixed_take_hex(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	l->first = dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, "-", 1);
	l->end = dp_fixed_take(&in, 16);
	dp_fixed_take_text(&in, ".new", 4);
	if (in.bad || in.left != 0)
		return -1;
	(void)snprintf(l->lane, sizeof l->lane, "%.33s", name);
	return 0;
}

/* The file of a batch that began where l does, and was longer. */
static bool
covers(const char *name, const struct pg_letter *l)
{
	struct pg_letter other;

	return parse_name(name, &other) == 0 &&
	    strcmp(other.lane, l->lane) == 0 && other.first == l->first &&
	    other.end > l->end;
}

int
pg_state_inherit(const struct pg *p, const struct pg_letter *l,
    const char *path, struct dp_err *err)
{
	char old[PG_ADDRESS_MAX + 256];
	DIR *d = opendir(p->state);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return fail(p->state, err);
	while ((e = readdir(d)) != NULL)
		if (covers(e->d_name, l))
			break;
	if (e != NULL) {
		(void)snprintf(old, sizeof old, "%s/%s", p->state, e->d_name);
		if (rename(old, path) == -1 ||
		    dp_io_sync_dir(AT_FDCWD, p->state) == -1)
			rc = fail(old, err);
	}
	(void)closedir(d);
	return rc;
}

/* 1: the batch is behind the cursor, or its lane is gone. */
static int
is_settled(const struct pg *p, const struct pg_letter *l, struct dp_err *err)
{
	struct pg_args a = { 0 };
	int rc;

	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	pg_arg(&a, l->lane);
	pg_arg_number(&a, l->end);
	rc = pg_run(p, p->c,
	    "select from dp_queue.lane l left join dp_queue.cursor c on "
	    "(c.queue = l.queue and c.lane = l.lane and c.grp = $2) where "
	    "l.queue = $1 and l.lane = split_part($3, '-', 1)::bigint and "
	    "l.nonce = split_part($3, '-', 2) and coalesce(c.line, 0) < $4",
	    &a, err);
	return rc == -1 ? -1 : rc == 0;
}

static int
adopt(struct pg *p, const char *path, const struct pg_letter *l, bool old,
    struct dp_err *err)
{
	struct pg_args a = { 0 };
	uint64_t dead;
	int rc;

	pg_arg(&a, p->queue);
	pg_arg(&a, p->group);
	/* One at a time: two would not see each other's rows. */
	if (pg_run(p, p->c, "begin", NULL, err) == -1 ||
	    pg_run(p, p->c,
		"select from dp_queue.grp where queue = $1 and name = $2 "
		"for no key update",
		&a, err) == -1)
		return -1;
	rc = pg_dead_known(p, p->c, path, l, err);
	if (rc == 0 && old) {
		rc = pg_dead_send(p, p->c, path, l, &dead, err);
		rc = rc == 0 ? 1 : -1;
	}
	if (rc == -1)
		return -1;
	if (pg_run(p, p->c, "commit", NULL, err) == -1)
		return -1;
	return rc == 1 ? pg_state_remove(p, path, err) : 0;
}

static int
adopt_one(struct pg *p, const char *name, struct dp_err *err)
{
	char path[PG_ADDRESS_MAX + 256];
	struct pg_letter l;
	struct stat st;
	int rc;

	if (parse_name(name, &l) == -1)
		return 0;
	pg_state_name(p, path, sizeof path, l.lane, l.first, l.end);
	if (stat(path, &st) == -1)
		return errno == ENOENT ? 0 : fail(path, err);
	rc = is_settled(p, &l, err);
	if (rc != 1)
		return rc;
	rc = adopt(p, path, &l, time(NULL) - st.st_mtime > OLD_S, err);
	if (rc == -1 && !pg_is_lost(p->c)) {
		struct dp_err none = { 0 };

		(void)pg_run(p, p->c, "rollback", NULL, &none);
	}
	return rc;
}

int
pg_state_adopt(struct pg *p, struct dp_err *err)
{
	DIR *d = opendir(p->state);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return fail(p->state, err);
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = adopt_one(p, e->d_name, err);
	(void)closedir(d);
	return rc;
}
