#include "json/avx2.h"

#include "schema/check_body.h"

#ifdef DP_LEX_AVX2
const char *
dp_check_lines_avx2(struct dp_check *k, const char *p, const char *end,
    uint64_t *good)
{
	return dp_check_all(k, p, end, good);
}

const char *
dp_check_value_avx2(struct dp_check *k, const char *p,
    const struct dp_plan *plan, struct dp_frame *f)
{
	return dp_check_try(k, p, plan, f);
}
#endif

DP_AVX2_END
