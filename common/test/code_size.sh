#!/bin/sh
# No function above 60 lines (but a flat dispatch that says so in the comment above it), no file above
# 600, no header above 200. Tests are free in the length of functions and headers: their tables are long.
set -u
cd "$(dirname "$0")/../.." || exit 1

find common record formats report -name '*.[ch]' | sort | xargs awk '
	function complain(text) { print text; bad = 1 }
	function end_of_file() {
		limit = file ~ /\.h$/ && file !~ /\/test\// ? 200 : 600
		if (n > limit)
			complain(file ": " n " lines; at most " limit)
	}
	FNR == 1 { if (file) end_of_file(); file = FILENAME; start = 0; flat = 0 }
	{ n = FNR }
	/flat dispatch/ { flat = FNR }
	/^{/ { start = FNR }
	/^}/ && start {
		if (FNR - start - 1 > 60 && file !~ /\/test\// && !(flat && start - flat < 12))
			complain(file ":" start ": a function of " FNR - start - 1 " lines; at most 60")
		start = 0
	}
	END { end_of_file(); exit bad }'
