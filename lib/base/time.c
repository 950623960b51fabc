#include "base/time.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stop.h"

uint64_t
dp_time_now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
dp_time_wall_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void
dp_time_text(time_t t, char text[DP_TIME_TEXT_SIZE])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, DP_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
}

int
dp_time_of_text(const char *text, uint64_t *seconds)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	time_t t;

	if (end == NULL || *end != '\0' || (t = timegm(&tm)) < 0)
		return -1;
	*seconds = (uint64_t)t;
	return 0;
}

void
dp_time_sleep_ms(uint64_t ms)
{
	uint64_t end = dp_time_now_ms() + ms, now;

	while ((now = dp_time_now_ms()) < end) {
		uint64_t left = end - now;

		if (dp_stop_wait(-1, left > 60000 ? 60000 : (int)left) == -1)
			return;
	}
}

static int
digits(const char **text, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -1;
	errno = 0;
	*n = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0 ? 0 : -1;
}

static int
scaled(uint64_t n, uint64_t unit, uint64_t *out)
{
	if (n > UINT64_MAX / unit)
		return -1;
	*out = n * unit;
	return 0;
}

int
dp_time_parse(const char *text, uint64_t *ms)
{
	static const struct {
		const char *unit;
		uint64_t ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 } };

	uint64_t n;
	size_t i;

	if (digits(&text, &n) == -1)
		return -1;
	for (i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(text, units[i].unit) == 0)
			return scaled(n, units[i].ms, ms);
	return -1;
}

int
dp_size_parse(const char *text, uint64_t *bytes)
{
	static const char letters[] = "kmgt";
	const char *at;
	uint64_t n;

	if (digits(&text, &n) == -1)
		return -1;
	if (*text == '\0') {
		*bytes = n;
		return 0;
	}
	at = strchr(letters, tolower((unsigned char)*text));
	if (at == NULL || text[1] != '\0')
		return -1;
	return scaled(n, UINT64_C(1) << (10 * (at - letters + 1)), bytes);
}
