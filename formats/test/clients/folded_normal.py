#!/usr/bin/env python3
"""Folded stacks in a form in which two programs' outputs can be compared line by line.

	folded_normal.py [--drop-root] FILE

inferno-collapse-xctrace has no process at the root and leaves ';' in names alone, where
ddrec report --folded begins with the process and writes ':'. So every ';' becomes ':', with
--drop-root the first frame goes, lines that are equal then are added up, and all are sorted.
Blanks at the end of a name go: ddrec puts some there where inferno would die of the name.
"""
import collections
import re
import sys


def main():
    arguments = sys.argv[1:]
    drop_root = "--drop-root" in arguments
    path = [a for a in arguments if not a.startswith("--")][0]
    counts = collections.Counter()
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            if drop_root:
                stack = stack.split(";", 1)[1]
            counts[re.sub(" +(:|$)", r"\1", stack.replace(";", ":"))] += int(count)
    for stack in sorted(counts):
        print(stack, counts[stack])


main()
