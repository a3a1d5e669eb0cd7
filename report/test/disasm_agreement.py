#!/usr/bin/env python3
"""Compares our disassembly with objdump's, function by function, of all functions of ELF files.

    disasm_agreement.py TOOL OBJDUMP FILE...

Every function must be cut into the same instructions, with the same mnemonics as far as both know
them: the spelling of both is brought to a common form first (AT&T suffixes, condition aliases,
prefixes). What objdump knows and capstone does not, new instructions above all, is counted: at most
10 in 1000 instructions (a static glibc is full of AVX-512). What they call differently: at most 2 in 1000. Targets of direct jumps and
calls must be equal everywhere. Exit status 1 beyond that.
"""
import collections
import re
import subprocess
import sys

MAX_UNKNOWN, MAX_DIFFERENT = 0.01, 0.002
PREFIXES = {'rep', 'repz', 'repnz', 'repe', 'repne', 'lock', 'bnd', 'notrack', 'data16', 'addr32', 'cs', 'ds',
            'es', 'ss', 'fs', 'gs', 'rex', 'rex.W', 'xacquire', 'xrelease'}
ALIASES = {'jae': 'jnb', 'jb': 'jc', 'jnc': 'jnb', 'je': 'jz', 'jne': 'jnz', 'jbe': 'jna', 'ja': 'jnbe', 'jp': 'jpe',
           'movabs': 'mov', 'movabsq': 'mov', 'movd': 'movq', 'wait': 'fwait', 'nopw': 'nop', 'nopl': 'nop', 'sal': 'shl', 'cltq': 'cdqe', 'cqto': 'cqo', 'cltd': 'cdq',
           'cwtl': 'cwde', 'cbtw': 'cbw', 'cwtd': 'cwd', 'hint': 'nop', 'xchg': 'nop'}
# The same instruction under its general and its special name.
A64 = {'cset': 'csinc', 'csetm': 'csinv', 'cinc': 'csinc', 'cneg': 'csneg', 'cinv': 'csinv', 'mov': 'orr', 'movz': 'orr', 'movn': 'orr', 'lsl': 'ubfm',
       'lsr': 'ubfm', 'ubfx': 'ubfm', 'ubfiz': 'ubfm', 'uxtb': 'ubfm', 'uxth': 'ubfm', 'asr': 'sbfm', 'sbfx': 'sbfm',
       'sbfiz': 'sbfm', 'sxtb': 'sbfm', 'sxth': 'sbfm', 'sxtw': 'sbfm', 'bfi': 'bfm', 'bfxil': 'bfm', 'bfc': 'bfm',
       'mul': 'madd', 'mneg': 'msub', 'smull': 'smaddl', 'umull': 'umaddl', 'cmp': 'subs', 'neg': 'sub', 'negs': 'subs', 'cmn': 'adds',
       'tst': 'ands', 'mvn': 'orn', 'ror': 'extr', 'b.hs': 'b.cs', 'b.lo': 'b.cc', 'dc': 'sys', 'ins': 'orr'}
# Instructions that older processors take for a hint, and so does capstone.
HINTS = re.compile(r'^(hint|nop|bti|xpaclri|(aut|pac)i[ab](1716|sp|z))$')


def common_form(words, is_x86):
    while len(words) > 1 and words[0] in PREFIXES:
        words = words[1:]
    name = words[0]
    if not is_x86:
        return 'hint' if HINTS.match(name) else A64.get(name, name)
    name = ALIASES.get(name, name)
    if len(name) > 3 and name[-1] in 'bwlqs' and name[:-1] + 'X' in SUFFIXED:
        name = name[:-1]
    return ALIASES.get(name, name)


# Integer instructions whose operand size may be told by a letter behind them.
SUFFIXED = {name + 'X' for name in '''mov add sub and or xor cmp test lea push pop inc dec neg not shl shr sar rol ror
    imul mul div idiv adc sbb call jmp ret leave bt bts btr btc xchg xadd cmpxchg bswap nop shld shrd bsf bsr popcnt
    tzcnt lzcnt rcl rcr cmov movs stos lods scas cmps enter sal iret'''.split()}


