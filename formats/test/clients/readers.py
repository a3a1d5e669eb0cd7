"""The readers: what each format is read by, what of the totals it tells, and what it is known to lose.
A loss is stated here with its reason; all else is compared."""
import collections
import json
import os
import re
from dataclasses import dataclass
from typing import Callable

import read_others as others
import read_pprof as pprof
import totals
from case import Case, Failed, run, script

def EXACT(value, name):
    return 0


def NEARLY(value, name):
    """Of what went through floating point."""
    return 1e-6 * value + 1e-6


ALL = ("samples", "threads", "functions", "modules")


@dataclass
class Reader:
    form: str
    name: str
    read: Callable[[Case], object]
    parts: tuple = ALL
    loses: str = ""  # and why
    reference: Callable[[Case], object] = lambda case: case.reference()
    tolerance: Callable[[float, str], float] = EXACT
    hostile: tuple = None  # parts to compare of the profile with hostile names
    slack: Callable[[Case], Callable[[float, str], float]] = None  # the same, by the case


def check(reader, case):
    """What was compared, or Failed with the first differences."""
    table = reader.read(case)
    parts = reader.hostile if reader.hostile and case.name == "hostile" else reader.parts
    tolerance = reader.slack(case) if reader.slack else reader.tolerance
    found = totals.differences(table, reader.reference(case), parts, tolerance)
    if found:
        raise Failed("; ".join(found))
    if not parts:
        return reader.loses
    words = {"functions": "functions self and total", "names": "which functions there are"}
    said = ", ".join(words.get(part, part) for part in parts)
    return f"{said} of {table.total:g} samples" + (f" ({reader.loses})" if reader.loses else "")


# folded, SVG

def read_inferno_flamegraph(case):
    case.client("inferno")
    svg = run(["inferno-flamegraph", "--minwidth", "0", case.file("folded", "--by", "thread")])
    return others.boxes(others.drawn_boxes(svg), 3)


def read_flamegraph_pl(case):
    case.client("flamegraph_pl")
    svg = run(["flamegraph.pl", "--minwidth", "0", "--width", "10000000",
               case.file("folded", "--by", "thread")])
    return others.boxes(others.drawn_boxes(svg), 3)


def round_brackets(case):
    """flamegraph.pl's names: it turns <> to ()."""
    text = case.text("folded", "--by", "thread").replace("<", "(").replace(">", ")")
    return totals.reference(text, "")


def read_svg(case):
    path = case.file("flamegraph", "--by", "thread", "--min-percent", "0.000001")
    run(["xmllint", "--noout", path])
    return others.boxes(case.browser("svg", path)["boxes"], 3)


def read_html(case):
    answer = case.browser("html", case.file("html"))
    table = totals.Table()
    for name, own, total in answer["functions"]:
        table.functions[totals.plain(name)] = [own, total]
    for name, own, total in answer["modules"]:
        table.modules[totals.plain(name)] = [own, total]
    table.total = case.reference().total
    time = sum(n for _, n in answer["threads"])
    for name, n in answer["threads"]:
        if n:
            table.threads[totals.plain(name)] = n * table.total / time
    return of_one_module(case, table)


def read_speedscope(case, path):
    """speedscope's own sums. What it takes for time is counted in samples again."""
    case.client("speedscope")
    return totals.Table.of(case.browser("speedscope", path))


def read_folded_speedscope(case):
    return read_speedscope(case, case.file("folded", "--by", "thread"))


def every_frame(case):
    """As if process and thread were functions: readers of folded stacks know no better."""
    return totals.from_folded(case.text("folded", "--by", "thread"))


# pprof

def read_pprof_raw(case):
    case.client("pprof")
    return pprof.read_raw(run(["go", "tool", "pprof", "-symbolize=none", "-raw", case.file("pprof")]))


def read_pprof_top(case):
    case.client("pprof")
    table = totals.Table()
    table.functions = pprof.read_top(run(
        ["go", "tool", "pprof", "-top", "-sample_index=samples", "-nodecount=10000000",
         "-nodefraction=0", "-edgefraction=0", case.file("pprof")]))
    table.total = sum(own for own, total in table.functions.values())
    return table


def read_pprof_protoc(case):
    raw = case.file("pprof") + ".raw"
    schema = case.client("protoc")
    with open(raw, "wb") as out:
        import gzip
        out.write(gzip.open(case.file("pprof")).read())
    return pprof.read_protoc(run(["protoc", "-I", schema,
                                  "--decode=perftools.profiles.Profile", "profile.proto"], raw))


def read_pprof_speedscope(case):
    return scaled(read_speedscope(case, case.file("pprof")), case)


# xctrace XML and Deep Copy

