/* Without libcurl: nothing is fetched. */
#include "base/err.h"
#include "schema/fetch.h"

#ifndef DP_HAVE_CURL

struct dp_fetch_driver *
dp_fetch_driver_new(struct dp_err *err)
{
	(void)dp_err_set(err, DP_CONFIG,
	    "--fetch-refs: libcurl is not built into this program");
	return NULL;
}

void
dp_fetch_driver_free(struct dp_fetch_driver *d)
{
	(void)d;
}

int
dp_fetch_driver_get(struct dp_fetch_driver *d, const char *uri,
    uint64_t time_ms, struct dp_buf *to, struct dp_err *err)
{
	(void)d;
	(void)uri;
	(void)time_ms;
	(void)to;
	return dp_err_set(err, DP_CONFIG, "no libcurl");
}

#endif
