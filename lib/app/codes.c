#include "app/codes.h"

#include <string.h>

#include "base/code.h"
#include "base/err.h"
#include "base/near.h"

static int
unknown(const char *word, struct dp_err *err)
{
	unsigned least = dp_near_limit(strlen(word)) + 1;
	const char *best = NULL;
	const struct dp_code *c;
	size_t i;

	for (i = 0; (c = dp_code_at(i)) != NULL; i++) {
		const unsigned d = dp_near_distance(word, strlen(word), c->word,
		    strlen(c->word), least);

		if (d < least) {
			least = d;
			best = c->word;
		}
	}
	return dp_err_set(err, DP_USAGE, "--explain=%s: no such code; %s%s%s",
	    word, best == NULL ? "data-pipe(7) lists them" : "did you mean ",
	    best == NULL ? "" : best, best == NULL ? "" : "?");
}

int
dp_codes_explain(const char *word, FILE *out, struct dp_err *err)
{
	const struct dp_code *c = dp_code_find(word, strlen(word));

	if (c == NULL)
		return unknown(word, err);
	(void)fprintf(out,
	    "%s (%d, \"%s\")\n%s\nFor example: %s\nWhat to do: %s\n", c->word,
	    c->number, dp_code_text(c->number), c->means, c->example, c->cure);
	return 0;
}
