/*
 * Fuzz target for formats: every format on the same text, in memory of its
 * size.  What one format takes another may not refuse: each date-time is a
 * date and a time, each hostname of ASCII an idn-hostname, and so on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json/text.h"
#include "schema/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int cond)
{
	if (!cond)
		__builtin_trap();
}

static bool
is(const char *format, const char *text, size_t len)
{
	const struct dp_format *f = dp_format_find(format, strlen(format));

	return f != NULL && dp_format_match(f, text, len);
}

static bool
ascii(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	return true;
}

static void
one(const char *s, size_t n)
{
	const bool international = !dp_format_missing("idn-email", 9);

	if (is("date-time", s, n)) {
		must(is("date", s, 10));
		must(is("time", s + 11, n - 11));
	}
	if (is("uri", s, n)) {
		must(is("iri", s, n));
		must(is("uri-reference", s, n));
		must(is("uri-template", s, n) || memchr(s, '[', n) != NULL ||
		    memchr(s, ']', n) != NULL);
	}
	if (is("uri-reference", s, n))
		must(is("iri-reference", s, n));
	if (is("iri", s, n))
		must(is("iri-reference", s, n));
	if (is("iri", s, n) && ascii(s, n))
		must(is("uri", s, n));
	if (is("email", s, n) && international)
		must(is("idn-email", s, n));
	if (international && ascii(s, n))
		must(is("hostname", s, n) == is("idn-hostname", s, n));
	if (is("ipv4", s, n))
		must(is("hostname", s, n));
	must(!is("ipv4", s, n) || !is("ipv6", s, n));
	if (is("json-pointer", s, n))
		must(n == 0 || !is("relative-json-pointer", s, n));
	(void)is("duration", s, n);
	(void)is("uuid", s, n);
	(void)is("regex", s, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	if (!dp_json_utf8((const char *)data, size))
		return 0;
	copy = malloc(size == 0 ? 1 : size);
	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	one(copy, size);
	free(copy);
	return 0;
}
