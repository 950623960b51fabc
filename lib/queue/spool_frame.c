#include <string.h>

#include "base/hash.h"
#include "queue/fixed.h"
#include "queue/spool.h"

#define CHECKED 76 /* bytes of a frame line that its checksum covers */

uint64_t
spool_seed(const char id[33])
{
	return dp_hash64(id, 32, 0);
}

/* Appends a field and the space behind it. */
static char *
put(char *p, size_t width, uint64_t n, char behind)
{
	dp_fixed_put(p, width, n);
	p[width] = behind;
	return p + width + 1;
}

static char *
put_hex(char *p, uint64_t n, char behind)
{
	dp_fixed_put_hex(p, 16, n);
	p[16] = behind;
	return p + 17;
}

static char *
put_text(char *p, const char *text, size_t len, char behind)
{
	memcpy(p, text, len);
	p[len] = behind;
	return p + len + 1;
}

void
spool_frame_write(char line[SPOOL_FRAME_HEAD], struct spool_frame *f,
    const char *payload, uint64_t seed)
{
	char *p = put_text(line, "#dp1 f", 6, ' ');

	p = put(p, 16, f->segment, ' ');
	p = put(p, 12, f->offset, ' ');
	p = put(p, 10, f->bytes, ' ');
	p = put(p, 16, f->first, ' ');
	p = put(p, 10, f->lines, ' ');
	f->check = dp_hash64_two(line, CHECKED, payload, f->bytes, seed);
	(void)put_hex(p, f->check, '\n');
}

static uint64_t
take(struct dp_fixed *f, size_t width, const char *behind)
{
	uint64_t n = dp_fixed_take(f, width);

	dp_fixed_take_text(f, behind, 1);
	return n;
}

static uint64_t
take_hex(struct dp_fixed *f, const char *behind)
{
	uint64_t n = dp_fixed_take_hex(f, 16);

	dp_fixed_take_text(f, behind, 1);
	return n;
}

int
spool_frame_parse(const char line[SPOOL_FRAME_HEAD], struct spool_frame *f)
{
	struct dp_fixed in = { .p = line, .left = SPOOL_FRAME_HEAD };

	dp_fixed_take_text(&in, "#dp1 f ", 7);
	f->segment = take(&in, 16, " ");
	f->offset = take(&in, 12, " ");
	f->bytes = take(&in, 10, " ");
	f->first = take(&in, 16, " ");
	f->lines = take(&in, 10, " ");
	f->check = take_hex(&in, "\n");
	return in.bad || f->bytes > SPOOL_FRAME_MAX || f->bytes == 0 ||
		f->lines == 0 || f->lines > f->bytes
	    ? -1
	    : 0;
}

bool
spool_frame_verify(const struct spool_frame *f,
    const char line[SPOOL_FRAME_HEAD], const char *payload, uint64_t seed)
{
	return payload[f->bytes - 1] == '\n' &&
	    dp_hash64_two(line, CHECKED, payload, f->bytes, seed) == f->check;
}

void
spool_seg_head_write(char line[SPOOL_SEG_HEAD], const struct spool_seg_head *h,
    uint64_t seed)
{
	char *p = put_text(line, "#dp1 s", 6, ' ');

	p = put(p, 16, h->number, ' ');
	p = put_hex(p, h->nonce, ' ');
	p = put_text(p, h->id, 32, ' ');
	p = put_text(p, h->boot, 32, ' ');
	p = put(p, 20, h->inode, ' ');
	p = put(p, 20, h->created_us, ' ');
	p = put_hex(p, dp_hash64(line, (size_t)(p - line), seed), ' ');
	memset(p, ' ', (size_t)(line + SPOOL_SEG_HEAD - p));
	line[SPOOL_SEG_HEAD - 1] = '\n';
}

static void
take_id(struct dp_fixed *in, char id[33])
{
	if (in->left < 33)
		in->bad = 1;
	if (in->bad)
		return;
	memcpy(id, in->p, 32);
	id[32] = '\0';
	in->p += 32;
	in->left -= 32;
	dp_fixed_take_text(in, " ", 1);
}

int
spool_seg_head_parse(const char line[SPOOL_SEG_HEAD], uint64_t seed,
    struct spool_seg_head *h)
{
	struct dp_fixed in = { .p = line, .left = SPOOL_SEG_HEAD };
	char again[SPOOL_SEG_HEAD];

	memset(h, 0, sizeof *h);
	dp_fixed_take_text(&in, "#dp1 s ", 7);
	h->number = take(&in, 16, " ");
	h->nonce = take_hex(&in, " ");
	take_id(&in, h->id);
	take_id(&in, h->boot);
	h->inode = take(&in, 20, " ");
	h->created_us = take(&in, 20, " ");
	if (in.bad)
		return -1;
	/* There is one way to write it, down to the last space. */
	spool_seg_head_write(again, h, seed);
	return memcmp(again, line, sizeof again) == 0 ? 0 : -1;
}

void
spool_tail_write(char line[SPOOL_TAIL_SIZE], const struct spool_tail *t,
    uint64_t seed)
{
	char *p = put_text(line, "#dp1 t", 6, ' ');

	p = put(p, 16, t->segment, ' ');
	p = put(p, 12, t->offset, ' ');
	p = put(p, 12, t->end, ' ');
	(void)put_hex(p, dp_hash64(line, (size_t)(p - line), seed), '\n');
}

int
spool_tail_parse(const char line[SPOOL_TAIL_SIZE], uint64_t seed,
    struct spool_tail *t)
{
	struct dp_fixed in = { .p = line, .left = SPOOL_TAIL_SIZE };
	uint64_t check;

	dp_fixed_take_text(&in, "#dp1 t ", 7);
	t->segment = take(&in, 16, " ");
	t->offset = take(&in, 12, " ");
	t->end = take(&in, 12, " ");
	check = take_hex(&in, "\n");
	return in.bad || check != dp_hash64(line, SPOOL_TAIL_SIZE - 17, seed) ||
		t->offset < SPOOL_SEG_HEAD ||
		t->end < t->offset + SPOOL_FRAME_HEAD
	    ? -1
	    : 0;
}

void
spool_lane_text(char text[SPOOL_LANE_TEXT], uint64_t number, uint64_t nonce)
{
	char *p = put(text, 16, number, '-');

	dp_fixed_put_hex(p, 16, nonce);
	p[16] = '\0';
}
