/*
 * packed: a file as Zstandard frames, read at any place.
 *
 * The file is a row of zstd frames (RFC 8878) with checksums, each of at
 * most DP_PACKED_BLOCK bytes of content, and a table of them at its end, as
 * the zstd project's seekable format (version 0.1.0) has it, in a frame that
 * other decoders skip: zstd -d gives the whole content.
 *
 * Without libzstd, opening and packing fail with DP_CONFIG.
 */
#ifndef DP_QUEUE_PACKED_H
#define DP_QUEUE_PACKED_H

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_PACKED_BLOCK 262144

struct dp_err;
struct dp_packed; /* opaque: a file that is read */
struct dp_packer; /* opaque: one that is written */

bool dp_packed_built(void);

/* fd is borrowed until the close. */
struct dp_packed *dp_packed_open(int fd, struct dp_err *err);
void dp_packed_close(struct dp_packed *z); /* NULL is fine */

/* Of the content. */
uint64_t dp_packed_size(const struct dp_packed *z);

/*
 * The table does not fit the file: what is readable are the frames from the
 * start to the first one that is broken.
 */
bool dp_packed_is_cut(const struct dp_packed *z);

/* Some frame that was looked at did not decode. */
bool dp_packed_is_harmed(const struct dp_packed *z);

/*
 * As dp_io_pread() on the content.  The content of a frame that does not
 * decode is zeros.  -1 with errno: the file could not be read.
 */
ssize_t dp_packed_pread(struct dp_packed *z, void *data, size_t len,
    uint64_t at);

/* Where in the file the frames lie that hold content [at, end). */
void dp_packed_range(const struct dp_packed *z, uint64_t *at, uint64_t *end);

/* Writes to fd, which is borrowed, from its position on. */
struct dp_packer *dp_packer_new(int fd, struct dp_err *err);
void dp_packer_free(struct dp_packer *p); /* NULL is fine */

/* One frame: len is at most DP_PACKED_BLOCK. */
int dp_packer_add(struct dp_packer *p, const void *data, size_t len,
    struct dp_err *err);

/* The table, behind the last frame. */
int dp_packer_end(struct dp_packer *p, struct dp_err *err);

#endif
