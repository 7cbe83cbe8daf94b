"""Calls each of Step Functions' operations with the AWS CLI, with every field: every_operation.py SERVER PAGE [--write].

PAGE is docs/step-functions.md, a table of all operations with their fields and errors as AWS's model has them, each with
the scenario below that proves it. It is written by this program (--write), and is wrong when it says anything else than
what this run has seen. The interpreter is that of the CLI, whose commands run in this process.
"""

import collections
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import time

import awscli.clidriver

import server

ACCOUNT = "arn:aws:states:us-east-1:000000000000"
ROLE = "arn:aws:iam::000000000000:role/any"
WAIT_FOR_TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"

# What the model names and this server never answers, with the reason.
CANNOT_HAPPEN = {
    "KmsAccessDeniedException": "there are no keys of a customer's",
    "KmsInvalidStateException": "there are no keys of a customer's",
    "KmsThrottlingException": "there are no keys of a customer's",
    "ActivityLimitExceeded": "no such limit",
    "ActivityWorkerLimitExceeded": "no such limit",
    "ExecutionLimitExceeded": "no such limit",
    "StateMachineLimitExceeded": "no such limit",
    "StateMachineDeleting": "a machine is gone at once",
    "ServiceQuotaExceededException": "the quota is 1,000 versions, or 100 aliases",
}


class Seen:
    """What the calls of each scenario had in their inputs, outputs and errors, by operation."""

    def __init__(self, session):
        self.scenario = ""
        self.by_operation = collections.defaultdict(dict)
        session.register("provide-client-params.sfn", self.on_input)
        session.register("after-call.sfn", self.on_answer)

    def note(self, operation, kind, name):
        self.by_operation[operation].setdefault((kind, name), self.scenario)

    def on_input(self, params, model, **_):
        for name in params:
            self.note(model.name, "input", name)

    def on_answer(self, parsed, model, **_):
        if "Error" in parsed:
            self.note(model.name, "error", parsed["Error"]["Code"])
            return
        for name in parsed:
            if name != "ResponseMetadata":
                self.note(model.name, "output", name)


class Cli:
    def __init__(self, endpoint):
        os.environ["HTTP_PROXY"] = endpoint  # also for the hosts that begin with "sync-"
        self.endpoint = endpoint
        self.driver = awscli.clidriver.create_clidriver()
        self.seen = Seen(self.driver.session)
        self.last_error = None
        self.driver.session.register("after-call.sfn", self.keep_error)

    def keep_error(self, parsed, **_):
        self.last_error = parsed.get("Error", {}).get("Code")

    def run(self, service, command, **options):
        arguments = [service, command, "--endpoint-url", self.endpoint, "--output", "json"]
        for name, value in options.items():
            flag = name.replace("_", "-")
            if isinstance(value, bool):
                arguments.append(f"--{flag}" if value else f"--no-{flag}")
                continue
            arguments += [f"--{flag}", value if isinstance(value, str) else json.dumps(value)]
        self.last_error = None
        printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        complained = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complained):
            result = self.driver.main(arguments)
        text = printed.buffer.getvalue().decode()
        return result in (0, None), json.loads(text) if text.strip() else {}, complained.getvalue()

    def __call__(self, command, service="stepfunctions", **options):
        """What the command prints."""
        is_good, answer, complaint = self.run(service, command, **options)
        assert is_good, f"{command} {options}: {complaint}"
        return answer

    def fails(self, code, command, **options):
        """The command ends with this error of the service's."""
        is_good, answer, complaint = self.run("stepfunctions", command, **options)
        assert not is_good, f"{command} {options} gave {answer}, not {code}"
        assert self.last_error == code, f"{command} {options}: {self.last_error or complaint}, not {code}"


def machine_text(**states):
    return json.dumps({"StartAt": next(iter(states)), "States": states})


PASS = {"Type": "Pass", "End": True}
FAIL = {"Type": "Fail", "Error": "E", "Cause": "c"}


def create(aws, name, text=None, **options):
    answer = aws("create-state-machine", name=name, definition=text or machine_text(P=PASS), role_arn=ROLE, **options)
    return answer["stateMachineArn"]


