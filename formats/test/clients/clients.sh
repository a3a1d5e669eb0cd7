#!/bin/bash
# Installs the programs that read what ddrec writes, at pinned versions: clients.sh DIR [NAME]. What is
# there already stays, so that a kept DIR makes this quick. They come from Debian, npm, Go, crates and Maven,
# from wherever those package managers are set to look.
#
# DIR/have/NAME says that a client is there and which; DIR/lack/NAME says why it is not. The exit status
# is 0 all the same: what cannot be had is for the suite to skip, loudly.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1" && dir=$(cd "$1" && pwd) || exit 1
mkdir -p "$dir/bin" "$dir/have" "$dir/lack" "$dir/log"
export PATH=$dir/bin:$PATH DEBIAN_FRONTEND=noninteractive

has()
{
	command -v "$1" >/dev/null
}

# debian PROGRAM PACKAGE: unless the program is there.
debian()
{
	has "$1" && return
	local root=
	[ "$(id -u)" -eq 0 ] || root='sudo -n'
	$root apt-get install -y -qq --no-install-recommends "$2" ||
		{ $root apt-get update -qq && $root apt-get install -y -qq --no-install-recommends "$2"; }
	has "$1"
}

install_pprof()
{
	debian go golang-go && go tool pprof -h 2>&1 | grep -q usage && go version
}

# The schema is part of pprof's module; a module of our own asks for it.
pprof_module=github.com/google/pprof@v0.0.0-20250403155104-27863c87afa6
install_protoc()
{
	debian protoc protobuf-compiler && has go || return
	mkdir -p "$dir/go" && cd "$dir/go" || return
	GOFLAGS=-modcacherw GOMODCACHE=$dir/go/mod go mod download $pprof_module || return
	cp "$dir/go/mod/$pprof_module/proto/profile.proto" "$dir/profile.proto" && protoc --version
}

install_instrumentsToPprof()
{
	has go || debian go golang-go || return
	GOBIN=$dir/bin GOFLAGS=-modcacherw GOMODCACHE=$dir/go/mod \
		go install github.com/google/instrumentsToPprof@latest && echo latest # it has no releases
}

install_inferno()
{
	has cargo || { echo 'there is no cargo'; return 1; }
	cargo install --quiet --locked --root "$dir/cargo" --target-dir "$dir/cargo-target" \
		--version 0.12.8 inferno || return
	rm -rf "$dir/cargo-target"
	(cd "$dir/bin" && ln -sf ../cargo/bin/inferno-* .) && echo 0.12.8
}

# Its parsers of xctrace exports came after 1.37, the newest release. JMH_SOURCES names a tree of its
# sources that has them; three classes are enough.
install_jmh()
{
	[ -d "${JMH_SOURCES:-}" ] || {
		echo "the newest release, 1.37, has no xctrace parsers, and JMH_SOURCES names no tree that has"
		return 1
	}
	debian javac default-jdk-headless && mkdir -p "$dir/jmh" || return
	find "$JMH_SOURCES" -name 'XCTraceTable*.java' -print0 |
		xargs -0 javac -d "$dir/jmh" "$here/JmhXctrace.java" && echo 'from JMH_SOURCES'
}

# npm_package NAME@VERSION...
npm_package()
{
	debian npm npm && npm install --prefix "$dir/npm" --no-audit --no-fund --ignore-scripts --silent \
		--fetch-retries=1 "$@" &&
		echo "$*"
}

install_speedscope() { npm_package speedscope@1.25.0 ajv@6.12.6; }
install_playwright() { debian chromium chromium && npm_package playwright-core@1.65.1; }
install_profiler_cli()
{
	local arch=x64
	[ "$(uname -m)" = aarch64 ] && arch=arm64
	npm_package @firefox-devtools/profiler-cli@0.10.0 node-linux-$arch@24.11.1 &&
		ln -sf "../npm/node_modules/node-linux-$arch/bin/node" "$dir/bin/node24"
}

install_callgrind_annotate() { debian callgrind_annotate valgrind && valgrind --version; }
# flamegraph.pl, of FlameGraph, is in the package of another profiler. It is taken out of there, which
# needs no rights.
install_flamegraph_pl()
{
	local package=libdevel-nytprof-perl
	mkdir -p "$dir/deb" && cd "$dir/deb" || return
	timeout 120 apt-get download -q $package || return
	dpkg -x ${package}_*.deb . || return
	cp usr/share/perl5/Devel/NYTProf/flamegraph.pl "$dir/bin/" && chmod +x "$dir/bin/flamegraph.pl" &&
		dpkg -I ${package}_*.deb | sed -n 's/^ Version: //p'
}

# The rest of FlameGraph is in no package of Debian's.
install_stackcollapse_perf()
{
	has stackcollapse-perf.pl || { echo 'there is no stackcollapse-perf.pl, and no package has it'; return 1; }
}

install_xmllint() { debian xmllint libxml2-utils && xmllint --version 2>&1 | head -n 1; }
install_jq() { debian jq jq && jq --version; }

# Once more this script, for a client alone, so that none holds up the rest for ever.
if [ $# -gt 1 ]; then
	install_"$2"
	exit
fi
for name in pprof protoc instrumentsToPprof jmh speedscope playwright profiler_cli callgrind_annotate \
	xmllint jq flamegraph_pl stackcollapse_perf inferno; do
	[ -e "$dir/have/$name" ] && continue
	log=$dir/log/$name
	if timeout "${CLIENT_TIMEOUT:-900}" "$here/clients.sh" "$dir" $name >"$log" 2>&1 </dev/null; then
		tail -n 1 "$log" >"$dir/have/$name"
		rm -f "$dir/lack/$name"
		echo "installed $name: $(cat "$dir/have/$name")"
	else
		[ $? -eq 124 ] && echo 'installing it takes too long' >>"$log"
		grep -v '^$' "$log" | tail -n 1 >"$dir/lack/$name"
		echo "NOT installed: $name: $(cat "$dir/lack/$name")"
	fi
done
