# The names that an unknown one is answered with are those of the help.
help=$(ddrec record --help | tr '\n' ' ' | tr -s ' ')
ddrec record -e foo true 2>&1 | sed 's/.*(//; s/).*//' | tr -d , | tr ' ' '\n' >events
while read -r event; do
	case $help in
	*" $event"[\ ,]*) ;;
	*) echo "$event is not in the help" ;;
	esac
done <events
wc -l <events
