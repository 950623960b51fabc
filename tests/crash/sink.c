/*
 * sink: the command that dp-drain runs in the crash tests, a database that
 * never forgets.
 *
 * It takes a batch whole or not at all.  Lines with "bad" in them become
 * rejects in DP_REJECTS, not synced: that is dp-drain's duty.  With
 * CRASH_FAIL set, some attempts fail, by chance that depends on the batch
 * and the attempt alone.  What happened is told twice: when the batch was
 * read, and when it is known what becomes of it:
 *
 *     read BATCH PARENT-PID LF LINES        end BATCH STATUS LF
 *
 * to the log of record.c, or to the file CRASH_OUT.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((weak)) void crash_note(const void *data, size_t len);

static void
note(const char *text, size_t len)
{
	const char *name = getenv("CRASH_OUT");
	FILE *out;

	if (name == NULL) {
		crash_note(text, len);
		return;
	}
	out = fopen(name, "a");
	if (out == NULL || fprintf(out, "N 0 %zu\n", len) < 0 ||
	    fwrite(text, 1, len, out) != len || fclose(out) == EOF)
		abort();
}

/* FNV-1a, to draw by. */
static unsigned
draw(const char *batch, const char *attempt)
{
	uint32_t h = 2166136261U;
	const char *p;

	for (p = batch; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	for (p = attempt; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 16777619U;
	return (h >> 8) % 100;
}

static int
has_bad(const char *line, size_t len)
{
	return memmem(line, len, "bad", 3) != NULL;
}

static void
put(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

/* A reject, as far as dp-queue requeue wants it: the lines are JSON. */
static void
reject(int fd, const char *p, size_t len)
{
	static char text[1 << 21];
	size_t n = (size_t)sprintf(text, "{\"code\":\"type\",\"raw\":\"");

	for (; len > 0; p++, len--) {
		if (*p == '"' || *p == '\\')
			text[n++] = '\\';
		text[n++] = *p;
	}
	n += (size_t)sprintf(text + n, "\"}\n");
	put(fd, text, n);
}

static void
reject_bad(const char *p, const char *end)
{
	int fd = open(getenv("DP_REJECTS"),
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0640);

	while (fd != -1 && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)(nl + 1 - p);

		if (has_bad(p, len))
			reject(fd, p, len - 1);
		p = nl + 1;
	}
	if (fd == -1 || close(fd) == -1)
		abort();
}

static int
status_of(const char *batch, const char *p, size_t len)
{
	unsigned chance = draw(batch, getenv("DP_ATTEMPT"));

	if (getenv("CRASH_FAIL") == NULL || chance >= 40)
		return 0;
	if (chance < 15)
		return 75;
	if (chance < 20)
		return 3;
	return has_bad(p, len) ? 65 : 0;
}

int
main(void)
{
	static char text[1 << 22];
	const char *batch = getenv("DP_BATCH");
	size_t head, len;
	int status;

	head = (size_t)snprintf(text, sizeof text, "read %s %d\n", batch,
	    getppid());
	len = fread(text + head, 1, sizeof text - head, stdin);
	note(text, head + len);
	status = status_of(batch, text + head, len);
	/* A line alone that is refused goes to the dead letters by dp-drain. */
	if (status == 0 || status == 3)
		reject_bad(text + head, text + head + len);
	head =
	    (size_t)snprintf(text, sizeof text, "end %s %d\n", batch, status);
	note(text, head);
	return status;
}
