#include "json/avx2.h"

#include "json/scan_body.h"
#include "json/scan_variant.h"

#ifdef DP_HAVE_AVX2
const char *
dp_scan_line_avx2(struct dp_scan_work *w, const char *text,
    struct dp_scan_value *value)
{
	return dp_scan_whole(w, text, value);
}
#endif

DP_AVX2_END
