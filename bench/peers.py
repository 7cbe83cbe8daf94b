#!/usr/bin/env python3
"""The callback pattern on other engines, each on its own server with its own storage, in one table.

`./dev bench --peers` calls it. What the peers need is installed into build/peers from the public registries; a peer that
cannot be installed is in the table with the reason. The work is the same: start with 300 B of input, a message with a
token, suspend, a worker answers with 300 B, a publish, the end. The client runs on the same cores; CPU is the server's
alone, except for the plain baseline, which has no server.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import table  # noqa: E402  (beside this file)

BEGIN, END = "<!-- written by ./dev bench --peers: begin -->", "<!-- written by ./dev bench --peers: end -->"


class CannotRun(Exception):
    """Why a peer is not measured."""


@dataclasses.dataclass
class Figures:
    executions_per_s: float
    cpu_us: float
    bytes_waiting: float
    version: str


# ---- processes ------------------------------------------------------------------------------------------------------


def cpu_s(process):
    """CPU time of a process and its threads."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(process):
    return int(pathlib.Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def free_port():
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


def wait_until_answers(process, url, log):
    """Until the server answers at all; its log is the reason when it ends before."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise CannotRun(f"the server ended: {log.read_text()[-300:]}")
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)  # another process: there is nothing to wait on
    raise CannotRun("the server was not ready in a minute")


def end(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def install(command, directory, log):
    print("+", *command, file=sys.stderr, flush=True)
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / log, "w") as output:
        done = subprocess.run(command, cwd=directory, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise CannotRun("not installed: " + (directory / log).read_text().strip().splitlines()[-1][:200])


# ---- ours -----------------------------------------------------------------------------------------------------------


def stepwell(programs, options):
    report = programs.soak("--http", "--seconds", options.seconds, "--waiting", options.waiting)
    return Figures(report["callback_executions_per_s"], report["cpu_us_server_per_execution"],
                   report["rss_bytes_per_waiting_execution"], "this commit")


def plain(programs, options):
    report = programs.run("stepwell_baseline", "--plain", "--seconds", options.seconds, "--waiting", options.waiting)
    return Figures(report["callback_executions_per_s"], report["cpu_us_per_execution"],
                   report["rss_bytes_per_waiting_execution"], "SQLite, in process")


# ---- Restate --------------------------------------------------------------------------------------------------------


def restate(_, options):
    directory = ROOT / "build/peers/restate"
    server_program = directory / "node_modules/.bin/restate-server"
    if shutil.which("npm") is None:
        raise CannotRun("npm is not installed")
    if not server_program.exists():
        install(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", ".",
                 "@restatedev/restate-server", "@restatedev/restate-sdk"], directory, "npm.log")
    version = json.loads((directory / "node_modules/@restatedev/restate-server/package.json").read_text())["version"]
    with tempfile.TemporaryDirectory() as data:
        ingress, admin, node, service = free_port(), free_port(), free_port(), free_port()
        settings = {"RESTATE_BASE_DIR": data, "RESTATE_LISTEN_MODE": "tcp", "RESTATE_DISABLE_TELEMETRY": "true",
                    "RESTATE_BIND_IP": "127.0.0.1",
                    "RESTATE_INGRESS__BIND_ADDRESS": f"127.0.0.1:{ingress}", "RESTATE_LOG_FILTER": "warn",
                    "RESTATE_ADMIN__BIND_ADDRESS": f"127.0.0.1:{admin}", "RESTATE_BIND_ADDRESS": f"127.0.0.1:{node}",
                    "RESTATE_ADVERTISED_ADDRESS": f"http://127.0.0.1:{node}"}
        log = directory / "server.log"
        # The program itself, not npm's starter: its process is the one that is measured.
        program = next(directory.glob("node_modules/@restatedev/restate-server-*/bin/restate-server"), server_program)
        with open(log, "w") as output:
            server = subprocess.Popen([program], env={**os.environ, **settings}, stdout=output, stderr=output)
        try:
            wait_until_answers(server, f"http://127.0.0.1:{admin}/health", log)
            wait_until_answers(server, f"http://127.0.0.1:{ingress}/restate/health", log)
            return restate_load(server.pid, directory, (ingress, admin, service), options, version)
        finally:
            end(server)


def restate_load(server, directory, ports, options, version):
    ingress, admin, service = ports
    command = ["node", HERE / "peers/restate_callback.mjs", directory, f"http://127.0.0.1:{ingress}",
               f"http://127.0.0.1:{admin}", service, options.seconds, 64, options.waiting]
    load = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        expect(load, "ready")
        rss_before = rss_bytes(server)
        proceed(load)
        expect(load, "waiting")
        rss_after, cpu_before = rss_bytes(server), cpu_s(server)
        proceed(load)
        last = (load.stdout.read().splitlines() or [""])[-1]  # the SDK logs there too
        cpu_after = cpu_s(server)
        if load.wait() != 0 or not last:
            raise CannotRun("its load failed")
    finally:
        if load.poll() is None:
            load.kill()
            load.wait()
    report = json.loads(last)
    done = report["succeeded"]
    return Figures(done / report["seconds"], 1e6 * (cpu_after - cpu_before) / done,
                   (rss_after - rss_before) / options.waiting, f"{version}, defaults")


def expect(load, word):
    # Node.js or the SDK may say something of their own first.
    for line in load.stdout:
        if line.strip() == word:
            return
    raise CannotRun(f"its load ended before it was {word}")


def proceed(load):
    load.stdin.write("\n")
    load.stdin.flush()


# ---- the table ------------------------------------------------------------------------------------------------------

PEERS = {"Stepwell over HTTP": stepwell, "plain baseline": plain, "Restate": restate}


def measure(name, programs, options):
    try:
        return PEERS[name](programs, options)
    except CannotRun as why:
        return str(why)


def line(name, found, ours):
    if isinstance(found, str):
        return f"| {name} | {found} | | | | |"
    times = "" if found is ours or isinstance(ours, str) else f"{found.cpu_us / ours.cpu_us:,.1f} ×"
    cells = [name, found.version, table.figure(found.executions_per_s), table.figure(found.cpu_us) + " µs", times,
             table.figure(found.bytes_waiting) + " B"]
    return "| " + " | ".join(cells) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of load on each (10)")
    parser.add_argument("--waiting", type=int, default=500,
                        help="executions that wait meanwhile (500); Restate's defaults run 1000 at a time")
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--output", default=str(ROOT / "docs/benchmarks.md"))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ends the servers on the way
    programs = table.Programs(pathlib.Path(options.build) / "bin")
    found = {name: measure(name, programs, options) for name in PEERS}
    ours = found["Stepwell over HTTP"]
    lines = [f"{os.cpu_count()} cores, {time.strftime('%Y-%m-%d')}; one run each of {options.seconds:g} s with "
             f"{options.waiting:,} executions waiting. Every step is durable, as each peer's defaults have it.", "",
             "| engine | version | executions/s | CPU of the server per execution | of ours | memory per waiting execution |",
             "| --- | --- | --- | --- | --- | --- |", *(line(name, figures, ours) for name, figures in found.items())]
    table.write_between_markers(pathlib.Path(options.output), "\n".join(lines), (BEGIN, END))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
