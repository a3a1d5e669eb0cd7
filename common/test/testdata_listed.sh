#!/bin/sh
# Everything in testdata/ has its line in testdata/README.md. Fuzz corpora are listed by folder.
set -u
cd "$(dirname "$0")/../../testdata" || exit 1
status=0
for file in $(find . -type f ! -path './fuzz/*' ! -path '*/__pycache__/*' | sed 's|^\./||' | sort); do
	name=$(basename "$file")
	folder=$(dirname "$file")
	grep -qF "\`$name\`" README.md || grep -qF "\`$file\`" README.md ||
		grep -qF "\`$folder/\`" README.md || { echo "testdata/README.md lacks $file"; status=1; }
done
exit $status
