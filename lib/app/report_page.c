#include "app/report_page.h"

#include <string.h>
#include <time.h>

#include "app/tally.h"
#include "base/code.h"
#include "base/time.h"
#include "json/text.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,"
    "initial-scale=1\">\n<title>dp-validate</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1c2024;--dim:#5d6670;--line:#d9dee3;"
    "--page:#fff;--card:#f5f7f9;--good:#2e7d4f;--bad:#c0392b;--mark:#ffd9d4}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--dim:#98a3ad;"
    "--line:#333b43;--page:#15191d;--card:#1d2329;--good:#58b57e;"
    "--bad:#ee7768;--mark:#6b2a22}}\n"
    "body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;"
    "font:16px/1.5 system-ui,sans-serif;color:var(--ink);"
    "background:var(--page)}\n"
    "h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .6rem}"
    "h3{font-size:1rem;margin:1.4rem 0 .2rem}p{margin:.2rem 0 .6rem}"
    ".dim{color:var(--dim)}\n"
    ".sums{display:grid;grid-template-columns:repeat(auto-fit,"
    "minmax(8rem,1fr));gap:.7rem;margin:1.2rem 0}\n"
    ".sums div{background:var(--card);border-radius:.5rem;padding:.6rem .8rem}"
    ".sums b{display:block;font-size:1.35rem;"
    "font-variant-numeric:tabular-nums}\n"
    "table{border-collapse:collapse;width:100%}"
    "td,th{padding:.28rem .5rem .28rem 0;text-align:left;font-weight:400;"
    "overflow-wrap:anywhere}\n"
    "td.n{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums;width:1%}"
    "td.bar{width:45%;padding-right:0}\n"
    ".bar span{display:inline-block;height:.8rem;vertical-align:middle;"
    "min-width:1px}.g{background:var(--good)}.b{background:var(--bad)}\n"
    "pre{background:var(--card);border-radius:.5rem;padding:.6rem .8rem;"
    "margin:.3rem 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:13px/1.45 ui-monospace,monospace}\n"
    "mark{background:var(--mark);color:inherit;border-radius:.2rem;"
    "padding:.1rem .12rem;box-shadow:0 0 0 1px var(--bad)}\n"
    "</style></head><body>\n";

/* Text as HTML; what is not UTF-8 or would not show is made visible. */
static void
add(struct dp_buf *b, const char *text, size_t len)
{
	const bool utf8 = dp_json_utf8(text, len);
	size_t i;

	for (i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c == '<')
			(void)dp_buf_adds(b, "&lt;");
		else if (c == '>')
			(void)dp_buf_adds(b, "&gt;");
		else if (c == '&')
			(void)dp_buf_adds(b, "&amp;");
		else if (c == '"')
			(void)dp_buf_adds(b, "&quot;");
		else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			(void)dp_buf_addf(b, "\\x%02x", c);
		else
			(void)dp_buf_addc(b, (char)c);
	}
}

static void
adds(struct dp_buf *b, const char *text)
{
	add(b, text, strlen(text));
}

/* 1234567 as 1,234,567. */
static void
add_count(struct dp_buf *b, uint64_t n)
{
	char digits[21];
	int len = snprintf(digits, sizeof digits, "%ju", (uintmax_t)n), i;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			(void)dp_buf_addc(b, ',');
		(void)dp_buf_addc(b, digits[i]);
	}
}

static void
add_sum(struct dp_buf *b, const char *what, uint64_t n)
{
	(void)dp_buf_adds(b, "<div><b>");
	add_count(b, n);
	(void)dp_buf_addf(b, "</b>%s</div>", what);
}

