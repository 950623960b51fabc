#include "json/write.h"

#include "base/buf.h"
#include "json/text.h"

static void
new_line(struct dp_json_writer *w)
{
	unsigned i;

	(void)dp_buf_addc(w->out, '\n');
	for (i = 0; i < w->depth; i++)
		(void)dp_buf_addc(w->out, '\t');
}

/* What stands in front of a key, of an element, or behind a key. */
static void
item(struct dp_json_writer *w)
{
	if (w->keyed) {
		w->keyed = false;
		return;
	}
	if (w->depth == 0)
		return;
	if (w->more)
		(void)dp_buf_addc(w->out, ',');
	if (w->flat == 0)
		new_line(w);
	else if (w->more)
		(void)dp_buf_addc(w->out, ' ');
}

void
dp_json_open(struct dp_json_writer *w, char bracket, bool flat)
{
	item(w);
	(void)dp_buf_addc(w->out, bracket);
	w->depth++;
	if (flat && w->flat == 0)
		w->flat = w->depth;
	w->more = false;
}

void
dp_json_close(struct dp_json_writer *w, char bracket)
{
	const bool flat = w->flat != 0;

	if (w->flat == w->depth)
		w->flat = 0;
	w->depth--;
	if (w->more && !flat)
		new_line(w);
	(void)dp_buf_addc(w->out, bracket);
	w->more = true;
}

void
dp_json_key(struct dp_json_writer *w, const char *key, size_t len)
{
	item(w);
	dp_json_quote(w->out, key, len);
	(void)dp_buf_adds(w->out, ": ");
	w->keyed = true;
}

void
dp_json_put(struct dp_json_writer *w, const char *json, size_t len)
{
	item(w);
	(void)dp_buf_add(w->out, json, len);
	w->more = true;
}

void
dp_json_put_text(struct dp_json_writer *w, const char *text, size_t len)
{
	item(w);
	dp_json_quote(w->out, text, len);
	w->more = true;
}
