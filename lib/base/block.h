/*
 * block: pieces of input, and what becomes of a record that is not taken.
 *
 * The shapes that pass between who reads files (app) and who stores lines
 * (sink), which do not know each other.
 */
#ifndef DP_BASE_BLOCK_H
#define DP_BASE_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;

enum dp_block_kind {
	DP_BLOCK_LINES, /* whole lines, the last byte is a newline */
	DP_BLOCK_TAIL,  /* the file's last line, which has no newline; a
			   newline stands at data[len], not counted */
	DP_BLOCK_LONG   /* a line over max_record: its first 64 KiB */
};

struct dp_block {
	enum dp_block_kind kind;
	const char *file; /* as named; "(stdin)" for - */
	uint64_t file_no; /* from 0; a new file has a new number */
	uint64_t line;    /* number of the first line, from 1 */
	uint64_t offset;  /* of data[0], in uncompressed bytes */
	char *data;       /* good until the next call; may be written to */
	size_t len;
	uint64_t long_bytes; /* LONG: the length of the whole line */
	bool bom;            /* a BOM stood before data[0] */
};

/* Who takes files one by one.  Each returns 0 to go on, 1 to read the file
 * from its front again (not without an inode), -1 with err set to stop;
 * block also 2 when the rest of the file is not wanted: end is left out. */
struct dp_files_ops {
	/* inode: "DEVICE:INODE", "" for stdin and what is no regular file. */
	int (*begin)(void *arg, const char *name, const char *inode, bool again,
	    struct dp_err *err);

	/* *lines is raised by the number of lines of the block. */
	int (*block)(void *arg, const struct dp_block *b, uint64_t *lines,
	    struct dp_err *err);

	/* whole: false when the file could not be read to its end, which has
	 * been told, or a signal asked to stop. */
	int (*end)(void *arg, bool whole, struct dp_err *err);

	/* Before a read that may block.  After -1 the input is at its end. */
	int (*before_wait)(void *arg, struct dp_err *err);

	/* A file is passed over, for it was written to a moment ago. */
	void (*young)(void *arg, const char *name);

	/* All of a line that is too long, in pieces, before its block. */
	void (*passed)(void *arg, const char *data, size_t len);
};

/* A rejected record (data-pipe(7)). */
struct dp_reject {
	const char *code;    /* a word of base/code.h */
	const char *pointer; /* NULL: not told; may have length 0 */
	size_t pointer_len;
	const char *schema; /* "purchase#/properties/user_id/type" or NULL */
	const char *detail; /* "want integer, got string" or NULL */
	size_t detail_len;
	const char *sqlstate; /* 5 letters or NULL */
	const char *source;   /* the file as named, or the batch */
	uint64_t line;
	uint64_t column;  /* 0: not told */
	uint64_t attempt; /* from 1 */
	const char *raw;  /* the line without its newline */
	size_t raw_len;
	bool truncated; /* raw is the head of a line of `bytes` bytes */
	uint64_t bytes;

	/* All faults of the record, this one too, where all are wanted and
	 * there are several: code, pointer, schema, detail, column. */
	struct dp_reject *all; /* or NULL */
	size_t nall;
	bool cut; /* there are more than these */
};

#endif
