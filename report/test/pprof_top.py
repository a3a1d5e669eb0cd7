#!/usr/bin/env python3
"""The first functions of `ddrec report --text` have the same self and cumulative values in `go tool
pprof -top`: pprof_top.py TRACE PROFILE N. Self values are compared as counts of samples, cumulative
ones as the percentages that the text shows. pprof knows no modules, so functions of one name in two
of them are one of its rows: a row is compared with the sum of theirs."""

import collections
import re
import subprocess
import sys

trace, profile, n = sys.argv[1], sys.argv[2], int(sys.argv[3])


def run(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def strip(name):
    return re.sub(r" \((partial-)?inlined?\)$", "", name.strip())


rows = collections.defaultdict(list)
top = run("go", "tool", "pprof", "-top", "-sample_index=samples", "-nodecount=1000000", "-nodefraction=0",
          "-edgefraction=0", profile)
for line in top.splitlines():
    match = re.match(r"\s*(\d+)\s+[\d.]+%?\s+[\d.]+%\s+(\d+)\s+[\d.]+%\s+(.*)$", line)
    if match:
        rows[strip(match[3])].append((int(match[1]), int(match[2])))

text = run("ddrec", "report", "-q", "--width", "0", "-n", "1000000", trace)
total = int(re.search(r"shown\s+([\d,]+) samples", text)[1].replace(",", ""))
functions = []
for line in text.split("Call tree")[0].splitlines():
    match = re.match(r"\s*([\d.]+)%\s+([\d.]+)%\s+([\d,]+)  (.*?)(  +\S.*)?$", line)
    if match:
        functions.append((strip(match[4]), int(match[3].replace(",", "")), float(match[2])))
selves = collections.Counter()
modules = collections.Counter()
for name, self, _ in functions:
    selves[name] += self
    modules[name] += 1

bad = 0
for name, self, percent in functions[:n]:
    same = [row for row in rows[name] if row[0] == selves[name]]
    if not same or (modules[name] == 1 and not any(abs(100 * cum / total - percent) <= 0.0501 for _, cum in same)):
        print(f"{name}: {self} and {percent} % in the text, {rows[name]} of {total} in pprof")
        bad += 1
print(f"{min(n, len(functions))} functions of {trace.split('/')[-1]} compared, {bad} differ")
sys.exit(bad > 0 or len(functions) < n)
