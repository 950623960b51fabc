#include "queue/packed.h"

#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"

#define LEVEL 1
#define TABLE_MAGIC 0x184d2a5e
#define FOOTER_MAGIC 0x8f92eab1
#define TABLE_HEAD 8 /* magic, length of what follows */
#define ENTRY 8
#define FOOTER 9
#define HAS_CHECKSUMS 0x80 /* a third number an entry */
#define FRAME_HEAD 18      /* of a zstd frame, at most */
#define FRAME_MAX (ZSTD_COMPRESSBOUND(DP_PACKED_BLOCK) + 64)
#define NONE SIZE_MAX

struct block {
	uint64_t at;   /* in the content */
	uint64_t from; /* in the file */
};

struct dp_packed {
	int fd;
	ZSTD_DCtx *d;
	struct dp_buf blocks; /* struct block, and one for the end */
	size_t n, current;    /* current: the one in plain, or NONE */
	bool cut, harmed;
	char raw[FRAME_MAX], plain[DP_PACKED_BLOCK];
};

struct dp_packer {
	int fd;
	ZSTD_CCtx *c;
	struct dp_buf table;
	uint32_t n;
	char raw[FRAME_MAX];
};

bool
dp_packed_built(void)
{
	return true;
}

static uint32_t
get32(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[3] << 24;
}

static void
add32(struct dp_buf *b, uint32_t n)
{
	const char bytes[] = { (char)n, (char)(n >> 8), (char)(n >> 16),
		(char)(n >> 24) };

	(void)dp_buf_add(b, bytes, sizeof bytes);
}

static const struct block *
block(const struct dp_packed *z, size_t i)
{
	return (const struct block *)(const void *)z->blocks.data + i;
}

/* One more block, of so many bytes in the file and of content. */
static void
add_block(struct dp_packed *z, uint64_t packed, uint64_t plain)
{
	struct block b = *block(z, z->n);

	b.at += plain;
	b.from += packed;
	if (dp_buf_add(&z->blocks, &b, sizeof b) == 0)
		z->n++;
}

static int
start(struct dp_packed *z)
{
	const struct block none = { 0, 0 };

	z->n = 0;
	dp_buf_clear(&z->blocks);
	return dp_buf_add(&z->blocks, &none, sizeof none);
}

static int
fail(struct dp_err *err)
{
	return dp_err_sys(err, DP_FAILED, errno, "cannot read");
}

/* Takes a table apart that is whole.  1; 0: it does not fit the file. */
static int
parse_table(struct dp_packed *z, const char *p, uint64_t n, size_t entry,
    uint64_t size)
{
	uint64_t i, len = TABLE_HEAD + n * entry + FOOTER;

	if (get32(p) != TABLE_MAGIC || get32(p + 4) != len - TABLE_HEAD)
		return 0;
	for (i = 0; i < n; i++) {
		const char *e = p + TABLE_HEAD + i * entry;

		if (get32(e) > FRAME_MAX || get32(e + 4) > DP_PACKED_BLOCK)
			return 0;
		add_block(z, get32(e), get32(e + 4));
	}
	return z->n == n && block(z, z->n)->from == size - len;
}

/* 1; 0: there is none that fits the file; -1. */
static int
read_table(struct dp_packed *z, uint64_t size, struct dp_err *err)
{
	char foot[FOOTER] = { 0 };
	struct dp_buf b;
	uint64_t n, len;
	size_t entry;
	int rc = 0;

	if (size < TABLE_HEAD + FOOTER)
		return 0;
	if (dp_io_pread(z->fd, foot, FOOTER, (off_t)(size - FOOTER)) == -1)
		return fail(err);
	n = get32(foot);
	entry = (foot[4] & HAS_CHECKSUMS) != 0 ? ENTRY + 4 : ENTRY;
	len = TABLE_HEAD + n * entry + FOOTER;
	if (get32(foot + 5) != FOOTER_MAGIC || len > size)
		return 0;
	dp_buf_init(&b, 0);
	if (dp_buf_reserve(&b, (size_t)len) == -1)
		rc = dp_err_nomem(err);
	else if (dp_io_pread(z->fd, b.data, (size_t)len, (off_t)(size - len)) ==
	    -1)
		rc = fail(err);
	else
		rc = parse_table(z, b.data, n, entry, size);
	dp_buf_fini(&b);
	return rc;
}

