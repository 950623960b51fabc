#include "base/stop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/*
 * The stop flag: one of the few variables that a signal forces on us.
 * Atomic, since threads ask for it, and free of locks, since handlers set it.
 */
static atomic_int stop_signal;
static atomic_bool progress_asked;
static atomic_bool reload_asked;
static atomic_bool at_end;

static void
on_stop(int sig)
{
	stop_signal = sig;
}

static void
on_progress(int sig)
{
	(void)sig;
	progress_asked = true;
}

static void
on_reload(int sig)
{
	(void)sig;
	reload_asked = true;
}

static void catch (int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(sig, &sa, NULL);
}

void
dp_stop_catch(void)
{
	catch (SIGINT, on_stop, (int)SA_RESETHAND);
	catch (SIGTERM, on_stop, (int)SA_RESETHAND);
	catch (SIGUSR1, on_progress, 0);
}

void
dp_stop_ignore(void)
{
	catch (SIGINT, SIG_IGN, 0);
	catch (SIGTERM, SIG_IGN, 0);
}

int
dp_stop_signal(void)
{
	return stop_signal;
}

void
dp_stop_end(void)
{
	at_end = true;
}

bool
dp_stop_over(void)
{
	return at_end || stop_signal != 0;
}

bool
dp_stop_asked_progress(void)
{
	return atomic_exchange(&progress_asked, false);
}

void
dp_stop_catch_reload(void)
{
	catch (SIGHUP, on_reload, 0);
}

bool
dp_stop_asked_reload(void)
{
	return atomic_exchange(&reload_asked, false);
}

int
dp_stop_wait(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec ts = { .tv_sec = timeout_ms / 1000,
		.tv_nsec = (timeout_ms % 1000) * 1000000L };
	sigset_t block, before;
	int n = -1;

	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGINT);
	(void)sigaddset(&block, SIGTERM);
	(void)sigaddset(&block, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &block, &before);
	if (stop_signal == 0 && !progress_asked)
		n = ppoll(&p, fd == -1 ? 0 : 1, timeout_ms < 0 ? NULL : &ts,
		    &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (stop_signal != 0 || progress_asked)
		return -1;
	/* Any other signal, or an odd descriptor: let the read find out. */
	return n == 0 ? 0 : 1;
}

void
dp_stop_die(void)
{
	if (stop_signal == 0)
		return;
	catch (stop_signal, SIG_DFL, 0);
	(void)raise(stop_signal);
}
