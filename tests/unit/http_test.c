/*
 * Raw requests and the answer that RFC 9112 asks for, each fed whole, split
 * at every byte, and byte by byte.
 */
#include <stdlib.h>
#include <string.h>

#include "http/chunked.h"
#include "http/parse.h"
#include "tap.h"

#define BODY_MAX 100000
#define MORE 0 /* no answer yet: more bytes are wanted */
#define H "Host: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define GET "GET / HTTP/1.1\r\nHost: a\r\n"

struct result {
	int status; /* 200: a whole request was read */
	enum dp_http_method method;
	unsigned minor;
	bool keep_alive, expects_continue;
	char path[64];
	char body[256];
	size_t body_len, used;
};

static void
finish(struct result *r, const struct dp_http_head *h, size_t used)
{
	r->status = 200;
	r->used = used;
	if (r->body_len < sizeof r->body)
		r->body[r->body_len] = '\0';
	r->method = h->method;
}

struct feed {
	struct dp_http_head h;
	struct dp_http_chunked c;
	size_t at; /* behind what was used of the body */
	bool has_head;
};

/* All there is up to len; true when there is an answer. */
static bool
feed(struct feed *f, const char *data, size_t len, struct result *r)
{
	char piece[4096];
	size_t n, used;
	int rc;

	if (!f->has_head) {
		rc = dp_http_head_feed(&f->h, data, len);
		r->status = rc == -1 ? f->h.status : MORE;
		if (rc != 1)
			return rc == -1;
		f->has_head = true;
		f->at = f->h.len;
		f->c.max = BODY_MAX;
		r->minor = f->h.minor;
		r->keep_alive = f->h.keep_alive;
		r->expects_continue = f->h.expects_continue;
		n = f->h.path.len;
		n = n < sizeof r->path ? n : sizeof r->path - 1;
		memcpy(r->path, data + f->h.path.at, n);
		r->path[n] = '\0';
	}
	if (!f->h.chunked) {
		if (f->h.length > BODY_MAX)
			r->status = 413;
		else if (len - f->h.len >= f->h.length) {
			r->body_len = (size_t)f->h.length;
			memcpy(r->body, data + f->h.len, r->body_len);
			finish(r, &f->h, f->h.len + r->body_len);
		}
		return r->status != MORE;
	}
	rc = dp_http_chunked_feed(&f->c, data + f->at, len - f->at, piece, &n,
	    &used);
	if (rc == -1) {
		r->status = f->c.status;
		return true;
	}
	if (n > sizeof r->body - 1 - r->body_len)
		abort();
	memcpy(r->body + r->body_len, piece, n);
	r->body_len += n;
	f->at += used;
	if (rc == 1)
		finish(r, &f->h, f->at);
	return rc == 1;
}

/* The first bytes at once, then `step` at a time. */
static struct result
read_in_pieces(const char *data, size_t len, size_t first, size_t step)
{
	struct result r = { 0 };
	struct feed f = { 0 };
	size_t n = first < len ? first : len;

	while (!feed(&f, data, n, &r) && n < len)
		n = n + step < len ? n + step : len;
	return r;
}

struct request {
	const char *name, *raw;
	int status;
	const char *body; /* with 200 */
	enum dp_http_method method;
	bool closes;
	size_t len; /* of raw, when it holds a NUL; else 0 */
};

#define GOOD DP_HTTP_POST
#define N(status) (status), 0, 0, 0, 0

static const struct request requests[] = {
#include "http_requests.h"
};

static bool
is_same(const struct result *a, const struct result *b)
{
	if (a->status != 200 || b->status != 200)
		return a->status == b->status;
	return a->method == b->method && a->keep_alive == b->keep_alive &&
	    a->used == b->used && a->body_len == b->body_len &&
	    strcmp(a->path, b->path) == 0 &&
	    memcmp(a->body, b->body, a->body_len) == 0;
}

static void
test_request(const struct request *q)
{
	const size_t len = q->len != 0 ? q->len : strlen(q->raw);
	struct result whole = read_in_pieces(q->raw, len, len, len);
	size_t i, differ = 0;
	bool right = whole.status == q->status;

	if (q->status == 200)
		right = right && whole.method == q->method &&
		    whole.keep_alive == !q->closes &&
		    strcmp(whole.body, q->body != NULL ? q->body : "") == 0;
	OK(right, "%s: %d", q->name, q->status);
	if (!right)
		(void)printf("# got %d, method %d, keep_alive %d, body %s\n",
		    whole.status, (int)whole.method, whole.keep_alive,
		    whole.body);
	for (i = 1; i < len; i++) {
		struct result r = read_in_pieces(q->raw, len, i, len);

		differ += !is_same(&whole, &r);
	}
	if (len <= 512) {
		struct result r = read_in_pieces(q->raw, len, 1, 1);

		differ += !is_same(&whole, &r);
	}
	OK(differ == 0, "%s: the same for each split", q->name);
}

