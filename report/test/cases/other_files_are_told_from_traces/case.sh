printf 'PERFILE2....' >a.perf
gzip -c a.perf >a.gz
: >nothing
for file in a.perf a.gz nothing /bin/true "$0"; do
	ddrec report "$file" 2>&1 | sed "s|$0|THIS|"
done
ddrec info a.perf; echo "info: $?"
ddrec report no/such.zst; echo "report: $?"
