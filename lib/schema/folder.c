#include "schema/folder.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "schema/source.h"

#define SUFFIX ".json"
#define PATH_SIZE 4096

static int
add(struct dp_folder *f, const char *path, struct dp_err *err)
{
	struct dp_source *s = dp_source_read(path, err);

	if (s == NULL)
		return -1;
	if (dp_buf_add(&f->list, &s, sizeof(void *)) == -1) {
		dp_source_free(s);
		return dp_err_nomem(err);
	}
	f->at = (struct dp_source **)(void *)f->list.data;
	f->n++;
	return 0;
}

static bool
is_schema(const char *name)
{
	const size_t len = strlen(name), tail = sizeof SUFFIX - 1;

	return name[0] != '.' && len > tail &&
	    strcmp(name + len - tail, SUFFIX) == 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct dp_source *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
add_all(struct dp_folder *f, const char *path, DIR *dir, struct dp_err *err)
{
	const struct dirent *d;
	char file[PATH_SIZE];
	const size_t len = strlen(path);

	while (errno = 0, (d = readdir(dir)) != NULL) {
		int n;

		if (!is_schema(d->d_name))
			continue;
		n = snprintf(file, sizeof file, "%s%s%s", path,
		    len > 0 && path[len - 1] == '/' ? "" : "/", d->d_name);
		if (n < 0 || (size_t)n >= sizeof file)
			return dp_err_set(err, DP_NOINPUT,
			    "%s: the name is too long", path);
		if (add(f, file, err) == -1)
			return -1;
	}
	if (errno != 0)
		return dp_err_sys(err, DP_FAILED, errno, "%s", path);
	if (f->n == 0)
		return dp_err_set(err, DP_CONFIG,
		    "%s: no schemas: want files with names like TYPE.json",
		    path);
	qsort(f->at, f->n, sizeof(void *), by_name);
	return 0;
}

int
dp_folder_open(struct dp_folder *f, const char *path, struct dp_err *err)
{
	struct stat st;
	DIR *dir;
	int rc;

	*f = (struct dp_folder){ 0 };
	dp_buf_init(&f->list, 0);
	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		f->single = true;
		return add(f, path, err);
	}
	dir = opendir(path);
	if (dir == NULL)
		return dp_err_sys(err, dp_err_status_of(errno), errno, "%s",
		    path);
	rc = add_all(f, path, dir, err);
	(void)closedir(dir);
	return rc;
}

void
dp_folder_close(struct dp_folder *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		dp_source_free(f->at[i]);
	dp_buf_fini(&f->list);
	*f = (struct dp_folder){ 0 };
}

const struct dp_source *
dp_folder_find(const struct dp_folder *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->at[i]->name, name) == 0)
			return f->at[i];
	return NULL;
}
