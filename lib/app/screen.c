#include "app/screen.h"

#include <sys/ioctl.h>
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"
#include "base/stop.h"
#include "base/time.h"

#define LOOK_MS 100 /* how soon another size is noticed */
#define COLUMNS 80
#define ROWS 24

struct size {
	size_t columns, rows;
};

static struct size
size_of_terminal(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == -1 || w.ws_col == 0 ||
	    w.ws_row == 0)
		return (struct size){ COLUMNS, ROWS };
	return (struct size){ w.ws_col, w.ws_row };
}

/* One line, without what a terminal would obey; cut at the right edge. */
static void
add_line(struct dp_buf *out, const char *line, size_t len, size_t columns)
{
	size_t i, at = 0;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		/* The following bytes of a character in UTF-8. */
		if ((c & 0xc0) != 0x80 && at++ == columns)
			return;
		(void)dp_buf_addc(out, c < ' ' || c == 0x7f ? '?' : line[i]);
	}
}

/* ends: what stands behind each line but the last that fits. */
static void
fit(struct dp_buf *out, const struct dp_buf *text, struct size size,
    const char *ends)
{
	const char *p = text->data, *end = p + text->len;
	size_t row;

	for (row = 0; p < end && row < size.rows; row++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (row > 0)
			(void)dp_buf_adds(out, ends);
		if (nl == NULL)
			nl = end;
		add_line(out, p, (size_t)(nl - p), size.columns);
		p = nl + (nl < end);
	}
}

static int
put(const struct dp_buf *b, struct dp_err *err)
{
	if (b->failed)
		return dp_err_nomem(err);
	return dp_io_write(STDOUT_FILENO, b->data, b->len) == 0
	    ? 0
	    : dp_err_sys(err, DP_FAILED, errno, "cannot write standard output");
}

static int
show(const struct dp_screen *s, struct size size, struct dp_err *err)
{
	struct dp_buf text, out;
	int rc;

	dp_buf_init(&text, 0);
	dp_buf_init(&out, 0);
	rc = s->draw(s->arg, &text, err);
	if (rc == 0 && text.failed)
		rc = dp_err_nomem(err);
	if (rc == 0 && s->once) {
		size.rows = SIZE_MAX;
		fit(&out, &text, size, "\n");
		(void)dp_buf_addc(&out, '\n');
	} else if (rc == 0) {
		/* Over what is there, so that nothing flickers. */
		(void)dp_buf_adds(&out, "\033[H");
		fit(&out, &text, size, "\033[K\r\n");
		(void)dp_buf_adds(&out, "\033[K\033[J");
	}
	if (rc == 0)
		rc = put(&out, err);
	dp_buf_fini(&text);
	dp_buf_fini(&out);
	return rc;
}

/* True when a key says so, or nobody can press one any more. */
static bool
is_quit(void)
{
	char keys[64];
	ssize_t i, n = read(STDIN_FILENO, keys, sizeof keys);

	for (i = 0; i < n; i++)
		if (keys[i] == 'q' || keys[i] == 'Q' || keys[i] == 3)
			return true;
	return n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR);
}

/* Until the next picture is due.  False: that was the last one. */
static bool
wait_for_next(const struct dp_screen *s, struct size size, bool keys)
{
	uint64_t until = dp_time_now_ms() + s->every_ms, now;
	struct size is;

	while (dp_stop_signal() == 0 && (now = dp_time_now_ms()) < until) {
		uint64_t ms = until - now < LOOK_MS ? until - now : LOOK_MS;

		if (dp_stop_wait(keys ? STDIN_FILENO : -1, (int)ms) == 1 &&
		    is_quit())
			return false;
		is = size_of_terminal();
		if (is.columns != size.columns || is.rows != size.rows)
			return true;
	}
	return dp_stop_signal() == 0;
}

static int
loop(const struct dp_screen *s, bool keys, struct dp_err *err)
{
	struct size size;

	do {
		size = size_of_terminal();
		if (show(s, size, err) == -1)
			return -1;
	} while (wait_for_next(s, size, keys));
	return 0;
}

int
dp_screen_run(const struct dp_screen *s, struct dp_err *err)
{
	static const char enter[] = "\033[?1049h\033[?25l",
			  leave[] = "\033[?25h\033[?1049l";
	struct termios before, raw;
	bool keys;
	int rc;

	if (s->once)
		return show(s,
		    isatty(STDOUT_FILENO) == 1
			? size_of_terminal()
			: (struct size){ SIZE_MAX, SIZE_MAX },
		    err);
	if (isatty(STDOUT_FILENO) != 1)
		return dp_err_set(err, DP_USAGE,
		    "standard output is no terminal: want --once");
	/* Keys come at once, unseen; none of them stops us half way. */
	keys = tcgetattr(STDIN_FILENO, &before) == 0;
	if (keys) {
		raw = before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		keys = tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
	}
	(void)dp_io_write(STDOUT_FILENO, enter, sizeof enter - 1);
	rc = loop(s, keys, err);
	(void)dp_io_write(STDOUT_FILENO, leave, sizeof leave - 1);
	if (keys)
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
	return rc;
}
