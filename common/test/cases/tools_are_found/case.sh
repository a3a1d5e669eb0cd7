# The front door looks for the tools beside itself first, then in ../libexec/ddrec, then in PATH.
mkdir -p inst/bin inst/libexec/ddrec path
cp "$(command -v ddrec)" inst/bin/
tool() { mkdir -p "$(dirname "$1")"; printf "#!/bin/sh\necho $1 \"\$@\"\n" >"$1"; chmod +x "$1"; }
tool path/ddrec-report
PATH=$PWD/path:$PATH inst/bin/ddrec info x
tool inst/libexec/ddrec/ddrec-report
PATH=$PWD/path:$PATH inst/bin/ddrec report -o "a b"
tool inst/bin/ddrec-report
PATH=$PWD/path:$PATH inst/bin/ddrec help script
tool inst/bin/ddrec-record
inst/bin/ddrec record -o x ls -l
