#!/usr/bin/env python3
"""What callgrind_annotate says of a callgrind file, as JSON.

callgrind_totals.py FILE [EVENT] > totals.json

{"total": N, "functions": {NAME: [SELF, TOTAL]}, "modules": {NAME: SELF}}

EVENT is the column, the first unless given. Functions of one name in several objects are added up.
The processes, which are the callers of each stack's first function, are left out.
"""
import json
import re
import subprocess
import sys

ROW = re.compile(r"^\s*([\d,]+|\.)((?:\s+(?:[\d,]+|\.))*)\s\s(.*?):(.*) \[(.*)\]$")


def annotate(path, inclusive, event):
    command = ["callgrind_annotate", "--threshold=100", "--auto=no", "--show-percs=no",
               "--inclusive=" + ("yes" if inclusive else "no")]
    if event:
        command += ["--show=" + event, "--sort=" + event + ":100"]
    command.append(path)
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode()


def number(text):
    return 0 if text == "." else int(text.replace(",", ""))


def rows(text):
    """(value, file, function, object) for each row of the table of functions."""
    in_table = False
    for line in text.splitlines():
        if line.endswith("file:function"):
            in_table = True
        elif in_table and (match := ROW.match(line)):
            value, _, file, function, obj = match.groups()
            yield number(value), file, function, obj or ""


def main():
    path, event = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    functions, modules = {}, {}
    text = annotate(path, False, event)
    total = number(re.search(r"^\s*([\d,]+)\b.*PROGRAM TOTALS$", text, re.M).group(1))
    for value, file, function, obj in rows(text):
        if file != "[process]":
            functions.setdefault(function, [0, 0])[0] += value
            modules[obj] = modules.get(obj, 0) + value
    for value, file, function, _ in rows(annotate(path, True, event)):
        if file != "[process]":
            functions.setdefault(function, [0, 0])[1] += value
    json.dump({"total": total, "functions": functions, "modules": modules}, sys.stdout)


main()