def ended(aws, execution):
    deadline = time.monotonic() + 30
    while True:
        description = aws("describe-execution", execution_arn=execution)
        if description["status"] != "RUNNING":
            return description
        assert time.monotonic() < deadline, description


def run(aws, machine, **options):
    return ended(aws, aws("start-execution", state_machine_arn=machine, **options)["executionArn"])


# ---- scenarios: their names stand in the page ----------------------------------------------------------------------

def activities(aws):
    key = {"type": "AWS_OWNED_KEY"}
    arn = aws("create-activity", name="a1", tags=[{"key": "k", "value": "v"}], encryption_configuration=key)["activityArn"]
    assert aws("describe-activity", activity_arn=arn)["name"] == "a1"
    create_second = aws("create-activity", name="a2")["activityArn"]
    first = aws("list-activities", max_results="1")
    assert [first["activities"][0]["name"]] in (["a1"], ["a2"]) and first["nextToken"]
    assert len(aws("list-activities", max_results="1", next_token=first["nextToken"])["activities"]) == 1
    aws.fails("InvalidToken", "list-activities", next_token="none")
    aws.fails("ActivityAlreadyExists", "create-activity", name="a1",
              encryption_configuration={"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k"})
    aws.fails("InvalidName", "create-activity", name="a b")
    aws.fails("TooManyTags", "create-activity", name="a3", tags=[{"key": str(i), "value": ""} for i in range(51)])
    aws.fails("InvalidEncryptionConfiguration", "create-activity", name="a4",
              encryption_configuration={"type": "CUSTOMER_MANAGED_KMS_KEY"})
    aws.fails("ActivityDoesNotExist", "describe-activity", activity_arn=f"{ACCOUNT}:activity:none")
    for command in "describe-activity", "delete-activity", "get-activity-task":
        aws.fails("InvalidArn", command, activity_arn="none")
    aws.fails("ActivityDoesNotExist", "get-activity-task", activity_arn=f"{ACCOUNT}:activity:none")

    machine = create(aws, "worked", machine_text(A={"Type": "Task", "Resource": arn, "End": True}))
    execution = aws("start-execution", state_machine_arn=machine, input='{"i":1}')["executionArn"]
    task = aws("get-activity-task", activity_arn=arn, worker_name="w")
    assert json.loads(task["input"]) == {"i": 1}
    aws("send-task-heartbeat", task_token=task["taskToken"])
    aws("send-task-success", task_token=task["taskToken"], task_output='{"o":2}')
    assert json.loads(ended(aws, execution)["output"]) == {"o": 2}
    aws("delete-activity", activity_arn=create_second)


