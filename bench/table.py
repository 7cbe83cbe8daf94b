#!/usr/bin/env python3
"""Measures the engine's goals and writes them as a table into docs/benchmarks.md.

`./dev bench --table` calls it. Every figure comes from a program in build/bin that anyone can run alone; a row is the
median of several runs, and the runs of different programs alternate, so that what the machine does meanwhile meets them
all. The engine stands next to the bare sketch (bench/baseline/) of the same run.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- written by ./dev bench --table: begin -->", "<!-- written by ./dev bench --table: end -->"


# ---- running --------------------------------------------------------------------------------------------------------


class Programs:
    """The programs of one build; each call runs one and gives its JSON."""

    def __init__(self, directory):
        self.directory = directory

    def run(self, program, *words):
        command = [str(self.directory / program), *map(str, words)]
        print("+", *command, file=sys.stderr, flush=True)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"table: {program} ended with {done.returncode}\n{done.stderr[-2000:]}{done.stdout[-2000:]}")
        return json.loads(done.stdout)

    def soak(self, *words):
        return self.run("stepwell_soak", *words, "--json")

    def sketch(self, *words):
        return self.run("stepwell_baseline", "--sketch", *words, "--json")

    def part(self, name, repetitions, seconds):
        """Items a second, and nanoseconds of CPU for one, of each repetition of one of stepwell_bench."""
        report = self.run("stepwell_bench", f"--benchmark_filter=^{name}$", f"--benchmark_repetitions={repetitions}",
                          f"--benchmark_min_time={seconds}", "--benchmark_format=json")
        runs = [run for run in report["benchmarks"] if run["run_type"] == "iteration"]
        if not runs:
            sys.exit(f"table: no benchmark is called {name}")
        return [run.get("items_per_second", 0) for run in runs], [run["cpu_time"] for run in runs]


@dataclasses.dataclass
class Row:
    """One goal. `values` are the runs; None: nothing measures it yet. `must` and `aim` are limits of the median."""

    measure: str
    must_text: str
    aim_text: str
    durability: str
    values: list | None
    must: float = 0
    aim: float = 0
    at_most: bool = False
    unit: str = ""
    sketch: list | None = None
    sketch_share_must: float = 0  # of the sketch's figure
    note: str = ""
    is_shorter: bool = False  # measured with less than the goal asks: it can fail, but not be reached

    def cells(self):
        if self.values is None:
            return [self.measure, self.must_text, self.aim_text, "not yet: " + self.note, self.durability, "", "no"]
        median = statistics.median(self.values)
        measured = f"{figure(median)}{self.unit} ({figure(min(self.values))} to {figure(max(self.values))})"
        if self.note:
            measured += ", " + self.note
        share = median / statistics.median(self.sketch) if self.sketch else None
        ratio = "" if share is None else f"{share:.0%}" if share < 1 else f"{figure(share)} ×"
        return [self.measure, self.must_text, self.aim_text, measured, self.durability, ratio, self.reached(median, share)]

    def reached(self, median, share):
        def is_within(limit):
            return median <= limit if self.at_most else median >= limit

        if not is_within(self.must) or (share is not None and share < self.sketch_share_must):
            return "no"
        if self.is_shorter:
            return "not shown: smaller than asked"
        return "yes, and the aim" if is_within(self.aim) else "yes"


def figure(value):
    """Three digits, or whole with separators."""
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


# ---- measuring ------------------------------------------------------------------------------------------------------


def measure_rounds(programs, options):
    """All that is measured at full load and next to the sketch: lists of reports by name."""
    seconds = ("--seconds", options.seconds)
    alone = ("--in-flight", 1, "--executions", options.alone)
    commands = {
        "sketch sync": lambda: programs.sketch(*seconds, "--waiting", options.waiting_hot),
        "soak sync": lambda: programs.soak(*seconds),
        "sketch none": lambda: programs.sketch(*seconds, "--durability", "none"),
        "soak none": lambda: programs.soak(*seconds, "--durability", "none"),
        "soak http": lambda: programs.soak(*seconds, "--http"),
        "request": lambda: programs.run("stepwell_request_cost", "--requests", options.requests),
        "soak alone": lambda: programs.soak(*alone),
        "soak hot": lambda: programs.soak("--executions", 100, "--waiting", options.waiting_hot),
    }
    reports = {name: [] for name in commands}
    for _ in range(options.runs):
        for name, command in commands.items():
            reports[name].append(command())
    maximum = statistics.median(values(reports["soak sync"], "callback_executions_per_s"))
    half = ("--rate", max(1, round(maximum / 2)))
    reports["soak half"] = [programs.soak(*seconds, *half) for _ in range(options.runs)]
    return reports


def values(reports, *keys):
    found = reports
    for key in keys:
        found = [report[key] for report in found]
    return found


def quotients(over, under):
    return [a / b for a, b in zip(over, under)]


def rows_of_the_load(reports):
    rate, cpu = "callback_executions_per_s", "cpu_us_per_execution"
    at_half = reports["soak half"]
    rows = []
    for durability, limits in (("sync", (150e3, 400e3, "≥ 150 000 and ≥ 15 % of the sketch", "≥ 400 000", 0.15)),
                               ("none", (400e3, 1e6, "≥ 400 000", "≥ 1 000 000", 0))):
        must, aim, must_text, aim_text, share = limits
        rows.append(Row("callback executions/s in process", must_text, aim_text, durability,
                        values(reports["soak " + durability], rate), must, aim,
                        sketch=values(reports["sketch " + durability], rate), sketch_share_must=share))
    for durability, must, aim in (("sync", 10, 4), ("none", 4, 1.5)):
        rows.append(Row("CPU per execution, all threads", f"≤ {must} µs", f"≤ {aim} µs", durability,
                        values(reports["soak " + durability], cpu), must, aim, True, " µs",
                        sketch=values(reports["sketch " + durability], cpu)))
    rows.append(Row("through HTTP, client on the same cores: executions/s", "≥ 15 000", "≥ 30 000", "sync",
                    values(reports["soak http"], rate), 15e3, 30e3))
    rows += rows_of_requests(reports["request"])
    rows.append(Row("latency in process, one execution at a time", "≤ 3 syncs of the device", "≤ 2", "sync",
                    quotients(values(reports["soak alone"], "latency_us", "p50"), values(reports["soak alone"], "fsync_us")),
                    3, 2, True, " syncs"))
    rows.append(Row("p99 at half of the maximum load", "≤ 10 × p50", "≤ 4 ×", "sync",
                    quotients(values(at_half, "latency_us", "p99"), values(at_half, "latency_us", "p50")), 10, 4, True, " ×",
                    note=f"p50 {figure(statistics.median(values(at_half, 'latency_us', 'p50')) / 1e3)} ms at "
                         f"{figure(at_half[0]['rate'])}/s"))
    rows.append(Row("journal bytes per callback execution (300 B payload, full history)", "≤ 2 500", "≤ 1 200", "sync",
                    values(reports["soak sync"], "journal_bytes_per_execution"), 2500, 1200, True,
                    sketch=values(reports["sketch sync"], "journal_bytes_per_execution")))
    return rows


def rows_of_requests(reports):
    measure = "server CPU per HTTP request (SendTaskSuccess), next to nginx with a fixed 200"
    if "nginx" not in reports[0]:
        return [Row(measure, "≤ 1.5 ×", "≤ 1.1 ×", "none", None, note="nginx is not installed")]
    ours = values(reports, "stepwell", "alone", "cpu_us_per_request")
    theirs = values(reports, "nginx", "alone", "cpu_us_per_request")
    pipelined = values(reports, "stepwell", "pipelined", "cpu_us_per_request")
    absolute = f"{figure(statistics.median(ours))} µs, nginx {figure(statistics.median(theirs))} µs"
    return [Row(measure, "≤ 1.5 ×", "≤ 1.1 ×", "none", quotients(ours, theirs), 1.5, 1.1, True, " ×", note=absolute),
            Row("the same, pipelined by 16", "", "≤ 3 µs", "none", pipelined, 3, 3, True, " µs")]


def rows_of_waiting(programs, options, reports):
    hot = values(reports["soak hot"], "rss_bytes_per_waiting_execution")
    rows = [Row("resident bytes per waiting execution: hot", "≤ 1 024", "≤ 400", "sync", hot, 1024, 400, True,
                sketch=values(reports["sketch sync"], "rss_bytes_per_waiting_execution"),
                note=f"with {figure(options.waiting_hot)}")]
    many = options.waiting_many
    seconds = ("--seconds", options.seconds)
    full, empty = [], []
    for _ in range(options.runs_many):
        full.append(programs.soak(*seconds, "--waiting", many, "--passivate"))
        empty.append(programs.soak(*seconds))
    rate = "callback_executions_per_s"
    rows.append(Row("… passivated", "≤ 64", "≤ 32", "sync", values(full, "rss_bytes_per_waiting_execution"), 64, 32, True,
                    note=f"with {figure(many)}"))
    rows.append(Row("10 000 000 waiting: throughput of others", "≥ 80 % of that with none", "≥ 95 %", "sync",
                    [100 * share for share in quotients(values(full, rate), values(empty, rate))], 80, 95, unit=" %",
                    note=f"with {figure(many)} waiting", is_shorter=many < 10_000_000))
    rows.append(Row("restart with 1 000 000 waiting: ready", "≤ 5 s", "≤ 1 s", "sync", values(full, "restart_seconds"),
                    5, 1, True, " s", note=f"with {figure(many)} waiting", is_shorter=many < 1_000_000))
    return rows


def rows_of_the_parts(programs, options):
    runs, seconds = options.runs, options.part_seconds
    lookups, _ = programs.part(f"token_lookup/waiting:{options.tokens}", runs, seconds)
    _, parse_ns = programs.part("json_parse/send_task_success/document/0", runs, seconds)
    messages, _ = programs.part("queue_send_receive/engine/real_time/threads:2", runs, seconds)
    return [Row("token lookup (decode, MAC, slot, generation) at 10 M tokens, random, batches of 8, one core",
                "≥ 10 M/s", "≥ 25 M/s", "", lookups, 10e6, 25e6, unit="/s", note=f"with {figure(options.tokens)} tokens",
                is_shorter=options.tokens < 10_000_000),
            Row("JSON: a 400 B SendTaskSuccess parsed", "≤ 350 ns", "≤ 200 ns", "", parse_ns, 350, 200, True, " ns"),
            Row("queue send → receive → delete in process, 2 threads", "≥ 3 M/s", "≥ 8 M/s", "none", messages, 3e6, 8e6,
                unit="/s"),
            Row("allocations per execution on the hot path", "≤ 4", "0", "none", None, note="no command counts them")]


def row_of_drained_memory(programs, options):
    run = programs.soak("--seconds", options.drained_seconds)
    growth = 100 * (run["rss_bytes_end"] / run["rss_bytes_start"] - 1)
    return Row("memory after a drained soak of 10 minutes", "≤ 10 % above the start", "", "sync", [growth], 10, -float("inf"),
               True, " %", is_shorter=options.drained_seconds < 600,
               note=f"after {options.drained_seconds:g} s; {figure(run['rss_bytes_end'] / 1e6)} MB")


# ---- telling --------------------------------------------------------------------------------------------------------


def first_line(path, label):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(label):
            return line.split(":", 1)[1].strip()
    return "unknown"


def compiler_of(build):
    cache = pathlib.Path(build) / "CMakeCache.txt"
    entry = {line.split("=", 1)[0]: line.split("=", 1)[1] for line in cache.read_text().splitlines() if "=" in line}
    program = next((value for name, value in entry.items() if name.startswith("CMAKE_CXX_COMPILER:")), "c++")
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.splitlines()
    return f"{version[0] if version else program}, {entry.get('CMAKE_BUILD_TYPE:STRING', '')}"


def disk_of(directory):
    words = subprocess.run(["df", "--output=fstype,source", directory], capture_output=True, text=True).stdout.split()
    return f"{words[2]} on {words[3]}" if len(words) >= 4 else "unknown"


def about(options, reports):
    syncs = [run["fsync_us"] for group in reports.values() for run in group if "fsync_us" in run]
    sketch = reports["sketch sync"]
    log_rates = [run["journal_bytes_per_execution"] * run["callback_executions_per_s"] / 1e6 for run in sketch]
    memory_kb = int(first_line("/proc/meminfo", "MemTotal").split()[0])
    directory = os.environ.get("STEPWELL_BENCH_DIR", "/tmp")
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout
    return [f"Machine: {first_line('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores, {memory_kb / 2**20:.0f} GiB; "
            f"Linux {os.uname().release}; {disk_of(directory)}. Compiler: {compiler_of(options.build)}. "
            f"{datetime.date.today()}, commit {commit.strip()}, load average at the end {os.getloadavg()[0]:.1f}.",
            f"In the same run: a write of 4 KiB and its `fdatasync` took {figure(statistics.median(syncs))} µs "
            f"({figure(min(syncs))} to {figure(max(syncs))}); the sketch's log wrote {figure(statistics.median(log_rates))} MB/s "
            f"({figure(min(log_rates))} to {figure(max(log_rates))}).",
            f"Medians of {options.runs} runs of {options.seconds:g} s, in brackets the lowest and the highest; those with many "
            f"waiting, of {options.runs_many}. “Sketch” is our figure as a share of the bare sketch's, or as a multiple."]


def markdown(lines, rows):
    titles = ["measure", "must", "aim", "measured", "durability", "sketch", "reached"]
    table = ["| " + " | ".join(cells) + " |" for cells in [titles, ["---"] * len(titles), *(row.cells() for row in rows)]]
    return "\n".join([*lines, "", *table])


def write_between_markers(path, text, markers=(BEGIN, END)):
    """Replaces what stands between the markers; adds both at the end where there are none."""
    begin, end = markers
    old = path.read_text() if path.exists() else ""
    if begin in old and end in old:
        before, after = old.split(begin, 1)[0], old.split(end, 1)[1]
    else:
        before, after = old + ("\n" if old else ""), "\n"
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="short runs, few of them: does it work at all?")
    parser.add_argument("--runs", type=int, help="runs of each (5)")
    parser.add_argument("--seconds", type=float, help="of each run at full load (5)")
    parser.add_argument("--waiting", type=int, help="executions that wait beside the load (1000000)")
    parser.add_argument("--drained", type=float, help="seconds of the soak after which the memory is looked at (60)")
    parser.add_argument("--build", default=str(ROOT / "build"), help="where the programs were built")
    parser.add_argument("--output", default=str(ROOT / "docs/benchmarks.md"), help="the file with the markers")
    options = parser.parse_args()
    quick = options.quick
    options.runs = options.runs or (1 if quick else 5)
    options.runs_many = 1 if quick else min(3, options.runs)
    options.seconds = options.seconds or (1 if quick else 5)
    options.waiting_many = options.waiting or (1000 if quick else 1_000_000)
    options.waiting_hot = min(100_000, options.waiting_many)
    options.alone = 200 if quick else 2000
    options.requests = 2000 if quick else 100_000
    options.tokens = 1000 if quick else 10_000_000
    options.part_seconds = 0.05 if quick else 0.5
    options.drained_seconds = options.drained or (1 if quick else 60)
    return options


def main():
    options = read_options()
    programs = Programs(pathlib.Path(options.build) / "bin")
    reports = measure_rounds(programs, options)
    rows = rows_of_the_load(reports)
    rows += rows_of_waiting(programs, options, reports)
    rows += rows_of_the_parts(programs, options)
    rows.append(row_of_drained_memory(programs, options))
    text = markdown(about(options, reports), rows)
    write_between_markers(pathlib.Path(options.output), text)
    print(text)


if __name__ == "__main__":
    main()
