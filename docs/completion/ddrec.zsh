#compdef ddrec
# zsh completion for ddrec. Options and commands come from `ddrec ... --help`, so that they are always
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

_ddrec() {
	if ((CURRENT == 2)); then
		_ddrec_commands
		return
	fi
	case $words[2]/$words[CURRENT-1] in
	help/*) _ddrec_commands ;;
	*/--by) compadd process thread module ;;
	*/--stack) compadd sieve full fp none ;;
	*/--debug-dir) _files -/ ;;
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
