#!/usr/bin/env python3
"""Prints the distinct addresses of a file that samples hit, as addresses of the file, sorted:
ddrec script TRACE | addresses.py FILE. Only the innermost user frame of a sample is looked at."""

import os
import re
import subprocess
import sys

path = os.path.realpath(sys.argv[1])
segments = []  # (file offset, size, address)
headers = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True, check=True)
for line in headers.stdout.splitlines():
    words = line.split()
    if words[:1] == ["LOAD"]:
        segments.append((int(words[1], 16), int(words[4], 16), int(words[2], 16)))

mappings = []  # (start, end, file offset)
seen = set()
for line in sys.stdin:
    mmap = re.match(r"mmap \S+ \S+ (0x\w+)-(0x\w+) off (0x\w+|0) .* (/.*)", line)
    if mmap and mmap[4] == path:
        mappings.append(tuple(int(mmap[i], 16) for i in (1, 2, 3)))
    sample = re.match(r"sample .* period \d+ ip (\w+)", line)
    for start, end, file_off in mappings if sample else []:
        pc = int(sample[1], 16)
        if start <= pc < end:
            off = pc - start + file_off
            seen.update(vaddr + off - seg_off for seg_off, size, vaddr in segments
                        if seg_off <= off < seg_off + size)

for address in sorted(seen):
    print(f"{address:#x}")
