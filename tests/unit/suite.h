/*
 * suite: the cases of JSON-Schema-Test-Suite, for tests of single keywords.
 * The suite is found by $DP_SUITES, and is not part of this project.
 */
#ifndef DP_TESTS_SUITE_H
#define DP_TESTS_SUITE_H

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/scan.h"
#include "json/text.h"
#include "tap.h"

struct suite_case {
	const char *path; /* from the suite's tests/ on */
	struct dp_scan_value schema, data;
	struct dp_buf group, name; /* descriptions */
	bool valid;
};

typedef void suite_fn(const struct suite_case *c, void *arg);

/* The text of a string value. */
static inline void
suite_text(struct dp_buf *b, const struct dp_scan_value *v)
{
	dp_buf_clear(b);
	dp_json_unescape(b, v->text + 1, v->len - 2);
}

/* The member of an object, or false. */
static inline bool
suite_member(const struct dp_scan_value *object, const char *key,
    struct dp_scan_value *v)
{
	const char *at = NULL;
	struct dp_scan_member m;

	while (dp_scan_next_member(object, &at, &m))
		if (dp_scan_equal(m.key, m.key_len, m.key_escaped, key,
			strlen(key))) {
			*v = m.value;
			return true;
		}
	return false;
}

static inline void
suite_group(struct suite_case *c, const struct dp_scan_value *group,
    suite_fn *fn, void *arg)
{
	struct dp_scan_value tests, test, v;
	const char *at = NULL;

	if (!suite_member(group, "schema", &c->schema) ||
	    !suite_member(group, "tests", &tests) ||
	    !suite_member(group, "description", &v))
		return;
	suite_text(&c->group, &v);
	while (dp_scan_next_element(&tests, &at, &test)) {
		if (!suite_member(&test, "valid", &v))
			continue;
		c->valid = v.type == DP_JSON_TRUE;
		if (suite_member(&test, "description", &v))
			suite_text(&c->name, &v);
		if (suite_member(&test, "data", &c->data))
			fn(c, arg);
	}
}

/* A suite's file has many lines; no newline stands in a string. */
static inline bool
suite_file(const char *path, size_t root, suite_fn *fn, void *arg)
{
	static char text[1 << 20];
	struct suite_case c = { .path = path + root };
	const struct dp_scan_opts opts = { .nul_passes = true };
	struct dp_scan_value all, group;
	const char *at = NULL;
	size_t len, i;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		return false;
	len = fread(text, 1, sizeof text - DP_SCAN_PAD - 1, f);
	(void)fclose(f);
	for (i = 0; i < len; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	text[len] = '\n';
	if (dp_scan_line(text, len, &opts, &all, &i) != DP_SCAN_OK)
		return false;
	dp_buf_init(&c.group, 0);
	dp_buf_init(&c.name, 0);
	while (dp_scan_next_element(&all, &at, &group))
		suite_group(&c, &group, fn, arg);
	dp_buf_fini(&c.group);
	dp_buf_fini(&c.name);
	return true;
}

/*
 * Runs fn on each case of the files that match pattern, below tests/ of the
 * suite.  Returns how many files there were; 0 aloud.
 */
static inline size_t
suite_run(const char *pattern, suite_fn *fn, void *arg)
{
	const char *suites = getenv("DP_SUITES");
	char path[1024];
	size_t root, i, n = 0;
	glob_t g;

	root = (size_t)snprintf(path, sizeof path,
	    "%s/JSON-Schema-Test-Suite/tests/",
	    suites == NULL ? "../shared/suites" : suites);
	(void)snprintf(path + root, sizeof path - root, "%s", pattern);
	if (glob(path, 0, NULL, &g) == 0) {
		for (i = 0; i < g.gl_pathc; i++)
			n += suite_file(g.gl_pathv[i], root, fn, arg);
		globfree(&g);
	}
	if (n == 0)
		(void)printf("# SKIPPED: no %s (DP_SUITES names the folder)\n",
		    path);
	return n;
}

#endif
