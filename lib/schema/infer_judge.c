/* Inference as a judge of records: base/judge.h. */
#include <string.h>

#include "base/block.h"
#include "base/judge.h"
#include "schema/infer.h"

static bool
check_line(void *arg, const char *text, size_t len, size_t *kind)
{
	struct dp_infer_fault fault;

	*kind = 0;
	return dp_infer_line(arg, text, len, &fault) == 0;
}

static int
tell_line(void *arg, const char *text, size_t len, struct dp_reject *r,
    size_t *kind, struct dp_err *err)
{
	struct dp_infer_fault f = { .code = "internal", .detail = "" };

	(void)err;
	*kind = 0;
	(void)dp_infer_line(arg, text, len, &f);
	*r = (struct dp_reject){ .code = f.code,
		.detail = f.detail,
		.detail_len = strlen(f.detail),
		.pointer = f.pointer,
		.pointer_len = f.pointer == NULL ? 0 : strlen(f.pointer),
		.column = f.column };
	return 0;
}

const struct dp_judge_ops dp_infer_ops = { .run = dp_infer_lines,
	.line = check_line,
	.why = tell_line };
