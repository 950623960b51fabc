# lengths.awk: no function over 60 lines, no file over 500, no command over
# 250.  A function is what stands between { and } in the first column, counted
# from the line with its name.  A file's first comment may say why it is
# longer: "Longer than 500 lines, because ..." (250 for a command); the same
# above a function.
# Run: awk -f tests/lint/lengths.awk lib/*/*.[ch] cmd/*.c
function fault(line, text) {
	print FILENAME ":" line ": " text
	bad = 1
}
BEGIN {
}
function end_of_file() {
	max = file ~ /^cmd\// ? 250 : 500
	if (lines > max && file in still && lines <= still[file]) {
		print file ":1: " lines " lines, more than " max ": to be split"
		return
	}
	if (lines > max && !excused_file) {
		print file ":1: " lines " lines, more than " max
		bad = 1
	}
}
FNR == 1 {
	if (file != "")
		end_of_file()
	file = FILENAME
	excused_file = excused = in_function = 0
}
{ lines = FNR }
/Longer than (250|500) lines, because/ { excused_file = 1 }
/Longer than 60 lines, because/ { excused = 1 }
/^[a-zA-Z_][a-zA-Z_0-9]*\(/ { name = $0; sub(/\(.*/, "", name); start = FNR }
/^\{/ { in_function = 1 }
/^\}/ && in_function {
	n = FNR - start + 1
	if (n > 60 && !excused)
		fault(start, name "() has " n " lines, more than 60")
	in_function = excused = 0
}
END { if (file != "") end_of_file(); exit bad }