/* A row: name, count, a bar of good and bad parts of all. */
static void
add_bar(struct dp_buf *b, const char *name, uint64_t good, uint64_t bad,
    uint64_t all)
{
	const double of = all > 0 ? 100.0 / (double)all : 0;

	(void)dp_buf_adds(b, "<tr><th scope=\"row\">");
	adds(b, name);
	(void)dp_buf_adds(b, "</th><td class=\"n\">");
	add_count(b, good + bad);
	(void)dp_buf_adds(b, "</td><td class=\"bar\">");
	if (good > 0)
		(void)dp_buf_addf(b,
		    "<span class=\"g\" style=\"width:%.2f%%\"></span>",
		    (double)good * of);
	if (bad > 0)
		(void)dp_buf_addf(b,
		    "<span class=\"b\" style=\"width:%.2f%%\"></span>",
		    (double)bad * of);
	(void)dp_buf_adds(b, "</td></tr>\n");
}

static void
add_totals(const struct dp_report *r, const struct dp_report_page *page,
    struct dp_buf *b)
{
	const uint64_t good = dp_tally_code(page->tally, 0);
	const uint64_t all = dp_tally_all(page->tally);
	const uint64_t ms = page->milliseconds;
	char when[DP_TIME_TEXT_SIZE];

	dp_time_text(time(NULL), when);
	(void)dp_buf_adds(b, head);
	(void)dp_buf_addf(b, "<h1>%s</h1>\n<p class=\"dim\">dp-validate, %s, ",
	    all == good ? "All records are valid" : "Records and their faults",
	    when);
	if (page->schemas != NULL) {
		(void)dp_buf_adds(b, "schemas of ");
		adds(b, page->schemas);
	} else {
		(void)dp_buf_adds(b, "no schemas");
	}
	(void)dp_buf_addf(b, ", %.2f s</p>\n<div class=\"sums\">",
	    (double)ms / 1000);
	add_sum(b, "read", all);
	add_sum(b, "passed", good);
	add_sum(b, "rejected", all - good);
	add_sum(b, "blank lines", page->blank);
	add_sum(b, "bytes", r->bytes);
	(void)dp_buf_adds(b, "</div>\n");
}

static void
add_types(const struct dp_report_page *page, struct dp_buf *b)
{
	const size_t n = dp_tally_types(page->tally);
	uint64_t most = 0;
	size_t i;

	for (i = 0; i <= n; i++)
		if (dp_tally_type(page->tally, i) > most)
			most = dp_tally_type(page->tally, i);
	(void)dp_buf_adds(b, "<h2>Types</h2>\n<table>\n");
	for (i = 0; i <= n; i++) {
		const uint64_t all = dp_tally_type(page->tally, i);
		const uint64_t good = dp_tally_cell(page->tally, i, 0);

		if (all > 0)
			add_bar(b,
			    i == n ? "(none)" : page->type_name(page->arg, i),
			    good, all - good, most);
	}
	(void)dp_buf_adds(b, "</table>\n");
}

static void
add_codes(const struct dp_report_page *page, struct dp_buf *b)
{
	uint64_t most = 0;
	size_t i;

	for (i = 1; dp_code_at(i) != NULL; i++)
		if (dp_tally_code(page->tally, i) > most)
			most = dp_tally_code(page->tally, i);
	if (most == 0)
		return;
	(void)dp_buf_adds(b, "<h2>Faults</h2>\n<table>\n");
	for (i = 1; dp_code_at(i) != NULL; i++)
		if (dp_tally_code(page->tally, i) > 0)
			add_bar(b, dp_code_at(i)->word, 0,
			    dp_tally_code(page->tally, i), most);
	(void)dp_buf_adds(b, "</table>\n");
}

