#!/usr/bin/env python3
"""Makes the benchmark's table of its results: table.py [--markdown] RESULTS.

RESULTS has lines of words between tabs, written by lib.sh:
    FIGURE SUBJECT TOOL ROUND VALUE         a measurement
    missing FIGURE SUBJECT TOOL REASON      one that could not be had
    about TEXT                              a line above the table
    text TITLE TEXT                         a line of a block below the table

Each row is a figure of one tool: the median of the rounds, the smallest and the largest, and how many
times ddrec's figure it is. That ratio is taken within each round, since the machine may change from
round to round; its median and range are shown. Where ddrec has a cold and a warm figure, the ratio is to
each of them.
"""

import sys
from collections import defaultdict
from statistics import median

# Key, heading, digits after the point.
FIGURES = [
    ("recorder_us", "recorder's CPU per sample, us", 2),
    ("bytes", "bytes per sample", 1),
    ("samples", "samples recorded", 0),
    ("lost", "samples lost", 0),
    ("slower_wall", "target's wall time beside alone, %", 1),
    ("slower_cpu", "target's CPU time beside alone, %", 1),
    ("target_us", "target's extra CPU per sample, us", 2),
    ("stop_us", "one sample stops the target for, us", 2),
    ("stop_percent", "stops of 5 us or more, % of the target's time", 2),
    ("report_s", "time of a report, s", 3),
    ("report_cpu_s", "CPU time of a report, all threads, s", 3),
    ("report_mb", "peak memory of a report, MB", 1),
    ("report_samples", "samples in the report", 0),
    ("growth", "a report's growth, times", 2),
    ("unwind", "stacks unwound per second and core (more is better)", 0),
    ("symbolize", "addresses symbolized per second (more is better)", 0),
    ("floor_ms", "what the hardware must cost, ms", 2),
]
NO_RATIO = {"stop_percent", "samples", "lost", "slower_wall", "slower_cpu", "target_us", "report_samples", "growth", "floor_ms"}

# Rows that would only repeat others.
ONLY = {"cc1 by stack size, 4999 Hz": ["recorder_us", "bytes", "target_us"]}


class Results:
    def __init__(self, path):
        self.values = defaultdict(dict)  # (figure, subject, tool) -> {round: value}
        self.missing, self.about, self.texts = [], [], defaultdict(list)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                self.take(line.rstrip("\n").split("\t"))

    def take(self, words):
        if words[0] == "about":
            self.about.append(words[1])
        elif words[0] == "text":
            self.texts[words[1]].append("\t".join(words[2:]))
        elif words[0] == "missing":
            if words[1:] not in self.missing:
                self.missing.append(words[1:])
        elif len(words) == 5:
            figure, subject, tool, number, value = words
            self.values[figure, subject, tool][int(number)] = float(value)

    def rows_of(self, figure):
        """(subject, tool) in the order of their first measurement, a subject's rows together."""
        order = {}
        for key in self.values:
            if key[0] == figure:
                order.setdefault(key[1], []).append(key[2])
        for subject, tools in order.items():
            for tool in sorted(tools, key=lambda tool: not tool.startswith("ddrec")):
                if figure in ONLY.get(subject, [figure]):
                    yield subject, tool


def derive(results):
    """Figures that are made of others of the same round."""
    get = results.values
    for _, subject, tool in [key for key in get if key[0] == "target_s" and key[2] != "alone"]:
        for source, ret in (("target_s", "slower_wall"), ("target_cpu_s", "slower_cpu")):
            alone = get.get((source, subject, "alone"), {})
            for number, value in get[source, subject, tool].items():
                if number in alone:
                    get[ret, subject, tool][number] = (value / alone[number] - 1) * 100
                    samples = get.get(("samples", subject, tool), {}).get(number)
                    if samples and source == "target_cpu_s":
                        extra = (value - alone[number]) / samples * 1e6
                        get["target_us", subject, tool][number] = extra
    derive_growth(get)


