/* The only file that knows libjq's jv.h on the way of the settings. */
#include "app/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "app/opt.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/io.h"

#define CONFIG_MAX 1048576
#define DEFAULT_PATH "/etc/datapipe.json"

struct dp_config {
	const char *path;
	jv *texts; /* strings that settings point to */
	size_t ntexts;
};

/* The origin's keys.  option NULL: nothing to set here. */
static const struct {
	const char *key, *option, *env, *unit;
} origin[] = {
	{ "default_app_port", "port", NULL, "" },
	{ "input_max_len", "max-record", NULL, "" },
	{ "encoding_scheme", NULL, NULL, "" },
	{ "mq_host", NULL, NULL, "" },
	{ "mq_project_id", NULL, NULL, "" },
	{ "mq_token", NULL, NULL, "" },
	{ "mq_fetch_msg_num", "batch-records", NULL, "" },
	{ "db_load_interval", "every", NULL, "s" },
	{ "db_load_min_interval", "min-interval", NULL, "s" },
	{ "db_load_worker", "workers", NULL, "" },
	{ "db_load_chunk_size", "batch-bytes", NULL, "" },
	{ "db_name", NULL, "PGDATABASE", "" },
	{ "db_user", NULL, "PGUSER", "" },
	{ "db_password", NULL, "PGPASSWORD", "" },
	{ "db_host", NULL, "PGHOST", "" },
	{ "db_port", NULL, "PGPORT", "" },
};

static int
read_file(const char *path, struct dp_buf *b, struct dp_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd == -1)
		return dp_err_sys(err, DP_CONFIG, errno, "%s", path);
	while (dp_buf_reserve(b, 4096) == 0 &&
	    (n = dp_io_read(fd, b->data + b->len, b->cap - b->len)) > 0)
		b->len += (size_t)n;
	(void)close(fd);
	if (b->failed)
		return dp_err_set(err, DP_CONFIG, "%s: larger than 1 MiB",
		    path);
	return n == -1 ? dp_err_sys(err, DP_CONFIG, errno, "%s", path) : 0;
}

/* Keeps a string alive as long as the settings, and returns its text. */
static const char *
keep(struct dp_config *c, jv text, struct dp_err *err)
{
	jv *more = calloc(c->ntexts + 1, sizeof *more);

	if (more == NULL) {
		jv_free(text);
		(void)dp_err_nomem(err);
		return NULL;
	}
	if (c->ntexts > 0)
		memcpy(more, c->texts, c->ntexts * sizeof *more);
	free(c->texts);
	c->texts = more;
	c->texts[c->ntexts++] = text;
	return jv_string_value(text);
}

/* True when a string has no NUL inside: settings are C strings. */
static bool
is_plain(jv text)
{
	return strlen(jv_string_value(text)) ==
	    (size_t)jv_string_length_bytes(jv_copy(text));
}

/* The value as one would type it, NULL when it is no scalar. */
static const char *
text_of(struct dp_config *c, jv value, struct dp_err *err)
{
	switch (jv_get_kind(value)) {
	case JV_KIND_STRING:
		if (!is_plain(value)) {
			(void)dp_err_set(err, DP_CONFIG, "NUL in a text");
			return NULL;
		}
		return keep(c, jv_copy(value), err);
	case JV_KIND_TRUE:
		return "true";
	case JV_KIND_FALSE:
		return "false";
	case JV_KIND_NUMBER:
		return keep(c, jv_dump_string(jv_copy(value), 0), err);
	case JV_KIND_INVALID:
	case JV_KIND_NULL:
	case JV_KIND_ARRAY:
	case JV_KIND_OBJECT:
		break;
	}
	(void)dp_err_set(err, DP_CONFIG, "want text, a number or true/false");
	return NULL;
}

