#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/reject.h"
#include "base/buf.h"
#include "base/err.h"
#include "json/scan.h"
#include "json/text.h"
#include "tap.h"

static char path[] = "/tmp/dp-reject.XXXXXX";

/* Writes one reject and reads the file back; a newline and padding follow. */
static size_t
write_one(const struct dp_reject *j, char *out, size_t size)
{
	struct dp_err err = { 0 };
	struct dp_rejects *r = dp_rejects_open(path, DP_REJECTS_EMPTY, &err);
	FILE *f;
	size_t n;

	if (r == NULL || dp_rejects_add(r, j, &err) == -1 ||
	    dp_rejects_sync(r, &err) == -1 || dp_rejects_close(r, &err) == -1)
		abort();
	f = fopen(path, "rb");
	if (f == NULL)
		abort();
	memset(out, 0, size);
	n = fread(out, 1, size - DP_SCAN_PAD, f);
	(void)fclose(f);
	return n;
}

/* The obvious way, for bytes below 0x80. */
static void
quote_slowly(struct dp_buf *b, const char *text, size_t len)
{
	size_t i;

	(void)dp_buf_addc(b, '"');
	for (i = 0; i < len; i++) {
		const char *const two =
		    strchr("\"\"\\\\\bb\ff\nn\rr\tt", text[i]);

		if (text[i] != '\0' && two != NULL &&
		    strchr("bfnrt", text[i]) == NULL)
			(void)dp_buf_addf(b, "\\%c", two[1]);
		else if (text[i] < 0x20 || text[i] == 0x7f)
			(void)dp_buf_addf(b, "\\u%04x", (unsigned)text[i]);
		else
			(void)dp_buf_addc(b, text[i]);
	}
	(void)dp_buf_addc(b, '"');
}

/* What is UTF-8 is quoted like any, behind what is there; else nothing. */
static bool
quotes_utf8(const char *text, size_t len, const struct dp_buf *want)
{
	struct dp_buf is;
	bool good;

	dp_buf_init(&is, 0);
	(void)dp_buf_addc(&is, ':');
	if (dp_json_quote_utf8(&is, text, len))
		good = dp_json_utf8(text, len) && is.len == want->len + 1 &&
		    memcmp(is.data + 1, want->data, want->len) == 0;
	else
		good = !dp_json_utf8(text, len) && is.len == 1;
	dp_buf_fini(&is);
	return good;
}

/* A text of its own size, so that sanitizers see a look beyond it. */
static bool
quotes_alike(unsigned char byte, size_t at, size_t len)
{
	char *text = malloc(len);
	struct dp_buf is, want;
	bool good;

	if (text == NULL)
		abort();
	memset(text, 'x', len);
	text[at] = (char)byte;
	dp_buf_init(&is, 0);
	dp_buf_init(&want, 0);
	dp_json_quote_any(&is, text, len);
	if (byte < 0x80) {
		quote_slowly(&want, text, len);
	} else {
		(void)dp_buf_addf(&want, "\"%.*s\xef\xbf\xbd%.*s\"", (int)at,
		    text, (int)(len - at - 1), text + at + 1);
	}
	good = is.len == want.len && memcmp(is.data, want.data, is.len) == 0 &&
	    dp_json_utf8(text, len) == (byte < 0x80) &&
	    quotes_utf8(text, len, &want);
	dp_buf_fini(&is);
	dp_buf_fini(&want);
	free(text);
	return good;
}

static void
test_quoting(void)
{
	size_t len, at, wrong = 0;
	unsigned byte;

	for (len = 1; len < 40; len++)
		for (at = 0; at < len; at++)
			for (byte = 0; byte < 256; byte++)
				wrong +=
				    !quotes_alike((unsigned char)byte, at, len);
	OK(wrong == 0, "each byte is quoted at each place of short texts");
}

/* Many bytes that want something, side by side and in long texts. */
static void
test_mixed_quoting(void)
{
	static const char few[] = "\"\\\n\x7fxyz\"\"\\\\,:{} abcdef";
	uint32_t seed = 1;
	size_t round, i, wrong = 0;

	for (round = 0; round < 20000; round++) {
		const size_t len =
		    round < 19990 ? round % 290 : 4090 + round % 9;
		const size_t of = round % 2 == 0 ? sizeof few - 1 : 7;
		char *text = malloc(len + 1);
		struct dp_buf is, known, want;

		if (text == NULL)
			abort();
		for (i = 0; i < len; i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = few[(seed >> 16) % of];
		}
		dp_buf_init(&is, 0);
		dp_buf_init(&known, 0);
		dp_buf_init(&want, 0);
		dp_json_quote_any(&is, text, len);
		dp_json_quote(&known, text, len);
		quote_slowly(&want, text, len);
		wrong += is.len != want.len || known.len != want.len ||
		    memcmp(is.data, want.data, is.len) != 0 ||
		    memcmp(known.data, want.data, is.len) != 0 ||
		    !quotes_utf8(text, len, &want);
		dp_buf_fini(&is);
		dp_buf_fini(&known);
		dp_buf_fini(&want);
		free(text);
	}
	OK(wrong == 0, "texts of many bytes that want something");
}

