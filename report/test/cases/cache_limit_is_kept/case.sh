export XDG_CACHE_HOME="$PWD"
mkdir -p ddrec/ab
chmod 700 ddrec
for i in 1 2 3; do
	head -c 400000 /dev/zero >ddrec/ab/0$i.unwind
	touch -d "2026-01-0$i" ddrec/ab/0$i.unwind
done
ddrec cache --limit 1M | sed "s|$PWD|HERE|"
find ddrec -name '*.unwind' | sort
ddrec cache | sed "s|$PWD|HERE|"
ddrec cache --limit 0 | sed "s|$PWD|HERE|"
