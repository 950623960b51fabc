/* suite: JSON-Schema-Test-Suite against the reference itself. */
#ifndef REFERENCE_SUITE_H
#define REFERENCE_SUITE_H

struct suite_count {
	unsigned good, bad, lost; /* lost: refers to what is not there */
};

/* Adds what the reference says of a draft's required tests. */
void suite_run(const char *folder, const char *draft_name, int draft,
    struct suite_count *count);

#endif