/* Characters of 2, 3 and 4 bytes, at each place of what is read at once. */
static void
test_utf8_quoting(void)
{
	static const char digits[] = "0123456789012345678901234567890123456789";
	static const char text[] = "\u00e9\"\u20ac\\\U0001f600ab\u00e9";
	static const char want[] = "\u00e9\\\"\u20ac\\\\\U0001f600ab\u00e9";
	size_t n, wrong = 0;

	for (n = 0; n < sizeof digits; n++) {
		char in[80], out[80];
		const size_t len = (size_t)snprintf(in, sizeof in, "%.*s%s",
		    (int)n, digits, text);
		const size_t out_len = (size_t)snprintf(out, sizeof out,
		    "\"%.*s%s\"", (int)n, digits, want);
		struct dp_buf b;

		dp_buf_init(&b, 0);
		dp_json_quote_any(&b, in, len);
		wrong += b.len != out_len || memcmp(b.data, out, out_len) != 0;
		dp_buf_clear(&b);
		dp_json_quote(&b, in, len);
		wrong += b.len != out_len || memcmp(b.data, out, out_len) != 0;
		wrong += !quotes_utf8(in, len, &b);
		dp_buf_fini(&b);
	}
	OK(wrong == 0, "characters of several bytes are left alone");
}

/* "~" and "/" at each place of tokens of each length. */
static void
test_pointers(void)
{
	size_t len, at, wrong = 0;

	for (len = 1; len < 30; len++)
		for (at = 0; at < 2 * len; at++) {
			const char c = at % 2 == 0 ? '~' : '/';
			char *key = malloc(len), want[64];
			struct dp_buf b;

			if (key == NULL)
				abort();
			memset(key, '.', len);
			key[at / 2] = c;
			(void)snprintf(want, sizeof want, "/%.*s~%c%.*s",
			    (int)(at / 2), "..............................",
			    c == '~' ? '0' : '1', (int)(len - at / 2 - 1),
			    "..............................");
			dp_buf_init(&b, 0);
			dp_json_pointer_add(&b, key, len);
			wrong += b.len != strlen(want) ||
			    memcmp(b.data, want, b.len) != 0;
			dp_buf_fini(&b);
			free(key);
		}
	OK(wrong == 0, "~ and / in tokens of pointers");
}

/* Two rejects of one file with other words and sources between them. */
static void
test_what_is_kept(void)
{
	static const char *const codes[] = { "type", "too-long", "type",
		"minimum", "maximum", "unknown", "unavailable", "unknown-type",
		"unheard-of", "unknown-type" };
	static const char *const numbers[] = { "5", "6", "5", "5", "5", "100",
		"100", "7", "100", "7" };
	static const char *const sources[] = { "a", "a", "ab", "a \"b\"", "" };
	struct dp_err err = { 0 };
	struct dp_rejects *r = dp_rejects_open(path, DP_REJECTS_EMPTY, &err);
	char line[4096], want[256];
	size_t i, wrong = 0;
	FILE *f;

	for (i = 0; i < 50; i++) {
		const struct dp_reject j = { .code = codes[i % 10],
			.raw = "1",
			.raw_len = 1,
			.source = sources[i % 5] };

		wrong += dp_rejects_add(r, &j, &err) != 0;
	}
	wrong += dp_rejects_close(r, &err) != 0;
	f = fopen(path, "r");
	for (i = 0; i < 50 && fgets(line, sizeof line, f) != NULL; i++) {
		(void)snprintf(want, sizeof want, "{\"status_code\":%s,",
		    numbers[i % 10]);
		wrong += strncmp(line, want, strlen(want)) != 0;
		(void)snprintf(want, sizeof want, "\"code\":\"%s\"",
		    codes[i % 10]);
		wrong += strstr(line, want) == NULL;
		(void)snprintf(want, sizeof want, "\"source\":\"%s\"",
		    i % 5 == 3 ? "a \\\"b\\\"" : sources[i % 5]);
		wrong += strstr(line, want) == NULL;
	}
	(void)fclose(f);
	OK(i == 50 && wrong == 0, "each reject has its own code and source");
}

