# Told before the trace is even opened.
try() { ddrec report "$@" no-such-trace.zst; echo "$*: $?"; }
try --focus '('
try --ignore '['
try --comm 'a{2,1}'
try --time 5
try --time 3-1
try --pid abc
try --tid 1,,2
