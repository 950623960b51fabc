#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "queue/spool.h"

#define DEFAULT_SEGMENT UINT64_C(67108864)
#define DEFAULT_BATCH UINT64_C(1048576)

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static void
spool_close(struct dp_queue *q)
{
	struct spool *s = (struct spool *)q;
	size_t i;

	while (s->leases != NULL)
		spool_release(&s->leases->base);
	spool_writer_close(s);
	spool_pack_end(s);
	close_fd(&s->tail);
	close_fd(&s->cursor);
	close_fd(&s->inotify);
	close_fd(&s->dead);
	close_fd(&s->group);
	close_fd(&s->seg);
	close_fd(&s->above);
	close_fd(&s->dir);
	dp_buf_fini(&s->w.batch);
	for (i = 0; i < SPOOL_KEPT; i++)
		dp_buf_fini(&s->w.kept[i]);
	dp_buf_fini(&s->spare);
	free(s->base.name);
	free(s);
}

/* Another boot: what was written before may not be there. */
static int
read_boot(struct spool *s, struct dp_err *err)
{
	static const char path[] = "/proc/sys/kernel/random/boot_id";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n = fd == -1 ? -1 : dp_io_read(fd, text, sizeof text);
	size_t i, k = 0;

	if (fd != -1)
		(void)close(fd);
	for (i = 0; n > 0 && i < (size_t)n && k < 32; i++)
		if (strchr("0123456789abcdef", text[i]) != NULL)
			s->boot[k++] = text[i];
	if (k != 32)
		return dp_err_sys(err, DP_FAILED, n == -1 ? errno : EIO, "%s",
		    path);
	return 0;
}

bool
spool_good_group(const char *name)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(name);

	return len > 0 && len <= SPOOL_GROUP_MAX && name[0] != '.' &&
	    strspn(name, ok) == len;
}

/* dir/NAME, durable. */
static int
open_named(struct spool *s, const char *dir, int *fd, bool create,
    struct dp_err *err)
{
	int above = openat(s->dir, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (above == -1)
		above = spool_open_dir(s->dir, dir, create, err);
	if (above == -1)
		return -1;
	*fd = spool_open_dir(above, s->group_name, create, err);
	(void)close(above);
	if (*fd == -1)
		dp_err_context(err, "%s/%s", s->base.name, dir);
	return *fd == -1 ? -1 : 0;
}

static int
open_group(struct spool *s, const char *name, struct dp_err *err)
{
	bool create = s->mode == DP_QUEUE_CONSUME;
	struct dp_err none = { 0 };

	if (!spool_good_group(name))
		return dp_err_set(err, DP_USAGE, "--group=%s: not a name",
		    name);
	(void)snprintf(s->group_name, sizeof s->group_name, "%s", name);
	if (!create) {
		if (open_named(s, "group", &s->group, false, &none) == -1)
			return 0;
		return spool_cursor_open(s, err);
	}
	if (open_named(s, "group", &s->group, true, err) == -1 ||
	    open_named(s, "dead", &s->dead, true, err) == -1)
		return -1;
	return spool_cursor_open(s, err);
}

/* An absolute name, so that a command may change its folder. */
static int
name_of(struct spool *s, const char *path, struct dp_err *err)
{
	char *name = realpath(path, NULL);

	if (name == NULL)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
	if (strlen(name) > 3072) {
		free(name);
		return dp_err_set(err, DP_USAGE, "%s: the path is too long",
		    path);
	}
	s->base.name = name;
	return 0;
}

static int
open_folders(struct spool *s, const char *path, bool unsafe, struct dp_err *err)
{
	int rc;

	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno,
		    "no queue %s", path);
	if (name_of(s, path, err) == -1)
		return -1;
	rc = spool_read_format(s, err);
	if (rc == -1)
		return -1;
	if (rc == 0 && s->mode == DP_QUEUE_PRODUCE)
		return 0;
	if (rc == 0)
		return dp_err_set(err, DP_NOINPUT, "%s: not a spool", path);
	if (spool_fs_allowed(s->dir, unsafe, path, err) == -1)
		return -1;
	s->seg = openat(s->dir, "seg", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->seg == -1)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s/seg",
		    path);
	s->above = openat(s->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->above == -1 && errno != EACCES)
		return dp_err_sys(err, DP_FAILED, errno, "%s/..", path);
	return 1;
}

