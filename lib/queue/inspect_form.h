/* inspect_form: what a queue holds, as text for people; for inspect_*.c. */
#ifndef DP_QUEUE_INSPECT_FORM_H
#define DP_QUEUE_INSPECT_FORM_H

#include "queue/inspect.h"

void dp_form_age(struct dp_buf *out, uint64_t seconds); /* "12 s", "3 m" */
void dp_form_ago(struct dp_buf *out, uint64_t then_us, uint64_t now_us);
void dp_form_size(struct dp_buf *out, double n); /* "1.5 MiB" */
void dp_form_status(struct dp_buf *out, unsigned status);

/* "1 lane", "2 lanes" */
void dp_form_count(struct dp_buf *out, uint64_t n, const char *one);

/* "waiting: 5 lines, 1.5 KiB, in 2 lanes" */
void dp_form_waiting(const struct dp_inspect *i, struct dp_buf *out);

void dp_form_text(const struct dp_inspect *i, struct dp_buf *out); /* stat */
void dp_form_list(const struct dp_inspect *i, struct dp_buf *out); /* ls */

#endif
