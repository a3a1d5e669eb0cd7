#!/bin/sh
# Every relative link in the Markdown files leads to a file in the repository, and to a heading in it;
# and every source file that README.md names in `code` is there.
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0

# GitHub's rule for a heading's anchor: lower case, no punctuation, blanks to hyphens.
anchors()
{
	sed -n 's/^##* *//p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

check_link()
{
	file=${2%%#*}
	path=$1
	[ -n "$file" ] && path=$(dirname "$1")/$file
	if [ ! -e "$path" ]; then
		echo "$1: link to $2: no such file"
		return 1
	fi
	case $2 in
	*#*) anchors "$path" | grep -qx -- "${2#*#}" || { echo "$1: link to $2: no such heading"; return 1; } ;;
	esac
}

for page in *.md docs/*.md testdata/*.md; do
	[ -e "$page" ] || continue
	for link in $(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//'); do
		case $link in
		*://* | mailto:*) ;;
		*) check_link "$page" "$link" || status=1 ;;
		esac
	done
done
for file in $(grep -o '`[a-z]*/[a-z_0-9./]*\.[ch1]`' README.md | tr -d '`'); do
	[ -e "$file" ] || { echo "README.md names $file: no such file"; status=1; }
done
exit $status
