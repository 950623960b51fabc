/*
 * broker: other queues, spoken to as fast as their protocols allow, for
 * comparison; and a lone loop of fdatasync.
 *
 *     broker beanstalk-in PORT LINES <lines     LINES: lines a job
 *     broker beanstalk-out PORT >lines
 *     broker nats-new PORT                      an empty stream
 *     broker nats-in PORT LINES <lines          LINES: lines a message
 *     broker nats-out PORT >lines
 *     broker syncs FILE N                       N lines, each synced
 *
 * Jobs are sent in windows, and a window's answers are read before the next:
 * what is sent is acknowledged when the program ends.
 */
#include <sys/socket.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW 500
#define JOB_MAX 65000
#define LINE_MAX_SIZE 2048

struct peer {
	FILE *in, *out;
	char *body; /* JOB_MAX and a CR LF */
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "broker: %s\n", what);
	exit(74);
}

static struct peer
dial(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct peer p;

	to.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof to) == -1)
		die("cannot connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	p.in = fdopen(fd, "r");
	p.out = fdopen(dup(fd), "w");
	p.body = malloc(JOB_MAX + 2);
	if (p.in == NULL || p.out == NULL || p.body == NULL)
		die("no memory");
	(void)setvbuf(p.in, NULL, _IOFBF, 1 << 18);
	(void)setvbuf(p.out, NULL, _IOFBF, 1 << 18);
	return p;
}

