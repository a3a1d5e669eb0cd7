for options in '-g' '--call-graph dwarf' '--call-graph=fp' '-p 1' '-vp1' '--pid=1' '-t 1' -a --all-cpus \
	'-c 1' '--count 1'; do
	# shellcheck disable=SC2086 # they are words
	ddrec record $options true || echo "  status $?" >&2
done
