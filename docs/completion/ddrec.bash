# bash completion for ddrec, ddrec-record and ddrec-report. Options, commands, formats and events come from
# `ddrec ... --help`, so that they are always those of the ddrec that is installed.

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

# Those that the next word belongs to: "-o, --output FILE".
_ddrec_options_with_value()
{
	ddrec $1 --help 2>/dev/null | sed -n \
		-e 's/^  \(-.\), \(--[a-z0-9-]*\) [A-Z].*/\1 \2/p' \
		-e 's/^      \(--[a-z0-9-]*\) [A-Z].*/\1/p'
}

# The formats are the first options, down to --format.
_ddrec_formats()
{
	ddrec report --help 2>/dev/null | sed -n \
		-e '/^Options:/,/--format/{' -e '/--format/d' -e 's/^      --\([a-z0-9-]*\).*/\1/p' -e '}'
}

# What --help lists behind "what to sample:", without what is said in brackets.
_ddrec_events()
{
	ddrec record --help 2>/dev/null |
		awk '/^ +-/ { wanted = /--event/ } wanted' | tr '\n' ' ' |
		sed -e 's/.*what to sample://' -e 's/([^)]*)//g' -e 's/,/ /g' -e 's/ or / /g'
}

# The index of the recorded command in COMP_WORDS, from $1 on; fails while there is none yet.
_ddrec_recorded()
{
	local i=$1 valued
	valued=" $(_ddrec_options_with_value record | tr '\n' ' ') "
	while [ "$i" -lt "$COMP_CWORD" ]; do
		case ${COMP_WORDS[i]} in
		--)
			i=$((i + 1))
			break
			;;
		-*)
			if [ "${COMP_WORDS[i + 1]}" = '=' ]; then
				i=$((i + 2))
			elif [[ $valued == *" ${COMP_WORDS[i]} "* ]]; then
				i=$((i + 1))
			fi
			i=$((i + 1))
			;;
		*) break ;;
		esac
	done
	[ "$i" -lt "$COMP_CWORD" ] || return 1
	echo "$i"
}

# The values of the option $1 that begin with $2; fails when it is not known.
_ddrec_values()
{
	case $1 in
	--by) COMPREPLY=($(compgen -W 'process thread module' -- "$2")) ;;
	--format) COMPREPLY=($(compgen -W "$(_ddrec_formats)" -- "$2")) ;;
	-e | --event) COMPREPLY=($(compgen -W "$(_ddrec_events)" -- "$2")) ;;
	--syntax) COMPREPLY=($(compgen -W 'att intel' -- "$2")) ;;
	--stack) COMPREPLY=($(compgen -W 'sieve full fp none' -- "$2")) ;;
	--debug-dir | --source) COMPREPLY=($(compgen -d -- "$2")) ;;
	-p | --pid) COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$2")) ;;
	-o | --output) COMPREPLY=($(compgen -f -- "$2")) ;;
	*) return 1 ;;
	esac
}

# The arguments of a command $1, which begin at COMP_WORDS[$2].
_ddrec_arguments()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} recorded
	if [ "$1" = record ] && recorded=$(_ddrec_recorded "$2"); then
		if declare -F _command_offset >/dev/null; then
			_command_offset "$recorded"
		else
			COMPREPLY=($(compgen -f -- "$cur"))
		fi
		return
	fi
	# "--by=thr" is three words.
	if [ "$cur" = '=' ]; then
		cur=
	elif [ "$prev" = '=' ] && [ "$COMP_CWORD" -gt 1 ]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_ddrec_values "$prev" "$cur" && return
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(_ddrec_options "$1")" -- "$cur"))
	elif [ "$1" = record ]; then
		COMPREPLY=($(compgen -c -- "$cur") $(compgen -f -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}

_ddrec()
{
	local cur=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]}
	COMPREPLY=()
	case ${COMP_WORDS[0]##*/} in
	ddrec-record) _ddrec_arguments record 1 ;;
	ddrec-report)
		if [ "$COMP_CWORD" -eq 1 ] && [[ $cur != -* ]]; then
			COMPREPLY=($(compgen -W 'report annotate info script convert cache' -- "$cur") $(compgen -f -- "$cur"))
			return
		fi
		case $command in
		report | annotate | info | script | convert | cache) _ddrec_arguments "$command" 2 ;;
		*) _ddrec_arguments report 1 ;;
		esac
		;;
	*)
		if [ "$COMP_CWORD" -eq 1 ]; then
			COMPREPLY=($(compgen -W "$(_ddrec_commands) --help --version" -- "$cur"))
		elif [ "$command" = help ]; then
			COMPREPLY=($(compgen -W "$(_ddrec_commands)" -- "$cur"))
		else
			_ddrec_arguments "$command" 2
		fi
		;;
	esac
}

complete -o filenames -F _ddrec ddrec ddrec-record ddrec-report
