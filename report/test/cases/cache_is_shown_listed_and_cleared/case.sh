# The one file is damaged, so its place is told instead of what it holds; what is not the cache's stays.
export TZ=UTC XDG_CACHE_HOME="$PWD"
show()
{
	ddrec cache "$@" | sed "s|$PWD|HERE|"
}
show
mkdir -p ddrec/ab
echo 'not a table' >ddrec/ab/cdef.unwind
echo mine >ddrec/notes
touch -d '2026-01-02 03:04:05' ddrec/ab/cdef.unwind
show
show --list
show --clear --older-than 1000000
show --clear --older-than 1
show
find ddrec -type f