/* Lines of a given length: at the limit, and one over. */
static void
test_limits(void)
{
	static const struct {
		const char *name, *front, *back;
		size_t fill;
		int status;
	} cases[] = {
		{ "the longest request line", "GET /", " HTTP/1.1\r\n" H "\r\n",
		    DP_HTTP_LINE_MAX - 14, 200 },
		{ "a request line too long", "GET /", " HTTP/1.1\r\n" H "\r\n",
		    DP_HTTP_LINE_MAX - 13, 414 },
		{ "the longest field", GET "X: ", "\r\n\r\n",
		    DP_HTTP_LINE_MAX - 3, 200 },
		{ "a field too long", GET "X: ", "\r\n\r\n",
		    DP_HTTP_LINE_MAX - 2, 431 },
		{ "a line without an end", "GET /", "", 20000, 414 },
		{ "a name without an end", GET, "", 20000, 431 },
	};

	char *raw = calloc(1, 40000);
	size_t i;

	if (raw == NULL)
		abort();
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t front = strlen(cases[i].front), len;
		struct result a, b;
		struct request q;

		memcpy(raw, cases[i].front, front);
		memset(raw + front, 'a', cases[i].fill);
		strcpy(raw + front + cases[i].fill, cases[i].back);
		len = strlen(raw);
		q = (struct request){ .name = cases[i].name,
			.raw = raw,
			.status = cases[i].status,
			.method = DP_HTTP_GET };
		a = read_in_pieces(raw, len, len, len);
		b = read_in_pieces(raw, len, 1, 1);
		OK(a.status == q.status && b.status == q.status, "%s: %d %d",
		    q.name, a.status, b.status);
	}
	free(raw);
}

/* The whole head: its bytes, and how many fields it has. */
static void
test_head_limits(void)
{
	char *raw = calloc(1, 40000);
	size_t k;

	if (raw == NULL)
		abort();
	strcpy(raw, GET);
	for (k = 0; k < 3; k++) {
		size_t at = strlen(raw);

		memset(raw + at, 'a', 7000);
		strcpy(raw + at + 7000, ": b\r\n");
	}
	strcat(raw, "\r\n");
	OK(read_in_pieces(raw, strlen(raw), 1, 1).status == 431,
	    "a header over 16 KiB: 431");
	for (k = 99; k <= 100; k++) {
		size_t n;

		strcpy(raw, GET);
		for (n = 0; n < k; n++)
			strcat(raw, "a: b\r\n");
		strcat(raw, "\r\n");
		OK(read_in_pieces(raw, strlen(raw), 50, 7).status ==
			(k == 99 ? 200 : 431),
		    "%zu fields", k + 1);
	}
	free(raw);
}

/* Every prefix of a good request wants more, and says nothing. */
static void
test_prefixes(void)
{
	static const char *const good[] = {
		POST "Content-Length: 5\r\n\r\nhello",
		CHUNKED "5;a=\"b\"\r\nhello\r\n0\r\nT: x\r\n\r\n",
	};
	size_t i, n, bad = 0;

	for (i = 0; i < 2; i++)
		for (n = 0; n < strlen(good[i]); n++)
			bad += read_in_pieces(good[i], n, n, 1).status != MORE;
	OK(bad == 0, "every prefix wants more");
}

static void
test_pipeline(void)
{
	static const char two[] = POST "Content-Length: 2\r\n\r\n{}" GET "\r\n";
	struct result r = read_in_pieces(two, sizeof two - 1, 1000, 1);

	OK(r.status == 200 && r.used == strlen(POST) + 23 &&
		memcmp(two + r.used, "GET", 3) == 0,
	    "what follows a request is the next one");
	r = read_in_pieces(CHUNKED "0\r\n\r\nGET", strlen(CHUNKED) + 8, 1000,
	    1);
	OK(r.status == 200 && r.used == strlen(CHUNKED) + 5,
	    "the same behind a chunked body");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof requests / sizeof requests[0]; i++)
		test_request(&requests[i]);
	test_limits();
	test_head_limits();
	test_prefixes();
	test_pipeline();
	return tap_done();
}
