#include "queue/alive.h"

#include <stdio.h>

#include "base/notify.h"
#include "base/stop.h"
#include "base/time.h"

#define TELL_MS 1000 /* between two lines of status while all is at work */

void
dp_alive_start(struct dp_alive *a)
{
	*a = (struct dp_alive){ .on = dp_notify_is_on(),
		.watchdog_ms = dp_notify_watchdog_ms() };
	if (a->on)
		dp_notify("READY=1");
}

static void
tell(struct dp_alive *a, uint64_t lines, uint64_t dead, bool waiting)
{
	char text[160];

	a->lines = lines;
	a->dead = dead;
	a->waiting = waiting;
	a->told_ms = dp_time_now_ms();
	(void)snprintf(text, sizeof text,
	    "STATUS=%s: %ju lines drained, %ju dead letters",
	    a->stopping   ? "ends"
		: waiting ? "waits"
			  : "at work",
	    (uintmax_t)(lines - dead), (uintmax_t)dead);
	dp_notify(text);
}

void
dp_alive_turn(struct dp_alive *a, struct dp_pool *pool, uint64_t lines,
    uint64_t dead, bool waiting)
{
	uint64_t now;

	if (!a->on)
		return;
	now = dp_time_now_ms();
	if (!a->stopping && dp_stop_signal() != 0) {
		a->stopping = true;
		dp_notify("STOPPING=1");
	}
	if (a->told_ms == 0 || waiting != a->waiting ||
	    ((lines != a->lines || dead != a->dead) &&
		(waiting || now - a->told_ms >= TELL_MS)))
		tell(a, lines, dead, waiting);
	if (a->watchdog_ms == 0 || now < a->next_ms)
		return;
	if (pool == NULL || !dp_pool_hangs(pool, 2 * a->watchdog_ms))
		dp_notify("WATCHDOG=1");
	a->next_ms = now + a->watchdog_ms;
}

int
dp_alive_wait_ms(const struct dp_alive *a, int ms)
{
	uint64_t now, most;

	if (!a->on || a->watchdog_ms == 0)
		return ms;
	now = dp_time_now_ms();
	most = a->next_ms > now ? a->next_ms - now : 0;
	return ms < 0 || (uint64_t)ms > most ? (int)most : ms;
}
