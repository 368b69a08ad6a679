#!/usr/bin/env bash
# pynamodb 6.1.0: the limit of Model.count is the size of a page, and limits nothing. count(key,
# limit=1), which looks like the cheapest way to ask whether there is any, reads all rows of the key
# with a call for each: of 40 rows it counts 40, in 40 calls. Without the limit it is one call, and
# query(key, limit=1) stops after one. What works: any(True for _ in Model.query(key, limit=1)).
# Output seen:
# count(): 40, calls: 1
# count(limit=1): 40, calls: 40
# query(limit=1): 1, calls: 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "pynamodb[signals]==6.1.0" "moto[dynamodb]==5.2.5" "boto3==1.44.5"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled
"$folder/venv/bin/python" - <<'PYTHON'
from moto import mock_aws
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.signals import post_dynamodb_send

mock_aws().start()


class Delivery(Model):
    class Meta:
        table_name = "deliveries"
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"

    endpoint = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)


def count_call(*_, **__):
    calls.append(1)


def see(name, ask):
    calls.clear()
    found = ask()
    print(f"{name}: {found}, calls: {len(calls)}")
    return found, len(calls)


calls = []
Delivery.create_table(wait=True)
with Delivery.batch_write() as batch:
    for number in range(40):
        batch.save(Delivery("crm", number))
post_dynamodb_send.connect(count_call)
seen = [
    see("count()", lambda: Delivery.count("crm")),
    see("count(limit=1)", lambda: Delivery.count("crm", limit=1)),
    see("query(limit=1)", lambda: len(list(Delivery.query("crm", limit=1)))),
]
assert seen == [(40, 1), (40, 40), (1, 1)], "the behaviour has changed"
PYTHON
