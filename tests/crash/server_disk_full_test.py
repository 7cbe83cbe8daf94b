"""A full disk: the server says so and ends, and what it had acknowledged is there once there is space again.

Usage: server_disk_full_test.py PROGRAM
"""

import http.client
import pathlib
import subprocess
import sys
import tempfile
import unittest

from server_process import Server

PROGRAM = sys.argv.pop(1)


def mount(*arguments):
    done = subprocess.run(["mount", *arguments], stderr=subprocess.PIPE, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip()


class DiskFull(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="stepwell-crash-")
        self.addCleanup(directory.cleanup)
        self.disk = pathlib.Path(directory.name) / "disk"
        self.disk.mkdir()
        problem = mount("-t", "tmpfs", "-o", "size=48m", "stepwell-test", self.disk)
        if problem:
            self.skipTest(f"cannot mount a small file system: {problem}")
        self.addCleanup(subprocess.run, ["umount", self.disk], check=True)
        self.server = Server(PROGRAM, self.disk / "data", f"{directory.name}/log")
        self.addCleanup(lambda: self.server.is_running() and self.server.kill())

    def test_it_ends_and_loses_nothing(self):
        self.server.start()
        machine = self.server.create_machine("passes", {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}})
        acknowledged = []
        try:
            while len(acknowledged) < 10_000:
                name = f"n{len(acknowledged)}"
                acknowledged.append(self.server.start_execution(machine, name, {"data": "x" * 100_000}))
        except (OSError, http.client.HTTPException):
            pass  # it has ended: not acknowledged
        status = self.server.wait()
        said = self.server.said()
        self.assertEqual(status, 1, said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertIn("No space left on device", said)
        self.assertGreater(len(acknowledged), 10)

        self.assertEqual(mount("-o", "remount,size=512m", self.disk), "")
        self.server.start()
        for execution in acknowledged:
            self.assertIn(self.server.status(execution), ("RUNNING", "SUCCEEDED"))
        for execution in acknowledged[-10:]:
            while self.server.status(execution) == "RUNNING":
                pass
            events = self.server.history(execution)
            self.assertEqual([event["id"] for event in events], [1, 2, 3, 4])
        self.assertEqual(self.server.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
