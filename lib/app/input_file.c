/* The files of an input: opened, read, decompressed, one by one. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "app/input_state.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"

static const char *
shown(const char *path)
{
	return strcmp(path, "-") == 0 ? "(stdin)" : path;
}

static int
before_wait(struct dp_input *in, struct dp_err *err)
{
	int rc = 0;

	if (in->opts.before_wait != NULL)
		rc = in->opts.before_wait(in->opts.arg, err);
	if (rc == -1)
		in->ended = true;
	in->fresh = false;
	in->deadline_ms = 0;
	return rc;
}

/* True when there is more for what has come, in time. */
static bool
lingers(struct dp_input *in)
{
	uint64_t now, left;

	if (!in->fresh || in->opts.linger_ms == 0)
		return false;
	now = dp_time_now_ms();
	if (in->deadline_ms == 0)
		in->deadline_ms = now + in->opts.linger_ms;
	if (now >= in->deadline_ms)
		return false;
	left = in->deadline_ms - now;
	return dp_stop_wait(in->fd, left > INT_MAX ? INT_MAX : (int)left) == 1;
}

void
dp_input_settle(struct dp_input *in)
{
	struct dp_err err = { 0 };
	int rc;

	while ((rc = before_wait(in, &err)) == 1)
		;
	if (rc == 0)
		return;
	in->pending = err;
	in->broken = true;
}

/* Reads from the file itself into data.  0 at its end or at a stop. */
static ssize_t
read_file(struct dp_input *in, char *data, size_t len, struct dp_err *err)
{
	ssize_t n;
	int rc;

	for (;;) {
		if (dp_stop_signal() != 0)
			return 0;
		if (in->regular || dp_io_readable(in->fd) || lingers(in))
			break;
		rc = before_wait(in, err);
		if (rc == -1)
			return -1;
		if (rc == 1)
			continue;
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
	n = read_file(in, in->raw, DP_INPUT_RAW, err);
	if (n == -1)
		return -1;
	in->raw_in.data = in->raw;
	in->raw_in.len = (size_t)n;
	in->raw_in.at_eof = n == 0;
	return 0;
}

ssize_t
dp_input_read(struct dp_input *in, char *data, size_t len, struct dp_err *err)
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
		ssize_t n =
		    read_file(in, in->raw + have, DP_INPUT_RAW - have, err);

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

void
dp_input_close(struct dp_input *in)
{
	if (in->dec_state != NULL)
		in->dec->close(in->dec_state);
	in->dec_state = NULL;
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd);
	in->fd = -1;
	in->file_no++;
}

int
dp_input_open(struct dp_input *in, const char *path, struct dp_err *err)
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
			dp_input_close(in);
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
		dp_input_close(in);
		return dp_err_set(err, DP_NOINPUT,
		    "cannot read %s: it is a folder", in->name);
	}
	if (choose_decoder(in, err) == -1) {
		dp_input_close(in);
		return -1;
	}
	return 0;
}
