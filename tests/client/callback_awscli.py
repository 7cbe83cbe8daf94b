"""The callback example with the AWS CLI. See run.py for what it gets and prints.

The interpreter is that of the CLI. Its commands run in this process as its own script runs them, one after the other, for
loading the CLI takes longer than a command.
"""

import contextlib
import io
import json
import os
import pathlib
import sys

import awscli.clidriver

example = pathlib.Path(os.environ["EXAMPLE"])
driver = awscli.clidriver.create_clidriver()


def aws(*arguments, output="text"):
    """What `aws ARGUMENTS` prints."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(printed):
        result = driver.main(["--endpoint-url", os.environ["ENDPOINT"], "--output", output, *arguments])
    text = printed.buffer.getvalue().decode().strip()
    if result not in (0, None):
        sys.exit(f"aws {' '.join(arguments)} ended with {result}: {text}")
    return text


def queue_arn(url):
    return aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "QueueArn",
               "--query", "Attributes.QueueArn")


assert aws("sts", "get-caller-identity", "--query", "Account") == "000000000000"
work_queue = aws("sqs", "create-queue", "--queue-name", "work", "--attributes", "VisibilityTimeout=60",
                 "--query", "QueueUrl")
notice_queue = aws("sqs", "create-queue", "--queue-name", "notices", "--query", "QueueUrl")
topic = aws("sns", "create-topic", "--name", "notices", "--query", "TopicArn")
subscription = aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint",
                   queue_arn(notice_queue), "--return-subscription-arn", "--query", "SubscriptionArn")

role = aws("iam", "create-role", "--role-name", "callback", "--assume-role-policy-document",
           f"file://{example}/trust.json", "--query", "Role.Arn")
aws("iam", "put-role-policy", "--role-name", "callback", "--policy-name", "all", "--policy-document",
    f"file://{example}/policy.json")
assert aws("iam", "get-role-policy", "--role-name", "callback", "--policy-name", "all",
           "--query", "PolicyDocument.Version") == "2012-10-17"

aws("lambda", "create-function", "--function-name", "callback", "--runtime", "nodejs16.x", "--role", role,
    "--handler", "index.lambda_handler", "--timeout", "30", "--zip-file", f"fileb://{os.environ['FUNCTION_ZIP']}")
aws("lambda", "wait", "function-active", "--function-name", "callback")
mapping = aws("lambda", "create-event-source-mapping", "--event-source-arn", queue_arn(work_queue),
              "--function-name", "callback", "--batch-size", "1", "--query", "UUID")

definition = (example / "callback_example.asl.json").read_text()
definition = definition.replace("QUEUE_URL", work_queue).replace("TOPIC_ARN", topic)
machine = aws("stepfunctions", "create-state-machine", "--name", "callback", "--definition", definition,
              "--role-arn", role, "--query", "stateMachineArn")
execution = aws("stepfunctions", "start-execution", "--state-machine-arn", machine, "--name", "callback-0",
                "--input", "{}", "--query", "executionArn")

# The notification comes through the subscribed queue; each receive waits for up to 20 seconds.
notices = []
for _ in range(6):
    notices = json.loads(aws("sqs", "receive-message", "--queue-url", notice_queue, "--wait-time-seconds", "20",
                             output="json") or "{}").get("Messages", [])
    if notices:
        break
status = "RUNNING"
while status == "RUNNING":
    status = aws("stepfunctions", "describe-execution", "--execution-arn", execution, "--query", "status")
events = json.loads(aws("stepfunctions", "get-execution-history", "--execution-arn", execution, output="json"))["events"]

aws("lambda", "delete-event-source-mapping", "--uuid", mapping)
aws("lambda", "delete-function", "--function-name", "callback")
aws("stepfunctions", "delete-state-machine", "--state-machine-arn", machine)
aws("sns", "unsubscribe", "--subscription-arn", subscription)
aws("sns", "delete-topic", "--topic-arn", topic)
aws("sqs", "delete-queue", "--queue-url", work_queue)
aws("sqs", "delete-queue", "--queue-url", notice_queue)
aws("iam", "delete-role-policy", "--role-name", "callback", "--policy-name", "all")
aws("iam", "delete-role", "--role-name", "callback")
left = [*json.loads(aws("iam", "list-roles", "--query", "Roles[].RoleName", output="json")),
        *json.loads(aws("sns", "list-topics", "--query", "Topics[].TopicArn", output="json") or "[]")]

callback = next(event["taskSucceededEventDetails"]["output"] for event in events if event["type"] == "TaskSucceeded")
print(json.dumps({
    "executions": [{"status": status, "history": [event["type"] for event in events], "callback": callback}],
    "notifications": [json.loads(notice["Body"])["Message"] for notice in notices],
    "left": left,
}))
