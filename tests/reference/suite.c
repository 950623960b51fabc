/*
 * JSON-Schema-Test-Suite against the reference itself, so that it is one.
 * What needs other documents is left out.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "suite.h"

#define ROOM (1u << 20)
#define PATH_SIZE 4096

/* Of other documents, vocabularies and formats the reference knows nothing. */
static const char *const left_out[] = { "refRemote.json", "vocabulary.json",
	"format.json" };

static void
group(const struct ref_value *g, int draft, const char *file,
    struct suite_count *count)
{
	const struct ref_value *schema = ref_member(g, "schema"), *t, *valid;
	struct ref_schema s = { .root = (struct ref_value *)schema,
		.draft = draft };
	const struct ref_value *tests = ref_member(g, "tests");

	/* A schema is a document of its own. */
	s.root->parent = NULL;
	s.root->key = NULL;
	ref_schema_open(&s);
	for (t = tests->first; t != NULL; t = t->next) {
		const enum ref_verdict v = ref_judge(&s, ref_member(t, "data"));

		valid = ref_member(t, "valid");
		/* Nor of properties of Unicode. */
		if (v == REF_LOST ||
		    memmem(schema->raw, schema->raw_len, "\\\\p{", 4) != NULL) {
			count->lost++;
		} else if ((v == REF_VALID) == (valid->kind == REF_TRUE)) {
			count->good++;
		} else {
			const struct ref_value *d =
			    ref_member(t, "description");

			count->bad++;
			(void)printf("# draft %d, %s: %.*s\n", draft, file,
			    (int)d->len, d->text);
		}
	}
}

static void
file(const char *path, const char *name, int draft, struct suite_count *count)
{
	static char text[ROOM];
	const struct ref_rules rules = { 512, true };
	const struct ref_value *all, *g;
	FILE *f = fopen(path, "r");
	size_t len;

	if (f == NULL)
		return;
	len = fread(text, 1, sizeof text, f);
	(void)fclose(f);
	ref_reset(0);
	all = ref_read(text, len, &rules);
	for (g = all == NULL ? NULL : all->first; g != NULL; g = g->next)
		group(g, draft, name, count);
}

static bool
is_left_out(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		if (strcmp(name, left_out[i]) == 0)
			return true;
	return strstr(name, ".json") == NULL;
}

void
suite_run(const char *folder, const char *draft_name, int draft,
    struct suite_count *count)
{
	char path[PATH_SIZE];
	struct dirent *e;
	DIR *d;

	(void)snprintf(path, sizeof path, "%s/JSON-Schema-Test-Suite/tests/%s",
	    folder, draft_name);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (is_left_out(e->d_name))
			continue;
		(void)snprintf(path, sizeof path,
		    "%s/JSON-Schema-Test-Suite/tests/%s/%s", folder, draft_name,
		    e->d_name);
		file(path, e->d_name, draft, count);
	}
	if (d != NULL)
		(void)closedir(d);
}
