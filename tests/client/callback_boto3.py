"""The callback example with boto3; see run.py for what it gets and prints."""

import concurrent.futures
import json
import os
import pathlib

import boto3
from botocore.config import Config

executions = int(os.environ["EXECUTIONS"])
example = pathlib.Path(os.environ["EXAMPLE"])
config = Config(retries={"max_attempts": 1}, max_pool_connections=max(10, executions), read_timeout=60)
clients = {name: boto3.client(name, endpoint_url=os.environ["ENDPOINT"], config=config)
           for name in ("sqs", "sns", "iam", "lambda", "stepfunctions", "sts")}
sqs, sns, iam, functions, states = (clients[name] for name in ("sqs", "sns", "iam", "lambda", "stepfunctions"))


def queue_arn(url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def run_one(machine, number):
    """Starts an execution and tells its history once it has ended."""
    execution = states.start_execution(stateMachineArn=machine, name=f"callback-{number}", input="{}")["executionArn"]
    receive_notice()
    while True:
        status = states.describe_execution(executionArn=execution)["status"]
        if status != "RUNNING":
            break
    events = states.get_execution_history(executionArn=execution)["events"]
    callback = next(event["taskSucceededEventDetails"]["output"] for event in events if event["type"] == "TaskSucceeded")
    return {"status": status, "history": [event["type"] for event in events], "callback": callback}


def receive_notice():
    for _ in range(6):
        for message in sqs.receive_message(QueueUrl=notice_queue, WaitTimeSeconds=20).get("Messages", []):
            sqs.delete_message(QueueUrl=notice_queue, ReceiptHandle=message["ReceiptHandle"])
            notifications.append(json.loads(message["Body"])["Message"])
            return
    raise TimeoutError("no notification within two minutes")


assert clients["sts"].get_caller_identity()["Account"] == "000000000000"
work_queue = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
notice_queue = sqs.create_queue(QueueName="notices")["QueueUrl"]
topic = sns.create_topic(Name="notices")["TopicArn"]
subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn(notice_queue),
                             ReturnSubscriptionArn=True)["SubscriptionArn"]

role = iam.create_role(RoleName="callback", AssumeRolePolicyDocument=(example / "trust.json").read_text())["Role"]["Arn"]
policy = (example / "policy.json").read_text()
iam.put_role_policy(RoleName="callback", PolicyName="all", PolicyDocument=policy)
assert iam.get_role_policy(RoleName="callback", PolicyName="all")["PolicyDocument"] == json.loads(policy)

functions.create_function(FunctionName="callback", Runtime="nodejs16.x", Role=role, Handler="index.lambda_handler",
                          Timeout=30, Code={"ZipFile": pathlib.Path(os.environ["FUNCTION_ZIP"]).read_bytes()})
functions.get_waiter("function_active").wait(FunctionName="callback", WaiterConfig={"Delay": 1})
mapping = functions.create_event_source_mapping(EventSourceArn=queue_arn(work_queue), FunctionName="callback",
                                                BatchSize=1)["UUID"]

definition = (example / "callback_example.asl.json").read_text()
definition = definition.replace("QUEUE_URL", work_queue).replace("TOPIC_ARN", topic)
machine = states.create_state_machine(name="callback", definition=definition, roleArn=role)["stateMachineArn"]

notifications = []
with concurrent.futures.ThreadPoolExecutor(executions) as pool:
    seen = list(pool.map(lambda number: run_one(machine, number), range(executions)))

functions.delete_event_source_mapping(UUID=mapping)
functions.delete_function(FunctionName="callback")
states.delete_state_machine(stateMachineArn=machine)
sns.unsubscribe(SubscriptionArn=subscription)
sns.delete_topic(TopicArn=topic)
for url in (work_queue, notice_queue):
    sqs.delete_queue(QueueUrl=url)
iam.delete_role_policy(RoleName="callback", PolicyName="all")
iam.delete_role(RoleName="callback")
left = [iam.list_roles()["Roles"], sqs.list_queues().get("QueueUrls", []), sns.list_topics()["Topics"],
        functions.list_functions()["Functions"]]
print(json.dumps({"executions": seen, "notifications": notifications, "left": [one for one in left if one]}))
