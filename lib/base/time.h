/* time: clocks, and durations and sizes as people write them. */
#ifndef DP_BASE_TIME_H
#define DP_BASE_TIME_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define DP_TIME_TEXT_SIZE 32

uint64_t dp_time_now_ms(void);  /* monotonic: for waiting and measuring */
uint64_t dp_time_wall_us(void); /* since 1970, UTC */

/* "2026-11-24T04:00:00Z", of a wall time in seconds. */
void dp_time_text(time_t t, char text[DP_TIME_TEXT_SIZE]);

/* The other way, of exactly that form.  0 or -1. */
int dp_time_of_text(const char *text, uint64_t *seconds);

void dp_time_sleep_ms(uint64_t ms); /* ends early at a signal */

/* "300s", "5m", "1h", "250ms", a bare number is seconds.  0 or -1. */
int dp_time_parse(const char *text, uint64_t *ms);

/* "65536", "64k", "1m", "2g" (powers of 1024).  0 or -1. */
int dp_size_parse(const char *text, uint64_t *bytes);

#endif
