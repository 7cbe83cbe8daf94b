"""What keeps the server from starting: each said in one clear line, with an exit status that scripts can tell.

Usage: server_refusal_test.py PROGRAM
"""

import pathlib
import socket
import sys
import tempfile
import unittest

from server_process import Refused, Server

PROGRAM = sys.argv.pop(1)

REFUSED, TEMPORARY = 4, 75


class Refusal(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="stepwell-crash-")
        self.addCleanup(directory.cleanup)
        self.data = pathlib.Path(directory.name) / "data"
        self.server = Server(PROGRAM, self.data)
        self.addCleanup(lambda: self.server.is_running() and self.server.kill())

    def assert_refused(self, server, status, *words, port=0):
        with self.assertRaises(Refused) as refused:
            server.start(port)
        said = refused.exception.said
        self.assertEqual(refused.exception.status, status, said)
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        for word in words:
            self.assertIn(word, said)

    def test_a_second_server_on_the_same_directory(self):
        self.server.start()
        second = Server(PROGRAM, self.data)
        self.assert_refused(second, TEMPORARY, str(self.data), f"in use by process {self.server.process.pid}")
        self.server.sqs("CreateQueue", QueueName="still-there")

    def test_the_directory_of_a_killed_server_is_free(self):
        self.server.start()
        self.server.kill()
        self.server.start()

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            self.assert_refused(self.server, TEMPORARY, f"127.0.0.1:{port}", "in use", port=port)

    def test_a_newer_format(self):
        self.server.start()
        self.server.stop()
        path = self.data / "FORMAT"
        text = path.read_text()
        path.write_text(text.replace("format 1", "format 2"))
        self.assert_refused(self.server, REFUSED, str(self.data), "format 2")
        path.write_text(text)
        self.server.start()

    def test_a_damaged_log(self):
        self.server.start()
        queue = self.server.sqs("CreateQueue", QueueName="work")["QueueUrl"]
        for i in range(20):
            self.server.sqs("SendMessage", QueueUrl=queue, MessageBody=f'"message number {i}"')
        self.server.kill()
        segment, whole, place = self.find_in_log(b"message number 7")
        segment.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        damaged = segment.read_bytes()
        self.assert_refused(self.server, REFUSED, "damaged", segment.name)
        self.assertEqual(segment.read_bytes(), damaged, "it was changed")

        segment.write_bytes(whole)
        self.server.start()
        self.assertEqual(sorted(self.server.receive(queue, 20)), sorted(f"message number {i}" for i in range(20)))

    def find_in_log(self, text):
        for segment in sorted((self.data / "log").iterdir()):
            whole = segment.read_bytes()
            if text in whole:
                return segment, whole, whole.index(text)
        self.fail("the log does not hold it")

    def test_a_directory_that_cannot_be_made(self):
        self.data.write_text("a file")
        self.assert_refused(self.server, REFUSED, str(self.data))


if __name__ == "__main__":
    unittest.main(verbosity=2)
