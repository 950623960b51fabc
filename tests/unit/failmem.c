/* failmem: the nth allocation fails.  Linked with -Wl,--wrap=malloc,... */
#include "failmem.h"

#include <stdlib.h>

static long left = -1;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

void
failmem_after(long n)
{
	left = n;
}

static int
fails(void)
{
	if (left > 0)
		left--;
	else if (left == 0)
		return 1;
	return 0;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return fails() ? NULL : __real_realloc(p, size);
}
