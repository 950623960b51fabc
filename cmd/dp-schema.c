/* dp-schema: infers, checks, compares, shows and tests schemas. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "app/filter.h"
#include "base/buf.h"
#include "base/put.h"
#include "schema/infer.h"
#include "sink/report.h"

struct options {
	struct dp_common common; /* must be first */
	const char *output, *rejects, *schemas, *type, *type_key;
	uint64_t max_depth, max_memory, max_record;
	struct dp_opt_share max_rejects;
	struct dp_opt_list refs;
	int compatible, draft, dup_keys, formats, nul;
	bool any, any_value, fetch_refs, force, html, strict, tight;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "any", DP_OPT_FLAG, AT(any), NULL, NULL,
	    "infer: one schema for all records, of whatever type" },
	{ 0, "any-value", DP_OPT_FLAG, AT(any_value), NULL, NULL,
	    "infer: a record may be any JSON value, not only an object" },
	{ 0, "compatible", DP_OPT_CHOICE, AT(compatible),
	    "none|backward|forward|full", "backward",
	    "diff: what must not break" },
	{ 0, "draft", DP_OPT_CHOICE, AT(draft), "2020-12|2019-09|7|6|4",
	    "2020-12", "test: of schemas without $schema" },
	{ 0, "dup-keys", DP_OPT_CHOICE, AT(dup_keys), "reject|pass", "reject",
	    "infer: what to do when an object has a key twice" },
	{ 0, "fetch-refs", DP_OPT_FLAG, AT(fetch_refs), NULL, NULL,
	    "fetch schemas by https, for $ref" },
	{ 0, "force", DP_OPT_FLAG, AT(force), NULL, NULL,
	    "replace files that are there" },
	{ 0, "formats", DP_OPT_CHOICE, AT(formats), "assert|annotate", "assert",
	    "test: whether the keyword format is checked" },
	{ 0, "html", DP_OPT_FLAG, AT(html), NULL, NULL,
	    "doc: one HTML page, not Markdown" },
	{ 0, "max-depth", DP_OPT_COUNT, AT(max_depth), "N", "512",
	    "infer: reject what nests deeper" },
	{ 0, "max-memory", DP_OPT_SIZE, AT(max_memory), "SIZE", "64m",
	    "infer: bytes of what is remembered" },
	{ 0, "max-record", DP_OPT_SIZE, AT(max_record), "SIZE", "1m",
	    "infer: reject lines that are longer" },
	{ 0, "max-rejects", DP_OPT_SHARE, AT(max_rejects), "N|P%", NULL,
	    "infer: stop when more are rejected" },
	{ 0, "nul", DP_OPT_CHOICE, AT(nul), "reject|pass", "reject",
	    "infer: what to do with \\u0000 in a string" },
	{ 'o', "output", DP_OPT_TEXT, AT(output), "PATH", NULL,
	    "write there and not to stdout; infer: a folder, NAME.json a type" },
	{ 0, "refs", DP_OPT_LIST, AT(refs), "[PREFIX=]DIR", NULL,
	    "further schemas, for $ref" },
	{ 'r', "rejects", DP_OPT_TEXT, AT(rejects), "FILE", NULL,
	    "infer: write what is rejected to FILE" },
	{ 's', "schemas", DP_OPT_TEXT, AT(schemas), "PATH", NULL,
	    "test: folder of the types that cases name" },
	{ 0, "strict", DP_OPT_FLAG, AT(strict), NULL, NULL,
	    "diff: a property that is new or gone counts too" },
	{ 0, "tight", DP_OPT_FLAG, AT(tight), NULL, NULL,
	    "infer: also what few records show: bounds, no further keys" },
	{ 't', "type", DP_OPT_TEXT, AT(type), "NAME", NULL,
	    "infer: like --any, and the type is called NAME" },
	{ 'k', "type-key", DP_OPT_TEXT, AT(type_key), "POINTER", "/event_name",
	    "where the name of the type stands" },
};

static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "seen", DP_COUNT_OUT, 0 },
	{ "rejected", DP_COUNT_OUT_TOLD, 0 },
	{ "blank", DP_COUNT_INFO, 0 },
};

static void
tell_limit(void *arg, const char *type, const char *pointer, const char *text)
{
	const struct dp_place at = { .file = type,
		.pointer = pointer,
		.pointer_len = strlen(pointer) };

	dp_app_note(arg, &at, "too-complex", "%s", text);
}

/* Also what was reported before a fault. */
static int
emit(const struct dp_buf *b, const char *path, bool force, struct dp_err *err)
{
	if (b->failed)
		return dp_err_nomem(err);
	if (path != NULL)
		return dp_put_file(path, b->data, b->len, force, err);
	(void)fwrite(b->len > 0 ? b->data : "", 1, b->len, stdout);
	return 0;
}

