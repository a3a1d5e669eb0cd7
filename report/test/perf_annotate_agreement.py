#!/usr/bin/env python3
"""Compares ddrec annotate with perf annotate --stdio, instruction by instruction, of one perf.data.

    perf_annotate_agreement.py PERF_DATA MODULE [N]

perf tells the N hottest functions of the module (default 3) and annotates them; ddrec annotates the
same, found by the address. Every address must have the same share of its function's samples, as far
as perf's two decimals tell (0.005, and a little for its own rounding of halves), and the functions
must have the same number of samples. Exit status 1 when anything differs, 77 when perf shows nothing.
"""
import json
import re
import subprocess
import sys

TOLERANCE = 0.0051
ROW = re.compile(r'^\s*(\d+\.\d+)\s+:\s+([0-9a-f]+):\s')


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors='replace').stdout


def hottest(path, module, n):
    """The symbols that perf finds in the module; code without one has an address for a name."""
    lines = run('perf', 'report', '-i', path, '--stdio', '--no-children', '-g', 'none', '-s', 'dso,sym',
                '--dsos', module, '-w', '200,200', '-t', '\t').splitlines()
    rows = [line.split('\t') for line in lines if line.strip() and not line.startswith('#')]
    names = [row[-1].split('] ', 1)[1].strip() for row in rows if '] ' in row[-1]]
    return [name for name in names if not name.startswith('0x')][:n]


def by_perf(path, module, symbol):
    """(samples, {address: percent}), or None where perf shows several functions or none."""
    text = run('perf', 'annotate', '-i', path, '--stdio', '-d', module, '-s', symbol, '--no-source')
    samples = re.findall(r'\((\d+) samples', text)
    rows = [ROW.match(line) for line in text.splitlines()]
    shares = {int(m[2], 16): float(m[1]) for m in rows if m}
    return (int(samples[0]), shares) if len(samples) == 1 and shares else None


def by_ddrec(path, module, address):
    text = run('ddrec', 'annotate', '-q', '--json', f'{module}:@{address:#x}', path)
    function = json.loads(text)['functions'][0]
    assert function['outside'] == 0
    return function, {int(i['address'], 16): i['self'] for i in function['instructions']}


def compare(path, module, symbol):
    theirs = by_perf(path, module, symbol)
    if not theirs:
        return None
    samples, shares = theirs
    function, counts = by_ddrec(path, module, min(shares))
    if sum(counts.values()) != function['self'] or function['self'] != samples:
        print(f'{symbol}: {samples} samples by perf, {function["self"]} by ddrec')
        return False
    ok = True
    for address in sorted(set(shares) | set(counts)):
        ours = 100 * counts.get(address, 0) / samples
        perf = shares.get(address, 0)
        if abs(ours - perf) > TOLERANCE:
            print(f'{symbol} {address:x}: {perf:.2f} % by perf, {ours:.4f} % by ddrec')
            ok = False
    n_hot = sum(1 for count in counts.values() if count)
    print(f'{symbol}: {samples} samples at {n_hot} of {len(counts)} instructions '
          + ('agree' if ok else 'do NOT agree'))
    return ok


def main():
    path, module = sys.argv[1:3]
    n = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    results = []
    for symbol in hottest(path, module, n + 10):
        result = compare(path, module, symbol)
        if result is None:
            print(f'{symbol}: not annotated by perf')
            continue
        results.append(result)
        if len(results) == n:
            break
    if not results:
        print(f'SKIPPED: perf annotates nothing in {module}')
        return 77
    return 0 if all(results) and len(results) == n else 1


if __name__ == '__main__':
    sys.exit(main())
