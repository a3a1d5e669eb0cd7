#!/usr/bin/env python3
"""What inferno-collapse-perf or stackcollapse-perf.pl made of perf script's text, as JSON.

inferno-collapse-perf --pid --tid perf.txt | perf_script_totals.py > totals.json

{"total": N, "threads": {"PID/TID": N}, "functions": {NAME: [SELF, TOTAL]}}

The threads are there with --tid. inferno weighs by the period (the value of the event, as
nanoseconds), stackcollapse-perf.pl counts samples. Both change names; --name NAME... prints what
becomes of them in inferno, so that others can be made equal.
"""
import json
import re
import sys


def without_parameters(name):
    """Up to the first "(" that no other bracket surrounds and no "." precedes."""
    depth = 0
    for i, c in enumerate(name):
        if c == "(" and depth == 0 and name[i - 1:i] != ".":
            return name[:i]
        depth += (c in "<{[(") - (c in ">}])")
    return name


def normalize(name):
    """A name of ddrec as inferno-collapse-perf shows it; of one with "->" it makes several frames."""
    name = re.sub(r"[\t\n\r]", " ", name).strip(" ") or "[unknown]"
    name = name.replace("(anonymous namespace)", "{anonymous}")
    if name.startswith("("):
        name = "[" + name[1:].replace(")", "]", 1)
    name += "_" if re.search(r"\+0x[0-9a-fA-F]*$", name) else ""
    while len(name.encode()) >= 17 and name.encode()[-17] & 0xC0 == 0x80:
        name += "_"
    return without_parameters(name.replace(";", ":"))


def main():
    if len(sys.argv) > 1 and sys.argv[1] == "--name":
        print("\n".join(normalize(name) for name in sys.argv[2:]))
        return
    total, threads, functions = 0, {}, {}
    for line in sys.stdin:
        stack, count = line.rstrip("\n").rsplit(" ", 1)
        root, *frames = stack.split(";")
        count = int(count)
        total += count
        if match := re.search(r"-(\d+/\d+)$", root):
            threads[match.group(1)] = threads.get(match.group(1), 0) + count
        for name in set(frames):
            functions.setdefault(name, [0, 0])[1] += count
        functions.setdefault(frames[-1], [0, 0])[0] += count
    json.dump({"total": total, "threads": threads, "functions": functions}, sys.stdout)


if __name__ == "__main__":
    main()
