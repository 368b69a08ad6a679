#!/usr/bin/env bash
# Chalice 1.34.0: to take every request body as bytes, API Gateway is told the binary media type */*, and Chalice's
# place for that is app.api.binary_types. But Chalice asks the same list about its answers: with */* in it every
# answer counts as binary, JSON too, and a request without an Accept header (Python's http.client, most webhook
# senders) is answered 400 in place of what the view returned. With Accept the answer comes in base64. AWS itself
# decides by isBase64Encoded of the answer, so that text stays text. What works: leave app.api.binary_types alone
# and put */* into the packaged template's x-amazon-apigateway-binary-media-types (chalice package --merge-template).
# Output seen: [('default', None, 200, False), ('*/*', None, 400, True), ('*/*', 'application/json', 200, True)]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "chalice==1.34.0"
"$folder/venv/bin/python" - <<'PYTHON'
from chalice import Chalice


def ask(binary_types, accept):
    app = Chalice("shop")
    if binary_types != "default":
        app.api.binary_types = [binary_types]
    app.route("/")(lambda: {"ok": True})
    event = {
        "requestContext": {"httpMethod": "GET", "resourcePath": "/", "path": "/", "identity": {}},
        "headers": {"accept": accept} if accept else {},
        "multiValueQueryStringParameters": None,
        "pathParameters": {},
        "stageVariables": None,
        "body": None,
    }
    answer = app(event, None)
    return binary_types, accept, answer["statusCode"], answer.get("isBase64Encoded", False)


seen = [ask("default", None), ask("*/*", None), ask("*/*", "application/json")]
print(seen)
expected = [("default", None, 200, False), ("*/*", None, 400, True), ("*/*", "application/json", 200, True)]
assert seen == expected, "the behaviour has changed"
PYTHON