def without_suffix(ours, theirs):
    """Both spellings of one mnemonic: capstone adds a size where objdump does not, and the reverse."""
    return (ours == theirs or ours.rstrip('bwlq') == theirs.rstrip('bwlq')
            or (ours.startswith('cmov') and theirs.startswith('cmov'))
            or (ours[:4] in ('movs', 'movz') and theirs[:4] in ('movs', 'movz')))


def functions(path):
    """(start, end) of the functions that have a size and do not overlap."""
    text = subprocess.run(['readelf', '-sW', path], capture_output=True, text=True, check=True).stdout
    found = set()
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 8 and words[3] == 'FUNC' and words[6] not in ('UND', 'ABS') and int(words[2], 0) > 0:
            found.add((int(words[1], 16), int(words[1], 16) + int(words[2], 0)))
    ranges, last = [], 0
    for start, end in sorted(found):
        if start >= last:
            ranges.append((start, end))
            last = end
    return ranges


def by_objdump(objdump, path):
    """{address: words}"""
    flags = ['-d', '-z', '--no-show-raw-insn', '-w']
    text = subprocess.run([objdump, *flags, path], capture_output=True, text=True, check=True).stdout
    listed = re.compile(r'^\s*([0-9a-f]+):\t(.*)$')
    rows = [(int(m[1], 16), m[2].split()) for m in map(listed.match, text.splitlines()) if m]
    return {address: words for address, words in rows}


def by_us(tool, path, ranges):
    text = ''.join(f'{start:x} {end:x}\n' for start, end in ranges)
    out = subprocess.run([tool, path], input=text, capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in out.splitlines())
    return {int(words[0], 16): words[2:] for words in rows}


def target(words):
    found = re.search(r'\b(?:0x)?([0-9a-f]+)$', words[-1].split('<')[0]) if words else None
    return found[1] if found else None


def is_direct(words):
    return (words[0].startswith(('j', 'call', 'b.', 'cb', 'tb')) or words[0] in ('b', 'bl')) and \
        not any('*' in word for word in words)


def compare(tool, objdump, path):
    ranges = functions(path)
    ours, theirs = by_us(tool, path, ranges), by_objdump(objdump, path)
    is_x86 = 'X86-64' in subprocess.run(['readelf', '-h', path], capture_output=True, text=True, check=True).stdout
    kinds, examples = collections.Counter(), collections.defaultdict(collections.Counter)
    for address in sorted(ours):
        mine, judge = ours[address], theirs.get(address)
        if mine[0] == '(data)':
            kind = 'unknown to us' if judge and judge[0] not in ('(bad)', '.byte', '.inst', 'udf', '.word') else 'equal'
        elif judge is None:
            kind = 'cut differently'
        elif judge[0] in ('(bad)', '.inst', '.byte', '<unknown>'):
            kind = 'unknown to objdump'
        else:
            a, b = common_form(mine, is_x86), common_form(judge, is_x86)
            kind = 'equal' if a == b or is_x86 and without_suffix(a, b) else 'called differently'
            if kind == 'equal' and is_direct(mine) and '<' in ' '.join(judge):
                at = next(word for word, after in zip(judge, judge[1:]) if after.startswith('<'))
                if target(mine) != target([at]):
                    kind = 'other target'
        kinds[kind] += 1
        if kind != 'equal':
            examples[kind][f'{mine[0]} / {judge[0] if judge else "-"}'] += 1
    print(f'{path}: {len(ranges)} functions, ' + ', '.join(f'{n} {kind}' for kind, n in kinds.most_common()))
    for kind, counts in examples.items():
        print(f'    {kind}: ' + ', '.join(f'{n} x {what}' for what, n in counts.most_common(8)))
    n = sum(kinds.values())
    unknown = kinds['unknown to us'] + kinds['cut differently']
    return n > 100 and not kinds['other target'] and unknown <= MAX_UNKNOWN * n and \
        kinds['called differently'] <= MAX_DIFFERENT * n


def main():
    tool, objdump, *paths = sys.argv[1:]
    return 0 if all([compare(tool, objdump, path) for path in paths]) else 1


if __name__ == '__main__':
    sys.exit(main())
