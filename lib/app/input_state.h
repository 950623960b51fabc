/* input_state: the inside of an input, for input*.c alone. */
#ifndef DP_APP_INPUT_STATE_H
#define DP_APP_INPUT_STATE_H

#include <sys/types.h>

#include "app/decode.h"
#include "app/input.h"
#include "base/err.h"

#define DP_INPUT_RAW 65536

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

	bool ended;           /* by before_wait */
	bool fresh;           /* something came since before_wait */
	uint64_t deadline_ms; /* of what is fresh, monotonic; 0: none yet */
	uint64_t bytes, bytes_total;
	char raw[DP_INPUT_RAW];
	char head[DP_INPUT_LONG_HEAD + DP_INPUT_PAD];
};

/* The file at path is the one at hand from here on.  -1: it is not. */
int dp_input_open(struct dp_input *in, const char *path, struct dp_err *err);
void dp_input_close(struct dp_input *in);

/* Content of the file, at most len bytes; 0 only at its end. */
ssize_t dp_input_read(struct dp_input *in, char *data, size_t len,
    struct dp_err *err);

/* What was read before a fault is told before it, and counted. */
void dp_input_settle(struct dp_input *in);

#endif
