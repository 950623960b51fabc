#include "schema/format.h"

#include <string.h>

#include "schema/format_kind.h"
#include "schema/pattern.h"

struct dp_format {
	const char *name;
	dp_format_fn *match; /* NULL: not in this build */
};

#ifdef DP_HAVE_IDN
#define IDN(fn) fn
#else
#define IDN(fn) NULL
#endif

static const struct dp_format formats[] = {
	{ "date-time", dp_format_date_time },
	{ "date", dp_format_date },
	{ "time", dp_format_time },
	{ "duration", dp_format_duration },
	{ "email", dp_format_email },
	{ "idn-email", IDN(dp_format_idn_email) },
	{ "hostname", dp_format_hostname },
	{ "idn-hostname", IDN(dp_format_idn_hostname) },
	{ "ipv4", dp_format_ipv4 },
	{ "ipv6", dp_format_ipv6 },
	{ "uri", dp_format_uri },
	{ "uri-reference", dp_format_uri_reference },
	{ "iri", dp_format_iri },
	{ "iri-reference", dp_format_iri_reference },
	{ "uri-template", dp_format_uri_template },
	{ "uuid", dp_format_uuid },
	{ "json-pointer", dp_format_json_pointer },
	{ "relative-json-pointer", dp_format_relative_json_pointer },
	{ "regex", dp_pattern_valid },
};

static const struct dp_format *
find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strlen(formats[i].name) == len &&
		    memcmp(formats[i].name, name, len) == 0)
			return &formats[i];
	return NULL;
}

const struct dp_format *
dp_format_find(const char *name, size_t len)
{
	const struct dp_format *f = find(name, len);

	return f == NULL || f->match == NULL ? NULL : f;
}

bool
dp_format_missing(const char *name, size_t len)
{
	const struct dp_format *f = find(name, len);

	return f != NULL && f->match == NULL;
}

const char *
dp_format_name(const struct dp_format *f)
{
	return f->name;
}

bool
dp_format_match(const struct dp_format *f, const char *text, size_t len)
{
	return f->match(text, len);
}
