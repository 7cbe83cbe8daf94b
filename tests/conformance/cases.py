"""The recorded cases as this server is given them."""

import json

# What is here of the services that cases need.
SERVICES = {"none", "sqs", "sns", "lambda", "activity", "states", "dynamodb", "events", "s3"}
# run.py leaves out cases that need anything else.
NEEDS = ["--needs", ",".join(sorted(SERVICES))]


def can_run(case):
    return set(case["needs"]) <= SERVICES


def table_step(step):
    """The call that makes the table which a fixture of the recorded test made."""
    key, kind = step["args"]["partition_key"], step["args"].get("partition_key_type", "S")
    return {"op": "dynamodb.create_table", "as": step["as"], "args": {
        "TableName": step["args"]["table_name"], "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": kind}]}}


def with_tables(case):
    """run.py does not know the fixture, but it knows how to make calls."""
    for steps in (case.get("setup", []), case.get("steps", [])):
        steps[:] = [table_step(step) if step.get("op") == "fixture.dynamodb_table" else step for step in steps]
    return case


def collect(folder, wanted, into):
    """Puts the cases of a folder that are wanted into another; returns how many there are."""
    into.mkdir()
    count = 0
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text())
        if not wanted(case):
            continue
        if "dynamodb" in case["needs"]:
            (into / path.name).write_text(json.dumps(with_tables(case)))
        else:
            (into / path.name).symlink_to(path.resolve())
        count += 1
    return count
