#include "queue/pg_lib.h"

#include <dlfcn.h>
#include <string.h>

#include "base/err.h"

#define SONAME "libpq.so.5"

int
pg_lib_load(struct dp_err *err)
{
	/* Stays loaded: it is asked by name, and never given back. */
	if (dlopen(SONAME, RTLD_NOW | RTLD_GLOBAL) == NULL)
		return dp_err_set(err, DP_CONFIG,
		    "queues in PostgreSQL need " SONAME ": %s", dlerror());
	return 0;
}

pg_function *
pg_lib_find(const char *name)
{
	void *p = dlsym(RTLD_DEFAULT, name);
	pg_function *f;

	/* ISO C has no cast between these two. */
	memcpy(&f, &p, sizeof f);
	return f;
}
