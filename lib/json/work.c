#include "json/work.h"

#include <stdlib.h>

int
dp_scan_work_init(struct dp_scan_work *w, const struct dp_scan_opts *opts)
{
	unsigned depth = opts->max_depth;

	dp_keyset_init(&w->keys);
	if (depth == 0)
		depth = DP_SCAN_DEPTH;
	if (depth > DP_SCAN_DEPTH_MAX)
		depth = DP_SCAN_DEPTH_MAX;
	w->max_depth = depth;
	w->nul_passes = opts->nul_passes;
	w->dup_passes = opts->dup_passes;
	w->open = w->few;
	if (depth > DP_SCAN_DEPTH) {
		w->open = calloc(depth + 1, sizeof *w->open);
		if (w->open == NULL)
			return -1;
	}
	return 0;
}

void
dp_scan_work_fini(struct dp_scan_work *w)
{
	dp_keyset_fini(&w->keys);
	if (w->open != w->few)
		free(w->open);
	w->open = NULL;
}
