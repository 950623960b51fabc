#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/input_state.h"
#include "base/stop.h"

#define FIRST_SIZE 262144

struct dp_input *
dp_input_new(char *const *paths, size_t n, const struct dp_input_opts *opts,
    struct dp_err *err)
{
	static char stdin_name[] = "-";
	static char *const only_stdin[] = { stdin_name };
	struct dp_input *in = malloc(sizeof *in);
	struct stat st;
	size_t i;

	if (in == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	memset(in, 0, offsetof(struct dp_input, raw));
	in->opts = *opts;
	in->paths = n > 0 ? paths : only_stdin;
	in->npaths = n > 0 ? n : 1;
	in->fd = -1;
	in->cap = FIRST_SIZE;
	in->buf = malloc(in->cap + DP_INPUT_PAD);
	if (in->buf == NULL) {
		free(in);
		(void)dp_err_nomem(err);
		return NULL;
	}
	for (i = 0; i < in->npaths; i++)
		if ((strcmp(in->paths[i], "-") == 0
			    ? fstat(STDIN_FILENO, &st)
			    : stat(in->paths[i], &st)) == 0 &&
		    S_ISREG(st.st_mode))
			in->bytes_total += (uint64_t)st.st_size;
	return in;
}

static int
grow(struct dp_input *in, struct dp_err *err)
{
	size_t cap = in->cap * 2;
	char *buf;

	if (cap > in->opts.max_record + FIRST_SIZE)
		cap = in->opts.max_record + FIRST_SIZE;
	buf = malloc(cap + DP_INPUT_PAD);
	if (buf == NULL)
		return dp_err_nomem(err);
	memcpy(buf, in->buf, in->end);
	free(in->buf);
	in->buf = buf;
	in->cap = cap;
	return 0;
}

/* Puts more content behind end.  A fault is kept for later. */
static void
fill(struct dp_input *in)
{
	ssize_t n;

	if (in->start > 0) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	if (in->end == in->cap && grow(in, &in->pending) == -1)
		n = -1;
	else
		n = dp_input_read(in, in->buf + in->end, in->cap - in->end,
		    &in->pending);
	if (n <= 0)
		in->at_eof = true;
	if (n == -1)
		in->broken = true;
	else
		in->end += (size_t)n;
}

/* RFC 8259 lets a reader pass over a BOM at the start of a text. */
static bool
take_bom(struct dp_input *in)
{
	static const char bom[] = "\xef\xbb\xbf";

	if (in->offset != 0)
		return false;
	while (!in->at_eof && in->end < 3 && memcmp(in->buf, bom, in->end) == 0)
		fill(in);
	if (in->end - in->start < 3 || memcmp(in->buf, bom, 3) != 0)
		return false;
	in->start = 3;
	in->offset = 3;
	return true;
}

static void
hand_out(struct dp_input *in, struct dp_block *b, enum dp_block_kind kind,
    size_t len, size_t newline)
{
	b->kind = kind;
	b->file = in->name;
	b->file_no = in->file_no;
	b->line = in->line;
	b->offset = in->offset;
	b->data = in->buf + in->start;
	b->len = len;
	b->long_bytes = 0;
	b->bom = in->bom;
	in->bom = false;
	in->fresh = true;
	in->start += len + newline;
	in->offset += len + newline;
	if (kind == DP_BLOCK_TAIL)
		b->data[len] = '\n';
}

/* Passes over n bytes of a line that is too long; its head is kept. */
static void
skip(struct dp_input *in, size_t n)
{
	const size_t room = in->long_bytes < DP_INPUT_LONG_HEAD
	    ? DP_INPUT_LONG_HEAD - (size_t)in->long_bytes
	    : 0;

	if (room > 0)
		memcpy(in->head + in->long_bytes, in->buf + in->start,
		    n < room ? n : room);
	if (in->opts.passed != NULL)
		in->opts.passed(in->opts.arg, in->buf + in->start, n);
	in->long_bytes += n;
	in->start += n;
}

static void
end_long(struct dp_input *in, struct dp_block *b, size_t more, size_t newline)
{
	skip(in, more + newline);
	hand_out(in, b, DP_BLOCK_LONG, 0, 0);
	in->offset += in->long_bytes;
	b->long_bytes = in->long_bytes - newline;
	b->data = in->head;
	b->len = b->long_bytes < DP_INPUT_LONG_HEAD ? (size_t)b->long_bytes
						    : DP_INPUT_LONG_HEAD;
	in->head[b->len] = '\n';
	in->long_bytes = 0;
}

/* Cuts the block before its first line that is too long. */
static size_t
cut_before_long(const struct dp_input *in, size_t len)
{
	const char *p = in->buf + in->start, *end = p + len;

	if (len <= in->opts.max_record)
		return len;
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if ((size_t)(nl - p) > in->opts.max_record)
			break;
		p = nl + 1;
	}
	return (size_t)(p - (in->buf + in->start));
}