/* One line of the peer, without its end. */
static char *
answer(struct peer *p, char line[LINE_MAX_SIZE])
{
	if (fflush(p->out) != 0 || fgets(line, LINE_MAX_SIZE, p->in) == NULL)
		die("the peer went away");
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static void
expect(struct peer *p, const char *start)
{
	char line[LINE_MAX_SIZE];

	if (strncmp(answer(p, line), start, strlen(start)) != 0)
		die(line);
}

/* Up to n lines of stdin, as one piece; 0 at the end. */
static size_t
take(char *job, unsigned long n)
{
	size_t len = 0;

	for (; n > 0 && len + LINE_MAX_SIZE < JOB_MAX; n--) {
		if (fgets(job + len, LINE_MAX_SIZE, stdin) == NULL)
			break;
		len += strlen(job + len);
	}
	return len;
}

/* Copies a body and the CR LF behind it. */
static void
give(struct peer *p, size_t len, bool print)
{
	if (len > JOB_MAX || fread(p->body, 1, len + 2, p->in) != len + 2)
		die("a body is cut");
	if (print && fwrite(p->body, 1, len, stdout) != len)
		die("stdout");
}

static void
beanstalk_in(struct peer *p, unsigned long lines)
{
	size_t len, sent;

	do {
		for (sent = 0;
		     sent < WINDOW && (len = take(p->body, lines)) > 0;
		     sent++) {
			(void)fprintf(p->out, "put 0 0 60 %zu\r\n", len);
			(void)fwrite(p->body, 1, len, p->out);
			(void)fputs("\r\n", p->out);
		}
		for (len = sent; len > 0; len--)
			expect(p, "INSERTED ");
	} while (sent == WINDOW);
}

static void
beanstalk_out(struct peer *p)
{
	unsigned long ids[WINDOW], size;
	char line[LINE_MAX_SIZE];
	size_t i, n = WINDOW;

	while (n == WINDOW) {
		for (i = 0; i < WINDOW; i++)
			(void)fputs("reserve-with-timeout 0\r\n", p->out);
		for (n = i = 0; i < WINDOW; i++) {
			if (strcmp(answer(p, line), "TIMED_OUT") == 0)
				continue;
			if (sscanf(line, "RESERVED %lu %lu", &ids[n], &size) !=
			    2)
				die(line);
			give(p, size, true);
			n++;
		}
		for (i = 0; i < n; i++)
			(void)fprintf(p->out, "delete %lu\r\n", ids[i]);
		for (i = 0; i < n; i++)
			expect(p, "DELETED");
	}
}

/* -- NATS: JetStream, a stream "q" in files, a consumer "c" -- */

static void
nats_hello(struct peer *p)
{
	expect(p, "INFO ");
	(void)fputs("CONNECT {\"verbose\":false,\"headers\":true,"
		    "\"no_responders\":true}\r\nSUB re.> 1\r\nPING\r\n",
	    p->out);
	expect(p, "PONG");
}

/* "MSG subject sid [reply] size" or "HMSG ... head size": the size. */
static size_t
nats_size(const char *line, char *reply, size_t *head)
{
	char copy[LINE_MAX_SIZE], *word[6], *rest = copy;
	size_t n = 0;
	bool has_head = *line == 'H';

	(void)snprintf(copy, sizeof copy, "%s", line);
	while (n < 6 && (word[n] = strsep(&rest, " ")) != NULL)
		n++;
	if ((strcmp(word[0], "MSG") != 0 && strcmp(word[0], "HMSG") != 0) ||
	    n < (has_head ? 5U : 4U))
		die(line);
	*head = has_head ? strtoul(word[n - 2], NULL, 10) : 0;
	*reply = '\0';
	if (reply != NULL && n == (has_head ? 6U : 5U))
		(void)snprintf(reply, LINE_MAX_SIZE, "%s", word[3]);
	return strtoul(word[n - 1], NULL, 10);
}

/* The answer to a request; it must not be an error, unless that is fine. */
static void
nats_ack(struct peer *p, bool may_fail)
{
	char line[LINE_MAX_SIZE], reply[LINE_MAX_SIZE];
	size_t head, len;

	while (strncmp(answer(p, line), "PING", 4) == 0)
		(void)fputs("PONG\r\n", p->out);
	len = nats_size(line, reply, &head);
	give(p, len, false);
	p->body[len] = '\0';
	if (!may_fail && (head > 0 || strstr(p->body, "\"error\"") != NULL))
		die(p->body);
}

static void
nats_ask(struct peer *p, const char *subject, const char *json, bool may_fail)
{
	(void)fprintf(p->out, "PUB %s re.x %zu\r\n%s\r\n", subject,
	    strlen(json), json);
	nats_ack(p, may_fail);
}

static void
nats_new(struct peer *p)
{
	nats_ask(p, "$JS.API.STREAM.DELETE.q", "", true);
	nats_ask(p, "$JS.API.STREAM.CREATE.q",
	    "{\"name\":\"q\",\"subjects\":[\"q\"],\"storage\":\"file\","
	    "\"retention\":\"interest\",\"num_replicas\":1}",
	    false);
	nats_ask(p, "$JS.API.CONSUMER.DURABLE.CREATE.q.c",
	    "{\"stream_name\":\"q\",\"config\":{\"durable_name\":\"c\","
	    "\"ack_policy\":\"all\",\"max_ack_pending\":-1}}",
	    false);
}

static void
nats_in(struct peer *p, unsigned long lines)
{
	size_t len, sent;

	do {
		for (sent = 0;
		     sent < WINDOW && (len = take(p->body, lines)) > 0;
		     sent++) {
			(void)fprintf(p->out, "PUB q re.x %zu\r\n", len);
			(void)fwrite(p->body, 1, len, p->out);
			(void)fputs("\r\n", p->out);
		}
		for (len = sent; len > 0; len--)
			nats_ack(p, false);
	} while (sent == WINDOW);
}

static void
nats_out(struct peer *p)
{
	char line[LINE_MAX_SIZE], reply[LINE_MAX_SIZE], last[LINE_MAX_SIZE];
	size_t head, len, n;
	bool more = true;

	while (more) {
		(void)fprintf(p->out,
		    "PUB $JS.API.CONSUMER.MSG.NEXT.q.c re.x %d\r\n"
		    "{\"batch\":%d,\"no_wait\":true}\r\n",
		    (int)strlen("{\"batch\":500,\"no_wait\":true}"), WINDOW);
		for (n = 0; n < WINDOW; n++) {
			while (strncmp(answer(p, line), "PING", 4) == 0)
				(void)fputs("PONG\r\n", p->out);
			len = nats_size(line, reply, &head);
			/* A head alone: there are no more. */
			give(p, len, head == 0);
			if (head > 0) {
				more = false;
				break;
			}
			(void)snprintf(last, sizeof last, "%s", reply);
		}
		if (n > 0)
			nats_ask(p, last, "+ACK", true);
	}
}

static void
syncs(const char *file, unsigned long n)
{
	static const char line[] =
	    "{\"event_name\":\"install\",\"user_id\":123456,\"timestamp\":"
	    "1795492800,\"more\":\"about as long as the other events\"}\n";
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	unsigned long i;
	off_t at = 0;
	const ssize_t len = sizeof line - 1;

	/* Allocated ahead, as a spool does: the file's size stays. */
	if (fd == -1 || posix_fallocate(fd, 0, (off_t)(n * sizeof line)) != 0)
		die(file);
	for (i = 0; i < n; i++, at += len)
		if (pwrite(fd, line, (size_t)len, at) != len ||
		    fdatasync(fd) == -1)
			die(file);
	(void)close(fd);
}

int
main(int argc, char **argv)
{
	unsigned long lines = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	struct peer p;

	if (argc < 3 || lines == 0)
		die("usage: broker WHAT PORT|FILE [LINES]");
	if (strcmp(argv[1], "syncs") == 0) {
		syncs(argv[2], lines);
		return 0;
	}
	p = dial(argv[2]);
	if (strncmp(argv[1], "nats", 4) == 0)
		nats_hello(&p);
	if (strcmp(argv[1], "beanstalk-in") == 0)
		beanstalk_in(&p, lines);
	else if (strcmp(argv[1], "beanstalk-out") == 0)
		beanstalk_out(&p);
	else if (strcmp(argv[1], "nats-new") == 0)
		nats_new(&p);
	else if (strcmp(argv[1], "nats-in") == 0)
		nats_in(&p, lines);
	else if (strcmp(argv[1], "nats-out") == 0)
		nats_out(&p);
	else
		die("no such thing");
	return fflush(stdout) == 0 ? 0 : 74;
}
