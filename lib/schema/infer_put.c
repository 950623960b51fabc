/* infer_put: the schemas of all types, to a folder or to a stream. */
#include <sys/stat.h>
#include <errno.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/put.h"
#include "schema/infer.h"

static int
put_in(struct dp_infer *f, size_t i, const char *folder, bool force,
    struct dp_err *err)
{
	struct dp_buf path, b;
	const char *text;
	int rc;

	dp_buf_init(&path, 0);
	dp_buf_init(&b, 0);
	(void)dp_buf_addf(&path, "%s/%s.json", folder, dp_infer_name(f, i));
	text = dp_buf_text(&path);
	rc = text == NULL ? dp_err_nomem(err) : dp_infer_write(f, i, &b, err);
	if (rc == 0)
		rc = dp_put_file(text, b.data, b.len, force, err);
	dp_buf_fini(&path);
	dp_buf_fini(&b);
	return rc;
}

int
dp_infer_put(struct dp_infer *f, const char *folder, bool force,
    struct dp_buf *out, struct dp_err *err)
{
	const size_t n = dp_infer_count(f);
	size_t i;

	if (n == 0)
		return dp_err_set(err, DP_DATA,
		    dp_infer_is_one(f)
			? "no record to infer from"
			: "no record to infer from; --type-key tells where "
			  "the type stands, --type takes all records for one");
	if (n > 1 && folder == NULL)
		return dp_err_set(err, DP_USAGE,
		    "there are %zu types (%s, %s ...): --output names a folder "
		    "for their files",
		    n, dp_infer_name(f, 0), dp_infer_name(f, 1));
	if (folder == NULL)
		return dp_infer_write(f, 0, out, err);
	if (mkdir(folder, 0777) == -1 && errno != EEXIST)
		return dp_err_sys(err, dp_err_status_of_setting(errno), errno,
		    "--output=%s", folder);
	for (i = 0; i < n; i++)
		if (put_in(f, i, folder, force, err) == -1)
			return -1;
	return 0;
}