/* Hands out what lies in the buffer, if that is a block. */
static bool
take_block(struct dp_input *in, struct dp_block *b)
{
	char *p = in->buf + in->start;
	size_t have = in->end - in->start, len;
	char *nl = have == 0     ? NULL
	    : in->long_bytes > 0 ? memchr(p, '\n', have)
				 : memrchr(p, '\n', have);

	if (in->long_bytes > 0) {
		if (nl == NULL && !in->at_eof) {
			skip(in, have);
			return false;
		}
		end_long(in, b, nl != NULL ? (size_t)(nl - p) : have,
		    nl != NULL);
		return true;
	}
	if (nl != NULL) {
		len = cut_before_long(in, (size_t)(nl - p) + 1);
		if (len > 0) {
			hand_out(in, b, DP_BLOCK_LINES, len, 0);
			return true;
		}
		nl = memchr(p, '\n', have);
		end_long(in, b, (size_t)(nl - p), 1);
		return true;
	}
	if (have > in->opts.max_record) {
		skip(in, have);
		return in->at_eof ? take_block(in, b) : false;
	}
	if (have > 0 && in->at_eof && !in->broken && dp_stop_signal() == 0) {
		hand_out(in, b, DP_BLOCK_TAIL, have, 0);
		return true;
	}
	return false;
}

static void
tell_unfinished(const struct dp_input *in, struct dp_err *err)
{
	size_t len = strlen(err->msg);

	if (in->end > in->start || in->long_bytes > 0)
		(void)snprintf(err->msg + len, sizeof err->msg - len,
		    "; the unfinished line %ju was not taken",
		    (uintmax_t)in->line);
}

int
dp_input_next(struct dp_input *in, struct dp_block *block, struct dp_err *err)
{
	while (!in->ended && dp_stop_signal() == 0) {
		if (in->fd == -1) {
			if (in->next_path == in->npaths)
				return 0;
			if (dp_input_open(in, in->paths[in->next_path++],
				err) == -1) {
				dp_input_settle(in);
				return -1;
			}
			in->bom = take_bom(in);
		}
		if (take_block(in, block))
			return 1;
		if (!in->at_eof) {
			fill(in);
			continue;
		}
		if (in->broken) {
			*err = in->pending;
			in->broken = false;
			dp_input_settle(in);
			tell_unfinished(in, err);
			dp_input_close(in);
			return -1;
		}
		dp_input_close(in);
	}
	if (in->ended && in->broken) {
		in->broken = false;
		*err = in->pending;
		return -1;
	}
	return 0;
}

void
dp_input_count(struct dp_input *in, uint64_t lines)
{
	in->line += lines;
}

bool
dp_input_is_of(const struct dp_input *in, const struct dp_block *block)
{
	return block->file_no == in->file_no;
}

static int
make_room(char **buf, size_t *cap, size_t want, struct dp_err *err)
{
	char *more;

	if (*cap >= want)
		return 0;
	more = malloc(want + DP_INPUT_PAD);
	if (more == NULL)
		return dp_err_nomem(err);
	free(*buf);
	*buf = more;
	*cap = want;
	return 0;
}

int
dp_input_swap(struct dp_input *in, struct dp_block *block, char **buf,
    size_t *cap, struct dp_err *err)
{
	const size_t rest = in->end - in->start, had = in->cap;
	char *const given = in->buf;

	if (block->kind == DP_BLOCK_LONG) {
		if (make_room(buf, cap, DP_INPUT_LONG_HEAD, err) == -1)
			return -1;
		memcpy(*buf, block->data, block->len + 1);
		block->data = *buf;
		return 0;
	}
	if (make_room(buf, cap, in->cap, err) == -1)
		return -1;
	memcpy(*buf, in->buf + in->start, rest);
	in->buf = *buf;
	in->cap = *cap;
	in->start = 0;
	in->end = rest;
	*buf = given;
	*cap = had;
	return 0;
}

void
dp_input_on_ask(struct dp_input *in, void (*fn)(void *arg), void *arg)
{
	in->on_ask = fn;
	in->on_ask_arg = arg;
}

uint64_t
dp_input_bytes(const struct dp_input *in)
{
	return in->bytes;
}

uint64_t
dp_input_bytes_total(const struct dp_input *in)
{
	return in->bytes_total;
}

void
dp_input_free(struct dp_input *in)
{
	if (in == NULL)
		return;
	if (in->fd != -1)
		dp_input_close(in);
	free(in->buf);
	free(in);
}
