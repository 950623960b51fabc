# forbidden.awk: functions that nobody calls here, printing and exiting in
# lib/, variables at file scope, third-party headers outside their driver.
# Run: awk -f tests/lint/forbidden.awk lib/*/*.[ch] cmd/*.c
function fault(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}
BEGIN {
	n = split("strcpy strcat strncpy sprintf vsprintf atoi atol atoll atof " \
	    "strtok gets alloca asprintf vasprintf system popen mktemp tmpnam", w)
	for (i = 1; i <= n; i++)
		never[w[i]] = 1
	n = split("printf puts putchar perror exit _exit abort err errx warn warnx",
	    w)
	for (i = 1; i <= n; i++)
		not_in_lib[w[i]] = 1
	owner["libpq-fe.h"] = "lib/sink/sink_pg lib/queue/pg_lib.h"
	owner["sqlite3.h"] = "lib/sink/sink_sqlite"
	owner["pcre2.h"] = "lib/schema/pattern_pcre"
	owner["idn2.h"] = "lib/schema/format_idn"
	owner["zlib.h"] = "lib/app/input_gz"
	owner["zstd.h"] = "lib/app/input_zst lib/queue/packed.c"
	owner["xxhash.h"] = "lib/base/hash"
	owner["jq.h"] = "lib/schema/rule_jq"
	# libjq reads the configuration too.
	owner["jv.h"] = "lib/app/config lib/schema/rule_jq"
}
FNR == 1 { in_comment = 0; layer = FILENAME; sub(/\/[^\/]*$/, "", layer) }
/^#include </ {
	h = $2
	gsub(/[<>]/, "", h)
	if (h in owner) {
		# The start of a name, for each layer that may.
		n = split(owner[h], may, " ")
		for (i = 1; i <= n && index(FILENAME, may[i]) != 1; i++)
			;
		if (i > n)
			fault("only " owner[h] "* may include " h)
		if (seen[h, layer] != "" && seen[h, layer] != FILENAME)
			fault(h " is included by " seen[h, layer] " too")
		seen[h, layer] = FILENAME
	}
}
{
	line = $0
	gsub(/\\./, "", line)
	gsub(/"[^"]*"/, "\"\"", line)
	gsub(/'[^']*'/, "0", line)
	gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
	if (in_comment) {
		if (!index(line, "*/"))
			next
		sub(/^.*\*\//, "", line)
		in_comment = 0
	}
	if (index(line, "/*")) {
		sub(/\/\*.*/, "", line)
		in_comment = 1
	}
	# File scope: const tables, the stop flags, the counts of a run.
	if (line ~ /^(static |extern )?[a-z_][a-zA-Z_0-9 *]*(\[[^]]*\])*( =.*|;)$/ &&
	    line !~ /(^|[ *])const |^typedef |^(static |extern )?(struct|union|enum) [a-z_0-9]+( \{)?;?$/ &&
	    line !~ /static atomic_(int|bool) |struct dp_count counts\[\] =|_fn [a-z]/ && line !~ /^(return|goto|break|else)/)
		fault("a variable at file scope: " line)
	rest = line
	while (match(rest, /[a-zA-Z_][a-zA-Z_0-9]* ?\(/)) {
		f = substr(rest, RSTART, RLENGTH - 1)
		sub(/ $/, "", f)
		before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
		member = before == "." || before == ">"
		rest = substr(rest, RSTART + RLENGTH)
		if (member)
			continue
		if (f in never)
			fault(f "() is not used here")
		if (f in not_in_lib && layer ~ /^lib\// && layer != "lib/app" &&
		    !(f == "_exit" && FILENAME ~ /command|spawn|chain|rule_worker/))
			fault(f "() in a library")
		if ((f == "realloc" || f == "reallocarray") &&
		    FILENAME != "lib/base/buf.c")
			fault("realloc() outside of lib/base/buf.c")
	}
	if (line ~ /T[O]DO|FI[X]ME|X[X]X/)
		fault("unfinished: " line)
}
END { exit bad }
