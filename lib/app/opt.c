#include "app/opt.h"

#include <assert.h>
#include <ctype.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "base/time.h"

#define MAX_OPTS 96
#define LONG_ONLY (UCHAR_MAX + 1)
#define NAME_MAX_LEN 64

static const struct dp_opt common[] = {
	{ '\0', "check", DP_OPT_ACTION, offsetof(struct dp_common, check), NULL,
	    NULL, "test everything that a run needs, and exit" },
	{ '\0', "completion", DP_OPT_TEXT,
	    offsetof(struct dp_common, completion), "SHELL", NULL,
	    "print the completion for bash, zsh or fish, and exit" },
	{ 'h', "help", DP_OPT_ACTION, offsetof(struct dp_common, help), NULL,
	    NULL, "print this help and exit" },
	{ '\0', "json", DP_OPT_FLAG, offsetof(struct dp_common, json), NULL,
	    NULL, "messages and summary as JSON lines" },
	{ '\0', "lock", DP_OPT_TEXT, offsetof(struct dp_common, lock), "FILE",
	    NULL, "exit 75 if another run holds this lock" },
	{ '\0', "metrics-file", DP_OPT_TEXT,
	    offsetof(struct dp_common, metrics_file), "FILE", NULL,
	    "write counts to FILE, for node_exporter" },
	{ '\0', "print-config", DP_OPT_ACTION,
	    offsetof(struct dp_common, print_config), NULL, NULL,
	    "print each setting and where it comes from, and exit" },
	{ 'q', "quiet", DP_OPT_FLAG, offsetof(struct dp_common, quiet), NULL,
	    NULL, "no messages about records, no summary" },
	{ '\0', "summary", DP_OPT_TEXT, offsetof(struct dp_common, summary),
	    "FILE", NULL, "append the summary to FILE as a JSON line" },
	{ 'v', "verbose", DP_OPT_FLAG, offsetof(struct dp_common, verbose),
	    NULL, NULL, "say what is done" },
	{ '\0', "version", DP_OPT_ACTION, offsetof(struct dp_common, version),
	    NULL, NULL, "print the version and exit" },
};
#define NCOMMON (sizeof common / sizeof common[0])

struct dp_opt_set {
	const char *program;
	const struct dp_opt *table;
	size_t n;
	char *fields;
	enum dp_opt_source source[MAX_OPTS];
	const char *text[MAX_OPTS];
};

static void *
field(const struct dp_opt_set *set, const struct dp_opt *o)
{
	return set->fields + o->offset;
}

const struct dp_opt *
dp_opt_at(const struct dp_opt_set *set, size_t i)
{
	if (i < set->n)
		return &set->table[i];
	return i - set->n < NCOMMON ? &common[i - set->n] : NULL;
}

const char *
dp_opt_program(const struct dp_opt_set *set)
{
	return set->program;
}

enum dp_opt_source
dp_opt_source_at(const struct dp_opt_set *set, size_t i)
{
	return set->source[i];
}

const char *
dp_opt_text_at(const struct dp_opt_set *set, size_t i)
{
	return set->text[i] != NULL ? set->text[i] : "";
}

const char *
dp_opt_value_at(const struct dp_opt_set *set, size_t i, size_t k)
{
	const struct dp_opt *o = dp_opt_at(set, i);
	const struct dp_opt_list *list;

	if (o == NULL || o->type != DP_OPT_LIST)
		return k == 0 ? dp_opt_text_at(set, i) : NULL;
	list = field(set, o);
	if (list->n == 0)
		return k == 0 ? "" : NULL;
	return k < list->n ? list->at[k] : NULL;
}

void
dp_opt_empty_list(struct dp_opt_set *set, size_t i, enum dp_opt_source source)
{
	const struct dp_opt *o = dp_opt_at(set, i);

	if (o != NULL && o->type == DP_OPT_LIST && set->source[i] == source)
		((struct dp_opt_list *)field(set, o))->n = 0;
}

bool
dp_opt_share_over(const struct dp_opt_share *s, uint64_t bad, uint64_t all)
{
	if (!s->set)
		return false;
	if (!s->percent)
		return bad > s->n;
	return (double)bad * 100.0 > (double)s->n * (double)all;
}

