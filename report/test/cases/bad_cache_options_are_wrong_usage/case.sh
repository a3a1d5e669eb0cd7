export XDG_CACHE_HOME="$PWD"
for words in '--limit 3X' '--limit -1' '--limit 99999999999T' '--limit M' '--older-than 3' 'words'; do
	# shellcheck disable=SC2086 # words are words
	ddrec cache $words
	echo $?
done
