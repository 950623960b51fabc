/*
 * JSON-Schema-Test-Suite, found by DP_SUITES: each schema against its
 * instances, in every width.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "json/scan_variant.h"
#include "schema/catalog_state.h"
#include "tap.h"

#define PATH_SIZE 1024

struct run {
	char refs[PATH_SIZE];
	const char *ref;
	unsigned draft;
	const char *folder;
	unsigned good, bad, known;
	bool formats; /* are checked */
};

static const struct {
	const char *name;
	unsigned draft;
} drafts[] = {
	{ "draft2020-12", 2020 },
	{ "draft2019-09", 2019 },
	{ "draft7", 7 },
	{ "draft6", 6 },
	{ "draft4", 4 },
};

static uint32_t
member(const struct dp_tape *t, uint32_t object, const char *name)
{
	return dp_tape_member(t, object, name, strlen(name));
}

/* Where we differ, as dp-validate(1) says. */
static const char *const known[] = {
	/* contentMediaType and contentEncoding are annotations. */
	"draft7/optional/content.json",
};

static bool
is_known(const struct run *r, const char *file)
{
	char name[PATH_SIZE];
	size_t i;

	(void)snprintf(name, sizeof name, "%s/%s", r->folder, file);
	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return false;
}

static void
tell(struct run *r, const char *file, const struct dp_tape *t, uint32_t group,
    uint32_t test, const char *why)
{
	const struct dp_tape_item *a =
	    dp_tape_at(t, member(t, group, "description"));
	const struct dp_tape_item *b =
	    dp_tape_at(t, member(t, test, "description"));

	if (is_known(r, file))
		r->known++;
	else
		r->bad++;
	printf("# %s: %.*s: %.*s: %s\n", file, (int)a->len - 2, a->text + 1,
	    (int)b->len - 2, b->text + 1, why);
}

static void
one_test(struct run *r, struct dp_check *k, const char *file,
    const struct dp_tape *t, uint32_t group, uint32_t test)
{
	static dp_check_lines_fn *const widths[] = { dp_check_lines_plain,
		dp_check_lines_words };
	const struct dp_tape_item *data =
	    dp_tape_at(t, member(t, test, "data"));
	const bool valid =
	    dp_tape_at(t, member(t, test, "valid"))->type == DP_JSON_TRUE;
	char *line = calloc(1, data->len + 1 + DP_SCAN_PAD);
	const struct dp_schema *type;
	struct dp_fault fault;
	struct dp_err err;
	bool good, same = true;
	size_t i;

	if (line == NULL)
		exit(99);
	memcpy(line, data->text, data->len);
	line[data->len] = '\n';
	good = dp_check_line(k, line, data->len, &type) == 0;
	for (i = 0; i < 2; i++) {
		dp_check_width(k, widths[i]);
		same = same &&
		    good == (dp_check_line(k, line, data->len, &type) == 0);
	}
	(void)dp_check_explain(k, line, data->len, &fault, &err);
	if (good != valid)
		tell(r, file, t, group, test,
		    valid ? fault.detail : "not valid, but passed");
	else if (!same || good != (strcmp(fault.code, "internal") == 0))
		tell(r, file, t, group, test, "the ways to check differ");
	else
		r->good++;
	free(line);
}

static void
one_group(struct run *r, const char *file, const struct dp_tape *t,
    uint32_t group)
{
	const struct dp_catalog_opts opts = { .any_value = true,
		.lax = true,
		.draft = r->draft,
		.formats_pass = !r->formats,
		.scan = { .nul_passes = true },
		.refs = &r->ref,
		.nrefs = 1 };
	const struct dp_tape_item *schema =
	    dp_tape_at(t, member(t, group, "schema"));
	const uint32_t tests = member(t, group, "tests");
	struct dp_err err = { 0 };
	struct dp_catalog *c =
	    dp_catalog_text(schema->text, schema->len, &opts, &err);
	struct dp_check *k = c == NULL ? NULL : dp_check_new(c, &err);
	uint32_t i;

	for (i = tests + 1; i < dp_tape_at(t, tests)->next;
	     i = dp_tape_at(t, i)->next)
		if (k == NULL)
			tell(r, file, t, group, i, err.msg);
		else
			one_test(r, k, file, t, group, i);
	dp_check_free(k);
	dp_catalog_free(c);
}

static void
one_file(struct run *r, const char *path, const char *name)
{
	struct dp_err err = { 0 };
	struct dp_source *s = dp_source_read(path, &err);
	uint32_t i;

	if (s == NULL) {
		printf("# %s\n", err.msg);
		r->bad++;
		return;
	}
	for (i = 1; i < s->tape.n; i = dp_tape_at(&s->tape, i)->next)
		one_group(r, name, &s->tape, i);
	dp_source_free(s);
}

static int
is_json(const struct dirent *d)
{
	const size_t len = strlen(d->d_name);

	return len > 5 && strcmp(d->d_name + len - 5, ".json") == 0;
}

static void
one_folder(struct run *r, const char *dir)
{
	struct dirent **names;
	const int n = scandir(dir, &names, is_json, alphasort);
	char path[PATH_SIZE];
	int i;

	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", dir,
		    names[i]->d_name);
		one_file(r, path, names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int
main(void)
{
	static const char *const parts[] = { "", "/optional",
		"/optional/format" };
	const char *suites = getenv("DP_SUITES");
	char dir[PATH_SIZE - 256], folder[64];
	size_t i, k;

	if (suites == NULL)
		suites = "../shared/suites";
	for (i = 0; i < sizeof drafts / sizeof drafts[0]; i++)
		for (k = 0; k < 3; k++) {
			struct run r = { .draft = drafts[i].draft,
				.formats = k == 2 };

			(void)snprintf(r.refs, sizeof r.refs,
			    "http://localhost:1234/=%s/"
			    "JSON-Schema-Test-Suite/remotes",
			    suites);
			r.ref = r.refs;
			(void)snprintf(dir, sizeof dir,
			    "%s/JSON-Schema-Test-Suite/tests/%s%s", suites,
			    drafts[i].name, parts[k]);
			(void)snprintf(folder, sizeof folder, "%s%s",
			    drafts[i].name, parts[k]);
			r.folder = folder;
			one_folder(&r, dir);
			if (r.good + r.bad == 0) {
				OK(1, "# SKIP nothing in %s", dir);
				continue;
			}
			OK(r.bad == 0, "%s: %u of %u", folder, r.good,
			    r.good + r.bad + r.known);
		}
	return tap_done();
}
