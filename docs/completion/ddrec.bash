# bash completion for ddrec. Options and commands come from `ddrec ... --help`, so that they are always
# those of the ddrec that is installed.

_ddrec_commands()
{
	ddrec --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *.*/\1/p'
}

_ddrec_options()
{
	ddrec $1 --help 2>/dev/null | sed -n \
		-e 's/^  \(-.\), \(--[a-z0-9-]*\).*/\1 \2/p' \
		-e 's/^      \(--[a-z0-9-]*\).*/\1/p' \
		-e 's/^  \(-.\) .*/\1/p'
}

_ddrec()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} i
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W "$(_ddrec_commands) --help --version" -- "$cur"))
		return
	fi
	if [ "$command" = help ]; then
		COMPREPLY=($(compgen -W "$(_ddrec_commands)" -- "$cur"))
		return
	fi
	case $prev in
	--by) COMPREPLY=($(compgen -W 'process thread module' -- "$cur")) ;;
	--stack) COMPREPLY=($(compgen -W 'sieve full fp none' -- "$cur")) ;;
	--debug-dir) COMPREPLY=($(compgen -d -- "$cur")) ;;
	*)
		if [[ $cur == -* ]]; then
			COMPREPLY=($(compgen -W "$(_ddrec_options "$command")" -- "$cur"))
		elif [ "$command" = record ]; then
			COMPREPLY=($(compgen -c -- "$cur") $(compgen -f -- "$cur"))
		else
			COMPREPLY=($(compgen -f -- "$cur"))
		fi
		;;
	esac
}

complete -o filenames -F _ddrec ddrec
