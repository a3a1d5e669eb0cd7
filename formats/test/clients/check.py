#!/usr/bin/env python3
"""The conformance suite: check.py BUILD_DIR [PATTERN...]. Every trace, in every format, through every
reader of it; the totals that come out must be those of the reference (totals.py). docs/conformance.md
has the table. A line for each: ok, FAILED or SKIPPED; the last is "N passed, N failed, N skipped".
PATTERN picks lines by words in them, such as "pprof" or "rust"."""
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))

import agreements
import readers
from case import Case, Failed, MadeUp, Skipped

counts = {"ok": 0, "FAILED": 0, "SKIPPED": 0}


def one(line, check, wanted):
    if wanted and not any(word in line for word in wanted):
        return
    try:
        verdict, said = "ok", check()
    except Failed as failed:
        verdict, said = "FAILED", str(failed)
    except Skipped as skipped:
        verdict, said = "SKIPPED", str(skipped)
    except Exception as error:  # an output that an adapter does not understand is a failure too
        verdict, said = "FAILED", f"{type(error).__name__}: {error}"
    counts[verdict] += 1
    print(f"{verdict} {line}: {said}", flush=True)


def cases(build):
    clients = os.path.join(build, "clients")
    traces = os.path.join(clients, "traces")
    for name in ("gcc", "node", "rust", "threads", "forks", "demo"):
        path = os.path.join(traces, name + ".zst")
        if os.path.exists(path):
            yield Case(name, path, os.path.join(clients, "out"), clients)
            continue
        lack = os.path.join(traces, name + ".lack")
        why = open(lack).read().strip() if os.path.exists(lack) else "not recorded"
        counts["SKIPPED"] += 1
        print(f"SKIPPED trace {name}, in all formats: {why}")
    for name, kind in (("made-up", []), ("hostile", ["hostile"])):
        yield MadeUp(name, os.path.join(build, "formats", "test", "tool_demo"), kind,
                     os.path.join(clients, "out"), clients)


def main():
    build, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    os.environ["PATH"] = ":".join((os.path.join(build, "bin"),
                                   os.path.join(build, "clients", "bin"), os.environ["PATH"]))
    found = list(cases(build))
    for case in found:
        for reader in readers.READERS:
            one(f"{reader.form} {reader.name} {case.name}",
                lambda: readers.check(reader, case), wanted)
        for name, check in agreements.OF_EACH + (agreements.OF_EACH_TRACE if case.trace else []):
            one(f"{name} {case.name}", lambda: check(case), wanted)
    for name, check in agreements.OF_ALL:
        one(name, lambda: check({case.name: case for case in found}, build), wanted)
    print(f"\n{counts['ok']} passed, {counts['FAILED']} failed, {counts['SKIPPED']} skipped")
    return 1 if counts["FAILED"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
