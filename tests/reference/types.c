/* Records of several types, each with its schema in a folder: pairs.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "generate.h"
#include "pairs.h"
#include "schema/catalog_state.h"

#define VALUES 60
#define PATH_SIZE 256

const char *const pair_type_names[PAIR_TYPES] = { "a", "ab", "purchase" };

static void
path_of(char *path, const char *folder, size_t i)
{
	(void)snprintf(path, PATH_SIZE, "%s/%s.json", folder,
	    pair_type_names[i]);
}

/* False: there is no room on the disk, or the schema leads back to itself. */
static bool
make_schema(struct random *r, struct ref_schema *s, const char *path)
{
	static const int drafts[] = { 2020, 2020, 2019, 7 };
	const struct ref_rules rules = { .max_depth = 512 };
	FILE *f = fopen(path, "w");
	char *text;
	bool good;

	if (f == NULL)
		return false;
	r->n = 0;
	s->draft = drafts[random_below(r, 4)];
	generate_schema(r, s->draft, false);
	good = fwrite(r->out, 1, r->n, f) == r->n;
	good = fclose(f) == 0 && good;
	text = ref_take(r->n);
	memcpy(text, r->out, r->n);
	s->root = ref_read(text, r->n, &rules);
	if (!good || s->root == NULL)
		return false;
	ref_schema_open(s);
	return !ref_schema_endless(s);
}

/* Puts the member that names the type into an object, first or last. */
static void
add_type(struct random *r, const char *key, const char *name)
{
	char member[128];
	char *at = strchr(r->out, '{'), *end = strrchr(r->out, '}');
	const bool empty = at != NULL && strchr(at, '"') == NULL;
	size_t n;

	if (at == NULL || end == NULL)
		return;
	(void)snprintf(member, sizeof member,
	    random_chance(r, 70) ? "\"%s\":\"%s\"" : "\"%s\" : \"%s\"", key,
	    name);
	n = strlen(member);
	if (random_chance(r, 60)) {
		strcat(member, empty ? "" : ",");
		n = strlen(member);
		at++;
	} else {
		at = end;
		memmove(member + !empty, member, n + 1);
		if (!empty)
			member[0] = ',';
		n = strlen(member);
	}
	memmove(at + n, at, strlen(at) + 1);
	memcpy(at, member, n);
	r->n += n;
}

static void
make_value(struct random *r, struct pair *p)
{
	const size_t type = random_below(r, PAIR_TYPES);
	const unsigned other = random_below(r, 100);

	r->n = 0;
	r->spaces = random_chance(r, 10);
	generate_value(r, &p->types[type], random_chance(r, 60) ? 0 : 5);
	if (other < 90)
		add_type(r, p->type_key, pair_type_names[type]);
	else if (other < 95)
		add_type(r, p->type_key, random_key(r)[0] == '"' ? "b" : "c");
	if (random_chance(r, 5))
		r->n = random_damage(r, r->out, r->n);
	r->out[r->n] = '\0';
}

static bool
values_agree(struct random *r, struct pair *p)
{
	size_t i;

	for (i = 0; i < VALUES; i++) {
		make_value(r, p);
		if (r->n > 60000 || strspn(r->out, " \t\r") == r->n)
			continue;
		if (!pair_differs(p, r->out, r->n))
			continue;
		for (i = 0; i < PAIR_TYPES; i++)
			(void)printf("# %s: %.*s\n", pair_type_names[i],
			    (int)p->types[i].root->raw_len,
			    p->types[i].root->raw);
		(void)printf("# type under %s: %.*s\n# the product says %s, "
			     "the reference %s\n",
		    p->type_key, (int)r->n, r->out, p->product, p->reference);
		return false;
	}
	return true;
}

bool
pair_types(struct random *r, unsigned long *values)
{
	static const char *const keys[] = { "event_name", "a", "id" };
	char folder[] = "/tmp/dp-pairs.XXXXXX", path[PATH_SIZE], pointer[32];
	struct pair p = { .type_key = keys[random_below(r, 3)] };
	struct dp_catalog_opts opts = { .type_key = pointer };
	struct dp_err err = { 0 };
	bool ready = true, good = true;
	size_t i;

	(void)snprintf(pointer, sizeof pointer, "/%s", p.type_key);
	if (mkdtemp(folder) == NULL)
		return false;
	ref_reset(0);
	for (i = 0; i < PAIR_TYPES; i++) {
		path_of(path, folder, i);
		ready = make_schema(r, &p.types[i], path) && ready;
	}
	if (ready) {
		p.catalog = dp_catalog_open(folder, &opts, &err);
		if (p.catalog != NULL)
			p.check = dp_check_new(p.catalog, &err);
		if (p.check == NULL)
			(void)printf("# refused: %s\n", err.msg);
		good = p.check != NULL && values_agree(r, &p);
		*values = VALUES;
		pair_close(&p);
	}
	for (i = 0; i < PAIR_TYPES; i++) {
		path_of(path, folder, i);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return good;
}
