#!/usr/bin/env bash
# MiniStack 1.5.33: a CloudFormation parameter of type Number stays a text. An event source mapping of a queue with
# ScalingConfig: {MaximumConcurrency: {Ref: PARAMETER}} is made, is listed as Enabled, and never calls its function: the
# poller compares the text with an int, logs "'>=' not supported between instances of 'int' and 'str'" and goes on. With
# the number written out the same mapping works. Where a queue's function is never called: look at the types first.
# Output seen: [('written', 'Enabled', 'called'), ('referred', 'Enabled', 'not called')]
set -eu
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "ministack==1.5.33" "boto3==1.43.106"
port=$("$folder/venv/bin/python" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
(cd "$folder" && exec env BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" STATE_DIR="$folder" TMPDIR="$folder" \
  "$folder/venv/bin/python" -m ministack >"$folder/log" 2>&1) &
server=$!
until curl --silent --fail --output "$folder/health" "http://127.0.0.1:$port/_ministack/health"; do
  kill -0 "$server"
  sleep 0.1
done
export AWS_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
"$folder/venv/bin/python" - <<'PYTHON'
import json
import time

import boto3

CODE = "def handler(event, context):\n    return None\n"
ROLE = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
MAY = {"Statement": [{"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"}]}
cloudformation, sqs = boto3.client("cloudformation"), boto3.client("sqs")


def resource(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def deploy(stack, concurrency):
    role = resource(
        "IAM::Role", AssumeRolePolicyDocument=ROLE, Policies=[{"PolicyName": "may", "PolicyDocument": MAY}]
    )
    function = resource(
        "Lambda::Function",
        Runtime="python3.12",
        Handler="index.handler",
        Code={"ZipFile": CODE},
        Role={"Fn::GetAtt": ["Role", "Arn"]},
    )
    mapping = resource(
        "Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
        FunctionName={"Ref": "Function"},
        ScalingConfig={"MaximumConcurrency": concurrency},
    )
    template = {
        "Parameters": {"Concurrency": {"Type": "Number", "Default": "2"}},
        "Resources": {"Role": role, "Queue": resource("SQS::Queue"), "Function": function, "Mapping": mapping},
        "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}, "Mapping": {"Value": {"Ref": "Mapping"}}},
    }
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {one["OutputKey"]: one["OutputValue"] for one in outputs}


def left(queue):
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=counts)["Attributes"].values()))


def see(stack, concurrency):
    made = deploy(stack, concurrency)
    sqs.send_message(QueueUrl=made["Queue"], MessageBody="{}")
    give_up_at = time.monotonic() + 20
    while left(made["Queue"]) and time.monotonic() < give_up_at:
        time.sleep(0.2)
    state = boto3.client("lambda").get_event_source_mapping(UUID=made["Mapping"])["State"]
    return stack, state, "not called" if left(made["Queue"]) else "called"


seen = [see("written", 2), see("referred", {"Ref": "Concurrency"})]
print(seen)
assert seen == [("written", "Enabled", "called"), ("referred", "Enabled", "not called")], "the behaviour has changed"
PYTHON
