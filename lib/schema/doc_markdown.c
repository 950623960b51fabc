/* doc_markdown: a page as CommonMark, with the tables of GFM. */
#include <string.h>

#include "schema/doc_form.h"
#include "schema/folder.h"
#include "schema/source.h"

/* What Markdown would take for a sign gets a backslash; lines become one. */
static void
escaped(struct dp_buf *out, struct dp_doc_text s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		const char c = s.at[i];

		if (c == '\n' || c == '\r' || c == '\t') {
			(void)dp_buf_addc(out, ' ');
			continue;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			continue;
		if (strchr("\\`*{}[]<>#|~", c) != NULL ||
		    (c == '_' && (i == 0 || i + 1 == s.len)))
			(void)dp_buf_addc(out, '\\');
		(void)dp_buf_addc(out, c);
	}
}

/* A piece of code, which cannot hold a backquote or end a table's cell. */
static void
code(struct dp_buf *out, struct dp_doc_text s)
{
	if (s.len > 0 && memchr(s.at, '`', s.len) == NULL &&
	    memchr(s.at, '|', s.len) == NULL &&
	    memchr(s.at, '\n', s.len) == NULL) {
		(void)dp_buf_addc(out, '`');
		(void)dp_buf_add(out, s.at, s.len);
		(void)dp_buf_addc(out, '`');
	} else {
		escaped(out, s);
	}
}

static struct dp_doc_text
of(const char *text)
{
	return (struct dp_doc_text){ text, strlen(text) };
}

static void
begin(struct dp_buf *out, const char *title, const struct dp_folder *f)
{
	size_t i;

	(void)dp_buf_adds(out, "# ");
	escaped(out, of(title));
	(void)dp_buf_adds(out, "\n");
	for (i = 0; f->n > 1 && i < f->n; i++) {
		(void)dp_buf_adds(out, i == 0 ? "\n- " : "- ");
		code(out, of(f->at[i]->name));
		(void)dp_buf_adds(out, "\n");
	}
}

static void
type(struct dp_buf *out, const char *name, struct dp_doc_text meaning,
    struct dp_doc_text note, bool rows)
{
	(void)dp_buf_adds(out, "\n## ");
	escaped(out, of(name));
	(void)dp_buf_adds(out, "\n");
	if (meaning.len > 0 || note.len > 0) {
		(void)dp_buf_adds(out, "\n");
		escaped(out, meaning);
		(void)dp_buf_adds(out,
		    meaning.len > 0 && note.len > 0 ? " " : "");
		escaped(out, note);
		(void)dp_buf_adds(out, "\n");
	}
	if (rows)
		(void)dp_buf_adds(out,
		    "\n| property | type | required | meaning |\n"
		    "|---|---|---|---|\n");
}

static void
row(struct dp_buf *out, const struct dp_doc_row *r)
{
	(void)dp_buf_adds(out, "| ");
	code(out, r->path);
	(void)dp_buf_adds(out, " | ");
	escaped(out, r->type);
	(void)dp_buf_adds(out, r->required ? " | yes | " : " | | ");
	if (r->deprecated)
		(void)dp_buf_adds(out, "(deprecated) ");
	escaped(out, r->meaning);
	if (r->meaning.len > 0 && r->rules.len > 0)
		(void)dp_buf_adds(out, "<br>");
	escaped(out, r->rules);
	(void)dp_buf_adds(out, " |\n");
}

static void
end_type(struct dp_buf *out, bool rows)
{
	(void)out;
	(void)rows;
}

static void
end(struct dp_buf *out)
{
	(void)out;
}

const struct dp_doc_writer dp_doc_markdown = { begin, type, row, end_type,
	end };
