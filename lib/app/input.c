#include "app/input.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/decode.h"
#include "base/err.h"
#include "base/io.h"
#include "base/stop.h"

#define RAW_SIZE 65536
#define FIRST_SIZE 262144

struct dp_input {
	char *const *paths;
	size_t npaths, next_path;
	struct dp_input_opts opts;
	void (*on_ask)(void *arg);
	void *on_ask_arg;

	/* The file at hand. */
	const char *name;
	int fd; /* -1: none is open */
	bool regular, at_eof, bom, broken;
	uint64_t file_no, line, offset;
	const struct dp_decoder *dec; /* NULL: plain */
	void *dec_state;
	struct dp_decode_in raw_in;
	struct dp_err pending; /* told when what is good has been taken */

	/* Content that is not handed out yet: buf[start, end). */
	char *buf;
	size_t cap, start, end;
	uint64_t long_bytes; /* of a line that is being skipped, else 0 */

	bool ended; /* by before_wait */
	uint64_t bytes, bytes_total;
	char raw[RAW_SIZE];
	char head[DP_INPUT_LONG_HEAD + DP_INPUT_PAD];
};

static const char *
shown(const char *path)
{
	return strcmp(path, "-") == 0 ? "(stdin)" : path;
}

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

/* Reads from the file itself into data.  0 at its end or at a stop. */
static ssize_t
read_file(struct dp_input *in, char *data, size_t len, struct dp_err *err)
{
	ssize_t n;

	for (;;) {
		if (dp_stop_signal() != 0)
			return 0;
		if (in->regular || dp_io_readable(in->fd))
			break;
		if (in->opts.before_wait != NULL &&
		    in->opts.before_wait(in->opts.arg, err) == -1) {
			in->ended = true;
			return -1;
		}
		if (dp_stop_wait(in->fd, -1) != -1)
			break;
		if (dp_stop_signal() == 0 && in->on_ask != NULL)
			in->on_ask(in->on_ask_arg);
		else
			(void)dp_stop_asked_progress();
	}
	n = dp_io_read(in->fd, data, len);
	if (n == -1)
		(void)dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    in->name);
	else
		in->bytes += (uint64_t)n;
	return n;
}

static int
refill_raw(struct dp_input *in, struct dp_err *err)
{
	ssize_t n;

	if (in->raw_in.len > 0 || in->raw_in.at_eof)
		return 0;
	n = read_file(in, in->raw, RAW_SIZE, err);
	if (n == -1)
		return -1;
	in->raw_in.data = in->raw;
	in->raw_in.len = (size_t)n;
	in->raw_in.at_eof = n == 0;
	return 0;
}

/* Content of the file, at most len bytes; 0 only at its end. */
static ssize_t
read_content(struct dp_input *in, char *data, size_t len, struct dp_err *err)
{
	if (in->dec == NULL) {
		size_t n = in->raw_in.len < len ? in->raw_in.len : len;

		if (n == 0)
			return in->raw_in.at_eof
			    ? 0
			    : read_file(in, data, len, err);
		memcpy(data, in->raw_in.data, n);
		in->raw_in.data += n;
		in->raw_in.len -= n;
		return (ssize_t)n;
	}
	for (;;) {
		enum dp_decode_result rc;
		size_t n = len;

		if (refill_raw(in, err) == -1)
			return -1;
		if (dp_stop_signal() != 0)
			return 0;
		rc = in->dec->run(in->dec_state, &in->raw_in, data, &n, err);
		if (rc == DP_DECODE_ERROR) {
			dp_err_context(err, "%s", in->name);
			return -1;
		}
		if (n > 0 || rc == DP_DECODE_END)
			return (ssize_t)n;
	}
}

/* The first bytes of the file decide how it is read. */
static int
choose_decoder(struct dp_input *in, struct dp_err *err)
{
	size_t have = 0;

	while (have < DP_DECODE_MAGIC_MAX) {
		ssize_t n = read_file(in, in->raw + have, RAW_SIZE - have, err);

		if (n == -1)
			return -1;
		in->raw_in.at_eof = n == 0;
		have += (size_t)n;
		if (n == 0 ||
		    (have > 0 && in->raw[0] != '\x1f' && in->raw[0] != '\x28'))
			break;
	}
	in->raw_in.data = in->raw;
	in->raw_in.len = have;
	if (dp_decode_choose(in->raw, have, &in->dec, err) == -1) {
		dp_err_context(err, "%s", in->name);
		return -1;
	}
	if (in->dec != NULL)
		in->dec_state = in->dec->open(err);
	return in->dec != NULL && in->dec_state == NULL ? -1 : 0;
}

static void
close_file(struct dp_input *in)
{
	if (in->dec_state != NULL)
		in->dec->close(in->dec_state);
	in->dec_state = NULL;
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd);
	in->fd = -1;
	in->file_no++;
}

static int
open_file(struct dp_input *in, const char *path, struct dp_err *err)
{
	struct stat st;

	in->name = shown(path);
	in->fd = strcmp(path, "-") == 0
	    ? STDIN_FILENO
	    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in->fd == -1 || fstat(in->fd, &st) == -1) {
		int saved = errno;

		if (in->fd == -1)
			in->file_no++;
		else
			close_file(in);
		return dp_err_sys(err, dp_err_status_of(saved), saved,
		    "cannot read %s", in->name);
	}
	in->regular = S_ISREG(st.st_mode);
	dp_io_widen(in->fd);
	in->at_eof = in->bom = in->broken = false;
	in->offset = 0;
	in->line = 1;
	in->start = in->end = in->long_bytes = 0;
	memset(&in->raw_in, 0, sizeof in->raw_in);
	if (S_ISDIR(st.st_mode)) {
		close_file(in);
		return dp_err_set(err, DP_NOINPUT,
		    "cannot read %s: it is a folder", in->name);
	}
	if (choose_decoder(in, err) == -1) {
		close_file(in);
		return -1;
	}
	return 0;
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
		n = read_content(in, in->buf + in->end, in->cap - in->end,
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
	in->start += len + newline;
	in->offset += len + newline;
	if (kind == DP_BLOCK_TAIL)
		b->data[len] = '\n';
}

/* Passes over n bytes of a line that is too long. */
static void
skip(struct dp_input *in, size_t n)
{
	if (in->opts.passed != NULL)
		in->opts.passed(in->opts.arg, in->buf + in->start, n);
	in->long_bytes += n;
	in->start += n;
}

/* The line at start is too long: its head is kept. */
static void
begin_long(struct dp_input *in, size_t have)
{
	memcpy(in->head, in->buf + in->start,
	    have < DP_INPUT_LONG_HEAD ? have : DP_INPUT_LONG_HEAD);
	skip(in, have);
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
		begin_long(in, (size_t)(nl - p));
		end_long(in, b, 0, 1);
		return true;
	}
	if (have > in->opts.max_record) {
		begin_long(in, have);
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
			if (open_file(in, in->paths[in->next_path++], err) ==
			    -1)
				return -1;
			in->bom = take_bom(in);
		}
		if (take_block(in, block))
			return 1;
		if (!in->at_eof) {
			fill(in);
			continue;
		}
		close_file(in);
		if (in->broken) {
			*err = in->pending;
			tell_unfinished(in, err);
			return -1;
		}
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
		close_file(in);
	free(in->buf);
	free(in);
}
