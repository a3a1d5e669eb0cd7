for options in '-g' '--call-graph dwarf' '--call-graph=fp' '-t 1' '-vt1' '--tid=1' \
	'-c 1' '--count 1'; do
	# shellcheck disable=SC2086 # they are words
	ddrec record $options true || echo "  status $?" >&2
done
