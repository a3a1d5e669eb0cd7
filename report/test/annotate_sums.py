#!/usr/bin/env python3
"""Compares the sums of ddrec annotate with those of ddrec report, function by function.

    annotate_sums.py TRACE [N]

The N hottest functions (default 25) by samples of their own, inlined calls counted for what contains
them. A name may stand for several bodies, in several modules: their sum must be the report's.
"""
import collections
import json
import subprocess
import sys


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors='replace', check=True).stdout


def by_report(trace):
    selves = collections.Counter()
    for line in run('ddrec', 'report', '-q', '--folded', '--no-inline', trace).splitlines():
        stack, count = line.rsplit(' ', 1)
        selves[stack.rsplit(';', 1)[-1]] += int(count)
    return selves


def check(trace, name, expected):
    result = json.loads(run('ddrec', 'annotate', '-q', '--json', name, trace))
    matches = [m for m in result['matches'] if m['name'] == name and m['inlined'] is None]
    total = sum(m['self'] for m in matches)
    if total != expected:
        print(f'{name}: {expected} samples in the report, {total} in {len(matches)} bodies')
        return False
    for match in matches:
        shown = json.loads(run('ddrec', 'annotate', '-q', '--json', match['choose_by'], trace))['functions'][0]
        instructions = sum(i['self'] for i in shown['instructions'])
        if shown['self'] != match['self'] or instructions + shown['outside'] != match['self']:
            print(f'{name}: {match["choose_by"]} has {match["self"]}, its instructions {instructions}')
            return False
        lines = sum(line['self'] for line in shown['lines'])
        if lines > instructions or max((i['total'] for i in shown['instructions']), default=0) > shown['total']:
            print(f'{name}: {lines} in lines, {instructions} in instructions; total {shown["total"]}')
            return False
    return True


def main():
    trace = sys.argv[1]
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    # Some names are not in the folded stacks as they are: of these only those that are are asked for.
    functions = [(name, count) for name, count in by_report(trace).most_common(3 * n)
                 if not any(c in name for c in ':@') and name != '[unknown]'][:n]
    good = sum(check(trace, name, count) for name, count in functions)
    print(f'{good} of {len(functions)} functions add up')
    return 0 if functions and good == len(functions) else 1


if __name__ == '__main__':
    sys.exit(main())
