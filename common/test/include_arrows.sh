#!/bin/sh
# Includes follow the arrows: record -> common, formats -> common, report -> formats and common. Tests
# may also include what they test with: a report's test runs the recorder's sieve. Every include of
# our own names its folder, but for the headers that make generates from a .js, .css or .html file.
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0

# allow FOLDER REGEX: no file of FOLDER (tests apart) includes from a part that REGEX does not match.
allow()
{
	wrong=$(grep -n '^#include "' "$1"/*.[ch] 2>/dev/null | grep -v "\"\($2\)/\|\.\(js\|css\|html\)\.h\"\|\"html_hashes\.h\"")
	[ -z "$wrong" ] && return
	echo "$1 may include only from: $2"
	echo "$wrong"
	status=1
}

allow common 'common'
allow record 'record\|common'
allow formats 'formats\|common'
allow report 'report\|formats\|common'
allow common/test 'common'
allow record/test 'record\|common'
allow formats/test 'formats\|common'
allow report/test 'report\|record\|formats\|common'
exit $status
