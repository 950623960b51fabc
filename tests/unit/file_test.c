/* Where a load stands between two files. */
#include "sink/file.h"

#include "base/err.h"
#include "tap.h"

int
main(void)
{
	static const char text[] = "{\"n\":1}\n";
	struct dp_load load = { 0 };
	struct dp_file f = { .load = &load, .source = "file", .ledger = true };
	struct dp_err err = { 0 };

	OK(dp_file_begin(&f, "a", "1:2", false, &err) == 0, "a file");
	/* As a load that goes through it has it. */
	dp_load_at(&load, &f.mark, f.known.hash);
	dp_load_pass(&load, text, sizeof text - 1);
	OK(dp_file_begin(&f, "b", "1:3", false, &err) == 0, "another one");
	OK(load.hash == NULL,
	    "the load forgets the hash of the one before, which is gone");
	dp_load_at(&load, &f.mark, f.known.hash);
	dp_file_fini(&f);
	OK(load.hash == NULL, "and that of the last one");
	dp_load_fini(&load);
	return tap_done();
}
