#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/input.h"
#include "base/err.h"
#include "tap.h"

/* What an input gave, as text: "L1+0:a\nb\n" is a block of lines. */
static const struct {
	const char *name, *input;
	size_t max;
	const char *want;
} cases[] = {
	{ "an empty input has no blocks", "", 8, "" },
	{ "two lines are one block", "a\nbc\n", 8, "L1+0:a\nbc\n;" },
	{ "an unterminated line is a tail", "a\nbc", 8, "L1+0:a\n;T2+2:bc;" },
	{ "a line of exactly max bytes", "12345678\n", 8, "L1+0:12345678\n;" },
	{ "one byte more is long", "123456789\nx\n", 8,
	    "O1+0:123456789=9;L2+10:x\n;" },
	{ "a long line between good ones", "a\n123456789\nb\n", 8,
	    "L1+0:a\n;O2+2:123456789=9;L3+12:b\n;" },
	{ "a long line without an end", "0123456789abcdefghijk", 4,
	    "O1+0:0123456789abcdefghijk=21;" },
	{ "blank lines are lines", "\n\n", 8, "L1+0:\n\n;" },
	{ "a BOM is left out and told", "\xef\xbb\xbf{}\n", 8, "BL1+3:{}\n;" },
	{ "a BOM alone", "\xef\xbb\xbf", 8, "" },
	{ "half a BOM is data", "\xef\xbb\n", 8, "L1+0:\xef\xbb\n;" },
	{ "a single byte of gzip's magic", "\x1f", 8, "T1+0:\x1f;" },
};

static void
show(const struct dp_block *b, char *out, size_t size)
{
	size_t len = strlen(out);

	(void)snprintf(out + len, size - len, "%s%c%ju+%ju:%.*s",
	    b->bom ? "B" : "", "LTO"[b->kind], (uintmax_t)b -> line,
	    (uintmax_t)b -> offset, (int)b -> len, b -> data);
	len = strlen(out);
	if (b->kind == DP_BLOCK_LONG)
		(void)snprintf(out + len, size - len, "=%ju",
		    (uintmax_t)b->long_bytes);
	len = strlen(out);
	(void)snprintf(out + len, size - len, ";");
}

static uint64_t
lines(const struct dp_block *b)
{
	uint64_t n = b->kind != DP_BLOCK_LINES;
	size_t i;

	for (i = 0; b->kind == DP_BLOCK_LINES && i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

static void
read_all(char *path, size_t max, char *out, size_t size, struct dp_err *err)
{
	const struct dp_input_opts opts = { .max_record = max };
	char *const paths[] = { path };
	struct dp_input *in = dp_input_new(paths, 1, &opts, err);
	struct dp_block b;
	int rc;

	out[0] = '\0';
	while (in != NULL && (rc = dp_input_next(in, &b, err)) != 0) {
		if (rc == -1)
			continue;
		show(&b, out, size);
		dp_input_count(in, lines(&b));
	}
	dp_input_free(in);
}

static void
write_file(const char *path, const char *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) == EOF)
		abort();
}

/* The same content in many small writes: lines must not depend on reads. */
static void
through_pipe(const char *data, size_t step, size_t max, char *out, size_t size)
{
	struct dp_err err = { 0 };
	size_t i, len = strlen(data);
	char path[] = "-";
	int fd[2], keep = dup(0);

	if (pipe(fd) == -1)
		abort();
	for (i = 0; i < len; i += step)
		if (write(fd[1], data + i, len - i < step ? len - i : step) < 1)
			abort();
	(void)close(fd[1]);
	(void)dup2(fd[0], 0);
	read_all(path, max, out, size, &err);
	(void)dup2(keep, 0);
	(void)close(keep);
	(void)close(fd[0]);
}

int
main(void)
{
	char dir[] = "/tmp/dp-input.XXXXXX", path[64], got[4096];
	struct dp_err err = { 0 };
	size_t i;

	if (mkdtemp(dir) == NULL)
		return 1;
	(void)snprintf(path, sizeof path, "%s/f", dir);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		write_file(path, cases[i].input, strlen(cases[i].input));
		read_all(path, cases[i].max, got, sizeof got, &err);
		OK(strcmp(got, cases[i].want) == 0, "%s", cases[i].name);
		through_pipe(cases[i].input, 3, cases[i].max, got, sizeof got);
		OK(strcmp(got, cases[i].want) == 0, "%s, through a pipe",
		    cases[i].name);
	}
	read_all(dir, 8, got, sizeof got, &err);
	OK(err.status == DP_NOINPUT, "a folder is no input: %s", err.msg);
	(void)unlink(path);
	read_all(path, 8, got, sizeof got, &err);
	OK(err.status == DP_NOINPUT, "a missing file: %s", err.msg);
	write_file(path, "\x1f\x8b\x08\x00", 4);
	read_all(path, 8, got, sizeof got, &err);
	OK(err.status == DP_DATA, "a cut gzip file: %s", err.msg);
	(void)unlink(path);
	(void)rmdir(dir);
	return tap_done();
}