def tags(aws):
    machine = create(aws, "tagged")
    aws("tag-resource", resource_arn=machine, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    aws("untag-resource", resource_arn=machine, tag_keys=["a"])
    assert aws("list-tags-for-resource", resource_arn=machine)["tags"] == [{"key": "b", "value": "2"}]
    aws.fails("TooManyTags", "tag-resource", resource_arn=machine,
              tags=[{"key": str(i), "value": ""} for i in range(51)])
    none = f"{ACCOUNT}:stateMachine:none"
    for code, arn in ("ResourceNotFound", none), ("InvalidArn", "none"):
        aws.fails(code, "tag-resource", resource_arn=arn, tags=[{"key": "a", "value": "1"}])
        aws.fails(code, "untag-resource", resource_arn=arn, tag_keys=["a"])
        aws.fails(code, "list-tags-for-resource", resource_arn=arn)


def state_machines(aws):
    off = {"level": "OFF", "includeExecutionData": False, "destinations": []}
    key = {"type": "AWS_OWNED_KEY"}
    answer = aws("create-state-machine", name="m1", definition=machine_text(
                     P={"Type": "Pass", "Assign": {"x": 1}, "Next": "Q"},
                     Q={"Type": "Pass", "Parameters": {"x.$": "$x"}, "End": True}), role_arn=ROLE, type="STANDARD", logging_configuration=off, tracing_configuration={"enabled": False},
                 tags=[{"key": "k", "value": "v"}], publish=True, version_description="first", encryption_configuration=key)
    assert answer["stateMachineVersionArn"] == answer["stateMachineArn"] + ":1"
    machine = answer["stateMachineArn"]
    execution = run(aws, machine)["executionArn"]
    of = aws("describe-state-machine-for-execution", execution_arn=execution, included_data="ALL_DATA")
    assert of["variableReferences"] == {"Q": ["x"]}, of
    described = aws("describe-state-machine", state_machine_arn=machine, included_data="ALL_DATA")
    assert described["variableReferences"] == {"Q": ["x"]}, described
    assert aws("describe-state-machine", state_machine_arn=answer["stateMachineVersionArn"])["description"] == "first"
    updated = aws("update-state-machine", state_machine_arn=machine, definition=machine_text(P=PASS), role_arn=ROLE,
                  logging_configuration=off, tracing_configuration={"enabled": True}, publish=True,
                  version_description="second", encryption_configuration=key)
    run(aws, machine)
    assert updated["revisionId"] and updated["stateMachineVersionArn"].endswith(":2")
    described = aws("describe-state-machine", state_machine_arn=machine)
    assert described["revisionId"] == updated["revisionId"]
    create(aws, "m2")
    first = aws("list-state-machines", max_results="1")
    assert len(aws("list-state-machines", max_results="1", next_token=first["nextToken"])["stateMachines"]) == 1
    aws.fails("InvalidToken", "list-state-machines", next_token="none")

    good = {"definition": machine_text(P=PASS), "role_arn": ROLE}
    none = f"{ACCOUNT}:stateMachine:none"
    logged = {"level": "ALL", "includeExecutionData": True, "destinations": []}
    managed = {"type": "CUSTOMER_MANAGED_KMS_KEY"}
    aws.fails("InvalidArn", "create-state-machine", name="m3", definition=good["definition"], role_arn="none")
    aws.fails("InvalidDefinition", "create-state-machine", name="m3", definition="{}", role_arn=ROLE)
    aws.fails("InvalidName", "create-state-machine", name="m 3", **good)
    aws.fails("InvalidLoggingConfiguration", "create-state-machine", name="m3", logging_configuration=logged, **good)
    aws.fails("StateMachineAlreadyExists", "create-state-machine", name="m1",
              definition=machine_text(Q=PASS), role_arn=ROLE)
    aws.fails("TooManyTags", "create-state-machine", name="m3",
              tags=[{"key": str(i), "value": ""} for i in range(51)], **good)
    aws.fails("ValidationException", "create-state-machine", name="m3", version_description="without publish", **good)
    aws.fails("InvalidEncryptionConfiguration", "create-state-machine", name="m3", encryption_configuration=managed, **good)
    aws.fails("InvalidDefinition", "update-state-machine", state_machine_arn=machine, definition="{}")
    aws.fails("InvalidLoggingConfiguration", "update-state-machine", state_machine_arn=machine, logging_configuration=logged)
    aws.fails("InvalidEncryptionConfiguration", "update-state-machine", state_machine_arn=machine,
              encryption_configuration=managed)
    aws.fails("MissingRequiredParameter", "update-state-machine", state_machine_arn=machine)
    aws.fails("ValidationException", "update-state-machine", state_machine_arn=machine, version_description="x", **good)
    for code, arn in ("StateMachineDoesNotExist", none), ("InvalidArn", "none"):
        aws.fails(code, "update-state-machine", state_machine_arn=arn, **good)
        aws.fails(code, "describe-state-machine", state_machine_arn=arn)
    aws.fails("InvalidArn", "delete-state-machine", state_machine_arn="none")
    aws("delete-state-machine", state_machine_arn=create(aws, "m4"))


def versions_and_aliases(aws):
    machine = create(aws, "versioned")
    revision = aws("update-state-machine", state_machine_arn=machine, definition=machine_text(Q=PASS))["revisionId"]
    version = aws("publish-state-machine-version", state_machine_arn=machine, revision_id=revision,
                  description="one")["stateMachineVersionArn"]
    aws("update-state-machine", state_machine_arn=machine, definition=machine_text(R=PASS))
    second = aws("publish-state-machine-version", state_machine_arn=machine)["stateMachineVersionArn"]
    first = aws("list-state-machine-versions", state_machine_arn=machine, max_results="1")
    aws("list-state-machine-versions", state_machine_arn=machine, max_results="1", next_token=first["nextToken"])
    routing = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = aws("create-state-machine-alias", name="live", description="d", routing_configuration=routing)
    alias = alias["stateMachineAliasArn"]
    aws("create-state-machine-alias", name="next", routing_configuration=routing)
    described = aws("describe-state-machine-alias", state_machine_alias_arn=alias)
    assert described["routingConfiguration"] == routing and described["description"] == "d"
    aws("update-state-machine-alias", state_machine_alias_arn=alias, description="e",
        routing_configuration=[{"stateMachineVersionArn": version, "weight": 50},
                               {"stateMachineVersionArn": second, "weight": 50}])
    first = aws("list-state-machine-aliases", state_machine_arn=machine, max_results="1")
    aws("list-state-machine-aliases", state_machine_arn=machine, max_results="1", next_token=first["nextToken"])
    by_alias = run(aws, alias)
    assert by_alias["stateMachineAliasArn"] == alias and by_alias["stateMachineVersionArn"] in (version, second)

    none, no_alias = f"{ACCOUNT}:stateMachine:none", f"{machine}:none"
    aws.fails("StateMachineDoesNotExist", "publish-state-machine-version", state_machine_arn=none)
    aws.fails("InvalidArn", "publish-state-machine-version", state_machine_arn="none")
    aws.fails("ConflictException", "publish-state-machine-version", state_machine_arn=machine, revision_id=revision)
    for command, option in (("list-state-machine-versions", "state_machine_arn"),
                            ("list-state-machine-aliases", "state_machine_arn")):
        aws.fails("InvalidArn", command, **{option: "none"})
        aws.fails("InvalidToken", command, next_token="none", **{option: machine})
    aws.fails("StateMachineDoesNotExist", "list-state-machine-aliases", state_machine_arn=none)
    aws.fails("ConflictException", "create-state-machine-alias", name="live",
              routing_configuration=[{"stateMachineVersionArn": second, "weight": 100}])
    aws.fails("ValidationException", "create-state-machine-alias", name="x",
              routing_configuration=[{"stateMachineVersionArn": version, "weight": 50}])
    aws.fails("ResourceNotFound", "create-state-machine-alias", name="x",
              routing_configuration=[{"stateMachineVersionArn": f"{machine}:99", "weight": 100}])
    aws.fails("ResourceNotFound", "update-state-machine-alias", state_machine_alias_arn=no_alias, description="x")
    aws.fails("InvalidArn", "update-state-machine-alias", state_machine_alias_arn="none", description="x")
    aws.fails("ResourceNotFound", "describe-state-machine-alias", state_machine_alias_arn=no_alias)
    aws.fails("InvalidArn", "describe-state-machine-alias", state_machine_alias_arn="none")
    aws.fails("InvalidArn", "delete-state-machine-alias", state_machine_alias_arn="none")
    aws.fails("ConflictException", "delete-state-machine-version", state_machine_version_arn=version)
    aws.fails("InvalidArn", "delete-state-machine-version", state_machine_version_arn="none")
    aws("delete-state-machine-alias", state_machine_alias_arn=alias)
    aws("delete-state-machine-version", state_machine_version_arn=second)


def executions(aws):
    machine = create(aws, "executed")
    execution = run(aws, machine, name="e1", input='{"a":1}', trace_header="Root=1-5759e988-bd862e3fe1be46a994272793")
    assert execution["status"] == "SUCCEEDED" and execution["traceHeader"].startswith("Root=")
    arn = execution["executionArn"]
    assert "output" not in aws("describe-execution", execution_arn=arn, included_data="METADATA_ONLY")
    assert aws("describe-state-machine-for-execution", execution_arn=arn)["stateMachineArn"] == machine
    run(aws, machine, name="e2")
    page = aws("list-executions", state_machine_arn=machine, status_filter="SUCCEEDED", max_results="1",
               redrive_filter="NOT_REDRIVEN")
    aws("list-executions", state_machine_arn=machine, status_filter="SUCCEEDED", max_results="1",
        redrive_filter="NOT_REDRIVEN", next_token=page["nextToken"])
    events = aws("get-execution-history", execution_arn=arn, max_items="2", page_size="2", reverse_order=True,
                 include_execution_data=False)
    assert events["events"][0]["type"] == "ExecutionSucceeded" and events["NextToken"]
    waiting = create(aws, "waiting", machine_text(W={"Type": "Wait", "Seconds": 3600, "End": True}))
    stopped = aws("start-execution", state_machine_arn=waiting, name="w")["executionArn"]
    aws("stop-execution", execution_arn=stopped, error="E", cause="c")
    stopped = ended(aws, stopped)
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "E", "c")
    failing = create(aws, "failing", machine_text(F=FAIL))
    failed = run(aws, failing)
    aws("redrive-execution", execution_arn=failed["executionArn"], client_token="once")
    assert ended(aws, failed["executionArn"])["redriveCount"] == 1
    aws("list-executions", state_machine_arn=failing, redrive_filter="REDRIVEN")

    none, bad = f"{ACCOUNT}:stateMachine:none", "none"
    aws.fails("ExecutionAlreadyExists", "start-execution", state_machine_arn=machine, name="e1", input="{}")
    aws.fails("InvalidExecutionInput", "start-execution", state_machine_arn=machine, input="{")
    aws.fails("InvalidName", "start-execution", state_machine_arn=machine, name="e e")
    aws.fails("StateMachineDoesNotExist", "start-execution", state_machine_arn=none)
    aws.fails("InvalidArn", "start-execution", state_machine_arn=bad)
    aws.fails("StateMachineDoesNotExist", "list-executions", state_machine_arn=none)
    aws.fails("InvalidArn", "list-executions", state_machine_arn=bad)
    aws.fails("InvalidToken", "list-executions", state_machine_arn=machine, next_token="none")
    aws.fails("ValidationException", "list-executions")
    express = create(aws, "express", type="EXPRESS")
    aws.fails("StateMachineTypeNotSupported", "list-executions", state_machine_arn=express)
    aws.fails("ResourceNotFound", "list-executions", map_run_arn=f"{ACCOUNT}:mapRun:m/M:11111111-2222-3333-4444-555555555555")
    gone = f"{ACCOUNT}:execution:executed:none"
    for command in ("describe-execution", "describe-state-machine-for-execution", "get-execution-history",
                    "stop-execution", "redrive-execution"):
        aws.fails("ExecutionDoesNotExist", command, execution_arn=gone)
        aws.fails("InvalidArn", command, execution_arn=bad)
    aws.fails("InvalidToken", "get-execution-history", execution_arn=arn, next_token="none")
    aws.fails("ExecutionNotRedrivable", "redrive-execution", execution_arn=arn)

    sync = aws("start-sync-execution", state_machine_arn=express, name="s", input='{"a":1}',
               trace_header="Root=1-5759e988-bd862e3fe1be46a994272793", included_data="ALL_DATA")
    assert sync["status"] == "SUCCEEDED" and sync["billingDetails"]["billedMemoryUsedInMB"] == 64
    failing = create(aws, "failing-express", machine_text(F=FAIL), type="EXPRESS")
    sync = aws("start-sync-execution", state_machine_arn=failing)
    assert (sync["error"], sync["cause"]) == ("E", "c")
    aws.fails("InvalidExecutionInput", "start-sync-execution", state_machine_arn=express, input="{")
    aws.fails("InvalidName", "start-sync-execution", state_machine_arn=express, name="e e")
    aws.fails("InvalidArn", "start-sync-execution", state_machine_arn=bad)
    aws.fails("StateMachineDoesNotExist", "start-sync-execution", state_machine_arn=none)
    aws.fails("StateMachineTypeNotSupported", "start-sync-execution", state_machine_arn=machine)


