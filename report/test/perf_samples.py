#!/usr/bin/env python3
"""Samples as perf and as ddrec read them from a perf.data file, in the same words.

  perf script -D -i FILE | perf_samples.py perf
  ddrec script FILE      | perf_samples.py ddrec

A second argument, no-time, leaves the times out, for files that have none.

One line a sample: time (of ddrec relative to --start), thread, address, period, the call chain of
the kernel and of the user, the registers, the bytes of stack.
"""
import re
import sys

CONTEXT_KERNEL, CONTEXT_USER = 0xffffffffffffff80, 0xfffffffffffffe00
REGS = {'AX': 'rax', 'BX': 'rbx', 'CX': 'rcx', 'DX': 'rdx', 'SI': 'rsi', 'DI': 'rdi', 'BP': 'rbp',
        'SP': 'rsp', 'IP': 'rip'}
REGS.update({f'R{n}': f'r{n}' for n in range(8, 16)})


def line(time, who, ip, period, kernel, user, regs, stack):
    time = 0 if 'no-time' in sys.argv else time
    chain = lambda pcs: ','.join(pcs) or '-'
    named = ','.join(f'{r}={regs[r]}' for r in sorted(regs)) or '-'
    return f'{time} {who} {ip} {period} {chain(kernel)} {chain(user)} {named} {stack}'


class PerfSample:
    def __init__(self, match):
        self.time, self.who = int(match['time'] or 0), match['who']
        self.ip, self.period = match['ip'][2:].lstrip('0') or '0', match['period']
        self.parts = {CONTEXT_KERNEL: [], CONTEXT_USER: []}
        self.part, self.regs, self.stack = None, {}, 0
        self.is_64_bit = self.has_dump = False

    def add_pc(self, pc):
        if pc >= 0xfffffffffffff001:
            self.part = pc
        elif self.part in self.parts:
            self.parts[self.part].append(f'{pc:x}')

    def line(self, start):
        kernel, user = self.parts.values()
        if self.has_dump:
            user = []
        regs = self.regs if self.has_dump else {}
        return line(self.time - start, self.who, self.ip, self.period, kernel, user, regs,
                    self.stack // 8)


def read_perf(lines):
    head = re.compile(r'^(?:(?:\d+ )?(?P<time>\d+) )?0x[0-9a-f]+(?:@\S+)? \[0x[0-9a-f]+\]: PERF_RECORD_SAMPLE\([^)]*\):'
                      r' (?P<who>-?\d+/-?\d+): (?P<ip>0x[0-9a-f]+) period: (?P<period>\d+)')
    samples, times, sample = [], [], None
    for text in lines:
        if 'PERF_RECORD_' in text:
            match = head.match(text)
            sample = PerfSample(match) if match else None
            if sample:
                samples.append(sample)
            time = re.match(r'(?:\d+ )?(\d+) 0x', text)
            if time and int(time[1]) not in (0, 2**64 - 1):
                times.append(int(time[1]))
        elif sample and (m := re.match(r'\.+ +\d+: ([0-9a-f]{16})$', text)):
            sample.add_pc(int(m[1], 16))
        elif sample and (m := re.match(r'\.{4} (\w+) +0x([0-9a-f]{16})$', text)):
            if m[1] in REGS:
                sample.regs[REGS[m[1]]] = m[2].lstrip('0') or '0'
        elif sample and (m := re.match(r'\.\.\. user regs: mask \S+ ABI (\S+)', text)):
            sample.is_64_bit = m[1] == '64-bit'
        elif sample and (m := re.match(r'\.\.\. ustack: size (\d+)', text)):
            sample.stack, sample.has_dump = int(m[1]), sample.is_64_bit
    return [s.line(min(times, default=0)) for s in sorted(samples, key=lambda s: s.time)]


def read_ddrec(lines):
    result = []
    for text in lines:
        words = text.split()
        if words[0] != 'sample':
            continue
        seconds, ns = words[1].split('.')
        fields = {'kernel-stack': '', 'user-stack': '', 'words': '0', 'regs': ''}
        regs = {}
        for i, word in enumerate(words):
            if word in ('period', 'ip', 'kernel-stack', 'user-stack', 'words'):
                fields[word] = words[i + 1]
            elif re.match(r'r[a-z0-9]+=', word):
                name, regs[name] = word.split('=')[0], word.split('=')[1]
        split = lambda chain: chain.split(',') if chain else []
        result.append(line(int(seconds) * 10**9 + int(ns), words[2], fields['ip'],
                           fields['period'], split(fields['kernel-stack']),
                           split(fields['user-stack']), regs, fields['words']))
    return result


print('\n'.join({'perf': read_perf, 'ddrec': read_ddrec}[sys.argv[1]](sys.stdin)))