static const char *
wanted_kind(const struct dp_opt *o, jv_kind kind)
{
	bool boolean = kind == JV_KIND_TRUE || kind == JV_KIND_FALSE;

	switch (o->type) {
	case DP_OPT_FLAG:
		return boolean ? NULL : "want true or false";
	case DP_OPT_TEXT:
	case DP_OPT_CHOICE:
	case DP_OPT_LIST:
		return kind == JV_KIND_STRING ? NULL : "want text";
	case DP_OPT_COUNT:
		return kind == JV_KIND_NUMBER ? NULL : "want a number";
	case DP_OPT_SIZE:
	case DP_OPT_TIME:
	case DP_OPT_SHARE:
		return kind == JV_KIND_NUMBER || kind == JV_KIND_STRING
		    ? NULL
		    : "want a number or text";
	case DP_OPT_ACTION:
		break;
	}
	return "no setting of a file";
}

static int
set_one(struct dp_config *c, struct dp_opt_set *set, size_t i, jv value,
    const char *unit, struct dp_err *err)
{
	const char *want = wanted_kind(dp_opt_at(set, i), jv_get_kind(value));
	const char *text;

	if (want != NULL)
		return dp_err_set(err, DP_CONFIG, "%s", want);
	text = text_of(c, value, err);
	if (text != NULL && *unit != '\0')
		text = keep(c, jv_string_fmt("%s%s", text, unit), err);
	return text == NULL ? -1
			    : dp_opt_set_text(set, i, DP_OPT_CONFIG, text, err);
}

