#compdef ddrec ddrec-record ddrec-report
# zsh completion for ddrec and its tools. Options, commands, formats and events come from `ddrec ... --help`, so that they are always
# those of the ddrec that is installed.

_ddrec_commands() {
	local -a commands
	commands=(${(f)"$(ddrec --help 2>/dev/null |
		sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *\(.*\)/\1:\2/p')"})
	_describe command commands
}

_ddrec_options() {
	local -a options
	options=(${(f)"$(ddrec $1 --help 2>/dev/null | sed -n \
		-e 's/^  \(-.\), \(--[a-z0-9-]*\)[^ ]*\( [^ ]*\)\{0,1\}  *\(.*\)/\2:\4/p' \
		-e 's/^      \(--[a-z0-9-]*\)[^ ]*\( [^ ]*\)\{0,1\}  *\(.*\)/\1:\3/p')"})
	_describe option options
}

# The formats are the first options, down to --format.
_ddrec_formats() {
	compadd ${(f)"$(ddrec report --help 2>/dev/null | sed -n \
		-e '/^Options:/,/--format/{' -e '/--format/d' -e 's/^      --\([a-z0-9-]*\).*/\1/p' -e '}')"}
}

# What --help lists behind "what to sample:", without what is said in brackets.
_ddrec_events() {
	compadd ${=:-"$(ddrec record --help 2>/dev/null |
		awk '/^ +-/ { wanted = /--event/ } wanted' | tr '\n' ' ' |
		sed -e 's/.*what to sample://' -e 's/([^)]*)//g' -e 's/,/ /g' -e 's/ or / /g')"}
}

_ddrec() {
	# The tools are completed as the commands that they are.
	case $service in
	ddrec-record) words=(ddrec record "${(@)words[2,-1]}"); ((CURRENT++)) ;;
	ddrec-report)
		[[ $words[2] == (report|annotate|info|script|convert|cache) ]] || { words=(ddrec report "${(@)words[2,-1]}"); ((CURRENT++)) }
		;;
	esac
	if ((CURRENT == 2)); then
		_ddrec_commands
		return
	fi
	case $words[2]/$words[CURRENT-1] in
	help/*) _ddrec_commands ;;
	*/--format) _ddrec_formats ;;
	record/(-e|--event)) _ddrec_events ;;
	record/(-p|--pid)) _pids ;;
	*/--by) compadd process thread module ;;
	*/--syntax) compadd att intel ;;
	*/--stack) compadd sieve full fp none ;;
	*/(--debug-dir|--source)) _files -/ ;;
	*)
		if [[ $words[CURRENT] == -* ]]; then
			_ddrec_options $words[2]
		elif [[ $words[2] == record ]]; then
			_alternative 'commands::_command_names' 'files::_files'
		else
			_files
		fi
		;;
	esac
}

_ddrec "$@"
