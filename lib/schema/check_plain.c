#include "schema/check_body.h"

const char *
dp_check_lines_plain(struct dp_check *k, const char *p, const char *end,
    uint64_t *good)
{
	return dp_check_all(k, p, end, good);
}
