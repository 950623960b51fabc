/* What an option table prints: --help, --print-config, completions. */
#include <ctype.h>
#include <string.h>

#include "app/opt.h"
#include "base/buf.h"
#include "base/err.h"
#include "json/text.h"

#define LEFT 26
#define WIDTH 79

/*
 * Prints text from column `at` on, broken between words; the lines after
 * the first begin in column `from`.
 */
static void
wrap(const char *text, size_t at, size_t from, FILE *out)
{
	bool first = true;

	for (; *text != '\0'; first = false) {
		const size_t n = strcspn(text, " ");

		if (!first && at + 1 + n > WIDTH) {
			(void)fprintf(out, "\n%*s", (int)from, "");
			at = from;
		} else if (!first) {
			(void)fputc(' ', out);
			at++;
		}
		(void)fprintf(out, "%.*s", (int)n, text);
		at += n;
		text += n + (text[n] == ' ');
	}
	(void)fputc('\n', out);
}

static void
help_line(const struct dp_opt *o, FILE *out)
{
	char left[80], text[512];

	(void)snprintf(left, sizeof left, "%c%c%c --%s%s%s",
	    o->short_name ? '-' : ' ', o->short_name ? o->short_name : ' ',
	    o->short_name ? ',' : ' ', o->long_name, o->arg ? "=" : "",
	    o->arg ? o->arg : "");
	(void)snprintf(text, sizeof text, o->def ? "%s (default %s)" : "%s",
	    o->help, o->def);
	if (strlen(left) > LEFT - 2)
		(void)fprintf(out, "  %s\n%*s", left, LEFT + 2, "");
	else
		(void)fprintf(out, "  %-*s", LEFT, left);
	wrap(text, LEFT + 2, LEFT + 2, out);
}

void
dp_opt_help(const struct dp_opt_set *set, const char *operands,
    const char *summary, FILE *out)
{
	const char *program = dp_opt_program(set);
	const size_t head = strlen("usage:  [OPTION ...] ") + strlen(program);
	const struct dp_opt *o;
	size_t i;

	(void)fprintf(out, "usage: %s [OPTION ...] ", program);
	wrap(operands, head, 7, out);
	wrap(summary, 0, 0, out);
	(void)fputc('\n', out);
	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++)
		help_line(o, out);
	(void)fprintf(out,
	    "\nExit status: 0 done, 1 some rejected, 64 usage, 65 bad input, "
	    "66 no input,\n69 unreachable, 74 I/O, 75 try again, "
	    "77 permission, 78 configuration.\nThe manual: man %s; "
	    "all of it: man data-pipe\n",
	    program);
}

static const char *
source_name(const struct dp_opt *o, enum dp_opt_source source,
    const char *config, char *room, size_t size)
{
	size_t i, len;

	switch (source) {
	case DP_OPT_DEFAULT:
		return "default";
	case DP_OPT_CONFIG:
		return config;
	case DP_OPT_GIVEN:
		return "command line";
	case DP_OPT_ENV:
		break;
	}
	len = (size_t)snprintf(room, size, "environment DP_%s", o->long_name);
	for (i = sizeof "environment " - 1; i < len && i < size; i++)
		room[i] = room[i] == '-'
		    ? '_'
		    : (char)toupper((unsigned char)room[i]);
	return room;
}

/* One value a line, each as a terminal may see it. */
static void
print_values(const struct dp_opt_set *set, size_t i, const char *source,
    FILE *out)
{
	const char *value;
	struct dp_buf b;
	size_t k;

	dp_buf_init(&b, 0);
	for (k = 0; (value = dp_opt_value_at(set, i, k)) != NULL; k++) {
		dp_buf_clear(&b);
		dp_json_visible(&b, value, strlen(value));
		(void)fprintf(out, "%-18s %-24.*s # %s\n",
		    dp_opt_at(set, i)->long_name, (int)b.len,
		    b.len == 0 ? "" : b.data, source);
	}
	dp_buf_fini(&b);
}

void
dp_opt_print_config(const struct dp_opt_set *set, const char *config, FILE *out)
{
	const struct dp_opt *o;
	char room[128];
	size_t i;

	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++)
		if (o->type != DP_OPT_ACTION &&
		    strcmp(o->long_name, "completion") != 0)
			print_values(set, i,
			    source_name(o, dp_opt_source_at(set, i), config,
				room, sizeof room),
			    out);
}

