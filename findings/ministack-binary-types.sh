#!/usr/bin/env bash
# MiniStack 1.5.33: a REST API that is imported, or made by CloudFormation with a Body, has no binary media types, although
# the document names them in x-amazon-apigateway-binary-media-types, as SAM writes them; create_rest_api keeps them. So a
# Lambda's base64 answer arrives as base64 text where API Gateway sends its bytes, and a binary request arrives damaged.
# Output seen: [None, None, ['*/*']]
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

api, stacks = boto3.client("apigateway"), boto3.client("cloudformation")
document = {
    "openapi": "3.0.1",
    "info": {"title": "one", "version": "1"},
    "paths": {},
    "x-amazon-apigateway-binary-media-types": ["*/*"],
}
imported = api.import_rest_api(body=json.dumps(document))["id"]
template = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": document}}}}
stacks.create_stack(StackName="one", TemplateBody=json.dumps(template))
while stacks.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
    time.sleep(0.1)
[made] = stacks.describe_stack_resources(StackName="one")["StackResources"]
created = api.create_rest_api(name="two", binaryMediaTypes=["*/*"])["id"]
ids = [imported, made["PhysicalResourceId"], created]
seen = [api.get_rest_api(restApiId=one).get("binaryMediaTypes") or None for one in ids]
print(seen)
assert seen == [None, None, ["*/*"]], "the behaviour has changed"
PYTHON
