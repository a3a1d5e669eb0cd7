# fish completion for ddrec. Options, commands, formats and events come from `ddrec ... --help`, so that they are always
# those of the ddrec that is installed.

function __ddrec_commands
    ddrec --help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z-]*\)  *\(.*\)/\1\t\2/p'
end

function __ddrec_options
    set -l words (commandline -opc)
    ddrec $words[2] --help 2>/dev/null | sed -n \
        -e 's/^  \(-.\), \(--[a-z0-9-]*\)[^ ]*\( [^ ]*\)\{0,1\}  *\(.*\)/\2\t\4/p' \
        -e 's/^      \(--[a-z0-9-]*\)[^ ]*\( [^ ]*\)\{0,1\}  *\(.*\)/\1\t\3/p'
end

function __ddrec_has_command
    test (count (commandline -opc)) -gt 1
end

function __ddrec_wants_option
    __ddrec_has_command; and string match -q -- '-*' (commandline -ct)
end

# The formats are the first options, down to --format.
function __ddrec_formats
    ddrec report --help 2>/dev/null | sed -n \
        -e '/^Options:/,/--format/{' -e '/--format/d' -e 's/^      --\([a-z0-9-]*\).*/\1/p' -e '}'
end

# What --help lists behind "what to sample:", without what is said in brackets.
function __ddrec_events
    ddrec record --help 2>/dev/null | awk '/^ +-/ { wanted = /--event/ } wanted' | tr '\n' ' ' | sed \
        -e 's/.*what to sample://' -e 's/([^)]*)//g' -e 's/,/ /g' -e 's/ or / /g' | tr -s ' ' '\n'
end

function __ddrec_value_of
    __ddrec_has_command; and contains -- (commandline -opc)[-1] $argv
end

complete -c ddrec -f -n 'not __ddrec_has_command' -a '(__ddrec_commands)'
complete -c ddrec -f -n 'not __ddrec_has_command' -s h -l help -d 'show the help'
complete -c ddrec -f -n 'not __ddrec_has_command' -l version -d 'show the version'
complete -c ddrec -f -n '__fish_seen_subcommand_from help' -a '(__ddrec_commands)'
complete -c ddrec -n __ddrec_wants_option -a '(__ddrec_options)'
complete -c ddrec -f -n '__ddrec_value_of --format' -a '(__ddrec_formats)'
complete -c ddrec -f -n '__ddrec_value_of -e --event' -a '(__ddrec_events)'
complete -c ddrec -f -n '__ddrec_value_of -p --pid' -a '(__fish_complete_pids)'
complete -c ddrec -f -n '__ddrec_value_of --by' -a 'process thread module'
complete -c ddrec -f -n '__ddrec_value_of --syntax' -a 'att intel'
complete -c ddrec -f -n '__ddrec_value_of --stack' -a 'sieve full fp none'
complete -c ddrec-record -w 'ddrec record'
complete -c ddrec-report -w 'ddrec report'
