/* number: JSON numbers as digits and an exponent; for exponents below 10^6. */
#ifndef REFERENCE_NUMBER_H
#define REFERENCE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Below 0, 0 or above 0. */
int ref_number_compare(const char *a, size_t a_len, const char *b,
    size_t b_len);
bool ref_number_integral(const char *text, size_t len);
bool ref_number_multiple(const char *text, size_t len, const char *step,
    size_t step_len);

#endif
