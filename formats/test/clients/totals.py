"""The table of totals that every format and its reader must agree on, in samples:

	{"total": n, "threads": {"name/tid": n}, "functions": {name: [self, total]},
	 "modules": {name: [self, total]}}

A function's or module's total counts a sample once, however often it recurs in the stack. Functions
are told by their names alone: some formats know no modules.

The reference is summed here from folded stacks, the simplest output there is: an adder of lines that
shares no code with any writer's tables.
"""
import re

PARTS = ("threads", "functions", "modules")


def plain(name):
    """A name in the form in which it is compared, without what formats may have to replace: blanks
    and what is not ASCII go, and ';' is ':' as in folded stacks. Of long ones the beginning."""
    return re.sub(r"[^\x21-\x7e]+", "", name).replace(";", ":").replace("[unnamed]", "")[:2000]


class Table:
    def __init__(self):
        self.total = 0
        self.threads, self.functions, self.modules = {}, {}, {}

    def add(self, stack, count, thread=None, modules=()):
        """A stack of function names, and the modules of its frames; the root is first."""
        self.total += count
        if thread is not None:
            self.threads[thread] = self.threads.get(thread, 0) + count
        self._add(self.functions, [plain(name) for name in stack], count)
        self._add(self.modules, [plain(name) for name in modules], count)

    @staticmethod
    def _add(sums, names, count):
        for name in set(names):
            sums.setdefault(name, [0, 0])[1] += count
        if names:
            sums[names[-1]][0] += count

    @classmethod
    def of(cls, obj):
        """From JSON, as programs in other languages print it."""
        table = cls()
        table.total = obj["total"]
        table.threads = {plain(key): n for key, n in (obj.get("threads") or {}).items()}
        for part in ("functions", "modules"):
            for name, (own, total) in (obj.get(part) or {}).items():
                sums = getattr(table, part).setdefault(plain(name), [0, 0])
                sums[0] += own
                sums[1] += total
        return table


def folded_lines(text):
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        if stack and re.fullmatch(r"\d+(\.\d+)?", count):
            yield stack.split(";"), float(count) if "." in count else int(count)


def thread_key(label):
    """"name (tid 12)" -> "name/12"."""
    found = re.fullmatch(r"(.*) \(tid (\d+)\)", label, re.S)
    return f"{plain(found[1])}/{found[2]}" if found else plain(label)


def reference(by_thread, by_module, rename=lambda name: name, keep=lambda frame: True):
    """From the text of --folded --by thread and of --folded --by module."""
    table = Table()
    for frames, count in folded_lines(by_thread):
        stack = [rename(plain(name)) for name in frames[2:] if keep(name)]
        table.add(stack, count, thread_key(frames[1]))
    for frames, count in folded_lines(by_module):
        table._add(table.modules, [plain(name) for name in frames[1:]], count)
    return table


def named_process(by_thread, threads):
    """The reference with process and thread as functions, as Deep Copy has them: "name (pid)" and
    "name 0xtid". threads are those of --json."""
    pids = {thread["tid"]: thread["pid"] for thread in threads}
    table = Table()
    for frames, count in folded_lines(by_thread):
        name, tid = re.fullmatch(r"(.*) \(tid (\d+)\)", frames[1], re.S).groups()
        pid = pids[int(tid)]
        table.add([f"{frames[0]} ({pid})", f"{name} 0x{int(tid):x}"] + frames[2:], count)
    return table


def from_folded(text, thread=None, skip=0, rename=lambda name: name):
    """From a reader's folded stacks. thread tells the thread from the frames, skip leaves out so
    many of the first."""
    table = Table()
    for frames, count in folded_lines(text):
        stack = [rename(plain(name)) for name in frames[skip:]]
        table.add(stack, count, thread(frames) if thread else None)
    return table


# What stands for frames without a module, such as generated code; formats differ in it.
NO_MODULE = {plain(name) for name in (
    "", "[no stack]", "[other]", "[unknown module]", "other", "generated code (JIT)", "anon", "???")}


def _differs(a, b, tolerance, name=""):
    return abs(a - b) > tolerance(max(abs(a), abs(b)), name)


def differences(table, expected, parts, tolerance=lambda value, name: 0):
    """The first of each part, as text; none when the tables agree. parts may hold "self" or
    "total" instead of "functions", where a reader tells only one of them; "names" compares only
    which functions there are."""
    found = []
    if "samples" in parts and _differs(table.total, expected.total, tolerance):
        found.append(f"samples: {table.total}, not {expected.total}")
    if "threads" in parts:
        found += _compare(table.threads, expected.threads, "thread", tolerance, (None,))
    for part, columns in (("functions", (0, 1)), ("self", (0,)), ("total", (1,))):
        if part in parts:
            found += _compare(table.functions, expected.functions, "function", tolerance, columns)
    if "names" in parts:
        found += [f"function {name}: not in both" for name in
                  sorted(set(table.functions) ^ set(expected.functions))[:3]]
    for part, columns in (("modules", (0, 1)), ("modules' self", (0,))):
        if part not in parts:
            continue
        modules = ({name: sums for name, sums in side.modules.items() if name not in NO_MODULE}
                   for side in (table, expected))
        found += _compare(*modules, "module", tolerance, columns)
    return found


def _compare(table, expected, what, tolerance, columns, limit=3):
    found = []
    for name in sorted(set(table) | set(expected)):
        for column in columns:
            a, b = (side.get(name, 0 if column is None else (0, 0)) for side in (table, expected))
            if column is not None:
                a, b = a[column], b[column]
            if _differs(a, b, tolerance, name):
                word = {None: "", 0: " self", 1: " total"}[column]
                found.append(f"{what} {name[:120]}{word}: {a:g}, not {b:g}")
    return found[:limit] + ([f"{len(found) - limit} more"] if len(found) > limit else [])
