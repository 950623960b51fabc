#include "json/scan.h"

#include <string.h>

#include "json/lex.h"
#include "json/scan_variant.h"
#include "json/unescape.h"
#include "json/work.h"

const char *
dp_scan_code(enum dp_scan_fault fault)
{
	switch (fault) {
	case DP_SCAN_INCOMPLETE:
		return "incomplete";
	case DP_SCAN_ENCODING:
		return "encoding";
	case DP_SCAN_SURROGATE:
		return "surrogate";
	case DP_SCAN_NUL:
		return "nul";
	case DP_SCAN_DEPTH_OVER:
		return "depth";
	case DP_SCAN_DUPLICATE:
		return "duplicate-key";
	case DP_SCAN_MEMORY:
		return "internal";
	case DP_SCAN_OK:
	case DP_SCAN_MALFORMED:
	default:
		return "malformed";
	}
}

bool
dp_scan_has_avx2(void)
{
#ifdef DP_HAVE_AVX2
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
#else
	return false;
#endif
}

static const char *
scan(struct dp_scan_work *w, const char *text, struct dp_scan_value *v)
{
#ifdef DP_HAVE_AVX2
	if (dp_scan_has_avx2())
		return dp_scan_line_avx2(w, text, v);
#endif
	return dp_scan_line_plain(w, text, v);
}

static enum dp_scan_fault
scan_with(struct dp_scan_work *w, const char *text, size_t len,
    struct dp_scan_value *value, size_t *at)
{
	struct dp_scan_value v = { 0 };
	enum dp_scan_fault fault;

	/* A raw newline before len ends a scan too early. */
	if (scan(w, text, &v) != text + len + 1) {
		fault = dp_scan_fault(w, text, len, at);
		return fault == DP_SCAN_OK ? DP_SCAN_MALFORMED : fault;
	}
	v.escaped =
	    v.type == DP_JSON_STRING && memchr(v.text, '\\', v.len) != NULL;
	if (value != NULL)
		*value = v;
	*at = len;
	return DP_SCAN_OK;
}

static enum dp_scan_fault
scan_alone(const char *text, size_t len, const struct dp_scan_opts *opts,
    struct dp_scan_value *value, size_t *at)
{
	struct dp_scan_work w;
	enum dp_scan_fault fault;

	if (dp_scan_work_init(&w, opts) == -1)
		return DP_SCAN_MEMORY;
	fault = scan_with(&w, text, len, value, at);
	dp_scan_work_fini(&w);
	return fault;
}

enum dp_scan_fault
dp_scan_line(const char *text, size_t len, const struct dp_scan_opts *opts,
    struct dp_scan_value *value, size_t *at)
{
	*at = 0;
	if (opts->work != NULL)
		return scan_with(opts->work, text, len, value, at);
	return scan_alone(text, len, opts, value, at);
}

bool
dp_scan_equal(const char *raw, size_t raw_len, bool escaped, const char *text,
    size_t len)
{
	struct dp_unescape u;
	char some[64];
	size_t n;

	if (!escaped)
		return raw_len == len && memcmp(raw, text, len) == 0;
	u = dp_unescape_of(raw, raw_len);
	do {
		n = dp_unescape_some(&u, some, sizeof some);
		if (n > len || memcmp(some, text, n) != 0)
			return false;
		text += n;
		len -= n;
	} while (n == sizeof some);
	return len == 0;
}
