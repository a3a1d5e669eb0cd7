"""One trace and its files in every format, written when they are first asked for; and how checks run
programs and end."""
import atexit
import functools
import json
import os
import subprocess

import totals


class Failed(Exception):
    pass


class Skipped(Exception):
    pass


CALL_TIMEOUT = 300


def run(command, stdin=None, env=None, out=subprocess.PIPE):
    """Standard output as text; Failed with the end of standard error unless it exits with 0."""
    env = {**os.environ, **(env or {})}
    with open(stdin or os.devnull, "rb") as source:
        try:
            done = subprocess.run(command, stdin=source, stdout=out, stderr=subprocess.PIPE,
                                  env=env, timeout=CALL_TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} does not end within {CALL_TIMEOUT} s") from None
        except FileNotFoundError:
            raise Skipped(f"there is no {command[0]}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")
        raise Failed(f"{os.path.basename(command[0])} exits with {done.returncode}: {said[-1][:300]}")
    return (done.stdout or b"").decode("utf-8", "replace")


def script(name):
    """The path of a program in this folder."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), name)


class Case:
    SUFFIXES = {  # by which readers tell a format
        "pprof": "pb.gz", "instruments": "xctrace.xml", "instruments=deepcopy": "instruments.txt",
        "firefox": "firefox.json", "speedscope": "speedscope.json", "perf-script": "linux-perf.txt",
        "folded": "collapsedstack.txt", "flamegraph": "svg", "html": "html", "json": "json",
        "text": "txt",
    }

    def __init__(self, name, trace, out, clients):
        self.name, self.trace, self.clients = name, trace, clients
        self.out = os.path.join(out, name)
        os.makedirs(self.out, exist_ok=True)

    def client(self, name):
        """Skips unless the client is installed; tells its directory."""
        lack = os.path.join(self.clients, "lack", name)
        if not os.path.exists(os.path.join(self.clients, "have", name)):
            why = open(lack).read().strip() if os.path.exists(lack) else "not installed"
            raise Skipped(f"{name}: {why}")
        return self.clients

    @functools.lru_cache(maxsize=None)
    def file(self, form, *options, suffix=None):
        """The path of the trace in that format."""
        tag = "".join("-" + option.strip("-").replace(" ", "-") for option in options)
        if form == "callgrind":
            name = "callgrind.out" + tag
        else:
            name = self.name + tag + "." + (suffix or self.SUFFIXES[form])
        path = os.path.join(self.out, name)
        self.write(form, path, options)
        return path

    def write(self, form, path, options):
        run(["ddrec", "report", "-q", f"--{form}", "-o", path, *options, self.trace])

    def text(self, form, *options):
        with open(self.file(form, *options), encoding="utf-8", errors="replace") as file:
            return file.read()

    @functools.lru_cache(maxsize=None)
    def reference(self, *options):
        return totals.reference(self.text("folded", "--by", "thread", *options),
                                self.text("folded", "--by", "module", *options))

    @functools.lru_cache(maxsize=None)
    def json(self):
        return json.loads(self.text("json"))

    def sample_ms(self):
        """What a sample stands for, of CPU time."""
        samples, ns = self.json()["totals"]
        return ns / samples / 1e6

    def browser(self, kind, path):
        return browser_answer(self.client("playwright"), f"{kind}:{path}")


@functools.lru_cache(maxsize=1)
def _browser(clients):
    process = subprocess.Popen(["node", script("browser.mjs"), clients], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    atexit.register(process.communicate)
    return process


@functools.lru_cache(maxsize=None)
def browser_answer(clients, job):
    """Of the one browser for all jobs, browser.mjs. It ends when its standard input does."""
    process = _browser(clients)
    process.stdin.write(job + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline() or '{"error": "the browser ended"}')
    if "error" in answer:
        raise Failed(answer["error"])
    return answer


class MadeUp(Case):
    """A profile that tool_demo makes: no trace, but names and stacks that no trace has."""
    WORDS = {"--by": [], "--min-percent": [], "0.000001": [], "--no-inline": ["no-inline"],
             "--toc": ["toc"], "--annotate": ["annotate"]}

    def __init__(self, name, tool, kind, out, clients):
        super().__init__(name, None, out, clients)
        self.tool, self.kind = tool, kind

    def write(self, form, path, options):
        words = [word for option in options for word in self.WORDS.get(option, [option])]
        with open(path, "wb") as out:
            run([self.tool, form, *self.kind, *words], out=out)
