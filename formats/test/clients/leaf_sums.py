#!/usr/bin/env python3
"""Sums by the leaf's name, to compare readers that know leaves only: leaf_sums.py KIND FILE

KIND is folded (ddrec report --folded), jmh (samples that JmhXctrace.java prints) or jmh-weights
(their weights, which is what folded stacks of events other than time count). The output has the sum
of all, then lines "samples<TAB>name" by name; ';' in names is ':', as folded stacks have it, and
blanks at their ends go.
"""
import collections
import sys


def folded(line):
    stack, count = line.rsplit(" ", 1)
    return stack.rsplit(";", 1)[-1], int(count)


def jmh(line):
    samples, _, name = line.split("\t", 2)
    return name.replace(";", ":"), int(samples)


def jmh_weights(line):
    _, weight, name = line.split("\t", 2)
    return name.replace(";", ":"), int(weight)


def main():
    kind, path = sys.argv[1:]
    read = {"folded": folded, "jmh": jmh, "jmh-weights": jmh_weights}[kind]
    sums = collections.Counter()
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if kind != "folded" and "\t" not in line:
                continue
            name, count = read(line)
            sums[name.rstrip(" ")] += count
    print(sum(sums.values()))
    for name in sorted(sums):
        print(f"{sums[name]}\t{name}")


main()