def task_tokens(aws):
    queue = aws("create-queue", service="sqs", queue_name="tokens")["QueueUrl"]
    task = {"Type": "Task", "Resource": WAIT_FOR_TOKEN, "End": True,
            "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"}}
    machine = create(aws, "callback", machine_text(T=task))

    def waiting():
        execution = aws("start-execution", state_machine_arn=machine)["executionArn"]
        message = aws("receive-message", service="sqs", queue_url=queue, wait_time_seconds="20")["Messages"][0]
        return execution, message["Body"]

    execution, token = waiting()
    aws("send-task-heartbeat", task_token=token)
    aws.fails("InvalidOutput", "send-task-success", task_token=token, task_output="{")
    aws("send-task-success", task_token=token, task_output="1")
    assert ended(aws, execution)["output"] == "1"
    execution, token = waiting()
    aws("send-task-failure", task_token=token, error="E", cause="c")
    assert ended(aws, execution)["cause"] == "c"
    for command, options in (("send-task-success", {"task_output": "1"}), ("send-task-failure", {}),
                             ("send-task-heartbeat", {})):
        aws.fails("TaskTimedOut", command, task_token=token, **options)
        aws.fails("InvalidToken", command, task_token="none", **options)


def map_runs(aws):
    child = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **json.loads(machine_text(P=PASS))}
    state = {"Type": "Map", "ItemProcessor": child, "Label": "L", "MaxConcurrency": 2, "End": True,
             "ToleratedFailurePercentage": 10, "ToleratedFailureCount": 1}
    machine = create(aws, "mapped", machine_text(M=state))
    execution = run(aws, machine, input="[1,2,3]")
    assert execution["status"] == "SUCCEEDED", execution
    listed = aws("list-map-runs", execution_arn=execution["executionArn"], max_results="1")["mapRuns"]
    arn = listed[0]["mapRunArn"]
    described = aws("describe-map-run", map_run_arn=arn)
    assert described["itemCounts"]["succeeded"] == 3 and described["toleratedFailureCount"] == 1
    children = aws("list-executions", map_run_arn=arn)["executions"]
    assert len(children) == 3 and aws("describe-execution", execution_arn=children[0]["executionArn"])["mapRunArn"] == arn
    of = aws("describe-state-machine-for-execution", execution_arn=children[0]["executionArn"])
    assert of["label"] == "L" and of["mapRunArn"] == arn
    waits = {**child, **json.loads(machine_text(W={"Type": "Wait", "Seconds": 3600, "End": True}))}
    machine = create(aws, "mapped-long", machine_text(M={**state, "ItemProcessor": waits}))
    execution = aws("start-execution", state_machine_arn=machine, input="[1]")["executionArn"]
    found = []
    while not found:
        found = aws("list-map-runs", execution_arn=execution)["mapRuns"]
    aws("update-map-run", map_run_arn=found[0]["mapRunArn"], max_concurrency="5", tolerated_failure_percentage="20",
        tolerated_failure_count="2")
    assert aws("describe-map-run", map_run_arn=found[0]["mapRunArn"])["maxConcurrency"] == 5
    none = f"{ACCOUNT}:mapRun:mapped/L:11111111-2222-3333-4444-555555555555"
    for code, bad in ("ResourceNotFound", none), ("InvalidArn", "none"):
        aws.fails(code, "describe-map-run", map_run_arn=bad)
        aws.fails(code, "update-map-run", map_run_arn=bad, max_concurrency="1")
    aws.fails("ExecutionDoesNotExist", "list-map-runs", execution_arn=f"{ACCOUNT}:execution:mapped:none")
    aws.fails("InvalidArn", "list-map-runs", execution_arn="none")
    aws.fails("InvalidToken", "list-map-runs", execution_arn=execution, next_token="none")
    aws("stop-execution", execution_arn=execution)


