#!/bin/sh
# The conformance suite, all of it: run.sh BUILD_DIR [PATTERN...]. Installs the clients, records the
# traces (both are kept in BUILD_DIR/clients), and checks. FRESH=1 records anew.
set -u
here=$(dirname "$0")
build=$(cd "$1" && pwd) || exit 1
shift
mkdir -p "$build/clients"
[ -z "${FRESH:-}" ] || rm -rf "$build/clients/traces"
rm -rf "$build/clients/out"
export XDG_CACHE_HOME="$build/clients/cache"
"$here/clients.sh" "$build/clients"
"$here/traces.sh" "$build" "$build/clients/traces"
exec python3 -B "$here/check.py" "$build" "$@"
