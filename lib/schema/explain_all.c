/* All that is wrong with a record: schema/check.h. */
#include <string.h>

#include "schema/catalog_state.h"

static const struct dp_fault *
at(const struct dp_check *k, size_t i)
{
	return (const struct dp_fault *)(const void *)k->faults.data + i;
}

static size_t
count(const struct dp_check *k)
{
	return k->faults.len / sizeof(struct dp_fault);
}

/* Several schemas may say the same of a value. */
static bool
is_told(const struct dp_check *k, const struct dp_fault *f)
{
	size_t i;

	for (i = 0; i < count(k); i++)
		if (strcmp(at(k, i)->code, f->code) == 0 &&
		    at(k, i)->pointer_len == k->pointer.len &&
		    at(k, i)->detail_len == k->detail.len &&
		    memcmp(at(k, i)->pointer, k->pointer.data,
			k->pointer.len) == 0 &&
		    memcmp(at(k, i)->detail, k->detail.data, k->detail.len) ==
			0)
			return true;
	return false;
}

/* A copy; the memory has been reserved, so that it does not move. */
static const char *
keep(struct dp_buf *texts, const struct dp_buf *b)
{
	const size_t from = texts->len;

	(void)dp_buf_add(texts, b->data, b->len);
	(void)dp_buf_addc(texts, '\0');
	return texts->data + from;
}

/* Adds the fault whose texts are at hand.  False: there is no room. */
static bool
add(struct dp_check *k, struct dp_fault *f)
{
	const size_t need = k->pointer.len + k->place.len + k->detail.len + 3;

	if (need > DP_FAULTS_TEXT - k->texts.len)
		return false;
	f->pointer_len = k->pointer.len;
	f->pointer = keep(&k->texts, &k->pointer);
	f->detail_len = k->detail.len;
	f->detail = keep(&k->texts, &k->detail);
	if (k->place.len > 0)
		f->schema = keep(&k->texts, &k->place);
	(void)dp_buf_add(&k->faults, f, sizeof *f);
	return true;
}

void
dp_explain_all(struct dp_check *k, const char *line, struct dp_fault *f)
{
	const struct dp_eval_found *found;
	const size_t n = k->all.len / sizeof *found;
	size_t i;

	dp_buf_clear(&k->faults);
	dp_buf_clear(&k->texts);
	if (dp_buf_reserve(&k->texts, DP_FAULTS_TEXT) == -1 ||
	    dp_buf_reserve(&k->faults, n * sizeof *f) == -1)
		return;
	dp_eval_sort(&k->eval);
	found = (const void *)k->all.data;
	f->cut = k->eval.cut;
	for (i = 0; i < n; i++) {
		struct dp_fault one = { .type = f->type };

		dp_explain_fault(k, line, &found[i].fault, &found[i].near,
		    &one);
		if (is_told(k, &one))
			continue;
		if (!add(k, &one)) {
			f->cut = true;
			break;
		}
	}
	if (count(k) > 1 || f->cut) {
		f->all = at(k, 0);
		f->nall = count(k);
	}
}
