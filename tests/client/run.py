"""Runs the callback example with one client: run.py SERVER CLIENT COMMAND...

Starts `SERVER serve` on a free port and an empty data directory, runs COMMAND, a client that makes the whole example
through its own API and prints as its last line what it saw, and compares that with what AWS does. Ends with 77, which
ctest takes as skipped, when the client's program is not installed.

The client finds in its environment: ENDPOINT, FUNCTION_ZIP (the packed handler), EXAMPLE (this folder), EXECUTIONS.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile

EXAMPLE = pathlib.Path(__file__).resolve().parent

HISTORY = [
    "ExecutionStarted",
    "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited",
    "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
    "ExecutionSucceeded",
]
NOTIFICATION = "Callback received. Task started by Step Functions succeeded."


def environment(endpoint, package, directory):
    """Credentials of no account, and nothing of the user's own configuration."""
    kept = {name: os.environ[name] for name in ("PATH", "NODE_PATH", "PYTHONPATH", "LANG") if name in os.environ}
    return kept | {
        "HOME": directory,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1",
        "AWS_PAGER": "",
        "PYTHONWARNINGS": "ignore",
        "NODE_NO_WARNINGS": "1",
        "ENDPOINT": endpoint,
        "FUNCTION_ZIP": package,
        "EXAMPLE": str(EXAMPLE),
        "EXECUTIONS": os.environ.get("EXECUTIONS", "1"),
    }


def pack_handler(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.write(EXAMPLE / "handler" / "index.js", "index.js")


def start_server(program, directory):
    server = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--data", f"{directory}/data"],
                              stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        if line.startswith("listening on "):
            return server, line.split()[-1].rstrip("/")
    sys.exit(f"the server ended with {server.wait()} before it was ready")


def differences(seen, executions):
    """What of the client's account is not as on AWS."""
    if len(seen["executions"]) != executions:
        yield f"{len(seen['executions'])} executions instead of {executions}"
    for execution in seen["executions"]:
        if execution["status"] != "SUCCEEDED":
            yield f"status {execution['status']}"
        if execution["history"] != HISTORY:
            yield f"history {execution['history']}"
        if json.loads(execution["callback"]) != "Callback task completed successfully.":
            yield f"the callback's output is {execution['callback']}"
    if seen["notifications"] != [NOTIFICATION] * executions:
        yield f"notifications {seen['notifications']}"
    if seen["left"]:
        yield f"not cleaned up: {seen['left']}"


def main():
    program, client, *command = sys.argv[1:]
    missing = [part for part in (command[0], command[-1]) if shutil.which(part) is None and not os.path.isfile(part)]
    if missing:
        print(f"skipped: {missing[0]} is not installed; ./dev setup installs it")
        return 77
    with tempfile.TemporaryDirectory(prefix="stepwell-client-") as directory:
        package = f"{directory}/function.zip"
        pack_handler(package)
        server, endpoint = start_server(program, directory)
        try:
            print(f"{client} against {endpoint}", flush=True)
            told = environment(endpoint, package, directory)
            finished = subprocess.run(command, env=told, stdout=subprocess.PIPE, text=True, timeout=240)
            is_alive = server.poll() is None
        finally:
            server.send_signal(signal.SIGTERM)
            status = server.wait(timeout=30)
    if finished.returncode != 0 or not is_alive or status != 0:
        print(finished.stdout)
        print(f"client ended with {finished.returncode}, server {'lived' if is_alive else 'died'}, ended with {status}")
        return 1
    problems = list(differences(json.loads(finished.stdout.strip().splitlines()[-1]), int(told["EXECUTIONS"])))
    print("\n".join(problems) or "as on AWS")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
