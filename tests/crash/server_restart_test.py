"""After `kill -9`: what waits goes on, and what fell into the outage happens at once.

Usage: server_restart_test.py PROGRAM
"""

import json
import sys
import tempfile
import time
import unittest

from server_process import Server, callback_definition

PROGRAM = sys.argv.pop(1)


class Restart(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="stepwell-crash-")
        self.addCleanup(directory.cleanup)
        self.server = Server(PROGRAM, f"{directory.name}/data").start()
        self.addCleanup(lambda: self.server.is_running() and self.server.kill())
        self.queue = self.server.sqs("CreateQueue", QueueName="work")["QueueUrl"]

    def outage(self, until=None):
        """Kills the server and starts it again, not before the time `until`."""
        self.server.kill()
        if until is not None:
            time.sleep(max(0, until - time.time()))  # the very thing that is tested: time passes in an outage
        self.server.start()

    def start_waiting(self, count, **options):
        topic = self.server.create_topic("done")
        machine = self.server.create_machine("callback", callback_definition(self.queue, topic, **options))
        return [self.server.start_execution(machine, f"e{i}", {"index": i}) for i in range(count)]

    def complete(self, body):
        self.server.states("SendTaskSuccess", taskToken=body["TaskToken"], output=json.dumps(body["Input"]))

    def assert_completed(self, execution, index):
        history = self.server.history(execution)
        self.assertEqual([event["id"] for event in history], list(range(1, 14)))
        output = next(event["taskSucceededEventDetails"]["output"] for event in history if event["type"] == "TaskSucceeded")
        self.assertEqual(json.loads(output), {"index": index})

    def test_a_token_that_was_received_before_the_kill_completes_its_execution_after_it(self):
        executions = self.start_waiting(50)
        bodies = self.server.receive(self.queue, 50)
        self.outage()
        for body in bodies:
            self.complete(body)
        for index, execution in enumerate(executions):
            self.assertEqual(self.server.status(execution), "SUCCEEDED")
            self.assert_completed(execution, index)

    def test_a_message_that_nobody_had_received_is_received_after_the_kill(self):
        executions = self.start_waiting(50)
        self.outage()
        bodies = self.server.receive(self.queue, 50)
        self.assertEqual(sorted(body["Input"]["index"] for body in bodies), list(range(50)))
        for body in bodies:
            self.complete(body)
        for index, execution in enumerate(executions):
            self.assert_completed(execution, index)

    def test_a_completion_that_was_acknowledged_before_the_kill_is_not_done_again(self):
        [execution] = self.start_waiting(1)
        [body] = self.server.receive(self.queue, 1)
        self.complete(body)
        self.outage()
        with self.assertRaisesRegex(AssertionError, "TaskTimedOut"):
            self.complete(body)
        self.assert_completed(execution, 0)

    def test_a_map_goes_on_after_each_of_several_kills_and_does_no_item_twice(self):
        task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True, "Parameters": {
            "QueueUrl": self.queue, "MessageBody": {"Item.$": "$", "TaskToken.$": "$$.Task.Token"}}}
        definition = {"StartAt": "Each", "States": {"Each": {
            "Type": "Map", "MaxConcurrency": 5, "End": True,
            "ItemProcessor": {"StartAt": "Work", "States": {"Work": task}}}}}
        execution = self.server.start_execution(self.server.create_machine("map", definition), "map", list(range(20)))
        bodies = []
        for item in range(20):
            bodies = bodies or self.server.receive(self.queue, 1)
            body = bodies.pop()
            if item % 4 == 0:
                self.outage()
            self.server.states("SendTaskSuccess", taskToken=body["TaskToken"], output=json.dumps(body["Item"] * 10))
        self.assert_ends_within(execution, 5, "SUCCEEDED")
        history = self.server.history(execution)
        self.assertEqual([event["id"] for event in history], list(range(1, len(history) + 1)))
        self.assertEqual(json.loads(history[-1]["executionSucceededEventDetails"]["output"]), [item * 10 for item in range(20)])
        for kind in ("MapIterationStarted", "TaskScheduled", "TaskSucceeded", "MapIterationSucceeded"):
            self.assertEqual(sum(event["type"] == kind for event in history), 20, kind)

    def test_a_wait_that_ended_in_the_outage_ends_at_once(self):
        definition = {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 2, "Next": "Done"},
                                                     "Done": {"Type": "Succeed"}}}
        machine = self.server.create_machine("waits", definition)
        due = time.time() + 2
        execution = self.server.start_execution(machine, "pause")
        self.outage(until=due + 1)
        self.assert_ends_within(execution, 1, "SUCCEEDED")
        self.assertEqual([event["type"] for event in self.server.history(execution)],
                         ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "SucceedStateEntered",
                          "SucceedStateExited", "ExecutionSucceeded"])

    def test_a_task_that_timed_out_in_the_outage_fails_at_once_and_its_token_is_spent(self):
        due = time.time() + 3
        [execution] = self.start_waiting(1, timeout_s=2)
        [body] = self.server.receive(self.queue, 1)
        self.outage(until=due)
        self.assert_ends_within(execution, 1, "FAILED")
        self.assertIn("TaskTimedOut", [event["type"] for event in self.server.history(execution)])
        with self.assertRaisesRegex(AssertionError, "TaskTimedOut"):
            self.complete(body)

    def test_a_wait_that_ends_after_the_outage_ends_in_time(self):
        definition = {"StartAt": "Pause", "States": {"Pause": {"Type": "Wait", "Seconds": 3, "End": True}}}
        machine = self.server.create_machine("waits", definition)
        execution = self.server.start_execution(machine, "pause")
        self.outage()
        self.assert_ends_within(execution, 10, "SUCCEEDED")
        times = {event["type"]: event["timestamp"] for event in self.server.history(execution)}
        self.assertGreaterEqual(times["WaitStateExited"] - times["WaitStateEntered"], 3)

    def assert_ends_within(self, execution, seconds, status):
        deadline = time.time() + seconds
        while self.server.status(execution) == "RUNNING":
            self.assertLess(time.time(), deadline, "it is still running")
        self.assertEqual(self.server.status(execution), status)


if __name__ == "__main__":
    unittest.main(verbosity=2)
