#!/bin/sh
# One golden command line: run_case.sh DIR. Runs DIR/case.sh in an empty directory, with the built
# programs in PATH and TESTDATA set, and compares with DIR/stdout, DIR/stderr (missing: empty) and
# DIR/status (missing: 0). UPDATE=1 writes these files instead. A case that exits with 77 is skipped.
set -u
dir=$(cd "$1" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/cwd"

(cd "$work/cwd" && HOME=$work PATH=$BUILD/bin:$PATH sh "$dir/case.sh" >"$work/stdout" 2>"$work/stderr")
echo $? >"$work/status"

expected()
{
	if [ -e "$dir/$1" ]; then
		cat "$dir/$1"
	elif [ "$1" = status ]; then
		echo 0
	fi
}

if [ "$(cat "$work/status")" = 77 ] && [ "$(expected status)" != 77 ]; then
	cat "$work/stderr"
	exit 77
fi

failed=0
for part in stdout stderr status; do
	expected $part >"$work/expected"
	cmp -s "$work/expected" "$work/$part" && continue
	if [ "${UPDATE:-}" = 1 ]; then
		cp "$work/$part" "$dir/$part"
		if [ $part = status ] && [ "$(cat "$work/status")" = 0 ] || [ ! -s "$dir/$part" ]; then
			rm -f "$dir/$part"
		fi
		echo "updated $1/$part"
		continue
	fi
	failed=1
	echo "$part differs (-expected +got; UPDATE=1 rewrites):"
	diff -u "$work/expected" "$work/$part" | tail -n +3
done
exit $failed
