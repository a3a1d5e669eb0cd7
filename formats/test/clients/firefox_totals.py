#!/usr/bin/env python3
"""What the Firefox Profiler reads in a file: firefox_totals.py NPM_DIR FILE [--inlines].

NPM_DIR/node_modules holds @firefox-devtools/profiler-cli and a node of version 24 or later (as
NPM_DIR/bin/node24, of the package node-linux-ARCH, or of the package node). Prints

	{"total": n, "threads": {"name/tid": n}, "functions": {name: [self, total]},
	 "modules": {name: [self, total]}}

summed from the call trees of profiler-cli's daemon; with --inlines also "inlined": {name: n}, the
totals of the nodes that it calls inlined. A function's total counts a sample once, however often it
recurs. The command line's own trees end at a depth of 200 and at 100 children, so the daemon is asked
as the command line asks it: a line of JSON on its socket, answered by a line.
"""
import glob
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

SESSION = "totals"
LOAD_SECONDS = 300
STACK_KIB = 400000  # a call tree is as deep as stacks, and JSON.stringify calls itself


class Failed(Exception):
    pass


def find_node(npm):
    for pattern in ("bin/node24", "node_modules/node-linux-*/bin/node", "node_modules/node/bin/node"):
        for path in glob.glob(os.path.join(npm, pattern)):
            return path
    raise Failed(f"{npm}: there is no node of version 24")


def allow_deep_stacks():
    limit = resource.getrlimit(resource.RLIMIT_STACK)[1]
    wanted = 2 * STACK_KIB * 1024
    if limit == resource.RLIM_INFINITY or limit >= wanted:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, limit))


class Client:
    """profiler-cli's daemon, as a child of ours: its own `load` gives it half a second to start."""

    def __init__(self, npm, path, directory):
        cli = "node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js"
        command = [find_node(npm), f"--stack-size={STACK_KIB}", os.path.join(npm, cli), "--daemon",
                   path, "--session", SESSION]
        self.log = os.path.join(directory, SESSION + ".log")
        self.address = os.path.join(directory, SESSION + ".sock")
        self.daemon = subprocess.Popen(
            command, env={**os.environ, "PROFILER_CLI_SESSION_DIR": directory},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=allow_deep_stacks)
        self.stream = None

    def wait(self):
        """Until the profile is loaded."""
        until = time.monotonic() + LOAD_SECONDS
        while time.monotonic() < until:
            time.sleep(0.1)
            if self.daemon.poll() is not None:
                raise Failed("profiler-cli ended: " + self._said())
            if not self.stream and not self._connect():
                continue
            answer = self._ask({"type": "status"})
            if answer["type"] == "ready":
                return
            if answer["type"] == "error":
                raise Failed("profiler-cli: " + answer["error"])
        raise Failed("profiler-cli does not load the profile: " + self._said())

    def thread(self, subcommand, **options):
        answer = self._ask({"type": "command", "command":
                            {"command": "thread", "subcommand": subcommand, **options}})
        if answer["type"] != "success":
            raise Failed(f"profiler-cli thread {subcommand}: {answer.get('error')}")
        return answer["result"]

    def end(self):
        self.daemon.terminate()
        self.daemon.wait()

    def _connect(self):
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.address)
        except OSError:
            return False
        self.stream = connection.makefile("rwb")
        return True

    def _ask(self, message):
        self.stream.write(json.dumps(message).encode() + b"\n")
        self.stream.flush()
        answer = self.stream.readline()
        if not answer:
            raise Failed("profiler-cli ended: " + self._said())
        return json.loads(answer)

    def _said(self):
        if not os.path.exists(self.log):
            return "(no log)"
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-500:].strip()


def module_of(node):
    """profiler-cli writes "library!function", but the function alone where both have one name."""
    name, full = node["name"], node["nameWithLibrary"]
    return full[:-len(name) - 1] if full.endswith("!" + name) else node.get("library") or ""


class Sums:
    def __init__(self):
        self.total = 0
        self.threads, self.functions, self.modules, self.inlined = {}, {}, {}, {}

    def add_tree(self, root):
        """Depth first; what is on the path already has counted the samples."""
        on_path = {}
        todo = [(node, False) for node in root["children"]]
        self._check(root)
        while todo:
            node, is_left = todo.pop()
            names = ((self.functions, node["name"]), (self.modules, module_of(node)))
            for index, (sums, name) in enumerate(names):
                key = (index, name)
                if is_left:
                    on_path[key] -= 1
                    continue
                row = sums.setdefault(name, [0, 0])
                row[0] += node["selfSamples"]
                row[1] += 0 if on_path.get(key) else node["totalSamples"]
                on_path[key] = on_path.get(key, 0) + 1
            if is_left:
                continue
            self._check(node)
            if node.get("inlineStatus"):
                at = self.inlined.setdefault(node["name"], 0)
                self.inlined[node["name"]] = at + node["totalSamples"]
            todo.append((node, True))
            todo += [(child, False) for child in node["children"]]

    @staticmethod
    def _check(node):
        if node.get("childrenTruncated"):
            raise Failed("profiler-cli left out nodes of the call tree")


NO_LIMIT = 1000000000
WHOLE_TREE = {"maxNodes": NO_LIMIT, "maxDepth": NO_LIMIT, "maxChildrenPerNode": NO_LIMIT}


def read(client):
    sums = Sums()
    client.wait()
    for thread in client.thread("list")["threads"]:
        tree = client.thread("samples-top-down", thread=thread["threadHandle"], includeIdle=True,
                             callTreeOptions=WHOLE_TREE)["regularCallTree"]
        key = f"{thread['name']}/{thread['tid']}"
        n = sum(node["totalSamples"] for node in tree["children"])
        sums.total += n
        sums.threads[key] = sums.threads.get(key, 0) + n
        sums.add_tree(tree)
    return sums


def main():
    npm, path = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="profiler-cli.") as directory:
        client = Client(os.path.abspath(npm), os.path.abspath(path), directory)
        try:
            sums = read(client)
        finally:
            client.end()
    answer = {key: getattr(sums, key) for key in ("total", "threads", "functions", "modules")}
    if "--inlines" in sys.argv:
        answer["inlined"] = sums.inlined
    json.dump(answer, sys.stdout)


def run(status):
    try:
        main()
        status.append(0)
    except Failed as failed:
        print(f"firefox_totals.py: {failed}", file=sys.stderr)


if __name__ == "__main__":  # call trees are as deep as stacks, and so is their JSON
    sys.setrecursionlimit(1000000)
    threading.stack_size(512 << 20)
    finished = []
    reader = threading.Thread(target=run, args=(finished,))
    reader.start()
    reader.join()
    sys.exit(0 if finished else 1)