def read_jmh(case):
    """It reads the leaf of each sample, and weights, which must add up to the time."""
    classes = os.path.join(case.client("jmh"), "jmh")
    said = run(["java", "-cp", classes, "org.openjdk.jmh.profile.JmhXctrace",
                case.file("instruments"), case.file("instruments", "--toc")])
    weight, time = int(re.search(r"^total \d+ (\d+)$", said, re.M)[1]), case.json()["totals"][1]
    if weight != time:
        raise Failed(f"weights of {weight} ns, not {time}")
    table = totals.Table()
    if "toc time-profile" not in said and "toc cpu-profile" not in said:
        raise Failed("it finds no table in the table of contents")
    for line in said.split("\n"):
        cells = line.split("\t", 2)
        if len(cells) == 3:
            table.add([cells[2]], int(cells[0]))
    return table


def read_inferno_xctrace(case):
    case.client("inferno")
    return totals.from_folded(run(["inferno-collapse-xctrace"], case.file("instruments")))


def read_xmllint(form, *options):
    def read(case):
        case.client("xmllint")
        run(["xmllint", "--noout", case.file(form, *options)])
        return totals.Table()
    return read


def read_deepcopy_speedscope(case):
    """It cuts each node's milliseconds to whole ones."""
    table = read_speedscope(case, case.file("instruments=deepcopy"))
    return others.times(table, 1 / case.sample_ms())


def deepcopy_slack(case):
    """What cutting can take: less than a millisecond of each node."""
    nodes = {}
    for line in case.text("instruments=deepcopy").split("\n")[1:]:
        name = totals.plain(line.split("\t")[-1])
        nodes[name] = nodes.get(name, 0) + 1
    return lambda value, name: nodes.get(name, 0) / case.sample_ms() + 1e-6


def named_process(case):
    return totals.named_process(case.text("folded", "--by", "thread"), case.json()["threads"])


def read_deepcopy_pprof(case):
    case.client("instrumentsToPprof")
    case.client("pprof")
    out = case.file("instruments=deepcopy") + ".pb.gz"
    run(["instrumentsToPprof", "-output", out, case.file("instruments=deepcopy")])
    return scaled(pprof.read_raw(run(["go", "tool", "pprof", "-symbolize=none", "-raw", out])), case)


# perf script's text

def read_inferno_perf(case):
    case.client("inferno")
    table = totals.from_folded(run(["inferno-collapse-perf", "--tid"], case.file("perf-script")),
                               others.perf_thread, 1)
    if case.name == "hostile":  # of the function without a name it shows the module
        unnamed, named = (table.functions.pop(name) for name in ("[app]", ""))
        table.functions[""] = [a + b for a, b in zip(unnamed, named)]
    return scaled(table, case)


def no_arguments(case):
    return totals.reference(case.text("folded", "--by", "thread"), "",
                            lambda name: others.without_arguments(curly_anonymous(name)))


def read_stackcollapse_perf(case):
    case.client("stackcollapse_perf")
    return totals.from_folded(run(["stackcollapse-perf.pl", "--tid"], case.file("perf-script")),
                              others.perf_thread, 1, others.without_brackets)


def no_brackets(case):
    return totals.reference(case.text("folded", "--by", "thread"), "",
                            lambda name: others.without_brackets(curly_anonymous(name)))


def read_perf_speedscope(case):
    table = read_speedscope(case, case.file("perf-script"))
    table.functions = {re.sub(r"^\?\?\?\(.*", "", name): sums
                       for name, sums in table.functions.items()}
    return table


def curly_anonymous(name):
    """As we write it there, because readers cut names at "("."""
    return name.replace("(anonymousnamespace)", "{anonymous}")


def perf_names(case):
    """One hostile name gets a "_": inferno looks for a hash in the last 17 bytes, and fails on a
    character that begins before them."""
    return totals.reference(case.text("folded", "--by", "thread"), "",
                            lambda name: curly_anonymous(name).replace("badutf8(", "badutf8(_"))


# callgrind

def read_callgrind_annotate(case):
    """Of modules it tells what they took themselves."""
    case.client("callgrind_annotate")
    answer = json.loads(run([script("callgrind_totals.py"), case.file("callgrind"), "samples"]))
    answer["modules"] = {name: [own, 0] for name, own in answer["modules"].items()}
    return of_one_module(case, totals.Table.of(answer))


def read_callgrind_speedscope(case):
    """A profile for each kind of event, "FILE -- EVENT"."""
    table = read_speedscope(case, case.file("callgrind"))
    table.total = sum(n for name, n in table.threads.items() if name.endswith("--samples"))
    return table


# speedscope's own

def read_schema(case):
    case.client("speedscope")
    script = ("const at=process.argv[1]+'/npm/node_modules/',fs=require('fs'),"
              "ajv=new(require(at+'ajv'))({schemaId:'auto'}),"
              "check=ajv.compile(JSON.parse(fs.readFileSync("
              "at+'speedscope/dist/release/file-format-schema.json')));"
              "if(!check(JSON.parse(fs.readFileSync(process.argv[2]))))"
              "{console.error(JSON.stringify(check.errors).slice(0,300));process.exit(1)}")
    run(["node", "-e", script, os.path.abspath(case.clients), case.file("speedscope")])
    return totals.Table()


def read_speedscope_json(case):
    """Profiles are called "name (pid/tid)"."""
    table = scaled(read_speedscope(case, case.file("speedscope")), case)
    table.threads = {re.sub(r"\(\d+/(\d+)\)$", r"/\1", name): n for name, n in table.threads.items()}
    return table


