/* work: what a scan remembers of the line at hand, and its set-up. */
#ifndef DP_JSON_WORK_H
#define DP_JSON_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "json/keyset.h"
#include "json/scan.h"

/* One thread's; freed with dp_scan_work_fini(). */
struct dp_scan_work {
	struct dp_keyset keys;
	unsigned max_depth;
	bool nul_passes, dup_passes;
	uint32_t *open; /* by depth: the object's number, 0 for an array */
	uint32_t few[DP_SCAN_DEPTH + 1];
};

/* Takes the limits of opts; opts->work is not looked at.  -1: no memory. */
int dp_scan_work_init(struct dp_scan_work *w, const struct dp_scan_opts *opts);
void dp_scan_work_fini(struct dp_scan_work *w);

#endif
