#include "app/decode.h"

#include <string.h>

#include "base/err.h"

static const struct dp_decoder *const decoders[] = {
#ifdef DP_HAVE_ZLIB
	&dp_decode_gz,
#endif
#ifdef DP_HAVE_ZSTD
	&dp_decode_zst,
#endif
	NULL
};

static const struct {
	const char *magic, *name;
	size_t len;
} known[] = { { "\x1f\x8b", "gzip", 2 }, { "\x28\xb5\x2f\xfd", "zstd", 4 } };

int
dp_decode_choose(const char *data, size_t len, const struct dp_decoder **dec,
    struct dp_err *err)
{
	size_t i;

	*dec = NULL;
	for (i = 0; decoders[i] != NULL; i++)
		if (len >= decoders[i]->magic_len &&
		    memcmp(data, decoders[i]->magic, decoders[i]->magic_len) ==
			0) {
			*dec = decoders[i];
			return 0;
		}
	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		if (len >= known[i].len &&
		    memcmp(data, known[i].magic, known[i].len) == 0)
			return dp_err_set(err, DP_DATA,
			    "%s data, and this program was built without it",
			    known[i].name);
	return 0;
}
