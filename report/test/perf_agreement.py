#!/usr/bin/env python3
"""Compares ddrec's stacks with perf's, sample by sample, of one perf.data with stack copies.

    perf_agreement.py PERF_DATA [EXAMPLES]

perf script is the peer: its addresses without inlined frames. Each pair falls into one class; of all but
the equal ones EXAMPLES (default 3) are shown whole. Exit status 1 when a sample is missing, or a stack of perf's
that reached a first frame is not ddrec's.

Both sides tell where in the mapped files the addresses lie, of callers the byte before the return address.
A kernel part is left out: it is the kernel's own.
"""
import collections
import os
import subprocess
import sys

KERNEL = 1 << 63
# The outermost functions of a process or thread, and of its start in ld.so.
FIRST = ('_start', '__clone', '__clone3', 'clone', '_dl_start_user')


def ddrec_stacks(path, tool):
    stacks = {}
    for line in subprocess.run([tool, path], capture_output=True, text=True, check=True).stdout.splitlines():
        tid, time_ns, end, *pcs = line.split()
        pcs = [int(pc.lstrip('~'), 16) for pc in pcs]
        stacks.setdefault((int(tid), int(time_ns)), (end, pcs))
    return stacks


def perf_stacks(path):
    """Yields (tid, time in ns, user addresses leaf first, symbol of the outermost)."""
    command = ['perf', 'script', '--ns', '--no-inline', '-F', 'tid,time,ip,sym', '-i', path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        tid, time_ns, pcs, symbol = None, 0, [], ''
        for line in process.stdout:
            words = line.split()
            if not words:
                if tid is not None:
                    yield tid, time_ns, pcs, symbol
                tid = None
            elif tid is None:
                seconds, nanoseconds = words[1].rstrip(':').split('.')
                tid, time_ns = int(words[0]), int(seconds) * 10**9 + int(nanoseconds)
                pcs, symbol = [], ''
            else:
                pc = int(words[0], 16)
                if pc < KERNEL:
                    pcs.append(pc)
                    symbol = words[1] if len(words) > 1 else ''


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(any(pc == other for other in rest) for pc in part)


def classify(end, ours, theirs, symbol):
    n = min(len(ours), len(theirs))
    equal = ours[:n] == theirs[:n]
    perf_is_whole = symbol.split('+')[0] in FIRST
    if equal and len(ours) == len(theirs):
        return 'equal'
    if equal and len(ours) > len(theirs):
        return 'ddrec goes on' if not perf_is_whole else 'ddrec goes on behind a first frame'
    if is_subsequence(theirs, ours):
        # Seen of libunwind in ld.so: _dl_start, which calls _dl_sysdep_start, is not there.
        return 'perf leaves frames out'
    if equal:
        return 'perf goes on' + (', and is whole' if perf_is_whole else '')
    return 'different' + (', and perf is whole' if perf_is_whole else '')


def show(key, end, ours, theirs, symbol):
    print(f'    tid {key[0]} time {key[1]} ends "{end}", perf ends in {symbol or "?"}')
    print('      ddrec', ' '.join(f'{pc:x}' for pc in ours))
    print('      perf ', ' '.join(f'{pc:x}' for pc in theirs))


def main():
    path = sys.argv[1]
    n_examples = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    tool = os.environ.get('TOOL', os.path.join(os.environ.get('BUILD', 'build'), 'report/test/tool_print_stacks'))
    ddrec = ddrec_stacks(path, tool)
    counts, examples = collections.Counter(), collections.defaultdict(list)
    for tid, time_ns, theirs, symbol in perf_stacks(path):
        end, ours = ddrec.get((tid, time_ns), ('missing', []))
        kind = 'missing from ddrec' if end == 'missing' else classify(end, ours, theirs, symbol)
        counts[kind] += 1
        if kind != 'equal' and len(examples[kind]) < n_examples:
            examples[kind].append(((tid, time_ns), end, ours, theirs, symbol))
    for kind, n in counts.most_common():
        print(f'{n:8}  {kind}')
        for example in examples[kind]:
            show(*example)
    return 1 if any('is whole' in kind or 'missing' in kind for kind in counts) else 0


if __name__ == '__main__':
    sys.exit(main())
