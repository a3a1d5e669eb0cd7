"""What the other readers read, as tables of totals (totals.py): one function for each reader, from its
own output."""
import re

from case import Failed
from totals import Table, from_folded, plain, thread_key


def boxes(boxes, n_roots=1):
    """A flame graph's boxes, [y, x, width, name, module, count]: a child lies within its parent, in
    the row above it. The first rows are "all", the process and, of three roots, the thread."""
    rows = {}
    for y, x, width, *title in boxes:
        rows.setdefault(y, []).append([x, x + width, title, None, 0])
    order = sorted(rows, reverse=True)
    table = Table()
    everything = []
    for above, at in zip([None] + order, order):
        parents = sorted(rows[above], key=lambda box: box[0]) if above is not None else []
        _place(parents, rows[at])
        everything += rows[at]
    for box in everything:
        path = []
        own = _count(box) - box[4]
        if own <= 0:
            continue
        while box:
            path.append(box)
            box = box[3]
        path = path[::-1]
        frames = path[n_roots:]
        thread = thread_key(path[n_roots - 1][2][0]) if n_roots == 3 else None
        table.add([box[2][0] for box in frames], own, thread,
                  [re.sub(", inlined$", "", box[2][1]) for box in frames])
    return table


def _count(box):
    found = re.match(r"([\d,]+) sample", box[2][-1])
    if not found:
        raise Failed(f"a box without a count: {box[2]}")
    return int(found[1].replace(",", ""))


def _place(parents, children):
    """Gives each child its parent, and the parent its children's counts."""
    at = 0
    for child in sorted(children, key=lambda box: box[0]):
        middle = (child[0] + child[1]) / 2
        while at < len(parents) and parents[at][1] < middle:
            at += 1
        if parents:
            if at == len(parents):
                raise Failed(f"a box below none: {child[2]}")
            child[3] = parents[at]
            parents[at][4] += _count(child)


def drawn_boxes(svg):
    """The boxes of an SVG by inferno-flamegraph or flamegraph.pl, like those above."""
    import html
    found = []
    pattern = (r"<title>(.*?) \(([\d,]+) samples?, [\d.]+%\)</title>\s*<rect x=\"([\d.]+)%?\" "
               r"y=\"([\d.]+)\" width=\"([\d.]+)%?\"")
    for name, count, x, y, width in re.findall(pattern, svg, re.S):
        found.append([float(y), float(x), float(width), html.unescape(name), "", count + " samples"])
    if not found:
        raise Failed("there are no boxes in the SVG")
    return found


def scaled(table, total):
    """A table in time or percent as one in samples, given how many there are in all."""
    return times(table, total / table.total if table.total else 0)


def times(table, factor):
    result = Table()
    result.total = table.total * factor
    result.threads = {name: n * factor for name, n in table.threads.items()}
    for side, target in ((table.functions, result.functions), (table.modules, result.modules)):
        for name, sums in side.items():
            target[name] = [n * factor for n in sums]
    return result


def without_arguments(name):
    """As inferno-collapse-perf has it: cut at the first "(" outside of all brackets, but for
    "(anonymous namespace)" and methods of Go."""
    depth = 0
    for at, c in enumerate(name):
        if c in "<{[":
            depth += 1
        elif c in ">}])":
            depth -= 1
        elif c == "(":
            is_kept = name[:at].endswith(".") or name[at:].startswith("(anonymousnamespace)")
            if depth == 0 and not is_kept:
                return name[:at]
            depth += 1
    return name


def without_brackets(name):
    """What versions of stackcollapse-perf.pl leave: no arguments, perhaps no <>, no quotes."""
    if not re.search(r"\.\(.*\)\.", name):
        name = re.sub(r"\(.*", "", name)
    return re.sub(r"[<>\"']", "", name)


def perf_thread(frames):
    """"comm-pid/tid" at the root of a collapsed stack."""
    found = re.fullmatch(r"(.*)-(?:\d+|\?)/(\d+)", frames[0])
    return f"{plain(found[1])}/{found[2]}" if found else plain(frames[0])