/* The character at the place. */
static size_t
marked_len(const struct dp_report_fault *f)
{
	size_t n = f->at < f->len ? 1 : 0;

	while (n > 0 && f->at + n < f->len &&
	    ((unsigned char)f->text[f->at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* A text that was cut within a character loses that. */
static size_t
whole_len(const struct dp_report_fault *f)
{
	size_t len = f->len, back = 0;

	if (!f->cut_after)
		return len;
	while (back < 4 && back < len && !dp_json_utf8(f->text, len - back))
		back++;
	return back < 4 ? len - back : len;
}

static void
add_example(const struct dp_report_fault *f, struct dp_buf *b)
{
	const size_t n = marked_len(f), len = whole_len(f);

	(void)dp_buf_adds(b, "<p>");
	adds(b, f->file);
	(void)dp_buf_addf(b, ":%ju:%ju", (uintmax_t)f->line,
	    (uintmax_t)f->column);
	if (f->pointer[0] != '\0') {
		(void)dp_buf_adds(b, " <b>");
		adds(b, f->pointer);
		(void)dp_buf_adds(b, "</b>");
	}
	(void)dp_buf_adds(b, ": ");
	adds(b, f->detail);
	(void)dp_buf_addf(b, "</p><pre>%s", f->cut_before ? "&hellip;" : "");
	add(b, f->text, f->at < len ? f->at : len);
	(void)dp_buf_adds(b, "<mark>");
	if (n == 0 || f->at >= len)
		(void)dp_buf_adds(b, "&nbsp;");
	else
		add(b, f->text + f->at, n);
	(void)dp_buf_adds(b, "</mark>");
	if (f->at + n < len)
		add(b, f->text + f->at + n, len - f->at - n);
	(void)dp_buf_addf(b, "%s</pre>\n", f->cut_after ? "&hellip;" : "");
}

static void
add_examples(const struct dp_report *r, struct dp_buf *b)
{
	size_t code, i;

	if (r->nfaults > 0)
		(void)dp_buf_adds(b, "<h2>First examples</h2>\n");
	for (code = 0; code < DP_REPORT_CODES; code++) {
		const struct dp_code *c = dp_code_at(code);

		if (r->shown[code] == 0 || c == NULL)
			continue;
		(void)dp_buf_addf(b, "<h3>%s</h3><p class=\"dim\">", c->word);
		adds(b, c->means);
		(void)dp_buf_addc(b, ' ');
		adds(b, c->cure);
		(void)dp_buf_adds(b, "</p>\n");
		for (i = 0; i < r->nfaults; i++)
			if (r->faults[i].code == code)
				add_example(&r->faults[i], b);
	}
}

static void
add_sizes(const struct dp_report *r, struct dp_buf *b)
{
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < DP_REPORT_SIZES; i++)
		if (r->sizes[i] > most)
			most = r->sizes[i];
	if (most == 0)
		return;
	(void)dp_buf_adds(b, "<h2>Sizes</h2>\n<table>\n");
	for (i = 0; i < DP_REPORT_SIZES; i++) {
		char name[64];

		(void)snprintf(name, sizeof name, "%ju to %ju bytes",
		    i == 0 ? (uintmax_t)0 : (uintmax_t)1 << i,
		    ((uintmax_t)2 << i) - 1);
		if (r->sizes[i] > 0)
			add_bar(b, name, r->sizes[i], 0, most);
	}
	(void)dp_buf_adds(b, "</table>\n<h2>Longest lines</h2>\n<table>\n");
	for (i = 0; i < r->nlongest; i++) {
		(void)dp_buf_adds(b, "<tr><th scope=\"row\">");
		adds(b, r->longest[i].file);
		(void)dp_buf_addf(b, ":%ju</th><td class=\"n\">",
		    (uintmax_t)r->longest[i].line);
		add_count(b, r->longest[i].len);
		(void)dp_buf_adds(b, " bytes</td></tr>\n");
	}
	(void)dp_buf_adds(b, "</table>\n");
}

void
dp_report_compose(const struct dp_report *r, const struct dp_report_page *page,
    struct dp_buf *b)
{
	add_totals(r, page, b);
	add_types(page, b);
	add_codes(page, b);
	add_examples(r, b);
	add_sizes(r, b);
	(void)dp_buf_adds(b, "</body></html>\n");
}