static int
set_value(struct dp_config *c, struct dp_opt_set *set, size_t i, jv value,
    const char *unit, struct dp_err *err)
{
	int k, n;

	/* What is for the program alone is instead of what is for all. */
	dp_opt_empty_list(set, i, DP_OPT_CONFIG);
	if (dp_opt_at(set, i)->type != DP_OPT_LIST ||
	    jv_get_kind(value) != JV_KIND_ARRAY)
		return set_one(c, set, i, value, unit, err);
	n = jv_array_length(jv_copy(value));
	for (k = 0; k < n; k++) {
		jv item = jv_array_get(jv_copy(value), k);
		int rc = set_one(c, set, i, item, unit, err);

		jv_free(item);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* The index of the option of that long name, - and _ being the same. */
static int
find_option(const struct dp_opt_set *set, const char *name)
{
	const struct dp_opt *o;
	size_t i, k;

	for (i = 0; (o = dp_opt_at(set, i)) != NULL; i++) {
		for (k = 0; name[k] != '\0' &&
		     (name[k] == '_' ? '-' : name[k]) == o->long_name[k];
		     k++)
			;
		if (name[k] == '\0' && o->long_name[k] == '\0')
			return (int)i;
	}
	return -1;
}

/* 1: it was a key of the origin.  0: not.  -1: it was, and is wrong. */
static int
set_origin(struct dp_config *c, struct dp_opt_set *set, const char *key,
    jv value, struct dp_err *err)
{
	size_t i;
	int at;

	for (i = 0; i < sizeof origin / sizeof origin[0]; i++) {
		const char *text;

		if (strcasecmp(origin[i].key, key) != 0)
			continue;
		text = text_of(c, value, err);
		if (text == NULL)
			return -1;
		if (strcmp(origin[i].key, "encoding_scheme") == 0 &&
		    strcasecmp(text, "utf-8") != 0 &&
		    strcasecmp(text, "utf8") != 0)
			return dp_err_set(err, DP_CONFIG, "want utf-8");
		/* libpq's own way in, where nothing else says it. */
		if (origin[i].env != NULL)
			(void)setenv(origin[i].env, text, 0);
		at = origin[i].option == NULL
		    ? -1
		    : find_option(set, origin[i].option);
		if (at != -1 &&
		    set_value(c, set, (size_t)at, value, origin[i].unit, err) ==
			-1)
			return -1;
		return 1;
	}
	return 0;
}

static int
set_key(struct dp_config *c, struct dp_opt_set *set, const char *key, jv value,
    struct dp_err *err)
{
	int at = find_option(set, key), rc;

	if (at != -1)
		return set_value(c, set, (size_t)at, value, "", err);
	rc = set_origin(c, set, key, value, err);
	if (rc != 0 || dp_config_known(key))
		return rc == -1 ? -1 : 0;
	return dp_err_set(err, DP_CONFIG, "no program has such a setting");
}

/* Settings for all first, then what is for this program alone. */
static int
set_all(struct dp_config *c, struct dp_opt_set *set, jv object,
    const char *program, struct dp_err *err)
{
	int iter, rc = 0;

	for (iter = jv_object_iter(object);
	     rc == 0 && jv_object_iter_valid(object, iter);
	     iter = jv_object_iter_next(object, iter)) {
		jv key = jv_object_iter_key(object, iter);
		jv value = jv_object_iter_value(object, iter);
		const char *name = jv_string_value(key);
		bool section = strncmp(name, "dp-", 3) == 0 &&
		    jv_get_kind(value) == JV_KIND_OBJECT;

		if (!is_plain(key))
			rc = dp_err_set(err, DP_CONFIG, "NUL in a name");
		else if (section && program != NULL &&
		    strcmp(name, program) == 0)
			rc = set_all(c, set, value, NULL, err);
		else if (!section && program == NULL)
			rc = set_key(c, set, name, value, err);
		if (rc == -1)
			dp_err_context(err, "%s", name);
		jv_free(key);
		jv_free(value);
	}
	return rc;
}

/* jq's message quotes the whole file behind it, passwords and all. */
static int
not_json(struct dp_config *c, jv object, struct dp_err *err)
{
	jv msg = jv_invalid_get_msg(jv_copy(object));
	const char *text = "empty", *quoted;
	size_t len = strlen(text);

	if (jv_get_kind(msg) == JV_KIND_STRING) {
		text = jv_string_value(msg);
		quoted = strstr(text, " (while parsing");
		len = quoted == NULL ? strlen(text) : (size_t)(quoted - text);
	}
	(void)dp_err_set(err, DP_CONFIG, "%s: %.*s", c->path, (int)len, text);
	jv_free(msg);
	return -1;
}

static int
read_settings(struct dp_config *c, struct dp_opt_set *set, struct dp_buf *b,
    struct dp_err *err)
{
	/* A NUL behind it, since jq's messages read up to one. */
	const char *text = dp_buf_text(b);
	jv object;
	int rc = -1;

	if (text == NULL)
		return dp_err_nomem(err);
	object = jv_parse_sized(text, (int)b->len);
	if (!jv_is_valid(object)) {
		(void)not_json(c, object, err);
	} else if (jv_get_kind(object) != JV_KIND_OBJECT) {
		(void)dp_err_set(err, DP_CONFIG, "%s: want a JSON object",
		    c->path);
	} else {
		rc = set_all(c, set, object, NULL, err);
		if (rc == 0)
			rc = set_all(c, set, object, dp_opt_program(set), err);
		if (rc == -1)
			dp_err_context(err, "%s", c->path);
	}
	jv_free(object);
	return rc;
}

struct dp_config *
dp_config_read(struct dp_opt_set *set, struct dp_err *err)
{
	struct dp_config *c = calloc(1, sizeof *c);
	const char *named = getenv("DATAPIPE_CNF");
	struct dp_buf b;
	int rc = 0;

	if (c == NULL) {
		(void)dp_err_nomem(err);
		return NULL;
	}
	c->path = "";
	if (named != NULL && *named != '\0')
		c->path = named;
	else if (access(DEFAULT_PATH, F_OK) == 0)
		c->path = DEFAULT_PATH;
	dp_buf_init(&b, CONFIG_MAX);
	if (*c->path != '\0') {
		rc = read_file(c->path, &b, err);
		if (rc == 0)
			rc = read_settings(c, set, &b, err);
	}
	dp_buf_fini(&b);
	if (rc == 0)
		return c;
	dp_config_free(c);
	return NULL;
}

const char *
dp_config_path(const struct dp_config *c)
{
	return c->path;
}

void
dp_config_free(struct dp_config *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->ntexts; i++)
		jv_free(c->texts[i]);
	free(c->texts);
	free(c);
}