static void
test_round_trip(void)
{
	static const struct {
		const char *name, *raw;
		size_t len;
	} cases[] = {
		{ "plain text", "{\"a\":1}", 7 },
		{ "nothing", "", 0 },
		{ "quotes, controls and a NUL", "\"\\\x01\t\r\0x", 7 },
		{ "bytes that are no UTF-8", "\xff\xfe{", 3 },
		{ "four bytes of a character", "\xf0\x9f\x98\x80", 4 },
	};
	struct dp_replay_item item;
	struct dp_err err = { 0 };
	struct dp_replay *r = dp_replay_new(&err);
	char line[4096];
	size_t i, n;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct dp_reject j = { .code = "type",
			.raw = cases[i].raw,
			.raw_len = cases[i].len,
			.attempt = 3,
			.source = "a \"b\"",
			.line = 12 };

		n = write_one(&j, line, sizeof line);
		OK(n > 0 && line[n - 1] == '\n' &&
			dp_replay_take(r, line, n - 1, &item, &err) == 0 &&
			item.raw_len == cases[i].len &&
			memcmp(item.raw, cases[i].raw, cases[i].len) == 0 &&
			item.raw[item.raw_len] == '\n' && item.attempt == 3 &&
			item.line == 12 && strcmp(item.source, "a \"b\"") == 0,
		    "%s comes back", cases[i].name);
	}
	dp_replay_free(r);
}

static void
test_fields(void)
{
	const struct dp_reject j = { .code = "type",
		.pointer = "/user_id",
		.pointer_len = 8,
		.schema = "purchase#/properties/user_id/type",
		.detail = "want integer, got string",
		.detail_len = 24,
		.source = "events.ndjson.gz",
		.line = 12,
		.column = 27,
		.attempt = 1,
		.raw = "x",
		.raw_len = 1 };
	static const char want[] =
	    "{\"status_code\":5,\"status_message\":\"invalid value type\","
	    "\"code\":\"type\",\"pointer\":\"/user_id\","
	    "\"schema\":\"purchase#/properties/user_id/type\","
	    "\"detail\":\"want integer, got string\","
	    "\"source\":\"events.ndjson.gz\",\"line\":12,\"column\":27,"
	    "\"attempt\":1,\"time\":\"";
	char line[4096];

	(void)write_one(&j, line, sizeof line);
	OK(strncmp(line, want, sizeof want - 1) == 0, "fields: %.300s", line);
}

static void
test_truncated(void)
{
	const struct dp_reject j = { .code = "too-long",
		.attempt = 1,
		.raw = "abc",
		.raw_len = 3,
		.truncated = true,
		.bytes = 5000000 };
	struct dp_replay_item item;
	struct dp_err err = { 0 };
	struct dp_replay *r = dp_replay_new(&err);
	char line[4096];
	size_t n = write_one(&j, line, sizeof line);

	OK(strstr(line,
	       "\"bytes\":5000000,\"truncated\":true,"
	       "\"raw_base64\":\"YWJj\"") != NULL,
	    "a head says so");
	OK(dp_replay_take(r, line, n - 1, &item, &err) == -1,
	    "and is not replayed: %s", err.msg);
	dp_replay_free(r);
}

static void
test_message(void)
{
	struct dp_buf b;
	char longer[3000];
	struct dp_scan_value v;
	const struct dp_scan_opts opts = { 0 };
	size_t i, at, len;

	for (i = 0; i < sizeof longer; i++)
		longer[i] = i % 2 == 0 ? '\xc3' : '\xa9';
	for (len = 0; len <= sizeof longer; len += 250) {
		dp_buf_init(&b, 0);
		dp_reject_message(&b, "type", longer, len, longer, len);
		at = b.len;
		(void)dp_buf_addc(&b, '\n');
		(void)dp_buf_reserve(&b, DP_SCAN_PAD);
		OK(at <= DP_REJECT_MESSAGE_MAX &&
			dp_scan_line(b.data, at, &opts, &v, &at) == DP_SCAN_OK,
		    "a message of %zu bytes is whole and short", len);
		dp_buf_fini(&b);
	}
}

int
main(void)
{
	struct dp_err err = { 0 };
	int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	(void)close(fd);
	test_quoting();
	test_mixed_quoting();
	test_utf8_quoting();
	test_pointers();
	test_what_is_kept();
	test_round_trip();
	test_fields();
	test_truncated();
	test_message();
	OK(dp_rejects_open("fd:77", DP_REJECTS_APPEND, &err) == NULL,
	    "a descriptor that is not there: %s", err.msg);
	(void)unlink(path);
	return tap_done();
}
