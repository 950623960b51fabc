#include "schema/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/time.h"
#include "schema/fetch_cache.h"
#include "schema/source.h"

#define TRIES 3
#define PAUSE_MS 200u /* after the first try; then twice that */
#define URI_MAX 2000
#define SCHEME "https://"

struct dp_fetch {
	uint64_t time_ms;
	void (*tell)(void *arg, const char *text);
	void *arg;
	struct dp_fetch_driver *driver; /* NULL: not needed yet */
	int cache;
	unsigned n;
};

struct dp_fetch *
dp_fetch_new(uint64_t time_ms, void (*tell)(void *arg, const char *text),
    void *arg, struct dp_err *err)
{
	struct dp_fetch *f = calloc(1, sizeof *f);

	if (f == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	f->time_ms = time_ms == 0 ? DP_FETCH_TIME_MS : time_ms;
	f->tell = tell;
	f->arg = arg;
	f->cache = dp_fetch_cache_open();
	return f;
}

void
dp_fetch_free(struct dp_fetch *f)
{
	if (f == NULL)
		return;
	dp_fetch_driver_free(f->driver);
	if (f->cache != -1)
		(void)close(f->cache);
	free(f);
}

/*
 * A URI may come from another server's schema, and is printed, hashed and
 * sent: plain characters only, and no name or password of anybody.
 */
static int
check_uri(const char *uri, struct dp_err *err)
{
	const size_t len = strlen(uri), skip = sizeof SCHEME - 1;
	size_t i;

	if (strncmp(uri, SCHEME, skip) != 0)
		return dp_err_set(err, DP_CONFIG,
		    "only https is fetched, not %.300s", uri);
	if (len > URI_MAX)
		return dp_err_set(err, DP_CONFIG,
		    "a URI of more than %d bytes is not fetched", URI_MAX);
	for (i = skip; i < len; i++)
		if (uri[i] <= ' ' || uri[i] > '~')
			return dp_err_set(err, DP_CONFIG,
			    "%.300s is not fetched: it is no URI", uri);
	if (memchr(uri + skip, '@', strcspn(uri + skip, "/?#")) != NULL)
		return dp_err_set(err, DP_CONFIG,
		    "a URI with a user's name in it is not fetched");
	return 0;
}

/* From its server.  What may be there another time is tried again. */
static int
get(struct dp_fetch *f, const char *uri, struct dp_buf *b, struct dp_err *err)
{
	const uint64_t end = dp_time_now_ms() + f->time_ms;
	unsigned i;

	if (f->driver == NULL && (f->driver = dp_fetch_driver_new(err)) == NULL)
		return -1;
	for (i = 0;; i++) {
		const uint64_t now = dp_time_now_ms();

		memset(err, 0, sizeof *err);
		dp_buf_clear(b);
		if (dp_fetch_driver_get(f->driver, uri,
			now < end ? end - now : 1, b, err) == 0)
			return 0;
		if (err->status != DP_UNAVAILABLE || i + 1 == TRIES ||
		    dp_time_now_ms() + (PAUSE_MS << i) >= end ||
		    dp_stop_wait(-1, (int)(PAUSE_MS << i)) == -1)
			return -1;
	}
}

/* What the server sends is kept when it is JSON. */
static struct dp_source *
take(const struct dp_fetch *f, const char *uri, const struct dp_buf *b,
    bool keep, struct dp_err *err)
{
	struct dp_source *s = dp_source_text(uri, b->data, b->len, err);

	if (s != NULL)
		s->fetched = true;
	if (s != NULL && keep)
		dp_fetch_cache_store(f->cache, uri, b->data, b->len);
	return s;
}

static void
tell_old(const struct dp_fetch *f, const char *uri, const struct dp_err *why)
{
	char text[DP_ERR_MSG_SIZE];

	if (f->tell == NULL)
		return;
	(void)snprintf(text, sizeof text,
	    "%.500s; an older copy of %.300s is used", why->msg, uri);
	f->tell(f->arg, text);
}

struct dp_source *
dp_fetch_source(struct dp_fetch *f, const char *uri, struct dp_err *err)
{
	struct dp_source *s = NULL;
	struct dp_err why = { 0 };
	struct dp_buf b, old;
	long long age = 0;
	bool has_old;

	if (check_uri(uri, err) == -1)
		return NULL;
	if (f->n == DP_FETCH_SCHEMAS) {
		(void)dp_err_set(err, DP_CONFIG,
		    "%.300s is not fetched: it would be more than %d schemas",
		    uri, DP_FETCH_SCHEMAS);
		return NULL;
	}
	f->n++;
	dp_buf_init(&b, DP_FETCH_BYTES);
	dp_buf_init(&old, DP_FETCH_BYTES);
	has_old = dp_fetch_cache_load(f->cache, uri, &old, &age) == 0;
	if (has_old && age >= 0 && age < DP_FETCH_FRESH_S) {
		s = take(f, uri, &old, false, err);
	} else if (get(f, uri, &b, &why) == 0) {
		s = take(f, uri, &b, true, err);
	} else if (has_old && why.status == DP_UNAVAILABLE) {
		tell_old(f, uri, &why);
		s = take(f, uri, &old, false, err);
	} else {
		*err = why;
	}
	dp_buf_fini(&b);
	dp_buf_fini(&old);
	return s;
}
