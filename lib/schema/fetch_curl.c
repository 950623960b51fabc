/*
 * The driver of schema/fetch.h: libcurl, the only file that includes its
 * header.
 *
 * The library is loaded when a schema is fetched, and not with the program:
 * with all that it needs, that would take most of the time of a short run.
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stop.h"
#include "schema/fetch.h"

#define CONNECT_MS 5000
#define REDIRECTS 5

struct dp_fetch_driver {
	CURLcode (*global_init)(long flags);
	void (*global_cleanup)(void);
	CURL *(*init)(void);
	void (*cleanup)(CURL *c);
	CURLcode (*setopt)(CURL *c, CURLoption option, ...);
	CURLcode (*getinfo)(CURL *c, CURLINFO info, ...);
	CURLcode (*perform)(CURL *c);
	const char *(*strerror)(CURLcode code);
	CURL *curl;
	struct sigaction pipe; /* what SIGPIPE did */
};

/* C has no cast from what dlsym() returns to a function. */
static int
find(void *lib, const char *name, void *function)
{
	void *at = dlsym(lib, name);

	memcpy(function, &at, sizeof at);
	return at == NULL ? -1 : 0;
}

static int
load(struct dp_fetch_driver *d, struct dp_err *err)
{
	static const char *const names[] = { "libcurl.so.4",
		"libcurl-gnutls.so.4" };
	void *lib = NULL;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0] && lib == NULL; i++)
		lib = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL ||
	    find(lib, "curl_global_init", &d->global_init) == -1 ||
	    find(lib, "curl_global_cleanup", &d->global_cleanup) == -1 ||
	    find(lib, "curl_easy_init", &d->init) == -1 ||
	    find(lib, "curl_easy_cleanup", &d->cleanup) == -1 ||
	    find(lib, "curl_easy_setopt", &d->setopt) == -1 ||
	    find(lib, "curl_easy_getinfo", &d->getinfo) == -1 ||
	    find(lib, "curl_easy_perform", &d->perform) == -1 ||
	    find(lib, "curl_easy_strerror", &d->strerror) == -1)
		return dp_err_set(err, DP_CONFIG,
		    "--fetch-refs: libcurl is not there");
	return 0;
}

/* A server that goes away is a fault to be told, and no signal. */
static void
ignore_pipe(struct dp_fetch_driver *d)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	(void)sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGPIPE, &ignore, &d->pipe);
}

struct dp_fetch_driver *
dp_fetch_driver_new(struct dp_err *err)
{
	struct dp_fetch_driver *d = calloc(1, sizeof *d);

	if (d == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	if (load(d, err) == -1) {
		free(d);
		return NULL;
	}
	if (d->global_init == NULL ||
	    d->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(d);
		(void)dp_err_set(err, DP_FAILED, "libcurl does not start");
		return NULL;
	}
	ignore_pipe(d);
	d->curl = d->init();
	if (d->curl == NULL) {
		dp_fetch_driver_free(d);
		(void)dp_err_nomem(err);
		return NULL;
	}
	return d;
}

void
dp_fetch_driver_free(struct dp_fetch_driver *d)
{
	if (d == NULL)
		return;
	if (d->curl != NULL)
		d->cleanup(d->curl);
	d->global_cleanup();
	(void)sigaction(SIGPIPE, &d->pipe, NULL);
	free(d);
}

/* 0 ends the transfer: the buffer has a limit. */
static size_t
take_bytes(char *data, size_t size, size_t n, void *to)
{
	return dp_buf_add(to, data, size * n) == 0 ? size * n : 0;
}

static int
go_on(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return dp_stop_signal() != 0;
}

#define SET(option, value)                                     \
	if (d->setopt(d->curl, (option), (value)) != CURLE_OK) \
	return false

/* The environment variables of OpenSSL, which libcurl does not read. */
static bool
set_authorities(struct dp_fetch_driver *d)
{
	const char *file = getenv("SSL_CERT_FILE");
	const char *dir = getenv("SSL_CERT_DIR");

	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (file != NULL && *file != '\0')
		SET(CURLOPT_CAINFO, file);
	if (dir != NULL && *dir != '\0')
		SET(CURLOPT_CAPATH, dir);
	return true;
}

/* An option that is not known to this libcurl is no small matter. */
static bool
set_all(struct dp_fetch_driver *d, const char *uri, uint64_t time_ms,
    struct dp_buf *to, char *why)
{
	const long ms = time_ms > 86400000 ? 86400000 : (long)time_ms;

#if LIBCURL_VERSION_NUM >= 0x075500
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
#else
	SET(CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
	SET(CURLOPT_REDIR_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
	SET(CURLOPT_URL, uri);
	SET(CURLOPT_FOLLOWLOCATION, 1L);
	SET(CURLOPT_MAXREDIRS, (long)REDIRECTS);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TIMEOUT_MS, ms);
	SET(CURLOPT_CONNECTTIMEOUT_MS, ms < CONNECT_MS ? ms : CONNECT_MS);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)to->max);
	SET(CURLOPT_WRITEFUNCTION, take_bytes);
	SET(CURLOPT_WRITEDATA, to);
	SET(CURLOPT_XFERINFOFUNCTION, go_on);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_ERRORBUFFER, why);
	SET(CURLOPT_USERAGENT, "data-pipe/" DP_VERSION);
	return set_authorities(d);
}

/* What may be otherwise another time. */
static bool
is_passing(CURLcode code, long status)
{
	switch ((int)code) {
	case CURLE_HTTP_RETURNED_ERROR:
	case CURLE_OK:
		return status == 429 || status >= 500;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_ABORTED_BY_CALLBACK:
		return true;
	default:
		return false;
	}
}

static int
tell(const struct dp_fetch_driver *d, const char *uri, CURLcode code,
    long status, const char *why, struct dp_err *err)
{
	const enum dp_status is =
	    is_passing(code, status) ? DP_UNAVAILABLE : DP_CONFIG;

	if (code == CURLE_OK)
		return dp_err_set(err, is, "cannot fetch %.300s: status %ld",
		    uri, status);
	return dp_err_set(err, is, "cannot fetch %.300s: %s", uri,
	    *why != '\0' ? why : d->strerror(code));
}

int
dp_fetch_driver_get(struct dp_fetch_driver *d, const char *uri,
    uint64_t time_ms, struct dp_buf *to, struct dp_err *err)
{
	char why[CURL_ERROR_SIZE] = "";
	CURLcode code;
	long status = 0;

	if (!set_all(d, uri, time_ms, to, why))
		return dp_err_set(err, DP_CONFIG,
		    "cannot fetch %.300s: libcurl lacks an option", uri);
	code = d->perform(d->curl);
	(void)d->setopt(d->curl, CURLOPT_ERRORBUFFER, (char *)NULL);
	(void)d->getinfo(d->curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK && status == 200)
		return 0;
	if (to->failed || code == CURLE_FILESIZE_EXCEEDED)
		return dp_err_set(err, DP_CONFIG,
		    "cannot fetch %.300s: it has more than %zu bytes", uri,
		    to->max);
	return tell(d, uri, code, status, why, err);
}