/*
 * The table has no checksum, but that it fits the file: what a frame says of
 * itself counts, and the table where a frame says nothing.
 */
static int
ask_frames(struct dp_packed *z, struct dp_err *err)
{
	struct block *b = (struct block *)(void *)z->blocks.data;
	uint64_t shift = 0;
	size_t i;

	for (i = 0; i < z->n; i++) {
		ssize_t n =
		    dp_io_pread(z->fd, z->raw, FRAME_HEAD, (off_t)b[i].from);
		unsigned long long says;

		if (n == -1)
			return fail(err);
		says = ZSTD_getFrameContentSize(z->raw, (size_t)n);
		if (says <= DP_PACKED_BLOCK)
			shift += says - (b[i + 1].at + shift - b[i].at);
		b[i + 1].at += shift;
	}
	return 1;
}

/* From frame to frame, as far as it goes. */
static int
walk(struct dp_packed *z, struct dp_err *err)
{
	z->cut = true;
	if (start(z) == -1)
		return dp_err_nomem(err);
	for (;;) {
		ssize_t n = dp_io_pread(z->fd, z->raw, FRAME_MAX,
		    (off_t)block(z, z->n)->from);
		unsigned long long plain;
		size_t packed;

		if (n == -1)
			return fail(err);
		plain = ZSTD_getFrameContentSize(z->raw, (size_t)n);
		packed = ZSTD_findFrameCompressedSize(z->raw, (size_t)n);
		if (plain == 0 || plain > DP_PACKED_BLOCK ||
		    ZSTD_isError(packed))
			return 0;
		add_block(z, packed, plain);
		if (z->blocks.failed)
			return dp_err_nomem(err);
	}
}

static int
find_blocks(struct dp_packed *z, struct dp_err *err)
{
	struct stat st;
	int rc;

	if (fstat(z->fd, &st) == -1)
		return fail(err);
	if (start(z) == -1)
		return dp_err_nomem(err);
	rc = read_table(z, (uint64_t)st.st_size, err);
	if (rc == 1)
		rc = ask_frames(z, err);
	return rc == 0 ? walk(z, err) : (rc == 1 ? 0 : -1);
}

