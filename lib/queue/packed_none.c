/* Without libzstd: nothing is packed, and what is packed is not read. */
#include "base/err.h"
#include "queue/packed.h"

#ifndef DP_HAVE_ZSTD

#define UNUSED(x) ((void)(x))

static void
refuse(struct dp_err *err)
{
	(void)dp_err_set(err, DP_CONFIG,
	    "compressed by zstd, which is not built into this program");
}

bool
dp_packed_built(void)
{
	return false;
}

struct dp_packed *
dp_packed_open(int fd, struct dp_err *err)
{
	UNUSED(fd);
	refuse(err);
	return NULL;
}

void
dp_packed_close(struct dp_packed *z)
{
	UNUSED(z);
}

uint64_t
dp_packed_size(const struct dp_packed *z)
{
	UNUSED(z);
	return 0;
}

bool
dp_packed_is_cut(const struct dp_packed *z)
{
	UNUSED(z);
	return true;
}

bool
dp_packed_is_harmed(const struct dp_packed *z)
{
	UNUSED(z);
	return true;
}

ssize_t
dp_packed_pread(struct dp_packed *z, void *data, size_t len, uint64_t at)
{
	UNUSED(z);
	UNUSED(data);
	UNUSED(len);
	UNUSED(at);
	return 0;
}

void
dp_packed_range(const struct dp_packed *z, uint64_t *at, uint64_t *end)
{
	UNUSED(z);
	UNUSED(at);
	UNUSED(end);
}

struct dp_packer *
dp_packer_new(int fd, struct dp_err *err)
{
	UNUSED(fd);
	refuse(err);
	return NULL;
}

void
dp_packer_free(struct dp_packer *p)
{
	UNUSED(p);
}

int
dp_packer_add(struct dp_packer *p, const void *data, size_t len,
    struct dp_err *err)
{
	UNUSED(p);
	UNUSED(data);
	UNUSED(len);
	refuse(err);
	return -1;
}

int
dp_packer_end(struct dp_packer *p, struct dp_err *err)
{
	UNUSED(p);
	refuse(err);
	return -1;
}

#endif