def definitions(aws):
    answer = aws("validate-state-machine-definition", definition=machine_text(P=PASS), type="STANDARD", severity="WARNING",
                 max_results="10")
    assert answer["result"] == "OK" and answer["truncated"] is False
    answer = aws("validate-state-machine-definition", definition="{}")
    assert answer["result"] == "FAIL" and answer["diagnostics"]
    aws.fails("ValidationException", "validate-state-machine-definition", definition="{}", type="OTHER")
    answer = aws("test-state", definition=json.dumps({"Type": "Pass", "Result": 1, "Next": "N"}), role_arn=ROLE,
                 input='{"a":1}', inspection_level="DEBUG", reveal_secrets=False)
    assert answer["output"] == "1" and answer["nextState"] == "N" and answer["inspectionData"], answer
    answer = aws("test-state", definition=json.dumps(FAIL), role_arn=ROLE)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "E", "c")
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True, "QueryLanguage": "JSONata",
            "Arguments": {"QueueUrl": "{% $url %}", "MessageBody": "{% $states.context.Execution.Id %}"}}
    answer = aws("test-state", definition=machine_text(T=task), role_arn=ROLE, state_name="T", variables='{"url":"u"}',
                 context='{"Execution":{"Id":"i"}}', state_configuration={"retrierRetryCount": 0},
                 mock={"result": '{"MessageId":"m","MD5OfMessageBody":"d"}'})
    assert json.loads(answer["output"])["MessageId"] == "m", answer
    aws.fails("InvalidDefinition", "test-state", definition="{}", role_arn=ROLE)
    aws.fails("InvalidExecutionInput", "test-state", definition=json.dumps(PASS), role_arn=ROLE, input="{")