/* Opens what is there, or makes it; two may try at a time. */
static int
open_or_create(struct spool *s, const char *path,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	int rc = 0;

	if (s->mode != DP_QUEUE_PRODUCE || access(path, F_OK) == 0)
		rc = open_folders(s, path, opts->unsafe_fs, err);
	if (rc != 0)
		return rc == -1 ? -1 : 0;
	close_fd(&s->dir);
	free(s->base.name);
	s->base.name = NULL;
	if (opts->segment_bytes > SPOOL_SEGMENT_MAX)
		return dp_err_set(err, DP_USAGE,
		    "--segment-bytes is %ju at most",
		    (uintmax_t)SPOOL_SEGMENT_MAX);
	if (spool_create(path,
		opts->segment_bytes > 0 ? opts->segment_bytes : DEFAULT_SEGMENT,
		opts->unsafe_fs, err) == -1)
		return -1;
	rc = open_folders(s, path, opts->unsafe_fs, err);
	return rc == 0 ? dp_err_set(err, DP_FAILED, "%s: taken away", path)
		       : (rc == 1 ? 0 : -1);
}

static void
init(struct spool *s, enum dp_queue_mode mode, const struct dp_queue_opts *opts)
{
	size_t i;

	s->base.ops = &dp_queue_spool_ops;
	s->mode = mode;
	s->dir = s->above = s->seg = s->group = s->dead = -1;
	s->tail = s->cursor = s->inotify = s->w.fd = -1;
	s->max_bytes = opts->max_bytes;
	s->min_free = opts->min_free;
	s->batch_bytes =
	    opts->batch_bytes > 0 ? opts->batch_bytes : DEFAULT_BATCH;
	if (s->max_bytes > 0 && s->batch_bytes > s->max_bytes)
		s->batch_bytes = s->max_bytes;
	dp_buf_init(&s->w.batch, 0);
	for (i = 0; i < SPOOL_KEPT; i++)
		dp_buf_init(&s->w.kept[i], 0);
	dp_buf_init(&s->spare, 0);
}

static struct dp_queue *
spool_open(const char *path, enum dp_queue_mode mode,
    const struct dp_queue_opts *opts, struct dp_err *err)
{
	struct spool *s = calloc(1, sizeof *s);

	if (s == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	init(s, mode, opts);
	if (read_boot(s, err) == -1 ||
	    open_or_create(s, path, opts, err) == -1 ||
	    (mode != DP_QUEUE_PRODUCE &&
		open_group(s, opts->group == NULL ? "main" : opts->group,
		    err) == -1) ||
	    (mode == DP_QUEUE_CONSUME && spool_dead_adopt(s, err) == -1)) {
		spool_close(&s->base);
		return NULL;
	}
	return &s->base;
}

static const struct dp_queue_admin admin = {
	.inspect = spool_inspect,
	.at_time = spool_at_time,
	.cat = spool_cat,
	.check = spool_look_all,
	.rewind = spool_rewind,
	.purge = spool_purge,
	.keep = spool_keep,
	.repair = spool_repair,
	.dead = spool_dead,
};

const struct dp_queue_ops dp_queue_spool_ops = {
	.scheme = "spool",
	.open = spool_open,
	.close = spool_close,
	.check = spool_check,
	.room = spool_room,
	.put = spool_put,
	.write = spool_write,
	.sync = spool_sync,
	.drop = spool_drop,
	.lease = spool_lease,
	.batch = spool_batch,
	.begin = spool_begin,
	.running = spool_running,
	.settle = spool_settle,
	.failed = spool_failed,
	.split = spool_split,
	.renew = spool_renew,
	.release = spool_release,
	.tidy = spool_tidy,
	.watch = spool_watch,
	.watch_clear = spool_watch_clear,
	.admin = &admin,
};
