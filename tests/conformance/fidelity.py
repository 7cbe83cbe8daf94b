#!/usr/bin/env python3
"""Compares a server with AWS's recordings, all of them, and writes down what differs and why.

    fidelity.py SERVER CASES PAGE [--jobs N]

SERVER  the stepwell program; it is started on a free port with an empty data directory
CASES   the folder with run.py and the recorded cases
PAGE    the page to write (docs/fidelity.md)

The causes stand in causes.toml beside this file, each looked at by somebody. A mismatch without a cause is printed
and fails the command; so does a cause that explains no mismatch any more.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "client"))
import server  # noqa: E402
import cases as recorded  # noqa: E402

CASE_SECONDS = 30
SHOWN_MAX = 160

SETS = {
    "asl": "executions: their histories, event by event",
    "api": "calls in order, with their answers and errors",
    "jsonata": "the expression language's own test suite",
}
KINDS = {
    "ours": "Stepwell differs",
    "missing": "not there yet",
    "choice": "different on purpose",
    "recording": "the recording is incomplete, or older than what AWS answers today",
    "comparer": "the comparison is wrong, not the answer",
}
CHANGING = re.compile(r"/tmp/[^\s\"\\)]*|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b")
DIFFERENCE = re.compile(r"(?P<where>.*?): expected (?P<aws>.*), got (?P<ours>.*)", re.DOTALL)


def run_set(name, cases, program, endpoint, jobs, results):
    """What run.py says of each case of a set."""
    if name == "jsonata":
        where = ["--command", program + " jsonata"]
    else:
        folder = results.with_suffix("")
        recorded.collect(cases / name, lambda case: True, folder)
        where = ["--endpoint", endpoint, "--dir", str(folder), "--jobs", str(jobs), "--timeout", str(CASE_SECONDS),
                 *recorded.NEEDS]
    print("%s ..." % name, file=sys.stderr, flush=True)
    finished = subprocess.run([sys.executable, str(cases / "run.py"), name, *where, "--json", str(results), "-q"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if not results.exists():
        sys.exit("%s: run.py ended with %d\n%s" % (name, finished.returncode, finished.stdout))
    return json.loads(results.read_text())["cases"]


class Causes:
    def __init__(self, path):
        self.all = tomllib.loads(path.read_text())["cause"]
        for cause in self.all:
            if cause["kind"] not in KINDS:
                sys.exit("%s: there is no kind '%s'" % (path, cause["kind"]))
        self.used = set()

    def of(self, set_name, case):
        """The first cause whose set, case and text (if it has one) fit."""
        for i, cause in enumerate(self.all):
            fits = (cause["set"] == set_name
                    and any(part in case["id"] for part in cause["cases"])
                    and cause.get("text", "") in case["why"])
            if fits:
                self.used.add(i)
                return cause
        return None

    def unused(self):
        return [cause for i, cause in enumerate(self.all) if i not in self.used]


def shown(text):
    """Text of a case as one cell of a table, without what is another at each run."""
    text = CHANGING.sub("…", " ".join(text.split())).replace("|", "\\|").replace("`", "'")
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX - 1] + "…"


def difference(why):
    match = DIFFERENCE.fullmatch(why)
    if match is None:
        return "", "", shown(why)
    return match["where"], shown(match["aws"]), shown(match["ours"])


def share(passed, failed):
    return "%.1f %%" % (100 * passed / max(passed + failed, 1))


def page(results, explained):
    out = ["# Fidelity", "",
           "How far Stepwell's answers are AWS's: recorded answers of AWS, compared key by key. `./dev fidelity` runs the",
           "comparison and writes this page; nothing on it is written by hand but the causes (`tests/conformance/causes.toml`).",
           "",
           "| cases | what they compare | pass | of those run | not run |", "| --- | --- | --- | --- | --- |"]
    for name, what in SETS.items():
        count = collections.Counter(case["status"] for case in results[name])
        out.append("| `%s` | %s | %d | %s | %d |"
                   % (name, what, count["PASS"], share(count["PASS"], count["FAIL"]), count["SKIP"]))
    out += ["", "Not run are cases that need services which are not here, or that were recorded while other code was running:", ""]
    skipped = collections.Counter((name, case["why"]) for name in SETS for case in results[name] if case["status"] == "SKIP")
    out += ["| cases | why | how many |", "| --- | --- | --- |"]
    out += ["| `%s` | %s | %d |" % (name, shown(why), count) for (name, why), count in sorted(skipped.items())]
    for kind, title in KINDS.items():
        groups = [(cause, cases) for cause, cases in explained if cause["kind"] == kind]
        if not groups:
            continue
        out += ["", "## %s" % (title[0].upper() + title[1:])]
        for cause, cases in groups:
            out += ["", "**%s** (%d of `%s`)" % (cause["why"].rstrip("."), len(cases), cause["set"]), "",
                    "| case | where | AWS | here |", "| --- | --- | --- | --- |"]
            for case in cases:
                where, aws, ours = difference(case["why"])
                out.append("| `%s` | %s | %s | %s |" % (case["id"].rpartition("/")[2], shown(where), aws, ours))
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("server")
    parser.add_argument("cases", type=Path)
    parser.add_argument("page", type=Path)
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    options = parser.parse_args()
    if not (options.cases / "run.py").exists():
        sys.exit("no recorded cases in %s" % options.cases)
    with server.running(options.server) as (endpoint, scratch):
        results = {name: run_set(name, options.cases, options.server, endpoint, options.jobs, Path(scratch) / (name + ".json"))
                   for name in SETS}
    causes = Causes(HERE / "causes.toml")
    groups, unexplained = {}, []
    for name, cases in results.items():
        for case in cases:
            if case["status"] != "FAIL":
                continue
            cause = causes.of(name, case)
            if cause is None:
                unexplained.append((name, case))
            else:
                groups.setdefault(causes.all.index(cause), []).append(case)
    options.page.write_text(page(results, [(causes.all[i], groups[i]) for i in sorted(groups)]))
    for name in SETS:
        count = collections.Counter(case["status"] for case in results[name])
        print("%s: %d of %d recorded cases pass (%s), %d not run"
              % (name, count["PASS"], count["PASS"] + count["FAIL"], share(count["PASS"], count["FAIL"]), count["SKIP"]))
    for name, case in unexplained:
        print("no cause: %s %s\n    %s" % (name, case["id"], case["why"]))
    for cause in causes.unused():
        print("explains nothing any more: %s %s" % (cause["set"], ", ".join(cause["cases"])))
    return 1 if unexplained or causes.unused() else 0


if __name__ == "__main__":
    sys.exit(main())
