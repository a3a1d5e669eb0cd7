for command in report info script; do ddrec $command; echo "$command: $?"; done
ddrec report trace.zst; echo "by name: $?"
