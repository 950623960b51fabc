/* report_page: the inside of a report, and how it looks as HTML. */
#ifndef DP_APP_REPORT_PAGE_H
#define DP_APP_REPORT_PAGE_H

#include <stdbool.h>

#include "app/report.h"
#include "base/buf.h"

#define DP_REPORT_CODES 96
#define DP_REPORT_EXAMPLES 5 /* of a code */
#define DP_REPORT_FAULTS 120
#define DP_REPORT_LONGEST 5
#define DP_REPORT_SIZES 40 /* powers of two */

struct dp_report_fault {
	size_t code; /* index of base/code.h */
	uint64_t line, column;
	char file[256], pointer[256], detail[512];
	char text[200]; /* of the line, around the place */
	size_t len, at; /* at: the place in text */
	bool cut_before, cut_after;
};

struct dp_report {
	uint64_t bytes;
	uint64_t sizes[DP_REPORT_SIZES]; /* records of 2^i bytes and more */
	unsigned shown[DP_REPORT_CODES];
	size_t nfaults, nlongest;
	struct dp_report_fault faults[DP_REPORT_FAULTS];

	struct {
		char file[256];
		uint64_t line, len;
	} longest[DP_REPORT_LONGEST];
};

void dp_report_compose(const struct dp_report *r,
    const struct dp_report_page *page, struct dp_buf *b);

#endif