struct dp_packed *
dp_packed_open(int fd, struct dp_err *err)
{
	struct dp_packed *z = malloc(sizeof *z);

	if (z == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	z->fd = fd;
	z->current = NONE;
	z->cut = z->harmed = false;
	dp_buf_init(&z->blocks, 0);
	z->d = ZSTD_createDCtx();
	if (z->d == NULL)
		(void)dp_err_nomem(err);
	if (z->d == NULL || find_blocks(z, err) == -1) {
		dp_packed_close(z);
		return NULL;
	}
	return z;
}

void
dp_packed_close(struct dp_packed *z)
{
	if (z == NULL)
		return;
	(void)ZSTD_freeDCtx(z->d);
	dp_buf_fini(&z->blocks);
	free(z);
}

uint64_t
dp_packed_size(const struct dp_packed *z)
{
	return block(z, z->n)->at;
}

bool
dp_packed_is_cut(const struct dp_packed *z)
{
	return z->cut;
}

bool
dp_packed_is_harmed(const struct dp_packed *z)
{
	return z->harmed;
}

/* The block that holds a byte of the content. */
static size_t
find(const struct dp_packed *z, uint64_t at)
{
	size_t low = 0, high = z->n;

	while (low + 1 < high) {
		size_t middle = low + (high - low) / 2;

		if (block(z, middle)->at <= at)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int
decode(struct dp_packed *z, size_t i)
{
	const struct block *b = block(z, i);
	size_t packed = (size_t)(b[1].from - b->from);
	size_t plain = (size_t)(b[1].at - b->at);
	ssize_t n;

	if (z->current == i)
		return 0;
	z->current = NONE;
	n = dp_io_pread(z->fd, z->raw, packed, (off_t)b->from);
	if (n == -1)
		return -1;
	if (ZSTD_decompressDCtx(z->d, z->plain, plain, z->raw, (size_t)n) !=
	    plain) {
		memset(z->plain, 0, plain);
		z->harmed = true;
	}
	z->current = i;
	return 0;
}

ssize_t
dp_packed_pread(struct dp_packed *z, void *data, size_t len, uint64_t at)
{
	uint64_t size = dp_packed_size(z);
	size_t done = 0;

	while (done < len && at < size) {
		size_t i = find(z, at), n = len - done;
		const struct block *b = block(z, i);

		if (decode(z, i) == -1)
			return -1;
		if (n > b[1].at - at)
			n = (size_t)(b[1].at - at);
		memcpy((char *)data + done, z->plain + (at - b->at), n);
		done += n;
		at += n;
	}
	return (ssize_t)done;
}

void
dp_packed_range(const struct dp_packed *z, uint64_t *at, uint64_t *end)
{
	uint64_t size = dp_packed_size(z);

	*end = *end == 0 || *end > size ? block(z, z->n)->from
					: block(z, find(z, *end - 1) + 1)->from;
	*at = *at >= size ? *end : block(z, find(z, *at))->from;
}

struct dp_packer *
dp_packer_new(int fd, struct dp_err *err)
{
	struct dp_packer *p = malloc(sizeof *p);

	if (p != NULL) {
		p->fd = fd;
		p->n = 0;
		dp_buf_init(&p->table, 0);
		p->c = ZSTD_createCCtx();
	}
	if (p == NULL || p->c == NULL ||
	    ZSTD_isError(
		ZSTD_CCtx_setParameter(p->c, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(
		ZSTD_CCtx_setParameter(p->c, ZSTD_c_checksumFlag, 1))) {
		dp_packer_free(p);
		(void)dp_err_nomem(err);
		return NULL;
	}
	return p;
}

void
dp_packer_free(struct dp_packer *p)
{
	if (p == NULL)
		return;
	(void)ZSTD_freeCCtx(p->c);
	dp_buf_fini(&p->table);
	free(p);
}

static int
put(struct dp_packer *p, const char *data, size_t len, struct dp_err *err)
{
	return dp_io_write(p->fd, data, len) == -1
	    ? dp_err_sys(err, dp_err_status_of(errno), errno, "cannot write")
	    : 0;
}

int
dp_packer_add(struct dp_packer *p, const void *data, size_t len,
    struct dp_err *err)
{
	size_t n = ZSTD_compress2(p->c, p->raw, sizeof p->raw, data, len);

	if (ZSTD_isError(n))
		return dp_err_set(err, DP_FAILED, "zstd: %s",
		    ZSTD_getErrorName(n));
	add32(&p->table, (uint32_t)n);
	add32(&p->table, (uint32_t)len);
	p->n++;
	return put(p, p->raw, n, err);
}

int
dp_packer_end(struct dp_packer *p, struct dp_err *err)
{
	struct dp_buf head;
	int rc;

	add32(&p->table, p->n);
	(void)dp_buf_addc(&p->table, 0);
	add32(&p->table, FOOTER_MAGIC);
	dp_buf_init(&head, 0);
	add32(&head, TABLE_MAGIC);
	add32(&head, (uint32_t)p->table.len);
	rc = p->table.failed || head.failed ? dp_err_nomem(err)
					    : put(p, head.data, head.len, err);
	dp_buf_fini(&head);
	return rc == 0 ? put(p, p->table.data, p->table.len, err) : -1;
}