/* The index of text among the words of a choice, -1 when it is none. */
static int
choice(const char *words, const char *text)
{
	size_t len = strlen(text);
	int i;

	for (i = 0; *words != '\0'; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && memcmp(words, text, n) == 0)
			return i;
		words += n + (words[n] == '|');
	}
	return -1;
}

static int
flag(const char *text)
{
	if (*text == '\0' || strcmp(text, "1") == 0 ||
	    strcmp(text, "true") == 0 || strcmp(text, "yes") == 0)
		return 1;
	if (strcmp(text, "0") == 0 || strcmp(text, "false") == 0 ||
	    strcmp(text, "no") == 0)
		return 0;
	return -1;
}

static int
count(const char *text, uint64_t *n)
{
	if (!isdigit((unsigned char)text[strlen(text) - (*text != '\0')]))
		return -1;
	return dp_size_parse(text, n);
}

static int
share(const char *text, struct dp_opt_share *s)
{
	char digits[24];
	size_t len = strlen(text);

	s->percent = len > 0 && text[len - 1] == '%';
	len -= s->percent;
	if (len >= sizeof digits)
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (count(digits, &s->n) == -1 || (s->percent && s->n > 100))
		return -1;
	s->set = true;
	return 0;
}

static int
append(struct dp_opt_list *list, const char *text)
{
	const char **at = calloc(list->n + 1, sizeof *at);

	if (at == NULL)
		return -1;
	if (list->n > 0)
		memcpy(at, list->at, list->n * sizeof *at);
	free(list->at);
	list->at = at;
	list->at[list->n++] = text;
	return 0;
}

/* Puts text into the field.  Returns what was wanted when it is not that. */
static const char *
store(void *f, const struct dp_opt *o, const char *text)
{
	int n;

	switch (o->type) {
	case DP_OPT_FLAG:
	case DP_OPT_ACTION:
		n = flag(text);
		*(bool *)f = n > 0;
		return n == -1 ? "true or false" : NULL;
	case DP_OPT_TEXT:
		*(const char **)f = text;
		return NULL;
	case DP_OPT_LIST:
		return append(f, text) == -1 ? "less: out of memory" : NULL;
	case DP_OPT_COUNT:
		return count(text, f) == -1 ? "a number" : NULL;
	case DP_OPT_SIZE:
		return dp_size_parse(text, f) == -1
		    ? "a size like 65536, 64k, 1m"
		    : NULL;
	case DP_OPT_TIME:
		return dp_time_parse(text, f) == -1
		    ? "a time like 250ms, 10s, 5m, 1h"
		    : NULL;
	case DP_OPT_SHARE:
		return share(text, f) == -1 ? "a number or a share like 5%"
					    : NULL;
	case DP_OPT_CHOICE:
		n = choice(o->arg, text);
		*(int *)f = n;
		return n == -1 ? o->arg : NULL;
	}
	return "nothing";
}

int
dp_opt_set_text(struct dp_opt_set *set, size_t i, enum dp_opt_source source,
    const char *text, struct dp_err *err)
{
	const struct dp_opt *o = dp_opt_at(set, i);
	const char *wanted;

	if (o == NULL || set->source[i] > source)
		return 0;
	if (o->type == DP_OPT_LIST && set->source[i] != source)
		((struct dp_opt_list *)field(set, o))->n = 0;
	wanted = store(field(set, o), o, text);
	if (wanted != NULL)
		return dp_err_set(err,
		    source == DP_OPT_GIVEN ? DP_USAGE : DP_CONFIG,
		    "--%s: want %s, not \"%s\"", o->long_name, wanted, text);
	set->source[i] = source;
	set->text[i] = text;
	return 0;
}

struct dp_opt_set *
dp_opt_new(const char *program, const struct dp_opt *table, size_t n,
    void *fields, struct dp_err *err)
{
	struct dp_opt_set *set = calloc(1, sizeof *set);
	size_t i;

	assert(n + NCOMMON <= MAX_OPTS);
	if (set == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	set->program = program;
	set->table = table;
	set->n = n;
	set->fields = fields;
	for (i = 0; i < n; i++)
		if (table[i].def != NULL &&
		    dp_opt_set_text(set, i, DP_OPT_DEFAULT, table[i].def,
			err) == -1) {
			free(set);
			return NULL;
		}
	return set;
}

void
dp_opt_free(struct dp_opt_set *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->n; i++)
		if (set->table[i].type == DP_OPT_LIST)
			free(((struct dp_opt_list *)field(set, &set->table[i]))
				 ->at);
	free(set);
}

