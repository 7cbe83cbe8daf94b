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
import subprocess
import sys
import zipfile

import server

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
    with server.running(program) as (endpoint, directory):
        package = f"{directory}/function.zip"
        pack_handler(package)
        told = environment(endpoint, package, directory)
        print(f"{client} against {endpoint}", flush=True)
        finished = subprocess.run(command, env=told, stdout=subprocess.PIPE, text=True, timeout=240)
    if finished.returncode != 0:
        print(f"{finished.stdout}{client} ended with {finished.returncode}")
        return 1
    problems = list(differences(json.loads(finished.stdout.strip().splitlines()[-1]), int(told["EXECUTIONS"])))
    print("\n".join(problems) or "as on AWS")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
