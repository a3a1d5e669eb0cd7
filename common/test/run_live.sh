# For scripts that record: `. "$(dirname "$0")/../../common/test/run_live.sh"`. Goes to the scratch
# folder, puts the built programs in PATH, and leaves with 77, skipped, where nothing can be recorded.
# fail MESSAGE... says what is wrong and makes `exit $status` fail.
PATH=$BUILD/bin:$PATH
progs=$BUILD/testdata
status=0
cd "$TMPDIR" || exit 1

ddrec record -q -o probe.zst true 2>probe.err
if [ $? -eq 125 ]; then
	echo "SKIPPED: nothing can be recorded here: $(tail -n 1 probe.err)"
	exit 77
fi

fail()
{
	echo "FAIL: $*"
	status=1
}
