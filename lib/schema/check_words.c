#define DP_LEX_PORTABLE
#include "schema/check_body.h"

const char *
dp_check_lines_words(struct dp_check *k, const char *p, const char *end,
    uint64_t *good)
{
	return dp_check_all(k, p, end, good);
}

const char *
dp_check_value_words(struct dp_check *k, const char *p,
    const struct dp_plan *plan, struct dp_frame *f)
{
	return dp_check_try(k, p, plan, f);
}
