#!/bin/sh
# What building and testing need from the system, and its installation with apt.
#
#	deps.sh list build|test		prints the packages that are missing, on one line
#	deps.sh install build|test	installs them; calls neither apt nor sudo when nothing is missing
#
# Libraries are looked for by compiling (probe.sh), programs in PATH: so a machine that has them from
# elsewhere than apt is fine. PROBES_build and PROBES_test come from the Makefile.
set -u
here=$(dirname "$0")
CC=${CC:-cc}
case $CC in
*clang*) cc_package=clang ;;
*) cc_package=gcc ;;
esac

# "program package" lines; the first that is missing names the package.
programs_build="
${CC%% *} $cc_package
make make"
programs_test="
g++ g++
zstd zstd
xmllint libxml2-utils
jq jq
mandoc mandoc
python3 python3
objcopy binutils
xz xz-utils
dwz dwz"

missing_programs()
{
	echo "$1" | while read -r program package; do
		[ -z "$program" ] || command -v "$program" >/dev/null || echo "$package"
	done
}

missing_libraries()
{
	for name in $1; do
		"$here/probe.sh" test "$name" || "$here/probe.sh" packages "$name"
	done
}

missing()
{
	missing_programs "$programs_build"
	# shellcheck disable=SC2086 # CC may have flags
	echo 'int main(void) { return 0; }' | $CC -xc -o /dev/null - 2>/dev/null || echo libc6-dev
	missing_libraries "$PROBES_build"
	[ "$1" = build ] && return
	missing_programs "$programs_test"
	missing_libraries "$PROBES_test"
}

install()
{
	if ! command -v apt-get >/dev/null; then
		echo "make deps: no apt-get here; please install what Debian calls: $*" >&2
		exit 1
	fi
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		sudo=sudo
		if ! command -v sudo >/dev/null; then
			echo "make deps: neither root nor sudo; please have installed: $*" >&2
			exit 1
		fi
	fi
	echo "make deps: installing $*"
	$sudo apt-get update -qq &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends "$@" >/dev/null
}

packages=$(missing "$2" | tr ' ' '\n' | sort -u | tr '\n' ' ')
case $1 in
list) echo "$packages" ;;
install)
	[ -z "$packages" ] && exit 0
	# shellcheck disable=SC2086 # packages are words
	install $packages
	;;
esac