static bool
takes_file(const struct dp_opt *o)
{
	return o->arg != NULL &&
	    (strstr(o->arg, "FILE") != NULL || strstr(o->arg, "PATH") != NULL ||
		strstr(o->arg, "DIR") != NULL);
}

/* The words of a choice with blanks between them. */
static void
words(const struct dp_opt *o, FILE *out)
{
	const char *p;

	for (p = o->arg; p != NULL && *p != '\0'; p++)
		(void)fputc(*p == '|' ? ' ' : *p, out);
}

static void
bash(const struct dp_opt_set *set, FILE *out)
{
	const char *program = dp_opt_program(set);
	const struct dp_opt *o;
	size_t i;

	(void)fprintf(out,
	    "_%.2s_%s() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
	    "prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\t[ \"$prev\" = = ] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
	    "\t[ \"$cur\" = = ] && prev=${COMP_WORDS[COMP_CWORD-1]} cur=\n"
	    "\tcase $prev in\n",
	    program, program + 3);
	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++)
		if (o->type == DP_OPT_CHOICE) {
			(void)fprintf(out,
			    "\t--%s) mapfile -t COMPREPLY < <(compgen -W '",
			    o->long_name);
			words(o, out);
			(void)fputs("' -- \"$cur\"); return ;;\n", out);
		}
	(void)fputs("\tesac\n\tcase $cur in\n\t-*) mapfile -t COMPREPLY < "
		    "<(compgen -W '",
	    out);
	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++)
		(void)fprintf(out, "%s--%s%s", i > 0 ? " " : "", o->long_name,
		    o->arg ? "=" : "");
	(void)fprintf(out,
	    "' -- \"$cur\")\n"
	    "\t\t[[ ${COMPREPLY[0]-} = *= ]] && compopt -o nospace ;;\n"
	    "\t*) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	    "\tesac\n}\ncomplete -o filenames -F _%.2s_%s %s\n",
	    program, program + 3, program);
}

/* Help text inside single quotes, without what zsh gives a meaning to. */
static void
zsh_text(const char *text, FILE *out)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			(void)fputs("'\\''", out);
		else if (*text == '[' || *text == ']' || *text == ':')
			(void)fprintf(out, "\\%c", *text);
		else
			(void)fputc(*text, out);
}

static void
zsh(const struct dp_opt_set *set, FILE *out)
{
	const struct dp_opt *o;
	size_t i;

	(void)fprintf(out, "#compdef %s\n_arguments -s \\\n",
	    dp_opt_program(set));
	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++) {
		(void)fprintf(out, "\t'%s--%s%s[",
		    o->type == DP_OPT_LIST ? "*" : "", o->long_name,
		    o->arg ? "=" : "");
		zsh_text(o->help, out);
		(void)fputc(']', out);
		if (o->type == DP_OPT_CHOICE) {
			(void)fputs(":word:(", out);
			words(o, out);
			(void)fputc(')', out);
		} else if (o->arg != NULL) {
			(void)fprintf(out, ":%s:%s", o->arg,
			    takes_file(o) ? "_files" : "");
		}
		(void)fputs("' \\\n", out);
	}
	(void)fputs("\t'*:file:_files'\n", out);
}

static void
fish(const struct dp_opt_set *set, FILE *out)
{
	const char *program = dp_opt_program(set);
	const struct dp_opt *o;
	const char *p;
	size_t i;

	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++) {
		(void)fprintf(out, "complete -c %s -l %s", program,
		    o->long_name);
		if (o->short_name != '\0')
			(void)fprintf(out, " -s %c", o->short_name);
		if (o->arg != NULL)
			(void)fputs(takes_file(o) ? " -rF" : " -x", out);
		if (o->type == DP_OPT_CHOICE) {
			(void)fputs(" -a '", out);
			words(o, out);
			(void)fputc('\'', out);
		}
		(void)fputs(" -d '", out);
		for (p = o->help; *p != '\0'; p++)
			(void)fprintf(out, *p == '\'' ? "\\%c" : "%c", *p);
		(void)fputs("'\n", out);
	}
}

int
dp_opt_completion(const struct dp_opt_set *set, const char *shell, FILE *out,
    struct dp_err *err)
{
	static const struct {
		const char *name;
		void (*print)(const struct dp_opt_set *set, FILE *out);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	size_t i;

	for (i = 0; i < sizeof shells / sizeof shells[0]; i++)
		if (strcmp(shells[i].name, shell) == 0) {
			shells[i].print(set, out);
			return 0;
		}
	return dp_err_set(err, DP_USAGE,
	    "--completion: want bash, zsh or fish, not \"%s\"", shell);
}
