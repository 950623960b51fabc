/*
 * crowd: a producer and a consumer of lines that can be compared at any
 * length, for crowd.py.
 *
 *     crowd make NAME SECONDS FILE    unique lines to stdout, for so long
 *     crowd take FILE                 a command for dp-drain
 *
 * Each appends to FILE, with one write: how many lines it made or took, and
 * the sum of their hashes, which is the same for the same lines in whatever
 * order.  take puts the batch's name in front, and for each producer the
 * numbers of its first and last line behind: they must rise within a batch.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 64
#define BLOCK 262144

/* FNV-1a, then mixed: sums of it must not cancel out. */
static uint64_t
hash(const char *p, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)p[i]) * UINT64_C(1099511628211);
	h = (h ^ h >> 31) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static void
tell(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	size_t len = strlen(text);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len || close(fd) == -1)
		abort();
}

static int
make(const char *name, double seconds, const char *path)
{
	static char block[BLOCK + 512];
	struct timespec t;
	uint64_t n = 0, sum = 0;
	double end;
	char text[128];

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	end = (double)t.tv_sec + seconds;
	do {
		size_t len = 0;

		while (len < BLOCK) {
			/* Of 20 to 200 bytes. */
			int pad = (int)(n * 2654435761U >> 5 & 127);
			int k = snprintf(block + len, 512,
			    "{\"w\":\"%s\",\"n\":%" PRIu64 ",\"p\":\"%0*d\"}\n",
			    name, n, pad, 7);

			sum += hash(block + len, (size_t)k);
			len += (size_t)k;
			n++;
		}
		if (fwrite(block, 1, len, stdout) != len)
			return 1;
		(void)clock_gettime(CLOCK_MONOTONIC, &t);
	} while ((double)t.tv_sec + (double)t.tv_nsec / 1e9 < end);
	if (fflush(stdout) == EOF)
		return 1;
	(void)snprintf(text, sizeof text, "%s %" PRIu64 " %" PRIx64 "\n", name,
	    n, sum);
	tell(path, text);
	return 0;
}

struct writer {
	char name[16];
	uint64_t first, last;
};

static struct writer *
writer_of(struct writer *w, size_t *n, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strncmp(w[i].name, name, len) == 0 &&
		    w[i].name[len] == '\0')
			return &w[i];
	if (*n == WRITERS || len >= sizeof w[0].name)
		abort();
	memcpy(w[*n].name, name, len);
	w[*n].name[len] = '\0';
	w[*n].first = UINT64_MAX;
	return &w[(*n)++];
}

/* {"w":"NAME","n":NUMBER, */
static void
note(struct writer *w, size_t *n, const char *line)
{
	const char *name = line + 6, *quote = strchr(name, '"');
	struct writer *x;
	uint64_t number;

	if (strncmp(line, "{\"w\":\"", 6) != 0 || quote == NULL ||
	    strncmp(quote, "\",\"n\":", 6) != 0) {
		fprintf(stderr, "crowd: a line that nobody wrote: %s", line);
		exit(78);
	}
	x = writer_of(w, n, name, (size_t)(quote - name));
	number = strtoull(quote + 6, NULL, 10);
	if (x->first == UINT64_MAX) {
		x->first = number;
	} else if (number <= x->last) {
		fprintf(stderr, "crowd: out of order: %s", line);
		exit(78);
	}
	x->last = number;
}

static int
take(const char *path)
{
	static struct writer w[WRITERS];
	const char *batch = getenv("DP_BATCH");
	char text[4096], *line = NULL;
	uint64_t lines = 0, sum = 0;
	size_t n = 0, i, size = 0;
	ssize_t len;
	int k;

	while ((len = getline(&line, &size, stdin)) > 0) {
		sum += hash(line, (size_t)len);
		lines++;
		note(w, &n, line);
	}
	if (ferror(stdin) || batch == NULL)
		return 78;
	k = snprintf(text, sizeof text, "%s %" PRIu64 " %" PRIx64, batch, lines,
	    sum);
	for (i = 0; i < n; i++)
		k += snprintf(text + k, sizeof text - (size_t)k,
		    " %s=%" PRIu64 "-%" PRIu64, w[i].name, w[i].first,
		    w[i].last);
	(void)snprintf(text + k, sizeof text - (size_t)k, "\n");
	tell(path, text);
	free(line);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		return make(argv[2], atof(argv[3]), argv[4]);
	if (argc == 3 && strcmp(argv[1], "take") == 0)
		return take(argv[2]);
	return 64;
}
