# Folded stacks and pprof: shown, converted into each other, told from what is none, never trusted
# further than they tell.
printf 'app;main;parse 30\napp;main;read_[k] 10\n# made by hand\napp;main 2.5\n' >stacks.folded
ddrec report stacks.folded
ddrec report --pprof stacks.folded
ddrec report --pprof -o again.pb.gz profile.pb.gz && cmp profile.pb.gz again.pb.gz
ddrec report --folded --annotate - <profile.pb.gz
ddrec report --folded --require 'samples>=42' profile.pb.gz
ddrec report -q --require 'complete>=0' profile.pb.gz >text; echo "require: $?"
grep -A 4 '^Health' text
gzip -dc profile.pb.gz | head -c 20 >cut.pb
ddrec report cut.pb; echo "cut: $?"
head -c 100 profile.pb.gz | ddrec report -; echo "cut: $?"
ddrec report --event cycles profile.pb.gz; echo "event: $?"
ddrec report --time 1-2 stacks.folded; echo "time: $?"
ddrec report --pprof --timestamps stacks.folded; echo "timestamps: $?"
cp again.pb.gz profile.pb.gz # the failure took it away
ddrec report --pprof --no-inline profile.pb.gz; echo "over its input: $?"; cmp profile.pb.gz again.pb.gz
ddrec info profile.pb.gz; echo "info: $?"
ddrec convert stacks.folded; echo "convert: $?"
ddrec annotate main stacks.folded; echo "annotate: $?"
