#include "json/scan_body.h"
#include "json/scan_variant.h"

const char *
dp_scan_line_plain(struct dp_scan_work *w, const char *text,
    struct dp_scan_value *value)
{
	return dp_scan_whole(w, text, value);
}
