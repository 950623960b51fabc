#include "http/token.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "http/parse.h"

#define FILE_MAX ((size_t)65536)

static bool
is_end(char c)
{
	return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

int
dp_token_read(const char *path, struct dp_buf *b, struct dp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	int saved;

	if (fd != -1 && dp_buf_reserve(b, FILE_MAX) == 0)
		n = dp_io_read(fd, b->data, FILE_MAX);
	saved = errno;
	if (fd != -1)
		(void)close(fd);
	if (n == -1)
		return dp_err_sys(err, DP_CONFIG, saved, "--token-file=%s",
		    path);
	b->len = (size_t)n;
	while (b->len > 0 && is_end(b->data[b->len - 1]))
		b->len--;
	if (b->len == 0 || b->len == FILE_MAX)
		return dp_err_set(err, DP_CONFIG, "--token-file=%s: %s", path,
		    b->len == 0 ? "there is no token in it" : "too large");
	return 0;
}

static bool
is_same(const char *a, const char *b, size_t len)
{
	unsigned char differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ |= (unsigned char)(a[i] ^ b[i]);
	return differ == 0;
}

bool
dp_token_is_known(const char *tokens, size_t tokens_len, const char *field,
    size_t len)
{
	static const char bearer[] = "bearer ";
	const size_t front = sizeof bearer - 1;
	const char *p = tokens, *const end = tokens + tokens_len;
	bool known = false;

	if (len <= front || !dp_http_equal(field, front, bearer))
		return false;
	field += front;
	len -= front;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		const char *stop = nl == NULL ? end : nl;
		size_t n = (size_t)(stop - p);

		while (n > 0 && is_end(p[n - 1]))
			n--;
		if (n == len)
			known |= is_same(p, field, n);
		p = stop + 1;
	}
	return known;
}