static int
takes_value(const struct dp_opt *o)
{
	return o->type != DP_OPT_FLAG && o->type != DP_OPT_ACTION;
}

static int
unknown(const struct dp_opt_set *set, const char *given, struct dp_err *err)
{
	const struct dp_opt *o, *best = NULL;
	size_t i, len = strcspn(given, "=");
	unsigned distance = dp_near_limit(len > 2 ? len - 2 : 0) + 1;

	for (i = 0; len > 2 && (o = dp_opt_at(set, i)) != NULL; i++) {
		unsigned d = dp_near_distance(given + 2, len - 2, o->long_name,
		    strlen(o->long_name), distance);

		if (d < distance) {
			distance = d;
			best = o;
		}
	}
	if (best != NULL)
		return dp_err_set(err, DP_USAGE,
		    "%.*s: no such option (did you mean --%s?); "
		    "--help lists them",
		    (int)len, given, best->long_name);
	return dp_err_set(err, DP_USAGE,
	    "%.*s: no such option; --help lists them", (int)len, given);
}

static int
complain(const struct dp_opt_set *set, int c, char **argv, struct dp_err *err)
{
	char letter[3] = { '-', (char)optopt, '\0' };
	bool is_short = optopt > 0 && optopt < LONG_ONLY;
	const char *given = is_short ? letter : argv[optind - 1];

	if (c == ':')
		return dp_err_set(err, DP_USAGE, "%s: its value is missing",
		    given);
	if (!is_short && optopt >= LONG_ONLY)
		return dp_err_set(err, DP_USAGE, "%s: takes no value", given);
	return unknown(set, given, err);
}

static size_t
fill_getopt(const struct dp_opt_set *set, struct option *lo, char *so)
{
	const struct dp_opt *o;
	size_t i, len = 0;

	so[len++] = ':';
	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++) {
		lo[i].name = o->long_name;
		lo[i].has_arg = takes_value(o);
		lo[i].val = LONG_ONLY + (int)i;
		if (o->short_name != '\0') {
			so[len++] = o->short_name;
			if (takes_value(o))
				so[len++] = ':';
		}
	}
	so[len] = '\0';
	return i;
}

static int
letter_of(const struct dp_opt_set *set, size_t i)
{
	const struct dp_opt *o = dp_opt_at(set, i);

	return o != NULL ? o->short_name : '\0';
}

int
dp_opt_parse(struct dp_opt_set *set, int argc, char **argv, int *operands,
    struct dp_err *err)
{
	struct option lo[MAX_OPTS + 1] = { { 0 } };
	char so[2 * MAX_OPTS + 2];
	size_t i, n = fill_getopt(set, lo, so);
	int c;

	opterr = 0;
	optind = 0; /* begin anew, also in a process that parsed before */
	while ((c = getopt_long(argc, argv, so, lo, NULL)) != -1) {
		if (c == ':' || c == '?')
			return complain(set, c, argv, err);
		i = 0;
		while (
		    i < n && c != LONG_ONLY + (int)i && c != letter_of(set, i))
			i++;
		if (i < n &&
		    dp_opt_set_text(set, i, DP_OPT_GIVEN,
			optarg != NULL ? optarg : "true", err) == -1)
			return -1;
	}
	*operands = optind;
	return 0;
}

int
dp_opt_environment(struct dp_opt_set *set, struct dp_err *err)
{
	const struct dp_opt *o;
	size_t i, k;

	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++) {
		char name[NAME_MAX_LEN] = "DP_";
		const char *text;

		for (k = 0; k < sizeof name - 4 && o->long_name[k] != '\0'; k++)
			name[3 + k] = o->long_name[k] == '-'
			    ? '_'
			    : (char)toupper((unsigned char)o->long_name[k]);
		text = getenv(name);
		if (text == NULL || o->type == DP_OPT_ACTION ||
		    strcmp(o->long_name, "completion") == 0)
			continue;
		if (dp_opt_set_text(set, i, DP_OPT_ENV, text, err) == -1) {
			dp_err_context(err, "%s", name);
			return -1;
		}
	}
	return 0;
}
