/*
 * fetch: schemas of other servers, for $ref and $schema, when a user asks
 * for that: over https and nothing else, within limits, and from a cache.
 *
 * What a server sends is trusted as far as any schema file is: its text is
 * checked to be JSON as strictly as a record, and it can make a run slow or
 * end, but not more.  Nothing is sent but the URI; one with a user's name or
 * password in it is refused.  The certificate is verified, by the system's
 * authorities or those of SSL_CERT_FILE and SSL_CERT_DIR; redirects lead to
 * https only.
 */
#ifndef DP_SCHEMA_FETCH_H
#define DP_SCHEMA_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_buf;
struct dp_err;
struct dp_fetch; /* opaque */
struct dp_source;

#define DP_FETCH_BYTES (1u << 20) /* of one schema */
#define DP_FETCH_SCHEMAS 100      /* of one catalog */
#define DP_FETCH_TIME_MS 10000    /* for one schema, all tries together */
#define DP_FETCH_FRESH_S 86400    /* the cache is not asked anew */

/*
 * time_ms 0: the default.  tell hears that a schema of the cache is used
 * since its server does not answer; may be NULL.
 */
struct dp_fetch *dp_fetch_new(uint64_t time_ms,
    void (*tell)(void *arg, const char *text), void *arg, struct dp_err *err);
void dp_fetch_free(struct dp_fetch *f); /* NULL is fine */

/*
 * The schema at a URI.  NULL and err set: DP_UNAVAILABLE when it may be
 * there another time, else DP_CONFIG.
 */
struct dp_source *dp_fetch_source(struct dp_fetch *f, const char *uri,
    struct dp_err *err);

/* For fetch*.c: the driver. */

struct dp_fetch_driver; /* opaque */

/* -1 and DP_CONFIG: the library is not there. */
struct dp_fetch_driver *dp_fetch_driver_new(struct dp_err *err);
void dp_fetch_driver_free(struct dp_fetch_driver *d); /* NULL is fine */

/* Appends what a server sends, tried once, to a buffer with a limit. */
int dp_fetch_driver_get(struct dp_fetch_driver *d, const char *uri,
    uint64_t time_ms, struct dp_buf *to, struct dp_err *err);

#endif
