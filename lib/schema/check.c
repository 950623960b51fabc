#include "schema/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/lex.h"
#include "json/scan_variant.h"
#include "schema/catalog_state.h"

/* What stands where no key can be guessed: its byte is in no key. */
static const struct dp_prop no_guess = { .text = "\n",
	.mask = 1,
	.plan = &dp_plan_never };

/* What ends at the outermost value is in no object. */
static const struct dp_plan_array nothing;

static const struct dp_node object_node = { .types = DP_JSON_OBJECT,
	.said = DP_JSON_OBJECT };
static const struct dp_plan object_plan = { .types = DP_JSON_OBJECT,
	.easy = DP_JSON_OBJECT };

static const struct dp_prop *
guess_of(const struct dp_plan_object *o, uint32_t slot)
{
	return slot < o->nprops && o->props[slot].skip > 0 ? &o->props[slot]
							   : &no_guess;
}

/* At first, keys are guessed to come as the schema lists them. */
static void
begin_guesses(struct dp_check *k)
{
	const struct dp_buf *all = &k->catalog->program.objects;
	const struct dp_plan_object *const *objects = (const void *)all->data;
	size_t i;

	for (i = 0; i < all->len / sizeof *objects; i++) {
		const struct dp_plan_object *o = objects[i];
		uint32_t slot;

		k->guess[o->first] = guess_of(o, 0);
		for (slot = 0; slot < o->nprops; slot++)
			k->guess[o->props[slot].number] = guess_of(o, slot + 1);
	}
}

static int
take_memory(struct dp_check *k)
{
	const struct dp_program *p = &k->catalog->program;
	const size_t nframes = k->work.max_depth + (size_t)2;
	const size_t words = p->words + (size_t)1;
	size_t i;

	k->frames = calloc(nframes, sizeof *k->frames);
	k->more = calloc(nframes, words * sizeof *k->more);
	k->guess = calloc(p->nguesses + (size_t)1, sizeof(void *));
	if (k->frames == NULL || k->more == NULL || k->guess == NULL)
		return -1;
	for (i = 0; i < nframes; i++)
		k->frames[i].more = k->more + i * words;
	k->frames[0].array = &nothing;
	return 0;
}

static void
choose_root(struct dp_check *k)
{
	const struct dp_catalog *c = k->catalog;

	k->objects_only = !c->opts.any_value;
	if (c->n == 0 && !c->single && c->path == NULL)
		k->root = k->objects_only ? &object_node : &dp_node_any;
	else if (c->single)
		k->root = c->schemas[0].root;
	if (c->single)
		k->plan = c->schemas[0].plan;
	else if (k->root != NULL)
		k->plan = k->objects_only ? &object_plan : &dp_plan_any;
	k->schema = c->single ? &c->schemas[0] : NULL;
	k->type_key = no_guess;
	/* Where keys may stand twice, all must be seen to find the type. */
	if (c->ntokens == 1 && !c->opts.scan.dup_passes)
		dp_prop_name(&k->type_key, c->tokens[0].text, c->tokens[0].len);
	if (k->type_key.skip == 0)
		k->type_key = no_guess;
}

void
dp_check_width(struct dp_check *k, dp_check_lines_fn *lines)
{
	k->lines = lines;
	k->value = lines == dp_check_lines_words ? dp_check_value_words
						 : dp_check_value_plain;
#ifdef DP_HAVE_AVX2
	if (lines == dp_check_lines_avx2)
		k->value = dp_check_value_avx2;
#endif
}

struct dp_check *
dp_check_new(const struct dp_catalog *c, struct dp_err *err)
{
	const size_t align = DP_ARENA_ALIGN;
	struct dp_check *k =
	    aligned_alloc(align, (sizeof *k + align - 1) / align * align);

	if (k == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	memset(k, 0, sizeof *k);
	k->catalog = c;
	k->eval.tape = &k->tape;
	k->eval.text = &k->text;
	dp_check_width(k, dp_check_lines_plain);
#ifdef DP_HAVE_AVX2
	if (dp_scan_has_avx2())
		dp_check_width(k, dp_check_lines_avx2);
#endif
	if (dp_scan_work_init(&k->work, &c->opts.scan) == -1 ||
	    take_memory(k) == -1) {
		dp_check_free(k);
		(void)dp_err_nomem(err);
		return NULL;
	}
	begin_guesses(k);
	choose_root(k);
	return k;
}

void
dp_check_free(struct dp_check *k)
{
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < DP_CHECK_PLACES; i++)
		dp_buf_fini(&k->places[i].text);
	dp_scan_work_fini(&k->work);
	free(k->frames);
	free(k->more);
	free((void *)k->guess);
	dp_buf_fini(&k->text);
	dp_tape_fini(&k->tape);
	dp_eval_fini(&k->eval);
	dp_buf_fini(&k->pointer);
	dp_buf_fini(&k->place);
	dp_buf_fini(&k->detail);
	dp_buf_fini(&k->all);
	dp_buf_fini(&k->faults);
	dp_buf_fini(&k->texts);
	free(k);
}

void
dp_check_tell_all(struct dp_check *k)
{
	k->tell_all = true;
}

const char *
dp_check_run(struct dp_check *k, const char *text, const char *end,
    uint64_t *good)
{
	return k->lines(k, text, end, good);
}

int
dp_check_line(struct dp_check *k, const char *text, size_t len,
    const struct dp_schema **type)
{
	const char *const end = text + len + 1;
	uint64_t good = 0;

	*type = NULL;
	/* A raw newline inside would make two lines of it. */
	if (k->lines(k, text, text + 1, &good) != end || good != 1)
		return -1;
	*type = k->schema;
	return 0;
}
