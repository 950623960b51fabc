/*
 * opt: one option table a program, and all that comes from it.
 *
 * The table gives the parsing of the command line (getopt_long), of DP_*
 * environment variables and of the configuration file, --help,
 * --print-config, the shell completions, and the check of the man page.
 * Precedence: option, environment, configuration file, default.
 */
#ifndef DP_APP_OPT_H
#define DP_APP_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct dp_err;

enum dp_opt_type {
	DP_OPT_FLAG,   /* bool */
	DP_OPT_TEXT,   /* const char * */
	DP_OPT_LIST,   /* struct dp_opt_list: may be repeated */
	DP_OPT_COUNT,  /* uint64_t: a plain number */
	DP_OPT_SIZE,   /* uint64_t: bytes, "64k", "1m" */
	DP_OPT_TIME,   /* uint64_t: milliseconds, "300s", "5m", "250ms" */
	DP_OPT_SHARE,  /* struct dp_opt_share: "100" or "5%" */
	DP_OPT_CHOICE, /* int: index into arg, words separated by | */
	DP_OPT_ACTION  /* bool; like a flag, but no setting: not in the
			  environment or the configuration file */
};

struct dp_opt_list {
	const char **at;
	size_t n;
};

struct dp_opt_share {
	uint64_t n;
	bool percent;
	bool set;
};

struct dp_opt {
	char short_name;       /* '\0': long form only */
	const char *long_name; /* without the dashes */
	enum dp_opt_type type;
	size_t offset;    /* of the field in the program's option struct */
	const char *arg;  /* the value's name in --help ("FILE"); for a
			     choice the words: "reject|pass" */
	const char *def;  /* default as one would type it; NULL: none/off */
	const char *help; /* one line, no capital, no full stop */
};

/* Options of every program: the first member of its option struct. */
struct dp_common {
	bool json, quiet, verbose;
	bool help, version, check, print_config;
	const char *completion; /* a shell's name */
	const char *summary;    /* FILE, or - for stderr */
	const char *lock;       /* FILE */
	const char *metrics_file;
};

/* Who said a value. */
enum dp_opt_source { DP_OPT_DEFAULT, DP_OPT_CONFIG, DP_OPT_ENV, DP_OPT_GIVEN };

/* max_rejects and its like: true when `bad` of `all` is over the share. */
bool dp_opt_share_over(const struct dp_opt_share *s, uint64_t bad,
    uint64_t all);

/* A table with the struct it fills, and who said each value. */
struct dp_opt_set; /* opaque */

/*
 * table and fields are borrowed; fields must be all zero and begin with a
 * struct dp_common.  Sets the defaults.
 */
struct dp_opt_set *dp_opt_new(const char *program, const struct dp_opt *table,
    size_t n, void *fields, struct dp_err *err);
void dp_opt_free(struct dp_opt_set *set);

/* Parses the command line; *operands is the index of the first one. */
int dp_opt_parse(struct dp_opt_set *set, int argc, char **argv, int *operands,
    struct dp_err *err);
int dp_opt_environment(struct dp_opt_set *set, struct dp_err *err);

/*
 * One setting, for config.c: the text as one would type it.  A value of a
 * source of higher rank stays.  Texts are borrowed.
 */
int dp_opt_set_text(struct dp_opt_set *set, size_t i, enum dp_opt_source source,
    const char *text, struct dp_err *err);

/* Forgets the values of a list that this source has said. */
void dp_opt_empty_list(struct dp_opt_set *set, size_t i,
    enum dp_opt_source source);

/* The options, the common ones last; NULL past the end. */
const struct dp_opt *dp_opt_at(const struct dp_opt_set *set, size_t i);
const char *dp_opt_program(const struct dp_opt_set *set);

/* After the parse: who said the value, and its text ("" for none). */
enum dp_opt_source dp_opt_source_at(const struct dp_opt_set *set, size_t i);
const char *dp_opt_text_at(const struct dp_opt_set *set, size_t i);

/* The kth value of a list; of others the text as the only one; or NULL. */
const char *dp_opt_value_at(const struct dp_opt_set *set, size_t i, size_t k);

void dp_opt_help(const struct dp_opt_set *set, const char *operands,
    const char *summary, FILE *out);
void dp_opt_print_config(const struct dp_opt_set *set, const char *config,
    FILE *out);

/* shell: bash, zsh or fish. */
int dp_opt_completion(const struct dp_opt_set *set, const char *shell,
    FILE *out, struct dp_err *err);

#endif
