"""What must hold beyond equal totals: see docs/conformance.md. A check returns what it compared."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import read_pprof as pprof
from case import Failed, Skipped, run, script
from totals import folded_lines, plain

TEXT_ROW = re.compile(r" *(?:[\d.]+%)? +([\d.]+)% +([\d,]+)  (.*?)(?: \(inlined\))?(?:   *(.*))?$")


def text_rows(text):
    """[name, self samples, total percent] of the flat table."""
    rows = []
    body = text.split("FUNCTION", 1)[1].split("\n\n")[0].split("\n")[1:]
    for line in body:
        found = TEXT_ROW.match(line)
        if found:
            rows.append([plain(found[3]), int(found[2].replace(",", "")), float(found[1])])
    return rows


def top_equals_text(case):
    """The first 50 functions. Names that several modules have are one to pprof."""
    case.client("pprof")
    rows = text_rows(case.text("text", "-n", "50", "--width", "0"))
    top = pprof.read_top(run(
        ["go", "tool", "pprof", "-top", "-sample_index=samples", "-nodecount=10000000",
         "-nodefraction=0", "-edgefraction=0", case.file("pprof")]))
    total = sum(own for own, _ in top.values())
    names = [plain(row["name"]) for row in case.json()["functions"]]
    compared = 0
    for name, own, percent in rows:
        if names.count(name) > 1:
            continue
        got = top.get(name, [0, 0])
        if got[0] != own or abs(100 * got[1] / total - percent) > 0.0501:
            raise Failed(f"{name}: {own} self and {percent} % in text, {got[0]} and "
                         f"{100 * got[1] / total:.2f} % by pprof")
        compared += 1
    if not compared:
        raise Failed(f"none of {len(rows)} rows could be compared")
    return f"self samples and total of the first {len(rows)} functions, {compared} by one name"


def _lines_differ(ours, theirs):
    a, b = sorted(ours.splitlines()), sorted(theirs.splitlines())
    if a != b:
        only = [line for line in a if line not in set(b)][:1] + \
            [line for line in b if line not in set(a)][:1]
        raise Failed("; ".join(line[-200:] for line in only) or "repeated lines differ")
    return len(a)


def inferno_equals_folded(case):
    """inferno knows neither process nor thread: the first frame goes. It leaves ";" in names, so
    frames are compared joined by ":"."""
    case.client("inferno")
    ours = {}
    for frames, count in folded_lines(case.text("folded")):
        stack = plain(":".join(frames[1:]))
        ours[stack] = ours.get(stack, 0) + count
    theirs = {}
    for frames, count in folded_lines(
            run(["inferno-collapse-xctrace"], case.file("instruments"))):
        stack = plain(":".join(frames))
        theirs[stack] = theirs.get(stack, 0) + count
    n = _lines_differ(*("\n".join(f"{stack} {count}" for stack, count in side.items())
                        for side in (ours, theirs)))
    return f"{n} stacks are the same"


def no_modules(text):
    """Neither pprof nor xctrace knows why a frame has no module."""
    return re.sub(r"\[other\]|\[unknown module\]|generated code \(JIT\)|\[no stack\]", "-", text)


def round_trip(form):
    def check(case):
        path = case.file(form)
        for by in ("thread", "module", "process"):
            if form == "folded" and by != "process":
                continue
            again = run(["ddrec", "report", "-q", "--folded", "--by", by, path])
            ours = case.text("folded", "--by", by)
            if by == "module":
                ours, again = no_modules(ours), no_modules(again)
            _lines_differ(ours, again)
        return "folded stacks by thread, by module and by process are the same" if \
            form != "folded" else "folded stacks are the same"
    return check


def traces_sum(case):
    """`pprof -traces`: the stacks one by one."""
    case.client("pprof")
    said = run(["go", "tool", "pprof", "-symbolize=none", "-sample_index=samples", "-traces",
                case.file("pprof")])
    found = [int(n) for n in re.findall(r"^ +(\d+) (?:  .*)?", said.split("-+-", 1)[1], re.M)]
    total = case.reference().total
    if sum(found) != total:
        raise Failed(f"{len(found)} stacks of {sum(found)} samples, not {total}")
    return f"{len(found)} stacks of {total} samples"


def _fetch(url):
    """It tells its address before it listens there."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Failed(f"{url}: {error}") from None
        except urllib.error.URLError as error:
            why = error
            time.sleep(0.1)
    raise Failed(f"{url}: {why}")


def web_pages(case):
    """`pprof -http`: its pages are served. (The graph needs graphviz.)"""
    case.client("pprof")
    with subprocess.Popen(["go", "tool", "pprof", "-symbolize=none", "-no_browser",
                           "-http=127.0.0.1:", case.file("pprof")], stderr=subprocess.PIPE,
                          text=True, start_new_session=True) as server:
        try:
            found = next((re.search(r"http://\S+", line) for line in server.stderr
                          if "http://" in line), None)
            if not found:
                raise Failed("it serves nothing")
            for page in ("top", "flamegraph"):
                _fetch(f"{found[0].rstrip('/')}/ui/{page}")
        finally:
            os.killpg(server.pid, signal.SIGTERM)
    return "the table and the flame graph are served"


