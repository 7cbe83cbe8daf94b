#!/usr/bin/env bash
# The operations whose requests AWS's clients send to a host of their own, "sync-" and the endpoint's:
# sync_hosts.sh SERVER AWS. The variables are those that `stepwell env` prints.
set -euo pipefail
server=$1 program=$2
[ -x "$program" ] || { echo "skipped: $program is not installed; ./dev setup installs it"; exit 77; }

directory=$(mktemp -d)
coproc served { exec "$server" serve --listen 127.0.0.1:0 --data "$directory/data"; }
# shellcheck disable=SC2154  # coproc sets it
trap 'kill $served_PID; wait || true; rm -rf "$directory"' EXIT
read -r _ _ endpoint <&"${served[0]}"

unset HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy ALL_PROXY all_proxy
eval "$("$server" env --endpoint "$endpoint" | sed '/^#/d')"
export HOME=$directory AWS_PAGER='' PYTHONWARNINGS=ignore
aws() { "$program" --endpoint-url "$endpoint" --output text "$@"; }

machine=$(aws stepfunctions create-state-machine --name add --type EXPRESS --role-arn arn:aws:iam::000000000000:role/any \
    --definition '{"StartAt":"Add","States":{"Add":{"Type":"Pass","Parameters":{"sum.$":"States.MathAdd($.a, $.b)"},"End":true}}}' \
    --query stateMachineArn)
output=$(aws stepfunctions start-sync-execution --state-machine-arn "$machine" --input '{"a":40,"b":2}' --query output)
[ "$output" = '{"sum":42}' ] || { echo "start-sync-execution gave $output"; exit 1; }

if aws stepfunctions test-state help >/dev/null 2>&1; then
    output=$(aws stepfunctions test-state --definition '{"Type":"Pass","Result":"world","End":true}' --query output)
    [ "$output" = '"world"' ] || { echo "test-state gave $output"; exit 1; }
fi

# The same by the host that a client without any endpoint would ask.
reply=$(python3 - "$endpoint" "$machine" <<'PY'
import http.client, json, sys
endpoint, machine = sys.argv[1:]
connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=30)
body = json.dumps({"stateMachineArn": machine, "input": '{"a":1,"b":1}'})
connection.putrequest("POST", "http://sync-states.us-east-1.amazonaws.com/", skip_host=True)
for name, value in {"Host": "sync-states.us-east-1.amazonaws.com", "Content-Type": "application/x-amz-json-1.0",
                    "X-Amz-Target": "AWSStepFunctions.StartSyncExecution", "Content-Length": str(len(body))}.items():
    connection.putheader(name, value)
connection.endheaders(body.encode())
answer = connection.getresponse()
print(answer.status, json.loads(answer.read())["output"])
PY
)
[ "$reply" = '200 {"sum":2}' ] || { echo "through the proxy: $reply"; exit 1; }
echo "as on AWS"
