#!/bin/sh
# Every shell script parses in the shell that its first line names, is executable (unless it has no such
# line and is for others to read in), and names no host: where packages come from is the machine's affair.
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0
for script in $(find common record formats report testdata docs .ci -type f \
	\( -name '*.sh' -o -path '.ci/*' -o -name '*.bash' \)); do
	shell=sh
	head -n 1 "$script" | grep -q bash && shell=bash
	$shell -n "$script" || status=1
	case $script in
	*/case.sh | docs/*) ;;
	*) [ -x "$script" ] || ! head -n 1 "$script" | grep -q '^#!' || { echo "$script is not executable"; status=1; } ;;
	esac
	grep -Hn '[a-z]://[a-z]' "$script" && status=1
done
exit $status
