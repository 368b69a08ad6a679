#!/usr/bin/env bash
# pynamodb 6.1.0: TransactWrite.update writes the row and leaves the object as it was, but for its
# VersionAttribute, which it raises. The next save() of that object passes the version's condition,
# and puts the old values back: the lock lets an object overwrite what it has never seen.
# Model.update, which the documents call similar, reads the new row into the object; they say too
# that no refresh is needed between operations, because the version is raised in the object. What
# works: refresh() after the transaction.
# Output seen:
# Model.update: object new, 2; row after save: new, 3
# TransactWrite.update: object old, 2; row after save: old, 3
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  "pynamodb==6.1.0" "moto[dynamodb]==5.2.5" "boto3==1.44.5"
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
export AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled
"$folder/venv/bin/python" - <<'PYTHON'
from moto import mock_aws
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.connection import Connection
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

mock_aws().start()


class Task(Model):
    class Meta:
        table_name = "tasks"
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"

    id = UnicodeAttribute(hash_key=True)
    title = UnicodeAttribute()
    score = NumberAttribute(default=0)
    version = VersionAttribute()


def in_a_transaction(task, actions):
    with TransactWrite(connection=Connection(region="us-east-1")) as transaction:
        transaction.update(task, actions=actions)


def see(name, update):
    task = Task(name, title="old")
    task.save()
    update(task, actions=[Task.title.set("new")])
    held = (task.title, task.version)
    task.score = 5
    task.save()
    row = Task.get(name)
    print(f"{name}: object {held[0]}, {held[1]}; row after save: {row.title}, {row.version}")
    return held, (row.title, row.version)


Task.create_table(wait=True)
alone = see("Model.update", Task.update)
together = see("TransactWrite.update", in_a_transaction)
assert alone == (("new", 2), ("new", 3)), "the behaviour has changed"
assert together == (("old", 2), ("old", 3)), "the behaviour has changed"
PYTHON
