/*
 * doc: a page for people from schemas: each type, its properties at every
 * depth, what they mean and what they must be.
 */
#ifndef DP_SCHEMA_DOC_H
#define DP_SCHEMA_DOC_H

#include <stdbool.h>

struct dp_buf;
struct dp_err;
struct dp_folder;

enum dp_doc_form { DP_DOC_MARKDOWN, DP_DOC_HTML };

/*
 * Appends the page: Markdown (CommonMark with GFM tables), or one HTML file
 * that needs nothing else, and has no script.  -1: no memory.
 */
int dp_doc(const struct dp_folder *f, enum dp_doc_form form, const char *title,
    struct dp_buf *out, struct dp_err *err);

#endif
