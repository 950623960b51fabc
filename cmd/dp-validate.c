/* dp-validate: passes on the events that match the schema of their type. */
#include <stdio.h>

#include "app/app.h"
#include "app/codes.h"
#include "app/filter.h"
#include "app/found.h"
#include "base/stop.h"
#include "schema/catalog.h"
#include "schema/judge.h"
#include "schema/plan_tell.h"

struct options {
	struct dp_common common; /* must be first */
	const char *schemas, *type_key, *rejects, *report, *explain;
	const char *map, *fix;
	uint64_t fetch_ms, jobs, max_record, max_depth, rule_memory, rule_ms;
	struct dp_opt_share max_rejects;
	struct dp_opt_list refs, where;
	int dup_keys, nul, formats, unplanned;
	bool all_errors, any_value, compat, explain_schema, fetch_refs;
	bool from_rejects, count, strict, tag;
};

#define AT(field) offsetof(struct options, field)
static const struct dp_opt opts[] = {
	{ 0, "all-errors", DP_OPT_FLAG, AT(all_errors), NULL, NULL,
	    "tell every fault of a record, not only the first" },
	{ 0, "any-value", DP_OPT_FLAG, AT(any_value), NULL, NULL,
	    "a record may be any JSON value, not only an object" },
	{ 0, "compat", DP_OPT_FLAG, AT(compat), NULL, NULL,
	    "check what the service that this replaces did (with --tag)" },
	{ 0, "count", DP_OPT_FLAG, AT(count), NULL, NULL,
	    "print a table of types and codes instead of the lines" },
	{ 0, "dup-keys", DP_OPT_CHOICE, AT(dup_keys), "reject|pass", "reject",
	    "what to do when an object has a key twice" },
	{ 0, "explain", DP_OPT_TEXT, AT(explain), "CODE", NULL,
	    "say what a code means, and exit" },
	{ 0, "explain-schema", DP_OPT_FLAG, AT(explain_schema), NULL, NULL,
	    "say how each subschema is checked, and exit" },
	{ 0, "fetch-refs", DP_OPT_FLAG, AT(fetch_refs), NULL, NULL,
	    "fetch schemas by https, for $ref" },
	{ 0, "fetch-time", DP_OPT_TIME, AT(fetch_ms), "TIME", "10s",
	    "time that fetching a schema may take" },
	{ 0, "fix", DP_OPT_TEXT, AT(fix), "FILTER", NULL,
	    "with --from-rejects: jq filter that mends a record first" },
	{ 0, "formats", DP_OPT_CHOICE, AT(formats), "assert|annotate", "assert",
	    "whether the keyword format is checked" },
	{ 0, "from-rejects", DP_OPT_FLAG, AT(from_rejects), NULL, NULL,
	    "the input is rejects: check their lines again" },
	{ 'j', "jobs", DP_OPT_COUNT, AT(jobs), "N", "1",
	    "threads that check; 0: one for each processor" },
	{ 'm', "map", DP_OPT_TEXT, AT(map), "FILTER", NULL,
	    "jq filter whose outputs replace a record" },
	{ 0, "max-depth", DP_OPT_COUNT, AT(max_depth), "N", "512",
	    "reject what nests deeper" },
	{ 0, "max-record", DP_OPT_SIZE, AT(max_record), "SIZE", "1m",
	    "reject lines that are longer" },
	{ 0, "max-rejects", DP_OPT_SHARE, AT(max_rejects), "N|P%", NULL,
	    "stop when more are rejected" },
	{ 0, "nul", DP_OPT_CHOICE, AT(nul), "reject|pass", "reject",
	    "what to do with \\u0000 in a string" },
	{ 0, "refs", DP_OPT_LIST, AT(refs), "[PREFIX=]DIR", NULL,
	    "further schemas, for $ref" },
	{ 'r', "rejects", DP_OPT_TEXT, AT(rejects), "FILE", NULL,
	    "write what is rejected to FILE" },
	{ 0, "report", DP_OPT_TEXT, AT(report), "FILE.html", NULL,
	    "write what was found to FILE, as a page for a browser" },
	{ 0, "rule-memory", DP_OPT_SIZE, AT(rule_memory), "SIZE", "256m",
	    "memory that a jq filter may take" },
	{ 0, "rule-time", DP_OPT_TIME, AT(rule_ms), "TIME", "1s",
	    "time that jq filters may take for a record" },
	{ 's', "schemas", DP_OPT_TEXT, AT(schemas), "PATH", NULL,
	    "folder of event types, or one schema for all records" },
	{ 0, "strict", DP_OPT_FLAG, AT(strict), NULL, NULL,
	    "a word in a schema that is like a keyword is an error" },
	{ 0, "tag", DP_OPT_FLAG, AT(tag), NULL, NULL,
	    "be a stage of dp-httpd's chain: answer each line" },
	{ 'k', "type-key", DP_OPT_TEXT, AT(type_key), "POINTER", "/event_name",
	    "where the name of the type stands" },
	{ 0, "unplanned", DP_OPT_CHOICE, AT(unplanned), "reject|pass", "reject",
	    "what to do with records of a type that is not known" },
	{ 'w', "where", DP_OPT_LIST, AT(where), "FILTER", NULL,
	    "jq filter that must yield true for a record" },
};

/* The order is that of enum dp_filter_count. */
static struct dp_count counts[] = {
	{ "read", DP_COUNT_IN, 0 },
	{ "passed", DP_COUNT_OUT, 0 },
	{ "rejected", DP_COUNT_OUT_TOLD, 0 },
	{ "blank", DP_COUNT_INFO, 0 },
	{ "dropped", DP_COUNT_OUT_TOLD, 0 },
	{ "written", DP_COUNT_INFO, 0 },
};

