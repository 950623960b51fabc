/* The only file that knows libjq on the way of a record. */
#include <jq.h>
#include <jv.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/text.h"
#include "schema/rule_worker.h"

struct dp_jq {
	const struct dp_rule_opts *opts;
	jq_state *filters[DP_RULE_FILTERS]; /* where, then map */
	size_t n;
};

/* Appends text, cut to a detail at the end of a character. */
static void
add_cut(struct dp_buf *out, const char *text, size_t len)
{
	if (len > DP_RULE_DETAIL - 64) {
		len = DP_RULE_DETAIL - 64;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	(void)dp_buf_add(out, text, len);
}

/* jq tells faults of a filter line by line; the first one says it. */
static void
keep_message(void *arg, jv message)
{
	struct dp_buf *why = arg;
	const char *text;

	if (jv_get_kind(message) == JV_KIND_STRING && why->len == 0) {
		text = jv_string_value(message);
		add_cut(why, text, strcspn(text, "\n"));
	}
	jv_free(message);
}

static void
drop_message(void *arg, jv message)
{
	(void)arg;
	jv_free(message);
}

/* There is no next record to be had with input. */
static jv
no_input(jq_state *jq, void *arg)
{
	(void)jq;
	(void)arg;
	return jv_invalid();
}

static jq_state *
compile(const char *filter, struct dp_buf *why)
{
	jq_state *jq = jq_init();

	if (jq == NULL)
		return NULL;
	jq_set_error_cb(jq, keep_message, why);
	jq_set_debug_cb(jq, drop_message, NULL);
	jq_set_input_cb(jq, no_input, NULL);
	/* Without it an import makes 1.6 abort. */
	jq_set_attr(jq, jv_string("JQ_LIBRARY_PATH"), jv_array());
	if (jq_compile(jq, filter) == 0) {
		jq_teardown(&jq);
		return NULL;
	}
	jq_set_error_cb(jq, drop_message, NULL);
	return jq;
}

static void
say_no_filter(const struct dp_rule_opts *opts, bool where, const char *filter,
    const struct dp_buf *words, struct dp_buf *why)
{
	const char *map = opts->map_name != NULL ? opts->map_name : "--map";

	(void)dp_buf_addf(why, "%s='%.100s': ", where ? "--where" : map,
	    filter);
	if (words->len == 0)
		(void)dp_buf_adds(why, "no jq filter");
	add_cut(why, words->data, words->len);
	if (why->len > DP_RULE_DETAIL)
		why->len = DP_RULE_DETAIL;
}

struct dp_jq *
dp_jq_new(const struct dp_rule_opts *opts, struct dp_buf *why)
{
	const size_t n = opts->where_n + (opts->map != NULL);
	struct dp_jq *j;

	if (n > DP_RULE_FILTERS) {
		(void)dp_buf_adds(why, "more than 64 filters");
		return NULL;
	}
	j = calloc(1, sizeof *j);
	if (j == NULL) {
		(void)dp_buf_adds(why, "out of memory");
		return NULL;
	}
	j->opts = opts;
	for (; j->n < n; j->n++) {
		const bool where = j->n < opts->where_n;
		const char *filter = where ? opts->where[j->n] : opts->map;
		struct dp_buf words;

		dp_buf_init(&words, 0);
		j->filters[j->n] = compile(filter, &words);
		if (j->filters[j->n] == NULL)
			say_no_filter(opts, where, filter, &words, why);
		dp_buf_fini(&words);
		if (j->filters[j->n] == NULL) {
			dp_jq_free(j);
			return NULL;
		}
	}
	return j;
}

void
dp_jq_free(struct dp_jq *j)
{
	size_t i;

	if (j == NULL)
		return;
	for (i = 0; i < j->n; i++)
		jq_teardown(&j->filters[i]);
	free(j);
}

static enum dp_rule_kind
fault(struct dp_buf *out, enum dp_rule_kind kind, const char *text)
{
	dp_buf_clear(out);
	(void)dp_buf_adds(out, text);
	return kind;
}

/* The reason that jq gives with a value that is none. */
static enum dp_rule_kind
failed(struct dp_buf *out, jv result, bool parsing)
{
	jv message = jv_invalid_get_msg(result);
	const char *text, *quoted;

	dp_buf_clear(out);
	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	/* A fault of the parser quotes the whole record behind it. */
	text = jv_string_value(message);
	quoted = strstr(text, " (while parsing");
	add_cut(out, text,
	    quoted != NULL && parsing
		? (size_t)(quoted - text)
		: (size_t)jv_string_length_bytes(jv_copy(message)));
	jv_free(message);
	return DP_RULE_ERROR;
}

/*
 * The end of a filter's outputs: an error, a halt, or all is well.  Takes
 * the invalid value that jq_next() has returned.
 */
static enum dp_rule_kind
ended(jq_state *jq, jv result, struct dp_buf *out)
{
	if (jq_halted(jq)) {
		jv_free(result);
		return fault(out, DP_RULE_ERROR, "the filter halts");
	}
	if (jv_invalid_has_msg(jv_copy(result)))
		return failed(out, result, false);
	jv_free(result);
	return DP_RULE_PASSED;
}

/* Exactly one output, and that is true. */
static enum dp_rule_kind
run_where(jq_state *jq, jv record, struct dp_buf *out)
{
	size_t n = 0;
	bool yes = false;
	enum dp_rule_kind kind;
	jv result;

	jq_start(jq, record, 0);
	for (; jv_is_valid(result = jq_next(jq)); n++) {
		yes = jv_get_kind(result) == JV_KIND_TRUE;
		if (n == 0 && !yes) {
			jv text = jv_dump_string(result, 0);

			(void)dp_buf_adds(out, "want true, got ");
			add_cut(out, jv_string_value(text),
			    (size_t)jv_string_length_bytes(jv_copy(text)));
			jv_free(text);
			return DP_RULE_FALSE;
		}
		jv_free(result);
		if (n == 1)
			return fault(out, DP_RULE_FALSE,
			    "want true once, got several values");
	}
	kind = ended(jq, result, out);
	if (kind != DP_RULE_PASSED)
		return kind;
	if (n == 0)
		return fault(out, DP_RULE_FALSE, "want true, got nothing");
	return DP_RULE_PASSED;
}

/* Each output is a line. */
static enum dp_rule_kind
run_map(const struct dp_jq *j, jq_state *jq, jv record, struct dp_buf *out)
{
	size_t n = 0;
	enum dp_rule_kind kind;
	jv result;

	jq_start(jq, record, 0);
	for (; jv_is_valid(result = jq_next(jq)); n++) {
		jv text = jv_dump_string(result, 0);
		const size_t len =
		    (size_t)jv_string_length_bytes(jv_copy(text));

		if (n == 1 && j->opts->one_output) {
			jv_free(text);
			return fault(out, DP_RULE_FALSE,
			    "want one output of the filter, got several");
		}
		if (len >= j->opts->max_output - out->len) {
			jv_free(text);
			return fault(out, DP_RULE_ERROR,
			    "the filter's output is too large");
		}
		(void)dp_buf_add(out, jv_string_value(text), len);
		(void)dp_buf_addc(out, '\n');
		jv_free(text);
	}
	kind = ended(jq, result, out);
	if (kind == DP_RULE_PASSED && n == 0 && j->opts->one_output)
		return fault(out, DP_RULE_FALSE,
		    "want one output of the filter, got none");
	return kind;
}

enum dp_rule_kind
dp_jq_run(struct dp_jq *j, const char *line, size_t len, struct dp_buf *out)
{
	enum dp_rule_kind kind = DP_RULE_PASSED;
	const char *number;
	size_t i, n;
	jv record;

	dp_buf_clear(out);
	if (j->opts->map != NULL &&
	    !dp_rule_numbers_keep(line, len, &number, &n)) {
		(void)dp_buf_adds(out, "jq would change the number ");
		add_cut(out, number, n);
		return DP_RULE_NUMBER;
	}
	record = jv_parse_sized(line, (int)len);
	if (!jv_is_valid(record))
		return failed(out, record, true);
	for (i = 0; i < j->n && kind == DP_RULE_PASSED; i++)
		kind = i < j->opts->where_n
		    ? run_where(j->filters[i], jv_copy(record), out)
		    : run_map(j, j->filters[i], jv_copy(record), out);
	jv_free(record);
	return out->failed ? fault(out, DP_RULE_ERROR, "out of memory") : kind;
}