SCENARIOS = [activities, tags, state_machines, versions_and_aliases, executions, task_tokens, map_runs, definitions]


# ---- the page -----------------------------------------------------------------------------------------------------

def page(model, seen):
    lines = [
        "# Step Functions: every operation, field and error",
        "",
        "Written by `tests/client/every_operation.py`, a test that calls each operation with the AWS CLI, from AWS's own",
        "model and what that run saw. After each name stands the scenario of the test that proves it: "
        + ", ".join(f"{scenario.__name__[0:3]} = `{scenario.__name__}`" for scenario in SCENARIOS) + ".",
        "Names without one are listed at the end.",
        "",
        "| operation | input | output | errors |",
        "| --- | --- | --- | --- |",
    ]
    unproven = []
    for operation in model.operation_names:
        shape = model.operation_model(operation)
        proofs = seen.by_operation[operation]

        def cell(kind, names):
            words = []
            for name in names:
                proof = proofs.get((kind, name))
                if proof is not None:
                    words.append(f"`{name}` {proof[0:3]}")
                else:
                    words.append(f"`{name}`")
                    unproven.append((operation, kind, name))
            return ", ".join(words) or "none"

        members = lambda of: list(of.members) if of is not None else []
        lines.append(f"| {operation} | {cell('input', members(shape.input_shape))} | "
                     f"{cell('output', members(shape.output_shape))} | "
                     f"{cell('error', [error.name for error in shape.error_shapes])} |")
    reasons = collections.defaultdict(list)
    for operation, kind, name in unproven:
        reason = CANNOT_HAPPEN.get(name) if kind == "error" else None
        reasons[reason or "not seen in this test"].append(f"{operation} {kind} `{name}`")
    lines += ["", "## Not proven here", ""]
    for reason, names in sorted(reasons.items()):
        lines.append(f"- {reason}: {', '.join(names)}")
    return "\n".join(lines) + "\n", unproven


def main():
    program, path = sys.argv[1], pathlib.Path(sys.argv[2])
    os.environ.update({"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
                       "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"})
    with server.running(program) as (endpoint, directory):
        os.environ["HOME"] = directory
        aws = Cli(endpoint)
        for scenario in SCENARIOS:
            aws.seen.scenario = scenario.__name__
            scenario(aws)
        model = aws.driver.session.get_service_model("stepfunctions")
        text, _ = page(model, aws.seen)
    missing = set(model.operation_names) - set(aws.seen.by_operation)
    assert not missing, f"not called: {sorted(missing)}"
    if "--write" in sys.argv:
        path.write_text(text)
    elif path.read_text() != text:
        print("\n".join(set(text.splitlines()) ^ set(path.read_text().splitlines())))
        print(f"{path.name} does not say what was seen: every_operation.py --write writes it")
        return 1
    print(f"{len(model.operation_names)} operations, as {path.name} says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
