/*
 * err: one error record, filled where the fault is found, printed in cmd/.
 *
 * A function that can fail takes a struct dp_err * as its last argument and
 * returns 0 (or a pointer) on success, -1 (or NULL) on failure.  On failure
 * it has set the record once.  Callers that know more (a path, a line) put
 * it in front with dp_err_context() and pass -1 on.  Nothing in lib/ prints
 * an error, and nothing in lib/ exits.
 */
#ifndef DP_BASE_ERR_H
#define DP_BASE_ERR_H

#include <stddef.h>

#define DP_ERR_MSG_SIZE 1024

/*
 * What a caller may do about a fault: the exit statuses of every program,
 * from sysexits.h where it has the meaning.
 */
enum dp_status {
	DP_OK = 0,
	DP_REJECTED = 1,     /* ran to the end; some records were rejected */
	DP_USAGE = 64,       /* wrong options or operands */
	DP_DATA = 65,        /* the input is unusable */
	DP_NOINPUT = 66,     /* no such input */
	DP_UNAVAILABLE = 69, /* peer or database unreachable after retries */
	DP_FAILED = 74,      /* I/O error, damaged spool, out of memory */
	DP_TRYAGAIN = 75,    /* locked, full or busy: safe to run again */
	DP_NOPERM = 77,      /* permission */
	DP_CONFIG = 78       /* configuration or schema wrong; nothing read */
};

/* On the caller's stack, set to { 0 }; holds no pointer to free. */
struct dp_err {
	enum dp_status status;
	int sys_errno; /* 0 when no system call failed */
	char msg[DP_ERR_MSG_SIZE];
};

/* Both return -1, so that a caller can write: return dp_err_set(...); */
int dp_err_set(struct dp_err *err, enum dp_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the system's text for sys_errno behind. */
int dp_err_sys(struct dp_err *err, enum dp_status status, int sys_errno,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The exit status that fits a failed open or similar of a named file. */
enum dp_status dp_err_status_of(int sys_errno);

/* The same for a file that a setting names, to be written: 66 is 78 there. */
enum dp_status dp_err_status_of_setting(int sys_errno);

/* Out of memory; returns -1. */
int dp_err_nomem(struct dp_err *err);

/* Puts "text: " in front of the message already there. */
void dp_err_context(struct dp_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
