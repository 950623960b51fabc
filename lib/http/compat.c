/*
 * The answers of the service that Data-pipe replaces: HTTP status 200, and a
 * text in parentheses.  It wrote texts as they were; here they are valid
 * JSON.
 */
#include <string.h>

#include "base/code.h"
#include "http/python.h"
#include "http/state.h"
#include "json/text.h"

#define CHARACTERS_MAX 2048
#define NONE "None"

/* Code points; of bytes that are not UTF-8, anything. */
static size_t
characters(const char *text, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

bool
dp_compat_is_long(const char *body, size_t len)
{
	return len == 0 || characters(body, len) > CHARACTERS_MAX;
}

/* {"status_code": N, "status_message": "TEXT(WHAT)"}, into b. */
static void
render(struct dp_buf *b, int code, const struct dp_buf *what)
{
	struct dp_buf text;

	dp_buf_init(&text, 0);
	(void)dp_buf_adds(&text, dp_code_text(code));
	(void)dp_buf_addc(&text, '(');
	(void)dp_buf_add(&text, what->data, what->len);
	(void)dp_buf_addc(&text, ')');
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "{\"status_code\": ");
	(void)dp_buf_addu(b, (uint64_t)code);
	(void)dp_buf_adds(b, ", \"status_message\": ");
	dp_json_quote_any(b, text.data, text.len);
	(void)dp_buf_addc(b, '}');
	b->failed = b->failed || text.failed;
	dp_buf_fini(&text);
}

/* The event as it was sent.  False: it is not JSON. */
static bool
scan_event(struct dp_conn *c, struct dp_scan_value *v)
{
	const struct dp_scan_opts opts = { .work = &c->server->work };
	const struct dp_body *b = &c->job.body;
	size_t at;

	return dp_scan_line(b->text, b->len, &opts, v, &at) == DP_SCAN_OK;
}

/* Of what is not an object, the value; Python's reader takes NaN too. */
static void
add_value(struct dp_conn *c, struct dp_buf *b)
{
	static const char *const words[] = { "NaN", "nan", "Infinity", "inf",
		"-Infinity", "-inf" };
	const struct dp_body *body = &c->job.body;
	struct dp_scan_value v;
	size_t i;

	if (scan_event(c, &v) && v.type != DP_JSON_OBJECT) {
		dp_python_str(b, &v);
		return;
	}
	for (i = 0; i < sizeof words / sizeof words[0]; i += 2)
		if (body->len == strlen(words[i]) &&
		    memcmp(body->text, words[i], body->len) == 0) {
			(void)dp_buf_adds(b, words[i + 1]);
			return;
		}
	(void)dp_buf_adds(b, NONE);
}

static void
add_event_name(struct dp_conn *c, struct dp_buf *b)
{
	static const char key[] = "event_name";
	struct dp_scan_value object, name = { 0 };
	struct dp_scan_member m;
	const char *at = NULL;

	if (!scan_event(c, &object) || object.type != DP_JSON_OBJECT)
		return;
	while (dp_scan_next_member(&object, &at, &m))
		if (dp_scan_equal(m.key, m.key_len, m.key_escaped, key,
			sizeof key - 1))
			name = m.value;
	if (name.text != NULL)
		dp_python_str(b, &name);
}

/* The missing key, from the pointer of the chain's message. */
static void
add_key(struct dp_conn *c, struct dp_buf *b, const char *message, size_t len)
{
	const struct dp_scan_opts opts = { .work = &c->server->work };
	struct dp_buf *line = &c->server->line;
	struct dp_scan_value object, pointer = { 0 };
	struct dp_scan_member m;
	const char *at = NULL;
	size_t offset;

	if (!dp_answer_message(c->server, message, len))
		return;
	(void)dp_scan_line(line->data, len, &opts, &object, &offset);
	while (dp_scan_next_member(&object, &at, &m))
		if (m.value.type == DP_JSON_STRING && m.value.len > 3 &&
		    dp_scan_equal(m.key, m.key_len, m.key_escaped, "pointer",
			7))
			pointer = m.value;
	if (pointer.text == NULL)
		return;
	if (dp_scan_equal(pointer.text + 1, pointer.len - 2, pointer.escaped,
		"/event_name", 11)) {
		(void)dp_buf_adds(b, "event_name");
		return;
	}
	/* Its own message for that key is a KeyError's, with quotes. */
	(void)dp_buf_addc(b, '\'');
	dp_json_unescape(b, pointer.text + 2, pointer.len - 3);
	(void)dp_buf_addc(b, '\'');
}

void
dp_compat_item(struct dp_conn *c, int code, const char *message, size_t len)
{
	struct dp_buf what;

	dp_buf_init(&what, 0);
	if (code == 3)
		add_value(c, &what);
	else if (code == 4)
		add_key(c, &what, message, len);
	else if (code == 7)
		add_event_name(c, &what);
	else
		(void)dp_buf_adds(&what, NONE);
	render(&c->job.items, code, &what);
	dp_buf_fini(&what);
}

void
dp_compat_body(struct dp_conn *c, int code)
{
	struct dp_buf what, *b = &c->server->line;

	dp_buf_init(&what, 0);
	(void)dp_buf_adds(&what, NONE);
	/* White space alone was no JSON to it. */
	render(b, code == 2 ? 3 : code, &what);
	dp_buf_fini(&what);
	dp_answer(c, 200, "application/json", b->data, b->len);
}