def derive_growth(get):
    for what in ("report_s", "report_mb"):
        by_tool = defaultdict(dict)
        for figure, subject, tool in list(get):
            if figure == what and subject.endswith(" samples"):
                by_tool[tool][int(subject.split()[0])] = get[figure, subject, tool]
        for tool, sizes in by_tool.items():
            first, *others = sorted(sizes)
            for size in others:
                subject = "%s, %.1f times the samples" % (
                    "time" if what == "report_s" else "peak memory", size / first)
                for number, value in sizes[size].items():
                    if number in sizes[first]:
                        get["growth", subject, tool][number] = value / sizes[first][number]


def number(value, digits):
    return f"{value:,.{digits}f}"


def spread(values, digits):
    low, high = number(min(values), digits), number(max(values), digits)
    return low if low == high else f"{low} to {high}"


def ratio(values, base):
    """Of the rounds that both have; a tool that ran once stands beside the base's median."""
    if not base:
        return ""
    if len(values) == 1:
        base_value = median(base.values())
        ratios = [value / base_value for value in values.values()] if base_value else []
    else:
        ratios = [values[n] / base[n] for n in values if base.get(n)]
    if not ratios:
        return ""
    middle = median(ratios)
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2 if middle >= 0.1 else 4
    text = number(middle, digits)
    range_of_it = spread(ratios, digits)
    return text if range_of_it == text else f"{text} ({range_of_it})"


def bases(results, figure, subject):
    """What the ratios are to: ddrec's first figure (cold, if there are two), and its warm one."""
    own = [tool for row, tool in results.rows_of(figure) if row == subject and tool.startswith("ddrec")]
    if figure in NO_RATIO or not own:
        return None, None
    warm = next((tool for tool in own if tool.endswith(", warm")), None)
    return results.values[figure, subject, own[0]], warm and results.values[figure, subject, warm]


def table_rows(results):
    """Yields (heading, None), then (subject, cells) for the rows of it."""
    for figure, heading, digits in FIGURES:
        rows = list(results.rows_of(figure))
        if rows:
            yield heading, None
        for subject, tool in rows:
            values = results.values[figure, subject, tool]
            first, warm = bases(results, figure, subject)
            every = list(values.values())
            yield shown(subject), [
                tool, number(median(every), digits),
                spread(every, digits) if len(every) > 1 else "once",
                ratio(values, first), ratio(values, warm)]


def shown(subject):
    """Numbers of samples are easier to read with commas."""
    count, space, rest = subject.partition(" ")
    return f"{int(count):,} {rest}" if count.isdigit() else subject


COLUMNS = ["tool", "median", "min to max", "x ddrec", "x ddrec warm"]


def print_text(results):
    rows = [row for row in table_rows(results)]
    cells = [[subject] + row for subject, row in rows if row] + [[""] + COLUMNS]
    widths = [max(len(row[i]) for row in cells) for i in range(6)]

    def line(words):
        text = "  ".join([words[0].ljust(widths[0]), words[1].ljust(widths[1])] +
                         [word.rjust(width) for word, width in zip(words[2:], widths[2:])])
        print(text.rstrip())

    for text in results.about:
        print(text)
    print()
    line([""] + COLUMNS)
    last = None
    for subject, row in rows:
        if row is None:
            print(f"\n{subject}")
            last = None
            continue
        line([subject if subject != last else ""] + row)
        last = subject
    print_missing(results, "  ")
    for title, lines in results.texts.items():
        print(f"\n{title}")
        for text in lines:
            print(f"  {text}".rstrip())


def print_markdown(results):
    for text in results.about:
        print(f"- {text}")
    print("\n| | " + " | ".join(COLUMNS) + " |\n|---|---|--:|--:|--:|--:|")
    for subject, row in table_rows(results):
        if row is None:
            print(f"| **{subject}** | | | | | |")
        else:
            print(f"| {subject} | " + " | ".join(row) + " |")
    print_missing(results, "- ")
    for title, lines in results.texts.items():
        print(f"\n{title}:\n")
        for text in lines:
            print(f"    {text}".rstrip())


def print_missing(results, prefix):
    if results.missing:
        print("\nNot measured:\n")
    for _, subject, tool, reason in results.missing:
        print(f"{prefix}{tool}, {subject}: {reason}")


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: table.py [--markdown] RESULTS")
    results = Results(sys.argv[-1])
    derive(results)
    if "--markdown" in sys.argv[1:-1]:
        print_markdown(results)
    else:
        print_text(results)


main()
