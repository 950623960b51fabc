#include "schema/pattern_dfa.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "schema/pattern_nfa.h"

#define ROWS 2048       /* states at most */
#define HASH (2 * ROWS) /* slots, a power of 2 */
#define WORK (4u << 20) /* steps of the construction before it gives up */

/*
 * A state is the index of its row.  Row 0 never matches again, the row
 * behind it has matched already.
 */
struct dp_dfa {
	unsigned char class_of[256];
	unsigned classes;
	unsigned start;
	size_t rows;
	uint16_t *next; /* rows * classes */
	bool *at_end;   /* of each row: does it match when the text ends? */
};

/* The construction: sets of instructions, each a state. */
struct builder {
	struct dp_dfa *d;
	struct dp_nfa nfa;
	struct dp_nfa_inst code[DP_NFA_SIZE];
	uint16_t seen[DP_NFA_SIZE]; /* stamp of the closure that has it */
	uint16_t stamp;
	uint16_t stack[DP_NFA_SIZE];
	uint16_t set[DP_NFA_SIZE];
	size_t set_n;
	bool matched; /* the set has MATCH */
	size_t work;

	struct dp_buf sets; /* uint16_t of all states */
	size_t set_at[ROWS + 1];
	uint16_t slots[HASH]; /* row + 1 */
};

static void
push(struct builder *b, size_t *top, unsigned pc)
{
	if (b->seen[pc] == b->stamp)
		return;
	b->seen[pc] = b->stamp;
	b->stack[(*top)++] = (uint16_t)pc;
}

/*
 * Adds what can be reached from pc without a byte.  Instructions that wait
 * for a byte or the end stay in the set.
 */
static void
close_over(struct builder *b, unsigned pc, bool at_start, bool at_end)
{
	size_t top = 0;

	push(b, &top, pc);
	while (top > 0) {
		const unsigned i = b->stack[--top];
		const struct dp_nfa_inst *inst = &b->code[i];

		b->work++;
		switch ((enum dp_nfa_op)inst->op) {
		case DP_NFA_FAIL:
			break;
		case DP_NFA_MATCH:
			b->matched = true;
			break;
		case DP_NFA_SPLIT:
			push(b, &top, inst->alt);
			push(b, &top, inst->out);
			break;
		case DP_NFA_START:
			if (at_start)
				push(b, &top, inst->out);
			break;
		case DP_NFA_END:
			if (at_end)
				push(b, &top, inst->out);
			else
				b->set[b->set_n++] = (uint16_t)i;
			break;
		case DP_NFA_BYTE:
			b->set[b->set_n++] = (uint16_t)i;
			break;
		}
	}
}

static void
begin_set(struct builder *b)
{
	b->set_n = 0;
	b->matched = false;
	/* A stamp of 0 is never seen. */
	if (++b->stamp == 0) {
		memset(b->seen, 0, sizeof b->seen);
		b->stamp = 1;
	}
}

