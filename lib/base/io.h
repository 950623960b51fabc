/*
 * io: system calls that finish what they began.
 *
 * Interrupted calls are tried again, short writes are continued.  Each
 * returns 0 or -1 with errno set, as the call beneath does; the caller, who
 * knows the file's name, makes the error record.
 */
#ifndef DP_BASE_IO_H
#define DP_BASE_IO_H

#include <sys/types.h>
#include <sys/uio.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;

/* All of it; a descriptor that is non-blocking is waited for. */
int dp_io_write(int fd, const void *data, size_t len);
int dp_io_writev(int fd, struct iovec *iov, int n); /* changes iov */
int dp_io_pwrite(int fd, const void *data, size_t len, off_t at);

/* Like read: 0 at the end, -1 on error; never EINTR. */
ssize_t dp_io_read(int fd, void *data, size_t len);

/* As many of len bytes as there are from at on; short only at the end. */
ssize_t dp_io_pread(int fd, void *data, size_t len, off_t at);

/* fsync of the folder at path, relative to dirfd (or AT_FDCWD). */
int dp_io_sync_dir(int dirfd, const char *path);

/* A pipe gets room for a mebibyte: fewer and larger turns. */
void dp_io_widen(int fd);

/* True when a read of fd would return at once. */
int dp_io_readable(int fd);

struct stat;

/* A number for what is in a file: another one once it is written to.  0: it
 * is empty. */
uint64_t dp_io_stamp(const struct stat *st);

#endif