# Firefox

def read_profiler_cli(case):
    case.client("profiler_cli")
    npm = os.path.join(case.clients, "npm")
    return totals.Table.of(json.loads(run([script("firefox_totals.py"), npm, case.file("firefox")])))


# JSON

JQ = """{total: .totals[0],
  threads: (reduce .threads[] as $t ({}; .["\\($t.name)/\\($t.tid)"] += $t.values[0])),
  functions: (.functions | group_by(.name) | map(select(length == 1)[0])
              | map({key: .name, value: [.self_samples, .total_samples]}) | from_entries),
  modules: (.modules | map({key: .name, value: [.self_samples, .total_samples]}) | from_entries)}"""


def read_jq(case):
    case.client("jq")
    return of_one_module(case, totals.Table.of(json.loads(run(["jq", JQ, case.file("json")]))))


def of_one_module(case, table):
    """Without functions whose name is in several modules: their totals cannot be added up."""
    names = collections.Counter(totals.plain(row["name"]) for row in case.json()["functions"])
    result = totals.Table()
    result.__dict__.update(table.__dict__)
    result.functions = {name: sums for name, sums in table.functions.items() if names[name] < 2}
    return result


def one_module(case):
    return of_one_module(case, case.reference())


def scaled(table, case):
    return others.scaled(table, case.reference().total)


def no_inline(case):
    return case.reference("--no-inline")


READERS = [
    Reader("folded", "inferno-flamegraph", read_inferno_flamegraph,
           ("samples", "threads", "functions"), "no modules in folded stacks"),
    Reader("folded", "flamegraph.pl", read_flamegraph_pl,
           ("samples", "threads", "functions"), "no modules in folded stacks; it turns <> to ()",
           round_brackets),
    Reader("folded", "speedscope", read_folded_speedscope, ("samples", "functions"),
           "process and thread are frames to it", every_frame, NEARLY),
    Reader("flamegraph", "Chromium", read_svg),
    Reader("flamegraph", "xmllint", read_xmllint("flamegraph"), (), "it is well-formed"),
    Reader("pprof", "pprof-raw", read_pprof_raw,
           hostile=("samples", "threads")),  # it prints names as they are, with their newlines
    Reader("pprof", "pprof-top", read_pprof_top, ("samples", "functions")),
    Reader("pprof", "protoc", read_pprof_protoc),
    Reader("pprof", "speedscope", read_pprof_speedscope, ("functions",),
           "it keeps one line of each location: inlined functions count for what contains them; "
           "it knows no threads and no modules", no_inline, NEARLY),
    Reader("instruments", "xmllint", read_xmllint("instruments"), (), "it is well-formed"),
    Reader("instruments", "xmllint-toc", read_xmllint("instruments", "--toc"), (),
           "it is well-formed"),
    Reader("instruments", "inferno-collapse-xctrace", read_inferno_xctrace,
           ("samples", "functions"), "it knows no threads and no modules",
           hostile=("samples",)),  # it leaves ";" in names as it is
    Reader("instruments", "JMH", read_jmh, ("samples", "self"), "it reads leaves only"),
    Reader("instruments=deepcopy", "speedscope", read_deepcopy_speedscope, ("functions",),
           "process and thread are frames to it; it cuts times to whole milliseconds, node by node",
           named_process, slack=deepcopy_slack),
    Reader("instruments=deepcopy", "instrumentsToPprof", read_deepcopy_pprof, ("functions",),
           "no modules", tolerance=NEARLY),
    Reader("perf-script", "inferno-collapse-perf", read_inferno_perf,
           ("threads", "functions"),
           "no modules in folded stacks; it weighs by period, and strips arguments", no_arguments,
           NEARLY, hostile=("functions",)),  # ";" of thread names is "_"
    Reader("perf-script", "stackcollapse-perf.pl", read_stackcollapse_perf,
           ("samples", "threads", "functions"), "no modules in folded stacks; it strips arguments",
           no_brackets, hostile=("samples",)),  # a name without a letter is the module to it
    Reader("perf-script", "speedscope", read_perf_speedscope, ("names",),
           "it weighs a sample by the gap to the next, whatever its period", perf_names),
    Reader("callgrind", "callgrind_annotate", read_callgrind_annotate,
           ("samples", "functions", "modules' self"), "no threads", one_module),
    Reader("callgrind", "speedscope", read_callgrind_speedscope, ("samples",),
           "it makes up a tree from the call graph: what a function spent is shared out among its "
           "callers, and small shares and recursion are left out", tolerance=NEARLY),
    Reader("speedscope", "schema", read_schema, (), "it is as the schema says"),
    Reader("speedscope", "speedscope", read_speedscope_json, ("threads", "functions"),
           "no modules", tolerance=NEARLY),
    Reader("firefox", "profiler-cli", read_profiler_cli),
    Reader("json", "jq", read_jq, reference=one_module),
    Reader("html", "Chromium", read_html, ("threads", "functions", "modules"), "", one_module,
           NEARLY),
]
