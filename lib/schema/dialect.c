/* Which keywords a resource's $schema turns on. */
#include <string.h>

#include "base/err.h"
#include "schema/registry.h"
#include "schema/uri.h"

static const struct {
	const char *uri;
	unsigned draft;
} drafts[] = {
	{ "https://json-schema.org/draft/2020-12/schema", DP_DRAFT_2020 },
	{ "https://json-schema.org/draft/2019-09/schema", DP_DRAFT_2019 },
	{ "http://json-schema.org/draft-07/schema", DP_DRAFT_7 },
	{ "http://json-schema.org/draft-06/schema", DP_DRAFT_6 },
	{ "http://json-schema.org/draft-04/schema", DP_DRAFT_4 },
};

/* The last part of a vocabulary's URI. */
static const struct {
	const char *name;
	unsigned vocabularies;
} vocabularies[] = {
	{ "core", DP_VOCAB_CORE },
	{ "applicator", DP_VOCAB_APPLICATOR },
	{ "unevaluated", DP_VOCAB_UNEVALUATED },
	{ "validation", DP_VOCAB_VALIDATION },
	{ "format", DP_VOCAB_FORMAT },
	{ "format-annotation", DP_VOCAB_FORMAT },
	{ "format-assertion", DP_VOCAB_FORMAT | DP_VOCAB_ASSERT },
	{ "meta-data", DP_VOCAB_NOTES },
	{ "content", DP_VOCAB_NOTES },
};

static unsigned
vocabulary_of(const struct dp_tape_item *it)
{
	size_t i, n = it->key_len;

	while (n > 0 && it->key[n - 1] != '/')
		n--;
	for (i = 0; i < sizeof vocabularies / sizeof vocabularies[0]; i++)
		if (strlen(vocabularies[i].name) == it->key_len - n &&
		    memcmp(vocabularies[i].name, it->key + n,
			it->key_len - n) == 0)
			return vocabularies[i].vocabularies;
	return 0;
}

/* A meta-schema of the user's own: its draft, and what $vocabulary says. */
static int
take_custom(struct dp_resource *r, const struct dp_resource *meta,
    struct dp_err *err)
{
	const struct dp_tape *t = &meta->document->source->tape;
	const uint32_t v = dp_tape_member(t, meta->item, "$vocabulary", 11);
	uint32_t i;

	r->drafts = meta->drafts;
	r->vocabularies = DP_VOCAB_ALL;
	if (v == 0 || dp_tape_at(t, v)->type != DP_JSON_OBJECT)
		return 0;
	r->vocabularies = DP_VOCAB_CORE;
	for (i = v + 1; i < dp_tape_at(t, v)->next; i++) {
		const unsigned one = vocabulary_of(dp_tape_at(t, i));

		if (one == 0 && dp_tape_at(t, i)->type == DP_JSON_TRUE)
			return dp_source_error(meta->document->source, i, err,
			    "no vocabulary that is known");
		r->vocabularies |= one;
	}
	/* In 2019-09 unevaluated keywords belong to the applicators. */
	if (r->drafts == DP_DRAFT_2019 &&
	    (r->vocabularies & DP_VOCAB_APPLICATOR) != 0)
		r->vocabularies |= DP_VOCAB_UNEVALUATED;
	return 0;
}

int
dp_dialect_take(struct dp_program *p, struct dp_resource *r, uint32_t i,
    struct dp_err *err)
{
	const struct dp_source *source = r->document->source;
	const struct dp_tape_item *it = dp_tape_at(&source->tape, i);
	const struct dp_resource *meta;
	struct dp_err none = { 0 };
	struct dp_buf b;
	const char *uri;
	size_t k;
	int rc;

	dp_buf_init(&b, 0);
	dp_uri_resolve(&b, "", it->text + 1, it->len - 2);
	uri = dp_buf_text(&b);
	if (uri == NULL) {
		dp_buf_fini(&b);
		return dp_err_nomem(err);
	}
	for (k = 0; k < sizeof drafts / sizeof drafts[0]; k++)
		if (strcmp(uri, drafts[k].uri) == 0) {
			r->drafts = drafts[k].draft;
			r->vocabularies = DP_VOCAB_ALL;
			dp_buf_fini(&b);
			return 0;
		}
	meta = dp_registry_find(p, uri, r->document, &none);
	if (meta == NULL && none.status != DP_OK) {
		*err = none;
		rc = -1;
	} else if (meta == NULL) {
		rc = dp_source_error(source, i, err,
		    "not a dialect that is known: want %s, draft 2019-09, 7, "
		    "6 or 4, or a meta-schema of --refs",
		    drafts[0].uri);
	} else {
		rc = take_custom(r, meta, err);
	}
	dp_buf_fini(&b);
	return rc;
}
