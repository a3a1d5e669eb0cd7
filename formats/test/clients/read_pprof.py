"""What `go tool pprof` and protoc read in a pprof profile, as tables of totals (totals.py)."""
import os
import re

from totals import Table, plain

LINE = re.compile(r"(.*) [^ ]*:-?\d+(?::-?\d+)? s=-?\d+(?:\(.*\))?$", re.S)


def module_name(path):
    """The name of a mapping's file; the kernel's has the form that symbolizers of pprof know."""
    return "[kernel]" if path.startswith("[kernel") else os.path.basename(path)


def _labels(text):
    return {key: value.strip() for key, value in re.findall(r"(\S+?):\[(.*?)\](?= \S+:\[|$)", text)}


def _thread(labels):
    if "tid" not in labels:
        return None
    return f"{plain(labels.get('thread', ''))}/{labels['tid'].split()[0]}"


def read_raw(text):
    """`pprof -raw`: its own print of what it read. Samples are told by the first value."""
    samples, section, locations, mappings = [], "", {}, {}
    for line in text.split("\n"):
        if re.fullmatch(r"(Samples|Locations|Mappings):?", line.strip()) and not line.startswith(" "):
            section = line.strip().rstrip(":")
        elif section == "Samples":
            _raw_sample(line, samples)
        elif section == "Locations":
            _raw_location(line, locations)
        elif section == "Mappings":
            found = re.match(r"(\d+): 0x\w+/0x\w+/0x\w+ (\S*)", line)
            if found:
                mappings[found[1]] = module_name(found[2])
    return _sum(samples, locations, mappings)


def _raw_sample(line, samples):
    found = re.match(r"((?: *-?\d+)+): ((?:\d+ )*)", line)
    if found:
        samples.append([int(found[1].split()[0]), found[2].split(), {}])
    elif samples and line.startswith("                "):
        samples[-1][2].update(_labels(line.strip()))


def _raw_location(line, locations):
    found = re.match(r" *(\d+): 0x\w+ (?:M=(\d+) )?(.*)", line)
    if found:
        locations[found[1]] = [found[2], []]
    elif not locations:
        return
    name = LINE.match(found[3] if found else line.strip())
    if name:
        locations[list(locations)[-1]][1].append(name[1])


def _sum(samples, locations, mappings):
    table = Table()
    for count, ids, labels in samples:
        stack, modules = [], []
        for location in reversed(ids):
            mapping, lines = locations[location]
            stack += reversed(lines)
            modules.append(mappings.get(mapping, ""))
        table.add(stack, count, _thread(labels), modules)
    return table


def read_top(text):
    """`pprof -top`: {name: [self, total]}, in its order."""
    rows, body = {}, text.partition("cum%")[2].split("\n")[1:]
    for line in body:
        cells = line.split(None, 5)
        if len(cells) == 6:
            name = re.sub(r" \((partial-)?inline\)$", "", cells[5])
            sums = rows.setdefault(plain(name), [0, 0])
            sums[0] += int(cells[0])
            sums[1] += int(cells[3])
    return rows


def _unescape(text):
    raw = text.encode("utf-8").decode("unicode_escape", "surrogateescape")
    return raw.encode("latin-1", "surrogateescape").decode("utf-8", "replace")


def _messages(text):
    """The nested messages of protoc's text: (path, scalars, children) as dicts of lists."""
    top = {}
    stack = [top]
    for line in text.split("\n"):
        line = line.strip()
        if line.endswith("{"):
            child = {}
            stack[-1].setdefault(line[:-1].strip(), []).append(child)
            stack.append(child)
        elif line == "}":
            stack.pop()
        elif ": " in line:
            key, value = line.split(": ", 1)
            if value.startswith('"'):
                value = _unescape(value[1:-1])
            else:
                value = int(value) if re.fullmatch(r"-?\d+", value) else value
            stack[-1].setdefault(key, []).append(value)
    return top


def read_protoc(text):
    """`protoc --decode=perftools.profiles.Profile`: the message as it stands."""
    top = _messages(text)
    strings = top["string_table"]
    first = lambda message, key: message.get(key, [0])[0]
    functions = {first(f, "id"): strings[first(f, "name")] for f in top.get("function", [])}
    mappings = {first(m, "id"): module_name(strings[first(m, "filename")])
                for m in top.get("mapping", [])}
    locations = {first(l, "id"): [first(l, "mapping_id"), [functions[first(line, "function_id")]
                 for line in l.get("line", [])]] for l in top.get("location", [])}
    samples = []
    for sample in top.get("sample", []):
        labels = {strings[first(l, "key")]: strings[first(l, "str")] or str(first(l, "num"))
                  for l in sample.get("label", [])}
        samples.append([sample["value"][0], sample.get("location_id", []), labels])
    return _sum(samples, locations, mappings)
