/*
 * meta: the meta-schemas of JSON Schema, in words of our own: they accept
 * what the published ones accept, under the same URIs and anchors.
 */
#ifndef DP_SCHEMA_META_H
#define DP_SCHEMA_META_H

struct dp_err;
struct dp_source;

/* The meta-schema of that URI; NULL and no err: none has it. */
struct dp_source *dp_meta_source(const char *uri, struct dp_err *err);

#endif