static int
infer(struct dp_app *app, const struct options *o, char *const *paths, size_t n,
    struct dp_err *err)
{
	const char *only = o->any || o->any_value ? "record" : NULL;
	const struct dp_infer_opts how = { .type_key = o->type_key,
		.only = o->type != NULL ? o->type : only,
		.any_value = o->any_value,
		.tight = o->tight,
		.scan = { .max_depth = (unsigned)o->max_depth,
		    .nul_passes = o->nul == 1,
		    .dup_passes = o->dup_keys == 1 },
		.max_bytes = o->max_memory };
	struct dp_infer *seen = dp_infer_new(&how, err);
	const struct dp_filter f = { .app = app,
		.sift = { &dp_infer_ops, seen, .max_record = o->max_record },
		.counts = counts,
		.rejects = o->rejects,
		.max_rejects = &o->max_rejects,
		.look = true };
	struct dp_buf out;
	size_t i;
	int rc = seen == NULL ? -1 : dp_filter_files(&f, paths, n, err);

	dp_buf_init(&out, 0);
	if (rc == 0)
		rc = dp_infer_put(seen, o->output, o->force, &out, err);
	if (rc == 0)
		rc = emit(&out, NULL, false, err);
	for (i = 0; rc == 0 && i < dp_infer_count(seen); i++)
		dp_infer_notes(seen, i, tell_limit, app);
	dp_infer_free(seen);
	dp_buf_fini(&out);
	return rc;
}

static const struct {
	const char *name, *operands;
	size_t min, max;
	dp_report_fn *run;
} verbs[] = {
	{ "infer", "[FILE ...]", 0, SIZE_MAX, NULL },
	{ "lint", "PATH ...", 1, SIZE_MAX, dp_report_lint },
	{ "diff", "OLD NEW", 2, 2, dp_report_diff },
	{ "doc", "PATH", 1, 1, dp_report_doc },
	{ "test", "FILE ...", 1, SIZE_MAX, dp_report_test },
	{ "ddl", "DATABASE PATH", 2, 2, dp_sink_report_ddl },
};

static int
report(struct dp_app *app, const struct options *o, dp_report_fn *run,
    char *const *paths, size_t n, struct dp_err *err)
{
	static const unsigned drafts[] = { 2020, 2019, 7, 6, 4 };
	struct dp_buf out;
	/* --compatible lists the directions in the order of their bits. */
	struct dp_report r = { .out = &out,
		.how = { .type_key = o->type_key,
		    .draft = drafts[o->draft],
		    .formats_pass = o->formats == 1,
		    .refs = o->refs.at,
		    .nrefs = o->refs.n,
		    .fetch = o->fetch_refs,
		    .tell = dp_app_tell,
		    .tell_arg = app },
		.must_not = (unsigned)o->compatible,
		.strict = o->strict,
		.html = o->html,
		.schemas = o->schemas };
	struct dp_err bad = { 0 };
	int rc;

	dp_app_no_summary(app);
	dp_buf_init(&out, 0);
	rc = run(&r, paths, n, err);
	if (emit(&out, o->output, o->force, rc == 0 ? err : &bad) == -1)
		rc = -1;
	if (r.bad > 0)
		dp_app_rejected(app);
	dp_buf_fini(&out);
	return rc;
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const size_t nverbs = sizeof verbs / sizeof verbs[0];
	const size_t n = argc == 0 ? 0 : (size_t)argc - 1;
	size_t i = 0;

	while (i < nverbs && (argc == 0 || strcmp(*argv, verbs[i].name) != 0))
		i++;
	if (i == nverbs)
		return dp_err_set(err, DP_USAGE,
		    "want infer, lint, diff, doc, test or ddl");
	if (((const struct options *)arg)->max_depth - 1 >= DP_SCAN_DEPTH_MAX)
		return dp_err_set(err, DP_USAGE,
		    "--max-depth: want 1 to 65536");
	if (((const struct dp_common *)arg)->check)
		return 0;
	if (n < verbs[i].min || n > verbs[i].max)
		return dp_err_set(err, DP_USAGE, "want %s %s", verbs[i].name,
		    verbs[i].operands);
	return verbs[i].run == NULL
	    ? infer(app, arg, argv + 1, n, err)
	    : report(app, arg, verbs[i].run, argv + 1, n, err);
}

static const struct dp_cmd cmd = {
	.name = "dp-schema",
	.operands = "infer [FILE ...] | lint PATH ... | diff OLD NEW | "
		    "doc PATH | test FILE ... | ddl DATABASE PATH",
	.summary = "infer, check, compare, show and test schemas",
	.opts = opts,
	.nopts = sizeof opts / sizeof opts[0],
	.counts = counts,
	.ncounts = sizeof counts / sizeof counts[0],
	.run = run,
};

int
main(int argc, char **argv)
{
	struct options opt = { 0 };

	return dp_app_main(&cmd, &opt, argc, argv);
}
