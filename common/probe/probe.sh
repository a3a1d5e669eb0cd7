#!/bin/sh
# Is a library there? Compiles and links the tiny program common/probe/NAME.c, whose first line names
# the Debian package and the compiler flags.
#
#	probe.sh test NAME	exit status 0: it is there. Prints nothing.
#	probe.sh stamp NAME FILE	prints the result, makes FILE, or says what to do next.
#	probe.sh packages NAME	prints the package's name.
set -u
here=$(dirname "$0")

packages()
{
	sed -n '1s|.*package: \(.*\)  flags.*|\1|p' "$here/$1.c"
}

flags()
{
	sed -n '1s|.*flags: \(.*\) \*/|\1|p' "$here/$1.c"
}

compiles()
{
	scratch=$(mktemp -d) || exit 1
	# shellcheck disable=SC2046 # flags are words
	${CC:-cc} -o "$scratch/probe" "$here/$1.c" $(flags "$1") 2>"$scratch/log"
	status=$?
	rm -rf "$scratch"
	return $status
}

case $1 in
test)
	compiles "$2"
	;;
packages)
	packages "$2"
	;;
stamp)
	if compiles "$2"; then
		printf '  PROBE %s: found\n' "$2"
		mkdir -p "$(dirname "$3")" && : >"$3"
		exit
	fi
	printf '  PROBE %s: not found\n\n' "$2"
	echo "Building ddrec needs packages that are not installed:" "$("$here/deps.sh" list build)"
	echo 'Next: make deps'
	exit 1
	;;
esac
