#!/bin/sh
# Fetches arm64 libraries of Debian into a folder, without installing them and without touching the
# machine's package lists, and compares their unwind tables with readelf's rows. Needs the network.
# usage: fetch_arm64.sh DIR [path of unwind_table_readelf_test]
set -eu
dir=${1:?usage: fetch_arm64.sh DIR [TEST]}
test=${2:+$(realpath "$2")}
mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
cd "$dir"
apt_arm64() {
	apt-get -q -o Dir::State::lists="$PWD/apt/lists" -o Dir::Cache="$PWD/apt/cache" \
		-o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Debug::NoLocking=1 "$@"
}
apt_arm64 update
apt_arm64 download libc6:arm64 libstdc++6:arm64 libssl3:arm64
for deb in *.deb; do
	dpkg-deb -x "$deb" .
done
if [ -n "$test" ]; then
	find . -type f -name 'lib*.so*' -size +100k -exec "$test" {} +
fi
