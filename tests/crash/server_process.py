"""A Stepwell server as a process that can be killed and started again, and a client for it."""

import http.client
import json
import pathlib
import re
import signal
import subprocess
import urllib.parse


class Refused(Exception):
    """The server ended before it was ready: with which status, and what it said."""

    def __init__(self, status, said):
        super().__init__(f"ended with {status}: {said}")
        self.status, self.said = status, said


class Server:
    """`PROGRAM serve` on one data directory. Starts with `start`; `kill` and `stop` end it."""

    def __init__(self, program, data, log=None):
        """`log` is the file that its stderr goes to: beside the data, unless that is no place for it."""
        self.program, self.data = program, pathlib.Path(data)
        self.log = pathlib.Path(log or f"{data}.log")
        self.log.touch()
        self.process, self.port, self.connection = None, 0, None

    def start(self, port=None):
        """Returns when it is ready; raises Refused when it ends before."""
        self.log_begin = self.log.stat().st_size
        listen = f"127.0.0.1:{self.port if port is None else port}"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([self.program, "serve", "--listen", listen, "--data", str(self.data)],
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        line = next((line for line in self.process.stdout if line.startswith("listening on ")), None)
        if line is None:
            raise Refused(self.wait(), self.said())
        self.port = int(line.strip().rstrip("/").rsplit(":", 1)[1])
        return self

    def wait(self, seconds=30):
        status = self.process.wait(timeout=seconds)
        self.process.stdout.close()
        self.disconnect()
        return status

    def said(self):
        """What the present process has written to stderr."""
        return self.log.read_bytes()[self.log_begin:].decode()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.wait()

    def stop(self):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def disconnect(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def post(self, headers, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.connection.request("POST", "/", body, headers)
        reply = self.connection.getresponse()
        return reply.status, reply.read()

    def call(self, target, **parameters):
        """One call in AWS's JSON protocol; raises an AssertionError that holds the answer when it is an error."""
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target}
        status, text = self.post(headers, json.dumps(parameters))
        assert status == 200, f"{target}: {status} {text.decode()}"
        return json.loads(text or b"{}")

    def states(self, operation, **parameters):
        return self.call(f"AWSStepFunctions.{operation}", **parameters)

    def sqs(self, operation, **parameters):
        return self.call(f"AmazonSQS.{operation}", **parameters)

    def create_topic(self, name):
        form = urllib.parse.urlencode({"Action": "CreateTopic", "Version": "2010-03-31", "Name": name})
        status, text = self.post({"Content-Type": "application/x-www-form-urlencoded"}, form)
        assert status == 200, text
        return re.search(r"<TopicArn>(.*?)</TopicArn>", text.decode()).group(1)

    def create_machine(self, name, definition):
        role = "arn:aws:iam::000000000000:role/crash"
        return self.states("CreateStateMachine", name=name, definition=json.dumps(definition),
                           roleArn=role)["stateMachineArn"]

    def start_execution(self, machine, name, data=None):
        return self.states("StartExecution", stateMachineArn=machine, name=name, input=json.dumps(data or {}))["executionArn"]

    def status(self, execution):
        return self.states("DescribeExecution", executionArn=execution)["status"]

    def history(self, execution):
        events, token = [], {}
        while True:
            page = self.states("GetExecutionHistory", executionArn=execution, maxResults=1000, **token)
            events += page["events"]
            if not page.get("nextToken"):
                return events
            token = {"nextToken": page["nextToken"]}

    def receive(self, url, count):
        """Receives and deletes `count` messages; their bodies."""
        bodies = []
        while len(bodies) < count:
            messages = self.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10).get("Messages", [])
            assert messages, f"{count - len(bodies)} messages do not come"
            for message in messages:
                self.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                bodies.append(json.loads(message["Body"]))
        return bodies


def callback_definition(queue_url, topic_arn=None, timeout_s=None):
    """A message with the token to the queue; after the callback, a notification."""
    wait = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": queue_url, "MessageBody": {"Input.$": "$", "TaskToken.$": "$$.Task.Token"}}}
    if timeout_s is not None:
        wait["TimeoutSeconds"] = timeout_s
    if topic_arn is None:
        return {"StartAt": "Wait", "States": {"Wait": wait | {"End": True}}}
    notify = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish",
              "Parameters": {"Message": "done", "TopicArn": topic_arn}, "End": True}
    return {"StartAt": "Wait", "States": {"Wait": wait | {"Next": "Notify"}, "Notify": notify}}
