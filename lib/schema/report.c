#include "schema/report.h"

#include "base/buf.h"
#include "base/err.h"
#include "schema/cases.h"
#include "schema/diff.h"
#include "schema/doc.h"
#include "schema/folder.h"
#include "schema/lint.h"
#include "schema/source.h"

static void
add_doubt(void *arg, const char *code, const char *what)
{
	struct dp_report *r = arg;

	r->bad++;
	(void)dp_buf_addf(r->out, "%s [%s]\n", what, code);
}

/* Returns 1 for a schema that does not compile. */
static int
lint_one(struct dp_report *r, const struct dp_source *s, struct dp_err *err)
{
	struct dp_err why = { 0 };
	struct dp_catalog *c = dp_catalog_open(s->path, &r->how, &why);
	const int wrong = c == NULL;

	r->n++;
	if (wrong)
		add_doubt(r, "schema", why.msg);
	dp_catalog_free(c);
	return dp_lint(s, add_doubt, r, err) == -1 ? -1 : wrong;
}

int
dp_report_lint(struct dp_report *r, char *const *paths, size_t n,
    struct dp_err *err)
{
	size_t i, k, wrong = 0;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		struct dp_folder f;

		rc = dp_folder_open(&f, paths[i], err);
		for (k = 0; rc == 0 && k < f.n; k++) {
			const int bad = lint_one(r, f.at[k], err);

			rc = bad == -1 ? -1 : 0;
			wrong += bad == 1;
		}
		dp_folder_close(&f);
	}
	if (rc == 0 && wrong > 0)
		return dp_err_set(err, DP_CONFIG,
		    "%zu of %zu schemas are wrong", wrong, r->n);
	return rc;
}

static void
add_change(void *arg, const struct dp_change *c)
{
	static const char *const words[] = { "says", "narrows", "widens",
		"changes" };
	struct dp_report *r = arg;

	r->n++;
	r->narrows += (c->direction & DP_DIFF_NARROWS) != 0;
	r->widens += (c->direction & DP_DIFF_WIDENS) != 0;
	r->bad += (c->direction & r->must_not) != 0;
	(void)dp_buf_addf(r->out, "%s: %s: %s: %s\n", c->type, c->pointer,
	    words[c->direction], c->text);
}

int
dp_report_diff(struct dp_report *r, char *const *paths, size_t n,
    struct dp_err *err)
{
	const struct dp_diff_opts how = { r->strict, add_change, r };
	struct dp_folder x, y = { 0 };
	int rc = dp_folder_open(&x, paths[0], err);

	(void)n;
	if (rc == 0)
		rc = dp_folder_open(&y, paths[1], err);
	if (rc == 0)
		rc = dp_diff_folders(&x, &y, &how, err);
	dp_folder_close(&x);
	dp_folder_close(&y);
	if (rc == -1)
		return -1;
	(void)dp_buf_addf(r->out,
	    "backward compatible: %s; forward compatible: %s\n",
	    r->narrows == 0 ? "yes" : "no", r->widens == 0 ? "yes" : "no");
	return 0;
}

int
dp_report_doc(struct dp_report *r, char *const *paths, size_t n,
    struct dp_err *err)
{
	struct dp_folder f;
	int rc = dp_folder_open(&f, paths[0], err);

	(void)n;
	if (rc == 0)
		rc = dp_doc(&f, r->html ? DP_DOC_HTML : DP_DOC_MARKDOWN,
		    f.single ? f.at[0]->name : "Event types", r->out, err);
	dp_folder_close(&f);
	return rc;
}

static void
add_case(void *arg, const struct dp_case *c)
{
	struct dp_report *r = arg;

	r->bad += !c->passed;
	(void)dp_buf_addf(r->out, "%sok %zu - %s: %s\n",
	    c->passed ? "" : "not ", ++r->n, c->group, c->name);
	if (!c->passed)
		(void)dp_buf_addf(r->out, "# %s: %s\n", c->file, c->why);
}

int
dp_report_test(struct dp_report *r, char *const *paths, size_t n,
    struct dp_err *err)
{
	struct dp_cases c = { .opts = r->how, .tell = add_case, .arg = r };
	struct dp_catalog *types = NULL;
	size_t i;
	int rc = 0;

	if (r->schemas != NULL) {
		types = dp_catalog_open(r->schemas, &c.opts, err);
		rc = types == NULL ? -1 : 0;
	}
	c.types = types;
	for (i = 0; i < n && rc == 0; i++)
		rc = dp_cases_run(&c, paths[i], err);
	dp_catalog_free(types);
	(void)dp_buf_addf(r->out, "1..%zu\n", r->n);
	return rc;
}
