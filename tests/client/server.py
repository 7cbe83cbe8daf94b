"""A Stepwell server for the time of a test."""

import contextlib
import signal
import subprocess
import sys
import tempfile


@contextlib.contextmanager
def running(program):
    """Runs `PROGRAM serve` on a free port and an empty data directory; gives its endpoint and a directory for files.

    Ends the test when the server does not start, has died meanwhile, or does not end with 0 on SIGTERM.
    """
    with tempfile.TemporaryDirectory(prefix="stepwell-test-") as directory:
        process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--data", f"{directory}/data"],
                                   stdout=subprocess.PIPE, text=True)
        ready = next((line for line in process.stdout if line.startswith("listening on ")), None)
        if ready is None:
            sys.exit(f"the server ended with {process.wait()} before it was ready")
        try:
            yield ready.split()[-1].rstrip("/"), directory
        finally:
            died = process.poll() is not None
            process.send_signal(signal.SIGTERM)
            status = process.wait(timeout=30)
        if died or status != 0:
            sys.exit(f"the server {'died' if died else 'was stopped'} and ended with {status}")
