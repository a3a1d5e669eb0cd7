#!/bin/bash
# Proves that two commands do it all on a machine that has only git and make:
# fresh_machine.sh [root|user]... makes a minimal Debian 12 in a directory (debootstrap; needs root),
# clones this repository's HEAD into it, and runs `make demo` and `make check` there, as root and as an
# ordinary user with sudo. Packages come from where this machine has them from: its apt sources,
# settings and proxies are copied in. BASE=DIR keeps the minimal system for the next time.
set -u
cd "$(dirname "$0")/.." || exit 1
[ "$(id -u)" -eq 0 ] || { echo 'fresh_machine.sh: must be root, for debootstrap and chroot' >&2; exit 1; }
work=$(mktemp -d /var/tmp/ddrec-fresh.XXXXXX) || exit 1
base=${BASE:-$work/base}
proxies=$(env | grep -iE '^(https?|ftp|all|no)_proxy=')

unmount()
{
	local mounted
	for mounted in "$base" "$work"/*; do
		for dir in dev sys proc; do
			mountpoint -q "$mounted/$dir" && umount -R -l "$mounted/$dir"
		done
	done
}
trap 'unmount; rm -rf --one-file-system "$work"' EXIT

mount_system()
{
	mount -t proc proc "$1/proc" && mount --rbind --make-rslave /sys "$1/sys" &&
		mount --rbind --make-rslave /dev "$1/dev"
}

# The first address of Debian 12 in the machine's own apt settings.
mirror()
{
	apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 2>/dev/null |
		awk '$2 == "bookworm" { print $1; exit }'
}

copy_apt_settings()
{
	rm -rf "$1/etc/apt/sources.list" "$1/etc/apt/sources.list.d" "$1/etc/apt/apt.conf.d"
	cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d "$1/etc/apt/"
	cp -rL /etc/apt/keyrings "$1/etc/apt/" 2>/dev/null
	cp -r /usr/share/keyrings/. "$1/usr/share/keyrings/"
	cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
	mkdir -p "$1/usr/local/share/ca-certificates" "$1/etc/ssl/certs"
	cp -r /usr/local/share/ca-certificates/. "$1/usr/local/share/ca-certificates/"
	cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
}

make_base()
{
	[ -e "$base/usr/bin/make" ] && return
	debootstrap --variant=minbase --include=git,make,ca-certificates,sudo bookworm "$base" "$(mirror)" \
		>"$work/debootstrap.log" || { tail "$work/debootstrap.log"; return 1; }
	copy_apt_settings "$base"
}

# try WHO: clone, make demo, make check, in a fresh copy of the base.
try()
{
	local who=$1 root=$work/$1 user=root start=$SECONDS
	cp -a "$base" "$root"
	mount_system "$root" || return 1
	if [ "$who" = user ]; then
		user=tester
		chroot "$root" useradd -m -s /bin/bash tester
		echo 'Defaults env_keep += "http_proxy https_proxy no_proxy"' >"$root/etc/sudoers.d/tester"
		echo 'tester ALL=(ALL) NOPASSWD: ALL' >>"$root/etc/sudoers.d/tester"
	fi
	git clone -q --bare . "$root/srv/ddrec.git"
	chroot "$root" chown -R $user /srv/ddrec.git
	# shellcheck disable=SC2086 # proxies are words
	chroot "$root" su - $user -c "env $(echo $proxies) sh -e -c '
		git clone -q /srv/ddrec.git ddrec
		cd ddrec
		make demo
		test -s flamegraph.svg
		make check'" >"$work/$who.log" 2>&1
	local status=$?
	unmount
	rm -rf --one-file-system "$root"
	tail -n 25 "$work/$who.log" | sed 's/^/    | /'
	echo "$who: exit status $status after $((SECONDS - start)) s"
	return $status
}

failed=0
make_base || exit 1
[ $# -gt 0 ] || set -- root user
for who; do
	try "$who" || failed=1
done
exit $failed
