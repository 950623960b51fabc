/* doc_html: a page as one HTML file, for screens of any width. */
#include <string.h>

#include "schema/doc_form.h"
#include "schema/folder.h"
#include "schema/source.h"

/*
 * On a narrow screen each row becomes a block of its own.  Colors follow the
 * reader's choice of light or dark.
 */
static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,"
    "initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<style>\n"
    ":root{--ink:#1b1f24;--soft:#5b6470;--line:#d8dde3;--page:#fff;"
    "--code:#f2f4f7;--must:#0b6b3a}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--soft:#9aa4b1;"
    "--line:#333b45;--page:#15181c;--code:#20252b;--must:#6fd39b}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:70rem;padding:1rem 1.25rem 4rem;"
    "background:var(--page);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.6rem;margin:.5rem 0 1rem}\n"
    "h2{font-size:1.25rem;margin:2.5rem 0 .25rem;overflow-wrap:anywhere}\n"
    "nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}\n"
    "a{color:inherit;text-underline-offset:.2em;overflow-wrap:anywhere}\n"
    "p{margin:.25rem 0 .75rem;max-width:45rem}\n"
    "code{font:.9em/1.4 ui-monospace,monospace;background:var(--code);"
    "padding:.1em .35em;border-radius:.25em;overflow-wrap:anywhere}\n"
    "table{width:100%;border-collapse:collapse;table-layout:fixed}\n"
    "th{text-align:left;color:var(--soft);font-weight:600;font-size:.85rem}\n"
    "th,td{padding:.5rem .75rem .5rem 0;vertical-align:top;"
    "border-bottom:1px solid var(--line);overflow-wrap:anywhere}\n"
    "th:nth-child(1){width:32%}th:nth-child(2){width:16%}"
    "th:nth-child(3){width:10%}\n"
    ".must{color:var(--must);font-weight:600;font-size:.85rem;"
    "white-space:nowrap}\n"
    ".rules{color:var(--soft);font-size:.9rem}\n"
    ".old{text-decoration:line-through}\n"
    "@media(max-width:640px){thead{display:none}"
    "tr{display:block;padding:.6rem 0;border-bottom:1px solid var(--line)}"
    "td{display:block;border:0;padding:.1rem 0}"
    "td:nth-child(2),td:nth-child(3){display:inline-block;"
    "margin-right:.75rem}td:empty{display:none}}\n"
    "@media print{body{max-width:none}}\n"
    "</style>\n";

static void
escaped(struct dp_buf *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		const char c = text[i];

		if (c == '<')
			(void)dp_buf_adds(out, "&lt;");
		else if (c == '>')
			(void)dp_buf_adds(out, "&gt;");
		else if (c == '&')
			(void)dp_buf_adds(out, "&amp;");
		else if (c == '"')
			(void)dp_buf_adds(out, "&quot;");
		else if ((unsigned char)c >= 0x20 || c == '\n' || c == '\t')
			(void)dp_buf_addc(out, c);
	}
}

/* An anchor: every byte that is no letter or digit as _ and hex. */
static void
anchor(struct dp_buf *out, const char *name)
{
	for (; *name != '\0'; name++) {
		const unsigned char c = (unsigned char)*name;
		const unsigned char low = c | 0x20;

		if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-')
			(void)dp_buf_addc(out, (char)c);
		else
			(void)dp_buf_addf(out, "_%02x", c);
	}
}

static void
begin(struct dp_buf *out, const char *title, const struct dp_folder *f)
{
	size_t i;

	(void)dp_buf_adds(out, head);
	(void)dp_buf_adds(out, "<title>");
	escaped(out, title, strlen(title));
	(void)dp_buf_adds(out, "</title>\n<h1>");
	escaped(out, title, strlen(title));
	(void)dp_buf_adds(out, "</h1>\n");
	if (f->n < 2)
		return;
	(void)dp_buf_adds(out, "<nav>\n");
	for (i = 0; i < f->n; i++) {
		const char *name = f->at[i]->name;

		(void)dp_buf_adds(out, "<a href=\"#");
		anchor(out, name);
		(void)dp_buf_adds(out, "\">");
		escaped(out, name, strlen(name));
		(void)dp_buf_adds(out, "</a>\n");
	}
	(void)dp_buf_adds(out, "</nav>\n");
}

static void
type(struct dp_buf *out, const char *name, struct dp_doc_text meaning,
    struct dp_doc_text note, bool rows)
{
	(void)dp_buf_adds(out, "<h2 id=\"");
	anchor(out, name);
	(void)dp_buf_adds(out, "\">");
	escaped(out, name, strlen(name));
	(void)dp_buf_adds(out, "</h2>\n");
	if (meaning.len > 0 || note.len > 0) {
		(void)dp_buf_adds(out, "<p>");
		escaped(out, meaning.at, meaning.len);
		(void)dp_buf_adds(out, meaning.len > 0 ? " " : "");
		escaped(out, note.at, note.len);
		(void)dp_buf_adds(out, "</p>\n");
	}
	if (rows)
		(void)dp_buf_adds(out,
		    "<table>\n<thead><tr><th>Property<th>Type<th>Required"
		    "<th>Meaning</thead>\n<tbody>\n");
}

static void
row(struct dp_buf *out, const struct dp_doc_row *r)
{
	(void)dp_buf_adds(out, "<tr><td><code");
	(void)dp_buf_adds(out, r->deprecated ? " class=\"old\">" : ">");
	escaped(out, r->path.at, r->path.len);
	(void)dp_buf_adds(out, "</code></td><td>");
	escaped(out, r->type.at, r->type.len);
	(void)dp_buf_adds(out,
	    r->required ? "</td><td><span class=\"must\">required</span>"
			: "</td><td>");
	(void)dp_buf_adds(out, "</td><td>");
	if (r->deprecated)
		(void)dp_buf_adds(out, "(deprecated) ");
	escaped(out, r->meaning.at, r->meaning.len);
	if (r->rules.len > 0) {
		(void)dp_buf_adds(out,
		    r->meaning.len > 0 ? "<br><span class=\"rules\">"
				       : "<span class=\"rules\">");
		escaped(out, r->rules.at, r->rules.len);
		(void)dp_buf_adds(out, "</span>");
	}
	(void)dp_buf_adds(out, "</td></tr>\n");
}

static void
end_type(struct dp_buf *out, bool rows)
{
	(void)dp_buf_adds(out, rows ? "</tbody>\n</table>\n" : "");
}

static void
end(struct dp_buf *out)
{
	(void)dp_buf_adds(out, "</html>\n");
}

const struct dp_doc_writer dp_doc_html = { begin, type, row, end_type, end };
