#include "app/part.h"

#include <stdlib.h>
#include <string.h>

#include "app/input.h"

#define CHUNK_SIZE 65536

struct dp_part_chunk {
	struct dp_part_chunk *next;
	size_t used, cap;
	char data[];
};

int
dp_part_fail(struct dp_part *p)
{
	p->failed = true;
	return -1;
}

static int
no_memory(struct dp_part *p)
{
	(void)dp_err_nomem(&p->err);
	return dp_part_fail(p);
}

void
dp_part_clear(struct dp_part *p)
{
	struct dp_part_chunk *first = p->texts, *next;

	/* One chunk is kept for the next part; most need no more. */
	while (
	    first != NULL && (first->next != NULL || first->cap > CHUNK_SIZE)) {
		next = first->next;
		free(first);
		first = next;
	}
	if (first != NULL)
		first->used = 0;
	p->texts = first;
	dp_buf_clear(&p->events);
	dp_buf_clear(&p->bads);
	p->kept = 0;
	p->lines = 0;
}

void
dp_part_begin(struct dp_part *p)
{
	dp_part_clear(p);
	p->taken = 0;
	p->whole = false;
}

void
dp_part_fini(struct dp_part *p)
{
	dp_part_clear(p);
	free(p->texts);
	p->texts = NULL;
	dp_buf_fini(&p->events);
	dp_buf_fini(&p->bads);
}

size_t
dp_part_count(const struct dp_part *p)
{
	return p->events.len / sizeof(struct dp_event);
}

bool
dp_part_full(const struct dp_part *p)
{
	return dp_part_count(p) >= DP_PART_EVENTS || p->kept > DP_PART_TEXT;
}

/* What malloc returned and records of one size are aligned. */
struct dp_event *
dp_part_event(const struct dp_part *p, size_t i)
{
	return (struct dp_event *)(void *)p->events.data + i;
}

struct dp_reject *
dp_part_bad(const struct dp_part *p, const struct dp_event *e)
{
	return (struct dp_reject *)(void *)p->bads.data + e->bad;
}

struct dp_event *
dp_part_add(struct dp_part *p)
{
	void *at;

	if (dp_buf_reserve(&p->events, sizeof(struct dp_event)) == -1) {
		(void)no_memory(p);
		return NULL;
	}
	at = p->events.data + p->events.len;
	p->events.len += sizeof(struct dp_event);
	return at;
}

/* need: bytes, of which the first len are a copy of text. */
static char *
keep(struct dp_part *p, const char *text, size_t len, size_t need)
{
	struct dp_part_chunk *c = p->texts;
	char *at;

	if (c == NULL || c->cap - c->used < need) {
		const size_t cap = need > CHUNK_SIZE ? need : CHUNK_SIZE;

		c = malloc(sizeof *c + cap);
		if (c == NULL) {
			(void)no_memory(p);
			return NULL;
		}
		c->next = p->texts;
		c->used = 0;
		c->cap = cap;
		p->texts = c;
	}
	at = c->data + c->used;
	c->used += need;
	p->kept += need;
	if (len > 0)
		memcpy(at, text, len);
	return at;
}

char *
dp_part_keep(struct dp_part *p, const char *text, size_t len)
{
	char *at = keep(p, text, len, len + DP_INPUT_PAD);

	if (at != NULL)
		at[len] = '\n';
	return at;
}

char *
dp_part_keep_string(struct dp_part *p, const char *text)
{
	const size_t size = strlen(text) + 1;

	return keep(p, text, size, size);
}

/* A copy at *at, which goes on behind it; NULL for NULL. */
static char *
copy(char **at, const char *text, size_t len)
{
	char *const own = *at;

	if (text == NULL)
		return NULL;
	memcpy(own, text, len);
	*at += len;
	return own;
}

/* The texts of a fault, side by side. */
static void
keep_fault(struct dp_part *p, struct dp_reject *own, const struct dp_reject *r)
{
	const size_t schema = r->schema == NULL ? 0 : strlen(r->schema) + 1;
	const size_t pointer = r->pointer == NULL ? 0 : r->pointer_len;
	const size_t detail = r->detail == NULL ? 0 : r->detail_len;
	char *at = keep(p, NULL, 0, pointer + detail + schema);

	*own = *r;
	if (at == NULL)
		return;
	own->pointer = copy(&at, r->pointer, pointer);
	own->detail = copy(&at, r->detail, detail);
	own->schema = copy(&at, r->schema, schema);
}

/* All faults of a record; no chunk is aligned for more than bytes. */
static void
keep_all(struct dp_part *p, struct dp_reject *own, const struct dp_reject *r)
{
	const size_t align = _Alignof(struct dp_reject);
	char *at = keep(p, NULL, 0, r->nall * sizeof *r + align);
	size_t i;

	if (at == NULL)
		return;
	at += (align - (uintptr_t)at % align) % align;
	own->all = (struct dp_reject *)(void *)at;
	for (i = 0; i < r->nall; i++)
		keep_fault(p, &own->all[i], &r->all[i]);
}

int
dp_part_reject(struct dp_part *p, struct dp_event *e, const struct dp_reject *r)
{
	const size_t n = p->bads.len / sizeof *r;
	struct dp_reject *own;

	if (dp_buf_reserve(&p->bads, sizeof *r) == -1)
		return no_memory(p);
	own = (struct dp_reject *)(void *)p->bads.data + n;
	keep_fault(p, own, r);
	if (r->nall > 0)
		keep_all(p, own, r);
	if (p->failed)
		return -1;
	p->bads.len += sizeof *r;
	e->kind = DP_EVENT_BAD;
	e->bad = n;
	e->text = NULL;
	e->len = 0;
	return 0;
}

void
dp_part_cut(struct dp_part *p, size_t i)
{
	const struct dp_event *e = dp_part_event(p, i);

	p->taken = e->from;
	p->lines = e->seq;
	p->events.len = i * sizeof *e;
	p->whole = false;
}