def inlines(case):
    """What profiler-cli says is inlined: how often, over the nodes of its call trees."""
    case.client("profiler_cli")
    npm = os.path.join(case.clients, "npm")
    theirs = json.loads(run([script("firefox_totals.py"), npm, case.file("firefox"), "--inlines"]))
    ours, found = {}, {}
    for frames, count in folded_lines(case.text("folded", "--annotate")):
        for name in frames:
            if name.endswith("_[i]"):
                ours[plain(name[:-4])] = ours.get(plain(name[:-4]), 0) + count
    for name, count in theirs["inlined"].items():
        found[plain(name)] = found.get(plain(name), 0) + count
    for name in sorted(set(ours) | set(found)):
        if ours.get(name) != found.get(name):
            raise Failed(f"{name}: inlined in {found.get(name)} samples, not {ours.get(name)}")
    if not ours:
        return "nothing is inlined, in both"
    return f"{len(ours)} inlined functions, in as many samples"


def diff_base(cases, build):
    """Two traces of one kind: each function has the difference of its two values."""
    if "gcc" not in cases:
        raise Skipped("there are no two traces of one kind")
    base, case = cases["demo"], cases["gcc"]
    case.client("pprof")
    options = ["-sample_index=samples", "-nodecount=10000000", "-nodefraction=0", "-edgefraction=0"]
    tops = [pprof.read_top(run(["go", "tool", "pprof", "-top", *options, *files])) for files in
            ([base.file("pprof")], [case.file("pprof")],
             [f"-diff_base={base.file('pprof')}", case.file("pprof")])]
    for name in set(tops[0]) | set(tops[1]):
        a, b, diff = (top.get(name, [0, 0]) for top in tops)
        if diff != [b[0] - a[0], b[1] - a[1]]:
            raise Failed(f"{name}: {diff}, but {b} without {a}")
    return f"{len(tops[2])} functions, of {case.name} without {base.name}"


# The memory of a writer, its profile apart, must not grow with the samples. An index of them is
# allowed, 20 bytes for each; a line or a row in any format is more.
BYTES_PER_SAMPLE = 20
SMALL, LARGE = 100_000, 1_000_000


def _peak(command, build):
    out = os.path.join(build, "clients", "out", "cost")
    run([os.path.join(build, "clients", "bin", "run_cost"), out, *command])
    with open(out, encoding="ascii") as file:
        return int(file.read().split()[2]) * 1024


def _multiplied(cases, build):
    """A trace of at least SMALL samples and one of LARGE, of the same stacks. One program with one
    thread: each pass begins its processes and threads anew, and those are the profile's."""
    case = cases.get("rust") or cases["demo"]
    n = case.reference().total
    for size in (SMALL, LARGE):
        path = os.path.join(build, "clients", "traces", f"{case.name}-{size}.zst")
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(case.trace):
            run([os.path.join(build, "report", "test", "tool_multiply_trace"), case.trace,
                 str(-(-size // n)), path])
        yield path


def memory(cases, build):
    small, large = _multiplied(cases, build)
    source = os.path.join(os.path.dirname(__file__), "../../../testdata/bench/run_cost.c")
    run(["cc", "-O2", "-o", os.path.join(build, "clients", "bin", "run_cost"), source])

    def growth(*options):
        command = ["ddrec", "report", "-q", "-o", "/dev/null", *options]
        return _peak([*command, large], build) - _peak([*command, small], build)

    # The smallest output with the same tables.
    by_thread = ("--text", "--by", "thread")
    bases = {"times": growth(*by_thread, "--time", "0%-100%"), "threads": growth(*by_thread),
             "": growth("--text")}
    bound = BYTES_PER_SAMPLE * (LARGE - SMALL)
    said, failed = [], []
    for form, needs in FORMS.items():
        extra = growth(f"--{form}") - bases[needs]
        said.append(f"{form} {extra / (LARGE - SMALL):+.1f}")
        if extra > bound:
            failed.append(form)
    text = "bytes a sample beyond the profile's own, from 10^5 to 10^6 samples: " + ", ".join(said)
    if failed:
        raise Failed(f"{', '.join(failed)} above {BYTES_PER_SAMPLE}; {text}")
    return text


# What of the profile each keeps.
FORMS = {"instruments": "times", "firefox": "times", "perf-script": "times", "html": "times",
         "pprof": "threads", "speedscope": "times", "instruments=deepcopy": "times",
         "json": "threads", "folded": "", "flamegraph": "", "callgrind": ""}

OF_EACH_TRACE = [("pprof -top equals --text", top_equals_text)]
OF_EACH = [
    ("inferno-collapse-xctrace equals --folded", inferno_equals_folded),
    ("pprof -traces", traces_sum),
    ("pprof -http", web_pages),
    ("firefox profiler-cli inlines", inlines),
    ("pprof read back", round_trip("pprof")),
    ("folded read back", round_trip("folded")),
    ("instruments read back", round_trip("instruments")),
]
OF_ALL = [
    ("pprof -diff_base", diff_base),
    ("memory of the writers", memory),
]
