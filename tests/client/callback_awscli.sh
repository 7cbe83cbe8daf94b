#!/usr/bin/env bash
# The callback example with the AWS CLI: callback_awscli.sh AWS. See run.py for what it gets and prints.
set -euo pipefail
program=$1
aws() { "$program" --endpoint-url "$ENDPOINT" --output text "$@"; }
queue_arn() { aws sqs get-queue-attributes --queue-url "$1" --attribute-names QueueArn --query Attributes.QueueArn; }

[ "$(aws sts get-caller-identity --query Account)" = 000000000000 ]
work_queue=$(aws sqs create-queue --queue-name work --attributes VisibilityTimeout=60 --query QueueUrl)
notice_queue=$(aws sqs create-queue --queue-name notices --query QueueUrl)
topic=$(aws sns create-topic --name notices --query TopicArn)
subscription=$(aws sns subscribe --topic-arn "$topic" --protocol sqs \
    --notification-endpoint "$(queue_arn "$notice_queue")" --return-subscription-arn --query SubscriptionArn)

role=$(aws iam create-role --role-name callback --assume-role-policy-document "file://$EXAMPLE/trust.json" \
    --query Role.Arn)
aws iam put-role-policy --role-name callback --policy-name all --policy-document "file://$EXAMPLE/policy.json"
[ "$(aws iam get-role-policy --role-name callback --policy-name all --query PolicyDocument.Version)" = 2012-10-17 ]

aws lambda create-function --function-name callback --runtime nodejs16.x --role "$role" \
    --handler index.lambda_handler --timeout 30 --zip-file "fileb://$FUNCTION_ZIP" --query FunctionArn >&2
aws lambda wait function-active --function-name callback
mapping=$(aws lambda create-event-source-mapping --event-source-arn "$(queue_arn "$work_queue")" \
    --function-name callback --batch-size 1 --query UUID)

definition=$(sed "s|QUEUE_URL|$work_queue|; s|TOPIC_ARN|$topic|" "$EXAMPLE/callback_example.asl.json")
machine=$(aws stepfunctions create-state-machine --name callback --definition "$definition" --role-arn "$role" \
    --query stateMachineArn)
execution=$(aws stepfunctions start-execution --state-machine-arn "$machine" --name callback-0 --input '{}' \
    --query executionArn)

# The notification comes through the subscribed queue; each receive waits for up to 20 seconds.
notice=None
for _ in 1 2 3 4 5 6; do
    notice=$(aws sqs receive-message --queue-url "$notice_queue" --wait-time-seconds 20 --query 'Messages[0].Body')
    [ "$notice" = None ] || break
done
status=RUNNING
while [ "$status" = RUNNING ]; do
    status=$(aws stepfunctions describe-execution --execution-arn "$execution" --query status)
done
history=$("$program" --endpoint-url "$ENDPOINT" --output json stepfunctions get-execution-history \
    --execution-arn "$execution")

aws lambda delete-event-source-mapping --uuid "$mapping" >&2
aws lambda delete-function --function-name callback >&2
aws stepfunctions delete-state-machine --state-machine-arn "$machine" >&2
aws sns unsubscribe --subscription-arn "$subscription" >&2
aws sns delete-topic --topic-arn "$topic" >&2
aws sqs delete-queue --queue-url "$work_queue" >&2
aws sqs delete-queue --queue-url "$notice_queue" >&2
aws iam delete-role-policy --role-name callback --policy-name all >&2
aws iam delete-role --role-name callback >&2
left="$(aws iam list-roles --query 'Roles[].RoleName')$(aws sns list-topics --query 'Topics[].TopicArn')"

HISTORY=$history NOTICE=$notice STATUS=$status LEFT=$left python3 - <<'PYTHON'
import json, os
events = json.loads(os.environ["HISTORY"])["events"]
callback = next(event["taskSucceededEventDetails"]["output"] for event in events if event["type"] == "TaskSucceeded")
execution = {"status": os.environ["STATUS"], "history": [event["type"] for event in events], "callback": callback}
left = os.environ["LEFT"].replace("None", "").split()
print(json.dumps({"executions": [execution], "notifications": [json.loads(os.environ["NOTICE"])["Message"]], "left": left}))
PYTHON
