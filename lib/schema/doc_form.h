/* doc_form: what a page is made of, for doc*.c alone. */
#ifndef DP_SCHEMA_DOC_FORM_H
#define DP_SCHEMA_DOC_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct dp_folder;

struct dp_doc_text {
	const char *at;
	size_t len;
};

/* A property, or the elements of an array. */
struct dp_doc_row {
	struct dp_doc_text path;    /* "items[].sku" */
	struct dp_doc_text type;    /* "integer or null" */
	struct dp_doc_text meaning; /* of the schema's author; may be empty */
	struct dp_doc_text rules;   /* "0 to 100"; may be empty */
	bool required, deprecated;
};

/* One way to write it; all text is any UTF-8, to be escaped. */
struct dp_doc_writer {
	void (*begin)(struct dp_buf *out, const char *title,
	    const struct dp_folder *f);
	/* rows: whether there will be any. */
	void (*type)(struct dp_buf *out, const char *name,
	    struct dp_doc_text meaning, struct dp_doc_text note, bool rows);
	void (*row)(struct dp_buf *out, const struct dp_doc_row *row);
	void (*end_type)(struct dp_buf *out, bool rows);
	void (*end)(struct dp_buf *out);
};

extern const struct dp_doc_writer dp_doc_markdown, dp_doc_html;

#endif