static int
compare(const void *x, const void *y)
{
	const uint16_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* Does the set match when the text ends here? */
static bool
ends_well(struct builder *b, size_t row)
{
	const uint16_t *set =
	    (const uint16_t *)(const void *)b->sets.data + b->set_at[row];
	const size_t n = b->set_at[row + 1] - b->set_at[row];
	size_t i;

	begin_set(b);
	for (i = 0; i < n; i++)
		if (b->code[set[i]].op == DP_NFA_END)
			close_over(b, b->code[set[i]].out, false, true);
	return b->matched;
}

/* A new row for the set at hand; -1: too many, or no memory. */
static int
add_row(struct builder *b, size_t slot)
{
	struct dp_dfa *d = b->d;
	const size_t row = d->rows;

	if (row == ROWS || (row + 1) * d->classes > DP_DFA_CELLS ||
	    b->work > WORK ||
	    dp_buf_add(&b->sets, b->set, b->set_n * sizeof b->set[0]) != 0)
		return -1;
	b->set_at[row + 1] = b->set_at[row] + b->set_n;
	b->slots[slot] = (uint16_t)(row + 1);
	d->rows++;
	d->at_end[row] = ends_well(b, row);
	return (int)row;
}

/* The row of the set at hand, made if it is new; -1: too many. */
static int
row_of(struct builder *b)
{
	const uint16_t *sets;
	size_t slot, bytes;

	if (b->matched)
		return 1;
	/* Nothing is left but the search for a start that cannot be. */
	if (b->set_n == 0)
		return 0;
	qsort(b->set, b->set_n, sizeof b->set[0], compare);
	b->work += b->set_n;
	bytes = b->set_n * sizeof b->set[0];
	slot = dp_hash64(b->set, bytes, 0) & (HASH - 1);
	for (; b->slots[slot] != 0; slot = (slot + 1) & (HASH - 1)) {
		const size_t row = b->slots[slot] - 1U;

		sets = (const uint16_t *)(const void *)b->sets.data;
		if (b->set_at[row + 1] - b->set_at[row] == b->set_n &&
		    memcmp(sets + b->set_at[row], b->set, bytes) == 0)
			return (int)row;
	}
	return add_row(b, slot);
}

/* Bytes that no instruction tells apart are one class. */
static void
find_classes(struct builder *b)
{
	bool begins[257] = { true };
	unsigned i, class = 0;

	for (i = 0; i < b->nfa.n; i++)
		if (b->code[i].op == DP_NFA_BYTE) {
			begins[b->code[i].lo] = true;
			begins[b->code[i].hi + 1] = true;
		}
	for (i = 0; i < 256; i++) {
		class += i > 0 && begins[i];
		b->d->class_of[i] = (unsigned char)class;
	}
	b->d->classes = class + 1;
}

/* The set that follows a row by a byte of a class. */
static void
step(struct builder *b, size_t row, unsigned char byte)
{
	const size_t n = b->set_at[row + 1] - b->set_at[row];
	size_t i;

	begin_set(b);
	for (i = 0; i < n; i++) {
		const uint16_t *set =
		    (const uint16_t *)(const void *)b->sets.data +
		    b->set_at[row];
		const struct dp_nfa_inst *inst = &b->code[set[i]];

		b->work++;
		if (inst->op == DP_NFA_BYTE && byte >= inst->lo &&
		    byte <= inst->hi)
			close_over(b, inst->out, false, false);
	}
}

/* The search alone, once nothing can start any more, is hopeless. */
static bool
start_is_anchored(struct builder *b)
{
	begin_set(b);
	close_over(b, b->nfa.start, false, false);
	return b->set_n == 0 && !b->matched;
}

static int
fill_row(struct builder *b, size_t row)
{
	struct dp_dfa *d = b->d;
	unsigned byte, class = 256;

	for (byte = 0; byte < 256; byte++) {
		int to;

		if (d->class_of[byte] == class)
			continue;
		class = d->class_of[byte];
		step(b, row, (unsigned char)byte);
		to = row_of(b);
		if (to < 0)
			return -1;
		d->next[row * d->classes + class] =
		    (uint16_t)((size_t)to * d->classes);
	}
	return 0;
}

static int
construct(struct builder *b)
{
	struct dp_dfa *d = b->d;
	size_t row;
	unsigned class, from = b->nfa.search;
	int start;

	find_classes(b);
	d->next = calloc(DP_DFA_CELLS, sizeof d->next[0]);
	d->at_end = calloc(ROWS, sizeof d->at_end[0]);
	if (d->next == NULL || d->at_end == NULL ||
	    2 * d->classes > DP_DFA_CELLS)
		return -1;
	d->rows = 2;
	for (class = 0; class < d->classes; class ++)
		d->next[d->classes + class] = (uint16_t)d->classes;
	d->at_end[1] = true;
	if (start_is_anchored(b))
		from = b->nfa.start;
	begin_set(b);
	close_over(b, from, true, false);
	start = row_of(b);
	if (start < 0)
		return -1;
	d->start = (unsigned)start * d->classes;
	for (row = 2; row < d->rows; row++)
		if (fill_row(b, row) != 0)
			return -1;
	return 0;
}

/* Gives back what the construction did not need. */
static int
shrink(struct dp_dfa *d)
{
	const size_t cells = d->rows * d->classes;
	uint16_t *next = calloc(cells, sizeof *next);
	bool *at_end = calloc(d->rows, sizeof *at_end);

	if (next == NULL || at_end == NULL) {
		free(next);
		free(at_end);
		return -1;
	}
	memcpy(next, d->next, cells * sizeof *next);
	memcpy(at_end, d->at_end, d->rows * sizeof *at_end);
	free(d->next);
	free(d->at_end);
	d->next = next;
	d->at_end = at_end;
	return 0;
}

struct dp_dfa *
dp_dfa_new(const struct dp_tree *t)
{
	struct builder *b;
	struct dp_dfa *d;
	int rc;

	if (t->unfit)
		return NULL;
	b = calloc(1, sizeof *b);
	d = calloc(1, sizeof *d);
	if (b == NULL || d == NULL) {
		free(b);
		free(d);
		return NULL;
	}
	b->d = d;
	b->nfa.code = b->code;
	dp_buf_init(&b->sets, 0);
	rc = dp_nfa_build(&b->nfa, t);
	if (rc == 0)
		rc = construct(b);
	if (rc == 0)
		rc = shrink(d);
	dp_buf_fini(&b->sets);
	free(b);
	if (rc == 0)
		return d;
	dp_dfa_free(d);
	return NULL;
}

void
dp_dfa_free(struct dp_dfa *d)
{
	if (d == NULL)
		return;
	free(d->next);
	free(d->at_end);
	free(d);
}

bool
dp_dfa_match(const struct dp_dfa *d, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	const unsigned char *const end = p + len;
	unsigned row = d->start;

	for (; p < end; p++) {
		row = d->next[row + d->class_of[*p]];
		if (row <= d->classes)
			return row != 0;
	}
	return d->at_end[row / d->classes];
}
