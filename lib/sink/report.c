#include "sink/report.h"

#include "schema/catalog.h"
#include "sink/sink.h"

int
dp_sink_report_ddl(struct dp_report *r, char *const *paths, size_t n,
    struct dp_err *err)
{
	struct dp_catalog *c = dp_catalog_open(paths[1], &r->how, err);
	const struct dp_sink_opts sink = { .catalog = c,
		.type_key = r->how.type_key };
	int rc = -1;

	(void)n;
	if (c != NULL)
		rc = dp_sink_ddl(paths[0], &sink, r->out, err);
	dp_catalog_free(c);
	return rc;
}