static const char *
type_name(const void *arg, size_t type)
{
	return dp_schema_name(dp_catalog_at(arg, type));
}

static int
filter(struct dp_app *app, const struct dp_judging *how,
    const struct options *opt, int argc, char **argv, struct dp_err *err)
{
	const size_t ntypes = dp_catalog_count(how->catalog);
	struct dp_filter f = { .app = app,
		.sift = { .ops = &dp_judge_ops,
		    .shared = how,
		    .max_record = opt->max_record,
		    .no_kind = ntypes,
		    .from_rejects = opt->from_rejects,
		    .tag = opt->tag },
		.counts = counts,
		.rejects = opt->rejects,
		.max_rejects = &opt->max_rejects,
		.jobs = opt->jobs > 0 ? (unsigned)opt->jobs : DP_FILTER_EACH,
		.look = opt->count };
	const struct dp_found_opts o = { .table = opt->count,
		.json = dp_app_json(app),
		.report = opt->report,
		.schemas = opt->schemas,
		.ntypes = ntypes,
		.type_name = type_name,
		.arg = how->catalog };
	struct dp_err none = { 0 };
	int rc;

	if ((opt->count || opt->report != NULL) &&
	    (f.found = dp_found_new(&o, err)) == NULL)
		return -1;
	rc = dp_filter_files(&f, argv, (size_t)argc, err);
	if (f.found != NULL &&
	    dp_found_tell(f.found, counts[DP_FILTER_BLANK].n,
		rc == 0 ? err : &none) == -1)
		rc = -1;
	dp_found_free(f.found);
	return rc;
}

/* All that a run needs is there: the filters are filters. */
static int
check_judge(const struct dp_judging *how, struct dp_err *err)
{
	void *judge = dp_judge_ops.open(how, err);

	dp_judge_ops.close(judge);
	return judge == NULL ? -1 : 0;
}

static int
check_options(const struct options *opt, int argc, struct dp_err *err)
{
	if (opt->tag &&
	    (opt->all_errors || opt->count || opt->report != NULL ||
		opt->from_rejects || argc > 0 || opt->rejects != NULL ||
		opt->max_rejects.set))
		return dp_err_set(err, DP_USAGE,
		    "--tag reads stdin alone, and goes with --schemas and "
		    "limits only");
	if (opt->compat &&
	    (!opt->tag || opt->schemas == NULL || opt->map != NULL ||
		opt->where.n > 0))
		return dp_err_set(err, DP_USAGE,
		    "--compat goes with --tag and --schemas, and no filters");
	if (opt->fix != NULL && !opt->from_rejects)
		return dp_err_set(err, DP_USAGE,
		    "--fix goes with --from-rejects; see --map");
	if (opt->rule_ms == 0 || opt->rule_ms > 86400000)
		return dp_err_set(err, DP_USAGE, "--rule-time: want 1ms to 1d");
	if (opt->jobs > DP_FILTER_JOBS)
		return dp_err_set(err, DP_USAGE, "--jobs: want 0 to %d",
		    DP_FILTER_JOBS);
	if (opt->max_depth == 0 || opt->max_depth > DP_SCAN_DEPTH_MAX)
		return dp_err_set(err, DP_USAGE, "--max-depth: want 1 to %d",
		    DP_SCAN_DEPTH_MAX);
	return 0;
}

static int
run(struct dp_app *app, void *arg, int argc, char **argv, struct dp_err *err)
{
	const struct options *opt = arg;
	const struct dp_catalog_opts c = { .type_key = opt->type_key,
		.scan = { .max_depth = (unsigned)opt->max_depth,
		    .nul_passes = opt->nul == 1,
		    .dup_passes = opt->dup_keys == 1 },
		.any_value = opt->any_value,
		.formats_pass = opt->formats == 1,
		.unplanned_passes = opt->unplanned == 1,
		.warn = opt->strict ? NULL : dp_app_warn,
		.warn_arg = app,
		.refs = opt->refs.at,
		.nrefs = opt->refs.n,
		.fetch = opt->fetch_refs,
		.fetch_ms = opt->fetch_ms,
		.tell = dp_app_tell,
		.tell_arg = app };
	struct dp_judging how = { .compat = opt->compat,
		.all = opt->all_errors,
		.where = opt->where.at,
		.where_n = opt->where.n,
		.map = opt->map,
		.fix = opt->fix,
		.one_output = opt->tag,
		.max_memory = opt->rule_memory,
		.deadline_ms = opt->rule_ms };
	struct dp_catalog *catalog;
	int rc;

	if (opt->explain != NULL)
		return dp_codes_explain(opt->explain, stdout, err);
	if (check_options(opt, argc, err) == -1)
		return -1;
	if (opt->tag)
		dp_stop_ignore();
	catalog = dp_catalog_open(opt->schemas, &c, err);
	if (catalog == NULL)
		return -1;
	how.catalog = catalog;
	if (opt->explain_schema)
		rc = dp_plan_tell(catalog, dp_app_json(app), stdout, err);
	else
		rc = opt->common.check
		    ? check_judge(&how, err)
		    : filter(app, &how, opt, argc, argv, err);
	dp_catalog_free(catalog);
	return rc;
}

static const struct dp_cmd cmd = {
	.name = "dp-validate",
	.operands = "[FILE ...]",
	.summary = "pass on the events that match the schema of their type",
	.opts = opts,
	.nopts = sizeof opts / sizeof opts[0],
	.counts = counts,
	.ncounts = sizeof counts / sizeof counts[0],
	.quiet_pipe = true,
	.run = run,
};

int
main(int argc, char **argv)
{
	struct options opt = { 0 };

	return dp_app_main(&cmd, &opt, argc, argv);
}
