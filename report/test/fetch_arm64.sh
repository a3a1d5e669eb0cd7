#!/bin/sh
# Fetches arm64 libraries of Debian into a folder, without installing them, and compares their
# unwind tables with readelf's rows. Needs the network and, once:
#     dpkg --add-architecture arm64 && apt-get update
# usage: fetch_arm64.sh DIR [path of unwind_table_readelf_test]
set -eu
dir=${1:?usage: fetch_arm64.sh DIR [TEST]}
mkdir -p "$dir"
(cd "$dir" && apt-get download libc6:arm64 libstdc++6:arm64 libssl3:arm64 python3.11-minimal:arm64)
for deb in "$dir"/*.deb; do
	dpkg-deb -x "$deb" "$dir"
done
if [ $# -gt 1 ]; then
	find "$dir" -type f \( -name 'lib*.so*' -o -name 'python3*' \) -size +100k -exec "$2" {} +
fi
