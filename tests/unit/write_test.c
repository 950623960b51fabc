/* JSON for people: what stands where. */
#include <string.h>

#include "base/buf.h"
#include "json/write.h"
#include "tap.h"

static const char expected[] = "{\n"
			       "\t\"a\": [1, \"b\", {\"c\": []}],\n"
			       "\t\"d\": {},\n"
			       "\t\"e\": {\n"
			       "\t\t\"f\": [\n"
			       "\t\t\ttrue,\n"
			       "\t\t\tnull\n"
			       "\t\t]\n"
			       "\t}\n"
			       "}";

int
main(void)
{
	struct dp_buf b;
	struct dp_json_writer w = { .out = &b };

	dp_buf_init(&b, 0);
	dp_json_open(&w, '{', false);
	dp_json_key(&w, "a", 1);
	dp_json_open(&w, '[', true);
	dp_json_put(&w, "1", 1);
	dp_json_put_text(&w, "b", 1);
	dp_json_open(&w, '{', false);
	dp_json_key(&w, "c", 1);
	dp_json_open(&w, '[', false);
	dp_json_close(&w, ']');
	dp_json_close(&w, '}');
	dp_json_close(&w, ']');
	dp_json_key(&w, "d", 1);
	dp_json_open(&w, '{', false);
	dp_json_close(&w, '}');
	dp_json_key(&w, "e", 1);
	dp_json_open(&w, '{', false);
	dp_json_key(&w, "f", 1);
	dp_json_open(&w, '[', false);
	dp_json_put(&w, "true", 4);
	dp_json_put(&w, "null", 4);
	dp_json_close(&w, ']');
	dp_json_close(&w, '}');
	dp_json_close(&w, '}');
	OK(b.len == sizeof expected - 1 && memcmp(b.data, expected, b.len) == 0,
	    "flat ones stay on a line, others are indented:\n# %.*s",
	    (int)b.len, b.data);
	dp_buf_fini(&b);
	return tap_done();
}
