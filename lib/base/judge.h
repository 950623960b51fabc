/*
 * judge: how a loop over records (app) asks what becomes of each (schema),
 * which do not know each other.
 *
 * A judge is one thread's.  It says which lines are good, why one is not,
 * and may have stages: jq filters, which take records by the batch.
 */
#ifndef DP_BASE_JUDGE_H
#define DP_BASE_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_err;
struct dp_reject;

enum dp_judge_stage {
	DP_JUDGE_FIX, /* before line(): makes one record of one */
	DP_JUDGE_RULE /* after it: refuses a record, or makes lines of it */
};

#define DP_JUDGE_STAGES 2
#define DP_JUDGE_MAKES 4 /* a bit beside theirs: RULE makes lines */

/* What a stage says of a record; its texts live until clear(). */
struct dp_verdict {
	const char *code;   /* a word of base/code.h; NULL: it passed */
	const char *detail; /* why, any bytes; "" when it passed */
	size_t detail_len;
	const char *text; /* of a stage that makes lines, each with newline */
	size_t len;       /* 0: none, which drops the record */
	size_t outputs;   /* lines of text */
};

struct dp_judge_ops {
	/* A judge for the thread that calls; NULL: `shared` is the judge. */
	void *(*open)(const void *shared, struct dp_err *err);
	void (*close)(void *judge);

	/*
	 * Passes over good lines from text on; end[-1] is a newline, and
	 * DP_INPUT_PAD bytes behind end may be read.  Returns the start of
	 * the first line that is blank or not good, or end, and adds the
	 * number of good ones to *good.
	 */
	const char *(*run)(void *judge, const char *text, const char *end,
	    uint64_t *good);

	/* One line, text[len] being a newline: true when it is good.
	 * Sets *kind, its row of the tally. */
	bool (*line)(void *judge, const char *text, size_t len, size_t *kind);

	/* Why a line is not good: sets code, pointer, schema, detail,
	 * column and all of *r, which is empty.  The texts live until the
	 * next call.  -1 with err set ends the run. */
	int (*why)(void *judge, const char *text, size_t len,
	    struct dp_reject *r, size_t *kind, struct dp_err *err);

	/*
	 * Stages; NULL when a program has none.  stages: which there are, as
	 * bits 1 << enum dp_judge_stage, and DP_JUDGE_MAKES.  add: a record behind the
	 * batch, copied; it is JSON, or else add returns 1 and leaves it.
	 * settle: sets *decided to the number of records, from the first on,
	 * whose verdicts are there; the others are to be given again.
	 */
	unsigned (*stages)(const void *judge);
	int (*add)(void *judge, enum dp_judge_stage s, const char *text,
	    size_t len, struct dp_err *err);
	bool (*full)(const void *judge, enum dp_judge_stage s);
	int (*settle)(void *judge, enum dp_judge_stage s, size_t *decided,
	    struct dp_err *err);
	const struct dp_verdict *(
	    *verdict)(const void *judge, enum dp_judge_stage s, size_t i);
	void (*clear)(void *judge, enum dp_judge_stage s);
};

#endif
