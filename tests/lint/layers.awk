# layers.awk: fails when a file includes a layer that it may not know.
# Run: awk -f tests/lint/layers.awk lib/*/*.[ch] cmd/*.c
BEGIN {
	may["base"] = "base"
	may["json"] = "base json"
	may["app"] = "base json app"
	may["schema"] = "base json schema"
	may["queue"] = "base queue"
	may["sink"] = "base json schema sink"
	may["http"] = "base json http"
	may["cmd"] = "base json app schema queue sink http"
}
/^#include "/ {
	n = split(FILENAME, part, "/")
	from = part[n - 1]
	split($2, inc, /["\/]/)
	if (index(" " may[from] " ", " " inc[2] " ") == 0) {
		print FILENAME ":" FNR ": " from " may not include " inc[2]
		bad = 1
	}
}
END { exit bad }
