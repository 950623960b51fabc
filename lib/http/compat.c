/*
 * The answers of the service that Data-pipe replaces: HTTP status 200, a
 * text in parentheses, and Python's way of writing values.
 */
#include <string.h>

#include "base/code.h"
#include "http/state.h"
#include "json/text.h"

static void
render(struct dp_buf *b, int code, const char *what, size_t len)
{
	dp_buf_clear(b);
	(void)dp_buf_adds(b, "{\"status_code\": ");
	(void)dp_buf_addu(b, (uint64_t)code);
	(void)dp_buf_adds(b, ", \"status_message\": \"");
	(void)dp_buf_adds(b, dp_code_text(code));
	(void)dp_buf_addc(b, '(');
	(void)dp_buf_add(b, what, len);
	(void)dp_buf_adds(b, ")\"}");
}

void
dp_compat_item(struct dp_conn *c, int code, const char *message, size_t len)
{
	(void)message;
	(void)len;
	render(&c->job.items, code, "None", 4);
}

void
dp_compat_body(struct dp_conn *c, int code)
{
	struct dp_buf *b = &c->server->line;

	render(b, code, "None", 4);
	dp_answer(c, 200, "application/json", b->data, b->len);
}
