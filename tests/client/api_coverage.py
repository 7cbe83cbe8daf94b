"""Holds docs/api.md to the truth: api_coverage.py SERVER API_MD.

Calls every operation that AWS's models name, with no input: one that docs/api.md lists as served must answer something else
than that it is missing, and every other one must answer NotImplemented with its name. Needs a boto3 whose models are new.
"""

import re
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import server

SERVICES = {"Step Functions": "stepfunctions", "SQS": "sqs", "SNS": "sns", "DynamoDB": "dynamodb",
            "EventBridge": "events", "Lambda": "lambda", "IAM": "iam", "STS": "sts", "S3": "s3"}
# Besides NotImplemented: what AWS answers to operations that it does not know, here those younger than this version.
MISSING = {"NotImplemented", "UnknownOperationException", "InvalidAction"}
# Without input these wait, or stream, or are the same request as another operation.
LEFT_OUT = {"InvokeWithResponseStream", "ListDirectoryBuckets", "WriteGetObjectResponse", "GetBucketAnalyticsConfiguration",
            "GetBucketIntelligentTieringConfiguration", "GetBucketInventoryConfiguration", "GetBucketMetricsConfiguration",
            "GetObjectAnnotation"}


def listed_as_served(page):
    """The operations in each service's section of docs/api.md, as `code`, up to the line that begins with 'Not yet'."""
    served = {}
    for section in re.split(r"^## ", page, flags=re.M)[1:]:
        title, _, text = section.partition("\n")
        if title.split(":")[0].strip() in SERVICES:
            served[SERVICES[title.split(":")[0].strip()]] = set(re.findall(r"`(\w+)`", text.split("\nNot yet")[0]))
    return served


def dummy_input(model):
    """What the path of a REST operation needs, and the maps in which boto3 looks for an endpoint; nothing else."""
    shape = model.input_shape
    if shape is None:
        return {}
    path = {name: "none" for name, member in shape.members.items() if member.serialization.get("location") == "uri"}
    maps = {name: {} for name in shape.required_members if shape.members[name].type_name == "map"}
    return maps | path


def answer_of(client, operation):
    """The error's code and message, or None when the call succeeded."""
    try:
        client._make_api_call(operation, dummy_input(client.meta.service_model.operation_model(operation)))
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return None


def problems(endpoint, served):
    config = Config(parameter_validation=False, retries={"max_attempts": 1}, read_timeout=30, inject_host_prefix=False)
    for service, wanted in served.items():
        client = boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", config=config,
                              aws_access_key_id="test", aws_secret_access_key="test")
        known = set(client.meta.service_model.operation_names)
        yield from (f"{service}: {name} is no operation of AWS's" for name in sorted(wanted - known))
        for name in sorted(known - LEFT_OUT):
            answer = answer_of(client, name)
            is_missing = answer is not None and answer[0] in MISSING
            if is_missing and name in wanted:
                yield f"{service}: {name} is listed as served and answers {answer}"
            elif is_missing and answer[0] == "NotImplemented" and name not in answer[1]:
                yield f"{service}: {name} is not served, and the error does not name it: {answer}"
            elif not is_missing and name not in wanted:
                yield f"{service}: {name} is not listed as served and answers {answer}"


def main():
    with open(sys.argv[2], encoding="utf-8") as page:
        served = listed_as_served(page.read())
    if set(served) != set(SERVICES.values()):
        sys.exit(f"docs/api.md has sections of {sorted(served)} only")
    with server.running(sys.argv[1]) as (endpoint, _):
        found = list(problems(endpoint, served))
    print("\n".join(found) or f"{sum(map(len, served.values()))} operations served, as docs/api.md says")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
