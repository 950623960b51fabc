/*
 * letters: files of rejects, counted by code, shown, or taken apart.
 *
 * For dp-queue(1): a dead letter is a reject (app/reject.h).
 */
#ifndef DP_APP_LETTERS_H
#define DP_APP_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct dp_err;

struct dp_letters {
	void *arg;
	/* Takes the rejects as they stand.  May be NULL. */
	int (
	    *show)(void *arg, const char *data, size_t len, struct dp_err *err);
	/*
	 * Takes the original line of each, without its newline.  May be
	 * NULL.  Then a file with a reject that holds no whole line is an
	 * error, DP_DATA.
	 */
	int (*take)(void *arg, const char *raw, size_t len, struct dp_err *err);

	uint64_t lines, files;
	uint64_t *codes; /* one for each of base/code.h, and one for others */
	size_t ncodes;
};

struct dp_letters *dp_letters_new(struct dp_err *err);
void dp_letters_free(struct dp_letters *l);

/* Reads all of a file into a struct dp_letters; fd is the caller's, name is for messages. */
int dp_letters_read(void *letters, const char *name, int fd,
    struct dp_err *err);

/* Prints how many there were of each code. */
void dp_letters_table(const struct dp_letters *l, bool json, FILE *out);

#endif
