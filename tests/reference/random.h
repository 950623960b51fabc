/* random: chance, and pieces of JSON text made by it. */
#ifndef REFERENCE_RANDOM_H
#define REFERENCE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value.h"

#define RANDOM_ROOM (1u << 20)

/* The same seed, the same texts. */
struct random {
	uint64_t state;
	char *out; /* RANDOM_ROOM bytes: the text that is being made */
	size_t n;
	bool spaces; /* between tokens there may be blanks */
};

uint64_t random_next(struct random *r);
unsigned random_below(struct random *r, unsigned n);
bool random_chance(struct random *r, unsigned percent);

void random_put(struct random *r, const char *text);
void random_bytes(struct random *r, const char *text, size_t len);
void random_token(struct random *r, const char *text); /* blanks around */

/* A string in its quotes, some characters escaped in one way or other. */
void random_quote(struct random *r, const char *text, size_t len);

/* UTF-8 of the usual suspects; valid until the next call. */
const char *random_key(struct random *r);
const char *random_text(struct random *r);
const char *random_number(struct random *r);
const char *random_count(struct random *r, bool strict); /* 0 to 4 */

/* Puts a value again, spelled in another way. */
void random_respell(struct random *r, const struct ref_value *v);

/* Puts any value. */
void random_value(struct random *r, unsigned depth);

/* Changes some bytes of a text that has room for 64 more. */
size_t random_damage(struct random *r, char *text, size_t len);

#endif
